"""Decides from on-device artifacts as Target's Python SDK does: one JSON object a line in, one a line out.

Run with the interpreter of an environment that has the SDK. Lines are

    {"artifact": …, "client": …}        what the following ones are about
    {"request": …, "now": microseconds} answered with the response
    {"cost": …, "repeats": …}           answered with the CPU seconds of so many calls of `get_offers`
    {"logic": …, "data": …}             answered with the value that the SDK's JsonLogic library finds

What the SDK raises is answered as `{"raised": …}`. Nothing is sent anywhere.
"""

import datetime
import json
import os
import sys
import time
import types
import warnings

warnings.simplefilter("ignore")
os.environ["TZ"] = "UTC"
time.tzset()

from delivery_api_client import ApiClient, DeliveryRequest  # noqa: E402
from json_logic import jsonLogic  # noqa: E402
from target_decisioning_engine import context_provider  # noqa: E402
from target_decisioning_engine.notification_provider import NotificationProvider  # noqa: E402
from target_python_sdk import TargetClient  # noqa: E402

WIRE = ApiClient()
NotificationProvider.send_notifications = lambda self: None


class Device:
    def __init__(self):
        self.client = None

    def answer(self, line):
        if "artifact" in line:
            self.client = TargetClient.create({
                "client": line.get("client", "shop"), "organization_id": "org", "decisioning_method": "on-device",
                "artifact_payload": line["artifact"], "polling_interval": 0, "server_domain": "localhost:1",
                "secure": False, "telemetry_enabled": False, "target_location_hint": "0",
            })  # fmt: skip
            return {"ready": True}
        if "logic" in line:
            return {"value": jsonLogic(line["logic"], line.get("data"))}
        if "cost" in line:
            return {"seconds": self.cost(line["cost"], line["repeats"])}
        stop(line["now"])
        asked = {"request": self.request(line["request"]), "session_id": "s"}
        found = self.client.get_offers(asked)
        made = WIRE.sanitize_for_serialization(found["response"])
        return {"response": made, "meta": found["meta"]}

    def cost(self, request, repeats):
        made = [{"request": self.request(request), "session_id": "s"} for _ in range(repeats)]
        begin = time.process_time()
        for each in made:
            self.client.get_offers(each)
        return time.process_time() - begin

    @staticmethod
    def request(tree):
        return WIRE.deserialize(types.SimpleNamespace(data=json.dumps(tree)), DeliveryRequest)


def stop(now):
    """Stops the SDK's clock."""
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=now)  # noqa: DTZ001 - the SDK's have none

    class Stopped(datetime.datetime):
        @classmethod
        def utcnow(cls):
            return moment

    context_provider.datetime = types.SimpleNamespace(datetime=Stopped)


def main():
    device = Device()
    for line in sys.stdin:
        try:
            answer = device.answer(json.loads(line))
        except Exception as wrong:  # noqa: BLE001 - the one who asks is told
            answer = {"raised": f"{type(wrong).__name__}: {wrong}"}
        print(json.dumps(answer, default=str), flush=True)


if __name__ == "__main__":
    main()
