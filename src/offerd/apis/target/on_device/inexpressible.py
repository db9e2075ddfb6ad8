"""What an artifact cannot say."""

from __future__ import annotations


class Inexpressible(Exception):
    """Something that a device would decide otherwise than the server, so that its placement is the server's.

    The message says what, for people.
    """
