"""What is odd about choices, given what carries out their kinds here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from offerd.model.catalogue import Catalogue
from offerd.model.codec import pointer
from offerd.model.kinds import KINDS
from offerd.model.offer import Fulfil
from offerd.services.catalogue.lint import Finding
from offerd.services.fulfilment.starter import CALLED, fulfiller_of, is_fixed
from offerd.services.walk import parts


def findings(fulfillers: Mapping[str, str], catalogue: Catalogue) -> Iterator[Finding]:
    """The choices of a catalogue that are not carried out as they look.

    Args:
        fulfillers: by kind, what carries it out, as the setting says.
        catalogue: the catalogue.
    """
    for kind in KINDS:
        for id_, thing in sorted(catalogue.of(kind).items()):
            for where, part in parts(thing):
                if isinstance(part, Fulfil):
                    at = f"{pointer(pointer('', kind), id_)}{where}"
                    yield from _fulfil(at, part, fulfiller_of(fulfillers, part.kind))


def _fulfil(at: str, fulfil: Fulfil, fulfiller: str) -> Iterator[Finding]:
    if fulfiller == "email":
        yield from _mail(f"{at}/settings", fulfil)
    if fulfiller in CALLED and fulfil.url is None:
        message = "without a `url` this is done by hand, since nothing else says where it goes"
        yield Finding(at, "warning", "webhook-without-url", message)
    elif fulfiller in CALLED and not is_fixed(fulfil.url or ""):
        message = f"this is done by hand: {fulfiller!r}, which {fulfil.kind!r} goes by, takes a fixed address only"
        yield Finding(f"{at}/url", "warning", "webhook-with-template", message)


def _mail(at: str, fulfil: Fulfil) -> Iterator[Finding]:
    if not fulfil.settings.get("to"):
        yield Finding(at, "warning", "mail-without-recipient", "without `to` nobody gets this mail")
    if not any(isinstance(fulfil.settings.get(name), str) for name in ("text", "html")):
        message = "without `text` or `html` this mail cannot be made"
        yield Finding(at, "warning", "mail-without-text", message)
