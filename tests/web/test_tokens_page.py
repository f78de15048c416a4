"""The page of API tokens: a token is seen once."""

from tombola.teams import tokens


def test_page_shows_a_token_once(house):
    client = house.client("owner")
    address = f"/team/{house.team.slug}/api-tokens"
    csrf = house.token(client)
    form = {"name": "Shop", "scopes": "events:write", "csrf_token": csrf}
    made = client.post(address, data=form)
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    [text] = [word for word in made.text.replace("<", " ").replace(">", " ").split()
              if word.startswith("tombola_")]  # fmt: skip
    assert tokens.known(house.inst, text) is not None
    page = client.get(address)
    assert text not in page.text
    assert "Shop" in page.text
    assert text[-4:] in page.text


def test_page_says_what_a_token_lacks(house):
    client = house.client("owner")
    form = {"name": "", "csrf_token": house.token(client)}
    assert client.post(f"/team/{house.team.slug}/api-tokens", data=form).status_code == 422
