"""Offers as clients show them: a card of safe HTML, and options that can be carried out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import nh3

from offerd.apis.chargebee.words import CARD, FORMAT, LONGEST, LONGEST_URL, PROCESSING
from offerd.model.base import Object
from offerd.model.codec import Fault, pointer
from offerd.model.decision import Component as Shown
from offerd.model.offer import Choice, Component, Content, Offer

#: The parts of a card.
PARTS = ("title", "description")

_CLEANER = nh3.Cleaner(
    attributes={**nh3.ALLOWED_ATTRIBUTES, "*": {"class", "title", "lang", "dir"}},
    url_schemes={"http", "https", "mailto", "tel"},
)


def lacks(
    offer: Offer, placement: str, contents: Mapping[str, Object], pages: Mapping[str, str]
) -> Iterator[Fault]:
    """What an offer lacks, or has too much of, to be shown by this format; pointers are within the offer.

    Args:
        offer: the offer.
        placement: the id of the placement that shows it.
        contents: named contents, which components refer to.
        pages: by kind, the address of the hosted page of choices that have none of their own.
    """
    if len(name_of(offer)) > LONGEST:
        yield Fault("/id", f"is longer than the {LONGEST} characters that clients take")
    written = offer.content.get(placement, [])
    at = pointer("/content", placement)
    cards = [(index, each) for index, each in enumerate(written) if _type(each, contents) == CARD]
    if not cards:
        yield Fault(at if written else "/content", f"has no component of type {CARD} for {placement}")
    for index, each in cards:
        body = _body(each, contents)
        for part in PARTS:
            if not isinstance(body, dict) or not isinstance(body.get(part), str) or not body[part].strip():
                yield Fault(f"{at}/{index}/body/{part}", "is missing: a card has a title and a description")
    if not offer.choices:
        yield Fault("/choices", "has no choice that could be taken")
    for index, choice in enumerate(offer.choices):
        for fault in _choice(choice, pages):
            yield Fault(f"/choices/{index}{fault.pointer}", fault.message)


def name_of(offer: Offer) -> str:
    """What clients call an offer: its alias of this format, else its id."""
    return offer.ids.get(FORMAT, offer.id)


def card(components: Sequence[Shown]) -> dict[str, str] | None:
    """The content of a card, safe to put into a page; None where there is none to show."""
    body = next((each.body for each in components if each.type == CARD), None)
    if not isinstance(body, dict) or not all(isinstance(body.get(part), str) for part in PARTS):
        return None
    return {part: safe(body[part]) for part in PARTS}


def option(choice: Choice) -> dict[str, str]:
    """An option, as clients are told of it."""
    processing = processing_of(choice)
    made = {
        "id": choice.id,
        "label": choice.label,
        "processing_type": processing,
        "processing_layout": layout(choice),
    }
    url = choice.fulfil.url if choice.fulfil is not None else None
    # An address that is filled in when the option is taken is not known before.
    if processing == "url_redirect" and url is not None and "{{" not in url and "{%" not in url:
        made["redirect_url"] = url
    return made


def processing_of(choice: Choice) -> str:
    """How a choice is carried out, in clients' words; empty for a way that this format does not know."""
    return PROCESSING.get(choice.fulfil.kind, "") if choice.fulfil is not None else ""


def layout(choice: Choice) -> str:
    """Where a checkout is shown: in the page, or on a page of its own."""
    said = choice.extensions.get(FORMAT)
    return str(said.get("processing_layout", "full_page")) if isinstance(said, Mapping) else "full_page"


def safe(markup: str) -> str:
    """HTML in which nothing runs: scripts, handlers, styles and odd addresses are left out."""
    return _CLEANER.clean(markup)


def _type(component: Component, contents: Mapping[str, Object]) -> str | None:
    content = contents.get(component.ref or "")
    return content.type if isinstance(content, Content) else component.type


def _body(component: Component, contents: Mapping[str, Object]) -> Any:
    content = contents.get(component.ref or "")
    return content.body if isinstance(content, Content) else component.body


def _choice(choice: Choice, pages: Mapping[str, str]) -> Iterator[Fault]:
    if len(choice.id) > LONGEST:
        yield Fault("/id", f"is longer than the {LONGEST} characters that clients take")
    if not choice.label or len(choice.label) > LONGEST:
        yield Fault("/label", f"an option's label has 1 to {LONGEST} characters")
    processing = processing_of(choice)
    if not processing:
        yield Fault("/fulfil/kind", f"should be one of {', '.join(PROCESSING)}")
    url = choice.fulfil.url if choice.fulfil is not None else None
    if processing == "url_redirect" and not 0 < len(url or "") <= LONGEST_URL:
        yield Fault("/fulfil/url", f"a redirect's address has 1 to {LONGEST_URL} characters")
    if processing == "checkout" and not url and not pages.get("checkout"):
        yield Fault("/fulfil/url", "a checkout's page has an address, here or in the setting fulfilment_pages")
