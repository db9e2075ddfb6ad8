"""Claims whose receipts somebody vouches for."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree
from signxml import SignatureMethod, XMLSigner

PATH = "/v2.0/my/storeoffers/user"

CATALOGUE = {
    "placements": {"store": {"extensions": {"microsoft_store": {"app": "Example.Game_abc123"}}}},
    "offers": {
        "ten": {
            "status": "approved",
            "ids": {"store": "10x gold coins"},
            "requires": [{"code": "receipt", "rule": "event.data.receipt.verified = true"}],
        },
    },
    "activities": {"all": {"status": "live", "placements": ["store"], "selections": [{"offers": ["ten"]}]}},
}


def test_an_offer_that_wants_a_verified_receipt_gets_one(start_server, receipt, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "A shop")])
    born = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(born).not_valid_after(born + timedelta(days=9)).sign(key, hashes.SHA256())
    )  # fmt: skip
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    live = start_server(store_receipt_certificates=str(trusted))
    with live.client() as boss:
        boss.post("/offerd/v1/catalogue/apply", json=CATALOGUE).raise_for_status()
        body = {"name": "jo", "scopes": ["user"], "subject": {"namespace": "subject", "id": "jo"}}
        secret = boss.post("/offerd/v1/tokens", json=body).json()["secret"]
        plain = receipt(("p-1", "10x gold coins"))
        signer = XMLSigner(signature_algorithm=SignatureMethod.ECDSA_SHA256)
        made = signer.sign(etree.fromstring(plain.encode()), key=key, cert=[certificate])
        signed = etree.tostring(made).decode()
        with live.client(secret) as jo:
            [element] = jo.get(PATH).json()
            answers = {}
            for proof in ("order-1", plain, signed.replace("p-1", "p-2"), signed, signed):
                answer = jo.post(PATH, json={"storeOffer": element, "receipt": proof})
                answers.setdefault(proof[:30], []).append(answer.json()["code"] if answer.content else 204)
        [claim] = boss.get("/offerd/v1/interactions", params={"type": "claim"}).json()["items"]
    assert list(answers.values()) == [["ClaimRefused"], ["InvalidReceipt"], ["InvalidReceipt", 204, 204]]
    assert claim["data"]["receipt"]["verified"] is True
