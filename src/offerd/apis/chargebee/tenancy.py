"""Which site a request names, by a leading segment of the path or by the host, and whose it is."""

from __future__ import annotations

import re

from offerd.apis.chargebee.problems import Rejected
from offerd.apis.operation import Call
from offerd.services.errors import NotFound
from offerd.services.workspaces import DEFAULT

#: What stands between the site and the domain.
_GROWTH = re.compile(r"\.grow(?:\.|$)")


def agree(call: Call) -> str:
    """The workspace of the token; a site that is named must be that workspace's.

    Raises:
        Rejected: the site is another workspace's, or leads nowhere.
    """
    site = named(call)
    if site is None:
        return call.workspace
    try:
        found = call.house.workspaces.resolve(site).id
    except NotFound:
        raise Rejected("site_not_found", "The site that the request names is not known here") from None
    # Where nothing says which keys lead where, any name of a site leads to the default workspace, and says nothing.
    silent = found == DEFAULT and not call.house.settings.workspace_keys
    if found != call.workspace and not silent:
        raise Rejected("api_authorization_failed", "The API key is of another site than the one that the request names")
    return call.workspace


def named(call: Call) -> str | None:
    """The site that a request names; None where it names none."""
    for label in (call.path.get("site", ""), call.headers.get("host", "").partition(":")[0].lower()):
        site, *rest = _GROWTH.split(label, maxsplit=1)
        if rest and site:
            return site
    return call.path.get("site")
