"""Who is who: browsers, persons who log in, shared browsers."""

import pytest


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


def test_the_experience_cloud_id_leads_to_the_same_profile(attribute, site):
    attribute({"tntId": "browser"}, a="1")
    attribute({"tntId": "browser", "marketingCloudVisitorId": "42"}, b="2")
    assert known(site, "ECID:42")["attributes"] == {"a": "1", "b": "2"}
