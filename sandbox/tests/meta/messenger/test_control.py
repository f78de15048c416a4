from tombola_sandbox.meta.messenger_models import INBOX
from tombola_sandbox.meta.models import Page

BOT = "1290000000000027"


def test_another_app_with_the_thread_leaves_us_standby(
    with_bot, acts, town, courier, sample, bot, send
):
    acts.write(town.kim, town.page, "Hello")
    courier.deliver()
    assert [where for where, _ in sample.events + bot.events] == 2 * ["messaging"]
    sample.events.clear()
    bot.events.clear()
    handed = {"recipient": {"id": send.psid()}, "target_app_id": BOT, "metadata": "Tea26"}
    assert send.raw(handed, edge="pass_thread_control").json() == {"success": True}
    courier.deliver()
    assert sample.events == []
    assert bot.last["pass_thread_control"] == {
        "previous_owner_app_id": town.app.id,
        "new_owner_app_id": BOT,
        "metadata": "Tea26",
    }
    assert send.code() == (10, 2_018_300)
    assert send.raw(handed, edge="pass_thread_control").json()["error"]["code"] == 10
    acts.write(town.kim, town.page, "STOP")
    courier.deliver()
    assert [(w, e["message"]["text"]) for w, e in sample.events] == [("standby", "STOP")]
    assert [(w, e["message"]["text"]) for w, e in bot.events[1:]] == [("messaging", "STOP")]
    taken = {"recipient": {"id": send.psid()}}
    assert send.raw(taken, edge="take_thread_control").json() == {"success": True}
    courier.deliver()
    assert bot.last["take_thread_control"]["new_owner_app_id"] == town.app.id
    assert send("Ours again")
    path = f"thread_owner?recipient={send.psid()}"
    [found] = send.raw({}, edge=path, method="GET").json()["data"]
    assert found == {"thread_owner": {"app_id": town.app.id}}


def test_only_the_primary_app_takes_a_thread_back(with_bot, acts, town, send, courier, sample):
    page = town.meta.things.one(Page, town.page.id)
    town.meta.things.change(page, primary=BOT)
    acts.write(town.kim, town.page, "Hello")
    acts.delete(town.kim, town.page)
    acts.get_started(town.kim, town.page, "tok")
    courier.deliver()
    assert [where for where, _ in sample.events] == ["standby", "standby"]
    assert "payload" not in sample.last["postback"]
    assert sample.last["postback"]["referral"]["ref"] == "tok"
    taken = {"recipient": {"id": send.psid()}}
    assert send.raw(taken, edge="take_thread_control").json()["error"]["code"] == 10
    strange = {**taken, "target_app_id": "1"}
    assert send.raw(strange, edge="pass_thread_control").json()["error"]["code"] == 100


def test_the_inbox_can_have_a_thread_and_people_answer_by_hand(
    told, acts, town, courier, sample, send
):
    acts.write(town.kim, town.page, "Hello")
    handed = {"recipient": {"id": send.psid()}, "target_app_id": INBOX}
    assert send.raw(handed, edge="pass_thread_control").json() == {"success": True}
    assert send.code() == (10, 2_018_300)
    acts.answer_by_hand(acts.thread(town.kim, town.page), "Robin here")
    courier.deliver()
    [(where, echo)] = [pair for pair in sample.events if pair[1].get("message", {}).get("is_echo")]
    assert (where, echo["message"]["app_id"]) == ("standby", int(INBOX))
