"""What lists ask for: property expressions, full-text terms and orders, as the index understands them."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from offerd.apis.journey_optimizer import ids, views
from offerd.apis.journey_optimizer.codecs.codec import Codec
from offerd.apis.journey_optimizer.codecs.context import Context, micros, moment
from offerd.apis.journey_optimizer.names import Dialect
from offerd.apis.journey_optimizer.patterns import matcher, wildcard
from offerd.apis.journey_optimizer.problems import BadFilter, BadQuery
from offerd.apis.journey_optimizer.shapes import canonical_path
from offerd.model import json
from offerd.model.base import Object
from offerd.model.catalogue import Catalogue
from offerd.services.catalogue import CatalogueService
from offerd.services.catalogue.asking import Key, Path, Phrase, Predicate, Search, words
from offerd.services.catalogue.filters import values

#: Expressions, terms or keys in one request.
MOST = 100

_INSTANCE = "_instance"

#: What every object has, by the container dialect's names and the plain one's.
_COMMON: dict[str, Callable[[Object], Any]] = {
    "etag": lambda thing: thing.version,
    "created": lambda thing: thing.created,
    "modified": lambda thing: thing.modified,
    "createdBy": lambda thing: thing.created_by or views.NOBODY,
    "lastModifiedBy": lambda thing: thing.modified_by or views.NOBODY,
    "createdByClientId": lambda thing: views.clients(thing)[0],
    "lastModifiedByClientId": lambda thing: views.clients(thing)[1],
    "instanceId": ids.instance_id,
    "productContexts": lambda _thing: "acp",
}
_ENVELOPE = {
    "instanceId": "instanceId",
    "productContexts": "productContexts",
    "repo:etag": "etag",
    "repo:createdDate": "created",
    "repo:lastModifiedDate": "modified",
    "repo:createdBy": "createdBy",
    "repo:lastModifiedBy": "lastModifiedBy",
    "repo:createdByClientId": "createdByClientId",
    "repo:lastModifiedByClientId": "lastModifiedByClientId",
}
_INSTANTS = frozenset(("created", "modified"))

#: Members that name objects which may come and go while they are named.
_LABELS = frozenset(("tags", "ids", "_experience"))

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.eq,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_EXPRESSION = re.compile(r"(==|!=|<=|>=|<|>|~|=)")
_NUMBER = re.compile(r"-?[0-9]{1,300}(\.[0-9]{1,300})?([eE][+-]?[0-9]{1,3})?")


class Present(Context):
    """A view of the library as it is whenever it is looked at; columns keep it without keeping a catalogue."""

    def __init__(self, service: CatalogueService, workspace: str, dialect: Dialect, *, zulu: bool) -> None:
        self._present: Callable[[], Catalogue] = lambda: service.catalogue(workspace)
        super().__init__(service, service.catalogue(workspace), dialect, zulu=zulu)

    @property
    def catalogue(self) -> Catalogue:
        """Everything there is now."""
        return self._present()

    @catalogue.setter
    def catalogue(self, _catalogue: Catalogue) -> None:
        """Nothing is kept."""


class Paths:
    """The members of a resource that lists may ask for, by the names of a dialect.

    Args:
        codec: of the resource.
        context: a view of the library.
    """

    def __init__(self, codec: Codec, context: Present) -> None:
        self._codec = codec
        self._context = context

    def is_instant(self, name: str) -> bool:
        """Whether a member is an instant."""
        common, path = self._resolve(name)
        return common in _INSTANTS or ".".join(path) in self._codec.instants

    def compared(self, name: str) -> Path:
        """A member as it is compared: instants are microseconds."""
        return self._path(name, "compared", micros)

    def sorted(self, name: str) -> Path:
        """A member as it is sorted by: instants are milliseconds, since cursors have no more."""
        return self._path(name, "sorted", lambda at: micros(at) // 1000)

    def there(self, name: str) -> Path:
        """Whether a member is there."""
        common, path = self._resolve(name)
        found = self._found(common, path)
        return Path(
            self._key("there", common, path),
            lambda thing: True if any(True for _ in found(thing)) else None,
            self._given(path),
        )

    def texts(self, names: Sequence[str]) -> Path:
        """The texts of members; of what searches look in where none is named."""
        if not names:
            text = self._codec.text
            return Path(("text", self._codec.resource.name, self._context.dialect), text)
        readers = [self._found(*self._resolve(name)) for name in names]

        def read(thing: Object) -> tuple[str, ...]:
            return tuple(str(value) for reader in readers for value in _leaves(reader(thing)))

        return Path(("text", self._codec.resource.name, self._context.dialect, *names), read)

    def _path(self, name: str, use: str, instant: Callable[[datetime], int]) -> Path:
        common, path = self._resolve(name)
        direct = _COMMON[common] if common else self._direct(path)
        if direct is not None and self.is_instant(name):
            at = direct
            return Path(
                self._key(use, common, path), lambda thing: None if (seen := at(thing)) is None else instant(seen)
            )
        if direct is not None:
            return Path((use, common or (self._codec.resource.name, *path)), direct)
        found = self._found(common, path)
        return Path(self._key(use, common, path), lambda thing: _value(_leaves(found(thing))), self._given(path))

    def _direct(self, path: list[str]) -> Callable[[Object], Any] | None:
        """What reads a member without encoding anything; None where nothing does."""
        dotted = ".".join(path)
        found = self._codec.instants.get(dotted) or self._codec.direct.get(dotted)
        if found is not None or len(path) < 2:  # noqa: PLR2004 - a map and a key
            return found
        entry, key = self._codec.direct.get(f"{path[0]}."), ".".join(path[1:])
        return None if entry is None else lambda thing: entry(thing, key)

    def _key(self, use: str, common: str, path: Sequence[str]) -> tuple[str, ...]:
        return (use, common) if common else (use, self._codec.resource.name, self._context.dialect, *path)

    def _given(self, path: Sequence[str]) -> object:
        return self._context.catalogue.of("tags") if path and path[0] in _LABELS else None

    def _resolve(self, name: str) -> tuple[str, list[str]]:
        """What every object has, or else the canonical path of a member of the resource's own."""
        if self._context.plain:
            if name in _COMMON and name not in {"instanceId", "productContexts"}:
                return name, []
            return "", canonical_path(name.split("."), self._codec.shape, "plain")
        if name in _ENVELOPE:
            return _ENVELOPE[name], []
        path = name.removeprefix(f"{_INSTANCE}.")
        return "", canonical_path(path.split("."), self._codec.shape, "container")

    def _found(self, common: str, path: list[str]) -> Callable[[Object], Iterator[Any]]:
        """Everything that a path leads to in an object."""
        if common:
            read = _COMMON[common]
            return lambda thing: iter(() if (value := read(thing)) is None else (value,))
        first, rest = path[0], path[1:]
        if not rest and first in {"@id", "id"}:
            return lambda thing: iter((self._context.id_of(thing, self._codec.resource),))
        member = self._codec.member(first)

        def found(thing: Object) -> Iterator[Any]:
            value = member(thing, self._context)
            return iter(()) if value is None else values(value, rest)

        return found


class Compared(Protocol):
    """What filters need of the members that they are about."""

    def is_instant(self, name: str, /) -> bool:
        """Whether a member is an instant."""

    def compared(self, name: str, /) -> Path:
        """A member as it is compared."""

    def there(self, name: str, /) -> Path:
        """Whether a member is there."""


def tests(paths: Compared, expressions: Iterable[str]) -> list[Predicate]:
    """The tests that property expressions say.

    Raises:
        BadFilter: one cannot be read.
    """
    found = [test(paths, text) for text in expressions]
    if len(found) > MOST:
        raise BadFilter(f"there are more than {MOST} property expressions")
    return found


def test(paths: Compared, text: str) -> Predicate:
    """The test that `[!]path op value` says; a path alone asks whether it is there.

    Raises:
        BadFilter: it cannot be read.
    """
    bare = text.strip()
    negated = bare.startswith("!")
    bare = bare[1:].strip() if negated else bare
    found = _EXPRESSION.search(bare)
    path = bare if found is None else bare[: found.start()].strip()
    if not path or any(sign.isspace() for sign in path):
        raise BadFilter(f"property={text}: expected a path, an operator (== != < <= > >= ~) and a value")
    if found is None:
        return Predicate("exists", paths.there(path), bool, negated)
    sign, value = found[1], bare[found.end() :]
    if sign == "=":
        raise BadFilter(f"property={text}: = is no operator; == compares")
    if sign == "~":
        return Predicate((sign, value), paths.compared(path), matcher(value), negated, text=True)
    holds = _instant(sign, value, text) if paths.is_instant(path) else comparison(sign, value)
    return Predicate((sign, value), paths.compared(path), holds, negated is not (sign == "!="))


def comparison(sign: str, wanted: str) -> Callable[[Any], bool]:
    """What compares a value with a text, as the type of the value says."""
    compare = _OPERATORS[sign]
    number = number_of(wanted)
    boolean = {"true": True, "false": False}.get(wanted)

    def holds(value: Any) -> bool:
        if type(value) is str:
            return compare(value, wanted)
        if type(value) is bool:
            return boolean is not None and compare(value, boolean)
        return number is not None and compare(value, number)

    return holds


def named(paths: Paths, name: str, pattern: str) -> Predicate:
    """That a member is what a pattern with wildcards says, with regard to case."""
    return Predicate(("name", pattern), paths.compared(name), wildcard(pattern), text=True)


def identified(identifiers: Sequence[str]) -> Predicate:
    """That an object is one of those with these ids, of any prefix."""
    wanted = frozenset(ids.time_id(text) or text for text in identifiers)
    path = Path("time", lambda thing: thing.ids["time"])
    return Predicate(("id", wanted), path, lambda value: value in wanted)


def search(paths: Paths, text: str, mode: str, fields: Sequence[str]) -> Search | None:
    """The search that `q`, `qop` and `field` say; None for everything.

    Raises:
        BadQuery: quotes or escapes do not close, or the mode is none.
    """
    if mode.upper() not in {"", "AND", "OR"}:
        raise BadQuery(f"qop={mode}: expected AND or OR")
    found = [Phrase(words(term)) for term in terms(text)]
    if not found:
        return None
    if len(found) > MOST:
        raise BadQuery(f"q has more than {MOST} terms")
    return Search(paths.texts(fields), tuple(found), all=mode.upper() == "AND")


def terms(text: str) -> Iterator[str]:
    r"""The terms of a search: words, and phrases in double quotes; `\` takes the next character as it is.

    Raises:
        BadQuery: a quote or an escape does not close.
    """
    term: list[str] = []
    quoted, signs = False, iter(text)
    for sign in signs:
        if sign == "\\":
            escaped = next(signs, None)
            if escaped is None:
                raise BadQuery("q ends with a backslash that escapes nothing")
            term.append(escaped)
        elif sign == '"':
            if term:
                yield "".join(term)
                term = []
            quoted = not quoted
        elif sign.isspace() and not quoted:
            if term:
                yield "".join(term)
                term = []
        else:
            term.append(sign)
    if quoted:
        raise BadQuery('q has a " that is not closed')
    if term:
        yield "".join(term)


def order(paths: Paths, names: Iterable[str]) -> list[tuple[str, Key]]:
    """The keys of an order by their names: `-` before one is descending, `+` or nothing ascending.

    Raises:
        BadFilter: there are too many, or one has no name.
    """
    keys = []
    for each in names:
        text = each.strip()
        name = text.lstrip("+-").strip()
        if not name:
            raise BadFilter(f"orderBy={each}: expected a path, with - before it for the greatest first")
        keys.append((name, Key(paths.sorted(name), text.startswith("-"))))
    if len(keys) > MOST:
        raise BadFilter(f"orderBy has more than {MOST} keys")
    return keys


def split(texts: Iterable[str]) -> list[str]:
    """The parts of comma-separated lists; a comma within brackets, or behind a backslash, is part of a part."""
    parts: list[str] = []
    for text in texts:
        depth, part, escaped = 0, "", False
        for sign in text:
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(sign, 0) if not escaped else 0
            if sign == "," and depth <= 0 and not escaped:
                parts.append(part)
                part = ""
            else:
                part += sign
            escaped = sign == "\\" and not escaped
        parts.append(part)
    return [part for part in (each.strip() for each in parts) if part]


def number_of(text: str) -> int | float | None:
    """The number that a text is; None where it is none."""
    if _NUMBER.fullmatch(text) is None:
        return None
    return int(text) if text.lstrip("-").isdigit() else float(text)


def _instant(sign: str, value: str, text: str) -> Callable[[Any], bool]:
    at = moment(value)
    if at is None:
        raise BadFilter(f"property={text}: expected an RFC 3339 time, such as 2024-01-01T00:00:00Z")
    compare, wanted = _OPERATORS[sign], micros(at)
    return lambda seen: compare(seen, wanted)


def _leaves(found: Iterable[Any]) -> Iterator[Any]:
    """Texts, numbers and booleans, out of the lists that hold them."""
    for value in found:
        if isinstance(value, list):
            yield from _leaves(value)
        elif isinstance(value, (Decimal, float)):
            yield float(value)
        elif isinstance(value, dict):
            yield json.dumps(value).decode()
        elif value is not None:
            yield value


def _value(found: Iterable[Any]) -> Any:
    several = tuple(found)
    return several[0] if len(several) == 1 else several or None
