"""Which workspace a request is for: organisation and sandbox headers, or the id of a container."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from offerd.apis.errors import ForeignWorkspace
from offerd.apis.journey_optimizer import ids
from offerd.apis.operation import Call
from offerd.services.errors import NotFound

ORGANISATION = "x-gw-ims-org-id"
SANDBOX = "x-sandbox-name"
SANDBOX_ID = "x-sandbox-id"
CLIENT = "x-api-key"

#: The sandbox of clients that name none.
DEFAULT_SANDBOX = "prod"

#: What a bearer token of this server begins with: one that a client sends as its API key is never stored or echoed.
_SECRET = "ofd_"  # noqa: S105 - not a secret


class Tenant(NamedTuple):
    """Who a request is for.

    Attributes:
        workspace: the workspace's id.
        organisation: as the client named it; empty where it did not.
        sandbox: the sandbox's name.
        sandbox_id: the sandbox's UUID.
        client: the client's id, which receipts echo.
    """

    workspace: str
    organisation: str
    sandbox: str
    sandbox_id: str
    client: str


def tenant(call: Call) -> Tenant:
    """The tenant that a request's headers lead to.

    The settings lead `organisation:sandbox`, or else the organisation alone, to a workspace. A server whose settings
    name no keys has one tenant for each token: the token's own workspace.

    Raises:
        ForeignWorkspace: the settings name keys and the organisation is not among them, or the token is of another
            workspace than they say.
    """
    headers = call.headers
    organisation = headers.get(ORGANISATION, "").strip()
    sandbox = headers.get(SANDBOX, "").strip() or DEFAULT_SANDBOX
    workspace = workspace_of(call, organisation, sandbox)
    client = headers.get(CLIENT, "").strip()
    return Tenant(
        workspace=workspace,
        organisation=organisation,
        sandbox=sandbox,
        sandbox_id=headers.get(SANDBOX_ID, "").strip() or ids.sandbox_id(workspace),
        client=call.caller.name if not client or client.startswith(_SECRET) else client,
    )


def workspace_of(call: Call, organisation: str, sandbox: str) -> str:
    """The id of the workspace of an organisation's sandbox.

    Raises:
        ForeignWorkspace: there is none, or it is not the token's.
    """
    keys = call.house.settings.workspace_keys
    if not keys:
        return call.workspace
    named = keys.get(f"{organisation}:{sandbox}") or keys.get(organisation)
    if named is None:
        raise ForeignWorkspace("The organisation and sandbox that the request names are not known here")
    workspace = call.house.workspaces.get(named).id
    caller = call.caller
    if caller.id and workspace != caller.workspace and "admin" not in caller.scopes:
        raise ForeignWorkspace("The token is of another workspace than the organisation and sandbox lead to")
    return workspace


def sandboxes(call: Call) -> Mapping[str, str]:
    """The workspace of each sandbox that a request's organisation and token may see, by the sandbox's name."""
    own = tenant(call)
    seen = {own.sandbox: own.workspace}
    prefix = f"{own.organisation}:"
    for key in call.house.settings.workspace_keys:
        if key.startswith(prefix):
            sandbox = key[len(prefix) :]
            try:
                seen.setdefault(sandbox, workspace_of(call, own.organisation, sandbox))
            except (ForeignWorkspace, NotFound):
                continue
    return seen


def container(call: Call, name: str) -> Tenant:
    """The tenant of a container that a request names in its path; it must be that of its headers.

    Raises:
        NotFound: the organisation and sandbox have no such container.
    """
    own = tenant(call)
    wanted = name.strip().lower()
    for sandbox, workspace in sandboxes(call).items():
        if wanted == ids.container_id(workspace):
            return (
                own._replace(workspace=workspace, sandbox=sandbox, sandbox_id=ids.sandbox_id(workspace))
                if (workspace != own.workspace)
                else own
            )
    raise NotFound("containers", name)
