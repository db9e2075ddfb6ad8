"""Signatures of XML receipts, by certificates that the operator trusts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from offerd.services.receipts.verifying import Unproved
from offerd.settings import SettingsError

if TYPE_CHECKING:
    from signxml.verifier import SignatureConfiguration

_SETTING = "store_receipt_certificates"


class Certificates:
    """Certificates whose signatures are trusted; dates and issuers of theirs are not looked at.

    Args:
        trusted: the certificates.
    """

    def __init__(self, trusted: Sequence[x509.Certificate]) -> None:
        self._trusted = trusted

    @classmethod
    def read(cls, path: Path) -> Self:
        """The certificates in a file of PEM.

        Raises:
            SettingsError: it cannot be read, or what checks signatures is not installed.
        """
        try:
            import signxml  # noqa: F401, PLC0415 - an extra, for those who want it
        except ImportError:
            message = f"{_SETTING}: needs the package signxml: pip install 'offerd[receipts]'"
            raise SettingsError(message) from None
        try:
            return cls(x509.load_pem_x509_certificates(path.read_bytes()))
        except (OSError, ValueError) as error:
            raise SettingsError(f"{_SETTING}: {path} holds no certificates in PEM: {error}") from None

    def signed(self, document: bytes, named: str | None) -> bytes:
        """What a document's signature covers.

        Args:
            document: XML.
            named: the SHA-1 of the certificate that is said to have signed it, in hexadecimal; it only says which
                certificate to try.

        Raises:
            Unproved: no certificate that is trusted has signed the document as a whole.
        """
        from lxml import etree  # noqa: PLC0415 - comes with signxml
        from signxml.exceptions import SignXMLException  # noqa: PLC0415
        from signxml.verifier import XMLVerifier  # noqa: PLC0415

        for certificate in self._candidates(named):
            try:
                found = XMLVerifier().verify(document, x509_cert=certificate, expect_config=_config(certificate))
            except (SignXMLException, etree.LxmlError, ValueError, KeyError, TypeError, AttributeError):
                continue  # whatever is wrong with it, it is not signed by this one
            result = found[0] if isinstance(found, list) else found
            if result.signed_xml is not None:
                covered: bytes = etree.tostring(result.signed_xml)
                return covered
        raise Unproved("The receipt is not signed by a certificate that is trusted here")

    def _candidates(self, named: str | None) -> Sequence[x509.Certificate]:
        # The name is Microsoft's own, by SHA-1; it picks, and vouches for nothing.
        own = [one for one in self._trusted if one.fingerprint(hashes.SHA1()).hex() == (named or "").lower()]  # noqa: S303
        return own or self._trusted


def _config(certificate: x509.Certificate) -> SignatureConfiguration:
    """One signature, right below the root, by a key that nobody can make up.

    A receipt outlives the certificate that signed it, so the certificate is taken as it was when it was new.
    """
    from signxml.algorithms import DigestAlgorithm, SignatureMethod  # noqa: PLC0415
    from signxml.verifier import SignatureConfiguration  # noqa: PLC0415

    return SignatureConfiguration(
        location="./",
        expect_references=1,
        verification_time=certificate.not_valid_before_utc,
        signature_methods=frozenset(
            (SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA384, SignatureMethod.RSA_SHA512,
             SignatureMethod.ECDSA_SHA256, SignatureMethod.ECDSA_SHA384)
        ),
        digest_algorithms=frozenset((DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512)),
    )  # fmt: skip
