"""A wire format: the Microsoft Store's targeted offers."""

from offerd.apis.microsoft_store.api import API

__all__ = ["API"]
