"""Every request and response of tests/cases/target, in order, against a running server.

A case has a catalogue and steps. `${visitor ab 35 66}` is a visitor whom the hash puts between 35 and 66 in
the activity `ab`, `${visitor ab 35 66 68 99}` one who is between 68 and 99 after a first release; one more name, as in
`${visitor ab 35 66 other}`, is another such visitor. `${name}` is what an answer told at `${name}` before, `${*}` is
anything. What an answer has beyond what is expected is not looked at; `null` means absent, and a list is whole.
"""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from offerd.engine.traffic import allocation

CASES = sorted((Path(__file__).parents[2] / "cases" / "target").glob("*.json"))

_NAME = re.compile(r"\$\{([^}]+)\}")


class Names:
    """What the names of a case stand for so far."""

    def __init__(self, workspace: str, numbers: dict[str, str]) -> None:
        self._workspace = workspace
        self._numbers = numbers
        self._bound: dict[str, Any] = {}

    def fill(self, value: Any) -> Any:
        if isinstance(value, str):
            whole = _NAME.fullmatch(value)
            if whole:
                return self._known(whole[1])
            return _NAME.sub(lambda found: str(self._known(found[1])), value)
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if isinstance(value, dict):
            return {self.fill(key): self.fill(item) for key, item in value.items()}
        return value

    def match(self, expected: Any, seen: Any, at: str = "") -> None:
        if isinstance(expected, str) and (name := _NAME.fullmatch(expected)):
            if name[1] != "*" and not name[1].startswith("visitor "):
                assert self._bound.setdefault(name[1], seen) == seen, at
            elif name[1] != "*":
                assert seen == self._known(name[1]), at
        elif isinstance(expected, dict):
            assert isinstance(seen, dict), at
            for key, item in expected.items():
                if item is None:
                    assert key not in seen, f"{at}/{key}"
                else:
                    assert key in seen, f"{at}/{key}"
                    self.match(item, seen[key], f"{at}/{key}")
        elif isinstance(expected, list):
            assert isinstance(seen, list), at
            assert len(expected) == len(seen), f"{at}: {seen}"
            for index, (item, one) in enumerate(zip(expected, seen, strict=True)):
                self.match(item, one, f"{at}/{index}")
        else:
            assert seen == expected, at

    def _known(self, name: str) -> Any:
        if name not in self._bound and name.startswith("visitor "):
            self._bound[name] = self._visitor(*name.split()[1:])
        return self._bound[name]

    def _visitor(self, activity: str, low: str, high: str, *more: str) -> str:
        ranges = [("0", low, high)]
        if len(more) >= 2:
            ranges.append(("1", *more[:2]))
        for index in itertools.count():
            visitor = f"{index:030x}{len(more):02x}"
            number = self._numbers[activity]
            if all(
                float(first) <= allocation(self._workspace, number, visitor, salt) <= float(last)
                for salt, first, last in ranges
            ):
                return visitor
        raise AssertionError


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_every_request_of_a_case_is_answered_as_it_says(case: Path, server: Any, api: Any, workspace: str) -> None:
    told = json.loads(case.read_text())
    api.post("/catalogue/apply", json=told["catalogue"]).raise_for_status()
    numbers = {each["id"]: each["ids"]["number"] for each in api.get("/activities").json()["items"]}
    names = Names(workspace, numbers)
    with server.client("") as client:
        for index, step in enumerate(told["steps"]):
            if "change" in step:
                api.post("/catalogue/apply", json=step["change"]).raise_for_status()
                continue
            body = json.dumps(names.fill(step["send"]))
            query = {"client": workspace, "sessionId": step.get("session", "s-1")}
            answer = client.post(step.get("to", "/rest/v1/delivery"), params=query, content=body)
            at = f"{case.stem}/{index}: {step.get('says', '')}"
            assert answer.status_code == step.get("status", 200), f"{at}: {answer.text}"
            if "expect" in step:
                names.match(step["expect"], answer.json(), at)
            if "recorded" in step:
                seen = api.get("/interactions", params={"limit": 100}).json()["items"][::-1]
                names.match(step["recorded"], seen, at)


def test_there_are_cases() -> None:
    assert len(CASES) >= 4
