"""YAML 1.2 as people write catalogues in it: read into plain values, and written in one canonical form.

Scalars mean what the core schema of YAML 1.2 says: `NO`, `on` and `2026-01-01` are text. Numbers keep their spelling.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from offerd.model import json
from offerd.services.yaml_schema import NO_NUMBER, resolved
from offerd.services.yaml_text import write_yaml

__all__ = ["LOADER", "BadYaml", "read_yaml", "write_yaml"]

#: How deeply a document may nest.
MOST_DEPTH = 128

#: Values that aliases may add to a document: a few lines of them can stand for billions.
MOST_REPEATED = 1_000_000

#: What parses: libyaml where PyYAML was built with it, else PyYAML itself.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_TAG = "tag:yaml.org,2002:"


class BadYaml(json.Malformed):
    """Text that is not YAML, or more than a catalogue needs of it.

    Attributes:
        line: where, from 1.
        column: where in the line, from 1.
    """

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(f"line {line}, column {column}: {message}")
        self.line = line
        self.column = column


def read_yaml(text: str) -> Any:
    """The plain values of one YAML document; None for an empty one.

    Keys are text as it stands: `1.0:` is the key `1.0`.

    Raises:
        BadYaml: with line and column.
    """
    loader = LOADER(text)
    try:
        return _Reader(loader).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise BadYaml(error.problem or error.context or "is not YAML", *where) from None
    except yaml.YAMLError as error:
        raise BadYaml(str(error).split("\n", 1)[0], 1, 1) from None
    finally:
        loader.dispose()


class _Reader:
    """Makes values of a parser's events."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._made = 0
        self._repeated = 0

    def document(self) -> Any:
        self._next()  # the stream's start
        if isinstance(self._loader.peek_event(), yaml.StreamEndEvent):
            return None
        self._next()  # the document's start
        value = self._value(self._next(), 0)
        self._next()  # the document's end
        event = self._next()
        if not isinstance(event, yaml.StreamEndEvent):
            raise _bad("a catalogue is one document", event)
        return value

    def _next(self) -> Any:
        return self._loader.get_event()

    def _value(self, event: Any, depth: int) -> Any:
        if depth > MOST_DEPTH:
            raise _bad(f"nests more than {MOST_DEPTH} deep", event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        before = self._made
        self._made += 1
        if isinstance(event, yaml.ScalarEvent):
            value = _scalar(event)
        elif event.tag not in {None, f"{_TAG}seq", f"{_TAG}map"}:
            raise _bad(f"the tag {event.tag} has no place in a catalogue", event)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = list(self._items(depth))
        else:
            value = self._mapping(depth)
        if event.anchor:
            self._anchors[event.anchor] = (value, self._made - before)
        return value

    def _alias(self, event: Any) -> Any:
        found = self._anchors.get(event.anchor)
        if found is None:
            raise _bad(f"there is no anchor &{event.anchor} before this", event)
        value, size = found
        self._repeated += size
        self._made += size
        if self._repeated > MOST_REPEATED:
            raise _bad(f"aliases stand for more than {MOST_REPEATED} values", event)
        return value

    def _items(self, depth: int) -> Iterator[Any]:
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            yield self._value(event, depth + 1)

    def _mapping(self, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise _bad("a key is text", event)
            if event.value in made:
                raise _bad(f"the key {event.value!r} is there twice", event)
            made[event.value] = self._value(self._next(), depth + 1)
        return made


def _scalar(event: Any) -> Any:
    plain, quoted = event.implicit
    if event.tag not in {None, "!"}:
        if event.tag != f"{_TAG}str":
            raise _bad(f"the tag {event.tag} has no place in a catalogue", event)
        return event.value
    if quoted and not plain:
        return event.value
    if NO_NUMBER.fullmatch(event.value):
        raise _bad(f"{event.value} is no number of JSON", event)
    try:
        return resolved(event.value)
    except ValueError:
        raise _bad("the number has too many digits", event) from None


def _bad(message: str, event: Any) -> BadYaml:
    return BadYaml(message, event.start_mark.line + 1, event.start_mark.column + 1)
