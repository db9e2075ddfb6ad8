"""Drives a server's offer library as users of aepp do: containers, create, search, page, patch and delete.

Run with the interpreter of an environment that has aepp: `python aepp_drive.py URL TOKEN`. Prints what it saw as JSON.
"""

import json
import sys

import aepp
from aepp import connector

SCHEMAS = "https://ns.adobe.com/experience/offer-management/"
TAG = f"{SCHEMAS}tag;version=0.1"
OFFER = f"{SCHEMAS}personalized-offer;version=0.5"
CREATE = 'application/schema-instance+json; version=1;  schema="{}"'
PATCH = 'application/vnd.adobe.platform.xcore.patch.hal+json; version=1; schema="{}"'


def main(url: str, token: str) -> dict:
    aepp.configure(
        org_id="SHOP@AdobeOrg",
        secret="s",
        client_id="aepp-client",
        sandbox="prod",
        scopes="openid",
        environment="support",
        endpoint=url,
        accesstoken=token,
    )
    aepp.config.config_object["connectionType"] = "oauthV2"
    call = connector.AdobeRequest(config=aepp.config.config_object, header=aepp.config.header)
    base = f"{url}/data/core/xcore"

    home = aepp.home(product="acp")
    containers = home["_embedded"]["https://ns.adobe.com/experience/xcore/container"]
    container = containers[0]["instanceId"]
    instances = f"{base}/{container}/instances"

    def headers(media: str) -> dict:
        return {**call.header, "Content-Type": media}

    tag = call.postData(instances, data={"xdm:name": "aepp"}, headers=headers(CREATE.format(TAG)))
    offers = [
        call.postData(
            instances,
            data={
                "xdm:name": f"Offer {number}",
                "xdm:status": "draft",
                "xdm:rank": {"xdm:priority": number},
                "xdm:tags": [tag["@id"]],
            },
            headers=headers(CREATE.format(OFFER)),
        )
        for number in range(5)
    ]
    search = f"{base}/{container}/queries/core/search"
    found = call.getData(search, params={"schema": OFFER, "q": '"offer 3"', "field": "_instance.xdm:name"})

    walked, page = [], call.getData(search, params={"schema": OFFER, "limit": 2, "orderBy": "-repo:createdDate"})
    while True:
        walked += [result["instanceId"] for result in page["_embedded"]["results"]]
        following = page["_links"].get("next")
        if following is None:
            break
        page = call.getData(base + following["href"])

    first = offers[0]["instanceId"]
    receipt = call.patchData(
        f"{instances}/{first}",
        data=[{"op": "replace", "path": "/_instance/xdm:name", "value": "Patched"}],
        headers=headers(PATCH.format(OFFER)),
    )
    read = call.getData(f"{instances}/{first}")
    replaced = call.putData(
        f"{instances}/{first}",
        data={"_instance": {**read["_instance"], "xdm:status": "archived"}, "_links": {}},
        headers=headers(f'application/vnd.adobe.platform.xcore.hal+json; schema="{OFFER}"'),
    )
    plain = call.getData(
        f"{url}/data/core/dps/offers", params={"offer-type": "personalized", "property": "status==archived"}
    )
    deleted = [call.deleteData(f"{instances}/{offer['instanceId']}") for offer in offers]
    gone = call.getData(search, params={"schema": OFFER})
    return {
        "containers": len(containers),
        "created": [offer["instanceId"] for offer in offers],
        "client": offers[0]["repo:createdByClientId"],
        "found": [result["_instance"]["xdm:name"] for result in found["_embedded"]["results"]],
        "walked": walked,
        "patched": [receipt["repo:etag"], read["_instance"]["xdm:name"], replaced["repo:etag"]],
        "plain": [offer["name"] for offer in plain["results"]],
        "deleted": [str(answer) for answer in deleted],
        "left": gone["_embedded"]["total"],
    }


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
