"""Which fields of a request count: those that the placement maps, however they are spelled; the rest is told of."""

import pytest


def seen(site, wish, **asked):
    """What a rule or a template of the site sees of a request: the title that the wish makes of it."""
    card = {"offer-card": {"title": wish, "description": "-"}, "template": "liquid"}
    offer = {"status": "approved", "content": {"in-app": card}, "choices": [choice()]}
    play = {"status": "live", "placements": ["in-app"], "selections": [{"offers": ["mirror"]}], "priority": 99}
    site.apply({"offers": {"mirror": offer}, "activities": {"mirror": play}})
    return site.offer(asked.pop("customer", "c1"), **asked)["content"]["title"]


def choice():
    return {"id": "ok", "label": "Ok", "fulfil": {"kind": "redirect", "url": "https://shop.example/ok"}}


def test_mapped_fields_are_facts_of_the_context(site):
    wish = "{{ context.user | json }} {{ context.customer.id }}"
    told = seen(site, wish, first_name="Ada", last_name="Example", email="a@mail.example", roles=["r1", "r2"])
    assert told == '{"first_name":"Ada","email":"a@mail.example","roles":["r1","r2"]} c1'


def test_facts_of_the_page_are_facts_of_the_context(site):
    page = {
        "user_agent": "firefox/142.0",
        "locale": "en-GB",
        "timezone": "Europe/Vienna",
        "url": "https://app.example/a",
        "referrer_url": "https://app.example/",
    }
    wish = "{% for each in context.request %}{{ each[0] }}={{ each[1] }};{% endfor %}"
    told = seen(site, wish, request_context={**page, "unknown": 1})
    assert told == "".join(f"{name}={value};" for name, value in page.items())


def test_what_is_not_mapped_is_ignored_and_told_of(site):
    wish = "{{ context.user.last_name }}|{{ context.custom.secret }}"
    assert seen(site, wish, last_name="Example", custom={"secret": 1, "viewcount": 2}, strange=1) == "|"
    assert site.warnings() == [
        "Ignored, because in-app does not map it: last_name, custom.secret",
        "Ignored, because this call has no such parameter: strange",
    ]


def test_nothing_odd_is_told_of_a_plain_request(site):
    page = {"locale": "en", "timezone": "Europe/Vienna"}
    custom = {"VIEWCOUNT": 1, "STORAGE": {"usedpercent": 1}}
    site.list("c1", first_name="Ada", email="a@mail.example", custom=custom, request_context=page)
    assert site.warnings() == []


@pytest.mark.parametrize(
    ("custom", "named"),
    [
        ({"storage": {"USEDPERCENT": 1, "freePercent": 2}}, "custom.storage.freePercent"),
        ({"storage": {"deep": {"er": 1}}, "x": {"y": 1}}, "custom.storage.deep, custom.x"),
        ({"storage": 5}, "custom.storage"),
        ({"Storage.usedPercent": 1, "Storage.x": 2}, "custom.Storage.x"),
        ({"viewCount": {"deep": 1}, "view": 1}, "custom.view"),
    ],
)
def test_what_is_not_mapped_is_told_of_within_what_is(site, custom, named):
    site.list("c1", custom=custom)
    assert site.warnings() == [f"Ignored, because in-app does not map it: {named}"]


def test_facts_of_the_page_that_are_none_are_told_of(site):
    site.list("c1", strange=1, request_context={"locale": "en", "viewport": "800x600"})
    assert site.warnings() == [
        "Ignored, because this call has no such parameter: strange, request_context[viewport]",
    ]


def test_a_placement_that_maps_nothing_ignores_everything(site):
    site.apply({"placements": {"in-app": {"content": ["offer-card"], "extensions": {"chargebee": {}}}}})
    wish = "{{ context.user | json }}{{ context.custom | json }}"
    assert seen(site, wish, first_name="Ada", custom={"a": 1}) == "{}{}"
    assert site.warnings() == ["Ignored, because in-app does not map it: first_name, custom.a"]


@pytest.mark.parametrize(
    ("custom", "expected"),
    [
        ({"viewCount": 6}, '{"viewCount":6}'),
        ({"viewcount": 6}, '{"viewCount":6}'),
        ({"viewcount": 1, "viewCount": 2}, '{"viewCount":2}'),
        ({"storage": {"USEDPERCENT": 7.50}}, '{"Storage":{"usedPercent":7.5}}'),
        ({"Storage": 5}, "{}"),
        ({"Storage.usedPercent": 9}, '{"Storage":{"usedPercent":9}}'),
        ({"STORAGE": {"usedpercent": 1}, "storage": {"usedpercent": 2}}, '{"Storage":{"usedPercent":1}}'),
        ({"viewCount": None}, '{"viewCount":null}'),
        ({"viewCount": {"deep": [1]}}, '{"viewCount":{"deep":[1]}}'),
    ],
)
def test_custom_fields_are_spelled_as_the_placement_spells_them(site, custom, expected):
    assert seen(site, "{{ context.custom | json }}", custom=custom) == expected


def test_a_warning_names_only_so_many(site):
    site.list("c1", custom={f"field{index}": index for index in range(30)})
    (warning,) = site.warnings()
    assert warning.endswith("custom.field19 and 10 more")


def test_what_is_sent_is_never_kept_in_the_profile(site):
    site.list("c1", first_name="Ada", custom={"viewCount": 6, "plan": "small", "atRisk": True})
    profile = site.native.get("/profiles/chargebee_customer:c1").json()
    assert profile.get("attributes", {}) == {}


def test_the_language_is_the_locale_s(site):
    site.customer("c1", atRisk=True)
    site.customer("c2", atRisk=True)
    site.customer("c3", atRisk=True)
    german = site.offer("c1", request_context={"locale": "de-AT"})
    assert german["content"] == {"title": "Bleiben Sie", "description": "Ein Fünftel weniger"}
    assert site.offer("c2", request_context={"locale": "en_US"})["content"]["title"].endswith("friend</div>")
    assert site.offer("c3", request_context={"locale": "fr-FR"})["content"]["title"].endswith("friend</div>")


def test_a_customer_s_data_is_escaped_and_an_author_s_markup_is_made_safe(site):
    site.customer("c1", atRisk=True)
    card = site.offer("c1", first_name="<img src=x onerror=steal()>")["content"]
    assert card["title"] == '<div class="slate-p">Stay, &lt;img src=x onerror=steal()&gt;</div>'
    assert card["description"] == '<div class="slate-p">A fifth less</div>'


@pytest.mark.parametrize(
    ("written", "safe"),
    [
        ("Save 5 & more", "Save 5 &amp; more"),
        ('<a href="javascript:steal()">x</a>', '<a rel="noopener noreferrer">x</a>'),
        ('<a href="https://shop.example/">x</a>', '<a href="https://shop.example/" rel="noopener noreferrer">x</a>'),
        ("<iframe src='https://evil.example'></iframe>ok", "ok"),
        ("<style>*{}</style><p style='x'>ok</p>", "<p>ok</p>"),
        ('<div class="slate-p"></div>', '<div class="slate-p"></div>'),
    ],
)
def test_markup_is_made_safe(site, written, safe):
    assert seen(site, written) == safe
