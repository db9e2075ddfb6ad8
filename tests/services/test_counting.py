"""What is counted of activities, the reports of it, and the traffic that follows."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from offerd.model import codec
from offerd.model.decision import Decision
from offerd.model.interaction import Interaction
from offerd.model.person import Identity
from offerd.model.request import Request
from offerd.services.errors import NotFound, Unprocessable
from offerd.services.learning.reports import Report, Units
from offerd.storage.protocols_learning import ENTRIES, Tally

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.anyio

BOUGHT = {"on": "conversion", "at": "p"}


async def split(shop: Shop, *names: str, **activity: Any) -> None:
    """Has the activity `a` split its traffic between experiences at the placement `p`."""
    inline = {name: {"status": "approved", "content": {"p": {"html": name}}} for name in names}
    made = {
        "status": "live",
        "keep": "profile",
        "placements": ["p"],
        "selections": [{"inline": inline, "rank": {"by": "traffic", "model": "a"}}],
        "goals": [BOUGHT],
        **activity,
    }
    await shop.house.catalogue.apply("default", {"placements": {"p": {}}, "activities": {"a": made}}, author="test")


async def seen(shop: Shop, who: str | None, session: str | None = None, **members: Any) -> str:
    """The experience that somebody is shown."""
    decision = await shop.ask(who, session=session, asks=[{"placement": "p", "displayed": True}], **members)
    return decision.propositions[0].items[0].offer


async def bought(shop: Shop, who: str, session: str = "", **members: Any) -> None:
    identities = [{"namespace": "crm", "id": who}]
    await shop.say("conversion", activity="a", placement="p", identities=identities, session=session, **members)


def report(shop: Shop, **days: datetime) -> Report:
    return shop.house.reports.performance("default", "a", **days)


def units(visitors: int, visits: int, impressions: int) -> Units:
    return Units(visitors=visitors, visits=visits, impressions=impressions)


async def test_a_person_a_visit_and_an_impression_are_counted_for_what_they_are(shop: Shop) -> None:
    await split(shop, "x")
    for session in ("s1", "s1", "s2"):
        await seen(shop, "ann", session)
    await seen(shop, "ben", "s3")
    for number, session in enumerate(("s2", "s2", "s4")):
        await bought(shop, "ann", session, key=f"k{number}", value="9.99")
    [experience] = report(shop).experiences
    assert (experience.offer, experience.entries) == ("x", units(2, 3, 4))
    [goal] = experience.goals
    assert (goal.conversions, goal.orders, goal.value) == (units(1, 2, 3), 3, Decimal("29.97"))
    assert report(shop).totals.entries == experience.entries


async def test_going_back_and_forth_between_visits_makes_no_more_of_them(shop: Shop) -> None:
    await split(shop, "x")
    for session in ("s1", "s2", "s1", "s2"):
        await seen(shop, "ann", session)
    assert report(shop).totals.entries == units(1, 2, 4)


async def test_one_page_view_is_one_impression_at_however_many_places(shop: Shop) -> None:
    await split(shop, "x")
    inline = {"x": {"status": "approved", "content": {"p": {"html": "x"}, "q": {"html": "x"}}}}
    rank = {"by": "traffic", "model": "a"}
    made = {
        "status": "live",
        "keep": "profile",
        "placements": ["p", "q"],
        "selections": [{"inline": inline, "rank": rank}],
    }
    await shop.house.catalogue.apply("default", {"placements": {"q": {}}, "activities": {"a": made}}, author="test")
    asks = [{"placement": name, "displayed": True} for name in ("p", "q")]
    for impression in ("i1", "i2"):
        await shop.ask("ann", session="s1", impression=impression, asks=asks)
    assert len(shop.rows("interactions")) == 4
    assert report(shop).totals.entries == units(1, 1, 2)


async def test_a_goal_that_counts_once_for_a_person_counts_once(shop: Shop) -> None:
    await split(shop, "x", goals=[{**BOUGHT, "once": True}])
    await seen(shop, "ann", "s1")
    for session in ("s1", "s2"):
        await bought(shop, "ann", session, key=session)
    assert report(shop).totals.goals[0].conversions == units(1, 1, 1)


async def test_splits_by_named_rankings_among_gathered_offers_are_counted_and_learned(shop: Shop) -> None:
    document = {
        "placements": {"p": {}},
        "offers": {name: {"status": "approved", "tags": ["t"], "content": {"p": {"html": name}}} for name in "xy"},
        "rankings": {"r": {"rank": {"by": "traffic", "model": "m"}}},
        "selections": {"s": {"collection": {"any_tags": ["t"]}, "rank": {"ranking": "r"}}},
        "activities": {"a": {"status": "live", "placements": ["p"], "selections": ["s"], "goals": [BOUGHT]}},
    }
    await shop.house.catalogue.apply("default", document, author="test")
    await seen(shop, "ann", "s1")
    await shop.house.models.learn()
    assert shop.house.models.read("default", "m").scores == {"x": 50.0, "y": 50.0}
    assert report(shop).totals.entries == units(1, 1, 1)


async def test_a_repeat_counts_nothing(shop: Shop) -> None:
    await split(shop, "x")
    for _ in range(2):
        await seen(shop, "ann", "s1", impression="i1")
        await bought(shop, "ann", "s1", key="once")
    assert report(shop).totals.entries == units(1, 1, 1)
    assert report(shop).totals.goals[0].conversions == units(1, 1, 1)


async def test_displays_that_are_told_later_count_as_those_that_come_with_the_answer(shop: Shop) -> None:
    await split(shop, "x")
    decision = await shop.ask("ann", session="s1")
    assert report(shop).totals.entries == units(0, 0, 0)
    for _ in range(2):
        await shop.say("display", proposition=decision.propositions[0].id)
    assert report(shop).totals.entries == units(1, 1, 1)


async def test_a_goal_of_somebody_who_saw_nothing_is_nobodys(shop: Shop) -> None:
    await split(shop, "x")
    await bought(shop, "ann")
    await shop.say("conversion", activity="a", placement="elsewhere", identities=[{"namespace": "crm", "id": "ann"}])
    assert report(shop).totals.goals[0].conversions == units(0, 0, 0)


async def test_what_was_given_counts_when_its_goal_is_reached_though_nobody_told_that_it_was_seen(shop: Shop) -> None:
    await split(shop, "x", keep="nothing", goals=[{"on": "purchase"}])
    for who in ("ann", "bob"):
        decision = await shop.ask(who, placement="p")
        item = decision.propositions[0].items[0]
        for key in ("k1", "k2"):
            await shop.say("purchase", item=item.id, key=f"{who}-{key}", value="2.5")
    told = report(shop)
    assert told.totals.entries == units(0, 0, 0)
    assert told.totals.goals[0].conversions == units(2, 2, 4)
    assert (told.totals.goals[0].orders, told.totals.goals[0].value) == (4, Decimal("10.0"))
    await shop.house.models.learn()
    learned = shop.house.models.read("default", "a").facts["experiences"]["x"]
    assert (learned["visitors"], learned["conversions"]) == (0, 0)


async def test_of_somebody_unknown_only_impressions_count(shop: Shop) -> None:
    await split(shop, "x")
    for _ in range(2):
        await seen(shop, None, "s1")
    await shop.say("conversion", activity="a", offer="x", placement="p")
    assert report(shop).totals.entries == units(0, 0, 2)
    assert report(shop).totals.goals[0].conversions == units(0, 0, 1)


async def test_an_activity_that_is_for_nothing_is_not_counted(shop: Shop) -> None:
    await shop.offer()
    await shop.ask("ann", asks=[{"placement": "p", "displayed": True}])
    assert shop.rows("tallies") == []
    assert shop.rows("visitors") == []


async def test_reports_are_of_whole_days(shop: Shop) -> None:
    await split(shop, "x")
    await seen(shop, "ann", "s1")
    shop.clock.advance(timedelta(days=1))
    await seen(shop, "ann", "s2")
    second = datetime(2026, 1, 2, tzinfo=UTC)
    assert report(shop, until=second).totals.entries == units(1, 1, 1)
    assert report(shop, since=second).totals.entries == units(0, 1, 1)
    assert report(shop, since=second, until=second + timedelta(hours=3)).totals.entries == units(0, 1, 1)
    with pytest.raises(Unprocessable):
        report(shop, since=second, until=second - timedelta(days=1))
    with pytest.raises(NotFound):
        shop.house.reports.performance("default", "nothing")


async def test_values_are_added_exactly_and_absurd_ones_harm_nothing(shop: Shop) -> None:
    await split(shop, "x")
    await seen(shop, "ann", "s1")
    for number, value in enumerate(("0.1", "0.2", "9e99", "1e-99")):
        await bought(shop, "ann", key=f"k{number}", value=value)
    goal = report(shop).totals.goals[0]
    assert goal.orders == 4
    assert goal.value.is_finite()


async def test_erasing_a_person_leaves_the_counts_and_nothing_of_the_person(shop: Shop) -> None:
    await split(shop, "x")
    await seen(shop, "ann", "s1")
    [profile] = shop.rows("profiles")
    assert [row["profile"] for row in shop.rows("visitors")] == [profile["id"]]
    await shop.house.profiles.erase("default", profile["id"])
    assert shop.rows("visitors") == []
    assert report(shop).totals.entries == units(1, 1, 1)


async def test_two_who_turn_out_to_be_one_go_on_as_the_one_who_stays(shop: Shop) -> None:
    await split(shop, "x")
    for who in ("ann", "cookie"):
        await seen(shop, who, "s1")
    ann, cookie = (
        shop.house.profiles.find_identity("default", Identity(namespace="crm", id=who)) for who in ("ann", "cookie")
    )
    assert ann is not None
    assert cookie is not None
    await shop.house.profiles.link("default", ann.id, cookie.id)
    assert len(shop.rows("visitors")) == 1
    for who in ("ann", "cookie"):
        await seen(shop, who, "s1")
    assert report(shop).totals.entries == units(2, 2, 4)


async def test_what_was_counted_of_a_goal_with_an_id_stays_its_own(shop: Shop) -> None:
    goal = {**BOUGHT, "id": "bought", "once": True}
    await split(shop, "x", goals=[goal])
    await seen(shop, "ann")
    await bought(shop, "ann")
    await split(shop, "x", goals=[{"on": "click"}, goal])
    await bought(shop, "ann", key="again")
    assert [(each.goal, each.conversions.visitors) for each in report(shop).totals.goals] == [("0", 0), ("bought", 1)]
    await split(shop, "x", goals=[{"on": "click"}])
    assert [(each.goal, each.conversions.visitors) for each in report(shop).totals.goals] == [("0", 0)]


async def test_counts_survive_a_restart_and_so_does_what_was_learned(shop: Shop) -> None:
    await split(shop, "x", "y")
    await seen(shop, "ann", "s1")
    await shop.house.models.learn()
    before = shop.house.models.read("default", "a")
    await shop.restart()
    await seen(shop, "ann", "s1")
    assert report(shop).totals.entries == units(1, 1, 2)
    assert shop.house.models.read("default", "a") == before
    assert (before.version, before.phase) == (1, "warm-up")
    with pytest.raises(NotFound):
        shop.house.models.read("default", "b")


async def test_learning_the_same_makes_no_new_version(shop: Shop) -> None:
    await split(shop, "x", "y")
    for _ in range(3):
        await shop.house.models.learn()
    assert shop.house.models.read("default", "a").version == 1
    shown = await seen(shop, "ann", "s1")
    await shop.house.models.learn()
    learned = shop.house.models.read("default", "a")
    assert (learned.version, learned.facts["experiences"][shown]) == (1, {"visitors": 1, "conversions": 0})


async def counted(shop: Shop, activity: str, **experiences: tuple[int, int]) -> None:
    """Has visitors and conversions of experiences counted."""
    made = [
        Tally(activity=activity, offer=offer, goal=goal, day=0, visitors=visitors)
        for offer, both in experiences.items()
        for goal, visitors in zip((ENTRIES, "0"), both, strict=True)
    ]
    storage = shop.house.storage
    await storage.writer.submit(lambda transaction: storage.tallies.add(transaction, "default", made))


@pytest.mark.parametrize("standing", [
    {"status": "draft"}, {"window": {"until": "2026-01-01T12:00:00Z"}}, {"window": {"from": "2026-01-01T12:00:01Z"}},
])  # fmt: skip
async def test_an_experience_that_nobody_may_get_now_holds_nothing_up(shop: Shop, standing: dict[str, Any]) -> None:
    shown = {name: {"status": "approved", "content": {"p": {"html": name}}} for name in "xyz"}
    shown["z"] |= standing
    await split(shop, selections=[{"inline": shown, "rank": {"by": "traffic", "model": "a"}}])
    await counted(shop, "a", x=(1_000, 100), y=(1_000, 300))
    await shop.house.models.learn()
    learned = shop.house.models.read("default", "a")
    assert (learned.phase, learned.scores) == ("winner", {"x": 10.0, "y": 90.0})


async def test_activities_that_split_between_the_same_offers_teach_one_model_together(shop: Shop) -> None:
    made = {"status": "live", "placements": ["p"], "goals": [BOUGHT], "selections": ["s"]}
    document = {
        "placements": {"p": {}},
        "offers": {name: {"status": "approved", "content": {"p": {"html": name}}} for name in "xy"},
        "selections": {"s": {"offers": ["x", "y"], "rank": {"by": "traffic", "model": "m"}}},
        "activities": {"a": made, "b": {**made, "selections": ["s", "s"]}},
    }
    await shop.house.catalogue.apply("default", document, author="test")
    await counted(shop, "a", x=(600, 60), y=(600, 60))
    await counted(shop, "b", x=(400, 40), y=(400, 40))
    for _ in range(2):
        await shop.house.models.learn()
    learned = shop.house.models.read("default", "m")
    assert (learned.version, learned.phase, learned.facts["activities"]) == (1, "even", ["a", "b"])
    tried = {name: (each["visitors"], each["conversions"]) for name, each in learned.facts["experiences"].items()}
    assert tried == {"x": (1_000, 100), "y": (1_000, 100)}


async def test_a_decision_tells_which_state_it_used_and_is_explained_with_that(shop: Shop) -> None:
    await split(shop, "x", "y")
    await shop.house.models.learn()
    decision = await shop.ask("ann")
    assert decision.models == {"a": 1}
    other = {
        "status": "live",
        "placements": ["q"],
        "selections": [{"inline": {"z": {"status": "approved", "content": {"q": {"html": "z"}}}}}],
    }
    await shop.house.catalogue.apply("default", {"placements": {"q": {}}, "activities": {"other": other}}, author="t")
    elsewhere = await shop.ask("ben", asks=[{"placement": "q"}])
    assert elsewhere.models == {}
    explained = await shop.house.decided.explain("default", decision.id)
    assert [item.offer for item in explained.propositions[0].items] == [decision.propositions[0].items[0].offer]


class Crowd:
    """Visitors who come one after the other, each in a visit of their own, and buy as often as what they see sells."""

    def __init__(self, shop: Shop, rates: dict[str, float]) -> None:
        self._shop = shop
        self._rates = rates
        self._random = Random(3)
        self._came = 0
        self.shown: Counter[str] = Counter()

    async def come(self, count: int) -> Counter[str]:
        """Has many come, many at once; gives what these were shown."""
        shown: Counter[str] = Counter()
        while count > 0:
            names = [f"v{self._came + each}" for each in range(min(count, 250))]
            self._came, count = self._came + len(names), count - len(names)
            given = await asyncio.gather(*(self._shop_asked(name) for name in names))
            sold = [name for name, each in zip(names, given, strict=True) if self._random.random() < self._rates[each]]
            await self._buy(sold)
            shown.update(given)
        self.shown.update(shown)
        return shown

    async def _shop_asked(self, name: str) -> str:
        tree = {"identities": [{"namespace": "crm", "id": name}], "asks": [{"placement": "p", "displayed": True}]}
        decision: Decision = await self._shop.house.decisioning.decide("default", codec.build(Request, tree))
        return decision.propositions[0].items[0].offer

    async def _buy(self, names: Sequence[str]) -> None:
        made = [
            Interaction(type="conversion", activity="a", placement="p", identities=[Identity(namespace="crm", id=name)])
            for name in names
        ]
        if made:
            await self._shop.house.interactions.record("default", made)


async def test_traffic_warms_up_leans_to_the_better_ones_and_ends_with_the_winner(shop: Shop) -> None:
    await split(shop, "a", "b", "c")
    crowd = Crowd(shop, {"a": 0.06, "b": 0.30, "c": 0.33})
    learn, read = shop.house.models.learn, shop.house.models.read
    await learn()
    warm = await crowd.come(3_300)
    assert min(warm.values()) > 1_000
    assert all(abs(each / 3_300 - 1 / 3) < 0.03 for each in warm.values())
    counted = {each.offer: each.entries.visitors for each in report(shop).experiences}
    assert counted == warm
    await learn()
    assert read("default", "a").phase == "leaning"
    leaning = await crowd.come(600)
    assert leaning["a"] / 600 == pytest.approx(0.20 / 3, abs=0.03)
    assert leaning["b"] / 600 == pytest.approx(0.40 + 0.20 / 3, abs=0.06)
    # Who came before stays with what they saw, whatever the shares are now.
    again = Counter([await crowd._shop_asked(f"v{number}") for number in range(150)])
    assert all(abs(each / 150 - 1 / 3) < 0.12 for each in again.values())
    # One of the two gets better beyond doubt.
    crowd._rates = {"a": 0.06, "b": 0.10, "c": 0.60}
    while read("default", "a").phase != "winner":
        await crowd.come(500)
        await learn()
        assert crowd._came < 12_000
    learned = read("default", "a")
    assert learned.facts["best"] == "c"
    won = await crowd.come(500)
    assert won["c"] / 500 == pytest.approx(0.80 + 0.20 / 3, abs=0.05)
    assert learned.scores == pytest.approx({"a": 20 / 3, "b": 20 / 3, "c": 80 + 20 / 3})
