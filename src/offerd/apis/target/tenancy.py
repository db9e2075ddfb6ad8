"""Which workspace a request is for: the client code or the organisation's id that it names."""

from __future__ import annotations

from typing import NamedTuple

from offerd.apis.target.problems import UnknownClient
from offerd.services.errors import NotFound
from offerd.services.house import House


class Tenant(NamedTuple):
    """Who a request is for.

    Attributes:
        workspace: the workspace's id.
        client: what answers call it: the client code as it was named, else the workspace's code.
    """

    workspace: str
    client: str


def tenant(house: House, client: str | None, organisation: str | None = None) -> Tenant:
    """The tenant that a client code, or else an organisation's id, leads to.

    The settings lead both to workspaces; a client code may also be a workspace's own code or id.

    Raises:
        UnknownClient: neither is named, or it leads nowhere.
    """
    name = client or organisation
    if not name:
        raise UnknownClient("The query names neither client nor imsOrgId")
    try:
        workspace = house.workspaces.resolve(name)
    except NotFound:
        raise UnknownClient("The client that the request names is not known here") from None
    return Tenant(workspace.id, client or workspace.code)
