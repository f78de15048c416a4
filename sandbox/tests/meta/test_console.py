import io
import re

import httpx2
import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.wrappers import Response

from tombola.testing.network import in_process
from tombola_sandbox.console.app import console_app
from tombola_sandbox.ids import short_hash
from tombola_sandbox.meta.courier import Courier
from tombola_sandbox.meta.models import Comment, Media, Page, Post, Remark, Token
from tombola_sandbox.place import Place


@pytest.fixture
def courier(town, world):
    http = httpx2.Client(transport=in_process(Response("", 200)))
    courier = Courier(town.meta.things, town.meta.access, world.switches, http)
    yield courier
    courier.stop()


@pytest.fixture
def console(world, network, town, courier, tmp_path) -> FlaskClient:
    place = Place(8000, tmp_path, "http://localhost:8000")
    return console_app(world, network, place, courier=courier).test_client()


def _newest(town, kind):
    return list(town.meta.things.all(kind).values())[-1]


def _post(console, path, status=303, **form):
    answer = console.post(path, data=form)
    assert answer.status_code == status, answer.text
    return answer


@pytest.mark.parametrize("path", ["/console/facebook", "/console/instagram", "/console/meta"])
def test_every_page_shows_a_living_world(console, town, path):
    bad = "<script>alert(1)</script> @kettle.leaf"
    comment = town.meta.facebook.comment(town.kim, town.post, bad, photo=True)
    town.meta.facebook.comment(town.kim, town.post, bad, parent=comment, kind="sticker")
    town.meta.facebook.post(town.kim, bad, photos=2, tags=[town.page])
    media = town.meta.instagram.post(town.shop, bad, album=2, tags=[town.ann])
    town.meta.instagram.comment(town.jane, media, bad)
    town.token()
    page = console.get(path)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "style=" not in page.text
    if path != "/console/instagram":
        assert f'<option value="{town.page.id}">Kettle &amp; Leaf</option>' in page.text
    ids = re.findall(
        r'<(?:select|textarea|input(?! type="(?:hidden|checkbox))) ?[^>]*?id="([^"]+)"', page.text
    )
    assert len(ids) == len(set(ids))
    assert set(ids) <= set(re.findall(r'<label[^>]* for="([^"]+)"', page.text))


def test_people_and_pages_post_at_facebook(console, town):
    form = {"author": town.kim.id, "page": town.page.id, "text": "Lunch", "photos": "2"}
    _post(console, "/console/facebook/posts", where="tag", **form)
    tagged = _newest(town, Post)
    assert (tagged.page, list(tagged.tags), len(tagged.photos)) == (None, [town.page.id], 2)
    _post(console, "/console/facebook/posts", where="wall", **form)
    visit = _newest(town, Post)
    assert (visit.page, dict(visit.tags)) == (town.page.id, {})
    _post(console, "/console/facebook/posts", where="tag", **{**form, "author": town.page.id})
    assert _newest(town, Post).author == town.page.id
    _post(console, f"/console/facebook/posts/{tagged.id}/edit", text="Dinner")
    assert town.meta.things.one(Post, tagged.id).message == "Dinner"
    _post(console, f"/console/facebook/posts/{tagged.id}/delete")
    assert town.meta.things.one(Post, tagged.id).deleted
    _post(console, "/console/facebook/posts", 400, **{**form, "author": "nobody"})
    _post(console, "/console/facebook/posts", 400, **{**form, "photos": "99"})
    _post(console, "/console/facebook/posts/1/edit", 404)


def test_comments_are_made_edited_hidden_and_deleted(console, town):
    form = {"author": town.kim.id, "post": town.post.id, "text": "Mine"}
    _post(console, "/console/facebook/comments", kind="photo", **form)
    comment = _newest(town, Comment)
    assert comment.kind == "photo"
    _post(console, "/console/facebook/comments", kind="sticker", parent=comment.id, **form)
    assert (_newest(town, Comment).kind, _newest(town, Comment).parent) == ("sticker", comment.id)
    where = f"/console/facebook/comments/{comment.id}"
    _post(console, f"{where}/edit", text="Better", drop_photo="1")
    assert town.meta.things.one(Comment, comment.id).kind == ""
    _post(console, f"{where}/hide")
    assert town.meta.things.one(Comment, comment.id).hidden
    _post(console, f"{where}/hide")
    assert not town.meta.things.one(Comment, comment.id).hidden
    _post(console, f"{where}/delete")
    assert town.meta.things.one(Comment, comment.id).deleted
    _post(console, "/console/facebook/comments", 400, kind="nonsense", **form)


def test_a_picture_is_sent_and_shown(console, town):
    out = io.BytesIO()
    Image.new("RGB", (4000, 20), (0, 0, 255)).save(out, "PNG")
    form = {"author": town.kim.id, "post": town.post.id, "text": "", "kind": ""}
    sent = (io.BytesIO(out.getvalue()), "cup.png")
    _post(console, "/console/facebook/comments", picture=sent, **form)
    photo = _newest(town, Comment).photo
    assert photo is not None
    assert console.get(f"/console/shots/{photo}").mimetype == "image/jpeg"
    wrong = (io.BytesIO(b"<svg/>"), "cup.svg")
    _post(console, "/console/facebook/comments", 400, picture=wrong, **form)


def test_accounts_post_comment_and_mention_at_instagram(console, town):
    form = {"account": town.jane.id, "text": "#tea"}
    _post(console, "/console/instagram/media", kind="CAROUSEL_ALBUM", tags="@kettle.leaf", **form)
    album = _newest(town, Media)
    assert (album.type, album.tags) == ("CAROUSEL_ALBUM", (town.shop.id,))
    _post(console, "/console/instagram/media", kind="REELS", bare="1", **form)
    reel = _newest(town, Media)
    assert (reel.type, reel.product, reel.bare) == ("VIDEO", "REELS", True)
    _post(console, "/console/instagram/comments", media=album.id, **form)
    remark = _newest(town, Remark)
    _post(console, f"/console/instagram/comments/{remark.id}/hide")
    assert town.meta.things.one(Remark, remark.id).hidden
    _post(console, f"/console/instagram/comments/{remark.id}/delete")
    _post(console, f"/console/instagram/media/{album.id}/edit", text="#coffee")
    assert town.meta.things.one(Media, album.id).caption == "#coffee"
    _post(console, f"/console/instagram/media/{album.id}/delete")
    assert town.meta.things.one(Media, album.id).deleted
    _post(console, "/console/instagram/media", 400, **{**form, "account": "nobody"})


def test_the_application_is_changed(console, town, graph):
    form = {
        "feature": "Page Public Content Access",
        "advanced": ["pages_show_list"],
        "proof_required": "1",
        "redirect_uris": "https://a.example/ https://b.example/",
    }
    _post(console, "/console/meta/app", **form)
    app = town.app
    assert app.features == ("Page Public Content Access",)
    assert app.advanced == ("pages_show_list",)
    assert app.proof_required
    assert app.redirect_uris == ("https://a.example/", "https://b.example/")


def test_tokens_die_one_by_one_and_together(console, town, graph):
    token = town.token()
    [killed] = [t for t in town.meta.things.all(Token) if t == token]
    where = f"/console/meta/tokens/{short_hash(killed)}"
    _post(console, where, 400, subcode="1")
    _post(console, where, subcode="463")
    assert graph.code("/me", token) == (190, 463)
    user = town.user()
    _post(console, "/console/meta/people", person=town.robin.id, what="password")
    assert graph.code("/me", user) == (190, 460)
    other = town.user(person=town.kim)
    _post(console, "/console/meta/people", person=town.kim.id, what="delete")
    assert graph.code("/me", other) == (190, 458)
    assert town.token()[:12] not in console.get("/console/meta").text


def test_roles_switches_and_limits(console, town, world):
    form = {"page": town.page.id, "person": town.kim.id}
    _post(console, "/console/facebook/roles", task=["MODERATE", "nonsense"], **form)
    assert town.meta.things.one(Page, town.page.id).roles[town.kim.id] == ("MODERATE",)
    _post(console, "/console/facebook/roles", **form)
    assert town.kim.id not in town.meta.things.one(Page, town.page.id).roles
    _post(console, "/console/meta/switches", meta_doubled="1", picture_lives="60")
    assert world.switches.meta_doubled
    assert not world.switches.meta_batched
    assert town.meta.things.picture_lives.total_seconds() == 60
    _post(console, "/console/meta/switches", 400, picture_lives="7")
    _post(console, "/console/meta/limits")
