"""Words of the wire: billing cycles in any spelling, terms, markets, and instants as clients read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from offerd.model import json
from offerd.model.base import Window

#: The format's name in `extensions`, and the namespace of its customers.
FORMAT = "partner_center"

#: What catalogues call each billing cycle, by its letters in lower case.
BILLING_CYCLES = {
    name.lower(): name for name in ("Unknown", "None", "Monthly", "Annual", "OneTime", "Biennial", "Triennial")
}

#: Every segment that a market may be.
SEGMENTS = ("commercial", "education", "government", "nonprofit")

#: How an open end is told.
FOR_EVER = "9999-01-01T00:00:00+00:00"

_DIGITS = 100

#: The first instant with a second before it.
_SECOND_ONE = datetime(1, 1, 1, 0, 0, 1, tzinfo=UTC)

_TERM = re.compile(r"P(?=[0-9])([0-9]{1,4}Y)?([0-9]{1,4}M)?([0-9]{1,4}W)?([0-9]{1,4}D)?")
_COUNTRY = re.compile(r"[A-Z]{2}")
_INNER_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def billing_cycle(text: Any) -> str | None:
    """What catalogues call a billing cycle: `one_time`, `OneTime` and `onetime` are `OneTime`; None for no cycle."""
    if not isinstance(text, str):
        return None
    return BILLING_CYCLES.get(text.strip().lower().replace("_", "").replace("-", ""))


def snake(cycle: str) -> str:
    """A billing cycle as eligibilities tell it: `OneTime` is `one_time`."""
    return _INNER_CAPITAL.sub("_", cycle).lower()


def term(text: Any) -> str | None:
    """A term of years, months, weeks or days in ISO 8601, in capitals; None for anything else."""
    if not isinstance(text, str):
        return None
    known = text.strip().upper()
    return known if _TERM.fullmatch(known) else None


def country(text: Any) -> str | None:
    """A country of two letters, in capitals; None for anything else."""
    if not isinstance(text, str):
        return None
    known = text.strip().upper()
    return known if _COUNTRY.fullmatch(known) else None


def segment(text: Any) -> str | None:
    """A segment in lower case; None for one that there is not."""
    if not isinstance(text, str):
        return None
    known = text.strip().lower()
    return known if known in SEGMENTS else None


def decimal_text(value: Any) -> str | None:
    """A decimal as text, without an exponent: `"0.05"`; None for what is none, or of too many digits to write out."""
    found = json.decimal(value)
    return None if found is None or abs(int(found.as_tuple().exponent)) > _DIGITS else f"{found:f}"


def instant_text(at: datetime) -> str:
    """An instant as clients read it, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def start_text(window: Window, created: datetime | None) -> str:
    """When a promotion starts; one that always was is told from when it was stored."""
    begins = window.from_ or created
    return instant_text(begins) if begins is not None else "0001-01-01T00:00:00+00:00"


def end_text(window: Window) -> str:
    """The last second of a promotion; of one that ended before there was any, the first that can be told."""
    if window.until is None:
        return FOR_EVER
    return instant_text(max(window.until, _SECOND_ONE) - timedelta(seconds=1))
