"""What becomes of pushes: entries, pending unlocks, near misses; on both databases."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from tombola.widget.settle import settle_all
from tombola.widget.tokens import LINK_LIVES, link_token

pytestmark = pytest.mark.plugins("custom_tracking")


def link(site, browser="cookie-1"):
    return link_token(site.inst.vault, "y2sB7", site.visitor_of(browser), site.inst.clock())


def counted(site):
    return [row["state"] for row in site.entries()]


def test_push_of_a_known_visitor_is_an_entry_at_once(site):
    site.action("Purchase")
    site.enter()
    assert site.push(token=link(site)) == 204
    assert site.push(["Purchase", "1017"]) == 204
    [entry] = site.entries()
    assert entry["details"] == {"Purchase": "1017"}
    assert (entry["state"], entry["worth"], entry["cause_kind"]) == ("valid", 3, "event")
    assert entry["cause_id"] == site.events()[0]["id"]


def test_name_without_value_has_no_details(site):
    site.action("VIP")
    site.enter()
    site.push(["VIP"], token=link(site))
    assert [row["details"] for row in site.entries()] == [{}]


def test_push_of_nobody_waits_and_is_claimed_when_they_enter(site):
    site.action("Purchase")
    site.push(["Purchase", "1017"], token=link(site))
    assert site.entries() == []
    site.enter()
    assert counted(site) == ["valid"]
    assert site.events()[0]["settled_at"] is not None


def test_push_before_any_link_is_claimed_through_a_later_link(site):
    site.action("Purchase")
    site.push(["Purchase"])
    site.enter()
    assert site.entries() == []
    site.push(token=link(site))
    assert counted(site) == ["valid"]


def test_claimed_entry_counts_for_the_time_of_the_push(site, clock):
    site.action("Purchase")
    pushed_at = clock()
    site.push(["Purchase"], token=link(site))
    clock.advance(timedelta(hours=30))
    site.enter()
    assert [row["sort_at"] for row in site.entries()] == [pushed_at]


def test_repeats_are_one_event_and_one_entry(site):
    site.action("Purchase", interval="unlimited")
    site.enter()
    site.push(token=link(site))
    for _ in range(6):
        site.push(["Purchase", "1"], ["Purchase", "1"])
    site.push(["Purchase", "2"])
    assert len(site.events()) == 2
    assert counted(site) == ["valid", "valid"]


def test_same_push_from_two_browsers_of_one_person_is_one_entry(site):
    site.action("Purchase", interval="unlimited")
    site.enter()
    for visitor in ("laptop-1", "phone-01"):
        site.push(["Purchase", "1"], visitor=visitor, token=link(site))
    assert len(site.events()) == 1
    assert counted(site) == ["valid"]


def test_same_name_on_two_actions_unlocks_both(site):
    site.action("VIP")
    site.action("VIP", "Other")
    site.enter()
    site.push(["VIP"], token=link(site))
    assert len({row["action_id"] for row in site.entries()}) == 2


def test_several_values_in_one_push(site):
    site.action("userId")
    site.action("taskPerformed")
    site.enter()
    site.push(["userId", "1"], ["userName", "bob"], ["taskPerformed"], token=link(site))
    assert [row["details"] for row in site.entries()] == [{"userId": "1"}, {}]
    assert site.misses() == {("userName", "unknown"): 1}


def test_queued_words_are_told_apart_by_the_known_names(site):
    site.action("VIP")
    site.enter()
    site.push([["VIP", "gold"]], token=link(site))
    assert [row["details"] for row in site.entries()] == [{"VIP": "gold"}]


def test_daily_unlock_comes_once_a_local_day(site, clock):
    site.action("Visit", interval="daily")
    site.enter()
    site.push(token=link(site))
    clock.set(datetime(2026, 6, 1, 21, 59, tzinfo=UTC))  # 23:59 in Berlin
    site.push(["Visit"])
    site.push(["Visit"])
    clock.advance(timedelta(minutes=2))
    site.push(["Visit"])
    assert [row["slot"] for row in site.entries()] == ["2026-06-01", "2026-06-02"]


def test_pending_daily_unlock_is_void_after_the_campaigns_midnight(site, clock):
    site.action("Visit", interval="daily")
    clock.set(datetime(2026, 6, 1, 21, 59, tzinfo=UTC))
    site.push(["Visit"], token=link(site))
    clock.advance(timedelta(minutes=1))
    site.enter()
    assert site.entries() == []
    site.push(["Visit"])
    assert [row["slot"] for row in site.entries()] == ["2026-06-02"]


def test_pending_daily_unlock_is_claimed_before_midnight(site, clock):
    site.action("Visit", interval="daily")
    site.push(["Visit"], token=link(site))
    clock.set(datetime(2026, 6, 1, 21, 59, 59, tzinfo=UTC))
    site.enter()
    assert [row["slot"] for row in site.entries()] == ["2026-06-01"]


def test_pending_once_unlock_never_expires(site, clock):
    site.action("Signup")
    site.push(["Signup"], token=link(site))
    clock.advance(timedelta(days=9))
    site.enter()
    assert counted(site) == ["valid"]


def test_push_outside_the_dates_is_kept_and_does_not_count(site, clock):
    site.action("Visit")
    site.enter()
    site.push(token=link(site))
    clock.advance(timedelta(days=11))
    site.push(["Visit"])
    assert counted(site) == ["outside"]


def test_name_that_matches_nothing_is_a_near_miss_counted_by_name(site):
    site.action("UserID")
    for _ in range(3):
        assert site.push(["userid", "7"]) == 204
    assert site.misses() == {("userid", "unknown"): 3}
    assert site.events() == []


def test_value_too_long_is_a_final_no_with_a_reason_and_takes_no_other_with_it(site):
    site.action("Text")
    site.action("VIP")
    assert site.push(["Text", "x" * 10_241], ["VIP"]) == 422
    assert site.misses() == {("Text", "value too long"): 1}
    assert [row["name"] for row in site.events()] == ["VIP"]
    assert site.push(["Text", "x" * 10_240]) == 204


def test_list_of_near_misses_is_bounded(site):
    for start in range(0, 400, 100):
        site.push(*[[f"name {n}"] for n in range(start, start + 100)])
    assert len(site.misses()) == 200


def test_unknown_campaign_is_answered_alike_and_leaves_nothing(site):
    site.action("VIP")
    body = {"v": "visitor-1", "k": ["zzzzz"], "e": [["VIP"]]}
    unknown = site.tracker.take(json.dumps(body).encode(), None)
    known = site.tracker.take(json.dumps({**body, "k": ["y2sB7"]}).encode(), None)
    assert unknown == known
    assert len(site.events()) == 1


@pytest.mark.parametrize(("sent", "status"), [(b"x" * 65_537, 413), (b"{}", 400), (b"", 400)])
def test_garbage_is_refused_for_good(site, sent, status):
    answer = site.tracker.take(sent, None)
    assert answer.status == status
    assert ("Access-Control-Allow-Origin", "*") in answer.headers


def test_origin_of_the_page_is_kept(site):
    site.action("VIP")
    site.push(["VIP"])
    assert site.events()[0]["origin"] == "https://shop.example"


def test_link_of_another_campaign_or_too_old_or_altered_binds_nobody(site, clock):
    site.action("VIP")
    site.enter()
    good = link(site)
    other = link_token(site.inst.vault, "other", site.visitor_of(), clock())
    for wrong in (good[:-3] + "AAA", other, "y2sB7" + other[5:], "y2sB7.", "nonsense"):
        site.push(["VIP"], token=wrong)
    clock.advance(LINK_LIVES)
    site.push(["VIP"], token=good)
    assert site.entries() == []


def test_later_link_wins_since_another_person_may_use_the_browser(site):
    site.action("Purchase", interval="unlimited")
    site.enter()
    site.enter("bea@mail.example", browser="cookie-2")
    site.push(["Purchase", "1"], token=link(site))
    site.push(["Purchase", "2"], token=link(site, "cookie-2"))
    assert len({row["entrant_id"] for row in site.entries()}) == 2


def test_while_the_plan_has_no_tracking_pushes_are_kept_unseen_and_appear_after_the_upgrade(
    site, clock
):
    site.action("Visit", interval="daily")
    site.enter()
    site.push(token=link(site))
    site.plan("pro")
    gated_at = clock()
    assert site.push(["Visit"]) == 204
    clock.advance(timedelta(days=2))
    assert site.push(["Visit"]) == 204
    settle_all(site.inst, site.directory)
    assert site.entries() == []
    site.plan("business")
    settle_all(site.inst, site.directory)
    assert [row["sort_at"] for row in site.entries()] == [gated_at, clock()]
    settle_all(site.inst, site.directory)
    assert len(site.entries()) == 2


def test_unlock_claimed_while_gated_waits_for_the_upgrade_and_does_not_expire(site, clock):
    site.action("Visit", interval="daily")
    site.plan("pro")
    site.push(["Visit"], token=link(site))
    site.enter()
    assert site.entries() == []
    clock.advance(timedelta(days=3))
    site.plan("business")
    settle_all(site.inst, site.directory)
    assert [row["slot"] for row in site.entries()] == ["2026-06-01"]


def test_burst_from_many_threads_loses_and_doubles_nothing(site):
    site.action("Purchase", interval="unlimited")
    site.enter()
    site.push(token=link(site))
    with ThreadPoolExecutor(max_workers=16) as pool:
        sent = [["Purchase", str(n % 40)] for n in range(120)]
        assert set(pool.map(site.push, sent)) == {204}
    assert len(site.entries()) == 40


def test_another_teams_browser_is_another_visitor(site):
    from tombola.widget.tokens import cookie_hash, page_hash  # noqa: PLC0415 - told apart here

    assert cookie_hash(1, "s") != cookie_hash(2, "s")
    assert cookie_hash(1, "s") != page_hash(1, "s")
