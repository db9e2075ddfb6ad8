"""What is shown at once, ask by ask and page view by page view; content that the caller fills in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.anyio

SEEN = [{"id": "seen", "limit": 1, "per": "profile", "counts": "display"}]
PLACE = {"placement": "p"}


async def test_an_ask_may_be_shown_at_once_where_its_request_is_not(shop: Shop) -> None:
    await shop.offer()
    await shop.ask("ann", asks=[{**PLACE, "displayed": True}], duplicates=True)
    assert len(shop.rows("interactions")) == 1
    await shop.ask("bob", asks=[{**PLACE, "displayed": False}], displayed=True)
    assert len(shop.rows("interactions")) == 1


async def test_a_cap_on_displays_counts_what_an_ask_shows_at_once(shop: Shop) -> None:
    await shop.offer(caps=SEEN)
    later = {"asks": [{**PLACE, "displayed": False}], "displayed": True}
    assert await shop.given("ann", **later) == ["o"]
    assert await shop.given("ann", asks=[{**PLACE, "displayed": True}]) == ["o"]
    assert await shop.given("ann", **later) == []


async def test_one_page_view_shows_and_counts_an_offer_once(shop: Shop) -> None:
    await shop.offer(caps=[{**SEEN[0], "limit": 2}])
    view = {"displayed": True, "duplicates": True, "asks": [PLACE, PLACE]}
    for _ in range(3):
        decision = await shop.ask("ann", impression="i-1", **{**view, "asks": [PLACE]})
        assert [item.offer for each in decision.propositions for item in each.items] == ["o"]
    assert len(shop.rows("interactions")) == 1
    await shop.restart()
    assert await shop.given("ann", impression="i-2", displayed=True) == ["o"]
    assert await shop.given("ann", impression="i-3", displayed=True) == []
    await shop.ask("bob", impression="i-4", **view)
    assert len(shop.rows("interactions")) == 3


async def test_content_is_left_as_it_is_where_the_caller_fills_it_in(shop: Shop) -> None:
    text = "${profile.name} ${other}"
    await shop.offer(content={"p": {"html": text, "template": "macros"}})
    for unfilled, wanted in (([], (" ${other}", "none")), (["macros"], (text, "macros"))):
        decision = await shop.ask("ann", unfilled=unfilled)
        (component,) = decision.propositions[0].items[0].components
        assert (component.body, component.template) == wanted
