"""Offers and what they are made of: what."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from offerd.model.base import Duration, Id, Object, Part, Period, Window
from offerd.model.condition import Condition

Type = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class Component(Part, kw_only=True, frozen=True, omit_defaults=True):
    """One piece of what an offer shows in a placement.

    `{html: "<b>Hi</b>"}` is short for `{type: html, body: "<b>Hi</b>"}`.

    Attributes:
        type: `html`, `text`, `json`, `image`, `redirect`, `actions`, any other, or `default`, which holds the
            place and shows nothing; absent only where `ref` says it.
        body: what it shows: text, or any JSON, kept as it was written.
        ref: the id of a content that holds the body instead.
        format: the MIME type; by type where absent.
        language: BCP 47 tags it is written in; none means any.
        locator: where in the placement, such as a CSS selector.
        when: who sees it.
        template: how the body is filled in: not at all, as Liquid, or by `${...}` macros.
    """

    type: Type | None = None
    body: Any = None
    ref: Id | None = None
    format: str | None = None
    language: list[str] = []
    locator: str | None = None
    when: Condition | None = None
    template: Literal["none", "liquid", "macros"] = "none"

    @classmethod
    def from_short(cls, value: Any) -> Any:
        """One member of another name is the type and the body."""
        if not isinstance(value, dict) or "type" in value or "ref" in value:
            return value
        others = [key for key in value if key not in _COMPONENT_MEMBERS]
        if len(others) != 1 or "body" in value:
            return value
        rest = {key: value[key] for key in value if key != others[0]}
        return {"type": others[0], "body": value[others[0]], **rest}

    @classmethod
    def to_short(cls, tree: dict[str, Any]) -> Any:
        """The type names the body where no unknown member stands beside it."""
        kind = tree.get("type")
        if kind is None or "body" not in tree or kind in _COMPONENT_MEMBERS or not tree.keys() <= _COMPONENT_MEMBERS:
            return tree
        return {kind: tree["body"], **{k: v for k, v in tree.items() if k not in {"type", "body"}}}


_COMPONENT_MEMBERS = frozenset(
    ("type", "body", "ref", "format", "language", "locator", "when", "template", "extensions")
)


class Content(Object, kw_only=True, frozen=True, omit_defaults=True):
    """A named body that components of several offers refer to.

    Attributes:
        type: as a component's.
        body: as a component's.
        format: the MIME type; by type where absent.
        template: as a component's.
    """

    type: Type = "html"
    body: Any = None
    format: str | None = None
    template: Literal["none", "liquid", "macros"] = "none"


class Fulfil(Part, kw_only=True, frozen=True, omit_defaults=True):
    """How an accepted choice is carried out.

    Attributes:
        kind: such as `redirect`, `webhook`, `email`, `checkout`, `billing_update`, `none`.
        url: where a redirect or webhook goes, or the page of a checkout; of a redirect and a page, a template.
        settings: whatever else the fulfiller needs.
        completes: when it is completed: `accepted`, at once; `delivered`, when it was sent; `reported`, when
            somebody says so. At once for `none` and reported for all others where absent.
        lasts: how long it may take before it has failed; the setting `fulfilment_days` where absent.
    """

    kind: str = "none"
    url: str | None = None
    settings: dict[str, Any] = {}
    completes: Literal["accepted", "delivered", "reported"] | None = None
    lasts: Duration | None = None


class Choice(Part, kw_only=True, frozen=True, omit_defaults=True):
    """A button of an offer.

    Attributes:
        id: unique in its offer.
        label: what the button says.
        fulfil: what accepting it sets going.
    """

    id: Id
    label: str = ""
    fulfil: Fulfil | None = None


class Requirement(Part, kw_only=True, frozen=True, omit_defaults=True):
    """A named condition on redeeming; asked by a check, an accept or a claim, never when showing.

    Attributes:
        code: stable, for programs.
        rule: what must hold.
        facts: what an answer tells when it does not: names to PQL expressions or literal JSON.
    """

    code: str
    rule: Condition
    facts: dict[str, Any] = {}


class Counting(Part, kw_only=True, frozen=True, omit_defaults=True):
    """What a cap counts; a bare string is the `type`.

    Attributes:
        type: `decision`, or a type of interaction.
        when: PQL over `event`, the interaction, that must hold for it to count.
        by: count interactions by one, or by their quantity.
    """

    type: str = "decision"
    when: str | None = None
    by: Literal["one", "quantity"] = "one"

    @classmethod
    def from_short(cls, value: Any) -> Any:
        """A string is the type."""
        return {"type": value} if isinstance(value, str) else value

    @classmethod
    def to_short(cls, tree: dict[str, Any]) -> Any:
        """The type alone is a string."""
        return tree["type"] if tree.keys() == {"type"} else tree


class Cap(Part, kw_only=True, frozen=True, omit_defaults=True):
    """How often an offer may be given: used + wanted <= limit.

    Attributes:
        id: names its count within the offer and survives edits.
        key: caps with one key share one count across offers.
        code: what a verdict calls it; the id where absent.
        limit: a number, or a PQL formula.
        per: over everyone, or for each profile.
        placements: one count over all placements, one for each, or one over those listed.
        counts: what it counts.
        every: counts within one calendar period of `zone` (weeks start on Sunday); absent with `within` means life.
        within: counts within a rolling time that ends now.
        zone: the IANA zone of `every`; the workspace's where absent.
        hold: for a cap on interactions, how long a decision keeps a place for the interaction to come.
    """

    id: Id
    key: Id | None = None
    code: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=0)] | str
    per: Literal["everyone", "profile"] = "everyone"
    placements: Literal["all", "each"] | list[Id] = "all"
    counts: Counting = Counting()
    every: Period | None = None
    within: Duration | None = None
    zone: str | None = None
    hold: Duration | None = None


class Offer(Object, kw_only=True, frozen=True, omit_defaults=True):
    """What may be given to a person.

    Attributes:
        status: only approved offers are given.
        priority: higher first, where the ranking is by priority.
        window: when it may be given.
        eligible: who may get it; absent means everyone.
        requires: conditions on redeeming it.
        caps: how often it may be given.
        tags: for collections to gather by.
        attributes: any JSON, for formulas, templates and answers.
        choices: its buttons.
        content: its ordered components by placement.
    """

    status: Literal["draft", "approved", "archived"] = "draft"
    priority: int = 0
    window: Window = Window()
    eligible: Condition | None = None
    requires: list[Requirement] = []
    caps: list[Cap] = []
    tags: list[Id] = []
    attributes: dict[str, Any] = {}
    choices: list[Choice] = []
    content: dict[Id, list[Component]] = {}

    @classmethod
    def from_short(cls, value: Any) -> Any:
        """One component may stand for a list of one."""
        return with_lists(value)

    @classmethod
    def to_short(cls, tree: dict[str, Any]) -> Any:
        """A list of one component is that component."""
        return without_lists(tree)


class Fallback(Object, kw_only=True, frozen=True, omit_defaults=True):
    """What is shown when nothing else can be; it has neither rules nor caps.

    Attributes:
        status: an archived fallback is not shown.
        tags: for people and wire formats.
        attributes: any JSON.
        choices: its buttons.
        content: its ordered components by placement.
    """

    status: Literal["draft", "approved", "archived"] = "approved"
    tags: list[Id] = []
    attributes: dict[str, Any] = {}
    choices: list[Choice] = []
    content: dict[Id, list[Component]] = {}

    @classmethod
    def from_short(cls, value: Any) -> Any:
        """One component may stand for a list of one."""
        return with_lists(value)

    @classmethod
    def to_short(cls, tree: dict[str, Any]) -> Any:
        """A list of one component is that component."""
        return without_lists(tree)


def with_lists(value: Any) -> Any:
    """Makes each placement's single component a list of one."""
    if not isinstance(value, dict) or not isinstance(value.get("content"), dict):
        return value
    lists = {place: [item] if isinstance(item, dict) else item for place, item in value["content"].items()}
    return {**value, "content": lists}


def without_lists(tree: dict[str, Any]) -> dict[str, Any]:
    """Makes each placement's list of one component that component."""
    if "content" not in tree:
        return tree
    single = {place: items[0] if len(items) == 1 else items for place, items in tree["content"].items()}
    return {**tree, "content": single}


class Tag(Object, kw_only=True, frozen=True, omit_defaults=True):
    """A label that offers carry; offers may carry labels that no Tag describes."""


class Collection(Object, kw_only=True, frozen=True, omit_defaults=True):
    """A set of offers. Exactly one of the members is set.

    Attributes:
        any_tags: offers with at least one of these tags.
        all_tags: offers with all of these tags.
        offers: these offers, in this order.
        where: PQL over `offer`.
    """

    any_tags: list[Id] | None = None
    all_tags: list[Id] | None = None
    offers: list[Id] | None = None
    where: str | None = None
