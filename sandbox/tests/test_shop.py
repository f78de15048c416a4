import json
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tombola_sandbox.access import DEMO_APP
from tombola_sandbox.cast import TAG
from tombola_sandbox.models import Json
from tombola_sandbox.shop.app import DEMO_KEY, shop_app
from tombola_sandbox.shop.catalogue import TEAS

DEMO = Path(__file__).parents[1] / "demo.json"


@pytest.fixture
def shop() -> FlaskClient:
    return shop_app("http://localhost:8000").test_client()


@pytest.fixture
def demo() -> Json:
    found: Json = json.loads(DEMO.read_text(encoding="utf-8"))
    return found


def pushes(html: str) -> list[str]:
    return re.findall(r"Gleam\.push\((.*?)\);", html)


@pytest.mark.parametrize("path", ["/", "/basket", "/profile", "/back-room", "/thank-you/KL-123456"])
def test_every_page_loads_the_tracker_before_it_pushes(shop, path: str):
    html = shop.get(path).text
    assert f'var key = "{DEMO_KEY}";' in html
    assert 'g.src = "http://localhost:8000/"+key+"/trk.js"' in html
    assert f'href="http://localhost:8000/{DEMO_KEY}"' in html
    assert html.count("Gleam.push") == html.count("window.Gleam = window.Gleam || [];")


@pytest.mark.parametrize("path", ["/", "/basket", "/profile", "/tea/balcony-mint", "/nowhere"])
def test_looking_around_pushes_nothing(shop, path: str):
    assert pushes(shop.get(path).text) == []


def test_a_visit_to_the_back_room_is_pushed(shop):
    assert pushes(shop.get("/back-room").text) == ["['Visit', 'back room']"]


def test_a_purchase_is_pushed_with_its_number(shop):
    for tea in TEAS:
        assert shop.get(f"/tea/{tea.slug}").status_code == 200
    shop.post("/basket", data={"tea": "balcony-mint"})
    shop.post("/basket", data={"tea": "balcony-mint"})
    shop.post("/basket", data={"tea": "harbour-breakfast"})
    assert "€29.30" in shop.get("/basket").text
    shop.post("/basket", data={"tea": "harbour-breakfast", "take": "out"})
    assert "€17.80" in shop.get("/basket").text
    order = shop.post("/order")
    assert order.status_code == 303
    page = shop.get(order.location)
    number = re.search(r"KL-\d{6}", order.location)
    assert number is not None
    assert pushes(page.text) == [f"['Purchase', \"{number[0]}\"]"]
    assert "nothing in it yet" in shop.get("/basket").text
    assert shop.get("/thank-you/<script>").status_code == 404


def test_nothing_is_ordered_out_of_an_empty_basket(shop):
    assert shop.post("/order").location == "/basket"
    assert shop.post("/basket", data={"tea": "coffee"}).status_code == 404


def test_a_broken_basket_is_an_empty_one(shop):
    shop.set_cookie("kettle_basket", "balcony-mint*999.x*1.harbour-breakfast*-1.*")
    assert "nothing in it yet" in shop.get("/basket").text


def test_only_a_whole_profile_is_pushed(shop):
    half = shop.post("/profile", data={"name": "Jane"})
    assert half.status_code == 422
    assert "when you drink tea, what you like" in half.text
    assert 'value="Jane"' in half.text
    assert pushes(half.text) == []
    whole = {"name": "</script>Jane", "time": "All morning", "taste": "A little smoke"}
    page = shop.post("/profile", data=whole)
    assert pushes(page.text) == ["['Profile', \"\\u003c/script\\u003eJane\"]"]
    assert "&lt;/script&gt;Jane" in shop.get("/").text


def test_pictures_are_drawn(shop):
    for name in ("shop", *(tea.slug for tea in TEAS)):
        assert shop.get(f"/pictures/{name}.jpg").mimetype == "image/jpeg"
    assert shop.get("/pictures/coffee.jpg").status_code == 404


def test_the_demo_fits_the_shop_and_the_network(shop, demo: Json):
    campaign = demo["campaigns"][0]
    assert campaign["key"] == DEMO_KEY
    settings = demo["settings"]["twitter_import"]
    assert settings["bearer_token"] == DEMO_APP.bearer
    assert settings["client_id"] == DEMO_APP.client_id
    assert settings["client_secret"] == DEMO_APP.client_secret
    configs = [action["config"] for action in campaign["actions"]]
    for config in configs:
        if config.get("link", "").startswith("${shop}"):
            assert shop.get(config["link"].removeprefix("${shop}")).status_code == 200
    names = {name for config in configs for name in config.get("signals", ())}
    assert names == {"Visit", "Purchase", "Profile"}
    [source] = campaign["actions"][0]["sources"]
    assert "#" + source["config"]["hashtags"][0] == TAG
    assert source["every_seconds"] == 20
