"""The real situations that the demonstration decides: 12,684 of 567 drivers. See data/NOTICE for whose they are."""

from __future__ import annotations

import csv
import io
import lzma
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

#: The namespace of the drivers' identities; their ids are `d001` to `d567`.
NAMESPACE = "driver"

#: The source's name of each kind of coupon, and the offer of the demonstration's catalogue.
COUPONS = {
    "Bar": "bar",
    "Coffee House": "coffee-house",
    "Carry out & Take away": "carry-out",
    "Restaurant(<20)": "restaurant-under-20",
    "Restaurant(20-50)": "restaurant-20-to-50",
}

_PERSON = ("gender", "age", "maritalStatus", "has_children", "education", "occupation", "income", "cartype")
_VISITS = {
    "Bar": "bar",
    "CoffeeHouse": "coffeeHouse",
    "CarryAway": "carryOut",
    "RestaurantLessThan20": "restaurantUnder20",
    "Restaurant20To50": "restaurant20To50",
}

#: Ages of the bands that are not written as their least age.
_AGES = {"below21": 20, "50plus": 50}

#: The least number of visits a month of a band; less than one is counted as a half.
_TIMES = {"never": 0, "less1": 0.5, "1~3": 1, "4~8": 4, "gt8": 9}

_PASSENGERS = {"Friend(s)": "Friends", "Kid(s)": "Kids"}
_HOURS = {"7AM": 7, "10AM": 10, "2PM": 14, "6PM": 18, "10PM": 22}
_EXPIRY = {"2h": 2, "1d": 24}


class Driver(msgspec.Struct, frozen=True):
    """A person.

    Attributes:
        id: `d001` and so on, in the order in which they first occur.
        attributes: what is known of them, as a profile has it.
    """

    id: str
    attributes: dict[str, Any]


class Occasion(msgspec.Struct, frozen=True):
    """A situation in which a driver was shown a coupon.

    Attributes:
        driver: the driver's id.
        context: where, when and with whom, as a request has it.
        coupon: the offer that was shown.
        taken: whether the driver would have taken it.
    """

    driver: str
    context: dict[str, Any]
    coupon: str
    taken: bool


class Dataset(msgspec.Struct, frozen=True):
    """All of it, in the source's order."""

    drivers: tuple[Driver, ...]
    occasions: tuple[Occasion, ...]


@cache
def read() -> Dataset:
    """Reads what the package ships."""
    packed = files("offerd.demo").joinpath("data/situations.csv.xz").read_bytes()
    rows = csv.DictReader(io.StringIO(lzma.decompress(packed).decode("utf-8"), newline=""))
    drivers: dict[tuple[str, ...], Driver] = {}
    occasions = [_occasion(row, _driver(row, drivers)) for row in rows]
    return Dataset(tuple(drivers.values()), tuple(occasions))


def profiles() -> Iterator[dict[str, Any]]:
    """Every driver as a profile to import."""
    for driver in read().drivers:
        yield {"identities": [{"namespace": NAMESPACE, "id": driver.id}], "attributes": driver.attributes}


def _driver(row: dict[str, str], drivers: dict[tuple[str, ...], Driver]) -> str:
    """The id of the row's driver: rows that say the same of a person are one person's."""
    key = tuple(row[column] for column in (*_PERSON, *_VISITS))
    if key not in drivers:
        drivers[key] = Driver(f"d{len(drivers) + 1:03}", _attributes(row))
    return drivers[key].id


def _attributes(row: dict[str, str]) -> dict[str, Any]:
    habits = {name: row[column] for column, name in _VISITS.items() if row[column]}
    attributes = {
        "gender": row["gender"],
        "age": _AGES.get(row["age"]) or int(row["age"]),
        "ageBand": row["age"],
        "maritalStatus": row["maritalStatus"],
        "hasChildren": row["has_children"] == "1",
        "education": row["education"],
        "occupation": row["occupation"],
        "income": _income(row["income"]),
        "incomeBand": row["income"],
        "visits": {name: _TIMES[band] for name, band in habits.items()},
        "habits": habits,
    }
    return {**attributes, "car": row["cartype"]} if row["cartype"] else attributes


def _income(band: str) -> int:
    """The least income of a band, in dollars a year: 37500 of `$37500 - $49999`."""
    return 0 if band.startswith("Less") else int(band.removeprefix("$").split(" ")[0])


def _occasion(row: dict[str, str], driver: str) -> Occasion:
    away = 25 if row["toCoupon_GEQ25min"] == "1" else 15 if row["toCoupon_GEQ15min"] == "1" else 5
    context = {
        "destination": row["destination"],
        "passenger": _PASSENGERS.get(row["passanger"], row["passanger"]),
        "weather": row["weather"],
        "temperature": int(row["temperature"]),
        "hour": _HOURS[row["time"]],
        "couponHours": _EXPIRY[row["expiration"]],
        "minutesAway": away,
        "sameDirection": row["direction_same"] == "1",
    }
    return Occasion(driver, context, COUPONS[row["couponType"]], row["Y"] == "1")
