"""Who is who: browsers, persons who log in, shared browsers."""

import pytest

from offerd.apis.target.delivery import visitors as visitors_module


@pytest.fixture
def attribute(deliver):
    """Writes one attribute for whoever is named."""

    def write(visitor, **attributes):
        return deliver(id=visitor, execute={"mboxes": [{"name": "nowhere", "profileParameters": attributes}]})["id"]

    return write


def known(site, name):
    return site.get(f"/profiles/{name}").json()


def test_a_person_who_logs_in_keeps_what_the_browser_knew(attribute, site):
    attribute({"tntId": "browser"}, seen="shoes", tier="none")
    attribute({"thirdPartyId": "jo"}, tier="gold")
    attribute({"tntId": "browser", "thirdPartyId": "jo"}, visits="2")
    person = known(site, "thirdPartyId:jo")
    assert person["attributes"] == {"seen": "shoes", "tier": "gold", "visits": "2"}
    assert known(site, "tntId:browser")["id"] == person["id"]


def test_a_person_who_is_new_takes_over_the_browsers_profile(attribute, site):
    attribute({"tntId": "browser"}, seen="shoes")
    attribute({"tntId": "browser", "thirdPartyId": "jo"}, tier="gold")
    assert known(site, "thirdPartyId:jo")["attributes"] == {"seen": "shoes", "tier": "gold"}


def test_a_request_that_says_too_much_of_a_person_joins_nobody(attribute, deliver, site):
    attribute({"tntId": "browser"}, seen="shoes")
    for number in range(6):
        many = {f"a{number}-{index}": "x" * 200 for index in range(50)}
        attribute({"thirdPartyId": "jo"}, **many)
    both = {"tntId": "browser", "thirdPartyId": "jo"}
    more = {f"b{index}": "x" * 200 for index in range(50)}
    ask = {"mboxes": [{"name": "nowhere", "profileParameters": more}]}
    assert "would be larger" in deliver(id=both, execute=ask, status=400)["message"]
    assert known(site, "tntId:browser")["id"] != known(site, "thirdPartyId:jo")["id"]


def test_a_browser_whose_attributes_would_be_too_many_for_a_person_is_not_joined(attribute, deliver, site):
    for visitor in ({"tntId": "browser"}, {"thirdPartyId": "jo"}):
        for number in range(4):
            attribute(visitor, **{f"{'-'.join(visitor)}{number}-{index}": "x" * 200 for index in range(50)})
    deliver(id={"tntId": "browser", "thirdPartyId": "jo"}, execute={"mboxes": [{"name": "deal"}]})
    assert known(site, "tntId:browser")["id"] != known(site, "thirdPartyId:jo")["id"]


def test_a_browser_that_two_persons_share_makes_them_no_one_person(attribute, site):
    attribute({"tntId": "browser", "thirdPartyId": "jo"}, name="jo")
    attribute({"tntId": "browser", "thirdPartyId": "bo"}, name="bo")
    attribute({"tntId": "browser", "thirdPartyId": "jo"}, again="yes")
    assert known(site, "thirdPartyId:bo")["attributes"] == {"name": "bo"}
    assert known(site, "thirdPartyId:jo")["attributes"] == {"name": "jo", "again": "yes"}
    assert known(site, "tntId:browser")["id"] == known(site, "thirdPartyId:jo")["id"]


def test_a_persons_experience_wins_over_the_browsers(deliver, visitors, site):
    b, c = next(visitors(35, 66)), next(visitors(68, 99))
    ask = {"mboxes": [{"name": "hero"}]}
    deliver(id={"thirdPartyId": b}, execute=ask)
    deliver(id={"tntId": c}, execute=ask)
    body = deliver(id={"tntId": c, "thirdPartyId": b}, execute=ask)
    assert body["execute"]["mboxes"][0]["options"][0]["content"] == "<b>B</b>"


def test_only_authenticated_customer_ids_are_names(attribute, site):
    def customer(state):
        return [{"id": "7", "integrationCode": "crm", "authenticatedState": state}]

    attribute({"tntId": "one", "customerIds": customer("unknown")}, a="1")
    assert site.get("/profiles/crm:7").status_code == 404
    attribute({"tntId": "one", "customerIds": customer("authenticated")}, b="2")
    assert known(site, "crm:7")["attributes"] == {"a": "1", "b": "2"}


def test_a_person_who_comes_without_a_browser_is_told_the_last_one(attribute):
    assert attribute({"tntId": "browser", "thirdPartyId": "jo"}, a="1")["tntId"] == "browser"
    assert attribute({"thirdPartyId": "jo"}, b="2")["tntId"] == "browser"


def test_a_name_that_everybody_has_stops_joining_visitors(attribute, deliver, site, monkeypatch):
    monkeypatch.setattr(visitors_module, "MOST_NAMES", 4)
    for number in range(6):
        attribute({"tntId": f"b{number}"}, own=str(number))
        assert attribute({"tntId": f"b{number}", "thirdPartyId": "guest"}, last=str(number))["tntId"] == f"b{number}"
    guest = known(site, "thirdPartyId:guest")
    assert len(guest["identities"]) == 4
    assert guest["attributes"]["last"] == "5"
    assert known(site, "tntId:b5")["attributes"] == {"own": "5"}
    customers = [{"id": "7", "integrationCode": "crm", "authenticatedState": "authenticated"}]
    deliver(id={"tntId": "b0", "customerIds": customers}, execute={"mboxes": [{"name": "deal"}]})
    assert len(known(site, "tntId:b0")["identities"]) == 4
    assert site.get("/profiles/crm:7").status_code == 404


def test_the_experience_cloud_id_leads_to_the_same_profile(attribute, site):
    attribute({"tntId": "browser"}, a="1")
    attribute({"tntId": "browser", "marketingCloudVisitorId": "42"}, b="2")
    assert known(site, "ECID:42")["attributes"] == {"a": "1", "b": "2"}
