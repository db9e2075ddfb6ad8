"""Reading requests: bodies as JSON or forms, and what each call's members may be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from offerd.apis.chargebee.forms import tree_of
from offerd.apis.chargebee.problems import Rejected, wrong
from offerd.apis.chargebee.words import EVENTS, LONGEST, PAGE, Accepted, Asked, Ended, Told
from offerd.apis.operation import Call
from offerd.model import json

FORM = "application/x-www-form-urlencoded"

_BLANK = "cannot be blank"
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

#: The longest texts of a person.
_PERSON: Mapping[str, int] = {"first_name": 150, "last_name": 150, "email": 70, "external_user_id": LONGEST}
_REASON = 100

_LISTED = ("customer_id", "subscription_id", *_PERSON, "roles", "custom", "request_context")


def body(call: Call) -> dict[str, Any]:
    """The members of a request's body: a form where its media type says so, else JSON.

    Raises:
        Rejected: it cannot be read, or is no object.
    """
    depth = call.house.settings.json_depth
    try:
        text = call.raw.decode()
    except UnicodeDecodeError:
        raise Rejected("invalid_request", "The body is not UTF-8") from None
    if call.media == FORM and not text.lstrip().startswith("{"):
        return tree_of(text, depth)
    try:
        tree = json.loads(call.raw, depth=depth) if text.strip() else {}
    except json.Malformed as error:
        raise Rejected("invalid_request", f"The body cannot be read: {error}") from None
    if not isinstance(tree, dict):
        raise Rejected("invalid_request", "The body is not an object")
    return tree


def asked(tree: Mapping[str, Any]) -> Asked:
    """A request for a customer's offer.

    Raises:
        Rejected: a member is missing or wrong.
    """
    customer = required(tree, "customer_id")
    person: dict[str, Any] = {
        name: found for name, most in _PERSON.items() if (found := text(tree, name, most)) is not None
    }
    if "email" in person and not _EMAIL.fullmatch(person["email"]):
        raise wrong("email", "is not an email address")
    roles = _roles(tree.get("roles"))
    return Asked(
        customer=customer,
        subscription=text(tree, "subscription_id", LONGEST),
        person={**person, "roles": roles} if roles else person,
        custom=_object(tree, "custom"),
        page=_page(tree),
        strange=tuple(_strange(tree)),
    )


def accepted(tree: Mapping[str, Any]) -> Accepted:
    """That an option was chosen.

    Raises:
        Rejected: a member is missing or wrong.
    """
    return Accepted(required(tree, "personalized_offer_id"), required(tree, "option_id"))


def ended(tree: Mapping[str, Any], fulfillment: str) -> Ended:
    """How a fulfillment ended.

    Args:
        tree: the body.
        fulfillment: the id in the path, which the body says, too.

    Raises:
        Rejected: a member is missing or wrong.
    """
    if required(tree, "id") != fulfillment:
        raise wrong("id", "is not the id in the path")
    status = required(tree, "status")
    reason = text(tree, "failure_reason", _REASON)
    if status == "completed":
        return Ended("completed")
    if status != "failed":
        raise wrong("status", "should be one of completed, failed")
    if reason is None:
        raise wrong("failure_reason", _BLANK)
    return Ended("failed", reason)


def told(tree: Mapping[str, Any]) -> Told:
    """What happened to a personalized offer.

    Raises:
        Rejected: a member is missing or wrong.
    """
    proposition, type_ = required(tree, "personalized_offer_id"), required(tree, "type")
    if type_ not in EVENTS:
        raise wrong("type", f"should be one of {', '.join(EVENTS)}")
    return Told(proposition, EVENTS[type_])


def required(tree: Mapping[str, Any], name: str) -> str:
    """A text that has to be there.

    Raises:
        Rejected: it is missing or wrong.
    """
    found = text(tree, name, LONGEST)
    if found is None:
        raise wrong(name, _BLANK)
    return found


def text(tree: Mapping[str, Any], name: str, most: int, param: str | None = None) -> str | None:
    """A text; None where it is absent, null or empty.

    Args:
        tree: what may have it.
        name: the member.
        most: the longest that it may be.
        param: what errors call it, where not by its name.

    Raises:
        Rejected: it is no text, too long, or has control characters.
    """
    found, param = tree.get(name), param or name
    if found is None or found == "":
        return None
    if not isinstance(found, str):
        raise wrong(param, "should be a string")
    if len(found) > most:
        raise wrong(param, f"cannot be longer than {most} characters")
    if _CONTROL.search(found):
        raise wrong(param, "cannot have control characters")
    return found if found.strip() else None


def _roles(found: Any) -> list[str]:
    if found is None or found == "":
        return []
    listed = [found] if isinstance(found, str) else found
    if not isinstance(listed, list):
        raise wrong("roles", "should be an array of strings")
    texts = (text({"roles": each}, "roles", LONGEST, f"roles[{index}]") for index, each in enumerate(listed))
    return [each for each in texts if each is not None]


def _page(tree: Mapping[str, Any]) -> dict[str, str]:
    facts, name = _object(tree, "request_context"), "request_context"
    found = {key: text(facts, key, most, f"{name}[{key}]") for key, most in PAGE.items()}
    return {key: value for key, value in found.items() if value is not None}


def _strange(tree: Mapping[str, Any]) -> Iterator[str]:
    """Members that the call does not have."""
    yield from (name for name in tree if name not in _LISTED)
    yield from (f"request_context[{name}]" for name in _object(tree, "request_context") if name not in PAGE)


def _object(tree: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = tree.get(name)
    if found is None or found == "":
        return {}
    if not isinstance(found, dict):
        raise wrong(name, "should be an object")
    return found
