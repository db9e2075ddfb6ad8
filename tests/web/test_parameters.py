"""Query parameters are what their operation declares, or are refused."""

import pytest

from offerd.apis.errors import BadParameter
from offerd.apis.operation import Parameter
from offerd.web import parameters

DECLARED = (
    Parameter(name="search", description="text"),
    Parameter(name="limit", type=int, description="how many", least=1, most=100, default=20),
    Parameter(name="short", type=bool, description="short forms", default=True),
    Parameter(name="order", description="order", choices=("name", "-name")),
)


def test_absent_ones_have_their_default():
    assert parameters.read(DECLARED, b"") == {"search": None, "limit": 20, "short": True, "order": None}


def test_they_are_decoded_and_typed():
    query = b"search=caf%C3%A9+cr%C3%A8me&limit=7&short=false&order=-name"
    assert parameters.read(DECLARED, query) == {
        "search": "café crème",
        "limit": 7,
        "short": False,
        "order": "-name",
    }


@pytest.mark.parametrize(
    ("query", "name"),
    [
        (b"limt=7", "limt"),
        (b"limit=0", "limit"),
        (b"limit=101", "limit"),
        (b"limit=-1", "limit"),
        (b"limit=seven", "limit"),
        (b"limit=\xd9\xa7", "query"),
        (b"limit=7&limit=8", "limit"),
        (b"limit=" + b"9" * 5000, "limit"),
        (b"short=yes", "short"),
        (b"order=age", "order"),
        (b"search=%ff", "query"),
        (b"&".join(b"a=1" for _ in range(101)), "query"),
    ],
)
def test_anything_else_is_refused_by_name(query, name):
    with pytest.raises(BadParameter) as refused:
        parameters.read(DECLARED, query)
    assert refused.value.parameter == name
