"""Decision rules, which were eligibility rules."""

from __future__ import annotations

from offerd.apis.journey_optimizer.codecs.codec import Codec, described
from offerd.apis.journey_optimizer.codecs.expressions import DEFINED_ON, EXPRESSION, decoded, encoded
from offerd.apis.journey_optimizer.codecs.reading import Reader
from offerd.apis.journey_optimizer.codecs.words import description, read_title, title
from offerd.apis.journey_optimizer.names import RULE
from offerd.apis.journey_optimizer.shapes import shape
from offerd.model.condition import Rule


def _decode(reader: Reader, old: Rule | None) -> Rule:
    return Rule(
        name=read_title(reader, old),
        description=reader.text("description"),
        when=decoded(reader, "condition"),
        extensions=reader.extensions(old),
        **described(old),
    )


CODEC = Codec(
    resource=RULE,
    shape=shape("name", "description", condition=EXPRESSION, definedOn=DEFINED_ON, exdRule=None),
    members={
        "name": title,
        "description": description,
        "condition": lambda thing, _context: encoded(thing.when, thing, "condition"),
    },
    decode=_decode,
    rules={"/when": "/condition/value"},
)
