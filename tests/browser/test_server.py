"""The client against the real server, from a page of another origin: what a page reports is counted for its visitor."""

import httpx
import pytest

from offerd.apis import native
from offerd.apis.operation import Api, Operations, answer
from offerd.web import create_app

CATALOGUE = """
placements:
  hero: {name: A hero, channel: web, content: [html]}
  home: {name: A view, kind: view, channel: web, activities: all, count: all}
  bought: {name: What was bought, channel: web}
  target-global-mbox: {name: The whole page, kind: page, channel: web, activities: all, count: all}
activities:
  heroes:
    status: live
    placements: [hero]
    goals: [{on: click, at: hero}]
    selections:
      - inline: {hero: {status: approved, content: {hero: {html: "<b>Hero</b>"}}}}
  views:
    status: live
    placements: {home: {shares: true}}
    goals: [{on: click, at: home, selector: "#view"}]
    selections:
      - inline:
          view:
            status: approved
            content: {home: {actions: [{type: setText, selector: "#view", content: View}]}}
  whole:
    status: live
    placements: {target-global-mbox: {shares: true}}
    goals: [{on: click, at: target-global-mbox, selector: "#page"}, {on: conversion, at: bought}]
    selections:
      - inline:
          page:
            status: approved
            content: {target-global-mbox: {actions: [{type: setHtml, selector: "#page", content: "<b>Page</b>"}]}}
"""

PAGE = "<p id='page'>Default</p><p id='view'>Default</p><p id='hero'>Default</p>"


def counting():
    """What was counted, for the page to wait for."""
    operations = Operations("Counting")

    @operations.add("GET", "/counted", "counted", scope="public", answers={200: {"type": "array"}})
    async def counted(call):
        found = call.house.interactions.find("default", limit=100).interactions
        told = answer(sorted(f"{each.type} {each.placement} {each.offer}" for each in found))
        return type(told)(body=told.body, headers=(("access-control-allow-origin", "*"),))

    return Api(name="counting", prefix="", operations=tuple(operations), failure=native.API.failure)


@pytest.fixture
def shop(start_server):
    """A server with the catalogue above."""
    server = start_server(more=[counting()])

    async def load():
        headers = {"authorization": f"Bearer {server.admin}", "content-type": "application/yaml"}
        async with httpx.AsyncClient(transport=transport, base_url=server.url, headers=headers) as client:
            (await client.post("/offerd/v1/catalogue/apply", content=CATALOGUE)).raise_for_status()

    transport = httpx.ASGITransport(create_app(server.house))
    server.run(load())
    return server


def test_whatever_a_page_reports_is_counted(shop, stub, page, page_of):
    origin = shop.url.replace("127.0.0.1", "localhost")
    settings = "{pageLoadEnabled: true, viewsEnabled: true}"
    stub.pages["/shop"] = page_of(PAGE, settings=settings, script=f"{origin}/offerd.js")
    page.goto(f"{stub.url}/shop")
    page.click("#page.at-element-click-tracking > b")
    page.evaluate("offerd.triggerView('Home')")
    page.click("#view.at-element-click-tracking:text-is('View')")
    page.evaluate(
        """() => offerd.getOffers({request: {prefetch: {mboxes: [{index: 0, name: 'hero'}]}}})
           .then((response) => offerd.applyOffers({response, selector: '#hero'}))"""
    )
    page.click("#hero.at-element-click-tracking > b")
    page.evaluate("offerd.trackEvent({mbox: 'bought', params: {orderId: 'o', orderTotal: 5, mbox3rdPartyId: 'p1'}})")
    expected = [
        "click hero hero", "click home view", "click target-global-mbox page", "conversion bought page",
        "display hero hero", "display home view", "display target-global-mbox page",
    ]  # fmt: skip
    wait = """([url, expected]) => fetch(url).then((answer) => answer.json())
      .then((told) => String(told) === String(expected))"""
    page.wait_for_function(wait, arg=[f"{origin}/counted", expected])
    found = shop.house.interactions.find("default", limit=100).interactions
    assert len({each.profile for each in found}) == 1
    bought = next(each for each in found if each.type == "conversion")
    assert float(bought.value) == 5
    assert {each.namespace: each.id for each in bought.identities}["thirdPartyId"] == "p1"
