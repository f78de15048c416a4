from datetime import timedelta

import pytest

from tombola.api import (
    Lane,
    SourceGone,
)
from tombola_sandbox.models import Standing
from tombola_sandbox.switches import Vocabulary
from tombola_twitter_import import mapping
from tombola_twitter_import.apps import reading_app
from tombola_twitter_import.client import Reader
from tombola_twitter_import.config import HashtagConfig

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)


def test_photos_only_unless_told_otherwise(ctx, make_run, world, feed, clock):
    photo = feed.post(ago=HOUR)
    text = feed.post(photos=0, ago=2 * HOUR)
    film = feed.post(kind="video", ago=3 * HOUR)
    run = make_run(ctx)
    assert run.to_end(run.open(Lane.HISTORY, clock() - WEEK))[0] == [photo]
    run.config = HashtagConfig(hashtags=("kettleleaf",), photos_only=False)
    assert run.to_end(run.open(Lane.HISTORY, clock() - WEEK))[0] == [photo, text, film]


@pytest.mark.parametrize(("match", "expected"), [("any", [0, 1, 2]), ("all", [2])])
def test_hashtags_any_or_all_case_ignored(ctx, make_run, world, feed, clock, match, expected):
    texts = ["#Tea please", "a #pot", "#TEA in a #Pot", "#teapot", "tea pot"]
    made = [feed.post(text, ago=HOUR + timedelta(minutes=n)) for n, text in enumerate(texts)]
    run = make_run(ctx)
    run.config = HashtagConfig(hashtags=("tea", "pot"), match=match)
    found, _ = run.to_end(run.open(Lane.HISTORY, clock() - WEEK))
    assert found == [made[n] for n in expected]


def test_retweets_replies_and_quotes(ctx, make_run, world, feed, clock):
    mine = feed.post(ago=5 * HOUR)
    feed.post("RT @jane: Mine #kettleleaf", "ole", 4 * HOUR, refers={"retweeted": mine})
    reply = feed.post("@jane look #kettleleaf", "ole", 3 * HOUR, refers={"replied_to": mine})
    quote = feed.post("so nice #kettleleaf", "ole", 2 * HOUR, refers={"quoted": mine})
    run = make_run(ctx)
    assert run.to_end(run.open(Lane.HISTORY, clock() - WEEK))[0] == [quote, reply, mine]
    run.config = HashtagConfig(hashtags=("kettleleaf",), exclude_replies=True, exclude_quotes=True)
    assert run.to_end(run.open(Lane.HISTORY, clock() - WEEK))[0] == [mine]


def test_required_words_are_looked_for_by_the_network(ctx, make_run, world, feed, clock):
    wanted = feed.post("Green tea by @mia #kettleleaf #win")
    feed.post("Greener tea #kettleleaf #win", ago=2 * HOUR)
    run = make_run(ctx)
    run.config = HashtagConfig(hashtags=("kettleleaf",), words=("green", "#win", "@mia"))
    assert run.to_end(run.open(Lane.HISTORY, clock() - WEEK))[0] == [wanted]


@pytest.mark.parametrize("dialect", ["post", "tweet"])
def test_item_is_whole_in_either_vocabulary(make_ctx, make_run, world, feed, clock, dialect):
    made = feed.post("A pot #kettleleaf", photos=2, alt_text="a pot")
    run = make_run(make_ctx(fields_dialect=dialect))
    (item,) = run.page(run.open(Lane.HISTORY, clock() - WEEK)).items
    assert (item.external_id, item.occurred_at) == (made, clock() - HOUR)
    assert (item.author.handle, item.author.name) == ("jane", "Jane")
    assert item.permalink == f"https://x.com/jane/status/{made}"
    assert item.details == {"hashtags": "#kettleleaf"}
    assert [media.alt for media in item.media] == ["a pot"] * 2
    assert run.ctx.http.get(item.media[0].url).headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize("standing", [Standing.SUSPENDED, Standing.PROTECTED])
def test_author_that_the_network_hides_is_kept_by_id(run, world, feed, clock, standing):
    made, ole = feed.post(author="ole"), world.person("ole")
    world.set_standing(ole.id, standing)
    (item,) = run.page(run.open(Lane.HISTORY, clock() - WEEK)).items
    assert (item.author.uid, item.author.handle) == (ole.id, None)
    assert item.permalink == f"https://x.com/i/status/{made}"


def test_edit_after_the_import_is_the_same_item_with_new_words(run, world, feed, clock):
    made = feed.post(ago=timedelta(minutes=20))
    _, place = run.to_end(run.open(Lane.LIVE, clock() - WEEK))
    clock.advance(timedelta(minutes=5))
    edited = world.edit(int(made), "Better words #kettleleaf")
    clock.advance(timedelta(minutes=5))
    (item,) = run.page(place).items
    assert item.external_id == made
    assert item.text.startswith("Better words")
    assert str(edited.id) in item.permalink


def test_vocabulary_is_found_out_once_and_remembered(run, world, feed, clock, asked):
    made = feed.post()
    world.switches.set(vocabulary=Vocabulary.TWEET.value)
    cursor = run.open(Lane.HISTORY, clock() - WEEK)
    assert run.to_end(cursor)[0] == run.to_end(cursor)[0] == [made]
    assert ["post.fields" in call for call in asked()] == [True, False, False]


def test_vocabulary_that_is_given_up_later_is_left(run, world, feed, clock, asked):
    made = feed.post()
    run.ctx.kv.put("dialect", "tweet")
    world.switches.set(vocabulary=Vocabulary.POST.value)
    assert run.to_end(run.open(Lane.HISTORY, clock() - WEEK))[0] == [made]
    assert ["post.fields" in call for call in asked()] == [False, True]


def test_vocabulary_that_was_set_is_kept(make_ctx, make_run, world, feed, clock, asked):
    world.switches.set(vocabulary=Vocabulary.TWEET.value)
    run = make_run(make_ctx(fields_dialect="post"))
    with pytest.raises(SourceGone, match=r"post\.fields"):
        run.page(run.open(Lane.HISTORY, clock() - WEEK))
    assert len(asked()) == 1


@pytest.mark.parametrize("dialect", ["post", "tweet"])
def test_reply_names_what_it_answers_in_either_vocabulary(
    make_ctx, make_run, world, feed, clock, dialect
):
    mine = feed.post("no tag", ago=2 * HOUR)
    reply = feed.post("@jane look #kettleleaf", "ole", refers={"replied_to": mine})
    run = make_run(make_ctx(fields_dialect=dialect))
    (item,) = run.page(run.open(Lane.HISTORY, clock() - WEEK)).items
    assert (item.external_id, item.parent_id) == (reply, mine)


@pytest.mark.parametrize("dialect", ["post", "tweet"])
def test_retweet_that_a_search_gives_anyway_is_left_out(make_ctx, world, feed, dialect):
    mine = feed.post(ago=2 * HOUR)
    feed.post("RT @jane: Mine #kettleleaf", "ole", refers={"retweeted": mine})
    ctx = make_ctx(fields_dialect=dialect)
    app = reading_app(ctx)
    assert app is not None
    page = Reader(ctx, app).search({"query": "#kettleleaf"}).page
    assert len(page["data"]) == 2
    assert [item.external_id for item in mapping.items_from(page)] == [mine]


def test_names_are_shown_without_escapes(run, world, feed, clock):
    world.add_person("tom", "Tom &amp; Jerry &lt;3")
    feed.post(author="tom")
    (item,) = run.page(run.open(Lane.HISTORY, clock() - WEEK)).items
    assert item.author.name == "Tom & Jerry <3"
