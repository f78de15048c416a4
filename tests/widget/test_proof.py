"""Signatures: what they say, every way to alter one, and what actions ask for; pure and stored."""

import string
from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tombola.api import Proof
from tombola.testing.clock import NOON
from tombola.toolkit.redaction import BLOT, redacted
from tombola.widget import nonces, secrets
from tombola.widget.proof import SKEW, Claim, Flaw, flaw, sign
from tombola.widget.rules import Miss, weakness
from tombola.widget.settle import settle_all
from tombola.widget.tokens import link_token

SECRET = "a secret of 32 random bytes, say"
CLAIM = Claim("y2sB7", "visitor-1", "Purchase", "1017")
UNIX = int(NOON.timestamp())
NONCE = "0123456789abcdef"
pytestmark = pytest.mark.plugins("custom_tracking")


def told(signature, claim=CLAIM, secret=SECRET, now=NOON):
    return flaw(signature, [claim], [secret], now)


def test_signature_is_plain_hmac_that_any_language_makes():
    """The figure was made with openssl: printf '…' | openssl dgst -sha256 -hmac '…'."""
    assert sign("secret", Claim("y2sB7", "v-123456", "Buy", "7"), 1_780_000_000, NONCE) == (
        "v1.1780000000.0123456789abcdef."
        "f7aa703816f39ae03cad81ceee45d949c9e43d94949869e9b93291f643fa50c7"
    )


@pytest.mark.parametrize("change", range(64))
@pytest.mark.parametrize("kind", ["digit", "letter", "upper", "high", "nul"])
def test_altered_byte_of_a_signature_is_no_signature(change, kind):
    good = sign(SECRET, CLAIM, UNIX, NONCE)
    place = change * len(good) // 64
    new = {"digit": "7", "letter": "e", "upper": "F", "high": "\xe9", "nul": "\0"}[kind]
    bad = good[:place] + new + good[place + 1 :]
    if bad != good:
        assert told(bad) is Flaw.FORGED


@pytest.mark.parametrize(
    "claim",
    [
        Claim("other", "visitor-1", "Purchase", "1017"),
        Claim("y2sB7", "visitor-2", "Purchase", "1017"),
        Claim("y2sB7", "visitor-1", "purchase", "1017"),
        Claim("y2sB7", "visitor-1", "Purchase", "1018"),
        Claim("y2sB7", "visitor-1", "Purchase", ""),
        Claim("y2sB7", "visitor-1", "Purchase", None),
        Claim("y2sB7", "visitor-1", "Purchase\n1017", None),
    ],
)
def test_signature_of_something_else_is_forged(claim):
    assert told(sign(SECRET, CLAIM, UNIX, NONCE), claim) is Flaw.FORGED


@pytest.mark.parametrize(
    "bad",
    ["", "v1", "v2.1.a.b", "v1.{u}.{n}", "v1.{u}.short.{m}", "v1.{u}.{n}.{m}\n", " v1.{u}.{n}.{m}",
     "v1.{u}.{n}.{m}.x", "v1.+{u}.{n}.{m}", "v1.0{u}.{n}.{m}", "v1.\u0661{u}.{n}.{m}"],
)  # fmt: skip
def test_anything_else_than_a_signature_is_forged(bad):
    mac = sign(SECRET, CLAIM, UNIX, NONCE).rpartition(".")[2]
    assert told(bad.format(u=UNIX, n=NONCE, m=mac)) is Flaw.FORGED


@pytest.mark.parametrize(
    ("ahead", "wrong"),
    [(0, None), (299, None), (-299, None), (301, Flaw.EXPIRED), (-301, Flaw.EXPIRED),
     (360, Flaw.EXPIRED), (-360, Flaw.EXPIRED)],
)  # fmt: skip
def test_signature_is_good_five_minutes_either_way(ahead, wrong):
    assert told(sign(SECRET, CLAIM, UNIX + ahead, NONCE)) is wrong


def test_either_of_two_secrets_signs_and_no_secret_signs_nothing():
    signature = sign(SECRET, CLAIM, UNIX, NONCE)
    assert flaw(signature, [CLAIM], ["newer", SECRET], NOON) is None
    assert flaw(signature, [CLAIM], [], NOON) is Flaw.FORGED
    assert flaw(signature, [], [SECRET], NOON) is Flaw.FORGED


_LINE = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=20)


@given(first=st.tuples(_LINE, _LINE, st.none() | st.text(max_size=20)),
       second=st.tuples(_LINE, _LINE, st.none() | st.text(max_size=20)))  # fmt: skip
def test_no_two_events_have_one_text(first, second):
    assume(first != second)
    one, other = (Claim("y2sB7", *parts).text(UNIX, NONCE) for parts in (first, second))
    assert one != other


@given(st.text(string.printable, max_size=200))
def test_whatever_text_is_no_signature(text):
    assert told(text) is Flaw.FORGED


@given(
    local=st.text(string.ascii_letters + string.digits + "._+-", min_size=1, max_size=64),
    before=st.sampled_from(["", "of ", "<", "mail:", "a,"]),
)
def test_no_address_survives_redaction(local, before):
    told = redacted(f"{before}{local}@mail.example")
    assert "mail.example" not in told
    assert told == before + BLOT


@pytest.mark.parametrize("text", ["1017", "a @ b", "@anna", "3@4", "user@host", "x" * 10_240])
def test_what_is_no_address_is_left_alone(text):
    assert redacted(text) == text


@pytest.mark.parametrize(
    ("level", "wanted", "wrong", "miss"),
    [
        (Proof.BROWSER, [Proof.BROWSER], None, None),
        (Proof.BROWSER, [Proof.SIGNED], None, Miss.UNSIGNED),
        (Proof.BROWSER, [Proof.BROWSER, Proof.SIGNED], Flaw.FORGED, Miss.FORGED),
        (Proof.BROWSER, [Proof.SERVER], None, Miss.NOT_SERVER),
        (Proof.SIGNED, [Proof.SERVER], None, Miss.NOT_SERVER),
        (Proof.SIGNED, [Proof.SIGNED, Proof.BROWSER], None, None),
        (Proof.SERVER, [Proof.SIGNED, Proof.SERVER], None, None),
        (Proof.BROWSER, [Proof.BROWSER], Flaw.FORGED, None),
    ],
)
def test_why_an_event_does_not_complete_an_action(level, wanted, wrong, miss):
    assert weakness(level, wanted, wrong) is miss


class Backend:
    """A site's backend: signs what its visitors have done."""

    def __init__(self, site):
        self.site = site
        self.count = 0

    def sign(self, name, value=None, *, visitor="visitor-1", key="y2sB7", ahead_s=0, secret=None):
        self.count += 1
        text = secret or self.secrets()[0].text
        unix = int(self.site.inst.clock().timestamp()) + ahead_s
        return sign(text, Claim(key, visitor, name, value), unix, f"nonce-{self.count:012}")

    def secrets(self):
        return secrets.shown(self.site.inst, self.site.actor, self.site.campaign)


@pytest.fixture
def backend(site):
    return Backend(site)


def entered(site):
    site.enter()
    return link_token(site.inst.vault, "y2sB7", site.visitor_of(), site.inst.clock())


def test_action_that_asks_for_a_signature_takes_nothing_less(site, backend):
    site.action("Purchase", proof="signed")
    token = entered(site)
    site.push(["Purchase", "1017"], token=token)
    site.push(["Purchase", "1017", "v1.1.x.y"])
    assert site.entries() == []
    assert site.events() == []
    assert site.push(["Purchase", "1017", backend.sign("Purchase", "1017")]) == 204
    [entry] = site.entries()
    assert (entry["proof"], entry["details"]) == ("signed", {"Purchase": "1017"})
    assert site.misses() == {("Purchase", "unsigned"): 1, ("Purchase", "forged signature"): 1}


def test_weaker_action_of_the_same_name_completes(site, backend):
    strict = site.action("Purchase", proof="signed")
    easy = site.action("Purchase")
    token = entered(site)
    site.push(["Purchase", "1"], token=token)
    assert [row["action_id"] for row in site.entries()] == [easy.id]
    site.push(["Purchase", "1", backend.sign("Purchase", "1")])
    entries = {row["action_id"]: row["proof"] for row in site.entries()}
    assert entries == {easy.id: "signed", strict.id: "signed"}
    assert [row["level"] for row in site.events()] == ["signed"]
    assert site.misses() == {("Purchase", "unsigned"): 1}


def test_signature_without_a_value(site, backend):
    site.action("VIP", proof="signed")
    token = entered(site)
    site.push(["VIP", None, backend.sign("VIP")], token=token)
    assert [row["details"] for row in site.entries()] == [{}]
    # The script has one word for no value and an empty one, and so has the signature.
    for signature in (backend.sign("VIP"), backend.sign("VIP", "")):
        site.push(["VIP", "", signature])
    assert len(site.events()) == len(site.entries()) == 1
    assert site.misses() == {}


def test_signature_from_another_browser_is_worthless(site, backend):
    site.action("Purchase", proof="signed", interval="unlimited")
    site.push(token=entered(site))
    stolen = backend.sign("Purchase", "1017")
    site.enter("eve@mail.example", browser="cookie-2")
    hers = link_token(site.inst.vault, "y2sB7", site.visitor_of("cookie-2"), site.inst.clock())
    site.push(["Purchase", "1017", stolen], visitor="visitor-2", token=hers)
    assert site.entries() == []
    site.push(["Purchase", "1017", stolen])
    assert len(site.entries()) == 1


def test_signature_for_the_text_of_the_link_is_good_from_then_on_in_that_browser(site, backend):
    site.action("Purchase", proof="signed", interval="unlimited")
    token = entered(site)
    site.push(["Purchase", "1", backend.sign("Purchase", "1", visitor=token)], token=token)
    site.push(["Purchase", "2", backend.sign("Purchase", "2", visitor=token)])
    assert len(site.entries()) == 2
    theirs = backend.sign("Purchase", "3", visitor=token)
    site.push(["Purchase", "3", theirs], visitor="visitor-2")
    assert len(site.entries()) == 2


@pytest.mark.parametrize("ahead_s", [360, -360])
def test_signature_six_minutes_off_is_expired(site, backend, ahead_s):
    site.action("Purchase", proof="signed")
    late = backend.sign("Purchase", ahead_s=ahead_s)
    site.push(["Purchase", None, late], token=entered(site))
    assert site.entries() == []
    assert site.misses() == {("Purchase", "expired signature"): 1}


def test_signature_of_another_campaign_or_secret_is_forged(site, backend):
    site.action("Purchase", proof="signed")
    backend.secrets()
    other = backend.sign("Purchase", key="other")
    foreign = backend.sign("Purchase", secret="somebody's")
    site.push(["Purchase", None, other], ["Purchase", None, foreign], token=entered(site))
    assert site.entries() == []
    assert site.misses() == {("Purchase", "forged signature"): 2}


def test_signature_used_a_hundred_times_is_one_event_and_one_entry(site, backend):
    site.action("Purchase", proof="signed", interval="unlimited")
    token = entered(site)
    signature = backend.sign("Purchase", "1017")
    for _ in range(100):
        assert site.push(["Purchase", "1017", signature], token=token) == 204
    assert len(site.events()) == len(site.entries()) == 1


def test_signature_used_again_after_midnight_is_used_before(site, backend, clock):
    site.action("Visit", proof="signed", interval="daily")
    clock.set(NOON.replace(hour=21, minute=58))  # 23:58 in Berlin
    signature = backend.sign("Visit")
    token = entered(site)
    site.push(["Visit", None, signature], token=token)
    clock.advance(timedelta(minutes=4))
    site.push(["Visit", None, signature])
    assert [row["slot"] for row in site.entries()] == ["2026-06-01"]
    assert site.misses() == {("Visit", "used before"): 1}
    site.push(["Visit", None, backend.sign("Visit")])
    assert [row["slot"] for row in site.entries()] == ["2026-06-01", "2026-06-02"]


def test_nonce_is_kept_for_as_long_as_its_signature_is_good(site, backend, clock):
    site.action("Visit", proof="signed")
    site.push(["Visit", None, backend.sign("Visit")])

    def kept():
        with site.inst.db.write() as conn:
            nonces.prune(conn, clock())
            return len(conn.exec_driver_sql("SELECT nonce FROM signature_nonce").all())

    clock.advance(SKEW)
    assert kept() == 1
    clock.advance(SKEW + timedelta(seconds=1))
    assert kept() == 0


def test_pending_signed_unlock_is_claimed_and_keeps_its_level(site, backend):
    site.action("Visit", proof="signed", interval="daily")
    link = link_token(site.inst.vault, "y2sB7", site.visitor_of(), site.inst.clock())
    site.push(["Visit", "x", backend.sign("Visit", "x")], token=link)
    assert site.entries() == []
    site.enter()
    assert [row["proof"] for row in site.entries()] == ["signed"]


def test_new_secret_leaves_the_old_one_a_day(site, backend, clock):
    site.action("Purchase", proof="signed", interval="unlimited")
    [old] = backend.secrets()
    new, still = secrets.rotate(site.inst, site.actor, site.campaign)
    assert (new.ends_at, still.text, still.ends_at - clock()) == (
        None, old.text, secrets.OVERLAP
    )  # fmt: skip
    token = entered(site)
    site.push(["Purchase", "1", backend.sign("Purchase", "1", secret=old.text)], token=token)
    site.push(["Purchase", "2", backend.sign("Purchase", "2", secret=new.text)])
    assert len(site.entries()) == 2
    clock.advance(secrets.OVERLAP)
    site.push(["Purchase", "3", backend.sign("Purchase", "3", secret=old.text)])
    assert len(site.entries()) == 2
    assert [each.text for each in backend.secrets()] == [new.text]


def test_secret_is_sealed_and_no_other_teams_business(site, backend):
    from dataclasses import replace  # noqa: PLC0415 - for this one

    from tombola.api import Forbidden, NotFound  # noqa: PLC0415
    from tombola.teams.rules import Role  # noqa: PLC0415

    [secret] = backend.secrets()
    with site.inst.db.read() as conn:
        [row] = conn.exec_driver_sql("SELECT sealed FROM tracking_secret").all()
    assert secret.text not in row[0]
    assert secret.text not in repr(secret)
    stranger = replace(site.actor, team_id=site.actor.team_id + 1)
    for act in (secrets.shown, secrets.rotate):
        with pytest.raises(NotFound):
            act(site.inst, stranger, site.campaign)
        with pytest.raises(Forbidden):
            act(site.inst, replace(site.actor, role=Role.VIEWER), site.campaign)


def test_redacted_values_stay_apart_and_nobody_can_try_whose_they_were(site):
    from hashlib import sha256  # noqa: PLC0415 - what a guesser would do

    site.action("Newsletter", interval="unlimited", redact_emails=True)
    token = entered(site)
    for address in ("anna@mail.example", "bea@mail.example", "anna@mail.example"):
        site.push(["Newsletter", address], token=token)
    assert [row["value"] for row in site.events()] == [BLOT, BLOT]
    assert [row["details"] for row in site.entries()] == [{"Newsletter": BLOT}] * 2
    assert len({row["alike"] for row in site.entries()}) == 2
    guessed = sha256(b"anna@mail.example").hexdigest()
    assert guessed not in str(site.events()) + str(site.entries())


def test_level_asked_for_at_the_claim_is_the_one_that_counts(site, backend):
    site.action("Visit", proof="signed")
    site.push(["Visit", None, backend.sign("Visit")])
    settle_all(site.inst, site.directory)
    assert site.entries() == []
    site.enter()
    link = link_token(site.inst.vault, "y2sB7", site.visitor_of(), site.inst.clock())
    site.push(token=link)
    assert [row["proof"] for row in site.entries()] == ["signed"]
