"""What conditions of an artifact see, made only when one comes to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cached_property, lru_cache
from typing import Any

from offerd.apis.target.delivery import facts
from offerd.apis.target.delivery.values import mapping
from offerd.services.clock import instant

_LOWER = "_lc"
_MICROS = timedelta(milliseconds=1) // timedelta(microseconds=1)
_LONGEST_AGENT = 2_048


class Situation:
    """What all places of a request share.

    Args:
        context: the wire's.
        now: microseconds since 1970.
    """

    def __init__(self, context: Mapping[str, Any], now: int) -> None:
        self._context = context
        self._now = now

    @cached_property
    def page(self) -> Mapping[str, Any]:
        """The page."""
        return _page(mapping(self._context, "address").get("url"))

    @cached_property
    def referring(self) -> Mapping[str, Any]:
        """The page that led there."""
        return _page(mapping(self._context, "address").get("referringUrl"))

    @cached_property
    def user(self) -> Mapping[str, Any]:
        """The browser."""
        agent = self._context.get("userAgent")
        return _user(agent[:_LONGEST_AGENT] if isinstance(agent, str) else "")

    @cached_property
    def geo(self) -> Mapping[str, Any]:
        """The place on earth, as the request says it."""
        said = mapping(self._context, "geo")
        return {
            "country": said.get("countryCode"),
            "region": said.get("stateCode"),
            "city": said.get("city"),
            "latitude": said.get("latitude"),
            "longitude": said.get("longitude"),
        }

    @cached_property
    def current_timestamp(self) -> int:
        """Milliseconds since 1970."""
        return self._now // _MICROS

    @cached_property
    def current_time(self) -> str:
        """Hours and minutes in UTC, as in `0930`."""
        return f"{instant(self._now):%H%M}"

    @cached_property
    def current_day(self) -> int:
        """The day of the week in UTC, from 1, a Monday."""
        return instant(self._now).isoweekday()


class Facts(dict[str, Any]):
    """What conditions see at one place: an object whose members come to be when they are read.

    Args:
        situation: of the request.
        asked: the place.
    """

    __slots__ = ("_asked", "_situation")

    def __init__(self, situation: Situation, asked: Mapping[str, Any]) -> None:
        super().__init__()
        self._situation = situation
        self._asked = asked

    def __missing__(self, name: str) -> Any:
        """Makes a member.

        Raises:
            KeyError: there is no such member.
        """
        self[name] = made = _MEMBERS[name](self)
        return made

    def all(self) -> dict[str, Any]:
        """All members."""
        return {name: self[name] for name in _MEMBERS} | dict(self)

    def _shared(self, name: str) -> Any:
        return getattr(self._situation, name)

    def _paged(self, name: str) -> Any:
        """A place's own address stands for both the page and the one before it."""
        address = mapping(self._asked, "address")
        return _page(address.get("url")) if address else self._shared(name)

    def _mbox(self) -> dict[str, Any]:
        return _with_lower(facts.nested(mapping(self._asked, "parameters")))


def _member(name: str, make: Callable[[Facts, str], Any]) -> Callable[[Facts], Any]:
    return lambda found: make(found, name)


_MEMBERS: Mapping[str, Callable[[Facts], Any]] = {
    "mbox": Facts._mbox,  # noqa: SLF001
    **{name: _member(name, Facts._paged) for name in ("page", "referring")},  # noqa: SLF001
    **{
        name: _member(name, Facts._shared)  # noqa: SLF001
        for name in ("user", "geo", "current_timestamp", "current_time", "current_day")
    },
}


def _page(url: Any) -> Mapping[str, Any]:
    return _page_of(url) if isinstance(url, str) and len(url) <= facts.LONGEST_URL else _page_of("")


@lru_cache(maxsize=4_096)
def _page_of(url: str) -> Mapping[str, Any]:
    return _with_lower(facts.page(url))


@lru_cache(maxsize=1_024)
def _user(agent: str) -> Mapping[str, Any]:
    found = facts.user(agent)
    version = found["browserVersion"]
    return {**found, "browserVersion": int(version) if version else -1, "locale": "en"}


def _with_lower(tree: Mapping[str, Any]) -> dict[str, Any]:
    """An object with a small-letter twin of each text."""
    made: dict[str, Any] = {}
    for name, value in tree.items():
        made[name] = _with_lower(value) if isinstance(value, dict) else value
        if isinstance(value, str):
            made[name + _LOWER] = value.lower()
    return made
