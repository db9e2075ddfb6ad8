"""Version 1 of activities, in which experiences place offers themselves, where version 3 has options between them."""

from __future__ import annotations

from typing import Any

from offerd.apis.target.admin.layout import DEFAULT, LOCATION, OPTION


def from_v1(tree: Any, seen: dict[str, Any] | None) -> Any:
    """An activity of version 1, which places offers without options, as one of version 3."""
    if not isinstance(tree, dict) or not isinstance(tree.get("experiences"), list) or "options" in tree:
        return tree  # with options it is one of version 3 already
    options = [dict(each) for each in (seen or {}).get("options", [])]
    known = {each["experienceLocalId"]: each for each in (seen or {}).get("experiences", [])}
    experiences = [_from_v1(each, known, options) for each in tree["experiences"]]
    return {**tree, "experiences": experiences, "options": options}


def to_v1(tree: dict[str, Any]) -> dict[str, Any]:
    """An activity of version 3 as one of version 1."""
    offers = {each[OPTION]: each.get("offerId") for each in tree.get("options", [])}
    experiences = []
    for each in tree.get("experiences", []):
        placed = [
            {LOCATION: pair[LOCATION]} | ({} if offers[pair[OPTION]] is None else {"offerId": offers[pair[OPTION]]})
            for pair in each["optionLocations"]
        ]
        one = {name: value for name, value in each.items() if name != "optionLocations"}
        experiences.append({**one, "offerLocations": placed})
    return {**{name: value for name, value in tree.items() if name != "options"}, "experiences": experiences}


def _from_v1(tree: Any, known: dict[int, Any], options: list[dict[str, Any]]) -> Any:
    if not isinstance(tree, dict) or not isinstance(tree.get("offerLocations"), list):
        return tree
    local = tree.get("experienceLocalId")
    left = list(known.get(local, {}).get("optionLocations", ())) if type(local) is int else []
    offers = {each[OPTION]: each.get("offerId") for each in options}
    pairs = []
    for each in tree["offerLocations"]:
        if not isinstance(each, dict):
            pairs.append(each)
            continue
        wanted = each.get("offerId")
        same = next(
            (one for one in left if one[LOCATION] == each.get(LOCATION) and offers.get(one[OPTION]) == wanted), None
        )
        if same is not None:
            left.remove(same)
            pairs.append(same)
            continue
        pairs.append({LOCATION: each.get(LOCATION), OPTION: _option_of(wanted, options)})
    one = {name: value for name, value in tree.items() if name != "offerLocations"}
    return {**one, "optionLocations": pairs}


def _option_of(offer: Any, options: list[dict[str, Any]]) -> int:
    """The number of the option that shows an offer; a new one where there is none."""
    wanted = DEFAULT if offer is None else offer
    for each in options:
        if each.get("offerId") == wanted:
            found: int = each[OPTION]
            return found
    made = max((each[OPTION] for each in options), default=-1) + 1
    options.append({OPTION: made, "offerId": wanted})
    return made
