"""What the evaluator costs for one decision: CPU microseconds, offer by offer, with the explanation off and on.

Each offer has a rule of four comparisons and a cap for each profile; half of the offers are eligible. The answer is
the ten best by priority. This evaluator looks at every offer: it is the plain one that an index is held against.
"""

from __future__ import annotations

import time
from functools import cache

from offerd import engine, pql
from offerd.model import codec
from offerd.model.catalogue import Catalogue
from offerd.model.kinds import KINDS
from offerd.model.place import Workspace
from offerd.model.request import Request

_NOW = 1_795_000_000_000_000


@cache
def program(text: str) -> pql.Program:
    """The program of a rule."""
    return pql.compile(pql.parse(text))


def catalogue(offers: int) -> Catalogue:
    """A catalogue of so many offers, with one activity over all of them."""
    document = {
        "placements": {"p": {"content": ["html"], "count": 10}},
        "offers": {
            f"o{number}": {
                "status": "approved",
                "priority": number % 997,
                "tags": ["all"],
                "eligible": f'age > {number % 80} and country = "DE" and context.cart.total >= {number % 40}'
                " and not blocked",
                "caps": [{"id": "c", "limit": 1000, "per": "profile", "every": "day"}],
                "content": {"p": {"html": "x"}},
            }
            for number in range(offers)
        },
        "activities": {
            "a": {"status": "live", "placements": ["p"], "selections": [{"collection": {"any_tags": ["all"]}}]}
        },
    }
    objects = {
        kind: {
            name: codec.build(KINDS[kind], {"id": name, **KINDS[kind].from_short(value)})
            for name, value in each.items()
        }
        for kind, each in document.items()
    }
    return Catalogue(workspace=Workspace(id="w", code="w"), objects=objects)


def situation() -> engine.Situation:
    """A person for whom half of the offers are."""
    request = {"asks": [{"activity": "a"}], "context": {"members": {"cart": {"total": 50}}}}
    return engine.Situation(
        now=_NOW,
        request=codec.build(Request, request),
        person=engine.Person(id="p1", attributes={"age": 40, "country": "DE"}),
        unit="p1",
        seed="s",
    )


def cost(snapshot: engine.Snapshot, repeats: int, *, explain: bool) -> float:
    """CPU microseconds a decision: the best of five rounds."""
    asked = situation()
    rounds = []
    for _ in range(5):
        begin = time.process_time()
        for _ in range(repeats):
            engine.decide(snapshot, asked, explain=explain)
        rounds.append((time.process_time() - begin) / repeats * 1e6)
    return min(rounds)


def main() -> None:
    """Prints a line for each size."""
    print(f"{'offers':>8} {'off, µs':>12} {'on, µs':>12} {'off, µs an offer':>18}")
    for offers in (100, 1_000, 10_000):
        snapshot = engine.compile(catalogue(offers), program)
        repeats = max(1, 20_000 // offers)
        off, on = (
            cost(snapshot, repeats if not explain else max(1, repeats // 10), explain=explain)
            for explain in (False, True)
        )
        print(f"{offers:>8} {off:>12,.0f} {on:>12,.0f} {off / offers:>18.2f}")


if __name__ == "__main__":
    main()
