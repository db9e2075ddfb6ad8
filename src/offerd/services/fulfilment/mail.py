"""Mail: messages to people through a mail server, or into a folder where none is named."""

from __future__ import annotations

import asyncio
import os
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from offerd.services.clock import instant
from offerd.services.fulfilment.fulfiller import Errand, Outcome, Undelivered
from offerd.settings import Settings

_REFUSED = 500


class Mail:
    """Sends a choice's mail.

    Args:
        settings: the mail server, if there is one.
        folder: where mail is laid instead, one file each.
    """

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder

    async def fulfil(self, errand: Errand) -> Outcome:
        """Sends the mail, or lays it in the folder."""
        message = written(errand, self._settings.smtp_from)
        await asyncio.to_thread(self._send if self._settings.smtp_host else self._lay, message, errand.id)
        return Outcome()

    def withdraw(self, name: str) -> None:
        """Takes the mail of an errand out of the folder, where it still is there."""
        for file in (f"{name}.eml", f".{name}.part"):
            (self._folder / file).unlink(missing_ok=True)

    def _send(self, message: EmailMessage, _name: str) -> None:
        settings = self._settings
        secure = ssl.create_default_context()
        try:
            with self._connected(secure) as server:
                if settings.smtp_tls == "starttls":
                    server.starttls(context=secure)
                if settings.smtp_user:
                    server.login(settings.smtp_user, settings.smtp_password)
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            final = all(code >= _REFUSED for code, _ in refused.recipients.values())
            raise Undelivered("The mail server refused the recipient", final=final) from None
        except smtplib.SMTPResponseException as error:
            raise Undelivered(f"The mail server answered {error.smtp_code}") from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise Undelivered(f"The mail was not sent: {type(error).__name__}") from None

    def _connected(self, secure: ssl.SSLContext) -> smtplib.SMTP:
        settings = self._settings
        seconds = settings.delivery_timeout
        if settings.smtp_tls == "tls":
            return smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, timeout=seconds, context=secure)
        return smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=seconds)

    def _lay(self, message: EmailMessage, name: str) -> None:
        """Writes a mail into the folder, whole or not at all; one that is there already stays."""
        made = self._folder / f"{name}.eml"
        if made.exists():
            return
        part = self._folder / f".{name}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                file.write(message.as_bytes())
                file.flush()
                os.fsync(file.fileno())
            part.replace(made)
            _settle(self._folder)
        except OSError as error:
            raise Undelivered(f"The mail was not written: {type(error).__name__}") from None


def written(errand: Errand, sender: str) -> EmailMessage:
    """The mail of an errand.

    Args:
        errand: its settings have `to` (one address, or a list of them), `subject`, `text` or `html` or both, and may
            have `from` and `reply_to`.
        sender: whom it is from where its settings do not say.

    Raises:
        Undelivered: it cannot be made.
    """
    settings = errand.settings
    message = EmailMessage(policy=SMTP)
    origin = _address(settings.get("from") or sender, "from")
    message["From"] = origin
    message["To"] = tuple(_recipients(settings.get("to")))
    if settings.get("reply_to"):
        message["Reply-To"] = _address(settings["reply_to"], "reply_to")
    message["Subject"] = _line(settings.get("subject", ""))
    message["Date"] = format_datetime(instant(errand.accepted))
    message["Message-ID"] = f"<{errand.id}@{origin.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    _fill(message, settings)
    return message


def _fill(message: EmailMessage, settings: Mapping[str, Any]) -> None:
    text, html = settings.get("text"), settings.get("html")
    if not isinstance(text, str) and not isinstance(html, str):
        raise Undelivered("The mail has neither text nor html", final=True)
    if isinstance(text, str):
        message.set_content(text)
    if isinstance(html, str):
        if isinstance(text, str):
            message.add_alternative(html, subtype="html")
        else:
            message.set_content(html, subtype="html")


def _recipients(value: Any) -> Iterator[Address]:
    listed = value if isinstance(value, list) else [value]
    if not listed:
        raise Undelivered("The mail has no recipient", final=True)
    for each in listed:
        yield _address(each, "to")


def _address(value: Any, member: str) -> Address:
    """The one address that a text is; what names several, or hides something, is none."""
    try:
        if not isinstance(value, str) or not value.isprintable() or "=?" in value:
            raise ValueError
        probe = EmailMessage(policy=SMTP)
        probe["To"] = value
        (found,) = probe["To"].addresses
        if probe["To"].defects or not found.username or not found.domain:
            raise ValueError
        return Address(display_name=found.display_name, username=found.username, domain=found.domain)
    except (ValueError, IndexError, MessageError):
        raise Undelivered(f"The mail's {member} is not one address", final=True) from None


def _line(value: Any) -> str:
    """A text on one line, in which nothing is an encoded word."""
    text = "".join(each if each.isprintable() else " " for each in str(value))
    return " ".join(text.split()).replace("=?", "= ?")


def _settle(folder: Path) -> None:
    """Has a new name in a folder outlast a crash of the machine."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
