"""Reading a canonical tree member by member; what nobody takes is what only this format knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from offerd.apis.journey_optimizer.codecs.context import Context, moment
from offerd.apis.journey_optimizer.names import PLAIN_ASSIGNED
from offerd.apis.journey_optimizer.shapes import Shape
from offerd.model.base import Part
from offerd.model.codec import pointer

#: The member of `extensions` that is this format's.
FORMAT = "journey_optimizer"

#: What the names of members begin with that no client sees; each write makes them anew.
HIDDEN = "~"

#: What the names of members begin with that no client sees, and that stay until somebody changes them.
LASTING = "~~"

_EMPTY = Shape()

_WORDS: dict[type, str] = {str: "text", list: "a list"}


class Reader:
    """One object of a canonical tree.

    Members that are empty are left behind, so that they come back as they came.

    Args:
        context: of the request.
        tree: the object.
        shape: its table.
        at: its canonical pointer.
    """

    def __init__(self, context: Context, tree: Any, shape: Shape | None, at: str = "") -> None:
        if not isinstance(tree, Mapping):
            context.fault(at, "expected an object")
            tree = {}
        self.context = context
        self.shape = shape or _EMPTY
        self.at = at
        self._left = dict(tree)
        for name in tree:
            if name.startswith(HIDDEN):
                context.fault(pointer(at, name), f"names that begin with {HIDDEN} are the repository's own")
        self._inner: list[tuple[str, Reader]] = []

    def here(self, name: str | int) -> str:
        """The canonical pointer of a member."""
        return pointer(self.at, name)

    def says(self, name: str) -> bool:
        """Whether the dialect has a member at all; if not, a write leaves it as it is."""
        return self.shape.says(name, self.context.dialect)

    def has(self, name: str) -> bool:
        """Whether a member is there that was not taken, and is not null."""
        return self._left.get(name) is not None

    def peek(self, name: str) -> Any:
        """A member, which stays."""
        return self._left.get(name)

    def take(self, name: str, kind: type | None = None) -> Any:
        """A member; None where it is empty or not there.

        Args:
            name: the member's.
            kind: what it must be, even where it is empty; None for anything.
        """
        value = self._left.get(name)
        if kind is not None and value is not None and not isinstance(value, kind):
            self.context.fault(self.here(name), f"expected {_WORDS[kind]}")
            del self._left[name]
            return None
        if value is None or value in ("", [], {}):
            return None
        return self._left.pop(name)

    def given(self) -> list[str]:
        """The names of the members that were not taken."""
        return list(self._left)

    def drop(self, *names: str) -> None:
        """Forgets members."""
        for name in names:
            self._left.pop(name, None)

    def put(self, name: str, value: Any) -> None:
        """Leaves something behind."""
        self._left[name] = value

    def text(self, name: str, *, old: str = "", required: bool = False) -> str:
        """A text; `old` where the dialect does not have it."""
        if not self.says(name):
            return old
        missing = self.peek(name) in (None, "")
        value = self.take(name, str)
        if missing and required:
            self.context.fault(self.here(name), "is required")
        return value or ""

    def whole(self, name: str, *, least: int = 0, old: int = 0, required: bool = False) -> int:
        """A whole number; `old` where the dialect does not have it."""
        if not self.says(name):
            return old
        value = self._left.pop(name, None)
        if value is None:
            if required:
                self.context.fault(self.here(name), "is required")
            return old
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            self.context.fault(self.here(name), f"expected a whole number from {least}")
            return old
        return value

    def flag(self, name: str, *, old: bool = False) -> bool:
        """A boolean; `old` where it is not there."""
        if not self.says(name) or self._left.get(name) is None:
            return old
        value = self._left.pop(name)
        if not isinstance(value, bool):
            self.context.fault(self.here(name), "expected true or false")
            return old
        return value

    def instant(self, name: str) -> datetime | None:
        """An instant."""
        value = self.take(name, str)
        if value is None:
            return None
        at = moment(value)
        if at is None:
            self.context.fault(self.here(name), "expected an RFC 3339 time, such as 2024-01-01T00:00:00Z")
        return at

    def choice(self, name: str, choices: Mapping[str, str], *, default: str) -> str:
        """The model's word for one of a few; `default` where it is not there."""
        value = self.take(name, str)
        if value is None:
            return default
        if value not in choices:
            self.context.fault(self.here(name), f"expected one of {', '.join(choices)}")
            return default
        return choices[value]

    def items(self, name: str) -> list[Any]:
        """A list; it is left behind where it is empty."""
        found: list[Any] | None = self.take(name, list)
        return found or []

    def names(self, name: str, kind: str, *, label: bool = False) -> list[str]:
        """A list of references as the model's ids."""
        found = []
        for index, item in enumerate(self.items(name)):
            one = self.context.find(kind, item, f"{self.here(name)}/{index}", label=label)
            if one is not None and one not in found:
                found.append(one)
        return found

    def inner(self, name: str) -> Reader:
        """A member that is an object; an empty one where it is not there."""
        member = self.shape.members.get(name)
        value = self._left.pop(name, None)
        reader = Reader(self.context, {} if value is None else value, member.shape if member else None, self.here(name))
        if value is not None:
            self._inner.append((name, reader))
            if value == {}:
                self._left[name] = {}
        return reader

    def left(self) -> dict[str, Any]:
        """What was not taken, here and within."""
        made = dict(self._left)
        for name, reader in self._inner:
            rest = reader.left()
            if rest:
                made[name] = rest
        return made

    def extensions(self, old: Part | None, shelf: str = "") -> dict[str, Any]:
        """The extensions of the part that this becomes: what was left, and what the dialect cannot say.

        Args:
            old: what the part was.
            shelf: the member that keeps it, for one of two resources that share a kind.
        """
        before = {} if old is None else own(old, shelf)
        kept = unsaid(before, self.shape, self.context)
        if not self.at and self.context.plain:  # names that only the container dialect leaves to its authors
            kept |= {name: before[name] for name in PLAIN_ASSIGNED & before.keys()}
        return with_own(old, merge(kept, self.left()), shelf)


def own(part: Part, shelf: str = "") -> dict[str, Any]:
    """What this format keeps with a part."""
    value = part.extensions.get(FORMAT)
    if shelf and isinstance(value, dict):
        value = value.get(shelf)
    return value if isinstance(value, dict) else {}


def with_own(old: Part | None, value: Mapping[str, Any], shelf: str = "") -> dict[str, Any]:
    """The extensions of a part with this format's own as given; those of others stay, and what lasts."""
    before = {} if old is None else own(old)
    if shelf:
        mine = {name: each for name, each in before.items() if name != shelf} | ({shelf: dict(value)} if value else {})
    else:
        mine = {name: each for name, each in before.items() if name.startswith(LASTING)} | dict(value)
    others = {} if old is None else {name: each for name, each in old.extensions.items() if name != FORMAT}
    return {**others, FORMAT: mine} if mine else others


def unsaid(kept: Mapping[str, Any], shape: Shape | None, context: Context) -> dict[str, Any]:
    """What of this format's own the dialect of a request cannot say."""
    made: dict[str, Any] = {}
    for name, value in kept.items():
        if name.startswith(HIDDEN) or shape is None:
            continue
        member = shape.members.get(name)
        if not shape.says(name, context.dialect):
            made[name] = value
        elif member is not None and member.shape is not None and isinstance(value, dict):
            inner = unsaid(value, member.shape, context)
            if inner:
                made[name] = inner
    return made


def merge(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Both; of what both have, the second's."""
    made = dict(first)
    for name, value in second.items():
        before = made.get(name)
        made[name] = merge(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return made


def shown(
    members: Mapping[str, Any], part: Part | None, shape: Shape | None, context: Context, shelf: str = ""
) -> dict[str, Any]:
    """A canonical object as a dialect shows it: what the model says, and what this format keeps beside it.

    Args:
        members: what the model says; None is absent.
        part: with what is kept.
        shape: the table.
        context: of the request.
        shelf: the member that keeps it, for one of two resources that share a kind.
    """
    kept = {} if part is None else visible(own(part, shelf), shape, context)
    there = {name: value for name, value in members.items() if value is not None}
    both = merge(kept, there)
    if shape is None:
        return both
    known = {name: both[name] for name in shape.members if name in both and shape.says(name, context.dialect)}
    return {**known, **{name: value for name, value in both.items() if name not in shape.members}}


def visible(kept: Mapping[str, Any], shape: Shape | None, context: Context) -> dict[str, Any]:
    """What of this format's own a dialect shows."""
    made = {}
    for name, value in kept.items():
        if name.startswith(HIDDEN) or (shape is not None and not shape.says(name, context.dialect)):
            continue
        member = shape.members.get(name) if shape is not None else None
        inner = isinstance(value, dict) and member is not None and member.shape is not None
        made[name] = visible(value, member.shape if member else None, context) if inner else value
    return made


def paired(old: Sequence[Any], views: Sequence[Any], new: Sequence[Any]) -> Iterator[Any]:
    """For each new item the old one that it was: one that looks the same, else the one in its place, else None."""
    taken: set[int] = set()
    matches: list[int | None] = []
    for item in new:
        same = next((at for at, view in enumerate(views) if at not in taken and view == item), None)
        if same is not None:
            taken.add(same)
        matches.append(same)
    for at, match in enumerate(matches):
        if match is not None:
            yield old[match]
        elif at < len(old) and at not in taken:
            taken.add(at)
            yield old[at]
        else:
            yield None
