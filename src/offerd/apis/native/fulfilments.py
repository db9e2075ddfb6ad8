"""Routes of fulfilments: what accepts set going, and how it ended."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from offerd.apis.native.pages import CURSOR, LIMIT, moment, page, page_of, page_size
from offerd.apis.native.requests import read
from offerd.apis.operation import JSON, Answer, Call, Operations, Parameter, Payload, answer
from offerd.model.base import Instant
from offerd.model.interaction import Fulfilment
from offerd.services.clock import instant
from offerd.services.fulfilment import deliveries

operations = Operations("Fulfilments")

#: What a fulfilment may be.
STATES = ("in_progress", "completed", "failed")


class FulfilmentError(msgspec.Struct, frozen=True, kw_only=True):
    """Why a fulfilment failed.

    Attributes:
        code: for programs.
        message: for people.
    """

    code: str
    message: str = ""


class Finish(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a fulfilment ended.

    Attributes:
        error: why it failed; absent where it is completed.
    """

    error: FulfilmentError | None = None


FulfilmentPage = page_of(Fulfilment, "FulfilmentPage")

#: What a delivery may be.
DELIVERY_STATES = ("waiting", "delivered", "dead", "dropped")


class Delivery(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What a fulfilment sends, as far as it is told.

    Attributes:
        id: the fulfilment's id, which every attempt carries.
        kind: the fulfilment's.
        fulfiller: what sends it.
        profile: whom it concerns.
        url: where it goes, for what goes to an address, without what may be secret: a user, a password, a query.
        state: `waiting`; `delivered`; `dead`, when every attempt failed; `dropped`, when the fulfilment had ended
            without it.
        attempts: how often it was tried.
        error: why the last attempt failed.
        created: when the choice was accepted.
        tried: when it was tried last.
        due: when it is tried next.
        finished: when it was delivered, dead or dropped.
    """

    id: str
    kind: str
    fulfiller: str
    profile: str | None = None
    url: str | None = None
    state: str
    attempts: int = 0
    error: str = ""
    created: Instant
    tried: Instant | None = None
    due: Instant | None = None
    finished: Instant | None = None


DeliveryPage = page_of(Delivery, "DeliveryPage")

_PROFILE = Parameter(name="profile", description="Only this profile's, by its id or as `namespace:id`.")


@operations.add(
    "GET",
    "/fulfilments",
    "listFulfilments",
    scope="profiles",
    answers={200: FulfilmentPage},
    query=(
        Parameter(name="state", choices=STATES, description="Only those in this state."),
        Parameter(name="kind", description="Only those of this kind, such as `webhook`."),
        _PROFILE,
        Parameter(name="offer", description="Only those of this offer."),
        Parameter(name="proposition", description="Only those of this proposition."),
        Parameter(name="since", description="Only those that started at this moment or later."),
        LIMIT,
        CURSOR,
    ),
    refuses=(422,),
)
async def list_fulfilments(call: Call) -> Answer:
    """Lists what accepts set going, the latest first."""
    named = call.query["profile"]
    found = call.house.fulfilments.find(
        call.workspace,
        state=call.query["state"],
        kind=call.query["kind"],
        profile=None if named is None else call.house.profiles.resolve(call.workspace, named),
        offer=call.query["offer"],
        proposition=call.query["proposition"],
        since=moment(call, "since"),
        limit=page_size(call),
        cursor=call.query["cursor"],
    )
    return answer(page(found.fulfilments, found.cursor))


@operations.add("GET", "/fulfilments/{id}", "readFulfilment", scope="interact", answers={200: Fulfilment})
async def read_fulfilment(call: Call) -> Answer:
    """Reads what an accept set going."""
    return answer(call.house.fulfilments.read(call.workspace, call.path["id"]))


@operations.add(
    "POST",
    "/fulfilments/{id}/finish",
    "finishFulfilment",
    scope="interact",
    limit="body_limit",
    payload=Payload(shapes={JSON: Finish}),
    answers={200: Fulfilment},
)
async def finish_fulfilment(call: Call) -> Answer:
    """Says that what an accept set going was completed, or with an `error` that it failed.

    Saying the same again changes nothing; saying the other is refused. The end is recorded as an interaction of the
    type `fulfilled` or `failed`.
    """
    error, service = read(call, Finish, call.body).error, call.house.fulfilments
    name, keep = call.path["id"], call.keep(answer)
    if error is None:
        return answer(await service.complete(call.workspace, name, keep=keep))
    return answer(await service.fail(call.workspace, name, error.code, error.message, keep=keep))


def shown(delivery: deliveries.Delivery) -> Delivery:
    """A delivery as the API tells of it: without what it says."""
    return Delivery(
        id=delivery.id,
        kind=delivery.kind,
        fulfiller=delivery.fulfiller,
        profile=delivery.profile,
        url=None if delivery.url is None else _plain(delivery.url),
        state=delivery.state,
        attempts=delivery.attempts,
        error=delivery.error,
        created=instant(delivery.created),
        tried=None if delivery.tried is None else instant(delivery.tried),
        due=None if delivery.due is None else instant(delivery.due),
        finished=None if delivery.finished is None else instant(delivery.finished),
    )


def _plain(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


@operations.add(
    "GET",
    "/deliveries",
    "listDeliveries",
    scope="profiles",
    answers={200: DeliveryPage},
    query=(
        Parameter(name="state", choices=DELIVERY_STATES, description="Only those in this state."),
        _PROFILE,
        LIMIT,
        CURSOR,
    ),
    refuses=(422,),
)
async def list_deliveries(call: Call) -> Answer:
    """Lists what fulfilments send, the latest first; the `dead` are those that somebody has to look at."""
    named = call.query["profile"]
    found = call.house.deliveries.find(
        call.workspace,
        state=call.query["state"],
        profile=None if named is None else call.house.profiles.resolve(call.workspace, named),
        limit=page_size(call),
        cursor=call.query["cursor"],
    )
    return answer(page([shown(each) for each in found.deliveries], found.cursor))


@operations.add("GET", "/deliveries/{id}", "readDelivery", scope="profiles", answers={200: Delivery})
async def read_delivery(call: Call) -> Answer:
    """Reads what a fulfilment sends, by the fulfilment's id."""
    return answer(shown(call.house.deliveries.read(call.workspace, call.path["id"])))


@operations.add(
    "POST", "/deliveries/{id}/resend", "resendDelivery", scope="profiles", answers={200: Delivery}, refuses=(422,)
)
async def resend_delivery(call: Call) -> Answer:
    """Sends a dead delivery again, under the same id and with every attempt before it."""
    keep = call.keep(lambda made: answer(shown(made)))
    return answer(shown(await call.house.deliveries.resend(call.workspace, call.path["id"], keep=keep)))
