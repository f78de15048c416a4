"""What may be written to, where mail goes, what it looks like."""

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from tombola.api import Invalid
from tombola.mail import rules
from tombola.settings import Settings


def settings(**given):
    return Settings.model_validate(given)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ada@tea.example", "ada@tea.example"),
        (" Ada.L+1@Tea.Example ", "Ada.L+1@tea.example"),
        ("ada@münchen.example", "ada@xn--mnchen-3ya.example"),
        (f"{'a' * 64}@tea.example", f"{'a' * 64}@tea.example"),
    ],
)
def test_an_address_is_taken(text, address):
    assert rules.address(text).lower() == address.lower()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "ada@",
        "@tea.example",
        "ada@localhost",
        "a b@tea.example",
        ".ada@tea.example",
        "ada@tea..example",
        "ada@-tea.example",
        "ada@tea.example\r\nBcc: all@tea.example",
        "ada\n@tea.example",
        "ada@tea.example,bob@tea.example",
        "<ada@tea.example>",
        '"ada"@tea.example',
        f"{'a' * 65}@tea.example",
        f"ada@{'a' * 64}.example",
        f"ada@{'a.' * 130}example",
        "ädä@tea.example",
    ],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(Invalid):
        rules.address(text)


def test_without_a_setting_there_is_no_server():
    assert rules.server(settings()) is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://127.0.0.1:8003", ("127.0.0.1", 8003, "", "", False, "offered")),
        ("smtp://mx.example", ("mx.example", 587, "", "", False, "offered")),
        ("smtp://u:p%40@mx.example:25", ("mx.example", 25, "u", "p@", False, "required")),
        ("smtp://u:p@localhost:25", ("localhost", 25, "u", "p", False, "offered")),
        ("smtp://u:p@mx.example?tls=never", ("mx.example", 587, "u", "p", False, "never")),
        ("smtps://u:p@mx.example", ("mx.example", 465, "u", "p", True, "required")),
    ],
)
def test_the_setting_says_where_mail_goes(url, expected):
    found = rules.server(settings(smtp_url=url))
    assert found is not None
    assert (
        found.host,
        found.port,
        found.user,
        found.password,
        found.wrapped,
        found.seal,
    ) == expected
    assert "p@" not in repr(found)


@pytest.mark.parametrize(
    "url", ["mx.example", "http://mx.example", "smtp://", "smtp://mx:99999", "smtp://mx?tls=maybe"]
)
def test_a_wrong_setting_is_named(url):
    with pytest.raises(ValueError, match="TOMBOLA_SMTP_URL"):
        rules.server(settings(smtp_url=url))


def test_who_mails_come_from():
    assert rules.sender(settings()).addr_spec == "tombola@localhost"
    assert rules.sender(settings(base_url="https://win.example")).addr_spec == "tombola@win.example"
    named = rules.sender(settings(mail_from="Tea Club <club@tea.example>"))
    assert (named.display_name, named.addr_spec) == ("Tea Club", "club@tea.example")
    for wrong in ("Tea Club", "a@b\r\nBcc: c@d.example", "x y@tea.example"):
        with pytest.raises(ValueError, match="TOMBOLA_MAIL_FROM"):
            rules.sender(settings(mail_from=wrong))


def test_a_mail_is_plain_and_its_headers_cannot_be_broken_into():
    at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    sender = rules.sender(settings(mail_from="Tea Club <club@tea.example>"))
    subject = "Your code for “Tee & Kekse”\r\nBcc: all@tea.example"
    raw = rules.compose("u-1", sender, "ada@tea.example", subject, "Größe: 1\n.\nEnd\n", at)
    read = message_from_bytes(raw, policy=policy.default)
    assert read["Bcc"] is None
    assert read["Subject"] == "Your code for “Tee & Kekse” Bcc: all@tea.example"
    assert read["Message-ID"] == "<u-1@tea.example>"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["Date"].datetime == at
    assert read["To"] == "ada@tea.example"
    assert read.get_content().splitlines() == ["Größe: 1", ".", "End"]
    assert raw == rules.compose("u-1", sender, "ada@tea.example", subject, "Größe: 1\n.\nEnd\n", at)


def test_a_masked_address_shows_its_domain_alone():
    assert rules.masked("ada@tea.example") == "a•••@tea.example"
    assert rules.masked("") == "•••"
