"""Many requests of one visitor at the same moment, and what outlives a restart."""

import json
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import httpx
import pytest

from offerd.apis.target.runtime import KEY_FILE, Runtime, runtime


@pytest.fixture
def storm(server, workspace, site):
    """Posts bodies at the same moment; gives their answers."""

    def post(body):
        query = {"client": workspace, "sessionId": "s"}
        return httpx.post(f"{server.url}/rest/v1/delivery", params=query, content=json.dumps(body), timeout=60)

    def run(bodies):
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(post, bodies))
        assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
        return [answer.json() for answer in answers]

    return run


def test_a_new_visitor_is_one_profile_with_one_experience(storm, site, visitors):
    visitor = {"tntId": next(visitors(35, 66))}
    ask = {"mboxes": [{"name": "hero", "profileParameters": {"a": "1"}}]}
    shown = storm([{"id": visitor, "execute": ask, "impressionId": "i-1"}] * 16)
    assert {each["execute"]["mboxes"][0]["options"][0]["content"] for each in shown} == {"<b>B</b>"}
    assert len(site.get("/profiles").json()["items"]) == 1
    assert len(site.get("/interactions").json()["items"]) == 1, "one impression, told sixteen times"


def test_a_person_who_logs_in_in_many_pages_at_once_is_one_profile(storm, site):
    browsers = [{"tntId": f"b{index}"} for index in range(8)]
    ask = {"mboxes": [{"name": "deal"}]}
    named = [{"id": each, "execute": {"pageLoad": {"profileParameters": {each["tntId"]: "1"}}}} for each in browsers]
    storm([*named, {"id": {"thirdPartyId": "jo"}, "execute": {"pageLoad": {"profileParameters": {"own": "1"}}}}])
    storm([{"id": {**each, "thirdPartyId": "jo"}, "execute": ask} for each in browsers * 2])
    (person,) = site.get("/profiles").json()["items"]
    assert person["attributes"].keys() == {"own", *(each["tntId"] for each in browsers)}


def test_tokens_are_the_same_after_a_restart_and_their_key_is_the_servers_alone(tmp_path):
    key = Runtime(tmp_path).key
    assert Runtime(tmp_path).key == key
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    (tmp_path / KEY_FILE).write_bytes(b"cut")
    assert len(Runtime(tmp_path).key) == 32


class House(SimpleNamespace):
    """One that has a folder and nothing else."""

    __hash__ = object.__hash__


def test_requests_that_come_first_at_once_share_one_key(tmp_path):
    for number in range(20):
        folder = tmp_path / str(number)
        folder.mkdir()
        house, together = House(storage=SimpleNamespace(folder=folder)), threading.Barrier(8)

        def first(house=house, together=together):
            together.wait(30)
            return runtime(house)

        with ThreadPoolExecutor(8) as pool:
            found = [each.result() for each in [pool.submit(first) for _ in range(8)]]
        assert len(set(map(id, found))) == 1
        assert found[0].key == (folder / KEY_FILE).read_bytes()
