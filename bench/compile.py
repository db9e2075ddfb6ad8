"""What compiling costs: CPU milliseconds for a whole catalogue, and for one changed offer among all.

The rules are parsed before, as they are when they are saved. One change is compiled against the previous snapshot.
"""

from __future__ import annotations

import time

import msgspec
from decide import catalogue, program

from offerd import engine


def main() -> None:
    """Prints a line for each size."""
    print(f"{'offers':>8} {'whole, ms':>12} {'one change, ms':>16}")
    for offers in (100, 1_000, 10_000):
        whole = catalogue(offers)
        engine.compile(whole, program)
        begin = time.process_time()
        snapshot = engine.compile(whole, program)
        full = time.process_time() - begin
        changes = []
        for round_ in range(20):
            name = f"o{round_ * 3}"
            changed = msgspec.structs.replace(whole.of("offers")[name], priority=5, tags=["all"] if round_ % 2 else [])
            objects = {**whole.objects, "offers": {**whole.of("offers"), name: changed}}
            after = msgspec.structs.replace(whole, revision=1, objects=objects)
            begin = time.process_time()
            engine.compile(after, program, snapshot, [("offers", name)])
            changes.append(time.process_time() - begin)
        print(f"{offers:>8} {full * 1e3:>12,.1f} {sorted(changes)[len(changes) // 2] * 1e3:>16,.3f}")


if __name__ == "__main__":
    main()
