"""Pages of every make: wherever the script stands in them, the offer comes and nothing stays hidden."""

import pytest

from offerd.browser import page_client

OPTION = {"type": "actions", "content": [
    {"type": "setHtml", "selector": "#hero", "cssSelector": "#hero", "content": "<b>Offer</b>"}]}  # fmt: skip
SHOWN = """document.querySelector('#hero b') && getComputedStyle(document.body).opacity === '1'
  && getComputedStyle(document.getElementById('hero')).visibility === 'visible'
  && !document.querySelector('.at-flicker-control')"""
SETTINGS = "<script>offerdSettings = {viewsEnabled: false, hidingLimit: 600000}</script>"
HERO = "<p id='hero'>Default</p>"
SCRIPT = "<script src='/offerd.js'></script>"


def later(work):
    return f"<script>addEventListener('load', () => setTimeout(() => {{ {work} }}))</script>"


PAGES = {
    "without a head": SETTINGS + SCRIPT + HERO,
    "with the script at its end": f"<body>{HERO}{SETTINGS}{SCRIPT}",
    "with a script that is in no hurry": f"<head>{SETTINGS}<script async src='/offerd.js'></script></head>{HERO}",
    "with a script that waits": f"<head>{SETTINGS}<script defer src='/offerd.js'></script></head>{HERO}",
    "with a module": f"<head>{SETTINGS}<script type='module' src='/offerd.js'></script></head>{HERO}",
    "with the script in it": f"<head>{SETTINGS}<script>{page_client().served.decode()}</script></head>{HERO}",
    "that adds the script": f"<head>{SETTINGS}</head>{HERO}"
    + later("const script = document.createElement('script'); script.src = '/offerd.js'; document.head.append(script)"),
    "that writes itself": f"<head>{SETTINGS}<script>document.write(`<script src='/offerd.js'></scr` + `ipt>`)</script>"
    f"</head><script>document.write(`{HERO}`)</script>",
    "that is written over": SETTINGS + SCRIPT
    + later(f"document.write(`<!DOCTYPE html>{HERO}`); document.close()"),
    "whose elements are all replaced": f"<head>{SETTINGS}{SCRIPT}</head>"
    + later(f"document.documentElement.innerHTML = `<head></head><body>{HERO}</body>`"),
    "with another base": f"<head>{SETTINGS}<script src='ORIGIN/offerd.js'></script><base href='http://elsewhere.invalid/'>"
    f"</head>{HERO}",
}  # fmt: skip


@pytest.fixture
def offering(stub, delivered):
    stub.answers = lambda asked: delivered(asked, pageLoad={"options": [OPTION]})
    return stub


@pytest.mark.parametrize("kind", PAGES)
def test_an_offer_comes_in_a_page(offering, page, kind):
    offering.pages["/odd"] = "<!DOCTYPE html>" + PAGES[kind].replace("ORIGIN", offering.url)
    page.goto(f"{offering.url}/odd")
    page.wait_for_function(SHOWN)


def test_an_offer_comes_in_a_frame_without_an_address(offering, page):
    offering.pages["/outer"] = f'<!DOCTYPE html><iframe srcdoc="<!DOCTYPE html>{SETTINGS}{SCRIPT}{HERO}"></iframe>'
    page.goto(f"{offering.url}/outer")
    page.frames[1].wait_for_function(SHOWN)


def test_a_frame_that_may_keep_nothing_is_left_alone(offering, page):
    offering.pages["/inner"] = f"<!DOCTYPE html>{SETTINGS}{SCRIPT}{HERO}"
    offering.pages["/outer"] = "<!DOCTYPE html><iframe sandbox='allow-scripts' src='/inner'></iframe>"
    page.goto(f"{offering.url}/outer")
    frame = page.frames[1]
    told = frame.evaluate("new Promise((ok) => offerd.getOffer({mbox: 'm', success() {}, error: (...all) => ok(all)}))")
    assert told == ["warning", "Cookies cannot be set"]
    assert frame.locator("style").count() == 0
    assert frame.inner_text("#hero") == "Default"
    assert offering.requests == []


def test_another_client_beside_it_stays_what_it_is(offering, page):
    other = "<script>window.adobe = {target: {VERSION: 'theirs'}, other: 1}</script>"
    offering.pages["/two"] = f"<!DOCTYPE html><head>{other}{SETTINGS}{SCRIPT}</head>{HERO}"
    page.goto(f"{offering.url}/two")
    page.wait_for_function(SHOWN)
    assert page.evaluate("adobe.target.VERSION") == "theirs"
    offering.pages["/two"] = offering.pages["/two"].replace("viewsEnabled", "adobeTarget: true, viewsEnabled")
    page.reload()
    page.wait_for_function(SHOWN)
    assert page.evaluate("[adobe.target === offerd, adobe.other]") == [True, 1]
