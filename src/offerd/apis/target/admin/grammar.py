"""The words of target rules: classes and their attributes, operators, and what each is in PQL."""

from __future__ import annotations

from collections.abc import Mapping

_PAGE = ("url", "path", "query", "fragment", "domain", "subdomain", "topLevelDomain")
_TIME = ("hour", "minute", "weekday", "day", "month", "year", "date")

#: Where the attributes of each class are, and their names; None for any name.
CLASSES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...] | None]] = {
    "mbox": (("context", "mbox"), None),
    "profile": (("profile",), None),
    "page": (("context", "page"), _PAGE),
    "referring": (("context", "referring"), _PAGE),
    "user": (("context", "user"), ("browserType", "browserVersion", "platform", "locale")),
    "geo": (
        ("context", "geo"),
        ("country", "region", "city", "zip", "latitude", "longitude", "countryCode", "stateCode", "ipAddress"),
    ),
    "time": (("context", "time"), _TIME),
    "order": (("context", "order"), ("id", "total", "purchasedProductIds")),
    "product": (("context", "product"), ("id", "categoryId")),
}

#: Operators that order, and their signs.
ORDERS = {"lessThan": "<", "lessThanOrEquals": "<=", "greaterThan": ">", "greaterThanOrEquals": ">="}
#: Operators that are functions of text, and whether they regard case.
TEXTS = {
    "equalsIgnoreCase": ("equals", False),
    "matches": ("equals", False),
    "contains": ("contains", True),
    "containsIgnoreCase": ("contains", False),
    "startsWith": ("startsWith", True),
    "startsWithIgnoreCase": ("startsWith", False),
    "endsWith": ("endsWith", True),
    "endsWithIgnoreCase": ("endsWith", False),
}
#: Operators that hold where another does not.
NEGATIVE = {
    f"not{name[0].upper()}{name[1:]}": name for name in ("equals", *TEXTS)
} | {"notExists": "exists"}  # fmt: skip

OPERATORS: tuple[str, ...] = ("equals", *TEXTS, *ORDERS, "exists", *NEGATIVE)

#: The most values of one leaf, and characters of a text.
MOST_VALUES, LONGEST = 1_000, 5_000
