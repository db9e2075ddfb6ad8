"""Bodies that no client means: whatever is sent, it is refused as a problem or stored and given back."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

SCHEMAS = "https://ns.adobe.com/experience/offer-management/"
HTML = f"{SCHEMAS}content-component-html"

JUNK: list[Any] = [
    None, True, 0, -1, 2**70, 1.5, "", "x", "xcore:tag:1", "a b", "2024-01-01", [], {}, [1], [None], {"a": 1}, "\0",
    "*" * 300, "draft", "profile", [{}], {"": ""},
]  # fmt: skip
NAMES = ["x", "xdm:x", "~x", "~~bare", "@id", "id", "extensions", "(unknown)", "offerui:y", "etag", "created"]


def mutated(tree: Any, chance: random.Random) -> Any:
    """A tree with one thing changed."""
    if isinstance(tree, dict) and tree and chance.random() < 0.85:
        name = chance.choice(list(tree))
        if chance.random() < 0.15:
            tree.pop(name)
        elif chance.random() < 0.15:
            tree[chance.choice(NAMES)] = copy.deepcopy(chance.choice(JUNK))
        else:
            tree[name] = mutated(tree[name], chance)
        return tree
    if isinstance(tree, list) and tree and chance.random() < 0.8:
        at = chance.randrange(len(tree))
        tree[at] = mutated(tree[at], chance)
        return tree
    return copy.deepcopy(chance.choice(JUNK))


def bodies(library: Any) -> list[tuple[str, Any]]:
    """A valid body for each path."""
    place = library.create("offer-placement", {"xdm:name": "p", "xdm:componentType": HTML, "xdm:channel": "web"})["@id"]
    tag = library.plain("/tags", {"name": "t"})
    rule = library.plain("/offer-rules", {"name": "r", "condition": {"value": "age > 3"}})
    filter_ = library.plain("/offer-collections", {"name": "c", "filterType": "any-tags", "ids": [tag]})
    shown = {
        "placement": place,
        "components": [{"type": "html", "format": "text/html", "content": "x", "language": ["en"]}],
    }
    fallback = library.plain(
        "/offers?offer-type=fallback", {"name": "f", "status": "approved", "representations": [shown]}
    )
    who = {"profileConstraintType": "eligibilityRule", "eligibilityRule": rule}
    caps = [{"limit": 3, "scope": "profile", "entity": "placement", "placements": [place],
             "events": ["click", "custom"], "customQuery": "event.data.a = 1",
             "repeat": {"enabled": True, "unit": "week", "unitCount": 2}}]  # fmt: skip
    rank = {"priority": 2, "order": {"orderEvaluationType": "static"}}
    model = json.dumps({"operator": "equals", "value": {"left": "_shop.a", "right": 1}})
    item = {"offeritem": {"lifecycleStatus": "approved", "frequencyCappingConstraints": caps},
            "decisionitem": {"itemName": "i", "itemConstraints": who, "itemTags": [tag],
                             "itemPriority": 1}}  # fmt: skip
    return [
        ("/placements", {"name": "p", "componentType": "text", "channel": "web", "itemCount": 2, "returnMetaData": {}}),
        ("/exd-placements", {"name": "p", "channel": "https://ns.adobe.com/xdm/channel-types/web", "tags": ["u"]}),
        ("/tags", {"name": "t"}),
        ("/offer-collections", {"name": "c", "filterType": "all-tags", "ids": [tag], "labels": ["l"]}),
        ("/offer-rules", {"name": "r", "condition": {"type": "PQL", "format": "pql/text", "value": "age > 3"}}),
        ("/offers?offer-type=personalized", {
            "name": "o", "status": "approved", "tags": [tag], "characteristics": {"a": "b"}, "representations": [shown],
            "selectionConstraint": {"startDate": "2024-01-01T00:00:00Z", **who}, "rank": {"priority": 1},
            "cappingConstraint": {"globalCap": 3}, "frequencyCappingConstraints": caps,
        }),
        ("/offer-decisions", {
            "name": "d", "status": "live", "fallback": fallback,
            "criteria": [{"placements": [place], "optionSelection": {"filter": filter_}, "rank": rank,
                          "profileConstraint": who}],
        }),
        ("/ranking-formulas", {"name": "f", "returnType": {"type": "integer"},
                               "expression": {"value": "offer.priority"}}),
        ("/offer-items", {"_experience": {"decisioning": item}, "_shop": {"a": 1}}),
        ("/item-collections", {"name": "c", "constraints": [{"uiModel": model}]}),
        ("/selection-strategies", {"name": "s", "rank": rank, "profileConstraint": who,
                                   "optionSelection": {"filter": filter_}}),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_sent_is_refused_as_a_problem_or_given_back(library: Any, seed: int) -> None:
    chance = random.Random(seed)
    stored = 0
    for path, body in bodies(library):
        assert library.send("POST", f"/data/core/dps{path}", body).status_code == 201, path
        for _ in range(12):
            sent = mutated(copy.deepcopy(body), chance)
            answer = library.send("POST", f"/data/core/dps{path}", sent)
            assert answer.status_code in {201, 400, 422}, f"{path} {sent!r}: {answer.text}"
            stored += answer.status_code == 201
    assert stored
    for path, _ in bodies(library):
        for shown in library.seen(f"{path}{'&' if '?' in path else '?'}limit=1000")["results"]:
            bare, _, query = path.partition("?")
            patched = library.send("PATCH", f"/data/core/dps{bare}/{shown['id']}?{query}", [])
            assert patched.status_code == 200, f"{path} {shown!r}: {patched.text}"
            assert library.seen(f"{bare}/{shown['id']}?{query}") | {"etag": 0} == shown | {"etag": 0}


@pytest.mark.parametrize("operator", ["equals", "notEquals", "greaterThan", "contains", "startsWith", "in", "exists"])
def test_predicates_of_item_collections_become_rules(library: Any, operator: str) -> None:
    right: Any = ['a\\b"c', 1, True] if operator == "in" else 'it\'s "x"'
    tree = {"operator": "or", "value": [
        {"operator": "not", "value": {"operator": operator, "value": {"left": "_shop.we`ird", "right": right}}},
        {"operator": operator, "value": {"left": "_experience.decisioning.decisionitem.itemCatalogID", "right": right}},
    ]}  # fmt: skip
    body = {"name": operator, "constraints": [{"uiModel": json.dumps(tree)}]}
    name = library.plain("/item-collections", body)
    assert library.own(f"/item-collections/{name}") == body
    (native,) = library.native("collections")["items"]
    assert "offer.attributes.`_shop`.`we``ird`" in native["where"]


@pytest.mark.parametrize("model", [None, "{", "5", '{"operator":"equals","value":{"left":"a","right":{}}}', "x" * 10])
def test_predicates_that_are_none_are_refused(library: Any, model: Any) -> None:
    answer = library.send("POST", "/data/core/dps/item-collections", {"name": "c", "constraints": [{"uiModel": model}]})
    assert answer.status_code == 422
    assert answer.json()["report"]["additionalContext"]["errors"][0]["pointer"] == "/constraints/0/uiModel"


def test_predicates_nest_only_so_deep(library: Any) -> None:
    tree: Any = {"operator": "exists", "value": {"left": "a"}}
    for _ in range(40):
        tree = {"operator": "not", "value": tree}
    body = {"name": "c", "constraints": [{"uiModel": json.dumps(tree)}]}
    assert library.send("POST", "/data/core/dps/item-collections", body).status_code == 422


@pytest.mark.parametrize(
    ("operator", "rule"), [("equals", "isNull()"), ("notEquals", "isNotNull()"), ("lessThan", None)]
)
def test_a_comparison_with_nothing_asks_whether_it_is_there(library: Any, operator: str, rule: str | None) -> None:
    model = json.dumps({"operator": operator, "value": {"left": "a", "right": None}})
    answer = library.send("POST", "/data/core/dps/item-collections", {"name": "c", "constraints": [{"uiModel": model}]})
    assert answer.status_code == (422 if rule is None else 201)
    if rule is not None:
        (native,) = library.native("collections")["items"]
        assert native["where"].endswith(rule)
