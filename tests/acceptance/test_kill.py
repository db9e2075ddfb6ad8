"""What was acknowledged survives a kill at any moment, and caps are never passed."""

from __future__ import annotations

import json
import random
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

OFFERD = Path(sys.executable).parent / "offerd"
# Nothing of the developer's own settings.
ENVIRONMENT = {"OFFERD_LOG_LEVEL": "error", "PATH": ""}
KILLS = 10
SENDERS = 8
LIMIT = 150
GIFTS = 20

CATALOGUE = f"""
placements:
  home: {{content: [html]}}
offers:
  gift:
    status: approved
    priority: 3
    caps:
      - {{id: taken, limit: {GIFTS}, counts: accept}}
    content: {{home: {{html: gift}}}}
  scarce:
    status: approved
    priority: 2
    caps:
      - {{id: total, limit: {LIMIT}}}
      - {{id: person, limit: 3, per: profile, within: 30 days}}
    content: {{home: {{html: scarce}}}}
  plenty:
    status: approved
    priority: 1
    caps:
      - {{id: seen, limit: 1000000, counts: display}}
    content: {{home: {{html: plenty}}}}
activities:
  home:
    status: live
    placements: [home]
    selections: [{{offers: [gift, scarce, plenty], rank: priority}}]
"""


class Log:
    """What the server acknowledged, and what was on its way when it was killed."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.decisions: dict[str, dict[str, object]] = {}
        self.interactions: set[str] = set()
        self.pending: dict[str, tuple[str, object]] = {}

    def acknowledged(self) -> int:
        with self.lock:
            return len(self.decisions) + len(self.interactions)


@contextmanager
def server(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server on the folder; killed at the end where it still runs."""
    process = subprocess.Popen(
        [OFFERD, "serve", "--data", str(folder), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=ENVIRONMENT,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, f"the server said {line!r}"
        yield process, found.group()
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def command(*words: str) -> str:
    done = subprocess.run([OFFERD, *words], check=False, capture_output=True, text=True, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def send(client: httpx.Client, log: Log, key: str, path: str, body: object) -> dict[str, object] | None:
    """Sends a request once; it stays pending until its answer came."""
    with log.lock:
        log.pending[key] = (path, body)
    answer = client.post(path, json=body, headers={"Idempotency-Key": key})
    assert answer.status_code < 500, answer.text
    with log.lock:
        del log.pending[key]
    return answer.json() if answer.is_success else None


def note(log: Log, path: str, answer: dict[str, object] | None) -> None:
    if answer is None:
        return
    with log.lock:
        if path.endswith("decisions"):
            log.decisions[str(answer["id"])] = answer
        else:
            log.interactions.add(str(answer["interaction"]["id"]))  # type: ignore[index]


def sender(number: int, round_: int, address: str, token: str, log: Log) -> None:
    """Asks, shows and accepts until the server is gone."""
    draw = random.Random(f"{round_}.{number}")
    client = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=30)
    step = 0
    with client, suppress(httpx.TransportError):
        while True:
            step += 1
            key = f"{round_}-{number}-{step}"
            person = {"crm": f"p{draw.randrange(200)}"}
            path = "/offerd/v1/decisions"
            made = send(client, log, key, path, {"identities": person, "asks": [{"placement": "home"}]})
            note(log, path, made)
            if made is None or draw.random() < 0.5:
                continue
            proposition = made["propositions"][0]  # type: ignore[index]
            body = {"type": draw.choice(["display", "accept"]), "proposition": proposition["id"], "key": f"i-{key}"}
            path = "/offerd/v1/interactions"
            note(log, path, send(client, log, f"i-{key}", path, body))


def storm(round_: int, folder: Path, token: str, log: Log) -> None:
    """Runs the senders against a server that is killed after some acknowledgements."""
    fatal = log.acknowledged() + random.Random(round_).randrange(30, 120)
    with server(folder) as (process, address):
        resend(address, token, log)
        threads = [threading.Thread(target=sender, args=(n, round_, address, token, log)) for n in range(SENDERS)]
        for thread in threads:
            thread.start()
        while log.acknowledged() < fatal and any(thread.is_alive() for thread in threads):
            threads[0].join(timeout=0.005)
        process.send_signal(signal.SIGKILL)
        for thread in threads:
            thread.join()


def resend(address: str, token: str, log: Log) -> None:
    """Sends again, under the same keys, what had no answer when the server was killed."""
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
        for key, (path, body) in list(log.pending.items()):
            note(log, path, send(client, log, key, path, body))


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Log, Path]]:
    folder = tmp_path_factory.mktemp("killed")
    catalogue = folder / "catalogue.yaml"
    catalogue.write_text(CATALOGUE)
    data = folder / "data"
    token = json.loads(command("token", "create", "storm", "--scope", "admin", "--data", str(data), "--json"))["secret"]
    command("apply", str(catalogue), "--data", str(data))
    log = Log()
    for round_ in range(KILLS):
        storm(round_, data, token, log)
    with server(data) as (_, address):
        resend(address, token, log)
        with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
            yield client, log, data


def listed(client: httpx.Client, path: str) -> dict[str, dict[str, object]]:
    found, cursor = {}, None
    while True:
        page = client.get(path, params={"limit": 500, **({"cursor": cursor} if cursor else {})}).json()
        found.update({each["id"]: each for each in page["items"]})
        cursor = page.get("cursor")
        if not cursor:
            return found


def test_every_acknowledged_decision_and_interaction_is_there(aftermath: tuple[httpx.Client, Log, Path]) -> None:
    client, log, _ = aftermath
    assert len(log.decisions) > KILLS * 10
    assert len(log.interactions) > KILLS
    decisions = listed(client, "/offerd/v1/decisions")
    assert set(log.decisions) <= set(decisions)
    for name, answer in log.decisions.items():
        assert given(decisions[name]) == given(answer)
    assert log.interactions <= set(listed(client, "/offerd/v1/interactions"))


def given(decision: dict[str, object]) -> list[tuple[str, str]]:
    return [
        (item["id"], item["offer"])
        for proposition in decision["propositions"]  # type: ignore[attr-defined]
        for item in proposition.get("items", [])
    ]


def test_a_request_that_was_sent_again_had_its_effect_once(aftermath: tuple[httpx.Client, Log, Path]) -> None:
    client, log, _ = aftermath
    assert log.pending == {}
    assert set(listed(client, "/offerd/v1/decisions")) == set(log.decisions)
    assert set(listed(client, "/offerd/v1/interactions")) == log.interactions


def test_counts_equal_what_was_committed_and_no_cap_is_passed(aftermath: tuple[httpx.Client, Log, Path]) -> None:
    client, _, data = aftermath
    decisions = listed(client, "/offerd/v1/decisions").values()
    scarce = [decision for decision in decisions for _, offer in given(decision) if offer == "scarce"]
    interactions = listed(client, "/offerd/v1/interactions").values()
    accepted = [each for each in interactions if each["type"] == "accept" and each["offer"] == "gift"]
    shown = [each for each in interactions if each["type"] == "display" and each["offer"] == "plenty"]
    assert used(data, "scarce/total") == len(scarce) == LIMIT
    assert used(data, "gift/taken") == len(accepted) == GIFTS
    assert used(data, "plenty/seen") == len(shown) > 0
    by_person: dict[object, int] = {}
    for decision in scarce:
        by_person[decision["profile"]] = by_person.get(decision["profile"], 0) + 1
    assert max(by_person.values()) <= 3
    assert rolling(data, "scarce/person") == by_person


def used(data: Path, cap: str) -> int:
    with read(data) as database:
        return database.execute("SELECT coalesce(sum(used), 0) FROM counts WHERE cap = ?", (cap,)).fetchone()[0]


def rolling(data: Path, cap: str) -> dict[str, int]:
    with read(data) as database:
        rows = database.execute("SELECT profile, sum(amount) FROM moments WHERE cap = ? GROUP BY 1", (cap,))
        return dict(rows.fetchall())


@contextmanager
def read(data: Path) -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(f"file:{next(data.glob('*.db'))}?mode=ro", uri=True)
    try:
        yield database
    finally:
        database.close()
