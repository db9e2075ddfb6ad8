"""What common lists of the library need, made before a client waits for it."""

from __future__ import annotations

from offerd.apis.journey_optimizer import names
from offerd.apis.journey_optimizer.codecs import CODECS
from offerd.apis.journey_optimizer.containers import visible
from offerd.apis.journey_optimizer.searching import Paths, Present, order, search
from offerd.services.house import House

#: Orders and a search that clients use without being told to.
_ORDERS = ("instanceId", "_instance.xdm:name", "-repo:createdDate", "-repo:lastModifiedDate")
_SEARCH = "a"


def warm(house: House) -> None:
    """Makes the columns, orders and tables of words that common lists need, for what is there at the start."""
    service = house.catalogue
    for workspace in house.workspaces.list():
        context = Present(service, workspace.id, "container", zulu=False)
        for resource in names.RESOURCES:
            codec, index = CODECS[resource.name], service.index(workspace.id, resource.kind)
            if not resource.schema or not service.catalogue(workspace.id).of(resource.kind):
                continue
            paths = Paths(codec, context)
            for name in _ORDERS:
                keys = [key for _, key in order(paths, dict.fromkeys((name, _ORDERS[0])))]
                index.page(visible(codec), search(paths, _SEARCH, "AND", ()), keys, after=None, limit=1)
