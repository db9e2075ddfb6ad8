"""Drives Target's Python SDK as users do who decide on the device, with the artifact of a server.

Run with the interpreter of an environment that has the SDK: `python on_device_drive.py URL CLIENT [PROPERTY]`. Prints
what it saw as JSON.
"""

import json
import sys
import threading
import warnings
from urllib.parse import urlsplit

warnings.simplefilter("ignore")

from delivery_api_client import (  # noqa: E402
    ChannelType,
    Context,
    DeliveryRequest,
    ExecuteRequest,
    MboxRequest,
    PrefetchRequest,
    VisitorId,
)
from target_decisioning_engine.artifact_provider import ArtifactProvider  # noqa: E402
from target_python_sdk import TargetClient  # noqa: E402


def main(url: str, client: str) -> dict:
    seen = {}
    fetched = []

    def failed(event):
        fetched.append(str(event))

    def made(method):
        return TargetClient.create({
            "client": client, "organization_id": client, "server_domain": urlsplit(url).netloc, "secure": False,
            "decisioning_method": method, "artifact_location": f"{url}/{client}/production/v1/rules.json",
            "polling_interval": 0, "telemetry_enabled": False,
            "events": {"artifact_download_failed": failed},
        })  # fmt: skip

    def ask(target, names, tnt, how="execute"):
        mboxes = [MboxRequest(index=index, name=name) for index, name in enumerate(names)]
        part = {how: (ExecuteRequest if how == "execute" else PrefetchRequest)(mboxes=mboxes)}
        request = DeliveryRequest(id=VisitorId(tnt_id=tnt), context=Context(channel=ChannelType.WEB), **part)
        answer = target.get_offers({"request": request})
        for thread in threading.enumerate():  # what is told back is sent beside
            if thread is not threading.current_thread() and not isinstance(thread, threading.Timer):
                thread.join(30)
        mboxes = getattr(answer["response"], how).mboxes
        contents = {each.name: [option.content for option in each.options or [] if option.type] for each in mboxes}
        return {
            "status": answer["response"].status,
            "contents": contents,
            "remote": sorted(answer["meta"].get("remote_mboxes") or []),
            "method": answer["meta"].get("decisioning_method"),
        }

    device = made("on-device")
    seen["device"] = ask(device, ["banner", "far", "unheard"], "visitor-1")
    seen["prefetch"] = ask(device, ["banner"], "visitor-2", "prefetch")
    seen["control"] = ask(device, ["control"], "visitor-3")
    hybrid = made("hybrid")
    seen["hybrid here"] = ask(hybrid, ["banner"], "visitor-4")
    seen["hybrid there"] = ask(hybrid, ["banner", "far"], "visitor-5")

    provider = ArtifactProvider(device.decisioning_engine.config)
    provider.initialize()
    before = provider.last_response_data
    seen["not modified"] = provider._fetch_artifact(provider.artifact_location) is before
    seen["failed"] = fetched
    return seen


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:]), default=str))
