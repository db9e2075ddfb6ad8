"""What rules see of a situation: the page, where it was come from, the browser, the place on earth, the device.

The same names as in on-device artifacts: `context.page.url`, `context.referring.domain`, `context.user.browserType`,
`context.geo.country`, `context.mbox.<parameter>`. Each text of a page, and each parameter, has a twin in lower case:
`context.page.url_lc`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Any
from urllib.parse import SplitResult, urlsplit

from publicsuffixlist import PublicSuffixList

from offerd.apis.target.delivery.values import mapping, written

#: Members of the wire's context that rules see as they are.
_PLAIN = ("channel", "mobilePlatform", "application", "screen", "window", "browser", "timeOffsetInMinutes")

_GEO = {"country": "countryCode", "region": "stateCode"}
_LOWER = "_lc"

#: The most characters of a URL that is looked into.
LONGEST_URL = 4_096
#: The most characters of a host that has a domain; no name is longer.
_LONGEST_HOST = 253
_BROWSERS = (
    ("edge", re.compile(r"\bEdg(?:e|A|iOS)?/(\d+)")),
    ("chrome", re.compile(r"\b(?:Chrome|CriOS|Chromium)/(\d+)")),
    ("firefox", re.compile(r"\b(?:Firefox|FxiOS)/(\d+)")),
    ("ie", re.compile(r"\b(?:MSIE |Trident/.*rv:)(\d+)")),
    ("mobile safari", re.compile(r"\bVersion/(\d+)[^ ]* Mobile\S* Safari/")),
    ("safari", re.compile(r"\bVersion/(\d+)\S* Safari/")),
)
_NESTS = re.compile(r"[^.]+(?:\.[^.]+)+", re.DOTALL)
_PLATFORMS = (
    ("android", "Android"),
    ("ios", "iPhone"),
    ("ios", "iPad"),
    ("windows", "Windows"),
    ("mac", "Macintosh"),
    ("linux", "Linux"),
)


def facts(context: Mapping[str, Any], user_agent: str = "") -> dict[str, Any]:
    """The members of a context that rules see.

    Args:
        context: the wire's.
        user_agent: the browser's header, where the context does not name the browser.
    """
    made: dict[str, Any] = {name: context[name] for name in _PLAIN if isinstance(context.get(name), (str, int, dict))}
    made |= pages(mapping(context, "address"))
    agent = context.get("userAgent")
    made["user"] = user(agent if isinstance(agent, str) and agent else user_agent, mapping(context, "clientHints"))
    language = mapping(context, "browser").get("language")
    if isinstance(language, str):
        made["user"]["locale"] = language[:2].lower()
    geo = {name: text for name, value in mapping(context, "geo").items() if (text := written(value))}
    if geo:
        plain = {name: geo[member] for name, member in _GEO.items() if member in geo}
        made["geo"] = {**geo, **plain}
    return made


def pages(address: Mapping[str, Any]) -> dict[str, Any]:
    """`page` and `referring`, of an address; texts are empty where it says nothing of them."""
    made = {}
    for name, member in (("page", "url"), ("referring", "referringUrl")):
        url = address.get(member)
        made[name] = dict(_page_twice(url if isinstance(url, str) and len(url) <= LONGEST_URL else ""))
    return made


@lru_cache(maxsize=4_096)
def _page_twice(url: str) -> Mapping[str, str]:
    return with_lower_case(page(url))


@lru_cache(maxsize=4_096)
def page(url: str) -> Mapping[str, str]:
    """The parts of a URL."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        parts, host = SplitResult("", "", "", "", ""), ""
    subdomain, domain, top = domain_parts(host)
    return {
        "url": url,
        "path": parts.path,
        "query": parts.query,
        "fragment": parts.fragment,
        "domain": domain,
        "subdomain": subdomain,
        "topLevelDomain": top,
    }


def domain_parts(host: str) -> tuple[str, str, str]:
    """Subdomain without `www`, domain and top-level domain of a host; one that is under no known suffix is a domain."""
    name = host.lower()
    domain = None if _is_address(name) or len(name) > _LONGEST_HOST else _suffixes().privatesuffix(name)
    if domain is None:
        return "", name, ""
    labels = name.removesuffix(domain).rstrip(".").split(".")
    if labels[0] == "www":
        labels = labels[1:]
    return ".".join(labels), domain, domain.partition(".")[2]


def user(agent: str, hints: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """`browserType`, `browserVersion` and `platform`, from a browser's own name of itself."""
    agent = agent[:2_048]
    found = next(((name, match) for name, pattern in _BROWSERS if (match := pattern.search(agent))), None)
    platform = next((name for name, sign in _PLATFORMS if sign in agent), "unknown")
    said = next((hints[name] for name in ("platform", "Sec-CH-UA-Platform") if hints and hints.get(name)), None)
    if platform == "unknown" and isinstance(said, str):
        platform = said.strip('"').lower()[:32] or platform
    name, version = ("unknown", "") if found is None else (found[0], found[1][1])
    return {"browserType": name, "browserVersion": version, "platform": platform}


def nested(parameters: Mapping[str, str]) -> dict[str, Any]:
    """Parameters by name; a dot between two names nests, except within what is text itself.

    What comes later counts, where one name is both text and has others in it.
    """
    made: dict[str, Any] = {}
    for name, value in parameters.items():
        *way, last = name.split(".") if _NESTS.fullmatch(name) else [name]
        here = _within(made, way)
        if here is not None:
            here[last] = value
    return made


def with_lower_case(tree: Mapping[str, Any]) -> dict[str, Any]:
    """The same with a twin in lower case for each text; a twin counts for more than a member of its name."""
    made = dict(tree)
    for name, value in tree.items():
        if isinstance(value, dict):
            made[name] = with_lower_case(value)
        elif isinstance(value, str):
            made[name + _LOWER] = made[name].lower()
    return made


def languages(header: str, own: Any) -> list[str]:
    """Languages in order of preference: the browser's own, then those that its header accepts."""
    tags = [own] if isinstance(own, str) and own else []
    for part in header[:256].split(","):
        tag, _, quality = part.strip().partition(";")
        if re.fullmatch(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*", tag) and quality.strip() != "q=0":
            tags.append(tag)
    return list(dict.fromkeys(tag[:35] for tag in tags))[:10]


def _within(tree: dict[str, Any], way: Iterable[str]) -> dict[str, Any] | None:
    for name in way:
        tree = tree.setdefault(name, {})
        if not isinstance(tree, dict):
            return None
    return tree


def _is_address(name: str) -> bool:
    return ":" in name or re.fullmatch(r"[0-9.]+", name) is not None


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)
