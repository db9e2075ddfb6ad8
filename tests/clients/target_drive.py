"""Drives a server's delivery as users of Target's Python SDK do: execute, prefetch, notify, attributes, stickiness.

Run with the interpreter of an environment that has the SDK: `python target_drive.py HOST:PORT CLIENT`. Prints what it
saw as JSON.
"""

import json
import sys
import time
import uuid
import warnings

warnings.simplefilter("ignore")

from delivery_api_client import (  # noqa: E402
    Address,
    ChannelType,
    Context,
    DeliveryRequest,
    ExecuteRequest,
    MboxRequest,
    MetricType,
    Notification,
    NotificationMbox,
    PrefetchRequest,
    RequestDetails,
    VisitorId,
)
from target_python_sdk import TargetClient  # noqa: E402


def main(host: str, client: str) -> dict:
    target = TargetClient.create({"client": client, "organization_id": client, "server_domain": host, "secure": False})
    context = Context(channel=ChannelType.WEB, address=Address(url="http://www.shop.example.co.uk/a?b=1#c"))
    seen = {}

    def ask(session, tnt=None, third=None, **more):
        visitor = VisitorId(tnt_id=tnt, third_party_id=third)
        request = DeliveryRequest(id=visitor, context=context, **more)
        return target.get_offers({"request": request, "session_id": session})

    session = "0123456789abcdef0123456789abcdef"
    first = ask(
        session,
        execute=ExecuteRequest(
            page_load=RequestDetails(),
            mboxes=[
                MboxRequest(index=0, name="hero", parameters={"tier": "gold"}),
                MboxRequest(index=1, name="nowhere"),
                MboxRequest(index=2, name="deal", profile_parameters={"tier": "gold"}),
            ],
        ),
    )
    response = first["response"].to_dict()
    seen["status"] = response["status"]
    seen["client"] = response["client"]
    seen["names"] = [[each["index"], each["name"]] for each in response["execute"]["mboxes"]]
    seen["hero"] = response["execute"]["mboxes"][0]["options"][0]["content"]
    seen["deal"] = response["execute"]["mboxes"][2]["options"][0]["content"]
    seen["new visitor"] = response["id"]["tnt_id"] == session
    seen["cookie"] = first["target_cookie"]["name"]
    seen["located"] = first.get("target_location_hint_cookie") is not None
    tnt = response["id"]["tnt_id"]

    later = ask(uuid.uuid4().hex, tnt, prefetch=PrefetchRequest(mboxes=[MboxRequest(index=0, name="hero")]))
    mbox = later["response"].prefetch.mboxes[0]
    again = ask(uuid.uuid4().hex, tnt, prefetch=PrefetchRequest(mboxes=[MboxRequest(index=0, name="hero")]))
    seen["sticky"] = mbox.to_dict()["options"] == again["response"].prefetch.mboxes[0].to_dict()["options"]
    seen["deal later"] = ask(
        uuid.uuid4().hex, tnt, execute=ExecuteRequest(mboxes=[MboxRequest(index=0, name="deal")])
    )["response"].execute.mboxes[0].options[0].content

    tokens = [option.event_token for option in mbox.options or []] + [each.event_token for each in mbox.metrics or []]
    notification = Notification(
        id="n-1", impression_id=uuid.uuid4().hex, type=MetricType.CLICK, timestamp=int(time.time() * 1000),
        tokens=tokens[:1], mbox=NotificationMbox(name="hero"),
    )  # fmt: skip
    told = target.send_notifications({
        "request": DeliveryRequest(id=VisitorId(tnt_id=tnt), context=context, notifications=[notification]),
        "session_id": session,
    })  # fmt: skip
    seen["told"] = [each.id for each in told["response"].notifications]

    attributes = target.get_attributes(["deal"], {
        "request": DeliveryRequest(id=VisitorId(tnt_id=tnt), context=context), "session_id": session,
    })  # fmt: skip
    seen["attribute"] = attributes.get_value("deal", "discount")
    return seen


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
