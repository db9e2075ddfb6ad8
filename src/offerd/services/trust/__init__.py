"""Trust: whose secrets and signed tokens say who calls."""

from offerd.services.trust.bearers import Bearers
from offerd.services.trust.issuer import Issuer

__all__ = ["Bearers", "Issuer"]
