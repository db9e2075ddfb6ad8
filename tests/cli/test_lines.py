"""Lines of a YAML file that JSON pointers name."""

from __future__ import annotations

import pytest

from offerd.cli.lines import Lines

TEXT = """\
offers:
  bar:
    caps:
      - {id: total, limit: 5}
      - id: daily
        limit: 1
  a/b~c: {status: draft}
"""


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("", 1),
        ("/offers", 1),
        ("/offers/bar", 2),
        ("/offers/bar/caps/0/limit", 4),
        ("/offers/bar/caps/1", 5),
        ("/offers/bar/caps/1/limit", 6),
        ("/offers/a~1b~0c/status", 7),
        ("/offers/bar/caps/7/limit", 3),
        ("/offers/bar/eligible/pql", 2),
    ],
)
def test_a_pointer_leads_to_its_line_or_to_the_nearest_above(pointer: str, line: int) -> None:
    assert Lines(TEXT).of(pointer) == line


def test_a_file_that_is_not_yaml_has_no_lines() -> None:
    assert Lines("a: [1").of("/a") is None
    assert Lines("").of("/a") is None
