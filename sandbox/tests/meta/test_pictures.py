import base64
import io
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image


@pytest.fixture
def source(graph, town):
    town.meta.facebook.comment(town.kim, town.post, "", photo=True)

    def read():
        [comment] = graph(f"/{town.post.id}/comments", town.token(), fields="attachment")["data"]
        return comment["attachment"]["media"]["image"]["src"]

    return read


def test_an_address_works_without_a_token_and_ends_at_its_hexadecimal_time(source, http, now):
    url = source()
    answer = http.get(url)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
    with Image.open(io.BytesIO(answer.content)) as image:
        assert max(image.size) == 720
    [end] = parse_qs(urlsplit(url).query)["oe"]
    left = int(end, 16) - int(now().timestamp())
    now.advance(timedelta(seconds=left - 1))
    assert http.get(url).status_code == 200
    now.advance(timedelta(seconds=1))
    expired = http.get(url)
    assert (expired.status_code, expired.text) == (403, "URL signature expired")


def test_every_reading_signs_anew(source, http, now):
    first = source()
    now.advance(timedelta(days=5))
    second = source()
    assert http.get(first).status_code == 403
    assert http.get(second).status_code == 200
    assert urlsplit(first).path == urlsplit(second).path


def test_a_changed_address_is_refused(source, http):
    url = source()
    for wrong in (url[:-2] + "FF", url.replace("_n.jpg", "_o.jpg"), url.split("?")[0]):
        assert http.get(wrong).status_code == 403


def test_the_life_of_an_address_can_be_set(source, town, http, now):
    town.meta.things.picture_lives = timedelta(minutes=1)
    url = source()
    now.advance(timedelta(minutes=1))
    assert http.get(url).status_code == 403


def test_what_somebody_sent_is_shown(graph, town, http):
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (255, 0, 0)).save(out, "PNG")
    town.meta.things.upload("mine", base64.b64encode(out.getvalue()).decode())
    media = town.meta.instagram.post(town.shop, "Red", picture="upload:mine")
    shown = graph(f"/{media.id}", town.user(), fields="media_url")
    with Image.open(io.BytesIO(http.get(shown["media_url"]).content)) as image:
        red, green, blue = image.convert("RGB").resize((1, 1)).tobytes()
    assert (red > 240, green < 15, blue < 15) == (True, True, True)


def test_a_film_is_a_film_and_its_thumbnail_a_picture(graph, town, http):
    media = town.meta.instagram.post(town.shop, "Film", kind="VIDEO")
    shown = graph(f"/{media.id}", town.user(), fields="media_url,thumbnail_url")
    assert http.get(shown["media_url"]).headers["Content-Type"] == "video/mp4"
    assert http.get(shown["thumbnail_url"]).headers["Content-Type"] == "image/jpeg"
