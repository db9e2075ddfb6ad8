"""Receipts: who reads them, what they tell, and whose signature vouches for them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml import DigestAlgorithm, SignatureMethod, XMLSigner

from offerd.model.person import Identity
from offerd.services.receipts import Purchase, ReceiptService, Shown, Unproved
from offerd.services.receipts.documents import LONGEST
from offerd.settings import Settings, SettingsError

pytestmark = pytest.mark.anyio

SPACE = "http://schemas.microsoft.com/windows/2012/store/receipt"
BOUGHT = '<ProductReceipt Id="p-1" ProductId="10x gold coins" PurchaseDate="2026-01-01T10:00:00Z" AppId="Game_1"/>'


def shown(text: str) -> Shown:
    return Shown(workspace="w", subject=Identity(namespace="subject", id="jo"), text=text, products=("10x gold coins",))


def document(inside: str = BOUGHT, **attributes: str) -> str:
    more = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<Receipt Version="1.0" xmlns="{SPACE}"{more}>{inside}</Receipt>'


class Signer:
    """Somebody who signs receipts."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A shop")])
        born = datetime(2020, 1, 1, tzinfo=UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(1)
            .not_valid_before(born)
            .not_valid_after(born + timedelta(days=365))  # it has long expired, and receipts of its time stay good
            .sign(self.key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def thumb(self) -> str:
        return self.certificate.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303 - names it

    def sign(self, text: str, **more: Any) -> str:
        signer = XMLSigner(
            signature_algorithm=more.pop("method", SignatureMethod.RSA_SHA256),
            digest_algorithm=more.pop("digest", DigestAlgorithm.SHA256),
            c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#",  # type: ignore[arg-type]
        )
        made = signer.sign(etree.fromstring(text.encode()), key=self.key, cert=[self.certificate], **more)
        return etree.tostring(made).decode()


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


@pytest.fixture
def strict(signer: Signer, tmp_path: Path) -> ReceiptService:
    """Trusts the signer, and somebody else."""
    path = tmp_path / "trusted.pem"
    path.write_text(Signer().pem + signer.pem)
    return ReceiptService(Settings(store_receipt_certificates=str(path)))


async def test_without_certificates_a_receipt_is_read_and_not_vouched_for() -> None:
    name, [found] = await ReceiptService(Settings()).purchases(shown(document()))
    at = datetime(2026, 1, 1, 10, tzinfo=UTC)
    assert name == "xml"
    assert found == Purchase(id="p-1", product="10x gold coins", app="Game_1", at=at, verified=False)


@pytest.mark.parametrize("named", [True, False])
async def test_a_receipt_that_somebody_trusted_signed_is_vouched_for(
    strict: ReceiptService, signer: Signer, named: bool
) -> None:
    text = document(CertificateId=signer.thumb) if named else document()
    _, [found] = await strict.purchases(shown(signer.sign(text)))
    assert (found.id, found.product, found.verified) == ("p-1", "10x gold coins", True)


async def test_a_signature_needs_to_name_no_key(strict: ReceiptService, signer: Signer) -> None:
    text = re.sub("<ds:KeyInfo>.*</ds:KeyInfo>", "", signer.sign(document()), flags=re.DOTALL)
    _, [found] = await strict.purchases(shown(text))
    assert found.verified


async def test_with_certificates_an_unsigned_receipt_proves_nothing(strict: ReceiptService) -> None:
    with pytest.raises(Unproved, match="not signed"):
        await strict.purchases(shown(document()))


async def test_the_name_of_a_trusted_certificate_vouches_for_nothing(strict: ReceiptService, signer: Signer) -> None:
    stranger = Signer()
    for text in (document(), document(CertificateId=signer.thumb), document(CertificateId=stranger.thumb)):
        with pytest.raises(Unproved, match="not signed"):
            await strict.purchases(shown(stranger.sign(text)))


async def test_whatever_was_changed_after_signing_proves_nothing(strict: ReceiptService, signer: Signer) -> None:
    good = signer.sign(document())
    for bad in (
        good.replace("10x gold coins", "100x gold coins"),
        good.replace("p-1", "p-2"),
        good.replace(BOUGHT[:15], '<ProductReceipt Id="x" ProductId="y"/>' + BOUGHT[:15]),
        good.replace("</Receipt>", '<ProductReceipt Id="x" ProductId="y"/></Receipt>'),
    ):
        assert bad != good
        with pytest.raises(Unproved):
            await strict.purchases(shown(bad))


async def test_only_what_the_signature_covers_is_read(strict: ReceiptService, signer: Signer) -> None:
    """A signed receipt within one that is not, and a signature over a part of a receipt."""
    good = signer.sign(document())
    forged = BOUGHT.replace("p-1", "forged")
    for text in (
        document(forged + good), document(good + forged),
        good.replace("<ds:Signature", f"<Receipt>{forged}</Receipt><ds:Signature"),
    ):  # fmt: skip
        with pytest.raises(Unproved):
            await strict.purchases(shown(text))
    part = document(BOUGHT.replace('Id="p-1"', 'Id="p-1" xml:id="p-1"') + forged)
    with pytest.raises(Unproved):
        await strict.purchases(shown(signer.sign(part, reference_uri="#p-1")))


async def test_weak_and_secretless_signatures_prove_nothing(strict: ReceiptService, signer: Signer) -> None:
    good = signer.sign(document())
    for name in ("rsa-sha1", "hmac-sha256"):
        with pytest.raises(Unproved):
            await strict.purchases(shown(good.replace("rsa-sha256", name)))
    with pytest.raises(Unproved):
        await strict.purchases(shown(signer.sign(document(), digest=DigestAlgorithm.SHA3_512)))


@pytest.mark.parametrize(
    "text", ["<Receipt/>", "<", "<a><b/></a>", '<!DOCTYPE a [<!ENTITY b "c">]><Receipt>&b;</Receipt>']
)
async def test_what_is_no_receipt_proves_nothing_with_certificates_either(strict: ReceiptService, text: str) -> None:
    with pytest.raises(Unproved):
        await strict.purchases(shown(text))


async def test_a_receipt_that_is_too_long_is_not_read() -> None:
    for text in (document("x" * LONGEST), document("ü" * (LONGEST // 2))):
        with pytest.raises(Unproved, match="longer"):
            await ReceiptService(Settings()).purchases(shown(text))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "unheard-of"])
async def test_the_encoding_that_a_receipt_once_had_means_nothing(
    strict: ReceiptService, signer: Signer, encoding: str
) -> None:
    text = signer.sign(document(BOUGHT.replace("p-1", "p-é")))
    for service in (strict, ReceiptService(Settings())):
        _, [found] = await service.purchases(shown(f'\ufeff<?xml version="1.0" encoding="{encoding}"?>\r\n{text}'))
        assert found.id == "p-é"


async def test_the_order_of_an_app_receipt_is_inherited() -> None:
    text = document('<AppReceipt Id="a" AppId="Game_2"/><ProductReceipt Id="p" ProductId="x"/>')
    _, [found] = await ReceiptService(Settings()).purchases(shown(text))
    assert (found.app, found.at) == ("Game_2", None)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2012-08-30T23:10:05Z", datetime(2012, 8, 30, 23, 10, 5, tzinfo=UTC)),
        ("2012-08-30T23:10:05", datetime(2012, 8, 30, 23, 10, 5, tzinfo=UTC)),
        ("2012-08-31T01:10:05+02:00", datetime(2012, 8, 30, 23, 10, 5, tzinfo=UTC)),
    ],
)
async def test_a_purchase_has_its_moment_in_utc(text: str, instant: datetime) -> None:
    inside = f'<ProductReceipt Id="p" ProductId="x" PurchaseDate="{text}"/>'
    _, [found] = await ReceiptService(Settings()).purchases(shown(document(inside)))
    assert found.at == instant


async def test_an_operator_chooses_who_reads_receipts() -> None:
    with pytest.raises(Unproved, match="no sort"):
        await ReceiptService(Settings(store_receipts="xml")).purchases(shown("order-1"))
    with pytest.raises(Unproved, match="no sort"):
        await ReceiptService(Settings(store_receipts="")).purchases(shown("order-1"))
    name, [found] = await ReceiptService(Settings(store_receipts="order")).purchases(shown("order-1"))
    assert (name, found) == ("order", Purchase(id="order-1"))


class Desk:
    """A verifier of somebody else's."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    async def verify(self, shown: Shown) -> Sequence[Purchase] | None:
        if not shown.text.startswith("desk:"):
            return None
        if shown.text == "desk:stolen":
            raise Unproved("It was stolen")
        return [Purchase(id=shown.text, product=shown.products[0], verified=True)]


async def test_a_package_may_bring_a_verifier(monkeypatch: pytest.MonkeyPatch) -> None:
    point = metadata.EntryPoint("desk", f"{__name__}:Desk", "offerd.receipts")
    monkeypatch.setattr("offerd.services.receipts.service.entry_points", lambda group: [point])
    monkeypatch.setattr(metadata.EntryPoint, "load", lambda _: Desk)
    service = ReceiptService(Settings(store_receipts="desk order"))
    name, [found] = await service.purchases(shown("desk:1"))
    assert (name, found.product, found.verified) == ("desk", "10x gold coins", True)
    assert (await service.purchases(shown("order-1")))[0] == "order"
    with pytest.raises(Unproved, match="stolen"):
        await service.purchases(shown("desk:stolen"))


def test_settings_that_lead_nowhere_stop_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no verifier desk; known: order, xml"):
        ReceiptService(Settings(store_receipts="xml desk"))
    empty = tmp_path / "empty.pem"
    empty.write_text("no certificate")
    for path in (empty, tmp_path / "missing.pem"):
        with pytest.raises(SettingsError, match="store_receipt_certificates"):
            ReceiptService(Settings(store_receipt_certificates=str(path)))
