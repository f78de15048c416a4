"""Days, hours and devices where a report needs proof; and any order of roads, told by dice."""

import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from tombola.campaigns.models import campaign
from tombola.teams import tokens
from tombola.teams.tokens import NewToken
from tombola.widget import secrets, server
from tombola.widget.doctor import report
from tombola.widget.proof import Claim, sign
from tombola.widget.tokens import link_token

pytestmark = pytest.mark.plugins("custom_tracking")


class Roads:
    """The three roads by which a site reports one of its visitors."""

    def __init__(self, site):
        self.site = site
        made = tokens.make(site.inst, site.actor, NewToken(name="Shop"))
        token = tokens.known(site.inst, made)
        assert token is not None
        self.token = token
        [self.secret] = secrets.shown(site.inst, site.actor, site.campaign)
        self.count = 0

    def browser(self, name, value=None, ref="", visitor="visitor-1"):
        self.site.push([name, value or "", ref and f"id:{ref}"], visitor=visitor)

    def signed(self, name, value=None, ref="", visitor="visitor-1"):
        self.count += 1
        unix = int(self.site.inst.clock().timestamp())
        claim = Claim("y2sB7", visitor, name, value)
        signature = sign(self.secret.text, claim, unix, f"nonce-of-{self.count:012}")
        named = f"{signature} id:{ref}" if ref else signature
        self.site.push([name, value or "", named], visitor=visitor)

    def server(self, name, value=None, ref="", visitor="visitor-1"):
        self.count += 1
        event = {"name": name, "visitor": visitor}
        event |= {"value": value} if value else {}
        event |= {"event_id": ref} if ref else {}
        site = self.site
        server.take(
            site.inst, site.directory, site.tracker, self.token, "y2sB7",
            json.dumps({"events": [event]}).encode(), f"key-{self.count}",
        )  # fmt: skip

    def link(self, browser="cookie-1", visitor="visitor-1"):
        site = self.site
        number = site.visitor_of(browser)
        token = link_token(site.inst.vault, "y2sB7", number, site.inst.clock())
        site.push(token=token, visitor=visitor)


@pytest.fixture
def roads(site):
    """A campaign that is open the whole year."""
    with site.inst.db.write() as conn:
        conn.execute(
            campaign.update().values(
                starts_at=datetime(2026, 1, 1, tzinfo=UTC), ends_at=datetime(2027, 1, 1, tzinfo=UTC)
            )
        )
    return Roads(site)


LEVELS = ("signed", "server")


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Berlin's day of 23 hours, and its day of 25.
        (datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC), datetime(2026, 3, 29, 22, 0, tzinfo=UTC)),
        (datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC), datetime(2026, 10, 25, 23, 0, tzinfo=UTC)),
        (datetime(2026, 6, 1, 21, 59, 59, tzinfo=UTC), datetime(2026, 6, 1, 22, 0, tzinfo=UTC)),
    ],
)
def test_pending_daily_report_lives_until_the_campaigns_midnight(
    site, roads, clock, level, before, after
):
    site.action("Visit", interval="daily", proof=level)
    clock.set(before.replace(hour=before.hour - 3))
    getattr(roads, level)("Visit")
    clock.set(before)
    getattr(roads, level)("Visit", visitor="visitor-2")
    site.enter()
    roads.link()
    clock.set(after)
    roads.link(visitor="visitor-2")
    assert [row["occurred_at"] for row in site.entries()] == [before.replace(hour=before.hour - 3)]
    getattr(roads, level)("Visit")
    assert len(site.entries()) == 2
    assert len({row["slot"] for row in site.entries()}) == 2


@pytest.mark.parametrize("level", LEVELS)
def test_hour_that_comes_twice_is_two_hours(site, roads, clock, level):
    site.action("Listen", interval="hourly", proof=level)
    site.enter()
    roads.link()
    for minute in (0, 59, 60, 119, 120):
        clock.set(datetime(2026, 10, 25, 0, 0, tzinfo=UTC) + timedelta(minutes=minute))
        getattr(roads, level)("Listen")
    slots = [row["slot"] for row in site.entries()]
    assert slots == ["2026-10-25T02+0200", "2026-10-25T02+0100", "2026-10-25T03+0100"]


@pytest.mark.parametrize("level", LEVELS)
def test_pending_hourly_report_ends_with_its_hour(site, roads, clock, level):
    site.action("Listen", interval="hourly", proof=level)
    clock.set(datetime(2026, 6, 1, 12, 30, tzinfo=UTC))
    getattr(roads, level)("Listen")
    clock.set(datetime(2026, 6, 1, 13, 0, tzinfo=UTC))
    site.enter()
    roads.link()
    assert site.entries() == []


@pytest.mark.parametrize("level", ["browser", *LEVELS])
def test_report_of_nobody_is_claimed_from_another_device_by_a_link(site, roads, level):
    """Done on the laptop; entered on the phone; the phone's link opened on the laptop."""
    site.action("Purchase", proof=level)
    getattr(roads, level)("Purchase", "1017")
    site.enter(browser="phone")
    assert site.entries() == []
    roads.link(browser="phone")
    [entry] = site.entries()
    assert (entry["proof"], entry["state"]) == (level, "valid")


def test_doctor_counts_what_was_too_weak_by_name_and_reason(site, roads):
    site.action("Purchase", proof="signed")
    site.action("Refund", proof="server")
    for _ in range(3):
        roads.browser("Purchase", "1")
    roads.signed("Refund", "1")
    site.push(["Purchase", "1", "v1.1.2.3"], ["Puchase"])
    misses = report(site.inst, site.actor, site.campaign).misses
    assert {(miss.name, miss.reason.value, miss.times, miss.meant) for miss in misses} == {
        ("Purchase", "unsigned", 3, None),
        ("Purchase", "forged signature", 1, None),
        ("Refund", "not from your server", 1, None),
        ("Puchase", "unknown", 1, "Purchase"),
    }


@pytest.mark.parametrize("seed", range(12))
def test_whatever_the_order_a_purchase_is_one_entry_at_its_best_proof(site, roads, seed):
    """Two purchases of one person, by every road, with and without ids, in an order by dice."""
    dice = random.Random(seed)  # noqa: S311 # an order, no secret
    easy, strict = site.action("Purchase", interval="unlimited"), None
    if seed % 2:
        strict = site.action("Purchase", interval="unlimited", proof="signed")
    acts = [
        lambda road=road, value=value, ref=ref: getattr(roads, road)("Purchase", value, ref)
        for road in ("browser", "signed", "server")
        for value, ref in (("1017", "a"), ("1017", ""), ("1018", "b"))
    ]
    acts += [site.enter, roads.link, roads.link]
    acts = acts * 2
    dice.shuffle(acts)
    for act in [*acts, site.enter, roads.link]:
        act()
    expected = 2 if strict is None else 4
    entries = site.entries()
    assert [row["proof"] for row in entries] == ["server"] * expected
    values = sorted((row["action_id"], row["details"]["Purchase"]) for row in entries)
    wanted = [easy.id] if strict is None else [easy.id, strict.id]
    assert values == [(number, value) for number in wanted for value in ("1017", "1018")]
