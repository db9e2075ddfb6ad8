"""The parts that need no server: URLs, browsers, parameters, contents, macros."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offerd.apis.target.delivery import contents, facts, macros
from offerd.model.decision import Component


@pytest.mark.parametrize(
    ("host", "parts"),
    [
        ("www.a.example.co.uk", ("a", "example.co.uk", "co.uk")),
        ("shop.example.com", ("shop", "example.com", "com")),
        ("example.com.", ("", "example.com", "com")),
        ("www.example.com", ("", "example.com", "com")),
        ("localhost", ("", "localhost", "")),
        ("192.168.0.1", ("", "192.168.0.1", "")),
        ("::1", ("", "::1", "")),
        ("", ("", "", "")),
        ("a." * 125 + "com", ("a." * 123 + "a", "a.com", "com")),
        ("a." * 126 + "com", ("", "a." * 126 + "com", "")),
    ],
)
def test_a_host_is_taken_apart_without_asking_anybody(host, parts):
    assert facts.domain_parts(host.rstrip(".")) == parts


def test_a_page_has_its_parts():
    page = facts.page("https://www.shop.example.com:8443/a/b?x=1&y=2#top")
    assert page["path"] == "/a/b"
    assert page["query"] == "x=1&y=2"
    assert page["fragment"] == "top"
    assert (page["subdomain"], page["domain"], page["topLevelDomain"]) == ("shop", "example.com", "com")
    assert facts.page("http://[x")["domain"] == ""
    unknown = facts.pages({"url": "x" * 5_000, "referringUrl": 5})
    assert unknown.keys() == {"page", "referring"}
    assert not any(part for page in unknown.values() for part in page.values())


def test_texts_of_a_page_have_twins_in_lower_case():
    page = facts.pages({"url": "https://Shop.example.com/A?B=1"})["page"]
    assert (page["url_lc"], page["path_lc"], page["query_lc"]) == ("https://shop.example.com/a?b=1", "/a", "b=1")
    assert facts.with_lower_case({"a": "X", "b": {"c": "Y"}, "a_lc": "own"}) == {
        "a": "X", "a_lc": "x", "a_lc_lc": "x", "b": {"c": "Y", "c_lc": "y"},
    }  # fmt: skip


AGENTS = [
    ("Mozilla/5.0 (Windows NT 10.0) Chrome/120.0 Safari/537.36 Edg/120.0.1", ("edge", "120", "windows")),
    ("Mozilla/5.0 (Macintosh; Intel) Version/17.1 Safari/605.1.15", ("safari", "17", "mac")),
    ("Mozilla/5.0 (iPhone; CPU) Version/17.1 Mobile/15E148 Safari/604.1", ("mobile safari", "17", "ios")),
    ("Mozilla/5.0 (X11; Linux x86_64) Chrome/119.0 Safari/537.36", ("chrome", "119", "linux")),
    ("Mozilla/5.0 (Android 14; Mobile) Gecko/118.0 Firefox/118.0", ("firefox", "118", "android")),
    ("Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko", ("ie", "11", "windows")),
    ("curl/8", ("unknown", "", "unknown")),
]


@pytest.mark.parametrize(("agent", "wanted"), AGENTS)
def test_a_browser_is_known_by_its_name(agent, wanted):
    user = facts.user(agent)
    assert (user["browserType"], user["browserVersion"], user["platform"]) == wanted


def test_what_the_context_says_is_seen_by_rules():
    made = facts.facts(
        {
            "channel": "mobile",
            "screen": {"width": 1},
            "geo": {"countryCode": "FR", "stateCode": "75", "zip": 5, "odd": []},
            "browser": {"language": "FR-fr"},
            "clientHints": {"platform": '"Linux"'},
        },
        "curl/8",
    )
    assert made["geo"] == {"countryCode": "FR", "stateCode": "75", "zip": "5", "country": "FR", "region": "75"}
    assert made["user"] == {"browserType": "unknown", "browserVersion": "", "platform": "linux", "locale": "fr"}
    assert made["channel"] == "mobile"


def test_languages_are_those_of_the_browser():
    assert facts.languages("de-DE, en;q=0.5, fr;q=0, ???", "it") == ["it", "de-DE", "en"]
    assert facts.languages("", None) == []


def test_dots_in_names_nest_unless_they_cannot():
    assert facts.nested({"a.b": "1", "a.c": "2", "d": "3"}) == {"a": {"b": "1", "c": "2"}, "d": "3"}
    assert facts.nested({"a": "1", "a.b": "2"}) == {"a": "1"}
    assert facts.nested({"a.b": "1", "a": "2"}) == {"a": "2"}
    assert facts.nested({"a..b": "1", ".c.d": "2", "e.": "3"}) == {"a..b": "1", ".c.d": "2", "e.": "3"}
    assert facts.nested({".": "1"}) == {".": "1"}


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=3), max_size=6), st.text(max_size=200))
def test_nothing_that_a_client_sends_breaks_what_rules_see(parameters, text):
    facts.nested(parameters)
    facts.page(text)
    facts.user(text)
    facts.languages(text, text)
    macros.text(text, parameters)


def kinds(*components):
    return [(each.type, each.content) for each in contents.options(list(components))]


def test_components_are_options_in_their_order():
    assert kinds(
        Component(type="html", body="<b>"),
        Component(type="json", body='{"a": 1}'),
        Component(type="json", body="not json"),
        Component(type="json", body=[1]),
        Component(type="text", body="a < b"),
        Component(type="redirect", body="https://x.example/"),
        Component(type="dynamic", body="https://x.example/part"),
    ) == [
        ("html", "<b>"), ("json", {"a": 1}), ("json", "not json"), ("json", [1]), ("html", "a &lt; b"),
        ("redirect", "https://x.example/"), ("dynamic", "https://x.example/part"),
    ]  # fmt: skip


def test_what_shows_nothing_and_what_this_wire_cannot_say_is_left_out():
    assert kinds(
        Component(type="default"),
        Component(type="html", body=" "),
        Component(type="json"),
        Component(type="offer-card", body={}),
        Component(type="actions", body=[{"type": "explode", "content": "x"}, {"type": "setHtml", "content": 5}, "x"]),
        Component(type="actions", body={"type": "setHtml", "content": "no selector"}),
        Component(type="offer-card", body="x", locator="#x"),
    ) == []


def test_actions_are_one_option_and_take_the_selector_of_their_component():
    ((kind, made),) = kinds(
        Component(type="html", body="<i>", locator="#a"),
        Component(type="text", body="t", locator="#b"),
        Component(type="image", body="u", locator="#c"),
        Component(type="actions", body=[{"type": "remove"}, {"type": "setStyle", "selector": "p", "content": {}}],
                  locator="#d"),
        Component(type="actions", body={"type": "redirect", "content": "https://x.example/"}),
    )  # fmt: skip
    assert kind == "actions"
    assert [(each["type"], each.get("selector")) for each in made] == [
        ("setHtml", "#a"), ("setText", "#b"), ("setImageSource", "#c"), ("remove", "#d"), ("setStyle", "p"),
        ("redirect", None),
    ]  # fmt: skip


EVIL = "\"><script>alert('x')</script>"


def test_macros_are_looked_up_as_target_does():
    values = {
        "activity.name": "A", "experience.id": 3, "offer.id": 7, "name": "hero", "tier": "gold", "profile.age": "5",
    }  # fmt: skip
    text = "${campaign.name} ${campaign.recipe.id} ${offer.id} ${mbox.name} ${mbox.tier} ${profile.age} ${none} ${a-b}"
    assert macros.text(text, values) == "A 3 7 hero gold 5 ${none} ${a-b}"


def test_what_a_visitor_sends_never_becomes_markup_or_script():
    def fill(content, kind="html"):
        return macros.filled({"type": kind, "content": content}, {"x": EVIL, "u": "javascript:alert(1)"})["content"]

    assert macros.text("'${a}' + '${b}'", {"a": "\\", "b": ";alert(1)//"}) == "'&#92;' + ';alert(1)//'"
    assert "<script" not in fill("<p title='${mbox.x}'>${mbox.x}</p>")
    for runs in ("javascript:alert(1)", " JavaScript\t:a", "\x01vbscript:x", "data:text/html,x", "data:;a/xml,x"):
        link = macros.text('<a href="${u}">', {"u": runs})
        assert ":" not in link, link
    for plain in ("https://x.example/?a:b", "data:image/png;base64,x", "Note: javascript: no"):
        assert macros.text("${u}", {"u": plain}) == plain
    assert fill("https://x.example/?q=${x}", "redirect").count("<") == 0
    assert not fill("${u}", "redirect").startswith("javascript:")
    assert fill({"a": "${x}"}, "json") == {"a": "${x}"}
    actions = [
        {"type": "setHtml", "selector": "#a", "content": "${x}"},
        {"type": "setAttribute", "selector": "#a", "content": {
            "onclick": "go('${x}')", "href": "${u}", "data": "${u}", "title": "${x}"}},
        {"type": "setText", "selector": "#a", "content": "${x}"},
        {"type": "setImageSource", "selector": "#a", "content": "${u}"},
        {"type": "move", "selector": "#a", "content": {"left": 5}},
        {"type": "remove", "selector": "#a"},
    ]  # fmt: skip
    html, attributes, text, image, move, remove = fill(actions, "actions")
    assert "<script" not in html["content"]
    assert "'" not in attributes["content"]["onclick"].removeprefix("go('").removesuffix("')")
    assert not attributes["content"]["href"].startswith("javascript:")
    assert not attributes["content"]["data"].startswith("javascript:")
    assert attributes["content"]["title"] == text["content"] == EVIL, "these are set as text, not as markup"
    assert not image["content"].startswith("javascript:")
    assert (move, remove) == (actions[4], actions[5])
