"""Prizes on both databases: their order, their words, and whose they are."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from tombola.api import Forbidden, NotFound
from tombola.campaigns import prizes, service
from tombola.campaigns.prizes import Delivery, PrizeForm
from tombola.campaigns.rules import CampaignForm
from tombola.teams.rules import Actor, Role


@pytest.fixture
def campaign(site, actor):
    now = site.clock()
    form = CampaignForm(title="Summer", starts_at=now, ends_at=now + timedelta(days=7))
    return service.create(site, actor, form)


def titles(site, actor, campaign):
    return [one.title for one in prizes.listing(site, actor, campaign.uid)]


def test_prizes_are_added_moved_changed_and_removed_in_their_order(site, actor, campaign):
    made = [
        prizes.add(site, actor, campaign.uid, PrizeForm(title=title, winners=n))
        for n, title in enumerate(("Bicycle", "Book", "Badge"), 1)
    ]
    prizes.move(site, actor, campaign.uid, made[2].uid, -1)
    prizes.move(site, actor, campaign.uid, made[0].uid, -1)
    assert titles(site, actor, campaign) == ["Bicycle", "Badge", "Book"]
    form = PrizeForm(title="Bell", winners=5, delivery=Delivery.TEXT, delivery_text="At the shop.")
    changed = prizes.change(site, actor, campaign.uid, made[1].uid, form)
    assert (changed.title, changed.winners, changed.position) == ("Bell", 5, 3)
    prizes.remove(site, actor, campaign.uid, made[0].uid)
    assert titles(site, actor, campaign) == ["Badge", "Bell"]
    with pytest.raises(NotFound):
        prizes.remove(site, actor, campaign.uid, made[0].uid)


def test_each_change_gives_the_campaign_another_version_and_the_same_form_gives_none(
    site, actor, campaign
):
    made = prizes.add(site, actor, campaign.uid, PrizeForm(title="Bicycle"))
    added = service.get(site, actor, campaign.uid).version
    prizes.change(site, actor, campaign.uid, made.uid, PrizeForm(title="Bicycle"))
    assert service.get(site, actor, campaign.uid).version == added == campaign.version + 1
    prizes.change(site, actor, campaign.uid, made.uid, PrizeForm(title="Tandem"))
    assert service.get(site, actor, campaign.uid).version == added + 1


def test_another_team_finds_none_and_viewers_only_look(site, actor, campaign):
    made = prizes.add(site, actor, campaign.uid, PrizeForm(title="Bicycle"))
    other = Actor(actor.team_id + 1, "other", 1, "Eve", Role.OWNER)
    with pytest.raises(NotFound):
        prizes.listing(site, other, campaign.uid)
    viewer = Actor(actor.team_id, actor.team_uid, None, "V", Role.VIEWER)
    assert prizes.listing(site, viewer, campaign.uid) == [made]
    for attempt in (
        lambda: prizes.add(site, viewer, campaign.uid, PrizeForm(title="Bell")),
        lambda: prizes.change(site, viewer, campaign.uid, made.uid, PrizeForm(title="Bell")),
        lambda: prizes.move(site, viewer, campaign.uid, made.uid, 1),
        lambda: prizes.remove(site, viewer, campaign.uid, made.uid),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_a_text_that_everybody_gets_has_to_be_written():
    with pytest.raises(ValidationError, match="Write what people get to see"):
        PrizeForm(title="Link", delivery=Delivery.TEXT)
