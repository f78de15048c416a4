"""Rewards below the browser: locked, unlocked, claimed, sold out; the poll; the mail; one's own."""

import json
import re

import pytest
from sqlalchemy import update

from tombola.app import create_app
from tombola.campaigns import prizes
from tombola.campaigns.models import campaign
from tombola.campaigns.prizes import Delivery, PrizeForm
from tombola.rewards import codes, deciding, listing
from tombola.rewards.listing import Filter
from tombola.widget import hot
from tombola.widget.poll import Poll

pytestmark = pytest.mark.plugins("custom_tracking")
OWN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def inst(sqlite_inst):
    """What is given to whom is tried on both databases elsewhere; here, what pages say of it."""
    return sqlite_inst


class Fair:
    """The campaign as a reward, in browsers without scripts."""

    def __init__(self, site, app):
        self.site, self.app = site, app

    def prize(self, *texts, **values):
        form = PrizeForm(**{"title": "Sticker", "delivery": Delivery.CODE, "needs": 2, **values})
        where = (self.site.inst, self.site.actor, self.site.campaign.uid)
        made = prizes.add(*where, form)
        if texts:
            codes.take(*where, made.uid, texts)
        return made

    def browser(self, email="anna@mail.example"):
        client = self.app.test_client()
        client.post("/w/y2sB7/enter", data={"name": "Anna", "email": email}, headers=OWN)
        return client

    def does(self, client, action):
        data = {f"{action.uid[-12:]}.answer": "because"}
        assert client.post(f"/w/y2sB7/do/{action.uid}", data=data, headers=OWN).status_code == 303

    def claims(self, client, prize):
        return client.post(f"/w/y2sB7/reward/{prize.uid}", headers=OWN, follow_redirects=True)

    def card(self, client, prize):
        """The words of the prize's card, and its state."""
        text = client.get("/y2sB7").text
        html = re.search(rf'<li class="card reward[^>]*id="r-{prize.uid}".*?</li>', text, re.DOTALL)
        assert html is not None
        state = re.search(r'data-state="([^"]*)"', html[0])
        assert state is not None
        return re.sub(r"<[^>]*>|\s+", " ", html[0]), state[1]

    def lines(self):
        where = (self.site.inst, self.site.actor, self.site.campaign.uid)
        return listing.page(*where, Filter())


@pytest.fixture
def fairly(site, office):
    with site.inst.db.write() as conn:
        conn.execute(update(campaign).values(kind="reward"))
    app = create_app(office.inst)
    app.extensions[hot.NAME] = hot.make(office.inst, fresh_s=0)
    yield Fair(site, app)
    app.extensions[hot.NAME].tracker.close()


def test_card_goes_from_locked_to_open_to_claimed_and_the_mail_brings_the_code(fairly, office):
    first, second = fairly.site.action(), fairly.site.action()
    prize = fairly.prize("TEA-1", delivery_text="Use it at the till.")
    anna = fairly.browser()
    assert "2 more actions open it" in fairly.card(anna, prize)[0]
    fairly.does(anna, first)
    text, state = fairly.card(anna, prize)
    assert ("1 more action opens it" in text, state) == (True, "locked:1/2")
    refused = fairly.claims(anna, prize)
    assert refused.status_code == 422
    assert "It is not open for you yet." in refused.text
    fairly.does(anna, second)
    text, state = fairly.card(anna, prize)
    assert ("Claim" in text, state) == (True, "unlocked:2/2")
    assert "TEA-1" not in text
    fairly.claims(anna, prize)
    text, state = fairly.card(anna, prize)
    assert "TEA-1" in text
    assert "Use it at the till." in text
    assert state == "claimed:2/2:sent"
    letter = office.read()
    assert letter["Subject"] == "Yours: Sticker"
    assert "Your code: TEA-1" in str(letter.get_content())
    assert "Use it at the till." in str(letter.get_content())
    assert letter["To"] == "anna@mail.example"


def test_without_an_address_the_code_counts_as_seen_once_its_page_is(fairly):
    prize = fairly.prize("TEA-1", needs=0)
    with fairly.site.inst.db.write() as conn:
        conn.execute(update(campaign).values(asks={"email": "optional"}))
    anna = fairly.browser(email="")
    anna.post(f"/w/y2sB7/reward/{prize.uid}", headers=OWN)
    assert fairly.lines()[0].shown_at is None
    assert "TEA-1" in fairly.card(anna, prize)[0]
    assert fairly.lines()[0].shown_at is not None


def test_the_last_piece_is_one_persons_and_the_next_reads_that_it_is_gone(fairly):
    prize = fairly.prize("TEA-1", needs=0)
    anna, bert = fairly.browser(), fairly.browser("bert@mail.example")
    assert "It is open for you." in fairly.card(bert, prize)[0]
    fairly.claims(anna, prize)
    assert "Nothing is left of it." in fairly.card(bert, prize)[0]
    refused = fairly.claims(bert, prize)
    assert "Nothing is left of it. Somebody else had the last one." in refused.text
    assert "TEA-1" not in refused.text
    assert "TEA-1" in fairly.card(anna, prize)[0]


def test_nobody_in_particular_claims_nothing(fairly):
    prize = fairly.prize("TEA-1", needs=0)
    nobody = fairly.app.test_client()
    assert "Take part first, then claim it here." in fairly.card(nobody, prize)[0]
    assert "Please take part first." in fairly.claims(nobody, prize).text
    assert fairly.lines() == []


def test_who_has_to_confirm_an_address_first_claims_nothing_before(fairly):
    prize = fairly.prize("TEA-1", needs=0)
    anna = fairly.browser()
    with fairly.site.inst.db.write() as conn:
        conn.execute(update(campaign).values(confirm_email=True))
    assert "Please confirm your e-mail address first." in fairly.claims(anna, prize).text
    assert fairly.lines() == []


def test_another_site_cannot_press_the_button(fairly):
    prize, anna = fairly.prize("TEA-1", needs=0), fairly.browser()
    other = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert anna.post(f"/w/y2sB7/reward/{prize.uid}", headers=other).status_code == 403
    assert fairly.lines() == []


def test_a_reward_of_another_campaign_is_not_found(fairly):
    assert fairly.browser().post("/w/y2sB7/reward/nonsense", headers=OWN).status_code == 404


def test_what_was_taken_back_says_why_and_shows_no_code(fairly):
    prize = fairly.prize("TEA-1", needs=0)
    anna = fairly.browser()
    fairly.claims(anna, prize)
    where = (fairly.site.inst, fairly.site.actor, fairly.site.campaign.uid)
    deciding.take_back(*where, fairly.lines()[0].uid, "You entered twice.")
    text, state = fairly.card(anna, prize)
    assert "It was taken back: You entered twice." in text
    assert "TEA-1" not in text
    assert state.startswith("undone")


def test_required_actions_are_named_first(fairly):
    fairly.site.action("VIP", mandatory=True)
    prize = fairly.prize("TEA-1", needs=0)
    assert "Do VIP" in fairly.card(fairly.browser(), prize)[0]


def test_pages_of_a_reward_speak_of_no_drum(fairly):
    first = fairly.site.action()
    fairly.prize("TEA-1", needs=1)
    anna = fairly.browser()
    fairly.does(anna, first)
    text = anna.get(f"/y2sB7?action={first.uid}&said=done").text
    assert "drum" not in text
    assert "Done. That counts." in text
    assert "action done" in text


def test_competition_shows_what_can_be_won(site, office):
    for title, n in (("Bicycle", 1), ("Bell", 20)):
        form = PrizeForm(title=title, winners=n)
        prizes.add(site.inst, site.actor, site.campaign.uid, form)
    app = create_app(office.inst)
    app.extensions[hot.NAME] = hot.make(office.inst, fresh_s=0)
    text = re.sub(r"<[^>]*>|\s+", " ", app.test_client().get("/y2sB7").text)
    app.extensions[hot.NAME].tracker.close()
    assert re.search(r"What can be won\s+Bicycle\s+20 .\s+Bell", text)


def test_poll_tells_of_the_unlock_and_of_the_claim_and_of_the_last_piece(fairly):
    first = fairly.site.action()
    prize = fairly.prize("TEA-1", needs=1)
    site = fairly.site
    anna = fairly.browser()
    cookie = next(iter(anna._cookies.values()))
    poll = Poll(site.inst, site.directory)

    def ask(tag=None):
        answer = poll.answer("y2sB7", cookie.value, tag)
        return answer.status, dict(answer.headers)["ETag"], answer.body

    status, tag, body = ask()
    assert json.loads(body)["rewards"] == {prize.uid: ["locked", 0, 1]}
    assert ask(tag)[0] == 304
    fairly.does(anna, first)
    status, tag, body = ask(tag)
    assert (status, json.loads(body)["rewards"][prize.uid]) == (200, ["unlocked", 1, 1])
    other = fairly.browser("bert@mail.example")
    fairly.does(other, first)
    assert ask(tag)[0] == 304
    fairly.claims(other, prize)
    status, tag, body = ask(tag)
    assert (status, json.loads(body)["rewards"][prize.uid]) == (200, ["sold out", 1, 1])
    codes.take(site.inst, site.actor, site.campaign.uid, prize.uid, ["TEA-2"])
    tag = ask(tag)[1]
    fairly.claims(anna, prize)
    assert json.loads(ask(tag)[2])["rewards"][prize.uid] == ["claimed", 1, 1]


def test_competition_says_how_many_actions_are_missing_before_anything_can_win(site, office):
    first, second = site.action(), site.action()
    with site.inst.db.write() as conn:
        conn.execute(update(campaign).values(actions_required=2))
    app = create_app(office.inst)
    app.extensions[hot.NAME] = hot.make(office.inst, fresh_s=0)
    fair = Fair(site, app)
    assert "Do at least 2 different actions" in app.test_client().get("/y2sB7").text
    anna = fair.browser()
    fair.does(anna, first)
    text = anna.get("/y2sB7").text
    assert "Your entries can win once you have done 2 different actions: 1 of 2." in text
    fair.does(anna, second)
    assert "You have done enough different actions" in anna.get("/y2sB7").text
    app.extensions[hot.NAME].tracker.close()
