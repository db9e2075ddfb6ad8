"""The client against the real server: the demonstration's page, whose clicks are counted."""

import httpx
import pytest

from offerd.demo import site
from offerd.web import create_app


@pytest.fixture
def shop(start_server):
    """The demonstration's page, on a server of its own."""
    server = start_server(more=[site.api()])

    async def load():
        headers = {"authorization": f"Bearer {server.admin}"}
        async with httpx.AsyncClient(transport=transport, base_url=server.url, headers=headers) as client:
            await site.load(client)
            await site.load(client)

    transport = httpx.ASGITransport(create_app(server.house))
    server.run(load())
    return server.url.replace("127.0.0.1", "localhost") + site.PATH


def test_it_shows_the_coupon_for_the_situation(shop, page):
    page.goto(f"{shop}?weather=Snowy&time=Morning&company=Friends")
    page.wait_for_selector("#coupon:has-text('A free coffee with any cake')")
    page.wait_for_selector("#greeting:has-text('Come in out of the weather')")
    page.wait_for_selector("#strip:has-text('It saves 4 dollars')")
    page.select_option("[name=time]", "Evening")
    page.wait_for_selector("#coupon:has-text('A drink on us')")
    page.wait_for_selector("#strip:has-text('It saves 6 dollars')")
    page.select_option("[name=company]", "Kids")
    page.wait_for_selector("#coupon:has-text('A free coffee with any cake')")
    assert "time=Evening" in page.url


def test_clicks_are_counted(shop, page):
    page.goto(f"{shop}?time=Noon")
    page.wait_for_selector("#coupon:has-text('A third off lunch')")
    page.wait_for_selector("#coupon.at-element-click-tracking")
    page.click("#coupon button")
    page.wait_for_selector("#clicks td:has-text('lunch') + td:text-is('1')")


def test_nothing_violates_its_policy(shop, page):
    page.add_init_script(
        """window.violations = [];
        document.addEventListener('securitypolicyviolation', (e) => violations.push(e.violatedDirective))"""
    )
    page.goto(f"{shop}?weather=Rainy")
    page.wait_for_selector("#greeting[style]")
    assert page.evaluate("violations") == []


def test_the_visitor_stays_the_same(shop, page, context):
    page.goto(shop)
    page.wait_for_selector("#coupon.at-element-marker")
    first = {each["name"]: each["value"] for each in context.cookies()}["mbox"]
    page.reload()
    page.wait_for_selector("#coupon.at-element-marker")
    second = {each["name"]: each["value"] for each in context.cookies()}["mbox"]
    assert [part.split("#")[1] for part in first.split("|")] == [part.split("#")[1] for part in second.split("|")]
