"""Answers in the form of recorded ones, with ids of nobody's, come out as they were."""

from pathlib import Path

import pytest

from tombola.api import Account, MediaKind
from tombola_instagram_import.hashtags import HashtagImporter
from tombola_meta.accounts import CONNECTOR, INSTAGRAM_KIND
from tombola_meta.limits import ACCOUNT

FOLDER = Path(__file__).parent / "recorded"
WHO = "17841400000000001"


@pytest.fixture
def run(make_run, hashtag, ctx, meta):
    assert meta.load(FOLDER) == 5
    account = Account(WHO, "@acme", INSTAGRAM_KIND, secrets={"token": "EAAofarecording"})
    ctx.connected[CONNECTOR][WHO] = account
    config = hashtag("acme").model_copy(update={"account": WHO})
    return make_run(HashtagImporter(), config)


def test_recorded_pages_with_one_cursor_are_read_to_their_end(run):
    first = run.page(run.open())
    assert [(each.bucket, each.remaining) for each in first.limits] == [(ACCOUNT, 2880)]
    items, _ = run.items(first.next)
    found = {item.external_id: item for item in (*first.items, *items)}
    picture, album, film = (found[f"1798500000000000{n}"] for n in (1, 2, 5))
    assert (picture.text, picture.claim_key) == ("Meine Tasse ☕️ #Acme @acme", "ig:CAbcdEFGhij")
    assert [each.kind for each in album.media] == [MediaKind.PHOTO, MediaKind.VIDEO]
    assert (film.text, film.media[0].url, film.claim_key) == ("", None, "ig:CCbcdEFGhij")
    assert all(item.author is None for item in found.values())


def test_recorded_refusal_in_another_language_brings_nothing(run):
    run.config = run.config.model_copy(update={"hashtags": ("ninguno",)})
    assert run.items()[0] == []
