"""Handing one mail to the mail server, and knowing whether it was taken."""

import smtplib
import ssl
from contextlib import suppress
from email.headerregistry import Address

from tombola.mail.rules import Server

#: Seconds that the mail server has for each answer.
PATIENCE_S = 15.0
_PERMANENT = range(500, 600)
_TAKEN = {250, 251}


class NotSent(Exception):
    """The mail was surely not taken.

    Attributes:
        final: the same mail would be refused again.
    """

    def __init__(self, said: str, *, final: bool = False) -> None:
        super().__init__(said)
        self.final = final


class Unsure(Exception):
    """The connection ended after the mail had begun to go over: it may have been taken."""


def hand_over(server: Server, written_by: Address, recipient: str, message: bytes) -> None:
    """Hand a mail over, once.

    Args:
        server: Where to.
        written_by: The envelope's sender.
        recipient: The only recipient.
        message: The mail, ready made.

    Raises:
        NotSent: Nothing was taken.
        Unsure: Nobody can say.
    """
    line = _reached(server, written_by.domain)
    try:
        _prepare(line, server)
        _address(line, written_by.addr_spec, recipient)
        _deliver(line, message)
    finally:
        with suppress(OSError, smtplib.SMTPException):
            line.quit()
        line.close()


def _reached(server: Server, ours: str) -> smtplib.SMTP:
    try:
        if server.wrapped:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(
                server.host, server.port, ours, timeout=PATIENCE_S, context=context
            )
        return smtplib.SMTP(server.host, server.port, ours, timeout=PATIENCE_S)
    except (OSError, smtplib.SMTPException) as failed:
        raise NotSent(f"{server.name}: {failed}") from failed


def _prepare(line: smtplib.SMTP, server: Server) -> None:
    try:
        line.ehlo_or_helo_if_needed()
        if not server.wrapped:
            _seal(line, server)
        if server.user:
            line.login(server.user, server.password)
    except (OSError, smtplib.SMTPException) as failed:
        raise NotSent(f"{server.name}: {failed}") from failed


def _seal(line: smtplib.SMTP, server: Server) -> None:
    if server.seal == "never":
        return
    if line.has_extn("starttls"):
        line.starttls(context=ssl.create_default_context())
        line.ehlo()
    elif server.seal == "required":
        raise NotSent(f"{server.name} offers no TLS; ?tls=offered would do without.")


def _address(line: smtplib.SMTP, written_by: str, recipient: str) -> None:
    try:
        for code, said in (line.mail(written_by), line.rcpt(recipient)):
            if code not in _TAKEN:
                raise _refused(code, said)
    except (OSError, smtplib.SMTPException) as failed:
        raise NotSent(str(failed)) from failed


def _deliver(line: smtplib.SMTP, message: bytes) -> None:
    try:
        code, said = line.data(message)
    except smtplib.SMTPDataError as refused:
        raise _refused(refused.smtp_code, refused.smtp_error) from refused
    except (OSError, smtplib.SMTPException) as failed:
        raise Unsure(str(failed) or type(failed).__name__) from failed
    if code not in _TAKEN:
        raise _refused(code, said)


def _refused(code: int, said: bytes | str) -> NotSent:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return NotSent(f"{code} {words}", final=code in _PERMANENT)
