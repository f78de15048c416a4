from datetime import timedelta

import pytest

from tombola_sandbox.meta.messenger_models import Message, Thread, thread_id

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OUTSIDE = (10, 2_018_278)


class Sender:
    """Sends as a client does: JSON in the body, the token in a header."""

    def __init__(self, graph, town):
        self.graph, self.town = graph, town
        self.token = town.token()

    def raw(self, body, *, edge="messages", page="", token="", method="POST"):
        url = f"{self.graph.base}/{page or self.town.page.id}/{edge}"
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return self.graph.http.request(method, url, json=body, headers=headers)

    def psid(self, person=None):
        return self.town.meta.things.psid(self.town.page.id, (person or self.town.kim).id)

    def body(self, text="Hello", **more):
        whole = {
            "recipient": {"id": self.psid()},
            "messaging_type": "RESPONSE",
            "message": {"text": text},
        } | more
        return {name: value for name, value in whole.items() if value is not None}

    def __call__(self, text="Hello", **more):
        answer = self.raw(self.body(text, **more))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def code(self, text="Hello", **more):
        answer = self.raw(self.body(text, **more))
        assert answer.status_code != 200, answer.text
        error = answer.json()["error"]
        return error["code"], error.get("error_subcode")


@pytest.fixture
def send(graph, town):
    return Sender(graph, town)


@pytest.fixture
def acts(town):
    return town.meta.messenger


@pytest.fixture
def wrote(town, acts):
    acts.write(town.kim, town.page, "Hello")


def test_a_message_answers_its_id_and_the_persons(send, wrote, town):
    body = send()
    assert body["recipient_id"] == send.psid()
    message = town.meta.things.one(Message, body["message_id"])
    assert (message.by, message.text, message.app) == ("page", "Hello", town.app.id)
    assert message.thread == thread_id(town.page.id, town.kim.id)


def test_me_is_the_page_and_a_form_may_be_sent(graph, send, wrote):
    form = {name: v if isinstance(v, str) else json.dumps(v) for name, v in send.body().items()}
    url = f"{graph.base}/me/messages"
    answer = graph.http.post(url, data={**form, "access_token": send.token})
    assert answer.json()["recipient_id"] == send.psid()


def test_the_window_closes_after_24_hours_and_opens_again(send, wrote, now, town, acts):
    now.advance(DAY - timedelta(seconds=1))
    assert send()
    assert send(messaging_type="UPDATE")
    now.advance(timedelta(seconds=1))
    assert send.code() == OUTSIDE
    assert send.code(messaging_type="UPDATE") == OUTSIDE
    acts.write(town.kim, town.page, "Back")
    assert send()


def test_whoever_never_came_cannot_be_written_to(send, town):
    assert send.code() == OUTSIDE
    assert town.meta.things.get(Thread, thread_id(town.page.id, town.kim.id)) is None
