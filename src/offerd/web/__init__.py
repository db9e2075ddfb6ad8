"""The server: the ASGI application, authentication, limits, health, metrics and logs."""

from offerd.web.app import create_app

__all__ = ["create_app"]
