"""Writers at the same time: nothing is torn, and nothing that another changed is lost."""

from concurrent.futures import ThreadPoolExecutor


def test_whole_writes_are_not_torn(admin, split):
    offers = [admin.offer(f"<b>{index}</b>") for index in range(8)]
    made = admin.make("/activities/ab", split(offers[0]))
    path = f"/activities/ab/{made['id']}"

    def write(index):
        body = split(offers[index], mbox=f"m{index}", name=f"N{index}", priority=index)
        return admin.send("PUT", path, body).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(write, range(8))) == {200}
    left = admin.get(path)
    index = left["priority"]
    assert left["name"] == f"N{index}"
    assert left["locations"]["mboxes"][0]["name"] == f"m{index}"
    assert left["options"][1]["offerId"] == offers[index]


def test_changes_of_different_members_are_all_kept(admin, split):
    made = admin.make("/activities/ab", split(admin.offer("<b>x</b>")))
    changes = {
        "name": {"name": "Other"},
        "priority": {"priority": 9},
        "state": {"state": "approved"},
        "schedule": {"startsAt": "2026-02-01T00:00Z"},
    }
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda each: admin.put(f"/activities/{made['id']}/{each[0]}", each[1], version=1),
                      changes.items()))  # fmt: skip
    left = admin.get(f"/activities/ab/{made['id']}")
    assert (left["name"], left["priority"], left["state"], left["startsAt"]) == (
        "Other", 9, "approved", "2026-02-01T00:00Z",
    )  # fmt: skip


def test_one_mbox_that_many_name_for_the_first_time(admin, split):
    offer = admin.offer("<b>x</b>")
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _: admin.make("/activities/ab", split(offer, mbox="new")), range(6)))
    assert len({each["id"] for each in made}) == 6
    assert [each["name"] for each in admin.get("/mboxes", version=1)["mboxes"]] == ["new", "order-confirm"]
