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
    Throttled,
    Who,
    Window,
)
from tombola.testing.network import FaultKind
from tombola_meta.accounts import CONNECTOR
from tombola_meta.permissions import CONNECTION
from tombola_sandbox.meta.models import Post

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def test_post_that_tags_the_page_is_an_item_without_author(run, tag, clock):
    made = tag("Lunch här / dort")
    (item,) = run.page(run.open()).items
    assert (item.external_id, item.kind, item.author) == (made, "post", None)
    assert item.occurred_at == clock() - HOUR
    assert item.text == "Lunch här / dort"
    assert item.permalink
    assert item.permalink.startswith("https://www.facebook.com/")
    (picture,) = item.media
    assert picture.kind is MediaKind.PHOTO
    assert picture.url


def test_album_gives_every_picture_once(run, tag):
    tag(photos=4)
    (item,) = run.page(run.open()).items
    assert len({picture.url for picture in item.media}) == len(item.media) == 4


def test_text_alone_has_no_media(run, tag):
    tag(photos=0)
    (item,) = run.page(run.open()).items
    assert item.media == []


def test_other_pages_tags_and_hidden_posts_do_not_come(run, tag, meta, ann):
    other = meta.facebook.add_page("Other", admin=ann)
    tag(tags=[other])
    tag(public=False)
    gone = tag()
    meta.facebook.delete_post(gone)
    assert run.to_end(run.open())[0] == []


def test_history_is_read_to_its_floor_and_once(run, tag):
    inside = [tag(ago=HOUR + number * MINUTE) for number in range(120)]
    tag(ago=30 * HOUR)
    found, _ = run.to_end(run.open())
    assert len(found) == len(set(found))
    assert set(inside) <= set(found)


def test_reading_ends_soon_after_the_floor(run, tag, network):
    tag()
    for number in range(300):
        tag(ago=48 * HOUR + number * MINUTE)
    run.to_end(run.open())
    assert len(network.calls.newest(99)) <= 3


def test_live_reads_what_is_new_and_a_little_more(run, tag, clock):
    old = [tag(ago=HOUR + number * MINUTE) for number in range(330)]
    found, place = run.to_end(run.open(Lane.LIVE))
    assert set(found) == set(old)
    clock.advance(HOUR)
    new = tag(ago=MINUTE)
    found, place = run.to_end(place)
    assert found[0] == new
    assert len(found) <= 150
    clock.advance(3 * HOUR)
    assert new in run.to_end(place)[0]


def test_live_that_was_cut_off_reads_the_rest_after_what_is_newer(run, tag, clock):
    first = [tag(ago=2 * HOUR + number * MINUTE) for number in range(160)]
    _, place = run.to_end(run.open(Lane.LIVE), pages=1)
    clock.advance(HOUR)
    second = [tag(ago=number * MINUTE) for number in range(1, 20)]
    found, place = run.to_end(place)
    assert set(found) == {*first, *second}
    assert run.to_end(place)[1].rest is None


def test_tag_that_came_later_than_the_post_is_found(run, tag, clock):
    tag(ago=20 * HOUR)
    _, place = run.to_end(run.open(Lane.LIVE))
    late = tag(ago=10 * HOUR, tagged_after=10 * HOUR - MINUTE)
    (item, *_) = run.page(place).items
    assert item.external_id == late
    assert item.occurred_at == clock() - 10 * HOUR


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (FaultKind.TOO_MANY, Throttled),
        (FaultKind.UNAUTHORIZED, CredentialExpired),
        (FaultKind.FORBIDDEN, PermissionLost),
        (FaultKind.SERVER_ERROR, Retry),
        (FaultKind.GARBAGE, Retry),
        (FaultKind.TRUNCATED, Retry),
        (FaultKind.RESET, Retry),
        (FaultKind.HANG, Retry),
    ],
)
def test_broken_network_is_named_and_harmless(run, tag, network, kind, error):
    made = tag()
    network.faults.break_("*/tagged", kind, times=1)
    with pytest.raises(error):
        run.page(run.open())
    assert run.to_end(run.open())[0] == [made]


def test_token_without_the_permission_says_so(run, tag, meta, tea, ann, ctx):
    scopes = [each for each in CONNECTION if each != "pages_read_user_content"]
    token = meta.access.give_page_token(meta.access.demo, ann, tea, scopes)
    ctx.connected[CONNECTOR][tea.id] = Account(tea.id, "T", "page", secrets={"token": token.id})
    with pytest.raises(PermissionLost):
        run.page(run.open())


def test_account_that_is_broken_missing_or_no_page_is_named(run, ctx, tea):
    ctx.broken.add((CONNECTOR, tea.id))
    with pytest.raises(CredentialExpired):
        run.page(run.open())
    ctx.broken.clear()
    ctx.connected[CONNECTOR][tea.id] = Account(tea.id, "@tea", "instagram")
    with pytest.raises(PermissionLost, match="no page"):
        run.page(run.open())
    (complaint,) = run.importer.check(ctx, run.config)
    assert complaint.field == "account"
    assert list(run.importer.options(ctx, "account", "")) == []
    del ctx.connected[CONNECTOR][tea.id]
    with pytest.raises(CredentialExpired, match="not connected"):
        run.page(run.open())


def test_form_offers_the_connected_pages(run, ctx, tea):
    assert list(run.importer.options(ctx, "account", "")) == [(tea.id, "Tea Room")]
    assert list(run.importer.check(ctx, run.config)) == []


def test_widget_names_the_page(run, ctx, tea):
    view = run.importer.view(ctx, run.config, None)
    assert "Tea Room" in str(view.label)
    assert view.link == f"https://www.facebook.com/{tea.id}"


# Claims.


def claim(run, item, code="tea-4711", **more):
    given = {"claim_key": item.claim_key, "permalink": item.permalink, "handle": None, **more}
    return ClaimView(**given, code=code, who=Who("someone"))


def test_post_is_claimed_by_the_address_that_people_see(run, tag):
    tag()
    (item,) = run.page(run.open()).items
    assert item.claim_key
    assert run.importer.claims
    assert run.importer.claim_key(f"{item.permalink}?ref=share") == item.claim_key
    assert run.importer.claim_key("https://x.example/") is None


def test_code_in_the_post_is_proof_and_anything_else_is_for_a_moderator(run, ctx, config, tag):
    tag("Lunch here TEA-4711")
    tag("Lunch there", ago=2 * HOUR)
    with_code, without = run.page(run.open()).items
    assert run.importer.evidence(ctx, config, claim(run, with_code)).proven
    assert not run.importer.evidence(ctx, config, claim(run, with_code, code="")).proven
    found = run.importer.evidence(ctx, config, claim(run, without, handle="Kim"))
    assert not found.proven
    assert "does not hold" in str(found.note)
    found = run.importer.evidence(ctx, config, claim(run, without, claim_key="fb:1234567"))
    assert not found.proven
    assert "not among" in str(found.note)


def test_outage_while_looking_for_proof_is_named(run, ctx, config, tag, network):
    tag()
    (item,) = run.page(run.open()).items
    network.faults.break_("*", FaultKind.SERVER_ERROR)
    with pytest.raises(Retry):
        run.importer.evidence(ctx, config, claim(run, item))


# Preview.


def test_preview_of_few_posts_is_exact(run, ctx, config, tag, clock):
    for number in range(5):
        tag(ago=HOUR + number * MINUTE)
    tag(ago=50 * HOUR)
    estimate = run.importer.estimate(ctx, config, Window(clock() - 24 * HOUR))
    assert (estimate.count, estimate.exact, len(estimate.samples)) == (5, True, 5)
    assert "does not say who" in str(estimate.notes[0])


def test_preview_of_many_posts_reckons_and_reads_little(run, ctx, config, tag, clock, network):
    for number in range(300):
        tag(ago=HOUR + number * 4 * MINUTE)
    estimate = run.importer.estimate(ctx, config, Window(clock() - 24 * HOUR))
    assert not estimate.exact
    assert 200 <= (estimate.count or 0) <= 400
    assert len(network.calls.newest(99)) == 3


# Webhooks are in test_hearing; another look is here.


def test_another_look_finds_what_changed_and_what_is_gone(run, ctx, config, tag, meta):
    kept, edited, gone = tag("one"), tag("two"), tag("three")
    items = [Kept(each) for each in (kept, edited, gone)]
    meta.facebook.edit_post(edited, "two, anew")
    meta.facebook.delete_post(gone)
    found = {each.external_id: each.text for each in run.importer.recheck(ctx, config, items)}
    assert found == {kept: "one", edited: "two, anew"}


def test_another_look_gives_fresh_addresses_of_pictures(run, ctx, config, tag, clock):
    made = tag()
    (before,) = run.page(run.open()).items
    clock.advance(timedelta(days=60))
    (after,) = run.importer.recheck(ctx, config, [Kept(made)])
    assert after.media[0].url != before.media[0].url


def test_another_look_in_trouble_calls_nothing_gone(run, ctx, config, tag, meta, network):
    made = tag()
    network.faults.break_("*", FaultKind.SERVER_ERROR)
    with pytest.raises(Retry):
        run.importer.recheck(ctx, config, [Kept(made)])
    network.faults.mend()
    meta.access.kill_all(460)
    with pytest.raises(CredentialExpired):
        run.importer.recheck(ctx, config, [Kept(made)])


def test_post_that_was_hidden_again_is_gone(run, ctx, config, tag, meta):
    made = tag()
    meta.things.change(meta.things.one(Post, made), public=False)
    assert list(run.importer.recheck(ctx, config, [Kept(made)])) == []
