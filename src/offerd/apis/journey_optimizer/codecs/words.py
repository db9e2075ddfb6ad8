"""The words of clients for what the model says in its own: channels, component types, attributes, statuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from offerd.apis.journey_optimizer.codecs.context import Context
from offerd.apis.journey_optimizer.codecs.reading import Reader, own
from offerd.apis.journey_optimizer.names import OFFER_MANAGEMENT
from offerd.model import json
from offerd.model.base import Object

_CHANNELS = "https://ns.adobe.com/xdm/channel-types/"
_COMPONENT = "/content-component-"
_TYPES = {"image": "imagelink"}
_OURS = {"imagelink": "image", "html-template": "html"}


def channel(name: str, context: Context) -> str | None:
    """A channel as clients call it."""
    del context
    return (name if ":" in name else _CHANNELS + name) if name else None


def channel_name(text: str) -> str:
    """The model's word for a channel."""
    bare = text.removeprefix(_CHANNELS)
    return bare if bare and "/" not in bare else text


def component_type(kind: str, context: Context) -> str:
    """A component type as clients call it: a URI in the container dialect, a word in the plain one."""
    if ":" in kind:
        return kind
    word = _TYPES.get(kind, kind)
    return word if context.plain else f"{OFFER_MANAGEMENT}{_COMPONENT}{word}"


def component_name(text: str) -> str:
    """The model's word for a component type, of a URI or a word."""
    word = text.rpartition(_COMPONENT)[2] if _COMPONENT in text else text
    return _OURS.get(word, word)


def as_text(value: Any) -> str:
    """A value as text: itself, or its JSON."""
    return value if isinstance(value, str) else json.dumps(value).decode()


def status(thing: Any, words: Mapping[str, str], shelf: str = "") -> str:
    """An object's status in the word that its author used, while it means what the object is.

    Args:
        thing: the object.
        words: the model's status for each word of clients.
        shelf: where the word is kept.
    """
    written = own(thing, shelf).get("~status")
    return written if isinstance(written, str) and words.get(written) == thing.status else thing.status


def read_status(reader: Reader, name: str, words: Mapping[str, str], *, default: str) -> str:
    """The model's status; keeps the author's word where the model has another."""
    written = reader.peek(name)
    chosen = reader.choice(name, words, default=default)
    if isinstance(written, str) and written in words and written != chosen:
        reader.put("~status", written)
    return chosen


def title(thing: Object, context: Context) -> str:
    """An object's name; its id where it has none."""
    del context
    return thing.name or thing.id


def description(thing: Object, context: Context) -> str | None:
    """An object's description."""
    del context
    return thing.description or None


def read_title(reader: Reader, old: Object | None, member: str = "name") -> str:
    """An object's name; none for one that had none and is still shown by its id."""
    text = reader.text(member, required=True)
    return "" if old is not None and not old.name and text == old.id else text
