"""Campaigns and actions on both databases: judged by the plugin, the plan and the role."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tombola.api import Conflict, Forbidden, Invalid, NotAllowed, NotFound
from tombola.campaigns import actions, service
from tombola.campaigns.models import action_signal, campaign_version
from tombola.campaigns.rules import ActionForm, CampaignForm
from tombola.entries import editing
from tombola.teams.models import audit
from tombola.teams.rules import Actor, Role


def dates(site, **values):
    now = site.clock()
    return CampaignForm.model_validate(
        {"title": "Summer", "starts_at": now, "ends_at": now + timedelta(days=7)} | values
    )


@pytest.fixture
def campaign(site, actor):
    return service.create(site, actor, dates(site))


def wave(**values):
    return ActionForm.model_validate({"type_key": "probe.wave", "title": "Wave"} | values)


def test_a_campaign_is_found_by_its_team_and_by_its_key_alone(site, actor, campaign):
    assert service.get(site, actor, campaign.uid) == campaign
    assert service.of(site, actor) == [campaign]
    with site.db.read() as conn:
        assert service.by_key(conn, campaign.key) == campaign
    other = Actor(actor.team_id + 1, "other", 1, "Eve", Role.OWNER)
    assert service.of(site, other) == []
    with pytest.raises(NotFound):
        service.get(site, other, campaign.uid)


def test_a_taken_key_is_refused(site, actor, campaign):
    with pytest.raises(Conflict):
        service.create(site, actor, dates(site), key=campaign.key)


def test_viewers_only_look(site, actor, campaign):
    viewer = Actor(actor.team_id, actor.team_uid, None, "V", Role.VIEWER)
    for attempt in (
        lambda: service.create(site, viewer, dates(site)),
        lambda: actions.add(site, viewer, campaign.uid, wave()),
        lambda: editing.update_campaign(site, viewer, campaign.uid, dates(site)),
        lambda: service.remove(site, viewer, campaign.uid),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_dates_and_zone_have_a_history(site, actor, campaign):
    after = editing.update_campaign(site, actor, campaign.uid, dates(site, zone="Asia/Tokyo"))
    assert after.version == 2
    same = editing.update_campaign(site, actor, campaign.uid, dates(site, zone="Asia/Tokyo"))
    assert same.version == 2
    with site.db.read() as conn:
        kept = conn.execute(select(campaign_version.c.n, campaign_version.c.zone)).all()
        assert sorted(map(tuple, kept)) == [(1, "UTC"), (2, "Asia/Tokyo")]


def test_an_action_is_judged_by_its_plugin(site, actor, campaign):
    with pytest.raises(Invalid) as refused:
        actions.add(site, actor, campaign.uid, wave(config={"shout": "much too long"}))
    assert list(refused.value.errors) == ["config.shout"]
    with pytest.raises(Invalid) as refused:
        actions.add(site, actor, campaign.uid, wave(config={"shout": "HEY"}))
    assert refused.value.errors == {"config.shout": "Not so loud."}


def test_an_action_is_judged_by_the_plan(site, actor, campaign):
    with pytest.raises(NotAllowed, match=r"(?i)plan"):
        actions.add(site, actor, campaign.uid, wave(type_key="probe.dear"))
    shown = {offer.key: offer.denied for offer in actions.offers(site, actor)}
    assert shown["probe.wave"] is None
    assert shown["probe.dear"]


def test_an_unknown_type_is_not_found(site, actor, campaign):
    with pytest.raises(NotFound):
        actions.add(site, actor, campaign.uid, wave(type_key="gone.thing"))


def test_actions_keep_their_order_and_can_be_moved_and_removed(site, actor, campaign):
    made = [actions.add(site, actor, campaign.uid, wave(title=title)) for title in "abc"]
    actions.shift(site, actor, campaign.uid, made[2].uid, -1)
    actions.remove(site, actor, campaign.uid, made[0].uid)
    with site.db.read() as conn:
        assert [each.title for each in service.actions_of(conn, campaign.id)] == ["c", "b"]
    with pytest.raises(NotFound):
        actions.remove(site, actor, campaign.uid, made[0].uid)


def test_tracking_names_are_compiled_and_twice_is_a_warning(site, actor, campaign):
    for title in ("one", "two"):
        actions.add(site, actor, campaign.uid, wave(title=title, config={"signal": "VIP"}))
    with site.db.read() as conn:
        assert actions.same_signals(conn, campaign.id) == {"VIP": ["one", "two"]}
        uid = service.actions_of(conn, campaign.id)[0].uid
    editing.update_action(
        site, actor, campaign.uid, uid, wave(title="one", config={"signal": "VIP1"})
    )
    with site.db.read() as conn:
        names = conn.execute(select(action_signal.c.name)).scalars()
        assert sorted(names) == ["VIP", "VIP1"]
        assert actions.same_signals(conn, campaign.id) == {}


def test_every_act_is_audited(site, actor, campaign):
    actions.add(site, actor, campaign.uid, wave())
    editing.update_campaign(site, actor, campaign.uid, dates(site, title="Autumn"))
    service.remove(site, actor, campaign.uid)
    with site.db.read() as conn:
        acts = list(conn.execute(select(audit.c.act).order_by(audit.c.seq)).scalars())
    assert acts[-4:] == [
        "campaign.created",
        "action.added",
        "campaign.changed",
        "campaign.removed",
    ]
