"""What plugins may say to pushes, answers and pages: gates that refuse, and plugins that break."""

from dataclasses import replace

import pytest

from tombola.api import ActionType, Config, Denied, Identity
from tombola.app import create_app
from tombola.campaigns import actions
from tombola.campaigns.rules import ActionForm, Interval
from tombola.entrants import service as entrants
from tombola.entries import linking
from tombola.entries.changes import Act
from tombola.plugins.registry import Plugins
from tombola.queue import runner, tasks
from tombola.queue.kinds import House, Kinds
from tombola.teams.rules import Actor
from tombola.testing.plugins import make_plugin
from tombola.widget import acts, entering, gates, hot, jobs, settle, visitors
from tombola.widget.models import visitor
from tombola.widget.tokens import link_token

pytestmark = pytest.mark.plugins("custom_tracking")


class Broken(ActionType[Config]):
    key = "broken.bang"
    title = "Bang"
    config_model = Config

    def view(self, ctx, config, who):
        raise RuntimeError("bang")

    def start(self, ctx, config, who):
        raise RuntimeError("bang")


@pytest.fixture
def asked():
    """The sets of drafts that the gate was asked about."""
    return []


@pytest.fixture
def inst(inst, asked):
    """An installation with a gate that refuses everything of value no, and a broken plugin."""

    def gate(drafts, campaign):
        asked.append((campaign.key, [dict(draft.details) for draft in drafts]))
        refuse = Denied("The order was cancelled.")
        return [refuse if "no" in draft.details.values() else None for draft in drafts]

    guard = make_plugin("guard", gate_entries=gate)
    broken = make_plugin("broken", register_action_types=lambda: [Broken])
    return replace(inst, plugins=Plugins([*inst.plugins.all, guard, broken], inst.plugins.world))


def link(site):
    return link_token(site.inst.vault, "y2sB7", site.visitor_of(), site.inst.clock())


def states(site):
    return [(row["state"], row["reason"]) for row in site.entries()]


def test_gate_is_asked_once_a_set_and_its_refusal_is_kept_with_the_reason(site, asked):
    site.action("Purchase", interval="unlimited")
    site.enter()
    site.push(token=link(site))
    site.push(["Purchase", "17"], ["Purchase", "no"])
    assert states(site) == [("valid", None), ("refused", "The order was cancelled.")]
    assert asked == [("y2sB7", [{"Purchase": "17"}, {"Purchase": "no"}])]


def test_gate_is_asked_about_claimed_unlocks_too(site):
    site.action("Purchase")
    site.push(["Purchase", "no"], token=link(site))
    site.enter()
    assert states(site) == [("refused", "The order was cancelled.")]


def test_gate_is_asked_about_answers_too(site):
    action = site.action()
    site.enter()
    place = site.directory.get("y2sB7")
    met = entering.known(site.inst, site.campaign.team_id, "cookie-1")
    model = acts.asked(site.inst, place, action)
    assert model is not None
    acts.do(site.inst, place, met, action.uid, model(answer="no"))
    assert states(site) == [("refused", "The order was cancelled.")]


def test_refused_answer_is_said_to_be_so_and_stays_in_the_form(site):
    app = create_app(site.inst)
    app.extensions[hot.NAME] = hot.make(site.inst, fresh_s=0)
    client = app.test_client()
    own = {"Sec-Fetch-Site": "same-origin"}
    question = site.action(interval="unlimited")
    form = {"name": "Anna", "email": "anna@mail.example"}
    client.post("/w/y2sB7/enter", data=form, headers=own)
    for _ in range(2):
        typed = {f"{question.uid[-12:]}.answer": "no"}
        page = client.post(f"/w/y2sB7/do/{question.uid}", data=typed, headers=own)
        assert page.status_code == 422
        assert "We could not count this." in page.text
        assert "done this already" not in page.text
        assert 'value="no"' in page.text or ">\nno</textarea>" in page.text
    assert states(site) == [("refused", "The order was cancelled.")]
    app.extensions[hot.NAME].tracker.close()


def test_duty_settles_what_waited_for_the_plan(site, clock):
    site.action("Visit", interval="daily")
    site.enter()
    site.push(token=link(site))
    site.plan("pro")
    site.push(["Visit"])
    house = House(site=site.inst, kinds=Kinds(jobs.kinds()))
    with site.inst.db.write() as conn:
        tasks.put(conn, jobs.SETTLE, jobs.SETTLE, clock())
    runner.run(house, house.kinds[jobs.SETTLE])
    assert site.entries() == []
    site.plan("business")
    clock.advance(jobs.EVERY)
    runner.run(house, house.kinds[jobs.SETTLE])
    assert states(site) == [("valid", None)]


def test_plugin_that_breaks_takes_neither_page_nor_other_actions_along(site):
    form = ActionForm(type_key="broken.bang", title="Bang", interval=Interval.ONCE)
    bang = actions.add(site.inst, site.actor, site.campaign.uid, form)
    site.action()
    app = create_app(site.inst)
    app.extensions[hot.NAME] = hot.make(site.inst, fresh_s=0)
    page = app.test_client().get("/y2sB7")
    app.extensions[hot.NAME].tracker.close()
    assert page.status_code == 200
    assert "Not available at the moment" in page.text
    assert "Do tell" in page.text
    assert "bang" not in page.text
    site.enter()
    place = site.directory.get("y2sB7")
    met = entering.known(site.inst, site.campaign.team_id, "cookie-1")
    assert acts.do(site.inst, place, met, bang.uid, None).came is acts.Came.AWAY


def test_push_of_a_person_who_is_linked_at_that_moment_is_not_lost(site, monkeypatch):
    site.action("VIP")
    site.push(["VIP"], visitor="page-visitor-1")
    team_id, now = site.campaign.team_id, site.inst.clock()
    with site.inst.db.write() as conn:
        seen = Identity("x.id", "7")
        known = entrants.resolve(conn, team_id, [seen], now)["x.id", "7"]
        conn.execute(visitor.update().values(entrant_id=known.entrant_id))
    ask = gates.refusals

    def link_meanwhile(*given):
        with site.inst.db.write() as conn:
            other = entrants.create_person(conn, team_id, "Jane", None, now)
            act = Act("link", Actor.system(team_id), "", known.uid, now)
            linking.link(conn, known, other.id, "log-in", act)
            visitors.move(conn, team_id, known.entrant_id, other.id)
        return ask(*given)

    monkeypatch.setattr(gates, "refusals", link_meanwhile)
    settle.settle_all(site.inst, site.directory)
    monkeypatch.setattr(gates, "refusals", ask)
    settle.settle_all(site.inst, site.directory)
    assert len(site.entries()) == 1
