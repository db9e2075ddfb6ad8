"""Whatever activities there are: what a client got and puts back changes nothing, in either version."""

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from offerd.services.document import read_yaml

SITE = read_yaml(
    """
placements:
  hero: {}
  foot: {ids: {mbox: Foot}}
  target-global-mbox: {kind: page, activities: all}
  home: {kind: view, ids: {view: Home}}
audiences: {a: context.mbox.tier = "gold", b: vip, c: inSegment("a")}
contents: {one: {body: <b>1</b>}, two: {type: json, body: {a: 1}}, three: {type: image, body: "https://cdn.example/"}}
properties: {p: {token: t}}
rules: {r: {when: age > 3}}
"""
)

CONDITIONS = st.sampled_from(
    [
        None, {"audience": "a"}, {"any_audiences": ["b", "a"]}, {"any_audiences": ["c"]}, {"all_audiences": ["a"]},
        {"all_audiences": ["a", "b"]}, {"pql": "age > 3"}, {"rule": "r"},
    ]
)  # fmt: skip
COMPONENTS = st.fixed_dictionaries(
    {},
    optional={
        "locator": st.sampled_from(["#x", ".y"]), "when": CONDITIONS.filter(bool),
        "language": st.sampled_from([["de"], ["en"]]),
        "extensions": st.builds(
            lambda place, option: {"target": {"locationLocalId": place, "optionLocalId": option}},
            st.integers(0, 3), st.integers(0, 3),
        ),
    },
).flatmap(
    lambda rest: st.sampled_from([
        {"ref": "one"}, {"ref": "two"}, {"ref": "three"}, {"type": "default"}, {"type": "html", "body": "<i>own</i>"},
        {"type": "actions", "body": [{"type": "remove", "selector": "#x", "content": ""}]},
    ]).map(lambda shows: {**shows, **rest})
)  # fmt: skip
PLACES = ("hero", "foot", "target-global-mbox", "home")
CONTENT = st.dictionaries(
    st.sampled_from(PLACES),
    st.lists(COMPONENTS, min_size=1, max_size=2, unique_by=lambda one: (
        one.get("type"), one.get("ref"), one.get("locator"))),
    max_size=3,
)  # fmt: skip
OFFERS = st.builds(
    lambda name, eligible, content, local: {
        "status": "approved", "content": content,
        **({"name": name} if name else {}), **({"eligible": eligible} if eligible else {}),
        **({} if local is None else {"extensions": {"target": {"experienceLocalId": local}}}),
    },
    st.sampled_from(["", "A", "B"]), CONDITIONS, CONTENT, st.none() | st.integers(0, 4),
)  # fmt: skip
GOALS = st.lists(
    st.builds(
        lambda on, at, then, once, selector, when: {
            "on": on, "then": then, "once": once, **({"at": at} if at else {}), **({"when": when} if when else {}),
            **({"selector": selector} if selector else {}),
        },
        st.sampled_from(["click", "conversion", "purchase"]), st.sampled_from([*PLACES, ""]),
        st.sampled_from(["keep", "release_same", "bar"]), st.booleans(), st.sampled_from(["", "#buy"]),
        st.sampled_from([None, 'inSegment("a")', "event.value > 3"]),
    ),
    max_size=3,
)  # fmt: skip


@st.composite
def activities(draw):
    """Activities as people write them, of every sort that clients can be told of."""
    inline = draw(st.dictionaries(st.sampled_from("uvw"), OFFERS, min_size=1, max_size=3))
    kind = draw(st.sampled_from(["ab", "xt", "autoallocate"]))
    shares = dict.fromkeys(inline, 0) | {next(iter(inline)): 100}
    rank = {"ab": {"traffic": shares}, "xt": "order", "autoallocate": {"by": "traffic", "model": "m"}}[kind]
    audience = draw(CONDITIONS)
    return kind, {
        "status": draw(st.sampled_from(["draft", "live", "completed", "archived"])),
        "priority": draw(st.sampled_from([0, 7, 5_000])),
        "percent": draw(st.sampled_from(["100", "12.5", "0"])),
        "keep": draw(st.sampled_from(["nothing", "request", "profile"])),
        "properties": draw(st.sampled_from([[], ["p"]])),
        "placements": {place: {"shares": draw(st.booleans())} for place in draw(st.sampled_from([PLACES, ()]))},
        "selections": [{"rank": rank, "inline": inline, "name": "shown"}],
        "goals": draw(GOALS),
        **({} if audience is None else {"audience": audience}),
        **draw(st.sampled_from([{}, {"name": "N"}, {"window": {"from": "2026-01-01T00:00:00.5Z"}}])),
    }


# Nothing is shrunk: over HTTP that takes minutes.
@settings(max_examples=60, phases=(Phase.generate,), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(activities())
def test_native_activities_survive_their_clients(admin, api, made):
    kind, document = made
    if api.get("/placements/hero").status_code != 200:
        api.post("/catalogue/apply", json=SITE).raise_for_status()
    stored = api.put("/activities/x", json=document)
    assert stored.status_code in {200, 201}, stored.text
    before = api.get("/activities/x").json()
    path = f"/activities/{kind}/{before['ids']['number']}"
    for version in (1, 3):
        shown = admin.get(path, version=version)
        assert admin.put(path, shown, version=version) == shown
        assert api.get("/activities/x").json() == before
    whole = admin.get(path)
    changed = admin.put(path, {**whole, "name": "Another", "priority": 3})
    assert changed == {**whole, "name": "Another", "priority": 3}
    after = api.get("/activities/x").json()
    more = {"name": "Another", "priority": 3}
    ignored = {"version", "modified", "modified_by", "modifiedBy", "extensions", *more}
    assert {name: after.get(name) for name in more} == more
    assert _bare(after, ignored) == _bare(before, ignored)


def _bare(tree, ignored):
    """An object without what a write may add: what this format keeps of how it is shown."""
    if isinstance(tree, dict):
        return {name: _bare(each, {"extensions"}) for name, each in tree.items() if name not in ignored}
    return [_bare(each, ignored) for each in tree] if isinstance(tree, list) else tree
