from __future__ import annotations

from typing import Any

import pytest

from offerd.model import json
from offerd.model.offer import Component
from offerd.services.escaping import escape_for, mime_of, text_of
from offerd.services.rendering import ContentError, Renderer, check_template
from offerd.services.templates import Limits

HTML, JSON, URL = "text/html", "application/json", "text/uri-list"

VALUES: dict[str, Any] = {
    "profile": {"name": '<b>"O\'x" & é', "n": 3, "f": json.spelled("1.50"), "l": [1, "a<"], "o": {"a": 1}, "t": True},
    "context": {"q": "a b&c", "zero": 0},
    "offer": {"id": "o1", "name": "One", "attributes": {"url": "https://x.example/y?z=1&w=ü"}},
}


def fill(body: Any, mime: str = HTML, template: str = "liquid", **limits: int) -> Any:
    return Renderer(Limits(**limits)).fill(body, template, mime, VALUES)


@pytest.mark.parametrize(
    ("body", "mime", "filled"),
    [
        ("Hi {{ profile.name }}", HTML, "Hi &lt;b&gt;&quot;O&#x27;x&quot; &amp; é"),
        ("Hi {{ profile.name }}", "text/plain", "Hi <b>\"O'x\" & é"),
        ("Hi {{ profile.name }}", "made/up", "Hi &lt;b&gt;&quot;O&#x27;x&quot; &amp; é"),
        ('{"n": "{{ profile.name }}"}', JSON, '{"n": "\\u003cb\\u003e\\"O\'x\\" \\u0026 é"}'),
        ('{"o": {{ profile.o | json }}, "x": {{ profile.x | json }}}', JSON, '{"o": {"a":1}, "x": null}'),
        ("{{ profile.o | json }}", HTML, "{&quot;a&quot;:1}"),
        ("{{ offer.attributes.url }}&q={{ context.q }}", URL, "https://x.example/y?z=1&w=%C3%BC&q=a%20b%26c"),
        ("{{ context.q }}", URL, "a%20b%26c"),
        ("x('{{ profile.name }}')", "text/javascript", "x('\\u003cb\\u003e\\u0022O\\u0027x\\u0022 \\u0026 \\u00e9')"),
        ("{{ context.q }}", "text/css", "a b\\000026c"),
        ("{{ profile.n }} {{ profile.f }} {{ profile.t }} {{ profile.none }}|", HTML, "3 1.50 true |"),
        ("{{ profile.l }}{{ profile.o }}", "text/plain", '[1,"a<"]{"a":1}'),
        ("{% capture c %}<i>{{ profile.name }}</i>{% endcapture %}{{ c }}", HTML,
         "<i>&lt;b&gt;&quot;O&#x27;x&quot; &amp; é</i>"),
        ('{% capture c %}"{{ profile.name }}"{% endcapture %}{{ c }}', JSON, '"\\u003cb\\u003e\\"O\'x\\" \\u0026 é"'),
        ("{% for each in profile.l %}{{ each }};{% endfor %}", HTML, "1;a&lt;;"),
        ("{% liquid echo profile.n %}", HTML, "3"),
        ("{{ 0 | date: '%Y-%m-%d' }} {{ '2026-03-01T00:30:00+01:00' | date: '%d %H' }}", HTML, "1970-01-01 28 23"),
        ("{{ 'x' | date: '%Y' }}{{ profile.l | date }}", "text/plain", 'x[1,"a<"]'),
        ("{{ profile.l | join: ', ' | upcase }}", "text/plain", "1, A<"),
        ("plain", HTML, "plain"),
        ({"a": ["{{ profile.name }}"], "b": 1}, JSON, {"a": ["<b>\"O'x\" & é"], "b": 1}),
        ([{"content": "<p>{{ profile.name }}"}], HTML, [{"content": "<p>&lt;b&gt;&quot;O&#x27;x&quot; &amp; é"}]),
        (7, JSON, 7),
    ],
)  # fmt: skip
def test_values_are_escaped_by_mime_type(body: Any, mime: str, filled: Any) -> None:
    assert fill(body, mime) == filled


@pytest.mark.parametrize(
    ("body", "mime", "filled"),
    [
        ("Hi ${profile.name} ${ profile.l.1 } ${offer.id}${context.none}${profile.n.x}", HTML,
         "Hi &lt;b&gt;&quot;O&#x27;x&quot; &amp; é a&lt; o1"),
        ("${user.id} {{ profile.n }}", HTML, "${user.id} {{ profile.n }}"),
        ("${offer.attributes.url}", URL, "https://x.example/y?z=1&w=%C3%BC"),
        ({"a": "${profile.name}"}, JSON, {"a": "<b>\"O'x\" & é"}),
    ],
)  # fmt: skip
def test_macros_know_the_same_values(body: Any, mime: str, filled: Any) -> None:
    assert fill(body, mime, "macros") == filled


def test_a_body_without_a_template_stays_as_it_is() -> None:
    shown = Renderer().show(Component(type="html", body="{{ profile.name }}${profile.name}"), VALUES)
    assert shown.body == "{{ profile.name }}${profile.name}"


@pytest.mark.parametrize(
    "body",
    [
        "{{ now }}{{ today }}",
        "{{ profile.__class__ }}{{ profile['__class__'] }}{{ profile.items }}{{ profile.l.append }}",
        "{{ settings }}{{ self }}{{ env }}{{ template }}",
    ],
)
def test_a_template_sees_nothing_but_profile_context_and_offer(body: str) -> None:
    assert fill(body) == ""


HOSTILE = {
    "an endless loop": "{% for i in (1..1000000000) %}x{% endfor %}",
    "a range too long to count": "{{ (1..99999999999999999999) | size }}",
    "nested loops": "{% for i in (1..200) %}{% for j in (1..200) %}x{% endfor %}{% endfor %}",
    "loops one after the other": "{% for i in (1..3000) %}{% endfor %}" * 5,
    "a loop with a long body": "{% for i in (1..9000) %}" + "{% assign a = 1 %}" * 200 + "{% endfor %}",
    "a text that doubles": "{% assign s='aaaaaaaa' %}{% for i in (1..60) %}{% assign s = s | append: s %}{% endfor %}",
    "a list that doubles": "{% assign x='1'|split:','%}{% for i in (1..60) %}{% assign x=x|concat: x %}{% endfor %}",
    "replacements": "{{ 'aaaa' " + "| replace: 'a','aaaaaaaaaaaaaaaaaaaaa'" * 50 + "}}",
    "a long join": "{{ (1..1000000000) | join: 'x' }}",
    "a wide join": "{{ 'aaaaaaaaaa' " + "| append: 'aaaaaaaaaa'" * 99 + "| split: '' | join: '" + "b" * 500 + "' }}",
    "large numbers": "{{ 9 " + "| times: 99999999999" * 1000 + "}}",
    "much output": "{% for i in (1..9000) %}" + "x" * 100 + "{% endfor %}",
    "a division by zero": "{{ 1 | divided_by: context.zero }}",
    "a filter on what it does not know": "{{ 'é' | base64_decode }}",
    "a wrong sort": "{{ profile.l | sort }}",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_template_ends_with_an_error(body: str) -> None:
    with pytest.raises(ContentError):
        fill(body)


def test_harmless_extremes_have_a_value() -> None:
    assert fill("{{ 1.5 | round: 1000000000 }} {{ 1 | round: -1000000000 }}") == "1.5 0"
    assert fill("{{ 0 | date: '%99999999d %-d %%d' }}") == "01 1 %d"
    assert fill("{{ 99999999999999999999 | date: '%Y' }}") == "99999999999999999999"
    assert fill("{{ profile.l | uniq | size }}") == "2"


@pytest.mark.parametrize(
    "body", ["{% include 'x' %}", "{% render 'x' %}", "{{ 'a' | safe }}", "{% if %}", "{{ unclosed", "{{ a | nope }}"]
)
def test_what_reaches_out_or_is_not_liquid_is_refused_when_it_is_saved(body: str) -> None:
    assert check_template(body, "liquid")
    assert check_template({"inside": [body]}, "liquid")
    assert check_template(body, "macros") is None
    assert check_template(body, "none") is None


def test_a_good_template_is_not_refused() -> None:
    assert check_template("{% if profile.vip %}{{ offer.name | upcase }}{% endif %}", "liquid") is None
    assert check_template({"a": ["{{ offer.name }}", 3]}, "liquid", JSON) is None
    assert check_template(3, "liquid") is None


def test_an_error_says_where() -> None:
    assert (check_template("x\n  {% if %}", "liquid") or "").startswith("line 2, column ")


def test_limits_are_settings() -> None:
    with pytest.raises(ContentError):
        fill("x" * 11 + "{{", size=10)
    with pytest.raises(ContentError):
        fill("x" * 11 + "${profile.n}", size=10, template="macros")
    for template, body in (("liquid", "{{ profile.name }}"), ("macros", "${profile.name}")):
        with pytest.raises(ContentError):
            fill(body, template=template, output=10)
        with pytest.raises(ContentError):
            fill([body] * 20, template=template, output=100)
    assert fill("{% for i in (1..3) %}x{% endfor %}", loops=3) == "xxx"
    with pytest.raises(ContentError):
        fill("{% for i in (1..4) %}x{% endfor %}", loops=3)


def test_json_that_does_not_parse_is_an_error() -> None:
    with pytest.raises(ContentError):
        fill('{"a": {{ profile.name }}}', JSON)


def test_the_mime_type_is_the_components_or_follows_from_its_type() -> None:
    assert mime_of("json", None) == JSON
    assert mime_of("json", "Text/HTML; charset=utf-8") == HTML
    assert mime_of("anything", None) == HTML
    assert escape_for("application/ld+json")("<", False) == "\\u003c"
    assert escape_for("text/javascript")("\U0001f600", False) == "\\ud83d\\ude00"


def test_texts_of_values() -> None:
    assert [text_of(each) for each in (None, True, False, 1, 1.5, "x", {"a": [1]})] == [
        "", "true", "false", "1", "1.5", "x", '{"a":[1]}',
    ]  # fmt: skip
