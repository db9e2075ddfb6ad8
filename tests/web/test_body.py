"""Bodies are read up to their limit and not one byte further."""

import asyncio
import hashlib

import pytest

from offerd.apis.errors import MalformedBody, TooLarge
from offerd.web import body


class Connection:
    """What uvicorn would hand over, and how much of it was taken."""

    def __init__(self, *chunks, gone=False):
        self.chunks, self.gone, self.taken = list(chunks), gone, 0

    async def __call__(self):
        if not self.chunks:
            assert self.gone
            return {"type": "http.disconnect"}
        chunk = self.chunks.pop(0)
        self.taken += len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": bool(self.chunks) or self.gone}


def read(connection, limit=10, **headers):
    return asyncio.run(body.read(connection, {k.replace("_", "-"): v for k, v in headers.items()}, limit))


def test_a_body_of_exactly_the_limit_is_read():
    assert read(Connection(b"12345", b"67890")) == b"1234567890"


def test_one_byte_more_is_refused():
    with pytest.raises(TooLarge):
        read(Connection(b"12345", b"678901"))


def test_a_declared_length_is_refused_before_anything_is_read():
    connection = Connection(b"x" * 11)
    with pytest.raises(TooLarge):
        read(connection, content_length="11")
    assert connection.taken == 0


def test_a_length_that_lies_does_not_help():
    connection = Connection(*[b"x" * 8] * 1000)
    with pytest.raises(TooLarge):
        read(connection, content_length="3")
    assert connection.taken == 16


@pytest.mark.parametrize("length", ["-1", "ten", "1e3", "٣"])
def test_a_length_that_is_no_number_is_refused(length):
    with pytest.raises(MalformedBody):
        read(Connection(b""), content_length=length)


def test_a_client_that_goes_away_is_noticed():
    with pytest.raises(body.ClientGone):
        read(Connection(b"123", gone=True))


def test_a_spooled_body_is_in_a_file_with_its_digest(tmp_path):
    path, digest = asyncio.run(body.spool(Connection(b"123", b"456"), {}, 10, tmp_path / "spool"))
    assert path.read_bytes() == b"123456"
    assert digest == hashlib.sha256(b"123456").digest()
    body.discard(path)
    body.discard(path)
    assert list((tmp_path / "spool").iterdir()) == []


@pytest.mark.parametrize("connection", [Connection(b"123456", b"789012"), Connection(b"123", gone=True)])
def test_a_body_that_is_refused_leaves_no_file(tmp_path, connection):
    with pytest.raises((TooLarge, body.ClientGone)):
        asyncio.run(body.spool(connection, {}, 10, tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_server_left_is_removed(tmp_path):
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "body-1").write_bytes(b"half")
    body.tidy(tmp_path / "spool")
    body.tidy(tmp_path / "none")
    assert list((tmp_path / "spool").iterdir()) == []


@pytest.mark.parametrize("headers", [{"content-length": "1"}, {"transfer-encoding": "chunked"}])
def test_a_route_without_a_body_takes_none(headers):
    with pytest.raises(TooLarge):
        body.refuse(headers)
    body.refuse({"content-length": "0"})
