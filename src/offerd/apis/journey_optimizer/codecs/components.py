"""Representations: the components that an offer shows at each placement."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from offerd.apis.journey_optimizer.codecs.context import Context
from offerd.apis.journey_optimizer.codecs.reading import Reader, own, paired, shown, unsaid, visible
from offerd.apis.journey_optimizer.codecs.words import as_text, component_name, component_type
from offerd.apis.journey_optimizer.shapes import Member, shape
from offerd.model.offer import Component, Content, Fallback, Offer

COMPONENT = shape(
    content="xdm:content",
    deliveryURL="xdm:deliveryURL",
    linkURL="xdm:linkURL",
    type="@type",
    format="dc:format",
    language="dc:language",
    copyline=Member("xdm:copyline", plain=False),
)

REPRESENTATION = shape("placement", "channel", components=COMPONENT)

#: Where what stands beside the components of a placement is kept.
_BESIDE = "~representations"

_URLS = ("deliveryURL", "linkURL")


def encoded(thing: Offer | Fallback, context: Context) -> list[dict[str, Any]] | None:
    """The representations of an offer; None where it has none."""
    beside = own(thing).get(_BESIDE, {})
    made = []
    for place, components in thing.content.items():
        tree = {
            "placement": context.uri("placements", place),
            "components": [component_tree(component, context) for component in components],
        }
        made.append({**tree, **visible(beside.get(place, {}), REPRESENTATION, context)})
    return made or None


def component_tree(component: Component, context: Context) -> dict[str, Any]:
    """A component as a canonical tree."""
    named = context.catalogue.of("contents").get(component.ref) if component.ref else None
    content = named if isinstance(named, Content) else None
    kind = component.type or (content.type if content else "html")
    body = content.body if content else component.body
    tree: dict[str, Any] = {
        "type": component_type(kind, context),
        "format": component.format or (content.format if content else None),
        "language": component.language or None,
        **_shown_body(kind, body, copyline=not context.plain and bool(own(component).get("~copyline"))),
    }
    return shown(tree, component, COMPONENT, context)


def decoded(reader: Reader, old: Offer | Fallback | None) -> dict[str, list[Component]]:
    """The content of an offer."""
    context = reader.context
    if old is not None and reader.peek("representations") == encoded(old, context):
        reader.drop("representations")
        if _BESIDE in own(old):
            reader.put(_BESIDE, own(old)[_BESIDE])
        return old.content
    before = old.content if old else {}
    beside: dict[str, Any] = {}
    made: dict[str, list[Component]] = {}
    for index, tree in enumerate(reader.items("representations")):
        inner = Reader(context, tree, REPRESENTATION, f"{reader.here('representations')}/{index}")
        place = context.find("placements", inner.take("placement"), inner.here("placement"))
        components = _components(inner, before.get(place or "", []))
        if place is None:
            continue
        if place in made:
            context.fault(inner.here("placement"), "has another representation already")
        made[place] = components
        kept = unsaid(own(old).get(_BESIDE, {}).get(place, {}), REPRESENTATION, context) if old else {}
        rest = {**kept, **inner.left()}
        rest.pop("components", None)
        if rest:
            beside[place] = rest
    if beside:
        reader.put(_BESIDE, beside)
    return made


def _components(reader: Reader, before: list[Component]) -> list[Component]:
    trees = reader.items("components")
    views = [component_tree(component, reader.context) for component in before]
    made = []
    for index, (tree, old) in enumerate(zip(trees, paired(before, views, trees), strict=True)):
        if old is not None and tree in views and component_tree(old, reader.context) == tree:
            made.append(old)
        else:
            inner = Reader(reader.context, tree, COMPONENT, f"{reader.here('components')}/{index}")
            made.append(_component(inner, old))
    return made


def _component(reader: Reader, old: Component | None) -> Component:
    kind = component_name(reader.text("type", required=True))
    base = old if old is not None and old.type == kind else None
    language = [str(each) for each in reader.items("language")]
    body = _body(reader, kind)
    if base is not None and base.ref is None and _same_body(base, kind, body):
        body = base.body
    return replace(
        replace(base, ref=None) if base else Component(),
        type=kind,
        format=reader.text("format") or None,
        language=language,
        body=body,
        extensions=reader.extensions(base),
    )


def _body(reader: Reader, kind: str) -> Any:
    """What a component shows: its text, or where its image is and leads to."""
    if kind != "image":
        text = reader.peek("content")
        if text is None and reader.says("copyline") and reader.has("copyline"):
            reader.put("~copyline", True)
            return reader.text("copyline")
        if text is not None and not isinstance(text, str):
            reader.context.fault(reader.here("content"), "expected text")
        reader.drop("content")
        return text
    given = {name: reader.peek(name) for name in _URLS if reader.peek(name) is not None}
    for name, value in given.items():
        if not isinstance(value, str):
            reader.context.fault(reader.here(name), "expected text")
    reader.drop(*_URLS)
    return given.get("deliveryURL") if given.keys() <= {"deliveryURL"} else given


def _shown_body(kind: str, body: Any, *, copyline: bool) -> dict[str, Any]:
    if body is None:
        return {}
    if isinstance(body, dict) and body.keys() & set(_URLS) and body.keys() <= set(_URLS):
        return body
    if kind in {"image", "imagelink"}:
        return {"deliveryURL": as_text(body)}
    return {"copyline" if copyline else "content": as_text(body)}


def _same_body(base: Component, kind: str, body: Any) -> bool:
    """Whether a body that this format shows as text is what the model has as JSON."""
    return isinstance(body, str) and base.type == kind and base.body is not None and as_text(base.body) == body
