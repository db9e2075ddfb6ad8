"""Random sites and visits, and one comparison: what the server gives, and what a device makes of the artifact.

A *world* is a catalogue and visits. A visit is one place that a visitor who was never here before asks for; a *chooser*
answers it from an artifact. Whoever reads artifacts is held against the server by `same_as_the_server`.
"""

import hashlib
import json
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import strategies as st

START = 1_767_268_800_000_000  # a Thursday, noon
SECOND = 1_000_000

PROPERTIES = {"web": {"token": "web-token"}, "app": {"token": "app-token"}}
AUDIENCES = {
    "golden": 'context.mbox.tier = "gold"',
    "open-hours": "context.time.utc.hour >= 9 and context.time.utc.hour < 17",
    "known": "profile.known = true",
}
PLACEMENTS = {
    "hero": {},
    "card": {"content": ["html", "json", "actions", "text", "redirect"], "ids": {"mbox": "Card Box"}},
    "target-global-mbox": {"kind": "page", "activities": "all", "count": "all"},
    "home": {"kind": "view", "activities": "all", "ids": {"view": "Home"}},
}
#: Where nothing is shown and visitors reach goals.
GOAL_PLACES = {"order-done": {}}
#: What clients call the placements.
CALLED = {
    "hero": ("hero",),
    "card": ("card", "Card Box"),
    "target-global-mbox": ("page",),
    "home": ("home", "Home", "all views"),
}
CONTENTS = {
    "banner": {"name": "A banner", "body": "<i>${offer.name}</i>", "template": "macros"},
    "facts": {"type": "json", "body": {"a": [1, None]}},
}
CONDITIONS = (
    'context.mbox.tier = "gold"', 'context.mbox.tier != "gold"', 'context.mbox.tier = "None"',
    'context.mbox.tier != "None"', 'context.mbox.tier = ""', 'context.mbox.tier != ""', 'context.mbox.tier = 5',
    '"gold" = context.mbox.tier', 'context.mbox.tier in ["gold", "blue"]', 'context.mbox.tier notIn ["gold", ""]',
    'context.mbox.tier.contains("ol")', 'context.mbox.tier.contains("")', 'context.mbox.tier.doesNotContain("ol")',
    'context.mbox.tier.equals("gold", false)', 'context.mbox.tier.notEqualTo("gold", false)',
    'context.mbox.tier.contains("gold", false)', 'context.mbox.tier_lc = "gold"', "context.mbox.tier.isNull()",
    "context.mbox.tier.isNotNull()", "context.mbox.tier", 'context.mbox.plan.kind = "gold"', "context.mbox.plan",
    'context.mbox.plan != "x"', "context.mbox.plan.isNull()", 'context.mbox.plan.contains("kind")',
    'context.mbox.plan notIn ["a"]',
    'context.page.url.contains("example")', 'context.page.url_lc.contains("shop")', 'context.page.url = ""',
    'context.page.url != ""', "context.page.url.isNotNull()", 'context.page.url.doesNotContain("@")',
    "context.time.utc.weekday in [4, 5]", "context.time.weekday > 4", "context.time.utc.hour < 13",
    "context.time.utc.hour > 11", "context.time.utc.hour > 12", "context.time.utc.hour <= 11",
    "context.time.utc.hour = 12", "context.time.utc.hour != 12", 'context.time.utc.date >= "2026-01-02"',
    'context.time.utc.date = "2026-01-01"', "context.time.utc.year = 2026",
    'context.geo.country = "DE"', 'context.geo.country != "DE"', "context.geo.latitude >= 50",
    "context.geo.latitude < 50.5", "context.geo.city.isNull()",
    'inSegment("golden")', 'inSegment("open-hours")', "true", "false",
)  # fmt: skip
REMOTE = (
    'context.page.query = "a=1"', 'context.page.fragment != "top"', 'context.page.domain = "example.co.uk"',
    'context.mbox.tier < 5', 'context.page.path = "/cart"', 'context.page.subdomain = "shop"', 'inSegment("known")',
    'context.user.browserType = "chrome"', 'context.referring.url.contains("example")', "profile.age > 3",
)  # fmt: skip
URLS = (
    "", "https://www.shop.example.co.uk/cart?a=1#top", "http://example.org", "https://SHOP.example.com:8443/x?a=1",
    "https://shop.example.com./", "http://localhost:8080/cart", "http://10.0.0.1/x#top", "not a url",
    "//example.com/cart", "https://shop.example.com/x?mail=a@example.org", "https://example.org/x;a=1?b",
)  # fmt: skip
PERCENTS = (0, 33.335, 50, 66.67, *[100] * 10)
SPLITS = ((50, 50), (34, 33, 33), (30, 0, 70), (10, 90), (100,), (0, 100))
NAMES = ("a", "b", "c", "d")
#: What follows from goals: mostly nothing that a device would have to know of.
FOLLOWS = ("keep", "keep", "release_same", "release_same", "release_random", "release_new", "bar")
#: Where activities answer, the places at which several do at once most often.
SPOTS = (*sorted(PLACEMENTS), "home", "target-global-mbox")
WINDOWS = (
    {"from": "2026-01-01T12:00:02Z"}, {"until": "2026-01-01T12:00:02Z"},
    {"from": "2025-01-01", "until": "2026-01-01T12:00:04Z"}, {"until": "2025-12-31"},
)  # fmt: skip
GEOS = (
    None, {"countryCode": "DE"}, {"countryCode": "FR", "latitude": 50.25, "city": "None"}, {"latitude": 0, "city": "X"},
)  # fmt: skip


class World(NamedTuple):
    """A catalogue and visits to it."""

    catalogue: dict[str, Any]
    visits: list[dict[str, Any]]


def _condition(luck: Random, depth: int = 2) -> str:
    if depth and luck.random() < 0.4:
        parts = (_condition(luck, depth - 1), _condition(luck, depth - 1))
        return luck.choice(("({} and {})", "({} or {})", "(not {})")).format(*parts)
    return luck.choice(REMOTE if luck.random() < 0.01 else CONDITIONS)


def _components(luck: Random, word: str) -> Any:
    kinds = ("html", "json", "actions", "macros", "two", "text", "redirect", "ref")
    kind = luck.choice((*kinds * 2, "default", "none"))
    if kind == "none":
        return None
    made: dict[str, Any] = {
        "html": {"html": f"<b>{word}</b>"},
        "json": {"json": {"word": word, "more": [1, {"x": None}]}},
        "default": {"type": "default"},
        "actions": {"actions": [{"type": "setHtml", "selector": "#x", "content": word}]},
        "text": {"text": f"{word} & more", "locator": luck.choice((None, "#text"))},
        "redirect": {"redirect": f"https://shop.example/{word.replace(' ', '-')}"},
        "ref": {"ref": luck.choice(sorted(CONTENTS))},
        "macros": {"html": f"${{campaign.name}} {word}", "template": "macros"},
        "two": [{"html": f"one {word}"}, {"html": f"two {word}", "locator": "#two"}],
    }[kind]
    if luck.random() < 0.2:
        (made[0] if isinstance(made, list) else made)["when"] = _condition(luck)
    return made


def _offer(luck: Random, activity: str, name: str, places: list[str]) -> dict[str, Any]:
    content = {place: _components(luck, f"{activity} {name} {place}") for place in places}
    made: dict[str, Any] = {
        "status": "draft" if luck.random() < 0.1 else "approved",
        "priority": luck.randint(0, 9),
        "content": {place: shown for place, shown in content.items() if shown is not None},
    }
    if luck.random() < 0.3:
        made["eligible"] = _condition(luck)
    if luck.random() < 0.1:
        made["window"] = luck.choice(WINDOWS)
    return made


def _activity(luck: Random, name: str) -> dict[str, Any]:
    places = list(dict.fromkeys(luck.choices(SPOTS, k=luck.choice((1, 1, 2)))))
    rank, split = luck.choice(("traffic", "traffic", "order", "order", "priority")), luck.choice(SPLITS)
    shares = dict(zip(NAMES, split, strict=False))
    offers = {each: _offer(luck, name, each, places) for each in shares}
    if rank == "traffic" and luck.random() < 0.8:
        for offer in offers.values():
            offer.pop("eligible", None)
            offer.pop("window", None)
    made: dict[str, Any] = {
        "name": f"The {name}",
        "status": "live",
        "priority": luck.randint(0, 2),
        "percent": luck.choice(PERCENTS),
        "keep": luck.choice(("nothing", "profile", "request")),
        "properties": luck.choice((*[[]] * 9, ["web"], ["app"], ["web", "app"])),
        "placements": {place: {"shares": luck.random() < 0.9} for place in places},
        "goals": _goals(luck, places),
        "selections": [{"rank": rank if rank != "traffic" else {"traffic": shares}, "inline": offers}],
    }
    for place in places:
        if luck.random() < 0.1:
            made["placements"][place]["when"] = _condition(luck)
    if luck.random() < 0.2:
        made["audience"] = luck.choice((_condition(luck), {"audience": "golden"}))
    if luck.random() < 0.15:
        made["window"] = luck.choice(WINDOWS)
    if luck.random() < 0.03:  # auto-allocation
        made["selections"][0]["rank"] = {"by": "traffic", "model": name}
    return made


def _goals(luck: Random, places: list[str]) -> list[dict[str, Any]]:
    """Clicks at one of the places, and conversions elsewhere."""
    made = [{"on": "click", "at": places[0]}, {"on": "conversion", "at": "order-done"}]
    return [
        {**goal, "then": luck.choice(FOLLOWS) if luck.random() < 0.3 else "keep"}
        for goal in luck.sample(made, luck.choice((0, 1, 1, 2)))
    ]


def _parameters(luck: Random) -> dict[str, str]:
    return {
        name: luck.choice(("gold", "gold", "GOLD", "Blue", "", "None", "5", "golden", "x", "null", "{'kind': 'x'}"))
        for name in luck.sample(("tier", luck.choice(("plan.kind", "plan")), "age"), luck.randint(0, 2))
    }


def _visit(luck: Random, places: list[str]) -> dict[str, Any]:
    """What a visitor asks, and when; the visitor is told apart by all of it."""
    url, geo = luck.choice(URLS), luck.choice(GEOS)
    place = luck.choice(CALLED[luck.choice(places)])
    other = {"hero": "card", "card": "hero", "Card Box": "hero"}.get(place) if luck.random() < 0.3 else None
    return {
        "place": place,
        "parameters": _parameters(luck),
        "also": None if other is None else {"place": other, "parameters": _parameters(luck)},
        "context": {
            "channel": "web",
            **({"address": {"url": url}} if url else {}),
            **({"geo": geo} if geo else {}),
        },
        "own": luck.choice((None, None, "https://shop.example.com/own?a=1")),
        "property": luck.choice((None, None, "web-token", "app-token")),
        "after": luck.choice((0, 0, 1, 2, 3, 4, 3_600, 50_000)),
        "number": luck.randint(0, 10_000),
    }


def _world(seed: int) -> World:
    """The world of a seed. Chance is spread evenly here, where Hypothesis would look for the simplest worlds."""
    luck = Random(seed)
    activities = {name: _activity(luck, name) for name in NAMES[: luck.randint(1, 4)]}
    catalogue = {
        "properties": PROPERTIES,
        "audiences": AUDIENCES,
        "contents": CONTENTS,
        "placements": PLACEMENTS | GOAL_PLACES,
        "activities": activities,
    }
    places = [place for activity in activities.values() for place in activity["placements"]]
    return World(catalogue, [_visit(luck, places) for _ in range(12)])


@pytest.fixture(scope="session")
def worlds() -> Any:
    """Random worlds, for Hypothesis."""
    return st.integers(0, 2**64 - 1).map(_world)


def asked(world: World, visit: dict[str, Any]) -> dict[str, Any]:
    """The delivery request of a visit, by a visitor who never was here before."""
    who = hashlib.md5(json.dumps([world.catalogue, visit], sort_keys=True).encode()).hexdigest()  # noqa: S324
    made: dict[str, Any] = {"requestId": who, "id": {"tntId": who}, "context": visit["context"]}
    if visit["property"]:
        made["property"] = {"token": visit["property"]}
    detail: dict[str, Any] = {"parameters": visit["parameters"]} if visit["parameters"] else {}
    if visit["own"]:
        detail["address"] = {"url": visit["own"]}
    if visit["place"] == "page":
        made["execute"] = {"pageLoad": detail}
    elif visit["place"] in CALLED["home"]:
        name = {} if visit["place"] == "all views" else {"name": visit["place"]}
        made["prefetch"] = {"views": [{**name, **detail}]}
    else:
        mboxes = [{"index": 0, "name": visit["place"], **detail}]
        if visit["also"]:
            mboxes.append({"index": 1, "name": visit["also"]["place"], "parameters": visit["also"]["parameters"]})
        made["execute"] = {"mboxes": mboxes}
    return made


def shown(response: dict[str, Any]) -> list[Any]:
    """What a response shows: contents in their order, each with its activity and its experience."""
    execute, prefetch = response.get("execute") or {}, response.get("prefetch") or {}
    places = [
        *([execute["pageLoad"]] if "pageLoad" in execute and not execute.get("mboxes") else []),
        *(execute.get("mboxes") or []),
        *(prefetch.get("views") or []),
    ]
    return [
        [place.get("index"), option["type"], _plain(option["content"]), *_experience(option)]
        for place in places
        for option in place.get("options") or []
        if option.get("type") is not None and option["content"] != []  # else it is there for its token alone
    ]


def _plain(content: Any) -> Any:
    if isinstance(content, list) and content and isinstance(content[0], dict):
        return [{name: value for name, value in each.items() if value is not None} for each in content]
    return content


def _experience(option: dict[str, Any]) -> list[str | None]:
    tokens = option.get("responseTokens") or {}
    return [str(tokens.get(name)) for name in ("activity.id", "activity.name", "experience.id", "experience.name")]


def is_remote(artifact: dict[str, Any], visit: dict[str, Any]) -> Any:
    """Whether an artifact leaves a place to the server."""
    if visit["place"] in CALLED["home"]:
        return visit["place"] in artifact["remoteViews"] or (visit["place"] == "all views" and artifact["remoteViews"])
    name = "target-global-mbox" if visit["place"] == "page" else visit["place"]
    return not {name, (visit["also"] or visit)["place"]}.isdisjoint(artifact["remoteMboxes"])


@pytest.fixture
def same_as_the_server(server: Any, workspace: str, api: Any) -> Callable[[World, Any], int]:
    """Holds a chooser against the server in one world, and tells how many visits were decided on the device.

    A chooser is called with the artifact, the client's name, the requests and the microseconds at which each is made;
    it gives the responses.
    """
    settings = {"client": workspace, "sessionId": "s-1"}

    def compare(world: World, choose: Any) -> int:
        server.clock.set(START)
        try:
            applied = api.post("/catalogue/apply?prune=true", json=world.catalogue)
            assert applied.status_code == 200, applied.text
            with server.client("") as http:
                artifact = http.get(f"/{workspace}/production/v1/rules.json").json()
                local = [each for each in world.visits if not is_remote(artifact, each)]
                local.sort(key=lambda each: each["after"])
                times = [START + each["after"] * SECOND for each in local]
                requests = [asked(world, each) for each in local]
                answers = []
                for time, request in zip(times, requests, strict=True):
                    server.clock.set(time)
                    answer = http.post("/rest/v1/delivery", params=settings, json=request)
                    assert answer.status_code == 200, answer.text
                    answers.append(shown(answer.json()))
            chosen = [shown(each) for each in choose(artifact, workspace, requests, times)]
            for request, time, wanted, found in zip(requests, times, answers, chosen, strict=True):
                assert found == wanted, (time, request, artifact["rules"])
            return len(local)
        finally:
            server.clock.set(START)

    return compare


@pytest.fixture(params=["target_device", "target_node"], ids=["python", "node"])
def device(request: Any) -> Any:
    """The chooser that each of Target's SDKs is."""
    sdk = request.getfixturevalue(request.param)

    def choose(artifact: Any, client: str, requests: list[Any], times: list[int]) -> list[Any]:
        assert sdk.ask({"artifact": artifact, "client": client}) == {"ready": True}
        answers = []
        for one, time in zip(requests, times, strict=True):
            answer = sdk.ask({"request": one, "now": time})
            assert "raised" not in answer, answer
            answers.append(answer["response"])
        return answers

    return choose


@pytest.fixture
def events_of(api: Any) -> Callable[[str], list[dict[str, Any]]]:
    """What was recorded, by type."""

    def find(type_: str) -> list[dict[str, Any]]:
        answer = api.get("/interactions", params={"limit": 100, "type": type_})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    return find
