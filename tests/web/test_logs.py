"""What is logged is documented, and tells nothing that it should not."""

import io
import json
import logging
import re
from pathlib import Path

import pytest

from offerd.settings import Settings
from offerd.web import logs

DOCS = Path(__file__).parents[2] / "docs" / "data.md"
SOURCES = Path(__file__).parents[2] / "src" / "offerd"


@pytest.fixture
def lines():
    stream = io.StringIO()
    yield stream
    logs.configure(Settings())


def test_every_event_is_documented_with_its_level():
    text = DOCS.read_text(encoding="utf-8").partition("## Log lines\n")[2]
    assert dict(re.findall(r"^\| `([^`]+)` \| (\w+) \|", text, re.MULTILINE)) == logs.EVENTS


def test_no_other_event_is_logged_anywhere():
    found = set()
    for path in SOURCES.rglob("*.py"):
        found |= set(
            re.findall(
                r'\b(?:logger|_LOG)\.(?:debug|info|warning|error|exception)\(\s*"([^"]+)"', path.read_text("utf-8")
            )
        )
    assert found == logs.EVENTS.keys()


def test_json_lines_are_json_with_a_time_and_a_level(lines):
    logs.configure(Settings(log_format="json"), lines)
    logs.logger.info("started", port=8080)
    line = json.loads(lines.getvalue())
    assert (line["event"], line["level"], line["port"]) == ("started", "info", 8080)
    assert line["timestamp"].endswith("Z")


def test_lines_below_the_level_are_left_out(lines):
    logs.configure(Settings(log_level="error"), lines)
    logs.logger.info("request")
    assert lines.getvalue() == ""


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_comes_without_the_values_of_variables(lines, form):
    logs.configure(Settings(log_format=form), lines)
    try:
        identity = "jo@example.com"
        raise RuntimeError("it broke") from KeyError(len(identity))
    except RuntimeError as error:
        logs.logger.error("request_failed", exc_info=error)
    assert "it broke" in lines.getvalue()
    assert "jo@example.com" not in lines.getvalue().replace('identity = "jo@example.com"', "")


def test_what_libraries_say_is_in_the_same_log(lines):
    logs.configure(Settings(log_format="json"), lines)
    logging.getLogger("uvicorn.error").warning("Invalid %s", "request")
    logging.getLogger("uvicorn.error").info("nothing of importance")
    (line,) = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert (line["event"], line["library"], line["words"]) == ("library", "uvicorn.error", "Invalid request")


def test_a_stream_that_has_gone_stops_nobody(lines):
    logs.configure(Settings(), lines)
    lines.close()
    logs.logger.error("started")


def test_lines_go_to_standard_error_as_it_is_when_they_are_written(monkeypatch, lines):
    gone = io.StringIO()
    monkeypatch.setattr("sys.stderr", gone)
    logs.configure(Settings())
    gone.close()
    monkeypatch.setattr("sys.stderr", lines)
    logs.logger.info("started")
    assert "started" in lines.getvalue()
