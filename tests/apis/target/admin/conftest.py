"""A client of the Admin API, in a workspace of its own, and pages that its activities are delivered to."""

import json

import pytest


class Admin:
    """Calls in a version.

    Attributes:
        http: the client, whose base is the tenant's.
    """

    def __init__(self, http):
        self.http = http

    def send(self, method, path, body=None, *, version=3, status=None, **more):
        media = f"application/vnd.adobe.target.v{version}+json"
        headers = {"accept": media, "x-api-key": "somebody"} | ({} if body is None else {"content-type": media})
        content = body if isinstance(body, (bytes, str, type(None))) else json.dumps(body)
        answer = self.http.request(method, path, content=content, headers=headers | more.pop("headers", {}), **more)
        if status is not None:
            assert answer.status_code == status, answer.text
        return answer

    def get(self, path, *, version=3, **params):
        return self.send("GET", path, version=version, status=200, params=params).json()

    def make(self, path, body, *, version=3):
        return self.send("POST", path, body, version=version, status=201).json()

    def put(self, path, body, *, version=3):
        return self.send("PUT", path, body, version=version, status=200).json()

    def offer(self, content, name="An offer"):
        kind = "content" if isinstance(content, str) else "json"
        return self.make(f"/offers/{kind}", {"name": name, "content": content}, version=2)["id"]

    def audience(self, rule, name="An audience"):
        return self.make("/audiences", {"name": name, "targetRule": rule})["id"]

    def approve(self, number):
        return self.put(f"/activities/{number}/state", {"state": "approved"}, version=1)


@pytest.fixture
def admin(server, workspace):
    with server.client(server.token("catalogue:read", "catalogue:write", workspace=workspace)) as client:
        client.base_url = f"{server.url}/{workspace}/target"
        yield Admin(client)


@pytest.fixture
def deliver(server, workspace):
    """Posts a request of delivery and gives the body of its answer."""
    with server.client("") as client:

        def post(visitor="v", status=200, **body):
            body.setdefault("context", {"channel": "web"})
            answer = client.post(
                "/rest/v1/delivery",
                params={"client": workspace, "sessionId": f"s-{visitor}"},
                content=json.dumps({"id": {"tntId": visitor}, **body}),
            )
            assert answer.status_code == status, answer.text
            return answer.json() if answer.content else None

        yield post


@pytest.fixture
def seen(deliver):
    """What a visitor is shown in an mbox."""

    def show(name, visitor="v", **more):
        context = more.pop("context", {"channel": "web"})
        body = deliver(visitor, context=context, execute={"mboxes": [{"index": 0, "name": name, **more}]})
        return [option["content"] for option in body["execute"]["mboxes"][0].get("options", [])]

    return show


@pytest.fixture
def split(admin):
    """The body of an A/B activity at one mbox, which shows nothing to some and an offer to the others."""

    def body(offer, mbox="hero", shares=(50, 50), **more):
        return {
            "name": "Colours",
            "state": "saved",
            "priority": 100,
            "options": [
                {"optionLocalId": 0, "name": "Default", "offerId": 0},
                {"optionLocalId": 2, "name": "Offer2", "offerId": offer},
            ],
            "locations": {"mboxes": [{"locationLocalId": 0, "name": mbox, "audienceIds": []}]},
            "experiences": [
                {
                    "experienceLocalId": index,
                    "name": f"Experience {'AB'[index]}",
                    "visitorPercentage": share,
                    "optionLocations": [{"locationLocalId": 0, "optionLocalId": (0, 2)[index]}],
                }
                for index, share in enumerate(shares)
            ],
            "metrics": [
                {
                    "metricLocalId": 32767,
                    "name": "Sold",
                    "conversion": True,
                    "action": {"type": "count_once"},
                    "mboxes": [{"name": "order-confirm", "successEvent": "mbox_shown"}],
                }
            ],
            **more,
        }

    return body
