"""The cap ledger: reserves places in counts, then confirms or releases them.

Counts live in SQLite; here are those that were looked at, and the places that are reserved and not committed yet.
Everyone's counts are kept for good, each person's as long as there is room. All of it runs on the event loop's
thread, without a pause between looking and reserving, so no place is ever given twice.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar, overload

import msgspec

from offerd.engine.situation import CountKey, Reservation
from offerd.services.count import Count, Hold
from offerd.storage.protocols import Transaction
from offerd.storage.protocols_counts import CountStore, HoldRow, Name

D = TypeVar("D")

_SECOND = 1_000_000


class _Pages(msgspec.Struct):
    """The counts of one profile, or of everyone, in memory.

    Attributes:
        counts: by name; what is not here is 0.
        pinned: how many reservations are under way; then it must stay in memory.
    """

    counts: dict[CountKey, Count]
    pinned: int = 0


class Place(msgspec.Struct, frozen=True):
    """A reservation and what it is for.

    Attributes:
        reservation: what the engine asked for.
        proposition: what it gives; names the hold.
        owner: the profile that it is for; None for nobody in particular.
        at: when it counts, in microseconds; now where absent.
    """

    reservation: Reservation
    proposition: str = ""
    owner: str | None = None
    at: int | None = None


class Ticket:
    """Places that are reserved until they are confirmed or released.

    Attributes:
        workspace: whose counts.
        places: what was reserved.
        freed: holds that the interactions they were kept for take the places of.
    """

    __slots__ = ("adds", "freed", "holds", "marks", "places", "workspace")

    def __init__(self, workspace: str) -> None:
        self.workspace = workspace
        self.places: list[tuple[Count, Place]] = []
        self.freed: list[tuple[Count, Hold]] = []
        self.adds: list[tuple[Name, int, int | None]] = []
        self.marks: list[tuple[Name, int, int, int]] = []
        self.holds: list[HoldRow] = []


class Reading(Mapping[CountKey, int]):
    """What the engine is given as counts: reads through to the ledger, and remembers what was read.

    Args:
        ledger: where counts are.
        workspace: whose.
        now: for which moment.
        live: whether that moment is the present, so that what is over can be dropped on the way.
        proposition: with `offer`, whose held places are left out: they are kept for what is being asked.
        offer: as above.

    Attributes:
        seen: every count that was read.
    """

    __slots__ = ("_ledger", "_live", "_now", "_own", "_workspace", "seen")

    def __init__(
        self, ledger: Ledger, workspace: str, now: int, *, live: bool, proposition: str = "", offer: str = ""
    ) -> None:
        self._ledger = ledger
        self._workspace = workspace
        self._now = now
        self._live = live
        self._own = (proposition, offer)
        self.seen: dict[CountKey, int] = {}

    @overload
    def get(self, key: CountKey, /) -> int: ...

    @overload
    def get(self, key: CountKey, /, default: int | D) -> int | D: ...

    def get(self, key: CountKey, /, default: Any = 0) -> Any:
        """How much of a count is used and held."""
        found = self.seen.get(key)
        if found is None:
            found = self.seen[key] = self._read(key)
        return found

    def __getitem__(self, key: CountKey) -> int:
        return self.get(key)

    def __iter__(self) -> Iterator[CountKey]:
        return iter(self.seen)

    def __len__(self) -> int:
        return len(self.seen)

    def counted(self) -> dict[CountKey, int]:
        """What was read and is not 0."""
        return {key: used for key, used in self.seen.items() if used}

    def _read(self, key: CountKey) -> int:
        count = self._ledger.look(self._workspace, key)
        if count is None:
            return 0
        if self._live:
            count.prune(self._now)
        return count.used(self._now, live=self._live) - (count.kept(*self._own, self._now) if self._own[0] else 0)


class Ledger:
    """Counts of all workspaces.

    Args:
        store: where they are kept.
        people: for how many profiles counts stay in memory.
    """

    def __init__(self, store: CountStore, *, people: int = 20_000) -> None:
        self._store = store
        self._people = people
        self._everyone: dict[str, _Pages] = {}
        self._persons: OrderedDict[tuple[str, str], _Pages] = OrderedDict()
        #: How many reservations a full cap refused.
        self.refusals = 0

    def counts(self, workspace: str, now: int, *, live: bool = True, proposition: str = "", offer: str = "") -> Reading:
        """The counts of a workspace as the engine reads them; the arguments are a Reading's."""
        return Reading(self, workspace, now, live=live, proposition=proposition, offer=offer)

    def fresh(self, workspace: str, profile: str) -> None:
        """Says that a profile is new, so that nothing has to be looked up for it."""
        self._keep((workspace, profile), _Pages({}))

    def look(self, workspace: str, key: CountKey) -> Count | None:
        """A count; None where it is 0."""
        return self._pages(workspace, key.profile).counts.get(key)

    def reserve(self, workspace: str, places: Iterable[Place], now: int) -> Ticket | Place:
        """Takes all places or none.

        A place that is no hold itself takes the one that was kept for it, if there is one.

        Args:
            workspace: whose counts.
            places: what is needed.
            now: in microseconds.

        Returns:
            A ticket that must be confirmed or released, or the first place that there is no room for.
        """
        ticket = Ticket(workspace)
        for place in places:
            pages = self._pages(workspace, place.reservation.key.profile)
            count = pages.counts.get(place.reservation.key)
            if count is None:
                count = pages.counts[place.reservation.key] = Count()
            count.prune(now)
            freed = None
            if place.reservation.hold is None and place.proposition:
                freed = count.free(place.proposition, place.reservation.offer)
            if not _fits(count, place.reservation, now):
                if freed is not None:
                    count.hold(freed)
                self.release(ticket)
                self.refusals += 1
                return place
            if freed is not None:
                ticket.freed.append((count, freed))
            count.pending += place.reservation.amount
            pages.pinned += 1
            ticket.places.append((count, place))
            _write_down(ticket, place, now)
        return ticket

    def write(self, transaction: Transaction, ticket: Ticket) -> None:
        """Writes what a ticket reserved, in the transaction of what it was reserved for."""
        workspace = ticket.workspace
        if ticket.freed:
            self._store.free(transaction, workspace, [_row(hold) for _, hold in ticket.freed])
        if ticket.adds:
            self._store.add(transaction, workspace, ticket.adds)
        if ticket.marks:
            self._store.mark(transaction, workspace, ticket.marks)
        if ticket.holds:
            self._store.hold(transaction, workspace, ticket.holds)

    def confirm(self, ticket: Ticket, now: int) -> None:
        """Makes reserved places used ones: what they were for is committed."""
        for count, place in ticket.places:
            count.pending -= place.reservation.amount
            _take(count, place, now)
            self._unpin(ticket.workspace, place)

    def release(self, ticket: Ticket) -> None:
        """Gives reserved places back: what they were for came to nothing."""
        for count, place in ticket.places:
            count.pending -= place.reservation.amount
            self._unpin(ticket.workspace, place)
        for count, hold in ticket.freed:
            count.hold(hold)

    def forget(self, workspace: str, *profiles: str) -> None:
        """Drops what is in memory of people who were erased or became one, and the places kept for them."""
        for profile in profiles:
            self._persons.pop((workspace, profile), None)
        gone = set(profiles)
        if (pages := self._everyone.get(workspace)) is not None:
            for count in pages.counts.values():
                count.drop(gone)

    def moved(self, workspace: str, survivor: str, absorbed: str) -> None:
        """Reads two people's counts anew after they became one; places kept for one are kept for the other."""
        for profile in (survivor, absorbed):
            self._persons.pop((workspace, profile), None)
        if (pages := self._everyone.get(workspace)) is not None:
            for count in pages.counts.values():
                count.rename(absorbed, survivor)

    def sweep(self, now: int) -> None:
        """Drops everyone's counts that nothing can look at any more."""
        for pages in self._everyone.values():
            gone = [key for key, count in pages.counts.items() if count.is_over(now)]
            for key in gone:
                del pages.counts[key]

    def _pages(self, workspace: str, profile: str) -> _Pages:
        if not profile:
            found = self._everyone.get(workspace)
            if found is None:
                found = self._everyone[workspace] = self._load(workspace, "")
            return found
        name = (workspace, profile)
        known = self._persons.get(name)
        if known is not None:
            self._persons.move_to_end(name)
            return known
        return self._keep(name, self._load(workspace, profile))

    def _keep(self, name: tuple[str, str], pages: _Pages) -> _Pages:
        self._persons[name] = pages
        excess = len(self._persons) - self._people
        if excess > 0:
            # Only as far as needed: whoever is new would otherwise cost a look at everybody.
            free = (key for key, each in self._persons.items() if not each.pinned and key != name)
            for key in list(islice(free, excess)):
                del self._persons[key]
        return pages

    def _load(self, workspace: str, profile: str) -> _Pages:
        book = self._store.book(workspace, profile)
        counts: dict[CountKey, Count] = {}
        for name, used, expires in book.counts:
            count = counts.setdefault(CountKey(*name), Count())
            count.total, count.expires = int(used), expires
        for name, at, amount, expires in sorted(book.moments, key=lambda row: row[1]):
            counts.setdefault(CountKey(*name), Count()).mark(at, amount, expires - at)
        for row in book.holds:
            key = CountKey(*row.name)
            counts.setdefault(key, Count()).hold(
                Hold(key, row.proposition, row.offer, row.owner, row.amount, row.expires)
            )
        return _Pages(counts)

    def _unpin(self, workspace: str, place: Place) -> None:
        key = place.reservation.key
        pages = self._persons.get((workspace, key.profile)) if key.profile else self._everyone.get(workspace)
        if pages is not None:
            pages.pinned -= 1


def _fits(count: Count, reservation: Reservation, now: int) -> bool:
    return reservation.limit is None or count.used(now, live=True) + reservation.amount <= reservation.limit


def _write_down(ticket: Ticket, place: Place, now: int) -> None:
    own, at = place.reservation, place.at or now
    if own.hold is not None:
        ticket.holds.append(_row(_hold(place, now)))
    elif own.within is not None:
        ticket.marks.append((own.key, at, own.amount, at + own.within * _SECOND))
    else:
        ticket.adds.append((own.key, own.amount, own.expires))


def _take(count: Count, place: Place, now: int) -> None:
    own = place.reservation
    if own.hold is not None:
        count.hold(_hold(place, now))
    elif own.within is not None:
        count.mark(place.at or now, own.amount, own.within * _SECOND)
    else:
        count.total += own.amount
        count.expires = own.expires


def _hold(place: Place, now: int) -> Hold:
    own = place.reservation
    return Hold(own.key, place.proposition, own.offer, place.owner, own.amount, now + (own.hold or 0))


def _row(hold: Hold) -> HoldRow:
    return HoldRow(hold.key, hold.proposition, hold.offer, hold.owner, hold.amount, hold.expires)


def places(
    reservations: Sequence[Reservation], *, proposition: str = "", owner: str | None = None, at: int | None = None
) -> list[Place]:
    """Reservations that are all for the same thing."""
    return [Place(reservation, proposition, owner, at) for reservation in reservations]
