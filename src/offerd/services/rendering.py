"""Content filled in for a person: Liquid, macros, or as it is; languages; named contents."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from liquid.exceptions import LiquidError

from offerd.model import json
from offerd.model.decision import Component as Shown
from offerd.model.offer import Component
from offerd.services.escaping import escape_for, is_json, mime_of, text_of
from offerd.services.tangles import tangle
from offerd.services.templates import Limits, Sandbox

_MACRO = re.compile(r"\$\{\s*(profile|context|offer)((?:\.[^\s.{}]{1,255}){0,32})\s*\}")


class ContentError(ValueError):
    """A body that could not be filled in; the message says why."""


class Renderer:
    """Fills in the bodies of components.

    Args:
        limits: what a template may spend.
        cached: how many parsed templates are kept.
    """

    def __init__(self, limits: Limits | None = None, *, cached: int = 4096) -> None:
        self.limits = limits or Limits()
        self._sandbox = lru_cache(maxsize=64)(lambda mime: Sandbox(mime, self.limits))
        self._parsed = lru_cache(maxsize=cached)(self._parse)

    def show(self, component: Component, values: Mapping[str, Any]) -> Shown:
        """A component as it is shown, its body filled in.

        Args:
            component: as the engine chose it; named contents are looked up already.
            values: the roots that templates see: `profile`, `context`, `offer`.

        Raises:
            ContentError: the body's template fails or goes over its limits.
        """
        body = component.body
        if component.template != "none":
            body = self.fill(body, component.template, mime_of(component.type, component.format), values)
        return _shown(component, body)

    def fill(self, body: Any, template: str, mime: str, values: Mapping[str, Any]) -> Any:
        """A body filled in; where it is an object or a list, each of its strings is a template of its own.

        Raises:
            ContentError: a template fails, goes over its limits, or what should be JSON is not.
        """
        if isinstance(body, str):
            text = self._text(body, template, mime, values)
            if is_json(mime):
                _parse_json(text)
            return text
        if isinstance(body, (dict, list)):
            # Strings inside of a JSON body need no JSON escapes: they are encoded with it.
            inside = "text/plain" if is_json(mime) else mime
            left = [self.limits.output]
            return self._inside(body, lambda text: self._bounded(text, template, inside, values, left))
        return body

    def check(self, body: Any, template: str, mime: str = "text/html") -> str | None:
        """What is wrong with a template, or None."""
        if template != "liquid":
            return None
        try:
            if isinstance(body, str):
                self._parsed(body, mime)
            elif isinstance(body, (dict, list)):
                inside = "text/plain" if is_json(mime) else mime
                self._inside(body, lambda text: str(self._parsed(text, inside)))
        except ContentError as error:
            return str(error)
        return None

    def _bounded(self, text: str, template: str, mime: str, values: Mapping[str, Any], left: list[int]) -> str:
        made = self._text(text, template, mime, values)
        left[0] -= len(made)
        if left[0] < 0:
            raise ContentError("output limit reached")
        return made

    def _inside(self, body: Any, fill: Callable[[str], str]) -> Any:
        if isinstance(body, str):
            return fill(body)
        if isinstance(body, dict):
            return {key: self._inside(value, fill) for key, value in body.items()}
        if isinstance(body, list):
            return [self._inside(value, fill) for value in body]
        return body

    def _text(self, text: str, template: str, mime: str, values: Mapping[str, Any]) -> str:
        if template == "macros":
            return self._macros(text, mime, values)
        if "{" not in text:
            return text
        parsed = self._parsed(text, mime)
        try:
            return str(parsed.render(**values))
        except LiquidError as error:
            raise ContentError(_with_place(error)) from None
        except (ArithmeticError, ValueError, TypeError, RuntimeError, LookupError, AttributeError) as error:
            # Filters of the library let errors of Python through where a value is of a type they did not expect.
            raise ContentError(f"{type(error).__name__}: {error}"[:200]) from None

    def _parse(self, text: str, mime: str) -> Any:
        if len(text) > self.limits.size:
            raise ContentError(f"the template is longer than {self.limits.size} characters")
        if why := tangle(text):
            raise ContentError(why)
        sandbox = self._sandbox(mime)
        try:
            made = sandbox.from_string(text)
            unknown = made.analyze(include_partials=False).filters.keys() - sandbox.filters.keys()
        except LiquidError as error:
            raise ContentError(_with_place(error)) from None
        except (RecursionError, ValueError, ArithmeticError) as error:
            raise ContentError(f"the template cannot be read: {error}"[:200]) from None
        if unknown:
            raise ContentError(f"there is no filter {', '.join(sorted(unknown))}")
        return made

    def _macros(self, text: str, mime: str, values: Mapping[str, Any]) -> str:
        if len(text) > self.limits.size:
            raise ContentError(f"the template is longer than {self.limits.size} characters")
        escape, left = escape_for(mime), self.limits.output

        def value(found: re.Match[str]) -> str:
            nonlocal left
            made = escape(text_of(_at(values.get(found[1]), found[2])), found.start() == 0)
            left -= len(made)
            if left < 0:
                raise ContentError("output limit reached")
            return made

        return _MACRO.sub(value, text)


def as_it_is(component: Component) -> Shown:
    """A component whose body is not filled in."""
    return _shown(component, component.body)


def without_body(component: Component) -> Shown:
    """A component whose body could not be filled in."""
    return _shown(component, None)


def _shown(component: Component, body: Any) -> Shown:
    return Shown(
        type=component.type or "html",
        body=body,
        format=component.format,
        language=component.language,
        locator=component.locator,
        ref=component.ref,
    )


def _at(value: Any, path: str) -> Any:
    for name in path.split(".")[1:]:
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and int(name[:9]) < len(value):
            value = value[int(name[:9])]
        else:
            return None
    return value


def _parse_json(text: str) -> None:
    try:
        json.loads(text)
    except json.Malformed as error:
        raise ContentError(f"what was filled in is not JSON: {error}") from None


def _with_place(error: LiquidError) -> str:
    text = str(error.message or type(error).__name__)
    try:
        place = error.context()
    except ValueError:  # the library cannot place an error at the very end of the text
        place = None
    return f"line {place[0]}, column {place[1] + 1}: {text}" if place else text


_CHECKER = Renderer(cached=256)


def check_template(text: Any, kind: str, mime: str = "text/html") -> str | None:
    """What is wrong with a template as it is saved, or None.

    Args:
        text: the body: text, or JSON whose strings are templates.
        kind: `none`, `liquid` or `macros`.
        mime: the MIME type of what it writes.
    """
    return _CHECKER.check(text, kind, mime)
