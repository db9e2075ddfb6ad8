"""Documents become Structs and come back with nothing lost."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from offerd.model import codec, json
from offerd.model.activity import Activity, Rank
from offerd.model.condition import Audience, Condition, Rule
from offerd.model.interaction import Interaction
from offerd.model.kinds import KINDS
from offerd.model.offer import Cap, Component, Offer
from offerd.model.person import Identity, Profile
from offerd.model.request import Request

OFFER = json.loads("""{
  "id": "free-shipping", "status": "approved", "priority": 50,
  "window": {"from": "2026-01-01", "until": "2027-01-01T00:00:00+01:00", "label": "year"},
  "eligible": "inSegment(\\"regulars\\")",
  "caps": [{"id": "daily", "limit": 1, "per": "profile", "every": "day", "counts": "display", "zig": 1.50}],
  "attributes": {"margin": 4.50},
  "content": {"banner": {"html": "<b>x</b>"}, "mail": [{"type": "text", "body": "x", "ui:thumb": [1E3]}]},
  "offerui:previewThumbnail": {"size": 1.0e2}
}""")


def faults(kind: type, tree: object) -> dict[str, str]:
    with pytest.raises(codec.Invalid) as caught:
        codec.build(kind, tree)
    return {fault.pointer: fault.message for fault in caught.value.faults}


def test_members_that_nothing_knows_come_back_in_their_places_with_their_spelling() -> None:
    text = codec.dumps(codec.build(Offer, OFFER)).decode()
    assert '"offerui:previewThumbnail":{"size":1.0e2}' in text
    assert '"zig":1.50' in text
    assert '"ui:thumb":[1E3]' in text
    assert '"label":"year"' in text
    assert '"margin":4.50' in text


@pytest.mark.parametrize("short", [False, True])
def test_a_document_that_was_written_is_read_back(*, short: bool) -> None:
    offer = codec.build(Offer, OFFER)
    assert codec.build(Offer, codec.tree(offer, short=short)) == offer


def test_a_member_named_like_our_own_store_is_just_unknown() -> None:
    offer = codec.build(Offer, {"id": "a", "(unknown)": {"x": 1}, "unknown": 2})
    assert offer.unknown == {"(unknown)": {"x": 1}, "unknown": 2}
    assert codec.tree(offer) == {"id": "a", "(unknown)": {"x": 1}, "unknown": 2}


def test_a_bare_date_is_midnight_in_the_workspaces_zone() -> None:
    zone = ZoneInfo("America/New_York")
    window = codec.build(Offer, OFFER, zone=zone).window
    assert window.from_ == datetime(2026, 1, 1, 5, tzinfo=UTC)
    assert window.until == datetime(2026, 12, 31, 23, tzinfo=UTC)


@pytest.mark.parametrize("written", [date(2026, 7, 1), datetime(2026, 7, 1), "2026-07-01"])  # noqa: DTZ001
def test_dates_as_yaml_reads_them_are_in_the_zone_too(written: object) -> None:
    offer = codec.build(Offer, {"id": "a", "window": {"from": written}}, zone=ZoneInfo("Asia/Tokyo"))
    assert offer.window.from_ == datetime(2026, 6, 30, 15, tzinfo=UTC)


@pytest.mark.parametrize("wrong", ["2026-13-01", "2026-01-01T00:00:00", "soon", 5, True, [], "2026-02-30"])
def test_a_wrong_date_is_pointed_at(wrong: object) -> None:
    assert set(faults(Offer, {"id": "a", "window": {"until": wrong}})) == {"/window/until"}


def test_instants_are_written_in_utc_with_the_digits_they_need() -> None:
    assert codec.instant_text(datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Paris"))) == "2025-12-31T23:00:00Z"
    assert codec.instant_text(datetime(2026, 1, 1, 0, 0, 0, 1500, tzinfo=UTC)) == "2026-01-01T00:00:00.001500Z"


def test_every_fault_is_told_with_its_pointer() -> None:
    told = faults(
        Offer,
        {
            "status": "ready",
            "priority": "high",
            "caps": [{"id": "a b"}, {"id": "x", "limit": -1, "every": "dey"}],
            "content": {"a/b": [{"type": 5}]},
            "tags": "shipping",
            "choices": [7],
        },
    )
    assert set(told) == {
        "/status",
        "/priority",
        "/caps/0/id",
        "/caps/0/limit",
        "/caps/1/limit",
        "/caps/1/every",
        "/content/a~1b/0/type",
        "/tags",
        "/choices/0",
    }
    assert told["/status"] == "invalid enum value 'ready'; one of draft, approved, archived"
    assert told["/caps/0/limit"] == "is required"
    assert told["/caps/0/id"] == "expected 1 to 255 printable characters without white space"
    assert told["/caps/1/every"].startswith("expected a calendar period such as day")
    assert told["/tags"] == "expected a list, got a string"
    assert told["/choices/0"] == "expected an object, got a number"


@pytest.mark.parametrize("word", ["daily\n", "2 day\n"])
def test_a_line_break_does_not_slip_in_behind_a_word(word: str) -> None:
    assert set(faults(Cap, {"id": word, "limit": 1, "every": word})) == {"/id", "/every"}


def test_the_message_of_a_fault_names_the_place() -> None:
    with pytest.raises(codec.Invalid, match=r"^/priority: expected `int`, got `str`$"):
        codec.build(Offer, {"priority": "high"})


def test_structs_that_keep_nothing_unknown_refuse_it() -> None:
    assert faults(Profile, {"identities": [{"namespace": "email", "id": "a", "primary": True}]}) == {
        "/identities/0/primary": "is not a known member"
    }
    profile = codec.build(Profile, {"identities": [{"namespace": "email", "id": "a"}]})
    assert profile.identities == [Identity(namespace="email", id="a")]


def test_an_empty_list_is_refused_where_one_is_needed() -> None:
    assert faults(Request, {"asks": []}) == {"/asks": "expected at least 1 of them"}


@pytest.mark.parametrize(
    ("kind", "short", "member", "full"),
    [
        (Condition, "a > 1", "pql", "a > 1"),
        (Rule, "a > 1", "when", "a > 1"),
        (Audience, "a > 1", "rule", "a > 1"),
        (Rank, "order", "by", "order"),
        (Rank, {"formula": "a"}, "by", "formula"),
        (Rank, {"traffic": {"a": 100}}, "traffic", {"a": Decimal(100)}),
        (Component, {"json": {"a": 1}}, "type", "json"),
        (Component, {"ref": "banner"}, "type", None),
    ],
)
def test_short_forms_mean_the_full_ones(kind: type, short: object, member: str, full: object) -> None:
    assert getattr(codec.build(kind, short), member) == full


def test_a_component_with_two_strange_members_is_not_short() -> None:
    component = codec.build(Component, {"html": "a", "json": {}})
    assert component.unknown == {"html": "a", "json": {}}


def test_short_forms_are_written_only_where_they_lose_nothing() -> None:
    assert codec.tree(Component(type="html", body="x"), short=True) == {"html": "x"}
    assert codec.tree(Component(type="default"), short=True) == {"type": "default"}
    assert codec.tree(Component(type="html", body="x", unknown={"a": 1}), short=True) == {
        "type": "html",
        "body": "x",
        "a": 1,
    }
    assert codec.tree(Component(type="ref", body="x"), short=True) == {"type": "ref", "body": "x"}
    assert codec.tree(Condition(pql="a", unknown={"b": 1}), short=True) == {"pql": "a", "b": 1}


def test_placements_with_nothing_to_say_are_a_list() -> None:
    plain = codec.build(Activity, {"id": "a", "placements": ["x", "y"]})
    assert list(plain.placements) == ["x", "y"]
    assert codec.tree(plain, short=True)["placements"] == ["x", "y"]
    shared = codec.build(Activity, {"id": "a", "placements": {"x": {"shares": True}}})
    assert codec.tree(shared, short=True)["placements"] == {"x": {"shares": True}}


@pytest.mark.parametrize(("written", "short"), [(100, b"100"), ("33.30", b"33.30"), (0.5, b"0.5")])
def test_decimals_are_exact_and_numbers_for_people(written: object, short: bytes) -> None:
    rank = codec.build(Rank, {"traffic": {"a": written}})
    assert rank.traffic == {"a": Decimal(str(written))}
    assert codec.dumps(rank) == b'{"by":"traffic","traffic":{"a":"%s"}}' % short
    assert json.dumps(codec.tree(rank, short=True)) == b'{"traffic":{"a":%s}}' % short


def test_a_decimal_must_be_a_number() -> None:
    assert faults(Interaction, {"type": "purchase", "value": "much"}) == {"/value": "expected a number, got a string"}


@pytest.mark.parametrize("value", ["1e100", "1e-999999999", "9" * 101, "0e-101", "0e999"])
def test_a_short_text_is_no_number_of_a_million_digits(value: str) -> None:
    told = "expected a number of at most 100 places before and after the point"
    assert faults(Interaction, {"type": "purchase", "value": value}) == {"/value": told}


@pytest.mark.parametrize(("limit", "kept"), [(3, 3), ("offer.priority", "offer.priority")])
def test_a_limit_is_a_number_or_a_formula(limit: object, kept: object) -> None:
    assert codec.build(Cap, {"id": "a", "limit": limit}).limit == kept


def test_a_union_takes_a_list_where_it_may_be_one() -> None:
    assert codec.build(Cap, {"id": "a", "limit": 1, "placements": ["x"]}).placements == ["x"]
    assert codec.build(Cap, {"id": "a", "limit": 1, "placements": "each"}).placements == "each"
    assert set(faults(Cap, {"id": "a", "limit": 1, "placements": "some"})) == {"/placements"}


@pytest.mark.parametrize("kind", KINDS.values())
@pytest.mark.parametrize("wrong", [None, 5, [], True])
def test_no_kind_is_made_of_anything_but_an_object_or_its_short_form(kind: type, wrong: object) -> None:
    assert set(faults(kind, wrong)) == {""}
