"""A wire format: Chargebee Growth's personalized offers."""

from offerd.apis.chargebee.api import APIS

__all__ = ["APIS"]
