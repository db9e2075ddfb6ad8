"""Member tables: what each member is called in either dialect, so that both come from one definition.

The plain dialect's names are the canonical ones. A table says what the container dialect calls each member, or that it
has none; members that no table knows stay where they are, as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from offerd.apis.journey_optimizer.names import Dialect


class Member(msgspec.Struct, frozen=True):
    """A member of a sort of object.

    Attributes:
        container: its name in the container dialect; empty where that does not have it.
        shape: what it holds, alone, in a list, or under any names where the shape is `open`.
        plain: whether the plain dialect has it.
    """

    container: str
    shape: Shape | None = None
    plain: bool = True


class Shape(msgspec.Struct, frozen=True):
    """The members of a sort of object.

    Attributes:
        members: by canonical name, in the order in which they are printed.
        open: for a map under any names, what each value is.
    """

    members: Mapping[str, Member] = {}
    open: Shape | None = None

    def says(self, name: str, dialect: Dialect) -> bool:
        """Whether a dialect has a member; both have those that nothing knows."""
        member = self.members.get(name)
        if member is None:
            return True
        return bool(member.container) if dialect == "container" else member.plain


def shape(*usual: str, **members: str | Shape | Member | None) -> Shape:
    """A table.

    Args:
        usual: members that the container dialect prefixes with `xdm:`.
        members: others: their name there, None for none; a Shape is prefixed and has members of its own.
    """
    table = {name: Member(f"xdm:{name}") for name in usual}
    for name, value in members.items():
        if isinstance(value, Shape):
            table[name] = Member(f"xdm:{name}", value)
        else:
            table[name] = value if isinstance(value, Member) else Member(value or "")
    return Shape(table)


def to_container(tree: Any, of: Shape | None, bare: frozenset[str] = frozenset(), at: str = "") -> Any:
    """A canonical tree in the container dialect's names.

    Args:
        tree: the tree.
        of: its table; None for what has none.
        bare: paths of members that their author wrote without a prefix.
        at: the path of the tree.
    """
    if of is None:
        return tree
    if isinstance(tree, list):
        return [to_container(item, of, bare, at) for item in tree]
    if not isinstance(tree, Mapping):
        return tree
    if of.open is not None:
        return {key: to_container(item, of.open, bare, at) for key, item in tree.items()}
    made = {}
    for name, value in tree.items():
        member, here = of.members.get(name), f"{at}/{name}"
        if member is None or not member.container:
            made[name] = value
        else:
            key = name if here in bare else member.container
            made[key] = to_container(value, member.shape, bare, here)
    return made


def from_container(tree: Any, of: Shape | None, bare: set[str], at: str = "") -> Any:
    """A tree of the container dialect in canonical names; notes in `bare` which members came without a prefix."""
    if of is None:
        return tree
    if isinstance(tree, list):
        return [from_container(item, of, bare, at) for item in tree]
    if not isinstance(tree, Mapping):
        return tree
    if of.open is not None:
        return {key: from_container(item, of.open, bare, at) for key, item in tree.items()}
    names = {member.container: name for name, member in of.members.items() if member.container}
    made = {}
    for key, value in tree.items():
        name = names.get(key)
        if name is None and of.members.get(key, _NONE).container and of.members[key].container not in tree:
            name = key
            bare.add(f"{at}/{key}")
        made[name or key] = from_container(value, of.members[name].shape if name else None, bare, f"{at}/{name}")
    return made


def in_dialect(pointer: str, of: Shape | None, dialect: Dialect) -> str:
    """A canonical JSON pointer in a dialect's names."""
    if dialect == "plain" or not pointer:
        return pointer
    return "".join(f"/{segment}" for segment in _renamed(pointer.split("/")[1:], of))


def canonical_path(path: list[str], of: Shape | None, dialect: Dialect) -> list[str]:
    """A dotted path of a dialect in canonical names; a member without its prefix is understood, too."""
    made: list[str] = []
    for segment in path:
        name, inner = segment, None
        if of is not None and of.open is not None:
            inner = of.open
        elif of is not None:
            found = _find(segment, of, dialect)
            if found is not None:
                name, inner = found, of.members[found].shape
        made.append(name)
        of = inner
    return made


def _find(segment: str, of: Shape, dialect: Dialect) -> str | None:
    if dialect == "container":
        for name, member in of.members.items():
            if member.container == segment:
                return name
    return segment if segment in of.members else None


def _renamed(segments: list[str], of: Shape | None) -> Iterator[str]:
    for segment in segments:
        if of is None or segment.isdigit() or segment == "-":
            yield segment
            continue
        if of.open is not None:
            yield segment
            of = of.open
            continue
        member = of.members.get(segment)
        yield member.container if member and member.container else segment
        of = member.shape if member else None


_NONE = Member("")
