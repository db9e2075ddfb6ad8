"""What a site has beside its activities: mboxes, parameters, environments, response tokens, settings of pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from offerd import pql
from offerd.apis.errors import BadParameter
from offerd.apis.operation import Answer, Call, Operations, Parameter
from offerd.apis.target.admin import lists, media, places
from offerd.apis.target.admin.desk import desk
from offerd.apis.target.ids import GLOBAL
from offerd.apis.target.on_device import publisher
from offerd.apis.target.places import Places
from offerd.model.catalogue import Catalogue
from offerd.model.place import Placement
from offerd.services.errors import NotFound
from offerd.services.walk import texts

operations = Operations("Site")

_VERSIONS = (1,)

#: An environment is an attribute of a request; these are the names that on-device artifacts are asked for by.
_ENVIRONMENTS = ("Production", "Staging", "Development")
_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}")
_DIGITS = 16

#: What each response token is of, by how its name begins.
_TOKENS = (("geo.", "GEO"), ("profile.", "BUILT_IN"), ("activity.", "ACTIVITY"), ("experience.", "ACTIVITY"),
           ("offer.", "ACTIVITY"), ("option.", "ACTIVITY"), ("location.", "ACTIVITY"))  # fmt: skip
_KNOWN_TOKENS = (
    "activity.id", "activity.name", "activity.type", "activity.decisioningMethod", "experience.id", "experience.name",
    "offer.id", "offer.name", "option.id", "option.name", "location.name", "location.type", "geo.country", "geo.city",
    "geo.region", "geo.state", "profile.tntId", "profile.thirdPartyId", "profile.marketingCloudVisitorId",
)  # fmt: skip

#: Seconds and the like that pages begin with.
_PAGE = {
    "timeout": 3_000,
    "globalMboxName": GLOBAL,
    "globalMboxAutoCreate": True,
    "bodyHidingEnabled": True,
    "bodyHiddenStyle": "body {opacity: 0 !important}",
    "defaultContentHiddenStyle": "visibility: hidden;",
    "defaultContentVisibleStyle": "visibility: visible;",
    "crossDomain": "disabled",
    "selectorsPollingTimeout": 5_000,
    "visitorApiTimeout": 2_000,
    "overrideMboxEdgeServer": False,
    "endpoint": "/rest/v1/delivery",
    "secureOnly": False,
}


@operations.add("GET", "/mboxes", "targetMboxes", scope="catalogue:read", answers={200: {}}, searched=True)
async def mboxes(call: Call) -> Answer:
    """Lists mboxes: every placement that is no view."""
    at = desk(call, _VERSIONS)
    wanted = lists.asked(call.search, ("name", "status"))
    known = Places(call.house, at.workspace)
    found = [
        {"name": places.mbox_name(each), "status": "active" if known.answered(each) else "inactive"}
        for each in at.catalogue.of("placements").values()
        if isinstance(each, Placement) and each.kind != "view"
    ]
    return at.answer(lists.envelope("mboxes", sorted(found, key=lambda item: item["name"]), wanted))


@operations.add("GET", "/mbox/{name}", "targetMbox", scope="catalogue:read", answers={200: {}})
async def mbox(call: Call) -> Answer:
    """Reads an mbox, with the parameters that rules ask for: they are those of every mbox."""
    at = desk(call, _VERSIONS)
    found = at.mbox(call.path["name"])
    if found is None:
        raise NotFound("mboxes", call.path["name"])
    named = sorted({".".join(path[2:]) for path in _read(at.catalogue) if path[:2] == ("context", "mbox")} - {""})
    parameters = [{"name": name, "parameterType": "MBOX"} for name in named]
    return at.answer({"name": places.mbox_name(found), "mboxParameters": parameters})


@operations.add("GET", "/profileattributes/mbox", "targetProfileAttributes", scope="catalogue:read",
                answers={200: {}}, searched=True)  # fmt: skip
async def attributes(call: Call) -> Answer:
    """Lists the attributes of visitors that rules ask for."""
    at = desk(call, _VERSIONS)
    wanted = lists.asked(call.search, ("name",))
    named = sorted({path[1] for path in _read(at.catalogue) if path[0] == "profile" and len(path) > 1})
    found = [{"name": name, "parameterType": "PROFILE"} for name in named]
    return at.answer(lists.envelope("mboxProfileAttributes", found, wanted))


@operations.add("GET", "/environments", "targetEnvironments", scope="catalogue:read", answers={200: {}}, searched=True)
async def environments(call: Call) -> Answer:
    """Lists environments."""
    at = desk(call, _VERSIONS)
    wanted = lists.asked(call.search, ("id", "name", "serveInactiveActivities", "default"))
    found = [
        {"id": index, "name": name, "serveInactiveActivities": False, "default": index == 1}
        for index, name in enumerate(_ENVIRONMENTS, 1)
    ]
    return at.answer(lists.envelope("environments", found, wanted))


@operations.add("GET", "/hosts", "targetHosts", scope="catalogue:read", answers={200: {}}, searched=True)
async def hosts(call: Call) -> Answer:
    """Lists the hosts of pages; none is kept."""
    at = desk(call, _VERSIONS)
    return at.answer(lists.envelope("hosts", [], lists.asked(call.search, ("name", "environmentId"))))


@operations.add("GET", "/responsetokens", "targetResponseTokens", scope="catalogue:read", answers={200: {}},
                searched=True)  # fmt: skip
async def tokens(call: Call) -> Answer:
    """Lists response tokens, with whether the server's settings name them."""
    at = desk(call, _VERSIONS)
    wanted = lists.asked(call.search, ("id", "token", "name", "type", "active", "deletable"))
    active = call.house.settings.target_tokens.split()
    found = [
        {
            "id": index,
            "token": name,
            "name": name,
            "type": next((kind for start, kind in _TOKENS if name.startswith(start)), "MBOX"),
            "active": name in active,
            "deletable": False,
        }
        for index, name in enumerate(dict.fromkeys((*_KNOWN_TOKENS, *active)), 1)
    ]
    return at.answer(lists.envelope("responseTokens", found, wanted))


@operations.add(
    "GET", "/ondevicedecisioning/bundle", "targetBundle", scope="catalogue:read", answers={200: {}},
    query=(
        Parameter(name="client", description="The client code; the tenant's."),
        Parameter(name="environment", description="The name or the number of the environment."),
        Parameter(name="property-token", description="The only property that matters."),
    ),
)  # fmt: skip
async def bundle(call: Call) -> Answer:
    """Reads the rules by which devices decide without asking."""
    at = desk(call, _VERSIONS)
    if call.query["client"] not in {None, at.client}:
        raise BadParameter("client", "is not the tenant's")
    named = call.query["environment"] or _ENVIRONMENTS[0]
    if named.isascii() and named.isdigit():
        named = _named(int(named[:_DIGITS]))
    if not _ENVIRONMENT.fullmatch(named):
        raise BadParameter("environment", "expected a name of 1 to 64 letters, digits, dots, - and _")
    made = await publisher(call.house).artifact(
        at.workspace, named.lower(), call.query["property-token"] or None, client=at.client
    )
    return Answer(body=made.body, media=media.media(at.version), headers=(("etag", made.etag),))


@operations.add("GET", "/atjs/settings", "targetPageSettings", scope="catalogue:read", answers={200: {}})
async def page_settings(call: Call) -> Answer:
    """Reads what pages begin with: the settings for `targetGlobalSettings`."""
    at = desk(call, _VERSIONS)
    return at.answer({"clientCode": at.client, "imsOrgId": "", "serverDomain": call.headers.get("host", ""), **_PAGE})


def _read(catalogue: Catalogue) -> Iterator[tuple[str, ...]]:
    """Every path that a rule of a catalogue reads."""
    for kind in ("audiences", "rules", "activities", "offers", "collections", "selections"):
        for thing in catalogue.of(kind).values():
            for text in texts(thing):
                yield from _paths(text.pql)


@lru_cache(maxsize=4_096)
def _paths(text: str) -> frozenset[tuple[str, ...]]:
    try:
        return pql.compile(pql.parse(text)).paths
    except pql.PQLError:
        return frozenset()


def _named(wanted: int) -> str:
    """The name of an environment, as artifacts are asked for by it.

    Raises:
        NotFound: there is none with this number.
    """
    if not 1 <= wanted <= len(_ENVIRONMENTS):
        raise NotFound("environments", str(wanted))
    return _ENVIRONMENTS[wanted - 1].lower()
