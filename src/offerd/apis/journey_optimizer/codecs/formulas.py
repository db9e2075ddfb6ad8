"""Ranking formulas."""

from __future__ import annotations

from typing import Any

from offerd.apis.journey_optimizer.codecs.codec import Codec, described
from offerd.apis.journey_optimizer.codecs.context import Context
from offerd.apis.journey_optimizer.codecs.expressions import DEFINED_ON, EXPRESSION, decoded, encoded
from offerd.apis.journey_optimizer.codecs.reading import Reader
from offerd.apis.journey_optimizer.codecs.words import description, read_title, title
from offerd.apis.journey_optimizer.names import FORMULA
from offerd.apis.journey_optimizer.shapes import shape
from offerd.model.activity import Rank, Ranking


def _expression(thing: Ranking, _context: Context) -> dict[str, Any] | None:
    return None if thing.rank.formula is None else encoded(thing.rank.formula, thing, "expression")


def _decode(reader: Reader, old: Ranking | None) -> Ranking:
    text = decoded(reader, "expression")
    rank = old.rank if old is not None and old.rank.formula == text else Rank(by="formula", formula=text)
    return Ranking(
        name=read_title(reader, old),
        description=reader.text("description"),
        rank=rank,
        extensions=reader.extensions(old),
        **described(old),
    )


CODEC = Codec(
    resource=FORMULA,
    shape=shape(
        "name", "description", "exdFunction", returnType=shape("type"), expression=EXPRESSION, definedOn=DEFINED_ON
    ),
    members={"name": title, "description": description, "expression": _expression},
    decode=_decode,
    rules={"/rank/formula": "/expression/value", "/rank": "/expression"},
    shows=lambda thing: thing.rank.by == "formula",
)
