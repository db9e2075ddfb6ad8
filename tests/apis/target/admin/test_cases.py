"""The hard cases of the format, written through the Admin API and asked through delivery."""

import pytest

from offerd.engine.traffic import allocation


@pytest.fixture
def visitors(workspace):
    """Finds visitors by where the hash puts them in an activity."""

    def find(low, high, activity, salt="0"):
        names = (f"{index:032x}" for index in range(100_000))
        return (name for name in names if low < allocation(workspace, str(activity), name, salt) <= high)

    return find


def placed(*pairs):
    return [{"locationLocalId": location, "optionLocalId": option} for location, option in pairs]


@pytest.fixture
def bundle(admin):
    """An A/B activity over two mboxes and two selectors, one of which only Europe sees."""
    offers = [admin.offer(f"<b>{name}</b>") for name in ("B", "C")]
    europe = admin.audience({"geo": "country", "equals": ["DE", "FR"]})
    body = {
        "name": "Bundle",
        "state": "approved",
        "priority": 100,
        "options": [{"optionLocalId": 0, "offerId": 0}]
        + [{"optionLocalId": index, "offerId": offer} for index, offer in enumerate(offers, 1)],
        "locations": {
            "mboxes": [{"locationLocalId": 0, "name": "hero"}, {"locationLocalId": 1, "name": "foot"}],
            "selectors": [
                {"locationLocalId": 2, "name": "all", "selector": "#x"},
                {"locationLocalId": 3, "name": "europe", "selector": "#y", "audienceIds": [europe]},
            ],
        },
        "experiences": [
            {"experienceLocalId": 0, "name": "A", "visitorPercentage": 34,
             "optionLocations": placed((0, 0), (1, 0), (2, 0))},
            {"experienceLocalId": 1, "name": "B", "visitorPercentage": 33,
             "optionLocations": placed((0, 1), (1, 1), (2, 1), (3, 1))},
            {"experienceLocalId": 2, "name": "C", "visitorPercentage": 33,
             "optionLocations": placed((0, 2), (1, 2), (2, 2))},
        ],
        "metrics": [{"metricLocalId": 1, "name": "Bought", "conversion": True,
                     "action": {"type": "restart_random_experience"}, "mboxes": [{"name": "thanks"}]}],
    }  # fmt: skip
    return admin.make("/activities/ab", body)


def test_one_choice_everywhere_and_default_content_holds_a_place(admin, deliver, visitors, bundle):
    gold, silver = (admin.audience({"mbox": "tier", "equals": [tier]}) for tier in ("gold", "silver"))
    admin.make(
        "/activities/xt",
        {
            "name": "Tiers",
            "state": "approved",
            "priority": 200,
            "options": [{"optionLocalId": 0, "offerId": 0}, {"optionLocalId": 1, "offerId": admin.offer("gold")}],
            "locations": {"mboxes": [{"locationLocalId": 0, "name": "hero"}]},
            "experiences": [
                {"experienceLocalId": 0, "name": "gold", "audienceIds": [gold], "optionLocations": placed((0, 1))},
                {"experienceLocalId": 1, "name": "silver", "audienceIds": [silver], "optionLocations": placed((0, 0))},
            ],
        },
    )
    visitor = next(visitors(35, 66, bundle["id"]))
    shown = deliver(
        visitor,
        context={"channel": "web", "geo": {"countryCode": "DE"}},
        execute={
            "pageLoad": {},
            "mboxes": [
                {"index": 0, "name": "hero", "parameters": {"tier": "silver"}},
                {"index": 1, "name": "hero"},
                {"index": 2, "name": "foot"},
            ],
        },
    )["execute"]
    assert [[option["content"] for option in mbox.get("options", [])] for mbox in shown["mboxes"]] == [
        [], ["<b>B</b>"], ["<b>B</b>"],
    ]  # fmt: skip
    changes = [action["selector"] for option in shown["pageLoad"]["options"] for action in option["content"]]
    assert changes == ["#x", "#y"]


def test_forms_and_visual_changes_share_a_page(admin, deliver):
    def make(name, priority, *, visual):
        place = {"locationLocalId": 0, "name": "target-global-mbox"}
        location = {"selectors": [{**place, "selector": "#x"}]} if visual else {"mboxes": [place]}
        return admin.make(
            "/activities/xt",
            {
                "name": name,
                "state": "approved",
                "priority": priority,
                "options": [{"optionLocalId": 0, "offerId": admin.offer(name)}],
                "locations": location,
                "experiences": [{"experienceLocalId": 0, "name": "only", "optionLocations": placed((0, 0))}],
            },
        )["id"]

    def shown():
        options = deliver(execute={"pageLoad": {}})["execute"]["pageLoad"]["options"]
        return [each["responseTokens"]["activity.name"] for each in options][::-1]

    for name, priority, visual in (("form9", 9, False), ("vec8", 8, True), ("form7", 7, False), ("vec6", 6, True)):
        last = make(name, priority, visual=visual)
    assert shown() == ["form9", "vec8", "vec6"]
    admin.put(f"/activities/{last}/priority", {"priority": 10}, version=1)
    assert shown() == ["vec6", "vec8"]


def test_visitors_stay_until_a_metric_lets_them_go(admin, seen, deliver, visitors, bundle):
    first, other = list(visitors(35, 66, bundle["id"]))[:2]
    assert seen("hero", first) == ["<b>B</b>"]
    for each, share in zip(bundle["experiences"], (0, 0, 100), strict=True):
        each["visitorPercentage"] = share
    admin.put(f"/activities/ab/{bundle['id']}", bundle)
    assert seen("hero", first) == ["<b>B</b>"]
    assert seen("hero", other) == ["<b>C</b>"]
    deliver(first, execute={"mboxes": [{"index": 0, "name": "thanks"}]})
    assert seen("hero", first) == ["<b>C</b>"]


def test_an_activity_that_starts_again_with_the_same_experience_is_decided_on_devices(server, workspace, admin, split):
    metric = {"metricLocalId": 1, "name": "Sold", "conversion": True, "mboxes": [{"name": "order-confirm"}]}
    admin.make("/activities/ab", split(admin.offer("<b>x</b>"), state="approved", metrics=[metric]))
    with server.client("") as client:
        artifact = client.get(f"/{workspace}/production/v1/rules.json").json()
    assert artifact["remoteMboxes"] == ["order-confirm"]
    assert [len(rule["condition"]["and"]) for rule in artifact["rules"]["mboxes"]["hero"]] == [2, 2]


def test_an_option_is_called_what_its_author_calls_it(admin, deliver, split):
    offer = admin.offer("<b>B</b>", name="Offer B")
    admin.approve(admin.make("/activities/ab", split(offer, shares=(0, 100)))["id"])
    (option,) = deliver(execute={"mboxes": [{"index": 0, "name": "hero"}]})["execute"]["mboxes"][0]["options"]
    tokens = option["responseTokens"]
    assert (tokens["option.id"], tokens["option.name"]) == ("2", "Offer2")
    assert (tokens["offer.id"], tokens["offer.name"]) == (str(offer), "Offer B")
