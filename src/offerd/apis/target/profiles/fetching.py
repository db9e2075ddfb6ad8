"""Routes that read what is known of a visitor."""

from __future__ import annotations

from offerd.apis.operation import Answer, Call, Operations
from offerd.apis.target.delivery.routes import fields
from offerd.apis.target.delivery.words import ECID, THIRD_PARTY, TNT
from offerd.apis.target.problems import UnknownProfile, document
from offerd.apis.target.profiles.attributes import shown
from offerd.apis.target.profiles.permission import permit
from offerd.apis.target.tenancy import tenant
from offerd.model import codec
from offerd.model.person import Identity

operations = Operations("Profiles")

_ANSWERS = {200: {"type": "object"}}
#: What an id is called in an answer, and in a message that says there is no such profile.
_WORDS = {
    TNT: ("tntId", "mboxPC"),
    THIRD_PARTY: ("thirdPartyId", "third party id"),
    ECID: ("marketingCloudVisitorId", "marketing cloud visitor id"),
}


@operations.add("GET", "/v1/profiles/{id}", "targetProfile", scope="public", searched=True, answers=_ANSWERS)
async def by_visitor(call: Call) -> Answer:
    """What is known of a visitor.

    Wants a token with scope profiles, unless the settings make profiles public.
    """
    return await _fetched(call, TNT, call.path["id"].partition(".")[0])


@operations.add(
    "GET", "/v1/profiles/thirdPartyId/{id}", "targetProfileOfPerson", scope="public", searched=True, answers=_ANSWERS
)
async def by_person(call: Call) -> Answer:
    """What is known of a person, by the client's own id.

    Wants a token with scope profiles, unless the settings make profiles public.
    """
    return await _fetched(call, THIRD_PARTY, call.path["id"])


@operations.add(
    "GET", "/v1/profiles/marketingCloudVisitorId/{id}", "targetProfileOfEcid", scope="public", searched=True,
    answers=_ANSWERS,
)  # fmt: skip
async def by_ecid(call: Call) -> Answer:
    """What is known of a visitor, by the id in the Experience Cloud.

    Wants a token with scope profiles, unless the settings make profiles public.
    """
    return await _fetched(call, ECID, call.path["id"])


async def _fetched(call: Call, namespace: str, name: str) -> Answer:
    query = fields(call.search)
    who = tenant(call.house, query.get("client"), query.get("imsOrgId"))
    await permit(call, who.workspace)
    profile = call.house.profiles.find_identity(who.workspace, Identity(namespace=namespace, id=name)) if name else None
    if profile is None:
        raise UnknownProfile(f"No profile found for client {who.client} with {_WORDS[namespace][1]}={name}")
    ids = {_WORDS[each.namespace][0]: each.id for each in profile.identities if each.namespace in _WORDS}
    return document(
        {
            "client": who.client,
            "visitorId": ids | {_WORDS[namespace][0]: name},
            "modifiedAt": "" if profile.modified is None else codec.instant_text(profile.modified),
            "profileAttributes": shown(profile),
        }
    )
