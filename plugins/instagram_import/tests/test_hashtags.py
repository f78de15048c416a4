from datetime import timedelta

import pytest

from tombola.api import CursorLost, Lane, MediaKind, Retry, Throttled, Window
from tombola.testing.network import FaultKind
from tombola_instagram_import.hashtags import HashtagImporter
from tombola_meta.limits import HASHTAGS
from tombola_sandbox.meta.models import App

HOUR = timedelta(hours=1)


@pytest.fixture
def run(make_run, hashtag):
    return make_run(HashtagImporter(), hashtag())


@pytest.fixture
def calls(network):
    """Give the paths of Graph that were asked, without the version."""
    return lambda: [call.path.split("/v26.0", 1)[-1] for call in network.calls]


def test_posts_of_the_last_day_come_without_their_author(run, town):
    new = town.post()
    town.post(ago=25 * HOUR)
    town.post("without any")
    ((item,), _) = run.items()
    assert (item.external_id, item.author, item.text) == (new.id, None, "Mine #tea")
    assert item.occurred_at == run.ctx.now - HOUR
    assert item.permalink == f"https://www.instagram.com/p/{new.shortcode}/"
    assert item.claim_key == f"ig:{new.shortcode}"
    (picture,) = item.media
    assert (picture.kind, picture.key) == (MediaKind.PHOTO, new.id)
    assert picture.url is not None


def test_albums_give_their_parts_and_films_have_no_picture(run, town):
    town.post(album=["IMAGE", "VIDEO"])
    town.post(kind="VIDEO", product="REELS", ago=2 * HOUR)
    town.post(bare=True, ago=3 * HOUR)
    album, film, bare = sorted(run.items()[0], key=lambda item: item.occurred_at, reverse=True)
    assert [each.kind for each in album.media] == [MediaKind.PHOTO, MediaKind.VIDEO]
    assert album.media[0].url is not None
    assert [(each.kind, each.url) for each in film.media] == [(MediaKind.VIDEO, None)]
    assert film.claim_key is not None
    assert [(each.kind, each.url) for each in bare.media] == [(MediaKind.PHOTO, None)]


def test_the_constant_cursor_is_followed_to_the_end(run, town):
    made = town.fill(230)
    cursor, places, found = run.open(), [], []
    while True:
        page = run.page(cursor)
        found += [item.external_id for item in page.items]
        if page.next is None:
            break
        cursor = page.next
        places.append(cursor.places)
    assert set(found) == set(made)
    assert len(places) == 4
    assert all(place == places[0] for place in places)


def test_page_asked_for_twice_begins_anew_instead_of_leaving_one_out(run, town):
    town.fill(120)
    second = run.page(run.open()).next
    run.page(second)
    with pytest.raises(CursorLost):
        run.page(second)
    assert len(set(run.ids())) == 120


def test_answer_that_was_lost_on_its_way_begins_anew(run, town, network):
    town.fill(120)
    second = run.page(run.open()).next
    network.faults.break_("*/recent_media", FaultKind.RESET)
    with pytest.raises(Retry):
        run.page(second)
    network.faults.mend()
    with pytest.raises(CursorLost):
        run.page(second)


def test_place_that_instagram_has_forgotten_begins_anew(run, town):
    town.fill(60)
    second = run.page(run.open()).next
    forged = second.model_copy(
        update={"places": {number: {"after": "NTAyZD"} for number in second.places}}
    )
    with pytest.raises(CursorLost):
        run.page(forged)


def test_several_hashtags_are_read_side_by_side(make_run, hashtag, town):
    both = town.post("#tea #cup")
    tea = town.fill(120, "#tea")
    cup = town.fill(3, "#cup")
    run = make_run(HashtagImporter(), hashtag("tea", "cup", "unheard"))
    first = run.page(run.open())
    assert {item.external_id for item in first.items} >= {*cup, both.id}
    found, _ = run.items()
    ids = [item.external_id for item in found]
    assert set(ids) == {both.id, *tea, *cup}
    assert not any(item.unfit for item in found)


def test_all_takes_what_captions_and_lists_say_together(make_run, hashtag, town):
    whole = town.post("#Tea and #CUP")
    half = town.post("#tea")
    run = make_run(HashtagImporter(), hashtag("tea", "cup", match="all"))
    found = {item.external_id: item.unfit for item in run.items()[0]}
    assert found == {whole.id: "", half.id: "without #cup"}


def test_numbers_of_hashtags_are_asked_for_once(run, town, calls):
    town.post()
    run.items()
    run.items()
    assert sum(path == "/ig_hashtag_search" for path in calls()) == 1


def test_nothing_is_asked_for_popular_posts_unless_wanted(run, calls):
    page = run.page(run.open(Lane.HISTORY))
    assert (page.items, page.next, calls()) == ((), None, [])
    assert run.importer.cost(run.config, run.open(Lane.HISTORY)) == {}


def test_popular_posts_are_read_whatever_their_age(make_run, hashtag, town):
    old = town.post(ago=400 * HOUR, likes=900)
    new = town.post()
    run = make_run(HashtagImporter(), hashtag(popular=True))
    assert set(run.ids(run.open(Lane.HISTORY))) == {old.id, new.id}
    assert run.ids() == [new.id]


def test_hashtag_that_nobody_uses_brings_nothing(run):
    assert run.items()[0] == []


def test_thirty_first_hashtag_waits(make_run, hashtag, town):
    for number in range(31):
        town.post(f"#tag{number}")
    for number in range(30):
        make_run(HashtagImporter(), hashtag(f"tag{number}")).items()
    with pytest.raises(Throttled) as refused:
        make_run(HashtagImporter(), hashtag("tag30")).items()
    assert refused.value.bucket == HASHTAGS


def test_the_ledger_is_kept_by_folded_names(run, hashtag):
    config = hashtag("Tea", "TEA", "Straße")
    assert config.hashtags == ("Tea", "Straße")
    assert run.importer.uses(config) == {HASHTAGS: ["tea", "straße"]}
    (limit,) = (each for each in run.importer.limits if each.distinct)
    assert (limit.amount, limit.per) == (30, timedelta(days=7))


def test_check_counts_what_other_programs_have_asked(make_run, hashtag, town, ctx):
    for number in range(31):
        town.post(f"#tag{number}")
    for number in range(30):
        make_run(HashtagImporter(), hashtag(f"tag{number}")).items()
    ctx.kv.values.clear()
    make_run(HashtagImporter(), hashtag("tag7")).items()
    importer = HashtagImporter()
    assert list(importer.check(ctx, hashtag("tag7"))) == []
    (complaint,) = importer.check(ctx, hashtag("tag7", "tag30"))
    assert complaint.field == "hashtags"
    assert "30 are used" in str(complaint.text)


def test_check_says_what_the_account_lacks(ctx, hashtag, town, meta):
    importer = HashtagImporter()
    assert list(importer.check(ctx, hashtag())) == []
    demo: App = meta.access.demo
    meta.things.change(demo, features=())
    (complaint,) = importer.check(ctx, hashtag())
    assert complaint.field == "account"
    assert "Instagram Public Content Access" in str(complaint.text)
    meta.access.kill_all(460)
    (complaint,) = importer.check(ctx, hashtag())
    assert "password has changed" in str(complaint.text)


def test_check_keeps_nobody_from_saving_while_meta_is_away(ctx, hashtag, network):
    network.faults.break_("*", FaultKind.SERVER_ERROR)
    assert list(HashtagImporter().check(ctx, hashtag())) == []


def test_estimate_counts_a_page_or_two(ctx, hashtag, town):
    importer, window = HashtagImporter(), Window(ctx.now - 24 * HOUR)
    town.fill(40)
    few = importer.estimate(ctx, hashtag("tea", "unheard"), window)
    assert (few.count, few.exact, len(few.samples)) == (40, False, 8)
    assert any("#unheard" in str(note) for note in map(str, few.notes))
    assert any("24 hours" in str(note) for note in few.notes)
    town.fill(200)
    many = importer.estimate(ctx, hashtag(), window)
    assert many.count is not None
    assert many.count > 240
    assert any("reckoned" in str(note) for note in many.notes)


def test_estimate_tells_of_popular_posts(ctx, hashtag, town):
    town.post(ago=400 * HOUR)
    town.post()
    found = HashtagImporter().estimate(ctx, hashtag(popular=True), Window(ctx.now - HOUR))
    assert found.count == 2


def test_another_account_is_told_apart(ctx, hashtag):
    config = hashtag().model_copy(update={"account": "1"})
    (complaint,) = HashtagImporter().check(ctx, config)
    assert "not connected" in str(complaint.text)
