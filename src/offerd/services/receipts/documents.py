"""Receipts in XML: read without trusting them, their signature checked where certificates are given."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from offerd.services.receipts.signatures import Certificates
from offerd.services.receipts.verifying import Purchase, Shown, Unproved
from offerd.settings import Settings

#: The longest receipt, in bytes.
LONGEST = 262_144

#: The most purchases that one receipt may tell of.
MOST = 1_000

_LONGEST_NAME = 255

_DECLARATION = re.compile(r"\A<\?xml\s[^>]*\?>\s*")


class Documents:
    """Reads receipts that are XML: a `Receipt` that holds a `ProductReceipt` for each purchase.

    Args:
        settings: `store_receipt_certificates` names the certificates that vouch for receipts. Without them the
            signature is not looked at, and nothing is verified; with them an unsigned receipt proves nothing.
    """

    def __init__(self, settings: Settings) -> None:
        path = settings.store_receipt_certificates
        self._certificates = Certificates.read(Path(path)) if path else None

    async def verify(self, shown: Shown) -> Sequence[Purchase] | None:
        """The purchases that the receipt tells of."""
        text = shown.text.lstrip("\ufeff \t\r\n")
        if not text.startswith("<"):
            return None
        # Whatever encoding the receipt had and names is gone: it comes as text.
        raw = _DECLARATION.sub("", text, count=1).encode(errors="surrogatepass")
        if len(raw) > LONGEST:
            raise Unproved(f"The receipt is longer than {LONGEST} bytes")
        return await asyncio.to_thread(self._purchases, raw)

    def _purchases(self, raw: bytes) -> Sequence[Purchase]:
        root = _parsed(raw)
        verified = self._certificates is not None
        if self._certificates is not None:
            # Nothing is read but what the signature covers.
            root = _parsed(self._certificates.signed(raw, root.get("CertificateId")))
        if _name(root) != "Receipt":
            raise Unproved("The receipt is XML and no Receipt")
        found = list(_products(root, verified=verified))
        if not found:
            raise Unproved("The receipt tells of no purchase of a product")
        if len(found) > MOST:
            raise Unproved(f"The receipt tells of more than {MOST} purchases")
        return found


def _parsed(raw: bytes) -> Element:
    """The root of a document that has no DTD, so that nothing in it can grow or reach out."""
    try:
        root: Element = fromstring(raw, forbid_dtd=True)
    except DefusedXmlException:
        raise Unproved("The receipt has a document type, which no receipt needs") from None
    except (ParseError, ValueError, LookupError):
        raise Unproved("The receipt is no XML") from None
    return root


def _products(root: Element, *, verified: bool) -> Iterator[Purchase]:
    app = next((each.get("AppId") for each in root if _name(each) == "AppReceipt"), None)
    for each in root:
        if _name(each) != "ProductReceipt":
            continue
        name, product = each.get("Id", ""), each.get("ProductId", "")
        if not (0 < len(name) <= _LONGEST_NAME and 0 < len(product) <= _LONGEST_NAME):
            raise Unproved("A purchase in the receipt has no Id or no ProductId of at most 255 characters")
        yield Purchase(
            id=name,
            product=product,
            app=each.get("AppId") or app,
            at=_instant(each.get("PurchaseDate")),
            verified=verified,
        )


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo is not None else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Unproved("A purchase in the receipt has a PurchaseDate that is none") from None
