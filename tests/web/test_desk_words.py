"""A campaign's language, its terms, and a team's own words, as their forms store them."""

import re

import pytest

from tombola.campaigns import service


def form(**more):
    return {
        "title": "Win a lamp",
        "kind": "competition",
        "starts_at": "2026-06-01T10:00",
        "ends_at": "2026-07-01T10:00",
        "zone": "Europe/Berlin",
        **more,
    }


@pytest.fixture
def client(house):
    return house.client("editor")


def stored(house):
    return service.of(house.inst, house.actor())[0]


def test_language_and_terms_are_kept(house, client):
    sent = form(language="de", terms_url="https://lamps.example/terms")
    assert house.post(client, "/team/lamps/new-campaign", **sent).status_code == 303
    made = stored(house)
    assert (made.language, made.terms_url) == ("de", "https://lamps.example/terms")
    page = client.get(f"/team/lamps/campaign/{made.key}/settings").text
    assert '<option value="de" selected>Deutsch</option>' in page
    assert '<option value="ar">العربية</option>' in page


@pytest.mark.parametrize("wrong", ["javascript:alert(1)", "lamps.example/terms", "https://"])
def test_terms_have_to_be_a_whole_address(house, client, wrong):
    answer = house.post(client, "/team/lamps/new-campaign", **form(terms_url=wrong))
    assert answer.status_code == 422
    assert 'id="f-terms-url-error"' in answer.text


def test_words_are_kept_for_each_language_and_survive_the_campaigns_form(house, client):
    house.post(client, "/team/lamps/new-campaign", **form())
    at = f"/team/lamps/campaign/{stored(house).key}"
    page = client.get(f"{at}/words?language=de").text
    assert 'placeholder="Mitmachen"' in page
    answer = house.post(client, f"{at}/words", language="de", button=" Ich will\n die Lampe ")
    assert answer.status_code == 303
    house.post(client, f"{at}/settings", **form(title="Win two lamps"))
    assert stored(house).title == "Win two lamps"
    assert stored(house).words == {"de": {"button": "Ich will die Lampe"}}
    assert 'value="Ich will die Lampe"' in client.get(f"{at}/words?language=de").text
    assert 'value=""' in client.get(f"{at}/words?language=ar").text
    house.post(client, f"{at}/words", language="de", button="")
    assert stored(house).words == {}


def test_words_that_are_too_long_are_told_beside_their_field(house, client):
    house.post(client, "/team/lamps/new-campaign", **form())
    at = f"/team/lamps/campaign/{stored(house).key}"
    answer = house.post(client, f"{at}/words", language="es", join="x" * 301)
    assert answer.status_code == 422
    assert re.search(r'id="w-join"[^>]*aria-invalid="true"', answer.text)
    assert stored(house).words == {}


def test_viewer_may_not_open_the_words(house, client):
    house.post(client, "/team/lamps/new-campaign", **form())
    viewer = house.client("viewer")
    assert viewer.get(f"/team/lamps/campaign/{stored(house).key}/words").status_code == 403
