"""The engine: pure functions from a compiled catalogue and a situation to an answer.

`compile` makes a snapshot of a catalogue, `decide` answers a request, `check` says what keeps offers from being
redeemed, `covered` which may be given at all, `counted` which counts an interaction adds to, and `advance` what it does
to an assignment. Nothing here reads a clock, draws a random number, or touches anything outside its arguments. See
docs/architecture.md.
"""

from offerd.engine.auto_allocate import Allocation, Tried, allocate
from offerd.engine.checking import check, covered
from offerd.engine.compiler import compile_catalogue as compile  # noqa: A004 - as in `re`
from offerd.engine.counting import counted
from offerd.engine.deciding import decide
from offerd.engine.goals import advance, reached
from offerd.engine.reasons import CODES
from offerd.engine.situation import (
    Answer,
    CountKey,
    Given,
    ModelState,
    Outcome,
    Person,
    Reservation,
    Situation,
)
from offerd.engine.snapshot import Snapshot
from offerd.engine.views import Views

__all__ = [
    "CODES",
    "Allocation",
    "Answer",
    "CountKey",
    "Given",
    "ModelState",
    "Outcome",
    "Person",
    "Reservation",
    "Situation",
    "Snapshot",
    "Tried",
    "Views",
    "advance",
    "allocate",
    "check",
    "compile",
    "counted",
    "covered",
    "decide",
    "reached",
]
