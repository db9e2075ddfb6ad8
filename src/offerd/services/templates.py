"""Liquid for authors who are not trusted: what a template can see, reach and spend is bounded."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple, TextIO

from liquid import BoundTemplate, Environment, RenderContext
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags.capture_tag import CaptureNode, CaptureTag
from liquid.builtin.tags.echo_tag import EchoTag
from liquid.exceptions import LoopIterationLimitError, OutputStreamLimitError, ResourceLimitError
from liquid.undefined import Undefined
from liquid.utils import ReadOnlyChainMap
from markupsafe import Markup

from offerd.services.escaping import escape_for, is_json, is_markup, json_in_page, json_text, text_of


class Limits(NamedTuple):
    """What a template may spend.

    Attributes:
        size: characters of its text.
        output: bytes that it may write, and that one of its values may hold.
        loops: iterations of all its loops together.
    """

    size: int = 65_536
    output: int = 262_144
    loops: int = 10_000


#: Nodes that may be rendered for each iteration that is allowed; bounds the time of loops with long bodies.
_NODES_PER_LOOP = 10
#: A list this long costs what it is to walk; quadratic filters take lists of its square root.
_QUADRATIC = frozenset(("uniq",))
_REACHING_OUT = ("include", "render", "cycle", "tablerow", "increment", "decrement")
_UNSAFE_FILTERS = ("safe", "escapejs")
_BIGGEST = 2**63


class Safe(str):
    """Text that is already escaped for the template that made it."""

    __slots__ = ()


class _Context(RenderContext):
    """A render context that knows the template's own roots only, and counts what is spent."""

    __slots__ = ("left", "loops_left")

    def __init__(self, template: BoundTemplate, **rest: Any) -> None:
        self.left = 0
        super().__init__(template, **rest)
        environment = template.env
        assert isinstance(environment, Sandbox)  # noqa: S101 - only a Sandbox makes this context
        self.loops_left = environment.limits.loops
        self.left = environment.limits.loops * _NODES_PER_LOOP
        # Without the library's own roots `now` and `today`: a template sees no clock.
        self.scope = ReadOnlyChainMap(self.locals, self.globals, self.counters)

    @property
    def disabled_tags(self) -> list[str]:
        """Every node asks for this when it is rendered, so this is where nodes are counted."""
        self.spend(1)
        return []

    @disabled_tags.setter
    def disabled_tags(self, _tags: list[str]) -> None:
        """There are none: tags that reach out do not exist here."""

    def spend(self, amount: int) -> None:
        """Takes from what the template may do.

        Raises:
            ResourceLimitError: nothing is left.
        """
        self.left -= amount
        if self.left < 0:
            raise ResourceLimitError("the template does too much", token=None)

    def raise_for_loop_limit(self, length: int = 1) -> None:
        """Counts the iterations of every loop, nested or one after the other."""
        self.loops_left -= length
        if self.loops_left < 0:
            raise LoopIterationLimitError("loop iteration limit reached", token=None)


class _Template(BoundTemplate):
    context_class = _Context


class _OutputNode(OutputNode):
    """Writes a value escaped for the template's MIME type."""

    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        environment = context.env
        assert isinstance(environment, Sandbox)  # noqa: S101 - as above
        return buffer.write(environment.written(self.expression.evaluate(context), first=buffer.tell() == 0))


class _CaptureNode(CaptureNode):
    """Captured text was escaped when it was written."""

    __slots__ = ()

    def _assign(self, context: RenderContext, buf: Any) -> None:
        text = buf.getvalue()
        context.assign(self.name, Markup(text) if context.autoescape else Safe(text))  # noqa: S704 - escaped


class _Output(Output):
    node_class = _OutputNode


class _Echo(EchoTag):
    node_class = _OutputNode  # type: ignore[assignment]


class _Capture(CaptureTag):
    node_class = _CaptureNode


class Sandbox(Environment):
    """The environment of templates of one MIME type."""

    template_class = _Template
    context_depth_limit = 20
    block_nesting_limit = 20

    def __init__(self, mime: str, limits: Limits) -> None:
        self.limits = limits
        self._escape = escape_for(mime)
        self._is_json = is_json(mime)
        super().__init__(autoescape=is_markup(mime))
        # The library reads limits as attributes of the environment.
        self.output_stream_limit = limits.output  # type: ignore[misc]
        self.local_namespace_limit = 4 * limits.output  # type: ignore[misc]

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Registers the library's own, less those that reach outside, each filter under guard."""
        super().setup_tags_and_filters(extra=False)
        for name in _REACHING_OUT:
            del self.tags[name]
        for tag in (_Output, _Echo, _Capture):
            self.add_tag(tag)
        for name in _UNSAFE_FILTERS:
            del self.filters[name]
        self.filters |= {"date": _date, "json": self._json}
        self.filters = {name: _guarded(name, made) for name, made in self.filters.items()}

    def written(self, value: Any, *, first: bool) -> str:
        """A value as it is written into the output."""
        if isinstance(value, (Markup, Safe)):
            return str(value)
        if isinstance(value, Undefined):
            return ""
        return self._escape(text_of(value), first)

    def _json(self, value: Any) -> str:
        """The filter `json`: a whole JSON value, quotes and all."""
        text = json_text(None if isinstance(value, Undefined) else value)
        return Safe(json_in_page(text)) if self._is_json else text


def _guarded(name: str, made: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that is charged for what it reads and writes, before and after it runs."""
    environment_too = getattr(made, "with_environment", False)

    def guarded(value: Any, *args: Any, context: _Context, **kwargs: Any) -> Any:
        limit = context.env.output_stream_limit or 0
        sizes = [_size(value), *(_size(arg) for arg in args), *(_size(arg) for arg in kwargs.values())]
        context.spend(1 + sum(sizes) // 64)
        if max(sizes) > limit or _foreseen(name, value, args) > limit:
            raise OutputStreamLimitError(f"the filter {name} makes too much", token=None)
        if name in _QUADRATIC:
            context.spend(sizes[0] ** 2 // 64)
        if name == "round":
            args = tuple(_clamped(arg) for arg in args)
        result = made(value, *args, **({"environment": context.env} if environment_too else {}), **kwargs)
        huge = isinstance(result, (int, float)) and result is not value and not -_BIGGEST < result < _BIGGEST
        if huge or _size(result) > limit:
            raise OutputStreamLimitError(f"the filter {name} makes too much", token=None)
        return result

    guarded.with_context = True  # type: ignore[attr-defined]
    return guarded


def _size(value: Any) -> int:
    if isinstance(value, range):
        return max(0, value.stop - value.start)
    return len(value) if isinstance(value, (str, list, tuple, dict)) else 1


def _foreseen(name: str, value: Any, args: tuple[Any, ...]) -> int:
    """How much the filters that multiply would write at most."""
    if name.startswith("replace") and args:
        text, found, new = _text(value), _text(args[0]), _text(args[1]) if len(args) > 1 else ""
        return len(text) + text.count(found) * len(new)
    if name == "join" and isinstance(value, (list, tuple)):
        between = len(_text(args[0])) if args else 1
        return len(value) * between + sum(_size(item) for item in value)
    return 0


def _text(value: Any) -> str:
    return "" if isinstance(value, Undefined) else text_of(value)


def _clamped(digits: Any) -> Any:
    return max(-18, min(18, digits)) if isinstance(digits, int) else digits


def _date(value: Any, form: Any = None) -> Any:
    """The filter `date`: an RFC 3339 time, a date, or seconds since 1970, in UTC, as strftime writes it."""
    moment = _moment(value)
    if moment is None or not isinstance(form, str) or len(form) > 200:  # noqa: PLR2004
        return value
    # A width such as %999999d would make the C library write that much.
    safe = "".join(part for part in form if part.isprintable())
    return moment.strftime(_without_widths(safe))


def _without_widths(form: str) -> str:
    made, after_percent = [], False
    for char in form:
        if after_percent and char.isdigit():
            continue
        made.append(char)
        after_percent = (char == "%" and not after_percent) or (after_percent and char in "-_0^#")
    return "".join(made)


def _moment(value: Any) -> datetime | None:
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str) and len(value) <= 40:  # noqa: PLR2004 - the longest RFC 3339 time
            found = datetime.fromisoformat(str(value))
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None
