"""`offerd revisions`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Offerd = Callable[..., Any]


@pytest.fixture
def twice(shop: Offerd, tmp_path: Path) -> Offerd:
    """The shop's folder with a second revision, in which gifts matter more."""
    (tmp_path / "second.yaml").write_text((tmp_path / "shop.yaml").read_text().replace("priority: 10", "priority: 90"))
    assert shop("apply", "second.yaml", "--message", "Gifts first").code == 0
    return shop


def test_revisions_are_listed_the_newest_first(twice: Offerd) -> None:
    listed = twice("revisions", "list", "--json").json
    assert [(each["number"], each.get("message", "")) for each in listed] == [(2, "Gifts first"), (1, "")]
    assert "2 " in twice("revisions", "list", "--limit", "1").out
    assert len(twice("revisions", "list", "--limit", "1", "--json").json) == 1


def test_a_revision_tells_who_changed_what(twice: Offerd) -> None:
    ended = twice("revisions", "show", "2")
    assert "by local: Gifts first" in ended.words
    assert "changed offers/gift /priority 10 90" in ended.words


def test_two_revisions_are_compared(twice: Offerd) -> None:
    assert "changed offers/gift /priority 90 10" in twice("revisions", "diff", "2", "1").words
    assert twice("revisions", "diff", "2", "2").out == "The two are equal.\n"


def test_rolling_back_makes_a_new_revision(twice: Offerd) -> None:
    ended = twice("revisions", "rollback", "1")
    assert "Revision 3 is as revision 1 was" in ended.words
    assert twice("revisions", "diff", "1", "3").out == "The two are equal.\n"


def test_a_revision_that_is_not_there_is_refused(twice: Offerd) -> None:
    ended = twice("revisions", "show", "99")
    assert (ended.code, ended.out) == (1, "")
    assert "99" in ended.err
