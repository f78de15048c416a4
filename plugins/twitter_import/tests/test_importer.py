from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from pydantic import SecretStr

from tombola.api import (
    CredentialExpired,
    CursorLost,
    Lane,
    OutOfCredit,
    PermissionLost,
    Phrase,
    Retry,
    SourceGone,
    Throttled,
    View,
    Window,
)
from tombola.testing.network import FaultKind
from tombola_sandbox.access import DEMO_APP
from tombola_sandbox.models import Standing
from tombola_sandbox.switches import Vocabulary
from tombola_twitter_import.config import HashtagConfig, TeamSettings

SEARCH = "/2/tweets/search/recent"
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)


def post(world, text="Mine #kettleleaf", author="jane", ago=HOUR, photos=1, **more):
    made = world.post(author, text, photos=photos, at=world.clock() - ago, **more)
    return str(made.id)


def fill(world, count, *, newest_ago=HOUR, step=timedelta(minutes=1)):
    """Post ``count`` pictures, newest first."""
    return [post(world, ago=newest_ago + step * n) for n in range(count)]


# Pages and lanes.


def test_history_reads_everything_newest_first_and_once(run, world, clock):
    made = fill(world, 230)
    found, _ = run.to_end(run.open(Lane.HISTORY, clock() - WEEK))
    assert found == made


def test_history_stays_within_its_window(run, world, clock):
    post(world, ago=5 * HOUR)
    inside = post(world, ago=3 * HOUR)
    post(world, ago=HOUR)
    window = run.open(Lane.HISTORY, clock() - 4 * HOUR, clock() - 2 * HOUR)
    assert run.to_end(window)[0] == [inside]


def test_live_goes_on_from_the_newest_post_that_was_read(run, world, clock, asked):
    first = fill(world, 120)
    found, place = run.to_end(run.open(Lane.LIVE, clock() - WEEK))
    assert found == first
    clock.advance(HOUR)
    later = post(world, ago=timedelta(minutes=5))
    found, place = run.to_end(place)
    assert found == [later]
    assert asked()[-1]["since_id"] == first[0]
    assert place.since_id == later


def test_posts_that_arrive_while_pages_are_read_are_neither_lost_nor_doubled(run, world, clock):
    first = fill(world, 250)
    cursor, found, during = run.open(Lane.LIVE, clock() - WEEK), [], []
    while cursor is not None:
        page = run.page(cursor)
        found += [item.external_id for item in page.items]
        clock.advance(timedelta(minutes=2))
        during.append(post(world, ago=timedelta(minutes=1)))
        cursor, place = page.next, page.checkpoint
    assert found == first
    clock.advance(timedelta(minutes=1))
    assert run.to_end(place)[0] == list(reversed(during))


def test_pages_of_one_run_keep_its_since_id(run, world, clock, asked):
    post(world, ago=2 * HOUR)
    _, place = run.to_end(run.open(Lane.LIVE, clock() - WEEK))
    fill(world, 130, newest_ago=timedelta(minutes=1), step=timedelta(seconds=10))
    run.to_end(place)
    assert [call.get("since_id") for call in asked()[1:]] == [place.since_id] * 2
    assert asked()[2]["next_token"]


def test_run_that_was_broken_off_goes_on_where_it_was(run, world, clock):
    made = fill(world, 150)
    first = run.page(run.open(Lane.LIVE, clock() - WEEK))
    found, place = run.to_end(first.checkpoint)
    assert [item.external_id for item in first.items] + found == made
    assert place.since_id == made[0]


def test_run_that_was_cut_short_reads_what_is_new_before_what_it_left(run, world, clock):
    made = fill(world, 350)
    first = run.page(run.open(Lane.LIVE, clock() - WEEK))
    clock.advance(HOUR)
    later = [post(world, ago=timedelta(minutes=5))]
    second = run.page(first.checkpoint)
    clock.advance(HOUR)
    latest = [post(world, ago=timedelta(minutes=5))]
    third = run.page(second.next)
    found, place = run.to_end(third.checkpoint)
    pages = [[item.external_id for item in page.items] for page in (first, second, third)]
    assert [*pages, found] == [made[:100], later, made[100:200], latest + made[200:]]
    assert place == run.open(Lane.LIVE, clock() - WEEK - 2 * HOUR).model_copy(
        update={"since_id": latest[0]}
    )


def test_same_cursor_gives_the_same_page_again(run, world, clock):
    fill(world, 30)
    cursor = run.open(Lane.HISTORY, clock() - WEEK)
    once, again = run.page(cursor), run.page(cursor)
    assert once.items == again.items
    assert (once.next, once.checkpoint) == (again.next, again.checkpoint)


def test_run_without_hits_keeps_its_place(run, world, clock):
    made = post(world)
    _, place = run.to_end(run.open(Lane.LIVE, clock() - WEEK))
    clock.advance(HOUR)
    assert run.to_end(place) == ([], place)
    assert place.since_id == made


def test_live_lane_of_a_source_made_now_asks_nothing_yet(run, clock, asked):
    found, place = run.to_end(run.open(Lane.LIVE, clock()))
    assert (found, asked()) == ([], [])
    clock.advance(HOUR)
    assert run.to_end(place)[0] == []
    assert asked()[0]["start_time"] == "2026-11-21T12:00:00Z"


def test_after_more_than_a_week_of_quiet_reading_goes_on(run, world, clock, asked):
    post(world)
    _, place = run.to_end(run.open(Lane.LIVE, clock() - WEEK))
    clock.advance(timedelta(days=9))
    later = post(world)
    found, place = run.to_end(place)
    assert found == [later]
    assert "since_id" in asked()[-2]
    assert "since_id" not in asked()[-1]
    assert place.since_id == later


def test_long_history_is_read_on_while_its_beginning_falls_out_of_reach(run, world, clock, asked):
    made = fill(world, 150)
    page = run.page(run.open(Lane.HISTORY, clock() - WEEK + timedelta(minutes=5)))
    clock.advance(timedelta(minutes=10))
    found, _ = run.to_end(page.next)
    assert [item.external_id for item in page.items] + found == made
    assert asked()[-1]["until_id"] == made[99]
    assert "next_token" not in asked()[-1]


def test_live_run_is_read_on_while_its_since_id_falls_out_of_reach(run, world, clock):
    post(world)
    _, place = run.to_end(run.open(Lane.LIVE, clock() - WEEK))
    clock.advance(WEEK - timedelta(hours=1, minutes=5))
    made = fill(world, 150, newest_ago=timedelta(minutes=1))
    page = run.page(place)
    clock.advance(timedelta(minutes=10))
    found, after = run.to_end(page.next)
    assert [item.external_id for item in page.items] + found == made
    assert after.since_id == made[0]


def test_token_that_the_network_refuses_is_done_without(run, world, clock):
    made = fill(world, 150)
    page = run.page(run.open(Lane.HISTORY, clock() - WEEK))
    broken = page.next.model_copy(update={"token": "b26v89c19zqg8o3fxxxx"})
    found, _ = run.to_end(broken)
    assert [item.external_id for item in page.items] + found == made


def test_place_that_stays_refused_is_lost(run, clock):
    cursor = run.open(Lane.HISTORY, clock() - WEEK)
    with pytest.raises(CursorLost, match="until_id"):
        run.page(cursor.model_copy(update={"oldest_id": "1", "token": "old"}))


def test_deleted_posts_leave_short_pages_that_are_read_past(run, world, clock):
    made = fill(world, 250)
    for gone in made[:100]:
        world.delete(int(gone))
    found, _ = run.to_end(run.open(Lane.LIVE, clock() - WEEK))
    assert found == made[100:]


# What is found.


def test_photos_only_unless_told_otherwise(ctx, make_run, world, clock):
    photo = post(world, ago=HOUR)
    text = post(world, photos=0, ago=2 * HOUR)
    film = post(world, kind="video", ago=3 * HOUR)
    run = make_run(ctx)
    assert run.to_end(run.open(Lane.HISTORY, clock() - WEEK))[0] == [photo]
    run.config = HashtagConfig(hashtags=("kettleleaf",), photos_only=False)
    assert run.to_end(run.open(Lane.HISTORY, clock() - WEEK))[0] == [photo, text, film]


@pytest.mark.parametrize(("match", "expected"), [("any", [0, 1, 2]), ("all", [2])])
def test_hashtags_any_or_all_case_ignored(ctx, make_run, world, clock, match, expected):
    texts = ["#Tea please", "a #pot", "#TEA in a #Pot", "#teapot", "tea pot"]
    made = [post(world, text, ago=HOUR + timedelta(minutes=n)) for n, text in enumerate(texts)]
    run = make_run(ctx)
    run.config = HashtagConfig(hashtags=("tea", "pot"), match=match)
    found, _ = run.to_end(run.open(Lane.HISTORY, clock() - WEEK))
    assert found == [made[n] for n in expected]


def test_retweets_replies_and_quotes(ctx, make_run, world, clock):
    mine = post(world, ago=5 * HOUR)
    post(world, "RT @jane: Mine #kettleleaf", "ole", 4 * HOUR, refers={"retweeted": mine})
    reply = post(world, "@jane look #kettleleaf", "ole", 3 * HOUR, refers={"replied_to": mine})
    quote = post(world, "so nice #kettleleaf", "ole", 2 * HOUR, refers={"quoted": mine})
    run = make_run(ctx)
    assert run.to_end(run.open(Lane.HISTORY, clock() - WEEK))[0] == [quote, reply, mine]
    run.config = HashtagConfig(hashtags=("kettleleaf",), exclude_replies=True, exclude_quotes=True)
    assert run.to_end(run.open(Lane.HISTORY, clock() - WEEK))[0] == [mine]


def test_required_words_are_looked_for_by_the_network(ctx, make_run, world, clock):
    wanted = post(world, "Green tea by @mia #kettleleaf #win")
    post(world, "Greener tea #kettleleaf #win", ago=2 * HOUR)
    run = make_run(ctx)
    run.config = HashtagConfig(hashtags=("kettleleaf",), words=("green", "#win", "@mia"))
    assert run.to_end(run.open(Lane.HISTORY, clock() - WEEK))[0] == [wanted]


@pytest.mark.parametrize("dialect", ["post", "tweet"])
def test_item_is_whole_in_either_vocabulary(make_ctx, make_run, world, clock, dialect):
    made = post(world, "A pot #kettleleaf", photos=2, alt_text="a pot")
    run = make_run(make_ctx(fields_dialect=dialect))
    (item,) = run.page(run.open(Lane.HISTORY, clock() - WEEK)).items
    assert (item.external_id, item.occurred_at) == (made, clock() - HOUR)
    assert (item.author.handle, item.author.name) == ("jane", "Jane")
    assert item.permalink == f"https://x.com/jane/status/{made}"
    assert item.details == {"hashtags": "#kettleleaf"}
    assert [media.alt for media in item.media] == ["a pot"] * 2
    assert run.ctx.http.get(item.media[0].url).headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize("standing", [Standing.SUSPENDED, Standing.PROTECTED])
def test_author_that_the_network_hides_is_kept_by_id(run, world, clock, standing):
    made, ole = post(world, author="ole"), world.person("ole")
    world.set_standing(ole.id, standing)
    (item,) = run.page(run.open(Lane.HISTORY, clock() - WEEK)).items
    assert (item.author.uid, item.author.handle) == (ole.id, None)
    assert item.permalink == f"https://x.com/i/status/{made}"


def test_edit_after_the_import_is_the_same_item_with_new_words(run, world, clock):
    made = post(world, ago=timedelta(minutes=20))
    _, place = run.to_end(run.open(Lane.LIVE, clock() - WEEK))
    clock.advance(timedelta(minutes=5))
    edited = world.edit(int(made), "Better words #kettleleaf")
    clock.advance(timedelta(minutes=5))
    (item,) = run.page(place).items
    assert item.external_id == made
    assert item.text.startswith("Better words")
    assert str(edited.id) in item.permalink


# Vocabulary.


def test_vocabulary_is_found_out_once_and_remembered(run, world, clock, asked):
    made = post(world)
    world.switches.set(vocabulary=Vocabulary.TWEET.value)
    cursor = run.open(Lane.HISTORY, clock() - WEEK)
    assert run.to_end(cursor)[0] == run.to_end(cursor)[0] == [made]
    assert ["post.fields" in call for call in asked()] == [True, False, False]


def test_vocabulary_that_is_given_up_later_is_left(run, world, clock, asked):
    made = post(world)
    run.ctx.kv.put("dialect", "tweet")
    world.switches.set(vocabulary=Vocabulary.POST.value)
    assert run.to_end(run.open(Lane.HISTORY, clock() - WEEK))[0] == [made]
    assert ["post.fields" in call for call in asked()] == [False, True]


def test_vocabulary_that_was_set_is_kept(make_ctx, make_run, world, clock, asked):
    world.switches.set(vocabulary=Vocabulary.TWEET.value)
    run = make_run(make_ctx(fields_dialect="post"))
    with pytest.raises(SourceGone, match=r"post\.fields"):
        run.page(run.open(Lane.HISTORY, clock() - WEEK))
    assert len(asked()) == 1


# Troubles.


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (FaultKind.TOO_MANY, Throttled),
        (FaultKind.OUT_OF_CREDIT, OutOfCredit),
        (FaultKind.SERVER_ERROR, Retry),
        (FaultKind.GARBAGE, Retry),
        (FaultKind.TRUNCATED, Retry),
        (FaultKind.RESET, Retry),
        (FaultKind.HANG, Retry),
    ],
)
def test_broken_network_is_named_and_harmless(run, world, clock, network, kind, error):
    made = post(world)
    network.faults.break_(SEARCH, kind, times=1)
    cursor = run.open(Lane.HISTORY, clock() - WEEK)
    with pytest.raises(error):
        run.page(cursor)
    assert run.to_end(cursor)[0] == [made]


def test_throttled_until_the_window_is_over(run, world, clock, network):
    network.faults.break_(SEARCH, FaultKind.TOO_MANY)
    with pytest.raises(Throttled) as caught:
        run.page(run.open(Lane.HISTORY, clock() - WEEK))
    assert caught.value.until == clock() + timedelta(minutes=15)
    assert caught.value.bucket == run.importer.limits[0].bucket


@pytest.mark.parametrize("dialect", ["post", "tweet"])
def test_empty_wallet_stops_reading_in_either_vocabulary(make_ctx, make_run, world, clock, dialect):
    world.wallet.set(0)
    run = make_run(make_ctx(fields_dialect=dialect))
    with pytest.raises(OutOfCredit, match="credits"):
        run.page(run.open(Lane.HISTORY, clock() - WEEK))


def test_app_without_project_is_told_what_to_do(run, world, clock):
    world.access.register(DEMO_APP.model_copy(update={"enrolled": False}))
    with pytest.raises(PermissionLost, match="project"):
        run.page(run.open(Lane.HISTORY, clock() - WEEK))


def test_limits_are_told_with_every_page(run, world, clock):
    page = run.page(run.open(Lane.HISTORY, clock() - WEEK))
    assert [(s.bucket, s.remaining) for s in page.limits] == [("search_recent", 449)]
    assert page.limits[0].resets_at == clock() + timedelta(minutes=15)


def test_private_address_is_refused_in_words(make_ctx, make_run, clock):
    run = make_run(make_ctx(api_url="http://127.0.0.1:9"))
    with pytest.raises(PermissionLost, match="asked from here"):
        run.page(run.open(Lane.HISTORY, clock() - WEEK))


# Credentials.


def test_wrong_token_has_to_be_renewed(make_ctx, make_run, clock):
    run = make_run(make_ctx(bearer_token=SecretStr("wrong")))
    with pytest.raises(CredentialExpired, match="settings"):
        run.page(run.open(Lane.HISTORY, clock() - WEEK))


def test_missing_app_is_said_before_and_while_reading(make_ctx, make_run, clock, config):
    run = make_run(make_ctx(bearer_token=SecretStr("")))
    (complaint,) = run.importer.check(run.ctx, config)
    assert "bearer token" in str(complaint.text)
    with pytest.raises(CredentialExpired, match="bearer token"):
        run.page(run.open(Lane.HISTORY, clock() - WEEK))


KEY_AND_SECRET = {
    "bearer_token": SecretStr(""),
    "api_key": SecretStr(DEMO_APP.api_key),
    "api_secret": SecretStr(DEMO_APP.api_secret),
}


def test_key_and_secret_fetch_a_token_once(make_ctx, make_run, world, clock, network):
    made = post(world)
    run = make_run(make_ctx(**KEY_AND_SECRET))
    cursor = run.open(Lane.HISTORY, clock() - WEEK)
    assert run.to_end(cursor)[0] == run.to_end(cursor)[0] == [made]
    assert len(network.calls.to("/oauth2/token")) == 1


def test_fetched_token_that_was_taken_back_is_fetched_anew(make_ctx, make_run, world, clock):
    made = post(world)
    run = make_run(make_ctx(**KEY_AND_SECRET))
    cursor = run.open(Lane.HISTORY, clock() - WEEK)
    run.page(cursor)
    world.access.register(DEMO_APP.model_copy(update={"bearer": "AAAAnew"}))
    assert run.to_end(cursor)[0] == [made]


def test_token_is_not_used_for_another_key(make_ctx, make_run, world, clock):
    run = make_run(make_ctx(**KEY_AND_SECRET))
    run.page(run.open(Lane.HISTORY, clock() - WEEK))
    kept = run.ctx.secrets
    other = make_run(make_ctx(**KEY_AND_SECRET | {"api_secret": SecretStr("wrong")}))
    other.ctx.secrets = kept
    with pytest.raises(CredentialExpired, match="key and secret"):
        other.page(other.open(Lane.HISTORY, clock() - WEEK))


@pytest.mark.parametrize(
    ("kind", "error"),
    [(FaultKind.GARBAGE, Retry), (FaultKind.SERVER_ERROR, Retry), (FaultKind.RESET, Retry)],
)
def test_token_that_cannot_be_fetched_now_is_fetched_later(
    make_ctx, make_run, clock, network, kind, error
):
    run = make_run(make_ctx(**KEY_AND_SECRET))
    network.faults.break_("/oauth2/token", kind)
    with pytest.raises(error):
        run.page(run.open(Lane.HISTORY, clock() - WEEK))


def test_teams_own_app_reads_instead_of_the_operators(make_ctx, make_run, world, clock):
    made = post(world)
    own = TeamSettings(own_bearer_token=SecretStr(DEMO_APP.bearer))
    run = make_run(make_ctx(own, bearer_token=SecretStr("operators, empty")))
    assert run.to_end(run.open(Lane.HISTORY, clock() - WEEK))[0] == [made]


def test_half_of_a_teams_app_is_no_app(make_ctx, make_run, world, clock):
    made = post(world)
    run = make_run(make_ctx(TeamSettings(own_api_key=SecretStr("key without secret"))))
    assert run.to_end(run.open(Lane.HISTORY, clock() - WEEK))[0] == [made]


def test_no_secret_reaches_log_or_store(make_ctx, make_run, world, clock, network):
    world.switches.set(vocabulary=Vocabulary.TWEET.value)
    run = make_run(make_ctx(**KEY_AND_SECRET))
    run.page(run.open(Lane.HISTORY, clock() - WEEK))
    written = f"{run.ctx.log.lines}{run.ctx.kv.values}"
    assert DEMO_APP.bearer not in written
    assert DEMO_APP.api_secret not in written


# Money.


def test_preview_counts_exactly_what_fits_on_the_smallest_page(run, world, clock, asked):
    made = fill(world, 8)
    estimate = run.importer.estimate(run.ctx, run.config, Window(clock() - WEEK))
    assert (estimate.count, estimate.exact) == (8, True)
    assert (estimate.price, estimate.currency) == (Decimal("0.050"), "USD")
    assert [item.external_id for item in estimate.samples] == made
    assert [call["max_results"] for call in asked()] == ["10"]


def test_preview_of_many_reckons_from_one_smallest_page(run, world, clock):
    fill(world, 400, step=timedelta(minutes=20))
    estimate = run.importer.estimate(run.ctx, run.config, Window(clock() - WEEK))
    assert not estimate.exact
    assert 350 < estimate.count < 650
    assert estimate.cost == {"search_recent": -(-estimate.count // 100)}
    assert estimate.price > Decimal("1.75")
    assert len(estimate.samples) == 10
    assert "reckoned" in f"{[str(note) for note in estimate.notes]}"


def test_preview_says_how_far_back_the_network_looks(run, world, clock):
    estimate = run.importer.estimate(run.ctx, run.config, Window(clock() - 2 * WEEK))
    assert estimate.count == 0
    assert "seven days" in f"{[str(note) for note in estimate.notes]}"
    older = Window(clock() - 3 * WEEK, clock() - 2 * WEEK)
    assert run.importer.estimate(run.ctx, run.config, older).exact


def test_preview_pays_for_ten_posts_at_most(run, world, clock):
    fill(world, 120)
    before = world.wallet.left_micro
    run.importer.estimate(run.ctx, run.config, Window(clock() - WEEK))
    assert before - world.wallet.left_micro <= 10 * 5_000 + 10_000


def test_preview_of_deleted_posts_alone_does_not_guess(run, world, clock):
    made = fill(world, 40)
    for gone in made[:10]:
        world.delete(int(gone))
    estimate = run.importer.estimate(run.ctx, run.config, Window(clock() - WEEK))
    assert (estimate.count, estimate.exact, estimate.price) == (None, False, None)


def test_preview_says_when_the_budget_does_not_suffice(make_ctx, make_run, world, clock):
    fill(world, 9)
    run = make_run(make_ctx(monthly_budget_usd=0.16))
    window = Window(clock() - WEEK)
    first = run.importer.estimate(run.ctx, run.config, window)
    assert not any("left" in str(note) for note in first.notes)
    run.ctx.kv.put("spent shared 2026-11", "0.01")
    fill(world, 100)
    second = run.importer.estimate(run.ctx, run.config, window)
    assert "USD 0.09 are left" in str(second.notes[-1])


def test_budget_stops_reading_until_the_next_month(make_ctx, make_run, world, clock):
    fill(world, 300)
    run = make_run(make_ctx(monthly_budget_usd=1.2))
    cursor, before = run.open(Lane.HISTORY, clock() - WEEK), world.wallet.left_micro
    with pytest.raises(OutOfCredit, match="budget") as caught:
        run.to_end(cursor)
    assert caught.value.until == datetime(2026, 12, 1, tzinfo=UTC)
    assert 900_000 < before - world.wallet.left_micro <= 1_200_000
    clock.set(caught.value.until)
    run.page(run.open(Lane.HISTORY, clock() - WEEK))


def test_budget_of_the_teams_app_is_counted_apart(make_ctx, make_run, world, clock):
    fill(world, 50)
    own = TeamSettings(own_bearer_token=SecretStr(DEMO_APP.bearer), own_monthly_budget_usd=0.2)
    shared = make_run(make_ctx(monthly_budget_usd=0.2))
    page = shared.page(shared.open(Lane.HISTORY, clock() - WEEK))
    mine = make_run(make_ctx(own, monthly_budget_usd=0.2))
    mine.ctx.kv = shared.ctx.kv
    assert mine.page(mine.open(Lane.HISTORY, clock() - WEEK)).items == page.items


def test_last_month_of_the_year_ends_with_the_year(make_ctx, make_run, world, clock):
    clock.set(clock().replace(month=12, day=31))
    run = make_run(make_ctx(monthly_budget_usd=0.01))
    with pytest.raises(OutOfCredit) as caught:
        run.page(run.open(Lane.HISTORY, clock() - WEEK))
    assert caught.value.until == datetime(2027, 1, 1, tzinfo=UTC)


# What people see.


def test_too_long_a_search_is_complained_of_beside_its_field(run):
    config = HashtagConfig(hashtags=tuple(f"{'tea' * 15}{n}" for n in range(20)))
    (complaint,) = run.importer.check(run.ctx, config)
    assert complaint.field == "hashtags"
    assert "takes 512" in str(complaint.text)


def test_good_configuration_is_not_complained_of(run):
    assert list(run.importer.check(run.ctx, run.config)) == []


def test_widget_invites_to_post(run):
    view = run.importer.view(run.ctx, HashtagConfig(hashtags=("茶", "tea"), match="all"), None)
    assert isinstance(view, View)
    assert isinstance(view.label, Phrase)
    assert str(view.label) == "Post a photo with #茶 #tea on X"
    assert view.link == "https://x.com/intent/post?hashtags=%E8%8C%B6%2Ctea"


def test_page_costs_one_call(run, clock):
    cursor = run.open(Lane.LIVE, clock())
    assert run.importer.cost(run.config, cursor) == {"search_recent": 1}
