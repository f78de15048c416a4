"""Pages of prizes, of codes, and of who claimed what: what a form says is what is stored."""

from io import BytesIO

import pytest

from tombola.api import Identity
from tombola.campaigns import prizes
from tombola.campaigns.prizes import Delivery, PrizeForm
from tombola.campaigns.rules import Kind
from tombola.entrants import service as entrants
from tombola.rewards import codes, listing
from tombola.rewards.listing import Filter
from tombola.rewards.rules import State
from tombola.rewards.service import Wanted, claim


@pytest.fixture
def reward(house):
    return house.campaign("Thanks", kind=Kind.REWARD)


@pytest.fixture
def editor(house):
    return house.client("editor")


def place(campaign, rest=""):
    return f"/team/lamps/campaign/{campaign.key}/prizes{rest}"


def listed(house, campaign):
    return prizes.listing(house.inst, house.actor(), campaign.uid)


def sticker(house, campaign, *texts, **values):
    form = PrizeForm(**{"title": "Sticker", "delivery": Delivery.CODE, **values})
    made = prizes.add(house.inst, house.actor(), campaign.uid, form)
    if texts:
        codes.take(house.inst, house.actor(), campaign.uid, made.uid, texts)
    return made


def person_claims(house, campaign, prize, name="Anna"):
    now = house.inst.clock()
    with house.inst.db.write() as conn:
        seen = Identity("net.x", name, name=name)
        found = entrants.resolve(conn, campaign.team_id, [seen], now)["net.x", name]
    wanted = Wanted(campaign, prize.uid, found.entrant_id, (), lambda *_: ("", ""))
    return claim(house.inst, wanted).value


def lines(house, campaign):
    return listing.page(house.inst, house.actor(), campaign.uid, Filter())


def test_the_kind_is_chosen_once_and_stays(house, editor):
    form = {
        "title": "Thanks", "kind": "reward", "starts_at": "2026-06-01T10:00",
        "ends_at": "2026-07-01T10:00", "zone": "UTC",
    }  # fmt: skip
    assert 'name="kind" value="reward"' in editor.get("/team/lamps/new-campaign").text
    address = house.post(editor, "/team/lamps/new-campaign", **form).headers["Location"]
    answer = house.post(editor, f"{address}/settings", **form | {"kind": "competition"})
    assert answer.status_code == 422
    assert house.post(editor, f"{address}/settings", **form).status_code == 303
    assert 'type="hidden" name="kind" value="reward"' in editor.get(f"{address}/settings").text


def test_prize_of_a_competition_says_how_many_win_it(house, editor):
    campaign = house.campaign(kind=Kind.COMPETITION)
    assert "No prize yet" in editor.get(place(campaign)).text
    text = editor.get(place(campaign, "/new")).text
    assert "Winners" in text
    assert "Stock" not in text
    house.post(editor, place(campaign, "/new"), title="Lamp", winners="3")
    house.post(editor, place(campaign, "/new"), title="Bulb", winners="1")
    assert [(one.title, one.winners) for one in listed(house, campaign)] == [
        ("Lamp", 3), ("Bulb", 1),
    ]  # fmt: skip
    uid = listed(house, campaign)[0].uid
    house.post(editor, place(campaign, f"/{uid}/move"), step="down")
    assert [one.title for one in listed(house, campaign)] == ["Bulb", "Lamp"]
    answer = house.post(editor, place(campaign, f"/{uid}"), title="Lamp", winners="0")
    assert answer.status_code == 422
    house.post(editor, place(campaign, f"/{uid}/remove"))
    assert [one.title for one in listed(house, campaign)] == ["Bulb"]


def test_reward_with_codes_goes_on_with_its_codes(house, editor, reward):
    form = {"title": "Sticker", "needs": "2", "stock": "", "delivery": "code"}
    answer = house.post(editor, place(reward, "/new"), **form)
    (made,) = listed(house, reward)
    assert (made.needs, made.stock, made.delivery) == (2, None, Delivery.CODE)
    assert answer.headers["Location"].endswith(f"/{made.uid}")
    text = editor.get(place(reward)).text
    assert "No codes yet" in text
    assert "asks for more actions than the campaign has (0)" in text


def test_text_for_everybody_has_to_be_written(house, editor, reward):
    form = {"title": "Link", "needs": "0", "delivery": "text", "delivery_text": ""}
    answer = house.post(editor, place(reward, "/new"), **form)
    assert answer.status_code == 422
    assert '<a href="#f-delivery-text">' in answer.text
    assert listed(house, reward) == []


def test_codes_come_from_a_file_or_as_written_and_what_is_none_is_told(house, editor, reward):
    made = sticker(house, reward)
    page = place(reward, f"/{made.uid}")
    file = (BytesIO(b"code;note\nA-1;x\nA-2;y\nA-1;z\n;\n" + b"x" * 301 + b";\n"), "codes.csv")
    data = {"csrf_token": house.token(editor), "codes!file": file, "codes!heading": "on"}
    answer = editor.post(f"{page}/codes", data=data, follow_redirects=True)
    said = "2 codes added. 1 line repeats a code that is there. 1 line is longer than 300 characters. 1 line is empty."  # noqa: E501 - one sentence after the other
    assert said in answer.text
    answer = house.post(editor, f"{page}/codes", **{"codes!text": "A-2\n\nA-3"})
    assert editor.get(page).text.count("1 code added. 1 line repeats") == 1
    assert house.post(editor, f"{page}/codes").status_code == 422
    answer = house.post(editor, f"{page}/codes", **{"codes!text": "A-1"})
    assert "No code was added. 1 line repeats" in editor.get(page).text
    house.post(editor, f"{page}/codes/clear")
    assert "3 free codes removed." in editor.get(page).text


def test_rewards_tab_is_there_for_rewards_alone(house, editor, reward):
    assert f"/campaign/{reward.key}/rewards" in editor.get(place(reward)).text
    other = house.campaign()
    assert f"/campaign/{other.key}/rewards" not in editor.get(place(other)).text


def test_claims_are_listed_filtered_delivered_taken_back_and_given_back(house, editor, reward):
    made = sticker(house, reward, "A-1", "A-2")
    other = sticker(house, reward, title="Call", delivery=Delivery.CONTACT)
    page = f"/team/lamps/campaign/{reward.key}/rewards"
    assert "Nobody has claimed anything yet" in editor.get(page).text
    for name in ("Anna", "Bert"):
        assert person_claims(house, reward, made, name) == "claimed"
    person_claims(house, reward, other)
    text = editor.get(page).text
    assert "A-1" in text
    assert "A-1" not in house.client("viewer").get(page).text
    assert "Bert" not in editor.get(f"{page}?prize={other.uid}").text
    call, bert, anna = (line.uid for line in lines(house, reward))
    house.post(editor, f"{page}/delivered", entry=call, act="deliver")
    assert lines(house, reward)[0].state is State.DELIVERED
    house.post(editor, f"{page}/delivered", entry=call, act="undeliver")
    assert lines(house, reward)[0].state is State.CLAIMED
    answer = house.post(editor, f"{page}/{bert}/take-back", reason=" ")
    assert answer.status_code == 422
    assert f'id="reason-{bert}-error"' in answer.text
    house.post(editor, f"{page}/{bert}/take-back", reason="A bot.")
    assert "Taken back. Its code was not seen and is free again." in editor.get(page).text
    person_claims(house, reward, made, "Carl")
    house.post(editor, f"{page}/{bert}/give-back")
    assert "Nothing is left of this reward." in editor.get(page).text
    house.post(editor, f"{page}/{anna}/take-back", reason="A mistake.")
    house.post(editor, f"{page}/{anna}/give-back")
    assert "It is theirs again." in editor.get(page).text
    answer = house.post(editor, f"{page}/delivered")
    assert "Tick the claims first." in editor.get(page).text


def test_a_persons_page_shows_what_they_have(house, editor, reward):
    made = sticker(house, reward, "A-1")
    person_claims(house, reward, made)
    (line,) = lines(house, reward)
    text = editor.get(f"/team/lamps/people/{line.entrant}").text
    assert "Sticker" in text
    assert "A-1" not in text


def test_file_of_claims_has_the_lists_filters(house, editor, reward):
    made = sticker(house, reward, "A-1")
    person_claims(house, reward, made)
    page = f"/team/lamps/campaign/{reward.key}/rewards/export"
    answer = editor.get(page)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "A-1" in answer.text
    assert "A-1" not in editor.get(f"{page}?view=undone").text
    assert house.client("viewer").get(page).status_code == 403


def test_nonsense_in_the_address_is_left_out(house, editor, reward):
    page = f"/team/lamps/campaign/{reward.key}/rewards"
    for query in ("view=x", "prize=%27", "before=x", f"before={'9' * 30}", "view=doubtful"):
        assert editor.get(f"{page}?{query}").status_code == 200
