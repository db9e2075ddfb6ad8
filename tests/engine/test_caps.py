"""The names of counts, and the reservations that take places in them."""

from typing import Any

from offerd import engine
from offerd.engine import CountKey, Reservation
from offerd.model import codec
from offerd.model.interaction import Interaction

DAY = 86_400_000_000


def reservations(tools: Any, cap: dict[str, Any], zone: str = "UTC", **rest: Any) -> tuple[Reservation, ...]:
    document = {
        "placements": {"p": {"content": []}},
        "offers": {"o": {"status": "approved", "caps": [cap]}},
        "activities": {"A": {"status": "live", "placements": ["p"], "selections": [{"offers": ["o"]}]}},
    }
    return tools.decide(document, {"activity": "A", "quantity": 3}, zone=zone, **rest).answers[0].given[0].reservations


def test_a_count_for_life_over_everyone(tools: Any) -> None:
    (found,) = reservations(tools, {"id": "c", "limit": 5})
    assert found == Reservation(key=CountKey("o/c", "", "", ""), amount=1, limit=5, offer="o", cap="c")


def test_a_count_of_a_key_for_each_profile_and_placement_and_day(tools: Any) -> None:
    cap = {"id": "c", "key": "k", "limit": 5, "per": "profile", "placements": "each", "every": "day"}
    (found,) = reservations(tools, cap, zone="Europe/Berlin", now="2026-11-20T23:30:00Z")
    assert found.key == CountKey("k", "p", "p1", "day:2026-11-21")
    assert found.expires == tools.micros("2026-11-21T23:00:00Z")
    assert found.within is None
    (found,) = reservations(tools, {**cap, "zone": "UTC"}, zone="Europe/Berlin", now="2026-11-20T23:30:00Z")
    assert found.key == CountKey("k", "p", "p1", "day:2026-11-20")


def test_a_count_over_listed_placements_is_one(tools: Any) -> None:
    (found,) = reservations(tools, {"id": "c", "limit": 5, "placements": ["p", "q"]})
    assert found.key == CountKey("o/c", "", "", "")


def test_a_rolling_count(tools: Any) -> None:
    (found,) = reservations(tools, {"id": "c", "limit": 5, "within": "2 weeks"})
    assert found.key == CountKey("o/c", "", "", "within:1209600")
    assert (found.within, found.expires) == (1_209_600, None)


def test_a_hold_keeps_as_many_places_as_are_wanted(tools: Any) -> None:
    (found,) = reservations(
        tools, {"id": "c", "limit": 5, "hold": "1 day", "counts": {"type": "claim", "by": "quantity"}}
    )
    assert (found.hold, found.amount, found.limit, found.offer) == (DAY, 3, 5, "o")


def test_a_decision_is_counted_at_once_even_with_a_hold(tools: Any) -> None:
    (found,) = reservations(tools, {"id": "c", "limit": 5, "hold": "1 day"})
    assert found.hold is None


def test_a_display_that_is_not_shown_at_once_is_held(tools: Any) -> None:
    cap = {"id": "c", "limit": 5, "hold": "1 day", "counts": "display"}
    assert reservations(tools, cap)[0].hold == DAY
    assert reservations(tools, cap, displayed=True)[0].hold is None
    assert reservations(tools, {"id": "c", "limit": 5, "counts": "display"}) == ()


def test_a_display_counts_where_the_cap_says_so(tools: Any) -> None:
    when = [
        'event.type = "display"', 'event.offer = "o"', 'event.activity = "A"', 'event.placement = "p"',
        "event.quantity = 1", "event.data.isNotNull()", 'offer.id = "o"', "age = 3", "context.x = 1",
    ]  # fmt: skip
    cap = {"id": "c", "limit": 5, "counts": {"type": "display", "when": " and ".join(when)}}
    context = {"members": {"x": 1}}
    assert len(reservations(tools, cap, displayed=True, attributes={"age": 3}, context=context)) == 1
    assert len(reservations(tools, cap, displayed=True, attributes={"age": 4}, context=context)) == 0
    assert len(reservations(tools, cap, displayed=True, attributes={"age": 3})) == 0


def test_a_quantity_does_not_fit_where_too_little_is_left(tools: Any) -> None:
    document = {
        "offers": {
            "o": {
                "status": "approved",
                "caps": [{"id": "c", "limit": 5, "counts": {"type": "claim", "by": "quantity"}}],
            }
        }
    }
    counts = {CountKey("o/c", "", "", ""): 3}
    assert tools.given(document, {"offers": ["o"], "quantity": 2}, counts=counts) == [["o"]]
    assert tools.given(document, {"offers": ["o"], "quantity": 3}, counts=counts) == [[]]
    assert tools.given(document, {"offers": ["o"], "quantity": 1}, {"offers": ["o"], "quantity": 2}, counts=counts) == [
        ["o"],
        ["o"],
    ]


def test_what_the_asks_of_a_request_take_adds_up(tools: Any) -> None:
    document = {"offers": {"o": {"status": "approved", "caps": [{"id": "c", "limit": 3}]}}}
    found = tools.given(document, *[{"offers": ["o"]}] * 4, duplicates=True)
    assert found == [["o"], ["o"], ["o"], []]


def test_only_the_counts_that_are_needed_are_read(tools: Any) -> None:
    read: list[CountKey] = []

    class Recording(dict[CountKey, int]):
        def get(self, key: CountKey, default: int = 0) -> int:
            read.append(key)
            return default

    document = {
        "placements": {"p": {"content": []}},
        "offers": {
            "o": {
                "status": "approved",
                "caps": [{"id": "c", "limit": 5}, {"id": "d", "limit": 5, "placements": ["q"]}],
            },
            "no": {"status": "approved", "eligible": "false", "caps": [{"id": "c", "limit": 5}]},
        },
        "activities": {"A": {"status": "live", "placements": ["p"], "selections": [{"offers": ["o", "no"]}]}},
    }
    tools.decide(document, {"activity": "A"}, counts=Recording())
    assert set(read) == {CountKey("o/c", "", "", "")}


def event(**members: Any) -> Interaction:
    return codec.build(Interaction, {"type": "accept", **members})


def counted(tools: Any, caps: list[dict[str, Any]], interaction: Interaction, **rest: Any) -> list[Reservation]:
    document = {
        "placements": {"p": {"content": []}},
        "offers": {"o": {"status": "approved", "attributes": {"n": 7}, "caps": caps}},
        "activities": {
            "A": {
                "status": "live",
                "placements": ["p"],
                "selections": [{"inline": {"i": {"status": "approved", "caps": caps}}}],
            }
        },
    }
    known = {
        "person": engine.Person(id="p1", attributes={"n": 1}),
        "now": tools.micros("2026-11-20T12:00:00Z"),
        "offer": "o",
        "placement": None,
    }
    return engine.counted(tools.compile(document), interaction, **{**known, **rest})


def test_an_accept_takes_a_place_under_its_limit(tools: Any) -> None:
    cap = {"id": "c", "limit": "offer.attributes.n + n", "per": "profile", "counts": "accept", "every": "day"}
    (found,) = counted(tools, [cap], event(quantity=4))
    assert found == Reservation(
        key=CountKey("o/c", "", "p1", "day:2026-11-20"), amount=1, limit=8, offer="o", cap="c",
        expires=tools.micros("2026-11-21T00:00:00Z"),
    )  # fmt: skip
    (found,) = counted(tools, [{**cap, "within": "1 day", "every": None}], event())
    assert (found.within, found.expires) == (86400, None)


def test_an_interaction_is_counted_where_it_happened(tools: Any) -> None:
    cap = {"id": "c", "limit": 9, "counts": "accept", "placements": "each"}
    for placement, counts_at in (("p", "p"), (None, "")):
        (found,) = counted(tools, [cap], event(), placement=placement)
        assert found.key == CountKey("o/c", counts_at, "", "")


def test_the_limit_of_an_interaction_may_look_at_it(tools: Any) -> None:
    (found,) = counted(tools, [{"id": "c", "limit": "event.quantity + 1", "counts": "accept"}], event(quantity=4))
    assert found.limit == 5


def test_a_report_has_no_limit(tools: Any) -> None:
    assert counted(tools, [{"id": "c", "limit": 1, "counts": "click"}], event(type="click"))[0].limit is None
    assert counted(tools, [{"id": "c", "limit": 1, "counts": "claim"}], event(type="claim"))[0].limit == 1


def test_an_offer_written_in_an_activity_counts_by_its_own_name(tools: Any) -> None:
    cap = {"id": "c", "limit": 1, "counts": "accept"}
    (found,) = counted(tools, [cap], event(), offer="i", activity="A")
    assert (found.key.cap, found.offer) == ("A#i/c", "A#i")
    assert counted(tools, [cap], event(), offer="A#i") == [found]
    assert counted(tools, [cap], event(), offer="i") == []
    assert counted(tools, [cap], event(), offer="o", activity="A")[0].offer == "o"
    assert counted(tools, [cap], event(), offer="B#i") == []
    assert counted(tools, [cap], event(), offer="A#j") == []


def test_what_happened_is_seen_by_the_rules_of_caps(tools: Any) -> None:
    def holds(rule: str, **members: Any) -> bool:
        return bool(
            counted(tools, [{"id": "c", "limit": 9, "counts": {"type": "accept", "when": rule}}], event(**members))
        )

    assert holds("event.data.ok", data={"ok": True})
    assert holds('event.ok and event.type = "accept"', data={"ok": True, "type": "other"})
    assert holds('event.value = 2.5 and event.currency = "EUR"', value="2.5", currency="EUR")
    assert holds(
        'event.selector = "#x" and event.choice = "a" and event.proposition = "y"',
        selector="#x",
        choice="a",
        proposition="y",
    )
    assert holds(
        'event.offer = "o" and event.activity = "A" and event.placement = "p"', offer="o", activity="A", placement="p"
    )
    assert holds("event.at occurs before now and event.quantity = 2", at="2026-11-19T00:00:00Z", quantity=2)
    assert holds("offer.attributes.n = 7 and n = 1")
    assert not holds("event.data.ok")
    assert not holds("event.value > 0")
