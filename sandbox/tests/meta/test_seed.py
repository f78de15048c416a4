import random

from tombola_sandbox.living import people_world
from tombola_sandbox.meta.access import DEMO_VERIFY_TOKEN, FACEBOOK_SCOPES
from tombola_sandbox.meta.models import Account, Comment, Media, Page, Person, Post, Token
from tombola_sandbox.meta.seed import DEMO_TOKEN, people_meta, register, somebody_acts
from tombola_sandbox.world import World


def test_the_demos_world_has_a_page_an_account_and_what_people_write(now, graph, world, meta):
    people_world(world)
    people_meta(meta, "http://localhost:8000")
    [page] = [p for p in meta.things.all(Page).values() if p.username == "kettleandleaf"]
    [robin] = [p for p in meta.things.all(Person).values() if p.name == "Robin Demo"]
    token = meta.access.give_page_token(meta.access.demo, robin, page, FACEBOOK_SCOPES).id
    posts = graph(f"/{page.id}/published_posts", token)["data"]
    assert len(posts) == 2
    comments = graph(f"/{posts[0]['id']}/comments", token, fields="message,attachment")["data"]
    assert {c.get("attachment", {}).get("type") for c in comments} >= {"photo", "sticker"}
    assert len(graph(f"/{page.id}/tagged", token)["data"]) == 6
    app = meta.access.demo
    assert "http://localhost:8000/connected/meta.facebook" in app.redirect_uris
    assert {c.verify_token for c in app.callbacks.values()} == {DEMO_VERIFY_TOKEN}
    assert {a.kind for a in meta.things.all(Account).values()} >= {"BUSINESS", "PERSONAL"}


def test_a_second_start_changes_nothing(now, world, meta):
    people_meta(meta, "http://localhost:8000")
    lines = len(world.ledger)
    people_meta(World(clock=now, ledger=world.ledger).meta, "http://localhost:8000")
    assert len(world.ledger) == lines


def test_people_act_by_themselves(now, meta):
    people_meta(meta, "http://localhost:8000")
    kinds = (Post, Comment, Media)
    before = [len(meta.things.all(kind)) for kind in kinds]
    dice = random.Random(1)  # noqa: S311
    for _ in range(20):
        somebody_acts(meta, dice)
    after = [len(meta.things.all(kind)) for kind in kinds]
    assert all(new > old for new, old in zip(after, before, strict=True))


def test_the_demos_page_can_chat_from_the_beginning(now, http, graph, world, meta):
    people_meta(meta, "http://localhost:8000")
    [page] = [p for p in meta.things.all(Page).values() if p.username == "kettleandleaf"]
    ada = next(p for p in meta.things.all(Person).values() if p.name == "Ada Okoye")
    assert meta.messenger.get_started(ada, page, "tok_1") is not None
    demo = meta.things.one(Token, DEMO_TOKEN)
    token = meta.access.page_token(demo, page).id
    body = {
        "recipient": {"id": meta.things.psid(page.id, ada.id)},
        "messaging_type": "RESPONSE",
        "message": {"text": "Hello Ada"},
    }
    headers = {"Authorization": f"Bearer {token}"}
    answer = http.post(f"{graph.base}/{page.id}/messages", json=body, headers=headers)
    assert answer.status_code == 200
    fields = {event.field for event in meta.things.waiting()}
    assert {"messaging_postbacks", "message_echoes", "message_deliveries"} <= fields


def test_a_world_from_before_messenger_hears_of_it_after_a_start(now, meta):
    people_meta(meta, "http://localhost:8000")
    app = meta.access.demo
    old = app.callbacks["page"].model_copy(update={"fields": ("feed",)})
    elsewhere = app.callbacks["instagram"].model_copy(update={"url": "http://other.example/"})
    meta.things.change(app, callbacks={"page": old, "instagram": elsewhere})
    register(meta, "http://localhost:8000")
    now_has = meta.access.demo.callbacks
    assert {"feed", "messages", "standby"} <= set(now_has["page"].fields)
    assert now_has["instagram"] == elsewhere
