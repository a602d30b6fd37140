"""Channels that are electronic mail."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import localtime
from hashlib import sha256
from typing import Literal, get_args

from portalcrawler.alerts.errors import ChannelError, network_cause
from portalcrawler.alerts.message import Message
from portalcrawler.alerts.secret import Secret, read_secret, secret_keys
from portalcrawler.alerts.words import Choice
from portalcrawler.sites.table import Table

Security = Literal["starttls", "tls", "none"]
_PORTS: dict[Security, int] = {"starttls": 587, "tls": 465, "none": 25}
MAIL_KEYS = ("host", "port", "security", "user", *secret_keys("password"), "from", "to")
_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail server that takes messages for others. Certificates are checked."""

    host: str
    port: int
    security: Security
    sender: str
    to: tuple[str, ...]
    user: str | None = None
    password: Secret | None = None

    def send(self, message: Message, choice: Choice, seconds: float) -> None:
        """Send a mail; ``seconds`` is the longest that any step of it may take. Raises :class:`ChannelError`."""
        password = self.password.read() if self.password else None
        mail = self._mail(message, choice)
        try:
            with self._connect(seconds) as server:
                if self.security == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if self.user is not None and password is not None:
                    server.login(self.user, password)
                refused = server.send_message(mail)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise ChannelError(_cause(error)) from None  # the library's own text may have what was sent in it
        if refused:
            raise ChannelError(f"the mail server refused {', '.join(refused)}")

    def _connect(self, seconds: float) -> smtplib.SMTP:
        # A name of one's own: the library's asks the DNS for it, which may take longer than everything else.
        if self.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, socket.gethostname(), timeout=seconds, context=context)
        return smtplib.SMTP(self.host, self.port, socket.gethostname(), timeout=seconds)

    def _mail(self, message: Message, choice: Choice) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = " ".join(message.title(choice).split())
        mail["From"] = self.sender
        mail["To"] = ", ".join(self.to)
        mail["Date"] = localtime()
        # The same whenever it is sent again, so that the receiver's program shows it once.
        domain = self.sender.rpartition("@")[2]
        mail["Message-ID"] = f"<{sha256(message.id.encode()).hexdigest()[:32]}@{domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text(choice) + "\n")
        if message.page is not None:
            mail.add_attachment(
                message.page.html, "text", "html", filename=message.page.name, params={"charset": "utf-8"}
            )
        return mail


def read_mail(table: Table) -> Mail:
    """The mail that a table declares. Raises ``SiteError``."""
    security = table.one_of("security", get_args(Security), "starttls")
    password = read_secret(table, "password")
    user = table.text("user")
    if (user is None) != (password is None):
        missing = "user" if user is None else "password_env"
        table.fail(missing, "missing; allowed: both user and password_env (or password_file), or neither")
    to = table.texts("to")
    if not to:
        table.fail("to", 'missing; allowed: a list of addresses, as ["ops@example.com"]')
    for address in to:
        _check_address(table, "to", address)
    sender = table.required_text("from", "the address that mails come from")
    _check_address(table, "from", sender)
    return Mail(
        host=table.required_text("host", "the mail server's name, as smtp.example.com"),
        port=table.whole("port", 1, 65535) or _PORTS[security],
        security=security,
        sender=sender,
        to=to,
        user=user,
        password=password,
    )


def _check_address(table: Table, key: str, text: str) -> None:
    sound = _ADDRESS.fullmatch(text) is not None
    try:
        Address(addr_spec=text)
    except (ValueError, IndexError):
        sound = False
    if not sound:
        table.fail(key, f"{text!r} is no address; allowed: name@example.com")


def _cause(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"the mail server refused {', '.join(error.recipients)}"
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"the mail server refused the user or the password ({error.smtp_code})"
    if isinstance(error, smtplib.SMTPResponseException):
        told = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return f"the mail server refused: {error.smtp_code} {' '.join(str(told).split())}"[:300]
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return f"the mail server cannot do what is asked: {error}"[:300].rstrip(".")
    if isinstance(error, smtplib.SMTPServerDisconnected):
        error = error.__context__ if isinstance(error.__context__, OSError) else error
    return network_cause(error) or f"the mail server does not answer as one ({type(error).__name__})"
