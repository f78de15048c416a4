import random

from tombola_sandbox.living import people_world
from tombola_sandbox.meta.access import DEMO_VERIFY_TOKEN, FACEBOOK_SCOPES
from tombola_sandbox.meta.models import Account, Comment, Media, Page, Person, Post
from tombola_sandbox.meta.seed import people_meta, somebody_acts
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
