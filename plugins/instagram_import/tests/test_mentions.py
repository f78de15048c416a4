from datetime import timedelta

import pytest

from tombola.api import Accepted, Window
from tombola_instagram_import.mentions import MentionsImporter

HOUR = timedelta(hours=1)


@pytest.fixture
def run(make_run, mentions):
    return make_run(MentionsImporter(), mentions())


def told(**value):
    return Accepted("e1", {"field": "mentions", "value": value})


def test_posts_that_tag_the_account_come_with_their_author(run, town):
    post = town.post("Lunch", tags=[town.shop], who=town.ann)
    town.post("Lunch alone")
    ((item,), _) = run.items()
    assert (item.external_id, item.kind) == (post.id, "post")
    assert (item.author.provider, item.author.uid) == ("meta.ig_name", "ann.pro")
    assert item.claim_key is None
    assert item.media


def test_photo_tags_are_read_to_their_end(run, town):
    made = {town.post("Lunch", tags=[town.shop], ago=n * HOUR).id for n in range(120)}
    assert set(run.ids()) == made


def test_nothing_is_polled_where_photo_tags_are_unwanted(make_run, mentions, town, network):
    town.post("Lunch", tags=[town.shop])
    run = make_run(MentionsImporter(), mentions(photo_tags=False))
    assert run.ids() == []
    assert network.calls.total == 0


def test_caption_that_mentions_is_heard(run, town):
    post = town.post("Hello @kettle.leaf")
    (item,) = run.importer.hear(run.ctx, run.config, told(media_id=post.id))
    assert (item.external_id, item.kind, item.author.uid) == (post.id, "post", "jane")
    assert item.permalink == f"https://www.instagram.com/p/{post.shortcode}/"
    assert item.media


def test_comment_that_mentions_is_heard(run, town):
    post = town.post("Cake", who=town.ann)
    remark = town.comment(post, "look @Kettle.Leaf")
    event = told(media_id=post.id, comment_id=remark.id)
    (item,) = run.importer.hear(run.ctx, run.config, event)
    assert (item.external_id, item.kind, item.parent_id) == (remark.id, "comment", post.id)
    assert (item.author.uid, item.text) == ("jane", "look @Kettle.Leaf")


def test_what_is_gone_or_unwanted_or_garbled_brings_nothing(make_run, mentions, town, meta):
    post = town.post("Hello @kettle.leaf")
    remark = town.comment(post, "look @Kettle.Leaf")
    meta.instagram.delete_media(post.id)
    run = make_run(MentionsImporter(), mentions())
    both = told(media_id=post.id, comment_id=remark.id)
    for event in (told(media_id=post.id), both, told(), told(media_id="1){id},x(2")):
        assert list(run.importer.hear(run.ctx, run.config, event)) == []
    off = make_run(MentionsImporter(), mentions(captions=False, comments=False))
    for event in (told(media_id=post.id), both):
        assert list(off.importer.hear(off.ctx, off.config, event)) == []


def test_check_wants_at_least_one_place(ctx, mentions):
    nowhere = mentions(captions=False, comments=False, photo_tags=False)
    assert [each.field for each in MentionsImporter().check(ctx, nowhere)] == ["captions"]
    assert list(MentionsImporter().check(ctx, mentions())) == []


def test_estimate_says_what_cannot_be_counted(ctx, mentions, town):
    town.post("Lunch", tags=[town.shop])
    found = MentionsImporter().estimate(ctx, mentions(), Window(ctx.now - 24 * HOUR))
    assert (found.count, found.exact) == (1, False)
    assert any("never again" in str(note) for note in found.notes)
