"""Every request and response of tests/cases/journey_optimizer, in order, against a running server.

In a case, `${name.hex}` is the hexadecimal id of an object and `${name.instance}` its instance id: bound where an
answer first tells them, and the same ever after. `${*}` is anything.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from offerd.apis.journey_optimizer import ids

CASES = sorted((Path(__file__).parents[2] / "cases" / "journey_optimizer").glob("*/*.json"))

CLIENT = {"x-gw-ims-org-id": "SHOP@AdobeOrg", "x-sandbox-name": "prod", "x-api-key": "shop-client"}

_NAME = re.compile(r"\$\{([^}]+)\}")


class Names:
    """What the names of a case stand for so far."""

    def __init__(self, workspace: str) -> None:
        self.bound = {
            "container": ids.container_id(workspace),
            "tenant": ids.tenant_segment(workspace),
            "sandbox": ids.sandbox_id(workspace),
            "workspace": workspace,
        }

    def fill(self, value: Any) -> Any:
        if isinstance(value, str):
            return _NAME.sub(lambda found: self.bound[found[1]], value)
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if isinstance(value, dict):
            return {key: self.fill(item) for key, item in value.items()}
        return value

    def match(self, expected: Any, seen: Any, at: str = "") -> None:
        """Asserts that what was seen is what was expected, and binds names that are new."""
        if isinstance(expected, dict) and isinstance(seen, dict):
            assert {self.fill(key) for key in expected} == set(seen), at
            for key, item in expected.items():
                self.match(item, seen[self.fill(key)], f"{at}/{key}")
        elif isinstance(expected, list) and isinstance(seen, list):
            assert len(expected) == len(seen), at
            for index, (item, one) in enumerate(zip(expected, seen, strict=True)):
                self.match(item, one, f"{at}/{index}")
        elif isinstance(expected, str) and "${" in expected:
            self._text(expected, seen, at)
        else:
            assert type(expected) is type(seen), at
            assert expected == seen, at

    def _text(self, expected: str, seen: Any, at: str) -> None:
        assert isinstance(seen, str), at
        names, pattern, end = [], "", 0
        for found in _NAME.finditer(expected):
            pattern += re.escape(expected[end : found.start()])
            end = found.end()
            if found[1] in self.bound:
                pattern += re.escape(self.bound[found[1]])
            else:
                names.append(found[1])
                pattern += "(.*)" if found[1] == "*" else "([0-9a-f-]+)"
        matched = re.fullmatch(pattern + re.escape(expected[end:]), seen)
        assert matched, f"{at}: {seen!r} is not {self.fill_known(expected)!r}"
        self.bound.update({name: text for name, text in zip(names, matched.groups(), strict=True) if name != "*"})

    def fill_known(self, text: str) -> str:
        return _NAME.sub(lambda found: self.bound.get(found[1], found[0]), text)


def learn_instances(names: Names, server: Any, workspace: str) -> None:
    """Binds the instance ids of objects that the plain dialect made, whose receipts do not tell them."""
    for name in [name.removesuffix(".hex") for name in names.bound if name.endswith(".hex")]:
        if f"{name}.instance" not in names.bound:
            found = server.house.catalogue.find_foreign(workspace, "time", names.bound[f"{name}.hex"])
            names.bound[f"{name}.instance"] = found[1].ids["uuid"]


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_every_request_of_a_case_is_answered_as_it_says(case: Path, server: Any, workspace: str) -> None:
    names = Names(workspace)
    with server.client(workspace=workspace) as client:
        for index, step in enumerate(json.loads(case.read_text())["steps"]):
            request, response = step["request"], step["response"]
            content = request.get("raw") or (json.dumps(names.fill(request["body"])) if "body" in request else None)
            headers = {**CLIENT, **request.get("headers", {})}
            if content is not None:
                headers.setdefault("content-type", "application/json")
            answer = client.request(request["method"], names.fill(request["path"]), headers=headers, content=content)
            at = f"{case.stem} step {index}: {request['method']} {request['path']}"
            assert answer.status_code == response["status"], f"{at}: {answer.text}"
            for name, text in response.get("headers", {}).items():
                names.match(text, answer.headers[name], f"{at} {name}")
            if "body" in response:
                names.match(response["body"], answer.json(), at)
                learn_instances(names, server, workspace)
            else:
                assert answer.content == b"", at


def test_there_are_cases() -> None:
    assert len(CASES) > 10
