"""Customers: profiles that have an identity in this format's namespace."""

from __future__ import annotations

import re

import msgspec

from offerd.apis.operation import Call
from offerd.apis.partner_center import words
from offerd.apis.partner_center.problems import Rejected
from offerd.model.person import Identity

_GUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")


class Customer(msgspec.Struct, frozen=True):
    """Who buys.

    Attributes:
        identity: the GUID in lower case, in this format's namespace.
        country: where the profile's attribute `country` says; None where it says nothing.
        segment: what its attribute `segment` says.
    """

    identity: Identity
    country: str | None
    segment: str | None


def customer(call: Call, guid: str) -> Customer:
    """The customer of a path.

    Raises:
        Rejected: the id is no GUID, or nobody's here.
    """
    known = guid.strip().lower()
    if _GUID.fullmatch(known) is None:
        raise Rejected("900118")
    identity = Identity(namespace=words.FORMAT, id=known)
    profile = call.house.profiles.find_identity(call.workspace, identity)
    if profile is None:
        raise Rejected("20002", call.house.workspaces.get(call.workspace).code, known)
    attributes = profile.attributes
    return Customer(identity, words.country(attributes.get("country")), words.segment(attributes.get("segment")))
