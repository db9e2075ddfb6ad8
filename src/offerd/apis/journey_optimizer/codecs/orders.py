"""How the offers of a criterion or strategy are ranked."""

from __future__ import annotations

from typing import Any

from offerd.apis.journey_optimizer.codecs.context import Context
from offerd.apis.journey_optimizer.codecs.reading import Reader, own, shown
from offerd.apis.journey_optimizer.shapes import shape
from offerd.model.activity import Activity, Rank, Ranking, Selection
from offerd.model.base import Object

_MEMBERS = ("orderEvaluationType", "function", "rankingStrategy")

ORDER = shape(*_MEMBERS)

RANK = shape("priority", order=ORDER)

#: Where the name of a model is kept that is none of the catalogue's.
_MODEL = "~model"

_STATIC, _FUNCTION, _STRATEGY = "static", "scoringFunction", "rankingStrategy"

#: Ours for each word of either dialect.
_TYPES = {
    _STATIC: _STATIC,
    _FUNCTION: _FUNCTION,
    _STRATEGY: _STRATEGY,
    "scoring-function": _FUNCTION,
    "ranking-strategy": _STRATEGY,
}
_PLAIN = {_STATIC: _STATIC, _FUNCTION: "scoring-function", _STRATEGY: "ranking-strategy"}


def encoded(rank: Rank, group: int, context: Context) -> dict[str, Any]:
    """A ranking as clients see it, with the priority of its group."""
    order = _order(rank, context)
    tree: dict[str, Any] = {"priority": group}
    if order:
        tree["order"] = shown(order, rank, ORDER, context)
    return tree


def decoded(reader: Reader, name: str, old: Rank, group: int) -> tuple[Rank, int]:
    """The ranking that clients say, and the priority of its group."""
    before = encoded(old, group, reader.context).get("order", {})
    inner = reader.inner(name)
    priority = inner.whole("priority", least=min(0, group), old=0)
    if (inner.peek("order") or {}) == before:
        inner.drop("order")
        return old, priority
    order = inner.inner("order")
    return _rank(order), priority


def _order(rank: Rank, context: Context) -> dict[str, Any]:
    kind, more = _said(rank, context)
    if kind is None:
        return {}
    return {"orderEvaluationType": _PLAIN[kind] if context.plain else kind, **more}


def _said(rank: Rank, context: Context) -> tuple[str | None, dict[str, Any]]:
    model = own(rank).get(_MODEL)
    if rank.by == "priority" and isinstance(model, str):
        return _STRATEGY, {"rankingStrategy": model}
    if rank.by in {"priority", "order"}:
        return _STATIC, {}
    if rank.by == "model":
        return _STRATEGY, {"rankingStrategy": rank.model}
    if rank.by == "ranking" and rank.ranking is not None:
        named = context.catalogue.of("rankings").get(rank.ranking)
        by_model = isinstance(named, Ranking) and named.rank.by == "model"
        uri = context.uri("rankings", rank.ranking)
        return (_STRATEGY, {"rankingStrategy": uri}) if by_model else (_FUNCTION, {"function": uri})
    return None, {}  # a formula written in place, or shares of traffic: this format has no word for them


def _rank(reader: Reader) -> Rank:
    kind = reader.choice("orderEvaluationType", _TYPES, default="")
    if not kind:
        kind = _FUNCTION if reader.has("function") else _STRATEGY if reader.has("rankingStrategy") else _STATIC
    if kind == _FUNCTION:
        formula = reader.context.find("rankings", reader.take("function"), reader.here("function"))
        rank = Rank(by="ranking", ranking=formula) if formula else Rank()
    elif kind == _STRATEGY:
        rank = _model(reader)
    else:
        rank = Rank()
    return Rank(by=rank.by, ranking=rank.ranking, model=rank.model, extensions=reader.extensions(None))


def _model(reader: Reader) -> Rank:
    """A learned model: an object of the catalogue, or a name that only its owner knows.

    Such a name is kept; offers are ranked by priority until somebody learns what it stands for.
    """
    text = reader.take("rankingStrategy")
    if not isinstance(text, str):
        reader.context.fault(reader.here("rankingStrategy"), "expected the id of a ranking strategy")
        return Rank()
    named = reader.context.lookup("rankings", text)
    if named is not None:
        return Rank(by="ranking", ranking=named.id)
    reader.put(_MODEL, text)
    return Rank()


def unlearned(thing: Object) -> bool:
    """Whether an object names a model that nothing here learns, so that priority ranks in its stead."""
    selections = thing.selections if isinstance(thing, Activity) else [thing] if isinstance(thing, Selection) else []
    return any(one.rank.by == "model" or _MODEL in own(one.rank) for one in selections)
