"""`offerd decide` and `offerd explain`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Offerd = Callable[..., Any]


def test_a_decision_is_given_with_its_content(shop: Offerd) -> None:
    ended = shop("decide", "--identity", "crm=7", "--placement", "banner", "--context", "cart.total=50")
    assert ended.code == 0
    assert "shipping won by priority, with 50" in ended.words
    assert "html: Free shipping" in ended.words


def test_a_loser_is_told_with_what_was_wanted_and_what_was_seen(shop: Offerd) -> None:
    ended = shop("decide", "-p", "banner", "-c", "cart.total=30", "--explain")
    assert "gift won by priority" in ended.words
    row = next(line for line in ended.words.splitlines() if line.startswith("shipping "))
    assert "context.cart.total > 40" in row
    assert row.endswith(" 30")


def test_a_past_decision_is_explained_from_what_was_known_then(shop: Offerd, tmp_path: Path) -> None:
    made = shop("decide", "-i", "crm=7", "-a", "checkout", "-c", "cart.total=30", "--json").json
    (tmp_path / "shop.yaml").write_text((tmp_path / "shop.yaml").read_text().replace("> 40", "> 4"))
    shop("apply", "shop.yaml")
    ended = shop("explain", made["id"])
    assert ended.code == 0
    assert "context.cart.total > 40" in ended.words
    assert shop("explain", made["id"], "--json").json["propositions"][0]["explanation"]["lost"]


def test_a_person_is_enough_to_explain_what_they_were_given_last(shop: Offerd) -> None:
    shop("decide", "-i", "crm=7", "-p", "banner", "-c", "cart.total=50")
    last = shop("decide", "-i", "crm=7", "-p", "banner", "-c", "cart.total=30", "--json").json
    shop("decide", "-i", "crm=8", "-p", "banner", "-c", "cart.total=20")
    ended = shop("explain", "--identity", "crm=7")
    assert ended.code == 0
    assert f"Decision {last['id']} " in ended.words
    row = next(line for line in ended.words.splitlines() if line.startswith("shipping "))
    assert row.endswith(" 30")


def test_a_person_for_whom_nothing_was_decided_has_nothing_to_explain(shop: Offerd, tmp_path: Path) -> None:
    (tmp_path / "p.ndjson").write_text('{"identities": [{"namespace": "crm", "id": "9"}]}')
    shop("profiles", "import", "p.ndjson")
    ended = shop("explain", "-i", "crm=9")
    assert (ended.code, ended.err) == (1, "Error: No decision for crm=9 is kept\n")
    assert "crm:10" in shop("explain", "-i", "crm=10").err


@pytest.mark.parametrize("words", [(), ("some-id", "-i", "crm=7"), ("-i", "crm")])
def test_one_decision_is_explained(shop: Offerd, words: tuple[str, ...]) -> None:
    assert shop("explain", *words).code == 2


def test_a_dry_run_stores_nothing(shop: Offerd) -> None:
    made = shop("decide", "-i", "crm=7", "-p", "banner", "--dry-run", "--json").json
    assert made["dryRun"] is True
    assert shop("explain", made["id"]).code == 1


def test_a_check_gives_verdicts(shop: Offerd) -> None:
    ended = shop("decide", "--check", "--offer", "shipping", "--offer", "gift", "-c", "cart.total=30")
    assert "gift passed" in ended.words
    assert "shipping not covered" in ended.words


def test_a_request_from_a_file_is_what_options_are_laid_over(shop: Offerd, tmp_path: Path) -> None:
    request = {"asks": [{"placement": "banner", "count": 2}], "context": {"members": {"cart": {"total": 50}}}}
    (tmp_path / "request.json").write_text(json.dumps(request))
    made = shop("decide", "--request", "request.json", "--json").json
    assert [item["offer"] for item in made["propositions"][0]["items"]] == ["shipping", "gift"]
    made = shop("decide", "--request", "-", "--context", "cart.total=3", "--json", given=json.dumps(request)).json
    assert [item["offer"] for item in made["propositions"][0]["items"]] == ["gift"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "Nothing is asked"),
        (("--request", "nowhere.json"), "nowhere.json"),
        (("-p", "banner", "-c", "hour"), "--context hour: expected NAME=VALUE"),
        (("-p", "banner", "-i", "=7"), "--identity =7: expected NAME=VALUE"),
    ],
)
def test_what_cannot_be_asked_is_wrong_usage(shop: Offerd, words: tuple[str, ...], message: str) -> None:
    ended = shop("decide", *words)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err


def test_a_request_that_is_no_object_is_wrong_usage(shop: Offerd) -> None:
    assert shop("decide", "--request", "-", given="[1]").code == 2
    assert shop("decide", "--request", "-", given="{").code == 2


def test_what_the_server_refuses_names_the_field(shop: Offerd) -> None:
    ended = shop("decide", "-p", "banner", "--at", "soon", "--dry-run")
    assert ended.code == 1
    assert "/at" in ended.err


def test_an_unknown_decision_is_refused(shop: Offerd) -> None:
    assert shop("explain", "nothing").code == 1
