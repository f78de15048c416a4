"""The Winners tab: plan, pool, steps, winners, and what becomes of them."""

import pytest
from sqlalchemy import select

from tombola.campaigns import prizes
from tombola.campaigns.models import campaign
from tombola.campaigns.prizes import PrizeForm
from tombola.draws import service, winners
from tombola.draws.types import DrawPrize, Place
from tombola.entrants.models import entrant
from tombola.fairness.bundle import DICE
from tombola.mail.models import mail


@pytest.fixture
def hall(quick_hall):
    return quick_hall


@pytest.fixture
def base(hall):
    return f"/team/lamps/campaign/{hall.campaign.key}/winners"


@pytest.fixture
def editor(hall):
    return hall.house.client("editor")


def uid_of(hall, number):
    with hall.inst.db.read() as conn:
        row = conn.execute(entrant.select().where(entrant.c.id == number)).one()
    return row.uid


def drawn(hall, **more):
    hall.crowd()
    return hall.drawn(**more)


def test_campaign_without_draws_says_so_and_a_reward_has_no_tab(hall, editor, base):
    page = editor.get(base).text
    assert "No draw yet" in page
    assert "Start a new round" in page
    reward = hall.house.campaign("Mugs", kind="reward")
    assert "/winners" not in editor.get(f"/team/lamps/campaign/{reward.key}").text


def test_plan_takes_prizes_of_the_campaign_and_free_ones(hall, editor, base):
    hall.crowd(3)
    lamp = prizes.add(hall.inst, hall.actor, hall.campaign.uid, PrizeForm(title="Lamp", winners=2))
    form = editor.get(f"{base}/new").text
    assert f'name="prize-{lamp.uid}-count"' in form
    assert "does not prove that the organiser did not try pools" in form
    said = {
        f"prize-{lamp.uid}-count": "2", "free-0-title": "A <b>mug</b>", "free-0-count": "1",
        "title": "Lamps", "backups": "1", "mode": "per_person", "grade": "B",
    }  # fmt: skip
    answer = hall.house.post(editor, f"{base}/new", **said)
    assert answer.status_code == 303
    [made] = service.of_campaign(hall.inst, hall.actor, hall.campaign.uid)
    assert [(p.uid, p.title, p.winners) for p in made.form.prizes] == [
        (lamp.uid, "Lamp", 2), (None, "A <b>mug</b>", 1),
    ]  # fmt: skip
    assert not made.form.unclaimed_may_win
    page = editor.get(answer.location).text
    assert "A &lt;b&gt;mug&lt;/b&gt;" in page
    assert "Counting" in page
    change = f"{base}/{made.uid}/change"
    assert 'value="A &lt;b&gt;mug&lt;/b&gt;"' in editor.get(change).text
    hall.house.post(editor, change, **{**said, "free-0-count": "", "backups": "2"})
    made = hall.get(made)
    assert [p.title for p in made.form.prizes] == ["Lamp"]
    assert made.form.backups == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"free-0-count": "0"}, "Name at least one prize"),
        ({"free-0-count": "two"}, "whole number"),
        ({"free-0-count": "10001"}, "10000"),
        ({"grade": ""}, "Choose what the draw is to prove"),
        ({"grade": "C", "witnesses": "Ada"}, "at least 2 witnesses"),
        ({"since": "2026-02-02T10:00", "until": "2026-01-01T10:00"}, "after the beginning"),
        ({"title": "  "}, "title"),
    ],
)
def test_wrong_plan_is_shown_again_with_what_is_wrong(hall, editor, base, wrong, said):
    sent = {
        "free-0-title": "Mug", "free-0-count": "1", "title": "Mine & yours", "backups": "1",
        "mode": "weighted", "grade": "B",
    }  # fmt: skip
    answer = hall.house.post(editor, f"{base}/new", **{**sent, **wrong})
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="Mug"' in answer.text
    assert service.of_campaign(hall.inst, hall.actor, hall.campaign.uid) == []


def test_pool_is_told_before_the_draw(hall, editor, base):
    hall.enter("anna", 3)
    ben = hall.enter("ben", 4)
    hall.enter("a post", unclaimed=True)
    made = hall.plan(prizes=[DrawPrize(title="Lamp")], unclaimed_may_win=False)
    hall.house.post(
        editor, f"{base}/{made.uid}/exclude", entrant=uid_of(hall, ben), reason="works here"
    )
    part = editor.get(f"{base}/{made.uid}/pool").text
    assert ">1<small>would take part" in part
    assert ">3<small>by what entries are worth" in part
    assert "works here" in part
    assert "posts that nobody has claimed" in part
    assert "Draw from 1 person with 3 tickets?" in part
    assert "The campaign still runs" in part
    page = editor.get(f"{base}/{made.uid}?who=anna").text
    assert "Leave out" in page
    assert "ben" in page
    hall.house.post(editor, f"{base}/{made.uid}/exclude", entrant=uid_of(hall, ben), act="remove")
    assert hall.get(made).form.exclude == []
    empty = hall.house.post(
        editor, f"{base}/{made.uid}/exclude", entrant=uid_of(hall, ben), reason=" ", word="ben"
    )
    assert "who=ben" in empty.location
    assert hall.get(made).form.exclude == []


def test_empty_pool_cannot_be_closed(hall, editor, base):
    made = hall.plan()
    part = editor.get(f"{base}/{made.uid}/pool").text
    assert "there is nothing to draw from" in part
    assert "/close" not in part


def test_close_shows_steps_that_renew_themselves(hall, editor, base):
    hall.crowd()
    made = hall.plan()
    here = f"{base}/{made.uid}"
    assert hall.house.post(editor, f"{here}/close").status_code == 303
    page = editor.get(here).text
    assert "The draw is on its way" in page
    address = page.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    assert editor.get(address).status_code == 204
    older = address.replace("seen=", "seen=x")
    assert "Read the sources once more" in editor.get(older).text
    hall.work()
    assert editor.get(address).headers["HX-Refresh"] == "true"
    assert "Wait for the randomness" in editor.get(here).text
    assert editor.get(f"{here}/pool").headers["HX-Refresh"] == "true"
    hall.run(made)
    assert editor.get(address).headers["HX-Refresh"] == "true"


def test_winners_are_listed_by_prize_and_passed_on_in_order(hall, editor, base):
    made = drawn(hall)
    here = f"{base}/{made.uid}"
    order = hall.winners(made)
    page = editor.get(here).text
    assert "Backups, in their fixed order" in page
    assert all(one.name in page for one in order)
    first, heir = order[0], order[3]
    assert f"It goes to place {heir.rank}" in page
    assert hall.house.post(editor, f"{here}/pass/{first.uid}", reason="").status_code == 303
    assert hall.winners(made)[0].place is Place.WINNER
    assert "Say why; the reason is kept with the place." in editor.get(here).text
    hall.house.post(editor, f"{here}/pass/{first.uid}", reason="<never> answered")
    places = hall.winners(made)
    assert places[0].place is Place.PASSED
    assert (places[3].place, places[3].prize) == (Place.WINNER, "Lamp")
    assert "&lt;never&gt; answered" in editor.get(here).text


def test_place_of_another_draw_is_not_found(hall, editor, base):
    hall.crowd()
    one, other = hall.drawn(), hall.drawn(repeats=True)
    place = hall.winners(other)[0].uid
    answer = hall.house.post(editor, f"{base}/{one.uid}/pass/{place}", reason="mixed up")
    assert answer.status_code == 404
    assert hall.winners(other)[0].place is Place.WINNER


def test_contact_leads_to_the_card_and_a_stranger_cannot_be_told(hall, editor, base):
    made = drawn(hall)
    first = hall.winners(made)[0]
    page = editor.get(f"{base}/{made.uid}").text
    card = page.split("/contact")[0].rsplit('"', 1)[1] + "/contact"
    assert editor.get(card).status_code == 200
    letter = editor.get(f"{base}/{made.uid}/tell/{first.entrant}")
    assert "No way to write from here" in letter.text
    backup = hall.winners(made)[-1]
    assert editor.get(f"{base}/{made.uid}/tell/{backup.entrant}").status_code == 404


def test_winner_with_an_address_is_told_once_by_mail(hall, editor, base):
    settings = hall.inst.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:9"})
    object.__setattr__(hall.inst, "settings", settings)
    made = drawn(hall)
    first = hall.winners(made)[0]
    with hall.inst.db.write() as conn:
        mine = entrant.c.uid == first.entrant
        conn.execute(entrant.update().where(mine).values(email="anna@example.org"))
    here = f"{base}/{made.uid}"
    address = f"{here}/tell/{first.entrant}"
    assert "E-mail" in editor.get(address).text
    wrong = hall.house.post(editor, address, text="Hello {nobody}", channel="mail")
    assert wrong.status_code == 422
    assert "Known placeholders" in wrong.text
    for _again in range(2):
        assert hall.house.post(editor, address, text="Hello!", channel="mail").status_code == 303
    with hall.inst.db.read() as conn:
        assert conn.execute(select(mail.c.text)).scalars().all() == ["Hello!"]
    page = editor.get(here).text
    assert ">Due<" in page
    assert f"/tell/{first.entrant}" not in page


def test_publish_void_and_the_lists_keep_it(hall, editor, base):
    made = drawn(hall)
    here = f"{base}/{made.uid}"
    hall.house.post(editor, f"{here}/publish", names="initials")
    assert hall.get(made).shown_names == "initials"
    assert hall.get(made).state == "published"
    assert hall.house.post(editor, f"{here}/void", reason="").status_code == 303
    assert hall.get(made).state == "published"
    hall.house.post(editor, f"{here}/void", reason="the lamp is broken")
    assert "the lamp is broken" in editor.get(base).text
    page = editor.get(here).text
    assert "does not count" in page
    assert "Pass over" not in page
    assert (
        editor.get(f"{base.replace('winners', 'draws')}/{made.uid}/announcement").status_code == 409
    )


def test_dice_are_entered_once(hall, editor, base):
    hall.crowd()
    made = hall.plan(grade="C")
    here = f"{base}/{made.uid}"
    hall.house.post(editor, f"{here}/close")
    hall.work()
    assert "Enter the dice" in editor.get(here).text
    hall.house.post(editor, f"{here}/dice", dice="123")
    assert "Enter the dice" in editor.get(here).text
    hall.house.post(editor, f"{here}/dice", dice="36" * (DICE // 2) + "1" * (DICE % 2))
    hall.work()
    assert hall.get(made).state == "drawn"


def test_witnesses_get_their_links_and_viewers_do_not(hall, editor, base):
    hall.crowd()
    made = hall.plan(grade="C", witnesses=["Ada", "Ben"])
    here = f"{base}/{made.uid}"
    page = editor.get(here).text
    assert "/draw/witness/" in page
    assert "has not committed yet" in page
    assert "Still missing: Ada, Ben" in editor.get(f"{here}/pool").text
    viewer = hall.house.client("viewer")
    seen = viewer.get(here).text
    assert "/draw/witness/" not in seen
    assert "Leave somebody out" not in seen
    assert hall.house.post(viewer, f"{here}/close").status_code == 403
    assert viewer.get(f"{base}/new").status_code == 403


def test_another_teams_or_campaigns_draw_is_not_found(hall, editor, base):
    made = drawn(hall)
    other = hall.house.campaign("Another")
    assert editor.get(f"/team/lamps/campaign/{other.key}/winners/{made.uid}").status_code == 404
    assert editor.get(f"{base}/nothing").status_code == 404


def test_erased_winner_is_told_as_such(hall, editor, base):
    made = drawn(hall)
    first = hall.winners(made)[0]
    with hall.inst.db.write() as conn:
        gone = {"name": None, "erased_at": hall.clock()}
        conn.execute(entrant.update().where(entrant.c.uid == first.entrant).values(**gone))
    assert winners.winners(hall.inst, hall.actor, made.uid)[0].erased
    assert "erased person" in editor.get(f"{base}/{made.uid}").text


def test_announcement_speaks_the_campaigns_language(hall, editor, base):
    made = drawn(hall)
    here = f"{base.replace('winners', 'draws')}/{made.uid}/announcement"
    assert "The winners are" in editor.get(here).text
    with hall.inst.db.write() as conn:
        mine = campaign.c.id == hall.campaign.id
        conn.execute(campaign.update().where(mine).values(language="ar"))
    assert "الفائزون هم" in editor.get(here).text
    picture = editor.get(f"{here}.svg?shape=wide&names=initials")
    assert picture.content_type == "image/svg+xml"
    assert 'direction="rtl"' in picture.text
