"""A request's id is the client's where it is harmless."""

import pytest

from offerd.web.exchange import request_id


def test_a_clients_id_is_kept():
    assert request_id([(b"accept", b"*/*"), (b"x-request-id", b"order-17/3")]) == "order-17/3"


@pytest.mark.parametrize("value", [b"", b"two words", b"a\r\nb", b"x" * 129, "käse".encode(), b'{"a":1}'])
def test_anything_that_could_forge_a_line_is_replaced(value):
    made = request_id([(b"x-request-id", value)])
    assert len(made) == 32
    assert made.isalnum()


def test_every_request_without_one_gets_its_own():
    assert request_id([]) != request_id([])
