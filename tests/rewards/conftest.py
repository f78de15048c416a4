"""A reward campaign with a few actions, people who do them, and the team behind it."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tombola.api import EntryDraft, Identity
from tombola.campaigns import prizes, service
from tombola.campaigns.models import action
from tombola.campaigns.prizes import Delivery, Prize, PrizeForm
from tombola.campaigns.rules import CampaignForm, Kind
from tombola.db import new_uid
from tombola.db.rows import insert_one
from tombola.entrants import service as entrants
from tombola.entrants.models import entrant
from tombola.entries import service as entries
from tombola.entries.models import entry
from tombola.entries.record import load_rules, record
from tombola.entries.totals import recount
from tombola.installation import Installation
from tombola.plans.service import ensure_first_plans
from tombola.rewards import codes, listing, shelf
from tombola.rewards.listing import Filter
from tombola.rewards.models import reward_claim, reward_code, reward_stock
from tombola.rewards.service import Came, Wanted, claim
from tombola.teams import service as teams
from tombola.teams.rules import Actor, Role
from tombola.testing.clock import NOON


def letter(prize, code):
    return f"Yours: {prize.title}", f"Here it is: {code or prize.delivery_text}"


class Booth:
    """The campaign, and short words for what the tests do to it."""

    def __init__(self, inst: Installation) -> None:
        self.inst = inst
        with inst.db.write() as conn:
            ensure_first_plans(conn)
        form = teams.NewMember(name="Ada", email="ada@example.org", password="correct horse")
        who = teams.create_first_operator(inst, form)
        team = teams.create_team(inst, teams.operator_actor(who), teams.NewTeam(name="Club"))
        self.actor = teams.actor_in(inst, who, team.slug)[0]
        self.viewer = Actor(self.actor.team_id, self.actor.team_uid, None, "V", Role.VIEWER)
        dates = {"starts_at": NOON - timedelta(days=5), "ends_at": NOON + timedelta(days=5)}
        wanted = CampaignForm(title="Thanks", kind=Kind.REWARD, **dates)
        self.campaign = service.create(inst, self.actor, wanted, key="thx01")

    def action(self, *, mandatory: bool = False) -> int:
        """An action that anybody may do as often as they like."""
        with self.inst.db.write() as conn:
            return insert_one(
                conn, action, uid=new_uid(NOON), team_id=self.actor.team_id,
                campaign_id=self.campaign.id, type_key="t.a", title="A", description="",
                config={}, config_version=1, interval="unlimited", worth=1, position=1,
                mandatory=mandatory, created_at=NOON,
            )  # fmt: skip

    def prize(self, **values) -> Prize:
        """A reward; with words for everybody unless something else is said."""
        form = {"title": "Sticker", "delivery": Delivery.TEXT, "delivery_text": "At the desk."}
        return prizes.add(self.inst, self.actor, self.campaign.uid, PrizeForm(**(form | values)))

    def coded(self, *texts: str, **values) -> Prize:
        """A reward with these codes."""
        made = self.prize(delivery=Delivery.CODE, delivery_text="", **values)
        codes.take(self.inst, self.actor, self.campaign.uid, made.uid, texts)
        return made

    def person(self, name: str = "1", email: str | None = None) -> entrants.Known:
        """Somebody who is known by an account."""
        with self.inst.db.write() as conn:
            seen = Identity("net.x", name, name=name)
            found = entrants.resolve(conn, self.actor.team_id, [seen], NOON)["net.x", name]
            mine = entrant.c.id == found.entrant_id
            conn.execute(update(entrant).where(mine).values(email=email))
            return found

    def does(self, who: entrants.Known, *actions: int) -> None:
        """Let somebody do actions."""
        drafts = [
            EntryDraft(each, who.id, who.entrant_id, new_uid(NOON), "test") for each in actions
        ]
        with self.inst.db.write() as conn:
            record(conn, drafts, load_rules(conn, self.campaign.id), self.inst.clock())

    def revoke(self, who: entrants.Known) -> None:
        """Take all back that somebody did."""
        with self.inst.db.read() as conn:
            mine = select(entry.c.uid).where(entry.c.entrant_id == who.entrant_id)
            uids = list(conn.execute(mine).scalars())
        entries.revoke(self.inst, self.actor, self.campaign.uid, uids, "a bot")

    def restore(self, who: entrants.Known) -> None:
        """Let all count again that somebody did."""
        with self.inst.db.read() as conn:
            mine = select(entry.c.uid).where(entry.c.entrant_id == who.entrant_id)
            uids = list(conn.execute(mine).scalars())
        entries.restore(self.inst, self.actor, self.campaign.uid, uids)

    def claim(self, who: entrants.Known, prize: Prize, *mandatory: int) -> Came:
        """Press the button."""
        found = service.get(self.inst, self.actor, self.campaign.uid)
        return claim(self.inst, Wanted(found, prize.uid, who.entrant_id, mandatory, letter))

    def claims(self, who: entrants.Known) -> dict[int, shelf.Claim]:
        """What somebody has, by the prize's number."""
        with self.inst.db.read() as conn:
            return shelf.of_entrant(conn, self.campaign.id, who.entrant_id)

    def lines(self, **wanted) -> list[listing.Line]:
        """What the team sees."""
        return listing.page(self.inst, self.actor, self.campaign.uid, Filter(**wanted))

    def left(self, prize: Prize) -> int | None:
        """How many pieces of a prize can be claimed."""
        with self.inst.db.read() as conn:
            found = prizes.one(conn, self.campaign.id, prize.uid)
            return shelf.supplies(conn, [found])[found.id].left

    def sums(self) -> list[str]:
        """What of the counts does not equal the rows themselves; nothing if all is well."""
        with self.inst.db.read() as conn:
            wrong = recount(conn, self.campaign.id)
            for each in prizes.of_campaign(conn, self.campaign.id):
                mine = reward_claim.c.prize_id == each.id
                states = list(conn.execute(select(reward_claim.c.state).where(mine)).scalars())
                if each.claimed != len(states) - states.count("undone"):
                    wrong.append(f"{each.title}: {each.claimed} counted, {states} there")
                kept = list(conn.execute(
                    select(reward_code.c.claim_id).where(reward_code.c.prize_id == each.id)
                ).scalars())  # fmt: skip
                counted = conn.execute(
                    select(reward_stock.c.codes, reward_stock.c.free).where(
                        reward_stock.c.prize_id == each.id
                    )
                ).first()
                if counted and tuple(counted) != (len(kept), kept.count(None)):
                    wrong.append(f"{each.title}: {counted} codes counted, {kept} there")
            return wrong


@pytest.fixture
def booth(inst):
    made = Booth(inst)
    yield made
    assert made.sums() == []
