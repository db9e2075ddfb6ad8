"""What fulfilments send: signatures, retries, dead letters, mail, and what is hostile."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import EntryPoint
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from standardwebhooks import Webhook, WebhookVerificationError

from offerd.model.interaction import Fulfilment
from offerd.services.errors import NotFound, Unprocessable
from offerd.services.fulfilment import fulfillers
from offerd.services.fulfilment.deliveries import PAUSES
from offerd.services.fulfilment.ending import Ended
from offerd.services.fulfilment.fulfiller import Errand, Outcome, Undelivered
from offerd.services.jobs import Run
from offerd.settings import Settings, SettingsError

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.anyio

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
OLDER = "whsec_YW4gb2xkZXIgc2VjcmV0IHRoYXQgZ29lcw=="


class Stub:
    """A server that keeps what it was sent and answers what it is told to.

    Attributes:
        calls: path, headers and body of each call.
        answers: status, headers and body of the next answers; the last one stays.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = [(204, {}, b"")]
        self.url = ""
        self.gate = threading.Event()
        self.gate.set()

    def answer(self, status: int, body: Any = b"", **headers: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers = [(status, headers, content)]


@contextmanager
def serving(stub: Stub, certified: ssl.SSLContext | None = None) -> Iterator[Stub]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            stub.calls.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            stub.gate.wait(60)
            status, headers, content = stub.answers[0]
            if len(stub.answers) > 1:
                stub.answers.pop(0)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certified is not None:
        server.socket = certified.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    stub.url = f"{'http' if certified is None else 'https'}://127.0.0.1:{server.server_address[1]}"
    try:
        yield stub
    finally:
        stub.gate.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving(Stub()) as made:
        yield made


async def _person(shop: Shop, **attributes: Any) -> None:
    document = {"identities": [{"namespace": "crm", "id": "ann"}], "attributes": attributes}
    await shop.house.profiles.put("default", "crm:ann", document)


async def _accepted(shop: Shop, who: str = "ann", **fulfil: Any) -> Fulfilment:
    await shop.offer(choices=[{"id": "yes", "label": "Yes", "fulfil": fulfil}])
    item = (await shop.ask(who)).propositions[0].items[0].id
    made = (await shop.say("accept", item=item)).fulfilment
    assert made is not None
    return made


async def _pass(shop: Shop, seconds: int) -> None:
    shop.clock.advance(seconds=seconds)
    shop.house.jobs.wake()
    await shop.house.jobs.drain()


def _state(shop: Shop, made: Fulfilment) -> tuple[str, int, str]:
    found = shop.house.deliveries.read("default", made.id)
    return found.state, found.attempts, shop.house.fulfilments.read("default", made.id).state


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch, shop: Shop) -> None:
    """Has the independent implementation take the test's clock for the time."""

    class Now(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.fromtimestamp(shop.clock.now() / 1_000_000, tz or UTC)

    monkeypatch.setattr("standardwebhooks.webhooks.datetime", Now)


@pytest.mark.usefixtures("today")
async def test_a_webhook_is_signed_and_says_what_was_accepted(shop: Shop, stub: Stub) -> None:
    await shop.restart(webhook_secret=f"{SECRET} {OLDER}")
    await _person(shop, name="Ann")
    settings = {"note": "for {{ profile.name }}"}
    made = await _accepted(shop, kind="webhook", url=f"{stub.url}/hook?a=1", settings=settings)
    await shop.house.jobs.drain()
    ((path, headers, body),) = stub.calls
    assert (path, headers["content-type"], headers["webhook-id"]) == ("/hook?a=1", "application/json", made.id)
    for secret in (SECRET, OLDER):
        told = Webhook(secret).verify(body, headers)
        assert told["data"]["fulfilment"]["id"] == made.id
    assert told["type"] == "fulfilment.started"
    assert told["data"]["fulfilment"]["choice"] == "yes"
    assert told["data"]["settings"] == {"note": "for Ann"}
    assert told["timestamp"] == "2026-01-01T12:00:00Z"
    assert _state(shop, made) == ("delivered", 1, "in_progress")
    assert shop.rows("jobs") == []
    assert shop.house.deliveries.read("default", made.id).settings == {}


@pytest.mark.usefixtures("today")
@pytest.mark.parametrize(
    ("secrets", "signs", "other"),
    [(f"{OLDER} default:{SECRET}", SECRET, OLDER), (f"{OLDER} elsewhere:{SECRET}", OLDER, SECRET)],
)
async def test_a_workspace_may_have_a_secret_of_its_own(
    shop: Shop, stub: Stub, *, secrets: str, signs: str, other: str
) -> None:
    await shop.restart(webhook_secret=secrets)
    made = await _accepted(shop, kind="webhook", url=stub.url)
    await shop.house.jobs.drain()
    ((_, headers, body),) = stub.calls
    assert Webhook(signs).verify(body, headers)["data"]["fulfilment"]["id"] == made.id
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(body, headers)


async def test_a_workspace_that_has_no_secret_signs_nothing(shop: Shop, stub: Stub) -> None:
    await shop.restart(webhook_secret=f"elsewhere:{SECRET}")
    await _accepted(shop, kind="webhook", url=stub.url)
    await shop.house.jobs.drain()
    assert "webhook-signature" not in stub.calls[0][1]


async def test_a_choice_may_say_what_its_webhook_holds(shop: Shop, stub: Stub) -> None:
    await _person(shop, name='A"\n</b>')
    body = {"who": "{{ profile.name }}", "id": "{{ fulfilment.id }}", "deep": [{"of": "{{ offer.id }}"}]}
    made = await _accepted(shop, kind="webhook", url=stub.url, settings={"body": body})
    await shop.house.jobs.drain()
    assert json.loads(stub.calls[0][2]) == {"who": 'A"\n</b>', "id": made.id, "deep": [{"of": "o"}]}
    assert "webhook-signature" not in stub.calls[0][1]
    await _accepted(shop, "bob", kind="webhook", url=stub.url, settings={"body": "{{ offer.id }} taken"})
    await shop.house.jobs.drain()
    assert (stub.calls[1][2], stub.calls[1][1]["content-type"]) == (b"o taken", "text/plain; charset=utf-8")


@pytest.mark.usefixtures("today")
async def test_a_failed_attempt_is_repeated_later_under_the_same_id(shop: Shop, stub: Stub) -> None:
    await shop.restart(webhook_secret=SECRET)
    stub.answers = [(500, {}, b""), (302, {"location": f"{stub.url}/elsewhere"}, b""), (200, {}, b"x" * 1_000_000)]
    made = await _accepted(shop, kind="webhook", url=stub.url)
    await shop.house.jobs.drain()
    assert _state(shop, made) == ("waiting", 1, "in_progress")
    found = shop.house.deliveries.read("default", made.id)
    assert (found.error, found.due) == ("The answer was 500", shop.clock.now() + PAUSES[0] * 1_000_000)
    await _pass(shop, PAUSES[0] - 1)
    assert len(stub.calls) == 1
    await _pass(shop, 1)
    assert (len(stub.calls), shop.house.deliveries.read("default", made.id).error) == (2, "The answer was 302")
    await shop.restart(webhook_secret=SECRET)
    await _pass(shop, PAUSES[1])
    assert _state(shop, made) == ("delivered", 3, "in_progress")
    assert [path for path, _, _ in stub.calls] == ["/", "/", "/"]
    assert {headers["webhook-id"] for _, headers, _ in stub.calls} == {made.id}
    assert len({body for _, _, body in stub.calls}) == 1
    assert len({headers["webhook-timestamp"] for _, headers, _ in stub.calls}) == 3
    assert Webhook(SECRET).verify(stub.calls[2][2], stub.calls[2][1])


async def test_what_never_arrives_is_dead_and_can_be_sent_again(shop: Shop, stub: Stub) -> None:
    stub.answer(503)
    told: list[tuple[str, str]] = []
    shop.house.deliveries.watch(lambda *words: told.append(words))
    made = await _accepted(shop, kind="webhook", url=stub.url)
    await shop.house.jobs.drain()
    for seconds in PAUSES:
        assert shop.house.deliveries.find("default", state="dead").deliveries == []
        await _pass(shop, seconds)
    assert _state(shop, made) == ("dead", len(PAUSES) + 1, "in_progress")
    assert shop.rows("jobs") == []
    assert told == [("webhook", "failed")] * len(PAUSES) + [("webhook", "dead")]
    (dead,) = shop.house.deliveries.find("default", state="dead").deliveries
    assert (dead.id, dead.due, dead.finished) == (made.id, None, shop.clock.now())
    await _pass(shop, 86_400)
    assert len(stub.calls) == len(PAUSES) + 1
    stub.answer(204)
    again = await shop.house.deliveries.resend("default", made.id)
    assert again.state == "waiting"
    with pytest.raises(Unprocessable):
        await shop.house.deliveries.resend("default", made.id)
    await shop.house.jobs.drain()
    assert _state(shop, made) == ("delivered", len(PAUSES) + 2, "in_progress")
    assert {headers["webhook-id"] for _, headers, _ in stub.calls} == {made.id}
    with pytest.raises(Unprocessable):
        await shop.house.deliveries.resend("default", made.id)
    with pytest.raises(NotFound):
        await shop.house.deliveries.resend("default", "none")


async def test_a_receiver_that_is_gone_for_good_is_told_once(shop: Shop, stub: Stub) -> None:
    stub.answer(410)
    made = await _accepted(shop, kind="webhook", url=stub.url)
    await shop.house.jobs.drain()
    assert _state(shop, made) == ("dead", 1, "in_progress")


@pytest.mark.parametrize("asks", ["60", "Thu, 01 Jan 2026 12:01:00 GMT", "Thu, 01 Jan 2026 13:01:00 +0100"])
async def test_a_receiver_that_asks_for_time_is_given_it(shop: Shop, stub: Stub, asks: str) -> None:
    stub.answers = [(429, {"retry-after": asks}, b""), (204, {}, b"")]
    made = await _accepted(shop, kind="webhook", url=stub.url)
    await shop.house.jobs.drain()
    found = shop.house.deliveries.read("default", made.id)
    assert (found.error, found.due) == ("The answer was 429", shop.clock.now() + (PAUSES[0] + PAUSES[1]) * 1_000_000)
    await _pass(shop, PAUSES[0])
    assert (_state(shop, made)[:2], len(stub.calls)) == (("waiting", 1), 1)
    await _pass(shop, PAUSES[1])
    assert (_state(shop, made)[:2], len(stub.calls)) == (("delivered", 2), 2)


@pytest.mark.parametrize(
    "asks", ["0", "5", "-60", "soon", "", "²", "Thu, 01 Jan 2026 11:00:00 GMT", "Thu, 99 Jan 2026 11:00:00 GMT"]
)
async def test_a_receiver_that_asks_for_no_time_is_asked_again_as_others_are(
    shop: Shop, stub: Stub, asks: str
) -> None:
    stub.answers = [(503, {"retry-after": asks.encode().decode("latin-1")}, b""), (204, {}, b"")]
    made = await _accepted(shop, kind="webhook", url=stub.url)
    await shop.house.jobs.drain()
    await _pass(shop, PAUSES[0])
    assert _state(shop, made)[:2] == ("delivered", 2)


@pytest.mark.parametrize("asks", ["9" * 400, "Thu, 01 Jan 9999 00:00:00 GMT"])
async def test_a_receiver_that_asks_for_too_much_time_is_given_a_day_and_the_last_attempt_is_made(
    shop: Shop, stub: Stub, asks: str
) -> None:
    stub.answer(429, **{"retry-after": asks})
    made = await _accepted(shop, kind="webhook", url=stub.url)
    await shop.house.jobs.drain()
    called = []
    for seconds in PAUSES:
        await _pass(shop, seconds)
        called.append(len(stub.calls))
    assert called == [1, 1, 1, 1, 1, 1, 2, 2, 3]
    assert _state(shop, made)[:2] == ("dead", 3)


async def test_nobody_listens(shop: Shop) -> None:
    made = await _accepted(shop, kind="webhook", url="http://127.0.0.1:9/")
    await shop.house.jobs.drain()
    assert _state(shop, made) == ("waiting", 1, "in_progress")
    error = shop.house.deliveries.read("default", made.id).error
    assert error == "The call failed: ConnectError: All connection attempts failed"


async def test_an_answer_that_does_not_come_is_not_waited_for(shop: Shop, stub: Stub) -> None:
    await shop.restart(delivery_timeout=1)
    stub.gate.clear()
    made = await _accepted(shop, kind="webhook", url=stub.url)
    await shop.house.jobs.drain()
    assert shop.house.deliveries.read("default", made.id).error == "There was no answer within 1 seconds"


async def test_what_has_ended_is_not_sent_any_more(shop: Shop, stub: Stub) -> None:
    stub.answer(500)
    first = await _accepted(shop, kind="webhook", url=stub.url)
    await shop.house.jobs.drain()
    await shop.house.fulfilments.fail("default", first.id, "no")
    await _pass(shop, PAUSES[0])
    assert (_state(shop, first), len(stub.calls)) == (("dropped", 1, "failed"), 1)
    stub.answer(410)
    second = await _accepted(shop, "bob", kind="webhook", url=stub.url)
    await shop.house.jobs.drain()
    shop.clock.advance(days=7)
    with pytest.raises(Ended):
        await shop.house.deliveries.resend("default", second.id)


async def test_a_choice_may_be_completed_by_its_delivery(shop: Shop, stub: Stub) -> None:
    made = await _accepted(shop, kind="webhook", url=stub.url, completes="delivered")
    await shop.house.jobs.drain()
    assert _state(shop, made) == ("delivered", 1, "completed")
    (event,) = shop.house.interactions.find("default", type="fulfilled").interactions
    assert event.data["fulfilment"] == made.id
    at_once = await _accepted(shop, "bob", kind="webhook", url=stub.url, completes="accepted")
    assert at_once.state == "completed"
    await shop.house.jobs.drain()
    assert _state(shop, at_once) == ("delivered", 1, "completed")


ENDS: dict[str, tuple[int, Any, tuple[str, str, Any]]] = {
    "completed": (200, {"state": "completed"}, ("delivered", "completed", None)),
    "failed": (
        200,
        {"state": "failed", "error": {"code": "declined", "message": "No funds"}},
        ("delivered", "failed", {"code": "declined", "message": "No funds"}),
    ),
    "failed, and no word why": (200, {"state": "failed"}, ("delivered", "failed", {"code": "failed", "message": ""})),
    "in progress": (202, {"state": "in_progress"}, ("delivered", "in_progress", None)),
    "nothing": (204, b"", ("delivered", "in_progress", None)),
    "no JSON": (200, b"<html>", ("waiting", "in_progress", None)),
    "another shape": (200, ["completed"], ("waiting", "in_progress", None)),
    "another state": (200, {"state": "perhaps"}, ("waiting", "in_progress", None)),
    "more than is read": (200, {"state": "completed", "x": "x" * 70_000}, ("waiting", "in_progress", None)),
    "no success": (422, {"state": "completed"}, ("waiting", "in_progress", None)),
}


@pytest.mark.parametrize("name", ENDS)
async def test_an_address_that_is_called_says_how_it_ended(shop: Shop, stub: Stub, name: str) -> None:
    status, body, ended = ENDS[name]
    await shop.restart(fulfillers={"billing_update": f"{stub.url}/bill"})
    stub.answer(status, body)
    made = await _accepted(shop, kind="billing_update", settings={"discount": "{{ offer.id }}-20"})
    await shop.house.jobs.drain()
    ((path, headers, sent),) = stub.calls
    told = json.loads(sent)
    assert (path, headers["idempotency-key"], headers["webhook-id"]) == ("/bill", made.id, made.id)
    assert (told["type"], told["data"]["settings"]) == ("fulfilment.requested", {"discount": "o-20"})
    found = shop.house.fulfilments.read("default", made.id)
    assert (shop.house.deliveries.read("default", made.id).state, found.state, found.error) == ended


async def test_an_address_that_is_called_may_lead_to_a_page(shop: Shop, stub: Stub) -> None:
    await shop.restart(fulfillers={"checkout": stub.url})
    stub.answer(200, {"state": "in_progress", "page": {"url": "https://pay.example/7"}})
    made = await _accepted(shop, kind="checkout")
    assert made.page is None
    await shop.house.jobs.drain()
    page = shop.house.fulfilments.read("default", made.id).page
    assert page is not None
    assert (page.url, page.state, page.expires) == ("https://pay.example/7", "created", made.deadline)
    stub.answer(200, {"state": "in_progress", "page": {"url": "javascript:alert(1)"}})
    other = await _accepted(shop, "bob", kind="checkout")
    await shop.house.jobs.drain()
    assert shop.house.fulfilments.read("default", other.id).page is None


async def test_what_no_setting_names_is_done_by_hand(shop: Shop, stub: Stub) -> None:
    for kind in ("billing_update", "checkout", "redirect", "by-post"):
        await _accepted(shop, kind, kind=kind, url=stub.url)
    await _accepted(shop, "webhook", kind="webhook")
    await shop.restart(fulfillers={"webhook": "hand"})
    await _accepted(shop, "other", kind="webhook", url=stub.url)
    await shop.house.jobs.drain()
    assert (stub.calls, shop.rows("deliveries"), shop.rows("jobs")) == ([], [], [])


@pytest.mark.parametrize("kind", ["billing_update", "redirect"])
async def test_a_template_is_called_by_nobody_and_done_by_hand(shop: Shop, stub: Stub, kind: str) -> None:
    await shop.restart(fulfillers={kind: "webhook"})
    made = await _accepted(shop, kind=kind, url=f"{stub.url}/{{{{offer.id}}}}")
    await shop.house.jobs.drain()
    assert (stub.calls, shop.rows("deliveries"), shop.rows("jobs")) == ([], [], [])
    assert made.url == (f"{stub.url}/o" if kind == "redirect" else None)


class Brought:
    """A fulfiller that a package brings."""

    given: list[Errand] = []
    raises: list[Exception] = []

    def __init__(self, settings: Settings) -> None:
        assert settings.fulfilment_days == 7

    async def fulfil(self, errand: Errand) -> Outcome:
        self.given.append(errand)
        if self.raises:
            raise self.raises.pop()
        return Outcome(state="completed")


async def test_packages_bring_fulfillers(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("post", f"{__name__}:Brought", fulfillers.GROUP)
    monkeypatch.setattr(EntryPoint, "load", lambda _: Brought)
    monkeypatch.setattr(fulfillers, "entry_points", lambda group: [point] if group == fulfillers.GROUP else [])
    with pytest.raises(SettingsError, match="there is no fulfiller none"):
        fulfillers.Fulfillers(Settings(fulfillers={"by-post": "none"}), Path("outbox"))
    await shop.restart(fulfillers={"by-post": "post"})
    monkeypatch.setattr(Brought, "given", [])
    monkeypatch.setattr(Brought, "raises", [Undelivered("closed"), RuntimeError("a secret")])
    made = await _accepted(shop, kind="by-post", settings={"size": "big"})
    await shop.house.jobs.drain()
    assert shop.house.deliveries.read("default", made.id).error == "The fulfiller failed: RuntimeError"
    await _pass(shop, PAUSES[0])
    assert shop.house.deliveries.read("default", made.id).error == "closed"
    await _pass(shop, PAUSES[1])
    assert _state(shop, made) == ("delivered", 3, "completed")
    assert {each.id for each in Brought.given} == {made.id}
    assert Brought.given[0].settings == {"size": "big"}


@pytest.mark.parametrize(
    "secret", ["whsec_", "whsec_c2hvcnQ=", "whsec_????????????????????????????", "x", "default:", "default:x"]
)
def test_a_secret_that_is_none_stops_the_start(secret: str) -> None:
    with pytest.raises(SettingsError) as caught:
        fulfillers.Fulfillers(Settings(webhook_secret=secret), Path("outbox"))
    assert str(caught.value) == "webhook_secret: expected base64 of at least 16 bytes, after whsec_"


async def test_what_a_fulfiller_that_is_gone_was_to_do_waits_for_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fulfillers, "entry_points", lambda group: [EntryPoint("post", "x:y", group)])
    monkeypatch.setattr(EntryPoint, "load", lambda _: Brought)
    monkeypatch.setattr(Brought, "given", [])
    monkeypatch.setattr(Brought, "raises", [Undelivered("closed")])
    await shop.restart(fulfillers={"by-post": "post"})
    made = await _accepted(shop, kind="by-post")
    await shop.house.jobs.drain()
    await shop.restart()
    await _pass(shop, PAUSES[0])
    assert shop.house.deliveries.read("default", made.id).error == "There is no fulfiller post"
    await shop.restart(fulfillers={"by-post": "post"})
    await _pass(shop, PAUSES[1])
    assert _state(shop, made) == ("delivered", 3, "completed")


async def test_deliveries_do_not_wait_for_other_jobs_nor_for_each_other(shop: Shop, stub: Stub) -> None:
    long, let_go = asyncio.Event(), asyncio.Event()

    async def longwinded(run: Run) -> None:
        long.set()
        await let_go.wait()

    shop.house.jobs.register("longwinded", longwinded)
    await shop.house.jobs.submit("default", "longwinded", {})
    await long.wait()
    stub.gate.clear()
    slow = await _accepted(shop, kind="webhook", url=stub.url)
    with serving(Stub()) as quick:
        done = asyncio.Event()
        shop.house.deliveries.watch(lambda *_: done.set())
        made = await _accepted(shop, "bob", kind="webhook", url=quick.url)
        await asyncio.wait_for(done.wait(), 60)
        assert _state(shop, made)[0] == "delivered"
        assert _state(shop, slow)[0] == "waiting"
    stub.gate.set()
    let_go.set()
    await shop.house.jobs.drain()
    assert _state(shop, slow)[0] == "delivered"


# Mail

Post = Callable[..., Awaitable[dict[str, Any]]]


class Box:
    """What a mail server took; refuses the addresses that it is told to."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, list[str], bytes]] = []
        self.refuses: dict[str, str] = {}

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 OK"


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
async def post(box: Box) -> AsyncIterator[Post]:
    """Starts a mail server; gives the settings that lead to it."""
    started: list[asyncio.Server] = []
    connected: list[SMTP] = []

    async def start(*, ssl: ssl.SSLContext | None = None, **more: Any) -> dict[str, Any]:
        def connect() -> SMTP:
            connected.append(SMTP(box, hostname="mail.example", **more))
            return connected[-1]

        server = await asyncio.get_running_loop().create_server(connect, "127.0.0.1", 0, ssl=ssl)
        started.append(server)
        port = server.sockets[0].getsockname()[1]
        way = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_tls": "none"}
        return {**way, "smtp_from": "Shop <shop@shop.example>"}

    yield start
    for server in started:
        server.close()
        await server.wait_closed()
    for each in connected:
        if each.transport is not None:
            each.transport.close()


MAIL = {
    "to": "{{ profile.email }}",
    "subject": "For {{ profile.name }}",
    "text": "Dear {{ profile.name }}",
    "html": "<b>Dear {{ profile.name }}</b>",
}


def _parsed(content: bytes) -> Any:
    return email.message_from_bytes(content, policy=email.policy.SMTP)


async def test_mail_goes_to_the_server_with_everything_escaped(
    shop: Shop, post: Post, box: Box
) -> None:
    await shop.restart(**await post())
    await _person(shop, name="Änn <i> & co", email="ann@people.example")
    made = await _accepted(shop, kind="email", settings={**MAIL, "reply_to": "help@shop.example"})
    await shop.house.jobs.drain()
    ((sender, recipients, content),) = box.taken
    assert (sender, recipients) == ("shop@shop.example", ["ann@people.example"])
    message = _parsed(content)
    assert (str(message["subject"]), str(message["from"])) == ("For Änn <i> & co", "Shop <shop@shop.example>")
    assert (message["message-id"], message["reply-to"]) == (f"<{made.id}@shop.example>", "help@shop.example")
    assert message.get_body(("plain",)).get_content().strip() == "Dear Änn <i> & co"
    assert message.get_body(("html",)).get_content().strip() == "<b>Dear Änn &lt;i&gt; &amp; co</b>"
    assert _state(shop, made) == ("delivered", 1, "in_progress")


HOSTILE = [
    "ann@people.example\r\nBcc: all@people.example",
    "ann@people.example\nX-Evil: 1",
    "ann@people.example, eve@evil.example",
    "ann@people.example; eve@evil.example",
    "friends: ann@people.example, eve@evil.example;",
    "=?utf-8?q?ann=40people.example=0d=0aBcc:_x?=",
    "=?utf-8?q?Ann=0ABcc:_eve=40evil.example?= <ann@people.example>",
    "ann",
    "@people.example",
    "",
    "a\x00b@people.example",
]


@pytest.mark.parametrize("address", HOSTILE)
async def test_what_is_not_one_address_gets_no_mail(shop: Shop, box: Box, address: str) -> None:
    await _person(shop, name="Ann", email=address)
    made = await _accepted(shop, kind="email", settings=MAIL)
    await shop.house.jobs.drain()
    assert _state(shop, made) == ("dead", 1, "in_progress")
    assert shop.house.deliveries.read("default", made.id).error == "The mail's to is not one address"
    assert not (shop.folder / "outbox").exists()


@pytest.mark.parametrize(
    "name",
    [
        "x\r\nBcc: eve@evil.example",
        "x\nBcc: eve@evil.example\n\nbody",
        "=?utf-8?q?x=0d=0aBcc:_eve=40evil.example?=",
        "x\x0b\u2028y",
    ],
)
async def test_a_subject_adds_no_header(shop: Shop, name: str) -> None:
    await _person(shop, name=name, email="ann@people.example")
    made = await _accepted(shop, kind="email", settings=MAIL)
    await shop.house.jobs.drain()
    content = (shop.folder / "outbox" / f"{made.id}.eml").read_bytes()
    head = content.partition(b"\r\n\r\n")[0]
    message = _parsed(content)
    assert b"\nbcc" not in head.lower()
    assert message["bcc"] is None
    assert str(message["subject"]).startswith("For ")
    assert sorted(message.keys()) == sorted(
        ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"]
    )


async def test_without_a_server_mail_is_laid_in_the_outbox_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await _person(shop, name="Ann", email="ann@people.example")
    made = await _accepted(shop, kind="email", settings=MAIL, completes="delivered")
    change, refuse = shop.house.storage.deliveries.change, [True]

    def failing(*words: Any, **more: Any) -> bool:
        if refuse and refuse.pop():
            raise OSError("the disk is full")
        return change(*words, **more)

    monkeypatch.setattr(shop.house.storage.deliveries, "change", failing)
    await shop.house.jobs.drain()
    folder = shop.folder / "outbox"
    assert [each.name for each in folder.iterdir()] == [f"{made.id}.eml"]
    before = (folder / f"{made.id}.eml").read_bytes()
    assert _state(shop, made)[0] == "waiting"
    await _pass(shop, PAUSES[0])
    assert _state(shop, made) == ("delivered", 1, "completed")
    assert (folder / f"{made.id}.eml").read_bytes() == before
    assert len(list(folder.iterdir())) == 1


async def test_erasing_a_person_removes_their_mail_from_the_outbox(shop: Shop) -> None:
    await _person(shop, name="Ann", email="ann@people.example")
    await _accepted(shop, kind="email", settings=MAIL)
    other = await _accepted(shop, "bob", kind="email", settings={"to": "bob@people.example", "text": "Dear Bob"})
    await shop.house.jobs.drain()
    assert len(list((shop.folder / "outbox").iterdir())) == 2
    await shop.house.profiles.erase("default", "crm:ann")
    assert [each.stem for each in (shop.folder / "outbox").iterdir()] == [other.id]
    assert [row["id"] for row in shop.rows("deliveries")] == [other.id]


async def test_a_server_that_refuses_for_now_is_asked_again(
    shop: Shop, post: Post, box: Box
) -> None:
    await shop.restart(**await post())
    await _person(shop, name="Ann", email="ann@people.example")
    box.refuses = {"ann@people.example": "451 later"}
    made = await _accepted(shop, kind="email", settings=MAIL)
    await shop.house.jobs.drain()
    assert _state(shop, made)[0] == "waiting"
    box.refuses = {}
    await _pass(shop, PAUSES[0])
    assert (_state(shop, made)[0], len(box.taken)) == ("delivered", 1)
    box.refuses = {"ann@people.example": "550 nobody"}
    other = await _accepted(shop, kind="email", settings=MAIL)
    await shop.house.jobs.drain()
    assert _state(shop, other)[:2] == ("dead", 1)


async def test_the_mail_server_is_signed_in_to(shop: Shop, post: Post, box: Box) -> None:
    def known(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        return AuthResult(success=data == LoginPassword(b"offerd", b"right"), handled=False)

    way = await post(authenticator=known, auth_require_tls=False)
    await shop.restart(**way, smtp_user="offerd", smtp_password="wrong")
    await _person(shop, name="Ann", email="ann@people.example")
    made = await _accepted(shop, kind="email", settings=MAIL)
    await shop.house.jobs.drain()
    assert shop.house.deliveries.read("default", made.id).error == "The mail server answered 535"
    await shop.restart(**way, smtp_user="offerd", smtp_password="right")
    await _pass(shop, PAUSES[0])
    assert (_state(shop, made)[0], len(box.taken)) == ("delivered", 1)


async def test_mail_is_not_sent_over_a_way_that_is_not_protected(
    shop: Shop, post: Post, box: Box
) -> None:
    await shop.restart(**{**await post(), "smtp_tls": "starttls"})
    await _person(shop, name="Ann", email="ann@people.example")
    made = await _accepted(shop, kind="email", settings=MAIL)
    await shop.house.jobs.drain()
    assert (_state(shop, made)[0], box.taken) == ("waiting", [])


@pytest.fixture
def certified(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate of 127.0.0.1 that signed itself, and what serves with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 7)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    public, whole = tmp_path / "public.pem", tmp_path / "whole.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    whole.write_bytes(key.private_bytes(serialization.Encoding.PEM, *form) + public.read_bytes())
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(whole)
    return public, context


async def test_a_webhook_goes_to_whom_this_machine_trusts(
    shop: Shop, certified: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    public, context = certified
    with serving(Stub(), context) as stub:
        made = await _accepted(shop, kind="webhook", url=stub.url)
        await shop.house.jobs.drain()
        assert (_state(shop, made)[:2], stub.calls) == (("waiting", 1), [])
        assert "CERTIFICATE_VERIFY_FAILED" in shop.house.deliveries.read("default", made.id).error
        monkeypatch.setenv("SSL_CERT_FILE", str(public))
        await shop.restart()
        await _pass(shop, PAUSES[0])
        assert (_state(shop, made)[:2], len(stub.calls)) == (("delivered", 2), 1)


@pytest.mark.parametrize("way", ["starttls", "tls"])
async def test_a_protected_way_wants_a_certificate_that_is_trusted(
    shop: Shop,
    post: Post,
    box: Box,
    *,
    certified: tuple[Path, ssl.SSLContext],
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    public, context = certified
    settings = await (post(tls_context=context) if way == "starttls" else post(ssl=context))
    await shop.restart(**{**settings, "smtp_tls": way})
    await _person(shop, name="Ann", email="ann@people.example")
    made = await _accepted(shop, kind="email", settings=MAIL)
    await shop.house.jobs.drain()
    assert (_state(shop, made)[0], box.taken) == ("waiting", [])
    error = shop.house.deliveries.read("default", made.id).error
    assert error == "The mail was not sent: SSLCertVerificationError"
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    await _pass(shop, PAUSES[0])
    assert (_state(shop, made)[0], len(box.taken)) == ("delivered", 1)


async def test_a_message_that_cannot_be_made_is_dead_at_once(shop: Shop) -> None:
    endless = "{% for a in (1..9999) %}{% for b in (1..9999) %}x{% endfor %}{% endfor %}"
    made = await _accepted(shop, kind="email", settings={"to": "a@b.example", "text": endless})
    found = shop.house.deliveries.read("default", made.id)
    assert (found.state, found.attempts) == ("dead", 0)
    assert found.error.startswith("The message could not be made")
    with pytest.raises(Unprocessable):
        await shop.house.deliveries.resend("default", made.id)
