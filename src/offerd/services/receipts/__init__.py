"""Receipts: what a person shows to prove a purchase, and who says whether it is one."""

from offerd.services.receipts.service import ReceiptService
from offerd.services.receipts.verifying import Factory, Purchase, Shown, Unproved, Verifier

__all__ = ["Factory", "Purchase", "ReceiptService", "Shown", "Unproved", "Verifier"]
