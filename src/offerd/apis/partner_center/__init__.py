"""Partner Center's wire format: product promotions, and whether customers may have them."""

from offerd.apis.partner_center.api import APIS

__all__ = ["APIS"]
