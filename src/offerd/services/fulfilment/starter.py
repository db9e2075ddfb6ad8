"""Starting: what an accepted choice sets going, and the message that it sends, made as the choice is accepted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from offerd.engine.periods import seconds
from offerd.model.interaction import Fulfilment, Interaction, Page
from offerd.model.offer import Choice, Fulfil, Offer
from offerd.services.clock import instant, micros
from offerd.services.ids import uuid, uuid7
from offerd.services.rendering import ContentError, Renderer
from offerd.storage.protocols_fulfilment import Delivery

#: What carries out a kind where no setting says otherwise; everything else is done by hand.
BY_KIND = {"webhook": "webhook", "email": "email"}

#: The fulfiller that leaves it to people, and to programs that say how it ended.
HAND = "hand"

_SECOND = 1_000_000
_DAY = 24 * 3600 * _SECOND
#: Kinds whose own address is where the person is sent.
_PLACES = frozenset(("redirect", "checkout"))
#: Fulfillers that go to the address of the choice.
CALLED = frozenset(("webhook", "http"))
#: Members of settings whose templates make HTML.
MARKUP = frozenset(("html",))


class Accepted(msgspec.Struct, frozen=True):
    """An accept, and what templates see of it.

    Attributes:
        interaction: the accept.
        offer: as it was at the revision of the proposition; None where there is no such offer any more.
        choices: those of the offer at that revision, unless they are nobody's to accept.
        revision: that revision.
        profile: the attributes of whoever accepted.
        context: members of the context in which the offer was given.
    """

    interaction: Interaction
    offer: Offer | None
    choices: Sequence[Choice]
    revision: int
    profile: Mapping[str, Any]
    context: Mapping[str, Any]


class Started(msgspec.Struct, frozen=True):
    """What an accept sets going.

    Attributes:
        fulfilment: its state.
        delivery: what it sends; None for what is done by hand.
    """

    fulfilment: Fulfilment
    delivery: Delivery | None = None


class Starter:
    """Makes fulfilments of accepted choices.

    Args:
        renderer: fills in templates.
        fulfillers: by kind, the name of what carries it out, or the address that is called.
        pages: by kind, the template of the address of its hosted page.
        days: how long a fulfilment may take whose choice does not say.
    """

    def __init__(
        self,
        renderer: Renderer,
        *,
        fulfillers: Mapping[str, str] | None = None,
        pages: Mapping[str, str] | None = None,
        days: int = 7,
    ) -> None:
        self._renderer = renderer
        self._fulfillers = fulfillers or {}
        self._pages = pages or {}
        self._days = days

    def start(self, workspace: str, accepted: Accepted, now: int) -> Started:
        """The fulfilment of an accepted choice, and what it sends.

        Args:
            workspace: where.
            accepted: the accept.
            now: in microseconds.
        """
        own = accepted.interaction
        choice = next((each for each in accepted.choices if each.id == own.choice), None)
        how = (choice.fulfil if choice is not None else None) or Fulfil()
        completes = how.completes or ("accepted" if how.kind == "none" else "reported")
        at_once = completes == "accepted"
        ends = now + (seconds(how.lasts) * _SECOND if how.lasts else self._days * _DAY)
        made = Fulfilment(
            id=uuid7(now),
            interaction=own.id,
            proposition=own.proposition,
            offer=own.offer or "",
            activity=own.activity,
            choice=own.choice,
            profile=own.profile,
            kind=how.kind,
            revision=accepted.revision,
            state="completed" if at_once else "in_progress",
            created=instant(now),
            finished=instant(now) if at_once else None,
            deadline=None if at_once else instant(ends),
        )
        values = _values(accepted, made, choice)
        fulfiller, url = self._fulfiller(how)
        made = self._placed(made, how, values, called=url)
        if fulfiller == HAND:
            return Started(made)
        blank = Delivery(
            id=made.id,
            workspace=workspace,
            profile=made.profile,
            kind=made.kind,
            fulfiller=fulfiller,
            completes=completes,
            url=url,
            created=now,
        )
        return Started(made, self._addressed(blank, how, values))

    def _fulfiller(self, how: Fulfil) -> tuple[str, str | None]:
        """What carries out a choice, and the address that it goes to."""
        name, url = fulfiller_of(self._fulfillers, how.kind), how.url
        if is_address(name):
            return "http", name
        if name in CALLED and not is_fixed(url or ""):
            return HAND, None  # Nobody said where it goes.
        return name, None if name == HAND else url

    def _placed(
        self, made: Fulfilment, how: Fulfil, values: Mapping[str, Any], *, called: str | None
    ) -> Fulfilment:
        """A fulfilment with the address that the person is sent to: a redirect's, or that of its hosted page."""
        written = how.url if how.kind in _PLACES and how.url != called else None
        url = self._address(self._pages.get(how.kind) or written, values)
        if url is None:
            return made
        if how.kind == "redirect":
            return msgspec.structs.replace(made, url=url)
        facts = how.settings.get("page")
        kind = facts.get("type") if isinstance(facts, dict) else None
        created = made.created or instant(0)
        page = Page(
            id=uuid(),
            url=url,
            type=kind if isinstance(kind, str) else how.kind,
            created=created,
            expires=made.deadline or created,
        )
        return msgspec.structs.replace(made, page=page)

    def _address(self, written: str | None, values: Mapping[str, Any]) -> str | None:
        """An address with its template filled in; None where it is none."""
        try:
            url = self._renderer.fill(written, "liquid", "text/uri-list", values) if written else None
        except ContentError:
            return None
        return url if url is not None and is_address(url) else None

    def _addressed(self, blank: Delivery, how: Fulfil, values: Mapping[str, Any]) -> Delivery:
        """A delivery with what it says; dead where that cannot be made."""
        try:
            settings = {name: self._filled(name, value, values) for name, value in how.settings.items()}
        except ContentError as failed:
            error = f"The message could not be made: {failed}"
            return msgspec.structs.replace(blank, state="dead", error=error, finished=blank.created)
        return msgspec.structs.replace(blank, settings=settings, due=blank.created)

    def _filled(self, name: str, value: Any, values: Mapping[str, Any]) -> Any:
        return self._renderer.fill(value, "liquid", "text/html" if name in MARKUP else "text/plain", values)


def fulfiller_of(fulfillers: Mapping[str, str], kind: str) -> str:
    """What carries out a kind: the name of a fulfiller, or the address that is called.

    Args:
        fulfillers: by kind, what a setting says.
        kind: of the choice.
    """
    return fulfillers.get(kind, BY_KIND.get(kind, HAND))


def is_template(url: str) -> bool:
    """Whether an address is filled in for each person."""
    return "{{" in url or "{%" in url


def is_fixed(url: str) -> bool:
    """Whether a text is an address that is the same for everybody."""
    return is_address(url) and not is_template(url)


def is_address(text: str) -> bool:
    """Whether a text is an address that may be called or shown: HTTP or HTTPS, with a host, and nothing hidden."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and text.isprintable() and " " not in text


def _values(accepted: Accepted, made: Fulfilment, choice: Choice | None) -> dict[str, Any]:
    """All that a template sees."""
    offer = accepted.offer
    return {
        "profile": accepted.profile,
        "context": accepted.context,
        "offer": {
            "id": made.offer,
            "name": (offer.name if offer is not None else "") or made.offer,
            "attributes": offer.attributes if offer is not None else {},
        },
        "choice": {"id": made.choice, "label": choice.label if choice is not None else ""},
        "fulfilment": {
            "id": made.id,
            "kind": made.kind,
            "proposition": made.proposition,
            "activity": made.activity,
            "created": micros(made.created) // _SECOND if made.created else None,
        },
    }
