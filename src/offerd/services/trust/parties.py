"""The issuers that the settings name, each with its keys, its audience and its people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from offerd.services.clock import Clock
from offerd.services.tokens import SCOPES
from offerd.services.trust.keys import ALGORITHMS
from offerd.services.trust.ring import KeyRing
from offerd.services.trust.sources import source_of
from offerd.settings import Settings, SettingsError


class Party(NamedTuple):
    """An issuer whose JWTs are trusted.

    Attributes:
        issuer: what its tokens say as `iss`.
        audience: what they say as `aud`.
        namespace: of the identities that they name.
        ring: its keys.
    """

    issuer: str
    audience: str
    namespace: str
    ring: KeyRing


def parties(settings: Settings, clock: Clock) -> Mapping[str, Party]:
    """Those whom the settings name, by issuer; none where they name none.

    Raises:
        SettingsError: with everything that does not fit together.
    """
    issuers = settings.jwt_issuer.split()
    if not issuers:
        return {}
    wrong = _wrong(settings, issuers)
    keys, namespaces = (_listed(text, issuers) for text in (settings.jwt_keys, settings.jwt_namespace))
    audiences = _listed(settings.jwt_audience, issuers)
    if len(audiences) == 1:
        audiences *= len(issuers)
    for name, values in (("jwt_keys", keys), ("jwt_audience", audiences), ("jwt_namespace", namespaces)):
        if not values:
            wrong.append(f"{name}: is needed with jwt_issuer")
        elif len(values) != len(issuers):
            wrong.append(f"{name}: expected {len(issuers)}, one for each issuer of jwt_issuer, got {len(values)}")
    if wrong:
        raise SettingsError(*wrong)
    rings = [
        KeyRing(issuer, source_of(each), clock, minutes=settings.jwt_keys_minutes, hours=settings.jwt_keys_hours)
        for issuer, each in zip(issuers, keys, strict=True)
    ]
    made = map(Party, issuers, audiences, namespaces, rings)
    return {each.issuer: each for each in made}


def _listed(text: str, issuers: list[str]) -> list[str]:
    """What a setting says for each issuer, with blanks between; of only one issuer, all of it."""
    if len(issuers) > 1:
        return text.split()
    return [text] if text else []


def _wrong(settings: Settings, issuers: list[str]) -> list[str]:
    """What is wrong with the settings that are the same for all."""
    wrong = []
    if len(set(issuers)) < len(issuers):
        wrong.append("jwt_issuer: names an issuer twice")
    algorithms = settings.jwt_algorithms.split()
    if not algorithms or set(algorithms) - ALGORITHMS.keys():
        wrong.append(f"jwt_algorithms: expected one or more of {', '.join(ALGORITHMS)}")
    if set(settings.jwt_scopes.split()) - set(SCOPES):
        wrong.append(f"jwt_scopes: expected some of {', '.join(SCOPES)}")
    return wrong
