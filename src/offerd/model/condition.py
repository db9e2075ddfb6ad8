"""Conditions, rules and audiences: who, and when."""

from __future__ import annotations

from typing import Any, Literal

from offerd.model.base import Id, Object, Part


class Condition(Part, kw_only=True, frozen=True, omit_defaults=True):
    """Something that is true or false of a person, a context and an offer; given back as it was written.

    Exactly one of the members is set; a bare string is `pql`.

    Attributes:
        pql: a rule in PQL.
        rule: the id of a named rule.
        all_rules: ids of named rules, all of which must hold.
        audience: the id of one audience that the person must be in.
        any_audiences: ids of audiences, one of which the person must be in.
        all_audiences: ids of audiences, in all of which the person must be.
    """

    pql: str | None = None
    rule: Id | None = None
    all_rules: list[Id] | None = None
    audience: Id | None = None
    any_audiences: list[Id] | None = None
    all_audiences: list[Id] | None = None

    @classmethod
    def from_short(cls, value: Any) -> Any:
        """A string is PQL."""
        return {"pql": value} if isinstance(value, str) else value

    @classmethod
    def to_short(cls, tree: dict[str, Any]) -> Any:
        """PQL alone is a string."""
        return tree["pql"] if tree.keys() == {"pql"} else tree


class Rule(Object, kw_only=True, frozen=True, omit_defaults=True):
    """A named rule.

    Attributes:
        when: its PQL.
    """

    when: str

    @classmethod
    def from_short(cls, value: Any) -> Any:
        """A string is the rule's PQL."""
        return {"when": value} if isinstance(value, str) else value


class Audience(Object, kw_only=True, frozen=True, omit_defaults=True):
    """A named group of people: a rule, or a list that was imported.

    Attributes:
        rule: PQL over the profile, asked at decision time; absent for an imported list.
        imported: whether its members are imported; then `rule` is absent.
        status: an archived audience has no members.
    """

    rule: str | None = None
    imported: bool = False
    status: Literal["live", "archived"] = "live"

    @classmethod
    def from_short(cls, value: Any) -> Any:
        """A string is the audience's rule."""
        return {"rule": value} if isinstance(value, str) else value


class Table(Object, kw_only=True, frozen=True, omit_defaults=True):
    """Reference rows that rules look up: `tables.stock.i1.left`.

    Attributes:
        rows: any JSON object by key.
    """

    rows: dict[str, dict[str, Any]] = {}
