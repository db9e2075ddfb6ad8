"""What can be wrong with an object in itself, whatever else there is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from liquid.lex import get_lexer
from liquid.token import TOKEN_CONTENT

from offerd.model.activity import (
    Activity,
    ActivitySelection,
    InlineCollection,
    Rank,
    Ranking,
    Selection,
    named_goals,
)
from offerd.model.base import Object, Window
from offerd.model.codec import Fault, pointer
from offerd.model.condition import Audience, Condition
from offerd.model.offer import Cap, Choice, Collection, Component, Content, Fallback, Fulfil, Offer
from offerd.services.escaping import mime_of
from offerd.services.fulfilment.starter import MARKUP, is_address, is_template
from offerd.services.rendering import check_template
from offerd.services.walk import parts
from offerd.services.zones import is_zone

#: How far shares may be from 100 in all, for each of them: they are often written with one decimal.
_ROUNDING = Decimal("0.05")

#: How an address with a host begins.
_HOST = re.compile(r"[a-z]+://[^/?#]", re.IGNORECASE)

_CONDITION = ("pql", "rule", "all_rules", "audience", "any_audiences", "all_audiences")
_COLLECTION = ("any_tags", "all_tags", "offers", "where")
_RANK = ("formula", "traffic", "model", "ranking")

#: A pointer within the part, and what is wrong there.
_Found = Iterator[tuple[str, str]]


def faults(thing: Object) -> Iterator[Fault]:
    """Everything that is wrong with an object and the parts within it."""
    for at, part in parts(thing):
        for kind in type(part).__mro__:
            check = _CHECKS.get(kind)
            if check is not None:
                for where, message in check(part):
                    yield Fault(f"{at}{where}", message)


def _one_of(part: Any, members: tuple[str, ...], *, least: int = 1) -> _Found:
    given = [name for name in members if getattr(part, name) is not None]
    if len(given) > 1:
        yield f"/{given[1]}", f"cannot stand beside {given[0]}"
    elif len(given) < least:
        yield "", f"needs one of {', '.join(members)}"


def _condition(part: Condition) -> _Found:
    yield from _one_of(part, _CONDITION)
    for name in ("all_rules", "any_audiences", "all_audiences"):
        if getattr(part, name) == []:
            yield f"/{name}", "names nothing"


def _window(part: Window) -> _Found:
    if part.from_ and part.until and part.from_ >= part.until:
        yield "/until", "is not after from"


def _cap(part: Cap) -> _Found:
    if part.every and part.within:
        yield "/within", "cannot stand beside every"
    if part.zone is not None and not is_zone(part.zone):
        yield "/zone", f"{part.zone!r} is not an IANA time zone"
    elif part.zone is not None and not part.every:
        yield "/zone", "belongs to every"
    if part.hold and part.counts.type == "decision":
        yield "/hold", "is for caps that count an interaction"
    if part.placements == []:
        yield "/placements", "names nothing"


def _offer(part: Offer) -> _Found:
    yield from _unique("caps", [cap.id for cap in part.caps])
    yield from _shown(part.choices, part.content)


def _fallback(part: Fallback) -> _Found:
    yield from _shown(part.choices, part.content)


def _shown(choices: list[Choice], content: dict[str, list[Component]]) -> _Found:
    yield from _unique("choices", [choice.id for choice in choices])
    for place, components in content.items():
        taken: set[tuple[str | None, ...]] = set()
        for index, component in enumerate(components):
            spots = _spots(component)
            if taken & spots:
                where = pointer(pointer("/content", place), index)
                yield where, "stands where another component of the same type, locator and language does"
            taken |= spots


def _spots(component: Component) -> set[tuple[str | None, ...]]:
    """Where everyone sees a component; nowhere for one that has a condition."""
    if component.when is not None:
        return set()
    tags: list[str | None] = [*component.language] or [None]
    return {(component.type, component.ref, component.locator, tag) for tag in tags}


def _unique(name: str, values: Iterable[str]) -> _Found:
    seen: Counter[str] = Counter()
    for index, value in enumerate(values):
        if seen[value]:
            yield f"/{name}/{index}/id", f"{value!r} is there twice"
        seen[value] += 1


def _fulfil(part: Fulfil) -> _Found:
    yield from _url(part)
    for name, value in part.settings.items():
        wrong = check_template(value, "liquid", "text/html" if name in MARKUP else "text/plain")
        if wrong:
            yield pointer("/settings", name), f"the template cannot be used: {wrong}"


def _url(part: Fulfil) -> _Found:
    if part.url is None:
        return
    templated = is_template(part.url)
    if not re.match(r"https?://", part.url, re.IGNORECASE):
        yield "/url", "is not an address that starts with http:// or https://"
        return
    if not templated and not is_address(part.url):
        yield "/url", "is not an address: it needs a host, a port up to 65535 if it has one, and no blanks"
    if templated and part.kind == "webhook":
        yield "/url", "is no template: a webhook goes to one fixed address; settings may be templates"
    elif templated and (wrong := check_template(part.url, "liquid", "text/uri-list")):
        yield "/url", f"the template cannot be used: {wrong}"
    elif templated and (" " in (frame := _frame(part.url)) or not frame.isprintable() or not _HOST.match(frame)):
        yield "/url", "makes no address: it needs a host, and no blanks outside of {{ }} and {% %}"


def _frame(url: str) -> str:
    """What a usable template writes whatever its values are, of all its branches; an `x` stands for each tag."""
    return "".join(token.value if token.kind == TOKEN_CONTENT else "x" for token in get_lexer()(url))


def _component(part: Component) -> _Found:
    if part.ref is not None and part.body is not None:
        yield "/body", "cannot stand beside ref"
    if part.ref is None and part.type is None:
        yield "", "needs a type, or a ref"
    if part.ref is None:
        yield from _template(part.type or "html", part)


def _template(kind: str, part: Component | Content) -> _Found:
    if part.template != "none" and part.body is not None:
        wrong = check_template(part.body, part.template, mime_of(kind, part.format))
        if wrong:
            yield "/body", f"the template cannot be used: {wrong}"


def _content(part: Content) -> _Found:
    yield from _template(part.type, part)


def _collection(part: Collection) -> _Found:
    yield from _one_of(part, _COLLECTION)


def _inline_collection(part: InlineCollection) -> _Found:
    yield from _one_of(part, ("ref", *_COLLECTION))


def _audience(part: Audience) -> _Found:
    if part.imported and part.rule is not None:
        yield "/rule", "an imported audience has no rule"
    elif not part.imported and part.rule is None:
        yield "", "needs a rule, or imported: true"


def _rank(part: Rank) -> _Found:
    for name in _RANK:
        if part.by == "traffic" and name == "model":
            if part.model is not None and part.traffic is not None:
                yield "/model", "has no use where traffic says the shares"
        elif part.by == name == "traffic" and part.model is not None:
            continue  # the model gives the shares
        elif part.by == name and getattr(part, name) is None:
            yield f"/{name}", f"is required to rank by {name}"
        elif part.by != name and getattr(part, name) is not None:
            yield f"/{name}", f"has no use where the rank is by {part.by}"
    if part.traffic is not None:
        yield from _shares(part.traffic)


def _shares(traffic: dict[str, Decimal]) -> _Found:
    for offer, share in traffic.items():
        if share < 0:
            yield pointer("/traffic", offer), "is less than 0"
    total = sum(traffic.values(), Decimal(0))
    if abs(total - 100) > _ROUNDING * len(traffic):
        yield "/traffic", f"the shares come to {total}, not 100"


def _ranking(part: Ranking) -> _Found:
    if part.rank.by == "ranking":
        yield "/rank", "a named ranking does not name another"


def _selection(part: Selection) -> _Found:
    if isinstance(part, ActivitySelection) and part.strategy is not None:
        for name in ("collection", "offers", "inline", "when"):
            if getattr(part, name) is not None:
                yield f"/{name}", "belongs to the named selection"
        if part.rank != Rank():
            yield "/rank", "belongs to the named selection"
        return
    yield from _one_of(part, ("collection", "offers", "inline"))
    if part.rank.traffic is None:
        return
    listed = part.inline if part.inline is not None else part.offers
    if listed is not None:
        for offer in part.rank.traffic:
            if offer not in listed:
                yield pointer("/rank/traffic", offer), "is not an offer of this selection"


def _activity(part: Activity) -> _Found:
    if not 0 <= part.percent <= 100:  # noqa: PLR2004 - percent
        yield "/percent", "is not between 0 and 100"
    yield from _unique("goals", [name for name, _ in named_goals(part.goals)])
    seen: set[str] = set()
    for index, selection in enumerate(part.selections):
        at = f"/selections/{index}"
        for position, place in enumerate(selection.placements):
            if place not in part.placements:
                yield f"{at}/placements/{position}", f"{place!r} is not a placement of this activity"
        for offer in selection.inline or ():
            if offer in seen:
                yield pointer(f"{at}/inline", offer), "another selection of this activity writes it, too"
            seen.add(offer)


_CHECKS: dict[type, Callable[[Any], _Found]] = {
    Activity: _activity,
    Audience: _audience,
    Cap: _cap,
    Collection: _collection,
    Component: _component,
    Fulfil: _fulfil,
    Condition: _condition,
    Content: _content,
    Fallback: _fallback,
    InlineCollection: _inline_collection,
    Offer: _offer,
    Rank: _rank,
    Ranking: _ranking,
    Selection: _selection,
    Window: _window,
}
