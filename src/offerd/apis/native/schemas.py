"""JSON schemas of the Structs that requests and answers hold, short forms included."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from offerd.model import decision
from offerd.model.activity import Activity, ActivitySelection, InlineCollection, Rank
from offerd.model.base import Part
from offerd.model.condition import Audience, Condition, Rule
from offerd.model.interaction import Interaction
from offerd.model.offer import Counting, Fallback, Offer
from offerd.model.person import Profile
from offerd.model.request import Ask, Context, Duplicates, Pretence, Request
from offerd.services.savings import Price

Schema = dict[str, Any]

#: How one component refers to another.
REFERENCE = "#/components/schemas/{name}"

#: Parts of requests: a member that is not known is a mistake there, for nothing would keep it.
STRICT: tuple[type[Part], ...] = (Request, Ask, Context, Pretence, Duplicates, Interaction, Price)

#: Structs whose name another one has in the description.
NAMES: dict[type[msgspec.Struct], str] = {decision.Component: "ShownComponent"}

#: What may be written instead of the object.
SHORT: dict[type[Part], Schema] = {
    Condition: {"type": "string", "description": "PQL."},
    Rule: {"type": "string", "description": "The rule's PQL."},
    Audience: {"type": "string", "description": "The audience's PQL."},
    Rank: {"type": "string", "description": "The way alone."},
    InlineCollection: {"type": "string", "description": "The id of a named collection."},
    ActivitySelection: {"type": "string", "description": "The id of a named selection."},
    Counting: {"type": "string", "description": "The type alone."},
    Duplicates: {"type": "boolean", "description": "Both at once."},
}

_IDENTITIES: Schema = {
    "type": "object",
    "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 1024},
    "description": "The identity in each namespace.",
}
_DECIMAL: Schema = {"type": "string", "format": "decimal"}
_INSTANT: Schema = {"type": "string", "format": "date-time"}
_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.*?)(?=^ {4}\w+: |\Z)", re.MULTILINE | re.DOTALL)


def components(structs: Iterable[type[msgspec.Struct]]) -> dict[str, Schema]:
    """The schema of every Struct that is named, and of those within, by name."""
    wanted = list(structs)
    _, made = msgspec.json.schema_components(wanted, ref_template=REFERENCE)
    known = {_given_name(struct, made): struct for struct in _within(wanted)}
    renamed = {REFERENCE.format(name=name): REFERENCE.format(name=name_of(struct)) for name, struct in known.items()}

    def refer(schema: Schema) -> Schema:
        target = schema.get("$ref")
        return {**schema, "$ref": renamed.get(target, target)} if isinstance(target, str) else schema

    found = {name_of(struct): _walk(_component(struct, made[name]), refer) for name, struct in known.items()}
    return dict(sorted(found.items()))


def name_of(struct: type[msgspec.Struct]) -> str:
    """What the API's description calls a Struct."""
    return NAMES.get(struct, struct.__name__)


def _given_name(struct: type[msgspec.Struct], made: Mapping[str, Schema]) -> str:
    """What msgspec calls it: its name, or its module's and its own where several have that name."""
    name = struct.__name__
    return name if name in made else f"{struct.__module__}.{struct.__qualname__}"


def reference(struct: type[msgspec.Struct]) -> Schema:
    """What refers to a Struct's component."""
    return {"$ref": REFERENCE.format(name=name_of(struct))}


def _component(struct: type[msgspec.Struct], schema: Schema) -> Schema:
    summary, members = _words(struct)
    schema["description"] = summary
    properties: dict[str, Schema] = schema.get("properties", {})
    properties.pop("(unknown)", None)
    names = {field.encode_name: field.name for field in msgspec.structs.fields(struct)}
    for name, property_ in properties.items():
        if words := members.get(names[name]):
            property_["description"] = words
    schema["additionalProperties"] = issubclass(struct, Part) and not issubclass(struct, STRICT)
    if not schema.get("required"):
        schema.pop("required", None)
    _relax(struct, properties)
    if issubclass(struct, Part):
        schema = _rewritten(schema)
    return {"anyOf": [schema, SHORT[struct]]} if struct in SHORT else schema


def _relax(struct: type[msgspec.Struct], properties: dict[str, Schema]) -> None:
    """Adds what else a member may be written as."""
    if issubclass(struct, (Request, Interaction, Profile)):
        _also(properties, "identities", _IDENTITIES)
    if struct is Activity:
        _also(properties, "placements", {"type": "array", "items": {"type": "string"}})
    if struct in {Offer, Fallback}:
        content = properties["content"]
        content["additionalProperties"] = {
            "anyOf": [content["additionalProperties"], {"$ref": REFERENCE.format(name="Component")}]
        }


def _also(properties: dict[str, Schema], name: str, other: Schema) -> None:
    own = properties[name]
    outer: Schema = {key: own.pop(key) for key in ("description", "default") if key in own}
    properties[name] = {"anyOf": [own, other], **outer}


def _rewritten(schema: Schema) -> Schema:
    """The schema with the forms of numbers and times that are read beside those that are written."""
    return _walk(schema, _leaf)  # type: ignore[no-any-return]


def _leaf(schema: Schema) -> Schema:
    words = {"description": schema["description"]} if "description" in schema else {}
    bare = {key: value for key, value in schema.items() if key not in {"description", "default"}}
    if bare == _DECIMAL:
        return {"anyOf": [{"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}, {"type": "number"}], **words}
    if bare == _INSTANT:
        return {"anyOf": [dict(_INSTANT), {"type": "string", "format": "date"}], **words}
    return schema


def _walk(value: Any, change: Callable[[Schema], Schema]) -> Any:
    if isinstance(value, list):
        return [_walk(item, change) for item in value]
    if isinstance(value, dict):
        return change({key: _walk(item, change) for key, item in value.items()})
    return value


def _words(struct: type[msgspec.Struct]) -> tuple[str, dict[str, str]]:
    """A docstring's text, and what it says of each attribute; attributes that are inherited are described too."""
    members: dict[str, str] = {}
    for base in reversed(struct.__mro__):
        documented = inspect.cleandoc(base.__dict__.get("__doc__") or "")
        found = documented.partition("Attributes:\n")[2]
        members.update({name: " ".join(text.split()) for name, text in _ATTRIBUTE.findall(found)})
    summary = inspect.cleandoc(struct.__doc__ or "").partition("Attributes:\n")[0]
    return " ".join(summary.split()), members


def _within(structs: Iterable[type[msgspec.Struct]]) -> set[type[msgspec.Struct]]:
    """The Structs, and all that their members hold."""
    found: set[type[msgspec.Struct]] = set()

    def visit(kind: msgspec.inspect.Type) -> None:
        if isinstance(kind, msgspec.inspect.StructType):
            if kind.cls in found:
                return
            found.add(kind.cls)
            for field in kind.fields:
                visit(field.type)
        for name in ("item_type", "key_type", "value_type", "type"):
            inner = getattr(kind, name, None)
            if isinstance(inner, msgspec.inspect.Type):
                visit(inner)
        for inner in getattr(kind, "types", ()):
            visit(inner)

    for struct in structs:
        visit(msgspec.inspect.type_info(struct))
    return found
