from datetime import timedelta

import pytest

from tombola.api import (
    Account,
    ClaimView,
    CredentialExpired,
    Kept,
    Lane,
    MediaKind,
    PermissionLost,
    Retry,
    SourceGone,
    Throttled,
    Who,
    Window,
)
from tombola.testing.network import FaultKind
from tombola_facebook_comments import cursor as places
from tombola_meta.accounts import CONNECTOR
from tombola_meta.permissions import CONNECTION
from tombola_sandbox.meta.models import Comment, Post

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def test_comment_with_a_photo_is_an_item_of_its_author(run, comment, meta, tea, kim, clock):
    made = comment("Meine Tasse / här")
    (item,) = run.page().items
    assert (item.external_id, item.kind) == (made.id, "comment")
    assert item.occurred_at == clock() - HOUR
    assert item.text == "Meine Tasse / här"
    psid = meta.things.psid(tea.id, kim.id)
    assert (item.author.provider, item.author.uid) == ("meta.psid", f"{tea.id}:{psid}")
    assert (item.author.name, item.author.handle) == ("Kim Likes", None)
    assert item.claim_key is None
    assert item.permalink.endswith(f"comment_id={made.id.rpartition('_')[2]}")
    assert item.unfit == ""


def test_photo_comes_in_its_full_size(run, comment, meta, network):
    made = comment()
    (item,) = run.page().items
    (picture,) = item.media
    assert picture.kind is MediaKind.PHOTO
    assert max(picture.width, picture.height) > 720
    assert picture.key == meta.things.one(Comment, made.id).photo


def test_scaled_copy_is_good_enough_where_the_full_size_fails(run, comment, network):
    comment()
    network.faults.break_("/graph.facebook.com/v26.0/", FaultKind.SERVER_ERROR)
    (item,) = run.page().items
    assert max(item.media[0].width, item.media[0].height) == 720


@pytest.mark.parametrize("kind", ["sticker", "share", "video_inline", "animated_image_share", ""])
def test_what_is_no_photo_is_none(run, comment, kind):
    comment("", kind=kind, photo=False)
    (item,) = run.page().items
    assert not [each for each in item.media if each.kind is MediaKind.PHOTO]
    assert item.text == ""


def test_replies_come_by_choice(run, run_on, comment, post):
    parent = comment()
    reply = comment("Mine, too", parent=parent, ago=MINUTE)
    assert run.to_end(run.open())[0] == [parent.id]
    both = run_on(post.id, replies="stream")
    items = {item.external_id: item for item in both.page(both.open()).items}
    assert items.keys() == {parent.id, reply.id}
    assert items[reply.id].parent_id == parent.id


def test_hidden_and_own_comments_do_not_fit(run, comment, meta, tea):
    hidden = comment()
    meta.facebook.hide_comment(hidden.id)
    own = comment(by=tea)
    unfit = {item.external_id: item.unfit for item in run.page().items}
    assert unfit == {hidden.id: "hidden by the page", own.id: "written by the page itself"}


def test_author_whom_facebook_does_not_name_can_claim(run, comment, meta):
    meta.things.put(meta.access.demo.model_copy(update={"advanced": ()}))
    made = comment()
    (item,) = run.page().items
    assert item.author is None
    assert item.claim_key == f"fb:{made.id.rpartition('_')[2]}"
    assert run.importer.claim_key(f"{item.permalink}&ref=x") == item.claim_key
    assert run.importer.claim_key("https://www.facebook.com/acme/posts/1234567") is None


# Reading on.


def test_history_and_live_meet_and_nothing_is_lost(run, comment):
    made = [comment(ago=HOUR + number * MINUTE).id for number in range(120)]
    comment(ago=30 * HOUR)
    found, _ = run.to_end(run.open(Lane.HISTORY))
    assert found == list(reversed(made))


def test_history_ends_where_live_begins(run, comment, clock):
    window = Window(clock() - 24 * HOUR, clock() - 12 * HOUR)
    old = [comment(ago=13 * HOUR + number * MINUTE).id for number in range(30)]
    for number in range(200):
        comment(ago=HOUR + number * MINUTE)
    cursor = run.importer.open(run.ctx, run.config, Lane.HISTORY, window)
    found, _ = run.to_end(cursor)
    assert set(old) <= set(found)
    assert len(found) <= 100


def test_live_reads_what_is_new_and_a_little_more(run, comment, clock):
    for number in range(130):
        comment(ago=HOUR + number * MINUTE)
    found, place = run.to_end(run.open())
    assert len(found) == len(set(found)) == 130
    clock.advance(HOUR)
    new = comment(ago=MINUTE).id
    found, place = run.to_end(place)
    assert found[-1] == new
    assert len(found) <= 15
    clock.advance(HOUR)
    assert run.to_end(place)[0] == [new]


def test_run_that_was_cut_off_goes_on_where_it_was(run, comment):
    made = [comment(ago=20 * HOUR - number * MINUTE).id for number in range(160)]
    first, place = run.to_end(run.open(), pages=1)
    rest, _ = run.to_end(place)
    assert first + rest == made


def test_place_that_facebook_forgot_is_found_by_time(run, comment):
    made = [comment(ago=20 * HOUR - number * MINUTE).id for number in range(80)]
    first, place = run.to_end(run.open(), pages=1)
    lost = place.model_copy(update={"place": {"after": "gone"}})
    rest, _ = run.to_end(lost)
    assert set(first) | set(rest) == set(made)


def test_list_that_paging_does_not_reach_the_end_of_is_begun_anew(run, comment, monkeypatch):
    monkeypatch.setattr(places, "DEEP", 40)
    monkeypatch.setattr("tombola_sandbox.meta.facebook_edges.DEEPEST", 60)
    made = [comment(ago=20 * HOUR - number * MINUTE).id for number in range(150)]
    found, _ = run.to_end(run.open())
    assert set(found) == set(made)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (FaultKind.TOO_MANY, Throttled),
        (FaultKind.UNAUTHORIZED, CredentialExpired),
        (FaultKind.FORBIDDEN, PermissionLost),
        (FaultKind.NOT_FOUND, SourceGone),
        (FaultKind.SERVER_ERROR, Retry),
        (FaultKind.GARBAGE, Retry),
        (FaultKind.TRUNCATED, Retry),
        (FaultKind.RESET, Retry),
        (FaultKind.HANG, Retry),
    ],
)
def test_broken_network_is_named_and_harmless(run, comment, network, kind, error):
    made = comment()
    network.faults.break_("*/comments", kind, times=1)
    with pytest.raises(error):
        run.page()
    assert run.to_end(run.open())[0] == [made.id]


def test_token_without_the_permission_says_so(run, meta, tea, ann, ctx):
    scopes = [each for each in CONNECTION if each != "pages_read_user_content"]
    token = meta.access.give_page_token(meta.access.demo, ann, tea, scopes)
    ctx.connected[CONNECTOR][tea.id] = Account(tea.id, "T", "page", secrets={"token": token.id})
    with pytest.raises(PermissionLost):
        run.page()


def test_account_that_is_broken_missing_or_no_page_is_named(run, ctx, tea):
    ctx.broken.add((CONNECTOR, tea.id))
    with pytest.raises(CredentialExpired):
        run.page()
    ctx.broken.clear()
    ctx.connected[CONNECTOR][tea.id] = Account(tea.id, "@tea", "instagram")
    with pytest.raises(PermissionLost, match="no page"):
        run.page()
    (complaint,) = run.importer.check(ctx, run.config)
    assert complaint.field == "account"
    del ctx.connected[CONNECTOR][tea.id]
    with pytest.raises(CredentialExpired, match="not connected"):
        run.page()


# Other pages' posts.


@pytest.mark.usefixtures("public_content")
def test_public_post_of_another_page_gives_comments_without_authors(run_on, comment, cake):
    made = comment(on=cake)
    run = run_on(cake.id)
    (item,) = run.page(run.open()).items
    assert item.author is None
    number = made.id.rpartition("_")[2]
    assert item.external_id == f"{cake.id.rpartition('_')[2]}_{number}"
    assert item.claim_key == f"fb:{number}"
    assert item.media[0].url
    assert list(run.importer.check(run.ctx, run.config)) == []
    estimate = run.importer.estimate(run.ctx, run.config, Window(run.ctx.now - 24 * HOUR))
    assert "does not say who wrote" in str(estimate.notes[0])


def test_public_post_needs_metas_feature_and_says_so(run_on, comment, cake, ctx):
    comment(on=cake)
    run = run_on(cake.id)
    with pytest.raises(SourceGone, match="not "):
        run.page(run.open())
    (complaint,) = run.importer.check(ctx, run.config)
    assert complaint.field == "post"
    assert "does not show this post" in str(complaint.text)


def test_another_look_at_another_pages_comments_is_refused(run_on, comment, cake):
    run = run_on(cake.id)
    with pytest.raises(SourceGone, match="nobody"):
        run.importer.recheck(run.ctx, run.config, [Kept("1_2")])


# Which post.


def test_every_form_of_the_address_is_the_post(run_on, comment, post, tea):
    made = comment()
    number = post.id.rpartition("_")[2]
    for written in (
        post.id,
        number,
        f"https://www.facebook.com/{tea.id}/posts/{number}",
        f"https://www.facebook.com/permalink.php?story_fbid={number}&id={tea.id}",
        f"https://www.facebook.com/photo?fbid={number}",
        f"https://m.facebook.com/{tea.id}/videos/{number}/",
        f"https://www.facebook.com/reel/{number}",
        f"https://www.facebook.com/watch/?v={number}",
    ):
        run = run_on(written)
        assert list(run.importer.check(run.ctx, run.config)) == []
        assert run.to_end(run.open())[0] == [made.id], written


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "no address"),
        ("my post", "no address"),
        ("https://example.org/acme/posts/1234567", "no address"),
        ("https://www.facebook.com/share/p/abc/", "no address"),
        ("https://www.facebook.com/acme/posts/pfbid02abcDEFghi123", "from the list"),
        ("https://www.facebook.com/groups/212/posts/1234567890", "groups"),
    ],
)
def test_what_names_no_post_is_refused_with_the_remedy(run_on, written, says, ctx, network):
    run = run_on(written)
    (complaint,) = run.importer.check(ctx, run.config)
    assert (complaint.field, says in str(complaint.text)) == ("post", True)
    with pytest.raises(SourceGone):
        run.page(run.open())
    assert network.calls.newest(9) == ()


def test_post_that_is_not_shown_is_refused(run, ctx, meta, post):
    meta.facebook.delete_post(post.id)
    (complaint,) = run.importer.check(ctx, run.config)
    assert "does not show this post" in str(complaint.text)
    with pytest.raises(SourceGone):
        run.page()


@pytest.mark.usefixtures("public_content")
def test_private_post_of_another_page_is_refused(run_on, meta, cake):
    meta.things.change(meta.things.one(Post, cake.id), public=False)
    run = run_on(cake.id)
    (complaint,) = run.importer.check(run.ctx, run.config)
    assert "not public" in str(complaint.text)
    with pytest.raises(SourceGone):
        run.page(run.open())


def test_outage_while_saving_is_no_fault_of_the_source(run, ctx, network):
    network.faults.break_("*", FaultKind.SERVER_ERROR)
    assert list(run.importer.check(ctx, run.config)) == []
    assert [line[1] for line in ctx.log.lines].count("check_unanswered") == 1


def test_form_offers_pages_and_their_latest_posts(run, ctx, meta, tea, post, clock, network):
    meta.facebook.post(tea, "", at=clock() - HOUR)
    assert list(run.importer.options(ctx, "account", "")) == [(tea.id, "Tea Room")]
    newest, older = run.importer.options(ctx, "post", "")
    assert newest[1] == "2026-11-21 · (no text)"
    assert older == (post.id, "2026-11-19 · Show us your cup")
    assert list(run.importer.options(ctx, "post", "CUP")) == [older]
    assert list(run.importer.options(ctx, "post", post.id)) == [older]
    assert len(network.calls.newest(9)) == 1
    assert list(run.importer.options(ctx, "replies", "")) == []


def test_posts_of_several_pages_say_whose_they_are(run, ctx, meta, ann, tea, post):
    more = meta.facebook.add_page("Coffee Room", admin=ann)
    token = meta.access.give_page_token(meta.access.demo, ann, more, CONNECTION)
    ctx.connected[CONNECTOR][more.id] = Account(
        more.id, "Coffee", "page", secrets={"token": token.id}
    )
    meta.facebook.post(more, "Beans")
    labels = [label for _, label in run.importer.options(ctx, "post", "")]
    assert labels == ["2026-11-21 · Coffee · Beans", "2026-11-19 · Tea Room · Show us your cup"]


def test_form_stays_usable_while_facebook_does_not_answer(run, ctx, network):
    network.faults.break_("*", FaultKind.SERVER_ERROR)
    assert list(run.importer.options(ctx, "post", "")) == []


def test_widget_leads_to_the_post(run, ctx, tea, post):
    view = run.importer.view(ctx, run.config, None)
    assert view.link == f"https://www.facebook.com/{tea.id}/posts/{post.id.rpartition('_')[2]}"
    assert "photo" in str(view.label)


# Preview.


def test_preview_of_few_comments_is_exact(run, ctx, comment, clock):
    made = [comment(ago=HOUR + number * MINUTE).id for number in range(5)]
    comment(ago=40 * HOUR)
    estimate = run.importer.estimate(ctx, run.config, Window(clock() - 24 * HOUR))
    assert (estimate.count, estimate.exact) == (5, True)
    assert [item.external_id for item in estimate.samples] == made


def test_preview_of_many_comments_is_facebooks_own_count(run, ctx, comment, clock, network):
    for number in range(120):
        comment(ago=HOUR + number * MINUTE)
    estimate = run.importer.estimate(ctx, run.config, Window(clock() - 24 * HOUR))
    assert (estimate.count, estimate.exact) == (120, False)
    assert "counts all" in str(estimate.notes[0])
    assert len(network.calls.newest(9)) == 1


# Another look.


def test_another_look_finds_what_changed_and_what_is_gone(run, ctx, comment, meta):
    kept, edited, gone, hidden = (comment(each) for each in ("one", "two", "three", "four"))
    meta.facebook.edit_comment(edited.id, "two, anew", drop_photo=True)
    meta.facebook.delete_comment(gone.id)
    meta.facebook.hide_comment(hidden.id)
    ids = [Kept(each.id) for each in (kept, edited, gone, hidden)]
    found = {each.external_id: each for each in run.importer.recheck(ctx, run.config, ids)}
    assert found.keys() == {kept.id, edited.id, hidden.id}
    assert (found[edited.id].text, list(found[edited.id].media)) == ("two, anew", [])
    assert found[hidden.id].unfit == "hidden by the page"


def test_another_look_in_trouble_calls_nothing_gone(run, ctx, comment, meta, network):
    made = comment()
    network.faults.break_("*", FaultKind.SERVER_ERROR)
    with pytest.raises(Retry):
        run.importer.recheck(ctx, run.config, [Kept(made.id)])
    network.faults.mend()
    meta.access.kill_all(460)
    with pytest.raises(CredentialExpired):
        run.importer.recheck(ctx, run.config, [Kept(made.id)])


# Claims.


def claim(key, code="tea-4711"):
    return ClaimView(key, None, None, code, Who("someone"))


def test_code_in_the_comment_is_proof_and_anything_else_is_for_a_moderator(run, ctx, comment):
    with_code = comment("My cup TEA-4711")
    without = comment("My cup")
    look = run.importer.evidence
    keys = [f"fb:{each.id.rpartition('_')[2]}" for each in (with_code, without)]
    assert look(ctx, run.config, claim(keys[0])).proven
    found = look(ctx, run.config, claim(keys[1]))
    assert (found.proven, "does not hold" in str(found.note)) == (False, True)
    found = look(ctx, run.config, claim("fb:1"))
    assert (found.proven, "not found" in str(found.note)) == (False, True)
