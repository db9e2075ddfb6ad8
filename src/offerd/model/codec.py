"""From trees of plain values to Structs and back: short forms, unknown members, pointers in errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin
from zoneinfo import ZoneInfo

import msgspec

from offerd.model import json
from offerd.model.base import Part

T = TypeVar("T", bound=msgspec.Struct)

#: What is said of a member that is missing; the pointer names it.
REQUIRED = "is required"


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong with a document.

    Attributes:
        pointer: where, as a JSON pointer (RFC 6901).
        message: what, as one sentence.
    """

    pointer: str
    message: str

    def told(self) -> str:
        """Both, as one text; the root, whose pointer is empty, needs no mention."""
        return f"{self.pointer}: {self.message}" if self.pointer else self.message


class Invalid(ValueError):
    """A document that is not of its type; `faults` says all that is wrong with it."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(fault.told() for fault in faults))
        self.faults = faults


def build(struct: type[T], tree: Any, *, zone: ZoneInfo | None = None) -> T:
    """Makes a Struct of a tree of plain values.

    Short forms are expanded, members that nothing knows are kept in `unknown`, a bare date is 00:00 in `zone`
    (UTC where None).

    Raises:
        Invalid: with a pointer to everything that is wrong.
    """
    maker = _Maker(zone or ZoneInfo("UTC"))
    value = maker.make(struct, tree, "")
    if maker.faults:
        raise Invalid(*maker.faults)
    return value  # type: ignore[no-any-return]


def tree(thing: Any, *, short: bool = False) -> Any:
    """The plain values of a Struct: defaults left out, unknown members in their places.

    Args:
        thing: a Struct, or a list or mapping of such.
        short: whether to use the short forms that people write.
    """
    if isinstance(thing, msgspec.Struct):
        members = _members(thing, short=short)
        return thing.to_short(members) if short and isinstance(thing, Part) else members
    if isinstance(thing, Mapping):
        return {key: tree(value, short=short) for key, value in thing.items()}
    if isinstance(thing, (list, tuple)):
        return [tree(value, short=short) for value in thing]
    if isinstance(thing, datetime):
        return instant_text(thing)
    if isinstance(thing, Decimal):
        return _number(thing) if short else format(thing, "f")
    return thing


def dumps(thing: Any) -> bytes:
    """JSON text of a Struct, with its unknown members in their places and every number as it was spelled."""
    return json.dumps(tree(thing))


def instant_text(at: datetime) -> str:
    """RFC 3339 in UTC with as many digits as are needed: `2026-01-01T00:00:00Z`."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def pointer(at: str, key: str | int) -> str:
    """The JSON pointer of a member."""
    return f"{at}/{str(key).replace('~', '~0').replace('/', '~1')}"


def _number(exact: Decimal) -> float | int:
    """A number that is written with the decimal's own digits."""
    text = format(exact, "f")
    return json.spelled(text) if "." in text else int(text)


def _members(thing: msgspec.Struct, *, short: bool) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for field in _fields(type(thing)).values():
        value = getattr(thing, field.name)
        if field.name == "unknown" and isinstance(thing, Part):
            continue
        if field.required or value != _default(field):
            members[field.encode_name] = tree(value, short=short)
    if isinstance(thing, Part):
        members.update(thing.unknown)
    return members


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default_factory() if field.default is msgspec.NODEFAULT else field.default


class _Maker:
    """Builds one document and gathers what is wrong with it."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.faults: list[Fault] = []

    def fault(self, at: str, message: str) -> None:
        self.faults.append(Fault(at, message))

    def make(self, kind: Any, value: Any, at: str) -> Any:
        return _plan(kind)(self, value, at)


_Plan = Callable[[_Maker, Any, str], Any]

#: Digits of a decimal, before and after the point: no exponent makes a short text a long number.
_PLACES = 100


@lru_cache(maxsize=1024)
def _plan(kind: Any) -> _Plan:  # noqa: PLR0911 - one return a sort of type
    """How to make a value of a type; worked out once a type."""
    bare, origin = _bare(kind), get_origin(_bare(kind))
    if bare is Any or bare is object:
        return lambda _maker, value, _at: value
    if origin in {Union, UnionType}:
        return _union_plan(bare)
    if origin is list:
        return _list_plan(get_args(bare)[0], kind)
    if origin is dict:
        return _dict_plan(*get_args(bare))
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        return lambda maker, value, at: _make_struct(bare, maker, value, at)
    if bare is datetime:
        return _make_instant
    if bare is Decimal:
        return _make_decimal
    return _leaf_plan(kind)


def _bare(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _union_plan(kind: Any) -> _Plan:
    """None passes; a Struct takes what has its form, or a short one; the rest is left to the other members."""
    members = [member for member in get_args(kind) if member is not NoneType]
    nullable = len(members) < len(get_args(kind))
    composite = [m for m in members if _is_composite(_bare(m))]
    leaves = [m for m in members if m not in composite]
    leaf = Union[tuple(leaves)] if leaves else None  # noqa: UP007 - built from a list

    def make(maker: _Maker, value: Any, at: str) -> Any:
        if value is None and nullable:
            return None
        for member in composite:
            if leaf is None or _takes(_bare(member), value):
                return maker.make(member, value, at)
        return maker.make(leaf, value, at) if len(leaves) == 1 else _leaf_plan(leaf)(maker, value, at)

    return make


def _is_composite(kind: Any) -> bool:
    return get_origin(kind) in {list, dict} or (isinstance(kind, type) and issubclass(kind, msgspec.Struct))


def _takes(kind: Any, value: Any) -> bool:
    return isinstance(value, list) if get_origin(kind) is list else isinstance(value, dict)


def _list_plan(item: Any, kind: Any) -> _Plan:
    metas = [meta for meta in get_args(kind)[1:] if isinstance(meta, msgspec.Meta)] if _bare(kind) is not kind else []
    least = max((meta.min_length or 0 for meta in metas), default=0)

    def make(maker: _Maker, value: Any, at: str) -> Any:
        if not isinstance(value, (list, tuple)):
            return maker.fault(at, f"expected a list, got {_sort(value)}")
        if len(value) < least:
            maker.fault(at, f"expected at least {least} of them")
        return [maker.make(item, member, f"{at}/{index}") for index, member in enumerate(value)]

    return make


def _dict_plan(key_kind: Any, item: Any) -> _Plan:
    check_key = _leaf_plan(key_kind)

    def make(maker: _Maker, value: Any, at: str) -> Any:
        if not isinstance(value, Mapping):
            return maker.fault(at, f"expected an object, got {_sort(value)}")
        made = {}
        for key, member in value.items():
            here = pointer(at, key)
            made[check_key(maker, key, here)] = maker.make(item, member, here)
        return made

    return make


@lru_cache(maxsize=256)
def _fields(struct: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    return {field.encode_name: field for field in msgspec.structs.fields(struct)}


def _make_struct(struct: type[msgspec.Struct], maker: _Maker, value: Any, at: str) -> Any:
    if issubclass(struct, Part):
        value = struct.from_short(value)
    if not isinstance(value, Mapping):
        return maker.fault(at, f"expected an object, got {_sort(value)}")
    fields = _fields(struct)
    faults, made = len(maker.faults), {}
    unknown = {}
    for key, member in value.items():
        field = fields.get(key)
        if field is None or field.name == "unknown":
            unknown[str(key)] = member
        else:
            made[field.name] = maker.make(field.type, member, pointer(at, key))
    for name, field in fields.items():
        if field.required and name not in value:
            maker.fault(pointer(at, name), REQUIRED)
    if len(maker.faults) > faults:
        return None
    if unknown and issubclass(struct, Part):
        made["unknown"] = unknown
    elif unknown:
        return maker.fault(pointer(at, next(iter(unknown))), "is not a known member")
    return struct(**made)


def _make_instant(maker: _Maker, value: Any, at: str) -> datetime | None:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=maker.zone)).astimezone(UTC)
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            return maker.fault(at, f"{value} is not a date")  # type: ignore[func-returns-value]
    try:
        if isinstance(value, date):
            return datetime.combine(value, time(), maker.zone).astimezone(UTC)
        made = msgspec.convert(value, datetime, strict=True)
        if made.tzinfo is not None:
            return made.astimezone(UTC)
    except (msgspec.ValidationError, OverflowError):
        pass
    maker.fault(at, "expected an RFC 3339 time with its offset, such as 2026-01-01T00:00:00Z, or a date")
    return None


def _make_decimal(maker: _Maker, value: Any, at: str) -> Decimal | None:
    exact = json.decimal(value)
    if exact is None:
        maker.fault(at, f"expected a number, got {_sort(value)}")
    elif exact.adjusted() >= _PLACES or int(exact.as_tuple().exponent) < -_PLACES:
        maker.fault(at, f"expected a number of at most {_PLACES} places before and after the point")
    return exact


def _leaf_plan(kind: Any) -> _Plan:
    def make(maker: _Maker, value: Any, at: str) -> Any:
        try:
            return msgspec.convert(value, kind, strict=True)
        except msgspec.ValidationError as error:
            return maker.fault(at, _sentence(str(error), kind))

    return make


def _sentence(message: str, kind: Any) -> str:
    """What was expected, in words where the type has some; else msgspec's message without its own path."""
    parts = _parts(kind)
    metas = [meta for part in parts for meta in get_args(part)[1:] if isinstance(meta, msgspec.Meta)]
    words = [meta.description for meta in metas if meta.description is not None]
    if words:
        return f"expected {' or '.join(words)}"
    text = message.split(" - at `", 1)[0]
    choices = [str(choice) for part in parts if get_origin(part) is Literal for choice in get_args(part)]
    return f"{text[:1].lower()}{text[1:]}" + (f"; one of {', '.join(choices)}" if choices else "")


def _parts(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in {Union, UnionType} else (kind,)


def _sort(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", int: "a number", NoneType: "null"}
    return "a number" if isinstance(value, float) else names.get(type(value), type(value).__name__)
