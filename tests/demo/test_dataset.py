"""The data that the demonstration ships: complete, attributed, and read as it says."""

from __future__ import annotations

from collections import Counter
from importlib.resources import files

from offerd.demo import dataset


def test_it_holds_every_situation_of_every_driver() -> None:
    data = dataset.read()
    assert len(data.occasions) == 12_684
    assert len(data.drivers) == 567
    assert sum(occasion.taken for occasion in data.occasions) == 7_210
    assert Counter(occasion.coupon for occasion in data.occasions) == {
        "coffee-house": 3_996,
        "restaurant-under-20": 2_786,
        "carry-out": 2_393,
        "bar": 2_017,
        "restaurant-20-to-50": 1_492,
    }


def test_its_source_authors_and_licence_stand_beside_it() -> None:
    notice = files("offerd.demo").joinpath("data/NOTICE").read_text()
    for words in ("In-Vehicle Coupon Recommendation", "UCI Machine Learning Repository", "Wang", "Rudin", "CC BY 4.0"):
        assert words in notice


def test_it_is_small() -> None:
    assert len(files("offerd.demo").joinpath("data/situations.csv.xz").read_bytes()) < 200_000


def test_drivers_are_numbered_as_they_occur_and_no_two_are_alike() -> None:
    drivers = dataset.read().drivers
    assert [driver.id for driver in drivers] == [f"d{number:03}" for number in range(1, 568)]
    assert len({repr(driver.attributes) for driver in drivers}) == 567


def test_a_driver_is_described_in_numbers_and_in_the_sources_words() -> None:
    first = dataset.read().drivers[0].attributes
    assert first["age"] == 21
    assert first["income"] == 37_500
    assert first["incomeBand"] == "$37500 - $49999"
    assert first["hasChildren"] is True
    assert first["visits"] == {"bar": 0, "coffeeHouse": 0, "restaurantUnder20": 4, "restaurant20To50": 1}
    assert first["habits"] == {
        "bar": "never", "coffeeHouse": "never", "restaurantUnder20": "4~8", "restaurant20To50": "1~3",
    }  # fmt: skip


def test_bands_without_a_least_value_still_are_numbers() -> None:
    drivers = [driver.attributes for driver in dataset.read().drivers]
    assert {(each["ageBand"], each["age"]) for each in drivers} >= {("below21", 20), ("50plus", 50), ("46", 46)}
    assert {(each["incomeBand"], each["income"]) for each in drivers} >= {
        ("Less than $12500", 0), ("$100000 or More", 100_000),
    }  # fmt: skip


def test_a_situation_is_where_when_and_with_whom() -> None:
    first = dataset.read().occasions[0]
    assert first.driver == "d001"
    assert (first.coupon, first.taken) == ("restaurant-under-20", True)
    assert first.context == {
        "destination": "No Urgent Place", "passenger": "Alone", "weather": "Sunny", "temperature": 55, "hour": 14,
        "couponHours": 24, "minutesAway": 5, "sameDirection": False,
    }  # fmt: skip


def test_every_driver_is_a_profile_to_import() -> None:
    profiles = list(dataset.profiles())
    assert len(profiles) == 567
    assert profiles[1]["identities"] == [{"namespace": "driver", "id": "d002"}]
    assert set(profiles[1]) == {"identities", "attributes"}
