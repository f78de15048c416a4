import pytest

from tombola_sandbox.models import Standing
from tombola_sandbox.world import World


def test_the_page_proposes_what_the_link_says(anonymous):
    params = {"text": "Mine", "hashtags": "茶,tea", "url": "https://a.example/", "via": "acme"}
    page = anonymous.get("/intent/post", params=params)
    assert "Mine https://a.example/ #茶 #tea via @acme</textarea>" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_a_post_is_written_and_its_author_remembered(anonymous, world: World):
    otto = world.person("otto")
    assert otto is not None
    form = {"author": otto.id, "text": "Mine <b> #acme", "photos": "2"}
    page = anonymous.post("/intent/post", data=form)
    assert page.status_code == 200
    assert "Mine &lt;b&gt; #acme" in page.text
    [post] = world.posts.values()
    assert (post.author_id, len(post.media_keys)) == (otto.id, 2)
    again = anonymous.get("/intent/post")
    assert f'value="{otto.id}" selected' in again.text


@pytest.mark.parametrize(
    "wrong", [{"author": "nobody"}, {"text": " "}, {"photos": "9"}, {"photos": "x"}]
)
def test_a_wrong_post_is_asked_again(anonymous, world: World, wrong):
    person = world.person("jane")
    assert person is not None
    form = {"author": person.id, "text": "x", "photos": "0", **wrong}
    page = anonymous.post("/intent/post", data=form)
    assert page.status_code == 400
    assert "Choose who you are" in page.text
    assert not world.posts


def test_another_site_cannot_post(anonymous, world: World):
    person = world.person("jane")
    assert person is not None
    form = {"author": person.id, "text": "x", "photos": "0"}
    evil = {"Origin": "https://evil.example"}
    assert anonymous.post("/intent/post", data=form, headers=evil).status_code == 403
    assert not world.posts


def test_the_suspended_are_not_offered(anonymous, world: World):
    person = world.person("jane")
    assert person is not None
    world.set_standing(person.id, Standing.SUSPENDED)
    page = anonymous.get("/intent/post").text
    assert "@jane" not in page
    assert "@otto" in page
