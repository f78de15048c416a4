"""Another look at what was imported: what is gone, changed, or there again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from tombola.api import Conflict, CredentialExpired, Invalid, Item, Kept, Limit, Retry, Throttled
from tombola.entries import listing
from tombola.entries import service as entries
from tombola.importing import recheck, service

HOUR = timedelta(hours=1)


@pytest.fixture
def looking(world, monkeypatch):
    """The network lets us look at ten posts at a time."""
    world.asked = []

    def look(self, ctx, config, items: Sequence[Kept]) -> list[Item]:
        world.asked.append([each.external_id for each in items])
        if world.network.trouble:
            trouble = world.network.trouble.pop(0)
            if trouble is not None:
                raise trouble
        wanted = {each.external_id for each in items}
        return [post for post in world.network.posts if post.external_id in wanted]

    monkeypatch.setattr(type(world.importer), "recheck_size", 10)
    monkeypatch.setattr(type(world.importer), "recheck", look)
    return world


def imported(world, count=23, **config):
    for number in range(count):
        world.network.post(number, world.clock() - HOUR * (number + 1), text="tea #tombola")
    world.add(config=config)
    world.work()


def look(world):
    recheck.ask(world.inst, world.actor, world.source().uid)
    world.work("recheck")
    return recheck.latest(world.inst, world.actor, world.source().uid)


def change(world, number, **values):
    posts = world.network.posts
    place = next(at for at, post in enumerate(posts) if post.external_id == f"p{number}")
    posts[place] = replace(posts[place], **values)


def drop(world, *numbers):
    gone = {f"p{number}" for number in numbers}
    world.network.posts = [post for post in world.network.posts if post.external_id not in gone]


def totals(world):
    return listing.totals(world.inst, world.actor, world.campaign.uid)


def test_everything_is_looked_at_once_in_batches(looking):
    imported(looking)
    found = look(looking)
    assert (found.state, found.total, found.seen, found.gone) == ("finished", 23, 23, 0)
    assert [len(batch) for batch in looking.asked] == [10, 10, 3]
    assert totals(looking).entries == 23


def test_deleted_posts_lose_their_entries_with_the_reason(looking):
    imported(looking)
    drop(looking, 3, 17)
    found = look(looking)
    assert (found.gone, found.edited) == (2, 0)
    assert totals(looking).entries == 21
    assert looking.items()["p3"] == "deleted"
    assert looking.entries()["p3"] == "revoked"
    page = listing.page(looking.inst, looking.actor, looking.campaign.uid, size=100)
    revoked = [line.reason for line in page.lines if line.state == "revoked"]
    assert revoked == ["deleted at the network"] * 2


def test_edited_post_that_fits_no_more_loses_its_entry(looking):
    imported(looking, words=["#tombola"])
    change(looking, 4, text="nothing to see")
    change(looking, 5, media=())
    change(looking, 6, text="more tea #tombola")
    found = look(looking)
    assert (found.gone, found.edited) == (0, 2)
    page = listing.page(looking.inst, looking.actor, looking.campaign.uid, size=100)
    reasons = {line.reason for line in page.lines if line.state == "revoked"}
    assert reasons == {"edited: without #tombola", "edited: no photo"}
    assert "more tea #tombola" in {line.text for line in page.lines}


def test_post_that_is_there_again_counts_again(looking):
    imported(looking)
    kept = list(looking.network.posts)
    drop(looking, 3)
    look(looking)
    looking.network.posts = kept
    found = look(looking)
    assert (found.gone, found.back) == (0, 1)
    assert totals(looking).entries == 23
    assert looking.items()["p3"] == "kept"


def test_entry_that_a_person_took_back_stays_taken_back(looking):
    imported(looking)
    page = listing.page(looking.inst, looking.actor, looking.campaign.uid, size=100)
    entries.revoke(looking.inst, looking.actor, looking.campaign.uid, [page.lines[0].uid], "spam")
    found = look(looking)
    assert (found.gone, found.back) == (0, 0)
    assert totals(looking).entries == 22


def test_entry_of_a_deleted_post_that_a_person_gave_back_stays(looking):
    imported(looking)
    drop(looking, 3)
    look(looking)
    page = listing.page(looking.inst, looking.actor, looking.campaign.uid, size=100)
    (uid,) = [line.uid for line in page.lines if line.state == "revoked"]
    entries.restore(looking.inst, looking.actor, looking.campaign.uid, [uid])
    look(looking)
    assert totals(looking).entries == 23


def test_asking_twice_is_one_round(looking):
    imported(looking)
    recheck.ask(looking.inst, looking.actor, looking.source().uid)
    recheck.ask(looking.inst, looking.actor, looking.source().uid)
    looking.work("recheck")
    assert len([key for batch in looking.asked for key in batch]) == 23


def test_a_hiccup_is_tried_again_where_it_was(looking):
    imported(looking)
    looking.network.trouble = [None, Retry(timedelta(seconds=5), "hiccup")]
    recheck.ask(looking.inst, looking.actor, looking.source().uid)
    looking.work("recheck")
    looking.clock.advance(timedelta(minutes=1))
    looking.work("recheck")
    found = recheck.latest(looking.inst, looking.actor, looking.source().uid)
    assert found is not None
    assert (found.state, found.seen) == ("finished", 23)
    assert [len(batch) for batch in looking.asked] == [10, 10, 10, 3]


def test_throttled_waits_until_then(looking):
    imported(looking)
    until = looking.clock() + timedelta(minutes=15)
    looking.network.trouble = [Throttled("calls", until)]
    recheck.ask(looking.inst, looking.actor, looking.source().uid)
    looking.work("recheck")
    assert len(looking.asked) == 1
    looking.clock.set(until + timedelta(seconds=6))
    looking.work("recheck")
    assert totals(looking).entries == 23


def test_lost_key_fails_the_round_in_words_and_touches_nothing(looking):
    imported(looking)
    drop(looking, 3)
    looking.network.trouble = [CredentialExpired("revoked")]
    found = look(looking)
    assert found.state == "failed"
    assert "key or connection" in found.reason
    assert totals(looking).entries == 23


def test_a_round_can_be_stopped(looking):
    imported(looking)
    recheck.ask(looking.inst, looking.actor, looking.source().uid)
    recheck.stop(looking.inst, looking.actor, looking.source().uid)
    looking.work("recheck")
    assert looking.asked == []
    stopped = recheck.latest(looking.inst, looking.actor, looking.source().uid)
    assert stopped is not None
    assert stopped.state == "stopped"


def test_network_that_shows_nothing_twice_says_so(world):
    imported(world, 2)
    with pytest.raises(Conflict, match="does not let"):
        recheck.ask(world.inst, world.actor, world.source().uid)
    found = recheck.ask_campaign(world.inst, world.actor, world.campaign.id)
    assert (found.asked, len(found.cannot)) == (0, 1)


def test_page_that_shows_a_post_as_deleted_takes_its_entry_and_gives_it_back(world):
    imported(world, 5)
    change(world, 0, deleted=True)
    service.run_now(world.inst, world.actor, world.source().uid)
    world.work()
    assert (world.items()["p0"], world.entries()["p0"]) == ("deleted", "revoked")
    assert totals(world).entries == 4
    change(world, 0, deleted=False)
    service.run_now(world.inst, world.actor, world.source().uid)
    world.work()
    assert (world.items()["p0"], world.entries()["p0"]) == ("kept", "valid")
    world.check()


class TestDistinct:
    @pytest.fixture
    def limited(self, world, monkeypatch):
        """Two different tags in seven days."""
        limit = Limit("tags", 2, timedelta(days=7), distinct=True)

        def uses(self, config) -> Mapping[str, Sequence[str]]:
            return {"tags": [config.tag]}

        monkeypatch.setattr(type(world.importer), "limits", (limit,))
        monkeypatch.setattr(type(world.importer), "uses", uses)
        return world

    def test_one_key_too_many_is_refused_when_saving(self, limited):
        for tag in ("one", "two"):
            limited.add(config={"tag": tag})
            limited.work()
        with pytest.raises(Invalid) as refused:
            limited.add(config={"tag": "three"})
        assert "no room for another before 2026-06-08" in str(refused.value.errors[""])
        limited.add(config={"tag": "two"})

    def test_the_oldest_falls_out_and_makes_room(self, limited):
        for tag in ("one", "two"):
            limited.add(config={"tag": tag})
            limited.work()
            limited.clock.advance(timedelta(days=1))
        for each in service.of_action(limited.inst, limited.actor, limited.action.uid):
            service.pause(limited.inst, limited.actor, each.uid)
        limited.clock.advance(timedelta(days=5, seconds=1))
        limited.add(config={"tag": "three"})
