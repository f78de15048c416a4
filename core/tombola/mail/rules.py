"""What a mail may be, where it goes, and how it is put together. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import parse_qs, unquote, urlsplit

from tombola.api import Invalid
from tombola.settings import Settings
from tombola.web.i18n import marked

#: Ports of the two ways in, where the address names none.
SUBMISSION, SUBMISSIONS = 587, 465
#: Longest address, local part and label (RFC 5321, section 4.5.3.1; RFC 1035, section 2.3.4).
LONGEST, LONGEST_LOCAL, LONGEST_LABEL = 254, 64, 63
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_NAMED = re.compile(r"([^<>\r\n]*)<([^<>\s]+)>|()(\S+)")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_SEALS = {"required", "offered", "never"}


class State(StrEnum):
    """Where a mail stands.

    ``pending`` has not been tried, ``sending`` is being handed over, ``sent`` was taken by the
    mail server, ``failed`` was surely not (the queue tries again while that makes sense), and
    ``unknown`` may or may not have gone: it is never sent again by itself.
    """

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed over.

    Attributes:
        wrapped: TLS from the first byte (``smtps``).
        seal: STARTTLS is ``required``, used where ``offered``, or ``never``.
    """

    host: str
    port: int
    user: str
    password: str
    wrapped: bool
    seal: str

    def __repr__(self) -> str:
        """Name the place and not the password."""
        return f"<Server {self.name}>"

    @property
    def name(self) -> str:
        """The place in words, for operators."""
        return f"{self.host}:{self.port}"


def server(settings: Settings) -> Server | None:
    """The mail server of an installation; None: it sends no mail.

    A password crosses a network only inside TLS, so STARTTLS is required with one unless the
    server is on this machine, or ``?tls=`` says otherwise.

    Raises:
        ValueError: the setting cannot be read; the message names it and the remedy.
    """
    if not settings.smtp_url:
        return None
    try:
        parts = urlsplit(settings.smtp_url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError(
            "TOMBOLA_SMTP_URL is not smtp://user:password@host:port or smtps://…; "
            "write %40 for an @ in the password."
        )
    trusted = not parts.password or _is_loopback(parts.hostname)
    seal = parse_qs(parts.query).get("tls", ["offered" if trusted else "required"])[0]
    if seal not in _SEALS:
        raise ValueError("TOMBOLA_SMTP_URL: tls is required, offered or never.")
    wrapped = parts.scheme == "smtps"
    return Server(
        host=parts.hostname,
        port=port or (SUBMISSIONS if wrapped else SUBMISSION),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        wrapped=wrapped,
        seal=seal,
    )


def sender(settings: Settings) -> Address:
    """Who mails come from: ``TOMBOLA_MAIL_FROM``, else ``tombola`` at this installation's host.

    Raises ValueError with the setting's name when it cannot be read.
    """
    host = urlsplit(settings.address).hostname or "localhost"
    found = _NAMED.fullmatch((settings.mail_from or f"Tombola <tombola@{host}>").strip())
    name, written = (found[1] or "", found[2] or found[4]) if found else ("", "")
    local, at, domain = written.rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or not _is_domain(domain, dots=0):
        raise ValueError("TOMBOLA_MAIL_FROM is not an address such as Tea Club <club@tea.example>.")
    return Address(name.strip(), local, domain)


def address(text: str) -> str:
    """An e-mail address as it can be written to; a domain of other letters becomes ASCII.

    Nothing that could end a header's line, or name a second recipient, gets through.

    Raises:
        Invalid: it is no such address; the field is ``email``.
    """
    local, _, domain = text.strip().rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        ascii_domain = ""
    found = f"{local}@{ascii_domain}"
    fits = len(found) <= LONGEST and len(local) <= LONGEST_LOCAL
    if not fits or not _LOCAL.fullmatch(local) or not _is_domain(ascii_domain, dots=1):
        raise Invalid({"email": marked("This is not an e-mail address that we can write to.")})
    return found


def masked(text: str) -> str:
    """An address as pages may show it to somebody who need not know it: ``a•••@tea.example``."""
    local, _, domain = text.rpartition("@")
    return f"{local[:1]}•••@{domain}" if domain else "•••"


def compose(
    uid: str, written_by: Address, recipient: str, subject: str, text: str, at: datetime
) -> bytes:
    """Put a mail together: plain text, and a Message-ID that is the same for the same row."""
    message = EmailMessage(policy=SMTP)
    message["From"] = written_by
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = " ".join(subject.split())
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{uid}@{written_by.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message.as_bytes()


def _is_domain(text: str, *, dots: int) -> bool:
    labels = text.split(".")
    fit = all(len(label) <= LONGEST_LABEL and _LABEL.fullmatch(label) for label in labels)
    return fit and len(labels) > dots


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
