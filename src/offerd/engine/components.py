"""Components: which of an offer's components a placement takes, and which of those a person sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from offerd.engine.conditions import Programs, Test, compile_condition
from offerd.engine.sight import Sight
from offerd.model.offer import Component, Content

#: The type that holds the place and shows nothing; every placement takes it.
DEFAULT = "default"


class CompiledComponent(msgspec.Struct, frozen=True):
    """A component with its condition ready to be asked.

    Attributes:
        component: as it was written.
        when: who sees it; None means everyone.
    """

    component: Component
    when: Test | None


Representation = tuple[CompiledComponent, ...]


def compile_content(content: Mapping[str, list[Component]], programs: Programs) -> dict[str, Representation]:
    """The components by placement, ready to be chosen from."""
    return {
        placement: tuple(
            CompiledComponent(component, compile_condition(component.when, programs)) for component in components
        )
        for placement, components in content.items()
    }


def taken(
    components: Representation, types: frozenset[str], contents: Mapping[str, Content]
) -> Iterator[CompiledComponent]:
    """The components whose type a placement takes; one that takes no content in particular takes them all."""
    for each in components:
        kind = each.component.type
        if each.component.ref is not None:
            content = contents.get(each.component.ref)
            if content is None:
                continue
            kind = content.type
        if not types or kind in types or kind == DEFAULT:
            yield each


def shown(
    components: Representation,
    types: frozenset[str],
    contents: Mapping[str, Content],
    sight: Sight,
    languages: Sequence[str],
) -> tuple[Component, ...]:
    """The components a person sees: those whose condition holds, one language for each locator, bodies looked up."""
    places: dict[str | None, list[Component]] = {}
    for each in taken(components, types, contents):
        if each.when is None or each.when.holds(sight):
            places.setdefault(each.component.locator, []).append(each.component)
    return tuple(_with_body(_in_language(variants, languages), contents) for variants in places.values())


def _in_language(variants: list[Component], languages: Sequence[str]) -> Component:
    """The variant in the first language that there is, exactly or by its primary subtag; else the first variant."""
    for language in languages:
        wanted = language.lower()
        primary = wanted.partition("-")[0]
        for variant in variants:
            if any(tag.lower() == wanted for tag in variant.language):
                return variant
        for variant in variants:
            if any(tag.lower().partition("-")[0] == primary for tag in variant.language):
                return variant
    return variants[0]


def _with_body(component: Component, contents: Mapping[str, Content]) -> Component:
    """The component with the body of the content that it refers to."""
    if component.ref is None:
        return component
    content = contents[component.ref]
    return msgspec.structs.replace(
        component,
        type=content.type,
        body=content.body,
        format=component.format or content.format,
        template=content.template,
    )
