"""Mails really come over SMTP, are kept, and can be read in the console."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tombola.testing.network import Network, TestClock
from tombola.testing.smtp import MOST_BYTES, Server
from tombola_sandbox.console.app import console_app
from tombola_sandbox.mailbox.box import FILE, Mailbox
from tombola_sandbox.place import Place
from tombola_sandbox.world import World


@pytest.fixture
def mailbox(tmp_path: Path, now: TestClock) -> Iterator[Mailbox]:
    box = Mailbox(tmp_path, now)
    yield box
    box.close()


@pytest.fixture
def server(mailbox: Mailbox) -> Iterator[Server]:
    with Server(mailbox.take) as running:
        yield running


@pytest.fixture
def console(world: World, network: Network, mailbox: Mailbox, tmp_path: Path) -> FlaskClient:
    place = Place(8000, tmp_path, "http://localhost:8000")
    return console_app(world, network, place, mailbox).test_client()


def send(
    server: Server, subject: str = "Hello", text: str = "One.\n.\nTwo ü\n", to: str = ""
) -> None:
    message = EmailMessage()
    message["From"] = "Tombola <tombola@localhost>"
    message["To"] = to or "ada@tea.example"
    message["Subject"] = subject
    message.set_content(text)
    with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as line:
        line.send_message(message)


def test_a_mail_is_kept_as_it_was_written(server, mailbox, tmp_path):
    send(server, "Grüße")
    [mail] = mailbox.newest(10)
    assert (mail.to, mail.subject, mail.sender) == (
        "ada@tea.example",
        "Grüße",
        "Tombola <tombola@localhost>",
    )
    assert mail.text.splitlines() == ["One.", ".", "Two ü"]
    assert (tmp_path / FILE).exists()
    again = Mailbox(tmp_path)
    assert [each.subject for each in again.newest(10)] == ["Grüße"]
    again.close()


def test_the_newest_is_first_and_an_emptied_box_stays_empty(server, mailbox):
    send(server, "One")
    send(server, "Two")
    assert [mail.subject for mail in mailbox.newest(10)] == ["Two", "One"]
    mailbox.empty()
    assert mailbox.newest(10) == []
    send(server, "Three")
    assert [mail.subject for mail in mailbox.newest(10)] == ["Three"]


def test_several_mails_go_over_one_line(server, mailbox):
    with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as line:
        for n in range(3):
            line.sendmail("a@x.example", ["b@x.example", "c@x.example"], f"Subject: {n}\r\n\r\n{n}")
            assert line.rset()[0] == 250
    assert [mail.subject for mail in mailbox.newest(10)] == ["2", "1", "0"]
    assert mailbox.newest(1)[0].to == "b@x.example, c@x.example"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("RCPT TO:<a@b.example>", 503),
        ("DATA", 503),
        ("MAIL a@b.example", 501),
        ("MAIL FROM:<a b@x.example>", 501),
        ("VRFY a", 502),
        ("NOOP", 250),
        ("", 502),
    ],
)
def test_what_is_out_of_place_is_refused(server, mailbox, said, code):
    with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as line:
        line.ehlo()
        assert line.docmd(said)[0] == code
    assert mailbox.newest(1) == []


def test_too_large_a_mail_is_refused_and_the_line_lives(server, mailbox):
    with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as line:
        line.mail("a@x.example")
        line.rcpt("b@x.example")
        assert line.data(b"x" * 900 + b"\r\n" + b"y\r\n" * (MOST_BYTES // 2))[0] == 552
        assert line.noop()[0] == 250
    assert mailbox.newest(1) == []


def test_a_line_without_end_ends_the_line(server):
    with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as line:
        line.send(b"X" * 10_000)
        with pytest.raises(smtplib.SMTPServerDisconnected):
            line.getreply()


def test_mails_are_listed_read_and_emptied(server, mailbox, console):
    assert "No mail yet" in console.get("/console/mail").text
    send(server, "123456 is your code <b>", "Your code <script>alert(1)</script>\n")
    for path in ("/console/mail", "/console/mail/live"):
        page = console.get(path).text
        assert "123456 is your code &lt;b&gt;" in page
        assert "ada@tea.example" in page
        assert "<script>alert" not in page
    page = console.get("/console/mail/1")
    assert "&lt;script&gt;alert(1)" in page.text
    assert "<dt>To</dt>" in page.text
    assert console.get("/console/mail/2").status_code == 404
    assert console.post("/console/mail/empty").status_code == 303
    assert "No mail yet" in console.get("/console/mail").text
    evil = {"Origin": "https://evil.example"}
    assert console.post("/console/mail/empty", headers=evil).status_code == 403


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\r\n\r\n",
        b"Subject: =?x-unknown?q?=ff?=\r\nContent-Type: text/plain; charset=x-no\r\n\r\n\xff\r\n",
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\n",
        b"Content-Type: text/html\r\n\r\n<p>Hi</p>",
    ],
)
def test_any_bytes_are_a_mail_that_can_be_shown(server, console, data):
    with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as line:
        line.sendmail("a@x.example", "b@x.example", data)
    assert console.get("/console/mail").status_code == 200
    assert console.get("/console/mail/1").status_code == 200
