"""Deciding from an on-device artifact: CPU milliseconds a request, here and in Target's Python SDK.

Both read the same artifact and answer the same prefetch request, and are seen to answer the same before they are timed.
Each activity is an AB test of two halves whose audience has four conditions. `mboxes`: each activity has its own mbox,
one is asked for and matches. `samembox`: all are on one mbox and the last condition of none matches, so that all are
looked at. `global`: a whole page is asked for, and all match. The SDK runs in its own process, from .venv-clients, with
telemetry off; both figures are the CPU time of their own process. The bar for 200 activities is a hundredth.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from offerd.apis.target.on_device import evaluator

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / ".venv-clients" / "bin" / "python"
GLOBAL = "target-global-mbox"
NOW = 1_795_000_000_000_000
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
BAR = 100
LARGE = 200


def rule(activity: int, mbox: str, half: int) -> dict[str, Any]:
    """One half of an activity."""
    share = {"<=": [0, {"var": "allocation"}]} if half == 0 else {"<": [50, {"var": "allocation"}]}
    audience = [
        {"in": ["/shop", {"var": "page.url_lc"}]},
        {"==": ["chrome", {"var": "user.browserType"}]},
        {"<=": [1_700_000_000_000, {"var": "current_timestamp"}, 4_100_000_000_000]},
        {"==": ["gold", {"var": "mbox.tier_lc"}]},
    ]
    allocation = {"and": [share, {">=": [50 * (half + 1), {"var": "allocation"}]}]}
    return {
        "ruleKey": str(activity),
        "activityId": activity,
        "meta": {
            "activity.id": activity, "activity.name": f"Activity {activity}", "activity.type": "ab",
            "experience.id": half, "experience.name": "AB"[half], "location.name": mbox, "location.type": "mbox",
            "location.id": 0, "audience.ids": [1], "offer.id": half, "offer.name": "Offer", "option.id": half,
            "option.name": "Offer",
        },
        "condition": {"and": [allocation, {"and": audience}]},
        "consequence": {
            "name": mbox,
            "options": [{"type": "html", "content": f"<b>{activity} {half}</b>", "eventToken": f"t{activity}.{half}"}],
            "metrics": [],
        },
    }  # fmt: skip


def artifact(activities: int, shape: str) -> dict[str, Any]:
    """An artifact of so many activities."""
    mboxes: dict[str, list[Any]] = {}
    for activity in range(activities):
        mbox = {"mboxes": f"m{activity}", "samembox": "m", "global": GLOBAL}[shape]
        mboxes.setdefault(mbox, []).extend(rule(125_000 + activity, mbox, half) for half in (0, 1))
    return {
        "version": "1.0.0",
        "meta": {"clientCode": "shop", "environment": "production", "generatedAt": "2026-01-01T00:00:00.000Z"},
        "globalMbox": GLOBAL,
        "geoTargetingEnabled": False,
        "responseTokens": ["activity.id", "experience.id", "offer.id"],
        "remoteMboxes": [],
        "remoteViews": [],
        "localMboxes": list(mboxes),
        "localViews": [],
        "rules": {"mboxes": mboxes, "views": {}},
    }


def request(shape: str, activities: int) -> dict[str, Any]:
    """What is asked."""
    tier = {"parameters": {"tier": "Silver" if shape == "samembox" else "Gold"}}
    name = f"m{activities // 2}" if shape == "mboxes" else "m"
    places = {"pageLoad": tier} if shape == "global" else {"mboxes": [{"index": 0, "name": name, **tier}]}
    context = {"channel": "web", "userAgent": AGENT, "address": {"url": "http://www.example.com/Shop?a=1"}}
    return {"id": {"tntId": "visitor-1"}, "context": context, "prefetch": places}


class Sdk:
    """Target's Python SDK in its own process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, line: dict[str, Any]) -> dict[str, Any]:
        """One line to it and one from it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@contextmanager
def sdk() -> Iterator[Sdk]:
    """Starts it."""
    script = ROOT / "tests" / "clients" / "target_device.py"
    with subprocess.Popen(  # noqa: S603
        [PYTHON, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        yield Sdk(process)
        assert process.stdin is not None
        process.stdin.close()


def contents(response: dict[str, Any]) -> list[Any]:
    """What a response shows."""
    prefetch = response["prefetch"]
    places = prefetch.get("mboxes") or [prefetch["pageLoad"]]
    return [option["content"] for place in places for option in place.get("options") or ()]


def cost(device: evaluator.Evaluator, asked: dict[str, Any], repeats: int) -> float:
    """CPU milliseconds a request here: the best of five rounds."""
    rounds = []
    for _ in range(5):
        begin = time.process_time()
        for _ in range(repeats):
            device.decide(asked)
        rounds.append((time.process_time() - begin) / repeats * 1e3)
    return min(rounds)


def main() -> None:
    """Prints a line for each shape and size."""
    if not PYTHON.exists():
        sys.exit("there is no .venv-clients; make test makes it")
    print(f"{'activities':>10} {'shape':10} {'here, ms':>10} {'SDK, ms':>10} {'SDK / here':>11}")
    ratios = []
    with sdk() as other:
        for activities in (10, LARGE):
            for shape in ("mboxes", "samembox", "global"):
                tree, asked = artifact(activities, shape), request(shape, activities)
                other.ask({"artifact": tree, "client": "shop"})
                theirs = other.ask({"request": asked, "now": NOW})["response"]
                device = evaluator.compile_artifact(tree)
                assert contents(device.decide(asked)) == contents(theirs)
                repeats = 3 if activities == LARGE else 50
                slow = other.ask({"cost": asked, "repeats": repeats})["seconds"] / repeats * 1e3
                fast = cost(device, asked, 20_000 // activities)
                print(f"{activities:>10} {shape:10} {fast:>10.3f} {slow:>10.2f} {slow / fast:>11,.0f}")
                if activities == LARGE:
                    ratios.append(slow / fast)
    print(f"least of {LARGE} activities: {min(ratios):,.0f} times; the bar is {BAR}")


if __name__ == "__main__":
    main()
