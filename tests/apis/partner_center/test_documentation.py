"""What the format's page shows: every command is sent as it stands there, in order, and answered as it says."""

import json
import re
import shlex
from importlib.resources import files
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[3] / "docs" / "api" / "partner-center.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(sh|json)\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [text for kind, text in BLOCKS if kind == "sh"]
EXAMPLES = files("offerd.demo") / "examples"


@pytest.fixture
def run(server, shop):
    """Sends a command as the token of the workspace that has the example whole."""
    for line in (EXAMPLES / "partner_center.profiles.ndjson").read_text().splitlines():
        shop.post("/profiles", content=line, headers={"content-type": "application/json"}).raise_for_status()
    for line in (EXAMPLES / "partner_center.interactions.ndjson").read_text().splitlines():
        shop.post("/interactions", content=line, headers={"content-type": "application/json"}).raise_for_status()

    def send(command):
        words = shlex.split(command.replace("\\\n", " "))
        path = next(word for word in words if word.startswith("http")).partition("8080")[2]
        body = words[words.index("-d") + 1]
        headers = {"content-type": "application/json"}
        answer = shop.post(f"{server.url}{path}", content=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return send


def test_every_command_is_answered_as_the_page_says(run):
    eligibility, purchase, savings = COMMANDS
    told = json.loads(BLOCKS[1][1])
    assert run(eligibility) == told
    assert run(purchase)["interaction"]["quantity"] == 100
    told["items"][0]["eligibilities"][0]["errors"][0]["availableSeats"] = 400
    assert run(eligibility) == told
    first = run(savings)["items"][0]
    shown = json.loads(re.search(r"Its first item is `(\{.*?), …\}`", PAGE)[1] + "}")
    assert {name: first[name] for name in shown} == shown


def test_an_error_is_as_the_page_shows_it(seller, item):
    body = json.dumps({"items": [item(quantity=0)]})
    guid = "5a3c1f0e-9d42-4c1b-8c55-0d2a5b7e9f01"
    answer = seller.post(f"/customers/{guid}/promotionEligibilities", content=body)
    assert answer.json() == json.loads(next(text for kind, text in BLOCKS if kind == "json" and "800002" in text))
