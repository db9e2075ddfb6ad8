"""A decision as a person reads it: what is given, by how much it won, and why each other offer lost."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

from offerd.cli.output import cell, table

#: Ways to rank in which the score says something to a person; in the others it is a place in a list, or a draw.
_SCORED = frozenset({"priority", "formula", "model"})

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z")

#: How an offer was ranked, in words.
_RANKS = {
    "priority": "by priority",
    "order": "in the order they are listed",
    "formula": "by a formula",
    "traffic": "by its share of the traffic",
    "model": "by a learned model",
    "kept": "it was given before and is kept",
    "pinned": "it was pinned in the request",
}


def show(decision: Mapping[str, Any], to: Console) -> None:
    """Prints a decision, with its explanation where it has one."""
    dry = ", a dry run: nothing was stored" if decision.get("dryRun") else ""
    made = f"{decision['id']} at {decision['at']}, revision {decision['revision']}"
    to.print(f"[bold]Decision[/] {made}{dry}", soft_wrap=True)
    for proposition in decision.get("propositions", ()):
        _show_proposition(proposition, to)
    _show_verdicts(decision.get("verdicts", ()), to)
    for warning in decision.get("warnings", ()):
        to.print(f"[yellow]Note:[/] {escape(warning)}", soft_wrap=True)


def _show_proposition(proposition: Mapping[str, Any], to: Console) -> None:
    where = proposition.get("placement")
    who = proposition.get("activity")
    to.print()
    by = f", answered by {escape(who)}" if where and who else ""
    to.print(f"[bold]{escape(where or who or 'The offers')}[/]{by}")
    items = proposition.get("items", ())
    if not items:
        to.print("  [yellow]Nothing is given.[/]")
    for item in items:
        won = escape(_won(item, kept=proposition.get("kept", False)))
        to.print(f"  [bold green]{escape(item['offer'])}[/] {won}", soft_wrap=True)
        for component in item.get("components", ()):
            to.print(f"    {escape(component['type'])}: {escape(cell(component.get('body')))}", soft_wrap=True)
    explanation = proposition.get("explanation")
    if explanation is not None:
        _show_lost(explanation, to)


def _won(item: Mapping[str, Any], *, kept: bool) -> str:
    """Why this offer is given, as the rest of a sentence."""
    named = f"({item['name']}) " if item.get("name") and item["name"] != item["offer"] else ""
    if item.get("fallback"):
        return f"{named}is the fallback: nothing else can be given."
    rank = item.get("rank") or ""
    if kept or rank == "kept":
        return f"{named}won: {_RANKS['kept']}."
    told = {name: cell(item[name]) for name in ("score", "margin") if rank in _SCORED and item.get(name) is not None}
    score = f", with {told['score']}" if "score" in told else ""
    margin = f", {told['margin']} more than the next" if "margin" in told else ""
    return f"{named}won {_RANKS.get(rank, rank)}{score}{margin}."


def _show_lost(explanation: Mapping[str, Any], to: Console) -> None:
    rows = [(lost["offer"], *_reason(lost["reason"]), lost.get("score")) for lost in explanation.get("lost", ())]
    if rows:
        to.print()
        to.print(table("Not given", ("offer", *_WHY, "score"), rows))
    others = [(name, *_reason(reason)) for name, reason in explanation.get("activities", {}).items()]
    if others:
        to.print()
        to.print(table("Activities that did not answer", ("activity", *_WHY), others))


def _show_verdicts(verdicts: Any, to: Console) -> None:
    rows = list(_judged(verdicts))
    if rows:
        to.print()
        to.print(table("Verdicts", ("offer", "verdict", *_WHY), rows))


def _judged(verdicts: Any) -> Iterator[tuple[Any, ...]]:
    for verdict in verdicts:
        word = "passed" if verdict["passed"] else "covered, but" if verdict["covered"] else "not covered"
        reasons = verdict.get("reasons", ())
        yield (verdict["offer"], word, *(_reason(reasons[0]) if reasons else ("",) * len(_WHY)))
        for reason in reasons[1:]:
            yield ("", "", *_reason(reason))


#: The columns that `_reason` fills.
_WHY = ("why", "what was asked", "wanted", "seen")


def _reason(reason: Mapping[str, Any]) -> tuple[str, str, Any, Any]:
    """A sentence, the clause, and what was wanted and seen."""
    clause, path = reason.get("clause") or "", reason.get("path") or ""
    asked = path if path.startswith(clause) else clause
    asks = "wanted" in reason or "seen" in reason
    seen = reason.get("seen")
    return (
        reason.get("message") or reason["code"],
        asked,
        _plain(reason.get("wanted")),
        "nothing" if asks and seen is None else _plain(seen),
    )


def _plain(value: Any) -> Any:
    """An instant as people write it, to the second: it has a place to be wrapped at."""
    found = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    return f"{found[1]} {found[2]}Z" if found else value
