"""Target's wire format: delivery to pages and servers, the older wire, and profiles."""

from offerd.apis.target.api import APIS

__all__ = ["APIS"]
