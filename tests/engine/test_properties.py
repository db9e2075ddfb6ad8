"""What must hold of every catalogue and every situation, over random ones."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from offerd import engine
from offerd.engine.run import Run
from offerd.model.decision import Reason
from offerd.model.person import Assignment

OFFERS = [f"o{number}" for number in range(6)]
PLACES = ["p", "q"]
ACTIVITIES = ["A", "B", "C"]
RULES = [
    "age > 30",
    "not (age > 30)",
    'country in ["DE", "FR"]',
    "age >= 18 and vip",
    "vip or age = 40",
    'context.channel = "web"',
    "offer.priority > 2",
    "offer.priority < maxPriority",
    'inSegment("gold")',
]
FORMULAS = ["offer.priority * 2", "if(vip, offer.attributes.margin, 0 - offer.priority)", "age", "missing.path"]
COLLECTIONS = [None, {"any_tags": ["y"]}, {"offers": ["o1"]}, {"where": "offer.priority = 2"}]
SELECTIONS = [None, {"offers": ["o2"]}, {"collection": {"all_tags": ["z"]}}]
WINDOWS = [{}, {"from": "2026-01-01"}, {"from": "2027-01-01"}, {"until": "2026-11-20"}, {"until": "2027-01-01"}]

conditions = st.one_of(
    st.sampled_from(RULES),
    st.sampled_from(
        [
            {"rule": "r"},
            {"rule": "gone"},
            {"all_rules": ["r", "s"]},
            {"audience": "gold"},
            {"any_audiences": ["gold", "list"]},
            {"all_audiences": ["list"]},
        ]
    ),
)
caps = st.lists(
    st.fixed_dictionaries(
        {"id": st.sampled_from(["c", "d"]), "limit": st.sampled_from([0, 1, 2, "offer.attributes.margin", "missing"])},
        optional={
            "key": st.just("shared"),
            "per": st.just("profile"),
            "placements": st.sampled_from(["each", ["p"]]),
            "counts": st.sampled_from(["display", "accept", {"type": "accept", "by": "quantity"}]),
            "every": st.sampled_from(["day", "2 weeks", "month"]),
            "hold": st.just("1 hour"),
        },
    ),
    max_size=2,
    unique_by=lambda cap: cap["id"],
)
offers = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["approved"] * 4 + ["draft"]),
        "priority": st.integers(0, 4),
        "attributes": st.fixed_dictionaries({"margin": st.integers(0, 3)}),
        "tags": st.lists(st.sampled_from(["x", "y", "z"]), unique=True, max_size=2),
        "window": st.sampled_from([*WINDOWS, {}, {}]),
    },
    optional={
        "eligible": conditions,
        "caps": caps,
        "content": st.sampled_from(
            [{"q": {"html": "1"}}, {"q": {"text": "1"}}, {"q": {"type": "html", "when": "vip"}}]
        ),
    },
)
collections = st.one_of(
    st.lists(st.sampled_from(OFFERS), unique=True, min_size=1).map(lambda ids: {"offers": ids}),
    st.sampled_from([{"any_tags": ["x", "y"]}, {"all_tags": ["x", "z"]}, {"where": "offer.priority >= 2"},
                     {"where": "offer.priority >= age / 10"}, "named", "gone"]).map(lambda each: {"collection": each}),
)  # fmt: skip
ranks = st.one_of(
    st.sampled_from(
        ["priority", "order", {"model": "m"}, {"ranking": "n"}, {"traffic": {"o0": 30, "o1": 0, "o2": 70}}]
    ),
    st.sampled_from(FORMULAS).map(lambda text: {"formula": text}),
)
selections = st.one_of(
    st.just("named"),
    st.builds(
        lambda pool, rank, more: {**pool, "rank": rank, **more},
        collections,
        ranks,
        st.fixed_dictionaries(
            {},
            optional={
                "group": st.integers(0, 2),
                "placements": st.sampled_from([["p"], ["q"]]),
                "when": conditions,
                "inline": st.just({"o9": {"status": "approved", "content": {"q": {"html": "i"}}}}),
            },
        ),
    ),
)
activities = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["live"] * 5 + ["draft"]),
        "priority": st.integers(0, 2),
        "placements": st.sampled_from([["p"], ["q"], ["p", "q"], {"p": {"when": "vip"}, "q": {"shares": True}}]),
        "selections": st.lists(selections, max_size=3),
        "keep": st.sampled_from(["nothing", "nothing", "request", "profile", "proposition"]),
        "window": st.sampled_from([*WINDOWS, {}, {}]),
    },
    optional={"audience": conditions, "percent": st.integers(0, 100), "fallback": st.just("f")},
)
documents = st.fixed_dictionaries(
    {
        "offers": st.dictionaries(st.sampled_from(OFFERS), offers, min_size=2),
        "activities": st.dictionaries(st.sampled_from(ACTIVITIES), activities, min_size=1),
        "placements": st.fixed_dictionaries(
            {
                "p": st.fixed_dictionaries({"content": st.just([]), "count": st.sampled_from([1, 2, "all"])}),
                "q": st.fixed_dictionaries(
                    {
                        "content": st.just(["html"]),
                        "activities": st.sampled_from(["one", "all"]),
                        "duplicates": st.booleans(),
                    }
                ),
            }
        ),
        "rules": st.fixed_dictionaries({"r": st.sampled_from(RULES), "s": st.sampled_from(RULES[:5])}),
        "audiences": st.fixed_dictionaries({"gold": st.sampled_from(RULES[:5]), "list": st.just({"imported": True})}),
        "collections": st.fixed_dictionaries(
            {"named": st.sampled_from([{"any_tags": ["z"]}, {"where": "offer.priority = 1"}])}
        ),
        "rankings": st.fixed_dictionaries({"n": ranks.map(lambda rank: {"rank": rank})}),
        "selections": st.fixed_dictionaries({"named": st.just({"collection": "named", "group": 1})}),
        "fallbacks": st.just({"f": {"content": {"q": {"html": "f"}}}}),
        "tables": st.just({}),
    }
)  # fmt: skip
asks = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {"activity": st.sampled_from([*ACTIVITIES, "gone"])}, optional={"count": st.integers(1, 3)}
        ),
        st.fixed_dictionaries({"placement": st.sampled_from([*PLACES, "gone"])}, optional={"quantity": st.just(2)}),
        st.fixed_dictionaries({"activity": st.sampled_from(ACTIVITIES), "placement": st.sampled_from(PLACES)}),
        st.fixed_dictionaries({"offers": st.lists(st.sampled_from([*OFFERS, "gone"]), min_size=1)}),
        st.fixed_dictionaries({"check": st.just(True)}),
    ),
    min_size=1,
    max_size=3,
)
states = st.fixed_dictionaries(
    {
        "person": st.sampled_from(["p1", "p2", None]),
        "attributes": st.fixed_dictionaries(
            {},
            optional={
                "age": st.sampled_from([17, 40, "old"]),
                "vip": st.booleans(),
                "country": st.sampled_from(["DE", "US"]),
            },
        ),
        "memberships": st.sampled_from([[], ["list"]]),
        "seed": st.sampled_from(["s", "t"]),
        "context": st.sampled_from([{}, {"members": {"channel": "web"}}]),
        "displayed": st.booleans(),
        "used": st.dictionaries(st.sampled_from(["o0/c", "o1/c", "o2/d", "shared"]), st.integers(0, 2)),
        "refused": st.sampled_from([{}, {}, {"o1": "c"}]),
        "assigned": st.sampled_from(
            [None, None, ("assigned", None), ("released", "same"), ("released", "new"), ("barred", None)]
        ),
    },
    optional={"duplicates": st.booleans()},
)


def situation(tools: Any, asked: list[dict[str, Any]], state: Mapping[str, Any]) -> engine.Situation:
    state = dict(state)
    counts = {
        engine.CountKey(cap, placement, profile, window): used
        for cap, used in state.pop("used").items()
        for placement in ("", "p", "q")
        for profile in ("", "p1")
        for window in ("", "day:2026-11-20")
    }
    assigned = state.pop("assigned")
    assignments = {}
    if assigned is not None:
        for name in ACTIVITIES:
            assignments[name] = Assignment(
                profile="p1", activity=name, state=assigned[0], rule=assigned[1], offer="o1", seen=["o1"], entry=1
            )
    models = {"m": engine.ModelState(version=1, scores={"o0": 0.5, "o1": 0.25})}
    return tools.situation(asked, counts=counts, assignments=assignments, models=models, **state)


@settings(max_examples=150, deadline=None)
@given(document=documents, asked=asks, state=states)
def test_asking_why_changes_no_answer(tools: Any, document: Any, asked: Any, state: Any) -> None:
    snapshot, given_to = tools.compile(document), situation(tools, asked, state)
    plain, explained = engine.decide(snapshot, given_to), engine.decide(snapshot, given_to, explain=True)
    assert all(answer.explanation is None for answer in plain.answers)
    assert all(answer.explanation is not None for answer in explained.answers)
    bare = tuple(msgspec.structs.replace(answer, explanation=None) for answer in explained.answers)
    assert msgspec.structs.replace(explained, answers=bare) == plain


@settings(max_examples=150, deadline=None)
@given(document=documents, asked=asks, state=states)
def test_the_order_of_objects_and_counts_does_not_matter(tools: Any, document: Any, asked: Any, state: Any) -> None:
    turned = {kind: dict(reversed(members.items())) for kind, members in reversed(document.items())}
    first = situation(tools, asked, state)
    second = msgspec.structs.replace(first, counts=dict(reversed(first.counts.items())))
    one = engine.decide(tools.compile(document), first, explain=True)
    two = engine.decide(tools.compile(turned), second, explain=True)
    assert one == two
    assert engine.decide(tools.compile(document), deepcopy(first), explain=True) == one


@settings(max_examples=150, deadline=None)
@given(document=documents, asked=asks, state=states)
def test_what_is_covered_is_what_a_check_says_is(tools: Any, document: Any, asked: Any, state: Any) -> None:
    snapshot, about = tools.compile(document), situation(tools, asked, state)
    names = [*OFFERS, "gone", "o1"]
    verdicts = engine.check(snapshot, about, names)
    assert engine.covered(snapshot, about, names) == [each.offer for each in verdicts if each.covered]


@given(document=documents, asked=asks, state=states)
def test_every_candidate_is_given_or_has_one_reason(tools: Any, document: Any, asked: Any, state: Any) -> None:
    snapshot, given_to = tools.compile(document), situation(tools, asked, state)
    answers = engine.decide(snapshot, given_to, explain=True).answers
    elsewhere = {each.offer.id for answer in answers for each in answer.given}
    for answer in answers:
        lost = [each.offer for each in answer.explanation.lost]
        assert len(lost) == len(set(lost))
        given_ids = {each.offer.id for each in answer.given if not each.fallback}
        assert not given_ids & set(lost)
        assert all(each.reason.code in engine.CODES and each.reason.message for each in answer.explanation.lost)
        assert all(each.code in engine.CODES for each in answer.explanation.activities.values())
        if answer.activity is None or answer.activity in answer.explanation.activities or answer.explanation.reason:
            continue
        activity = snapshot.activities[answer.activity]
        run = Run(snapshot, given_to, explain=False)
        sight = run.sight(given_to.request.asks[answer.ask])
        candidates = {
            offer.offer.id
            for selection in snapshot.selections_at(activity, answer.placement)
            for offer in snapshot.candidates(selection, sight)
        }
        assert candidates <= given_ids | set(lost)
        if "activity" in asked[answer.ask]:
            # o1 is remembered from before, and what the activity gave elsewhere in this request is remembered too
            assert set(lost) | given_ids <= candidates | {"o1"} | elsewhere


def healed(why: Reason, asked: Any, state: dict[str, Any], index: int, offer: str) -> tuple[Any, dict[str, Any]] | None:
    """The ask and the state with what was wanted in the place of what was seen; None where that is in the catalogue."""
    asked, state = deepcopy(asked), deepcopy(state)
    root, _, rest = (why.path or "").partition(".")
    if root == "profile" and rest in {"age", "vip", "country"}:
        state["attributes"][rest] = why.wanted
    elif why.path == "context.channel":
        state["context"] = {"members": {"channel": why.wanted}}
    elif root == "audiences":
        state["pretend"] = {"audiences": {rest: why.wanted}}
    elif why.path == "now":
        state["now"] = why.wanted
    elif why.path == "ask.count":
        asked[index]["count"] = why.wanted
    elif why.path == "request.duplicates":
        state["duplicates"] = why.wanted
    elif why.code != "cap-reached" or (why.path or "").endswith(".limit"):
        return None
    elif state["used"].get(f"{offer}/{why.facts['cap']}") == why.seen:
        state["used"] = {name: min(used, why.wanted) for name, used in state["used"].items()}
    else:
        return None
    return asked, state


dense = st.builds(
    lambda wares, chosen, count, places: {
        "placements": {"p": {"content": [], "count": count}, "q": {"content": [], "count": 2}},
        "offers": {name: {**ware, "status": "approved"} for name, ware in wares.items()},
        "activities": {"A": {"status": "live", "placements": places, "selections": [{"offers": OFFERS, **chosen}]}},
        "rules": {"r": "age > 30", "s": "vip"},
        "audiences": {"gold": 'country = "DE"', "list": {"imported": True}},
    },
    st.dictionaries(st.sampled_from(OFFERS), offers, min_size=3),
    st.fixed_dictionaries({}, optional={"when": conditions, "rank": ranks}),
    st.integers(1, 2),
    st.sampled_from([["p"], ["p", "q"]]),
)


@settings(max_examples=150, deadline=None)
@given(document=dense, asked=st.just([{"activity": "A"}]), state=states)
def test_what_was_wanted_removes_the_reason(tools: Any, document: Any, asked: Any, state: Any) -> None:
    snapshot = tools.compile(document)
    before = engine.decide(snapshot, situation(tools, asked, state), explain=True)
    for at, answer in enumerate(before.answers):
        for each in answer.explanation.lost:
            if any("key" in cap for cap in document["offers"][each.offer].get("caps", ())):
                continue  # what another offer of this very answer took cannot be put right in the ledger
            better = healed(each.reason, asked, state, answer.ask, each.offer)
            if better is None:
                continue
            after = engine.decide(snapshot, situation(tools, *better), explain=True)
            if len(after.answers) != len(before.answers) or after.answers[at].activity != answer.activity:
                continue
            again = {lost.offer: lost.reason for lost in after.answers[at].explanation.lost}.get(each.offer)
            same = again is not None and (again.code, again.clause, again.seen) == (
                each.reason.code, each.reason.clause, each.reason.seen,
            )  # fmt: skip
            assert not same, (each, again)


@settings(max_examples=150, deadline=None)
@given(
    document=documents,
    changes=st.lists(
        st.one_of(
            st.tuples(st.just("offers"), st.sampled_from(OFFERS), st.none() | offers),
            st.tuples(st.just("activities"), st.sampled_from(ACTIVITIES), st.none() | activities),
            st.tuples(st.just("collections"), st.sampled_from(["named", "other"]), st.sampled_from(COLLECTIONS)),
            st.tuples(st.just("selections"), st.just("named"), st.sampled_from(SELECTIONS)),
            st.tuples(st.just("rules"), st.just("r"), st.none() | st.sampled_from(RULES)),
            st.tuples(st.just("audiences"), st.just("gold"), st.none() | st.sampled_from(RULES)),
            st.tuples(st.just("rankings"), st.just("n"), st.none() | st.just({"rank": "order"})),
            st.tuples(st.just("placements"), st.just("q"), st.none() | st.just({"content": [], "lasts": "1 day"})),
            st.tuples(st.just("properties"), st.just("x"), st.none() | st.sampled_from([{"token": "t"}, {}])),
            st.tuples(st.just("fallbacks"), st.just("f"), st.none() | st.just({"status": "archived"})),
            st.tuples(st.just("tables"), st.just("t"), st.none() | st.just({"rows": {"a": {"b": 1}}})),
        ),
        min_size=1,
        max_size=6,
    ),
)
def test_compiling_what_changed_is_compiling_all(tools: Any, document: Any, changes: Any) -> None:
    document = {kind: dict(members) for kind, members in document.items()}
    snapshot = tools.compile(document)
    for kind, name, value in changes:
        if value is None:
            document.setdefault(kind, {}).pop(name, None)
        else:
            document.setdefault(kind, {})[name] = value
        catalogue = tools.catalogue(document)
        snapshot = engine.compile(catalogue, tools.program, snapshot, [(kind, name)])
        assert snapshot == engine.compile(catalogue, tools.program)
