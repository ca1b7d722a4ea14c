"""Mailers: what carries a message to its reader."""

from abc import ABC, abstractmethod
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog

from chat_service.errors import AppError, ErrorKind

_TIMEOUT_SECONDS = 20
_log = structlog.get_logger()


class Mailer(ABC):
    """Sends messages that are complete with their headers."""

    @abstractmethod
    async def send(self, message: EmailMessage) -> None:
        """Hands the message over. Raises UNAVAILABLE when that may work later, INVALID when it never will."""


class LogMailer(Mailer):
    """Writes to the log that a message is due, without its text: for an installation without a mail server."""

    async def send(self, message: EmailMessage) -> None:
        """Logs the message's id and subject."""
        _log.info("message_due", message_id=message["Message-ID"], subject=message["Subject"])


class SmtpMailer(Mailer):
    """Sends by SMTP (RFC 5321): `smtp://user:password@host:port` uses STARTTLS where it is offered, `smtps://` TLS."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._tls = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._tls else 25)
        self._username = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None

    async def send(self, message: EmailMessage) -> None:
        """Gives the message to the server."""
        try:
            await aiosmtplib.send(
                message,
                hostname=self._host,
                port=self._port,
                username=self._username,
                password=self._password,
                use_tls=self._tls,
                timeout=_TIMEOUT_SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            # RFC 5321, 4.2.1: 5yz is for good.
            if all(one.code >= 500 for one in error.recipients):
                raise AppError(
                    ErrorKind.INVALID, "recipient_refused", "The mail server knows no such reader."
                ) from None
            raise _unavailable(error) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _unavailable(error) from error


def _unavailable(error: Exception) -> AppError:
    return AppError(
        ErrorKind.UNAVAILABLE,
        "mail_unavailable",
        "The mail server does not take messages just now.",
        details={"cause": type(error).__name__},
    )
