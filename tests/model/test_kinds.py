"""Every name that an object gives to another is found."""

import msgspec
import pytest

from offerd.model import codec
from offerd.model.catalogue import Catalogue
from offerd.model.kinds import KINDS, PLURAL, references
from offerd.model.place import Workspace


def named(kind: str, tree: object) -> dict[str, tuple[str, str]]:
    return {ref.pointer: (ref.kind, ref.id) for ref in references(codec.build(KINDS[kind], tree))}


def test_an_offer_names_placements_contents_rules_and_audiences() -> None:
    offer = {
        "id": "a",
        "eligible": {"all_rules": ["r1", "r2"]},
        "requires": [{"code": "x", "rule": {"any_audiences": ["u1"]}}],
        "caps": [
            {"id": "one", "limit": 1, "placements": ["p/1"]},
            {"id": "two", "limit": 1, "placements": "each"},
        ],
        "content": {"p/1": [{"ref": "c"}, {"type": "html", "when": {"all_audiences": ["u2"]}}]},
        "attributes": {"rule": "not a reference", "ref": "neither"},
    }
    assert named("offers", offer) == {
        "/eligible/all_rules/0": ("rules", "r1"),
        "/eligible/all_rules/1": ("rules", "r2"),
        "/requires/0/rule/any_audiences/0": ("audiences", "u1"),
        "/caps/0/placements/0": ("placements", "p/1"),
        "/content/p~11": ("placements", "p/1"),
        "/content/p~11/0/ref": ("contents", "c"),
        "/content/p~11/1/when/all_audiences/0": ("audiences", "u2"),
    }


def test_an_activity_names_what_it_stands_on() -> None:
    activity = {
        "id": "a",
        "properties": ["shop"],
        "audience": {"audience": "u"},
        "placements": {"p": {"when": {"rule": "r"}}},
        "selections": [
            {"collection": "c", "rank": {"ranking": "k"}, "placements": ["p"]},
            {"collection": {"offers": ["o1"]}},
            {"offers": ["o2"]},
            "s",
            {"inline": {"i": {"content": {"p": {"html": "x"}}}}},
        ],
        "goals": [{"on": "click", "at": "p"}, {"on": "purchase"}],
        "fallback": "f",
    }
    assert named("activities", activity) == {
        "/placements/p": ("placements", "p"),
        "/placements/p/when/rule": ("rules", "r"),
        "/goals/0/at": ("placements", "p"),
        "/properties/0": ("properties", "shop"),
        "/fallback": ("fallbacks", "f"),
        "/audience/audience": ("audiences", "u"),
        "/selections/0/collection/ref": ("collections", "c"),
        "/selections/0/rank/ranking": ("rankings", "k"),
        "/selections/0/placements/0": ("placements", "p"),
        "/selections/1/collection/offers/0": ("offers", "o1"),
        "/selections/2/offers/0": ("offers", "o2"),
        "/selections/3/strategy": ("selections", "s"),
        "/selections/4/inline/i/content/p": ("placements", "p"),
    }


def test_a_named_selection_and_collection_name_offers() -> None:
    assert named("selections", {"id": "s", "offers": ["o"], "placements": ["p"]}) == {
        "/offers/0": ("offers", "o"),
        "/placements/0": ("placements", "p"),
    }
    assert named("collections", {"id": "c", "offers": ["o"]}) == {"/offers/0": ("offers", "o")}


def test_tags_need_not_exist() -> None:
    assert named("offers", {"id": "a", "tags": ["shipping"]}) == {}


def test_kinds_and_plurals_are_each_others_inverse() -> None:
    assert {PLURAL[struct]: struct for struct in KINDS.values()} == KINDS


@pytest.mark.parametrize("struct", KINDS.values())
def test_every_kind_has_a_schema(struct: type[msgspec.Struct]) -> None:
    assert msgspec.json.schema(struct)["$defs"]


def test_a_catalogue_knows_its_kinds_and_no_others() -> None:
    catalogue = Catalogue(workspace=Workspace(id="default"))
    assert catalogue.of("offers") == {}
    with pytest.raises(KeyError):
        catalogue.of("gifts")
