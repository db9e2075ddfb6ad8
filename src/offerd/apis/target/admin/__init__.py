"""The Admin API: activities, offers, audiences and the rest of what a site owns, over the model."""

from offerd.apis.target.admin.api import API, install

__all__ = ["API", "install"]
