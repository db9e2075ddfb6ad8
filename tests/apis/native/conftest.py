"""A workspace that holds what the examples are about."""

import pytest

from offerd.apis.native.examples import CATALOGUE


@pytest.fixture
def shop(api):
    """A client, in a workspace with the examples' catalogue."""
    answer = api.post("/catalogue/apply", json=CATALOGUE)
    assert answer.status_code == 200, answer.text
    return api
