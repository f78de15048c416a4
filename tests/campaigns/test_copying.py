"""Campaigns begun from others: everything that was set, nothing that happened, sources at rest."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tombola.admission.service import change_asks, change_eligibility
from tombola.api import Invalid, NotFound
from tombola.campaigns import actions, content, prizes, service, starters
from tombola.campaigns.models import action_signal
from tombola.campaigns.prizes import PrizeForm
from tombola.campaigns.rules import ActionForm
from tombola.campaigns.terms import Asks, Consent, Eligibility
from tombola.entries.models import entry
from tombola.importing import copying
from tombola.importing.copying import CopyForm
from tombola.importing.models import lane, source
from tombola.plugins.loader import load
from tombola.teams.rules import Actor, Role
from tombola.testing import house as houses


@pytest.fixture
def house(database, clock, tmp_path):
    return houses.build(database, clock, tmp_path / "data")


@pytest.fixture
def made(house):
    """A campaign with everything that can be set."""
    inst, owner = house.inst, house.actor()
    found = house.campaign("Win a lamp", description="One **lamp**.", confirm_email=True)
    change_eligibility(inst, owner, found.uid, Eligibility(min_age=18, ask_country=True))
    change_asks(inst, owner, found.uid, Asks(consents=(Consent(key="n", wording="Write."),)))
    form = content.ContentForm(description="One **lamp**.", rules_text="# Rules", privacy_text="P")
    content.change(inst, owner, found.uid, form)
    service.say(inst, owner, found.uid, "de", {"join": "Komm"})
    prizes.add(inst, owner, found.uid, PrizeForm(title="Lamp", winners=2))
    paid = house.action(found, "moon", title="Buy", worth=5, interval="daily")
    house.action(found, "sun", title="Card", replaces=paid.uid, countries=["FR"])
    feed = house.action(found, type_key="sample.feed", config={}, title="Post")
    with inst.db.write() as conn:
        conn.execute(
            action_signal.insert().values(
                team_id=house.team.id, campaign_id=found.id, name="Buy", action_id=paid.id,
                proof="signed", redact=True,
            )
        )  # fmt: skip
        conn.execute(
            source.insert().values(
                uid="s1", team_id=house.team.id, action_id=feed.id, importer_key="sample.feed",
                config={"tags": ["lamps"]}, config_version=1, every_seconds=600, state="active",
                detail={}, created_at=inst.clock(),
            )
        )  # fmt: skip
    return service.get(inst, owner, found.uid)


def again(house, made, title="Win two lamps"):
    form = CopyForm(title=title, starts_at=house.inst.clock() + timedelta(days=3))
    return copying.duplicate(house.inst, house.actor(), made.uid, form)


def test_a_duplicate_has_everything_but_what_happened(house, made):
    built = again(house, made)
    copy = service.get(house.inst, house.actor(), built.campaign.uid)
    same = set(service.Campaign.model_fields) - {
        "id", "uid", "key", "title", "starts_at", "ends_at", "version", "created_at",
    }  # fmt: skip
    assert copy.model_dump(include=same) == made.model_dump(include=same)
    assert copy.title == "Win two lamps"
    assert copy.ends_at - copy.starts_at == made.ends_at - made.starts_at
    assert copy.key != made.key
    with house.inst.db.read() as conn:
        paid, card, post = service.actions_of(conn, copy.id)
        assert [(each.title, each.worth) for each in (paid, card)] == [("Buy", 5), ("Card", 5)]
        assert (card.replaces, card.countries) == (paid.uid, ("FR",))
        signals = conn.execute(
            select(action_signal.c.name, action_signal.c.proof, action_signal.c.redact)
            .where(action_signal.c.campaign_id == copy.id)
        ).all()  # fmt: skip
        assert [tuple(row) for row in signals] == [("Buy", "signed", True)]
        assert [each.title for each in prizes.of_campaign(conn, copy.id)] == ["Lamp"]
        mine = source.c.action_id == post.id
        row = conn.execute(select(source).where(mine)).mappings().one()
        assert (row["state"], row["config"], row["every_seconds"]) == (
            "paused",
            {"tags": ["lamps"]},
            600,
        )
        lanes = conn.execute(select(lane.c.lane).where(lane.c.source_id == row["id"])).scalars()
        assert sorted(lanes) == ["history", "live"]
        assert conn.execute(select(entry).where(entry.c.campaign_id == copy.id)).first() is None
    assert house.work() == 0


def test_an_action_that_the_plan_lacks_is_left_out_and_told(house, made):
    house.post(house.client("operator"), "/operator/teams/lamps/plan", plan="free")
    built = again(house, made)
    assert built.actions == {}
    assert [title for title, _ in built.left_out] == ["Buy", "Card", "Post"]
    assert "plan" in built.left_out[0][1]


def test_a_template_of_the_team_begins_campaigns_later(house, made):
    inst, owner = house.inst, house.actor()
    kept = copying.save_template(inst, owner, made.uid, " Our  lamps ")
    assert kept.title == "Our lamps"
    service.remove(inst, owner, made.uid)
    form = CopyForm(title="Spring", starts_at=inst.clock())
    built = copying.from_template(inst, owner, kept.uid, form)
    assert built.campaign.description == "One **lamp**."
    assert len(built.actions) == 3
    stranger = Actor(house.other.id, house.other.uid, None, "Eve", Role.OWNER)
    assert copying.templates(inst, stranger) == []
    with pytest.raises(NotFound):
        copying.from_template(inst, stranger, kept.uid, form)
    copying.remove_template(inst, owner, kept.uid)
    assert copying.templates(inst, owner) == []
    with pytest.raises(Invalid):
        copying.save_template(inst, owner, built.campaign.uid, "")


def test_every_ready_template_begins_a_campaign(database, clock, tmp_path):
    house = houses.build(database, clock, tmp_path / "data", load())
    for starter in starters.STARTERS:
        form = CopyForm(title=starter.title, starts_at=clock())
        built, left = copying.from_starter(
            house.inst, house.actor(), starter.key, form, "Europe/Berlin"
        )
        assert built.campaign.kind is starter.campaign.kind
        assert built.actions, starter.key
        assert left == []


def test_ready_templates_leave_out_what_the_plan_lacks(sqlite_database, clock, tmp_path):
    house = houses.build(sqlite_database, clock, tmp_path / "data", load())
    client = house.client("operator")
    house.post(client, "/operator/teams/lamps/plan", plan="free")
    form = CopyForm(title="Photos", starts_at=clock())
    built, left = copying.from_starter(house.inst, house.actor(), "photo_contest", form, "UTC")
    assert built.actions == {}
    assert "Post a photo with our hashtag on X" in left


def test_an_action_is_added_after_all(house, made):
    """The copy is a campaign like any other."""
    built = again(house, made)
    form = ActionForm(type_key="sample.word", title="More", config={"word": "x"})
    assert actions.add(house.inst, house.actor(), built.campaign.uid, form).position == 4
