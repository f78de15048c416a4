import re
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from tombola.api import Invalid
from tombola_messenger import links, words
from tombola_messenger.links import KEPT, LIVES, Sweep, Wanted
from tombola_messenger.tables import link
from tombola_meta.settings import OperatorSettings

KIM = Wanted("100", "action-1", "campaign-1", "entrant-kim", reply="Thank you", keyword="tea")
LEE = replace(KIM, entrant="entrant-lee")


def rows(ctx):
    with ctx.db() as db:
        return db.execute(select(link)).all()


def test_link_and_code_lead_to_whom_they_were_given(ctx):
    given = links.give(ctx, KIM)
    by_ref = links.find(ctx, "100", "7", given.ref, [])
    by_code = links.find(ctx, "100", "7", None, ["AAAA2222", given.code])
    assert by_ref is not None
    assert by_ref == by_code
    assert by_ref.wanted == KIM


def test_who_asks_again_is_given_the_same(ctx, clock):
    first = links.give(ctx, KIM)
    clock.advance(timedelta(days=3))
    assert links.give(ctx, replace(KIM, reply="Thanks!")) == first
    assert links.give(ctx, LEE) != first
    found = links.find(ctx, "100", "7", first.ref, [])
    assert found is not None
    assert found.wanted.reply == "Thanks!"


def test_neither_can_be_read_or_guessed(ctx):
    given = links.give(ctx, KIM)
    (row,) = rows(ctx)
    assert given.ref not in str(row)
    assert given.code not in str(row)
    assert len(given.ref) >= 32
    assert re.fullmatch(rf"[{words.ALPHABET}]{{{words.CODE_LENGTH}}}", given.code)
    assert KIM.entrant not in given.ref


def test_it_is_used_by_one_person_alone_and_by_them_again(ctx, clock):
    given = links.give(ctx, KIM)
    found = links.find(ctx, "100", "7", given.ref, [])
    assert found is not None
    assert links.use(ctx, found, "7", clock())
    assert links.use(ctx, found, "7", clock())
    assert not links.use(ctx, found, "8", clock())
    assert links.find(ctx, "100", "8", given.ref, [given.code]) is None
    assert links.find(ctx, "100", "7", given.ref, []) == found
    assert links.give(ctx, KIM) != given


def test_it_means_nothing_on_another_page_for_another_team_or_when_old(ctx, make_ctx, clock):
    given = links.give(ctx, KIM)
    assert links.find(ctx, "101", "7", given.ref, []) is None
    assert links.find(ctx, "100", "7", "something", ["AAAA2222"]) is None
    ctx.team_id = "another"
    assert links.find(ctx, "100", "7", given.ref, []) is None
    ctx.team_id = make_ctx().team_id
    clock.advance(LIVES)
    assert links.find(ctx, "100", "7", given.ref, []) is None


def test_old_ones_are_forgotten_and_so_are_those_of_erased_people(ctx, clock):
    links.give(ctx, KIM)
    links.give(ctx, LEE)
    links.forget_entrant(ctx, KIM.entrant)
    assert [row.entrant for row in rows(ctx)] == [LEE.entrant]
    clock.advance(KEPT + timedelta(seconds=1))
    links.sweep(ctx, Sweep())
    assert rows(ctx) == []


def test_without_an_app_there_is_no_link(make_ctx):
    with pytest.raises(Invalid):
        links.give(make_ctx(OperatorSettings(app_secret=SecretStr(""))), KIM)


def test_another_secret_of_the_app_gives_a_new_link(ctx, make_ctx):
    before = links.give(ctx, KIM)
    ctx.models.append(OperatorSettings(app_secret=SecretStr("another")))
    after = links.give(ctx, KIM)
    assert after != before
    assert links.find(ctx, "100", "7", before.ref, []) is None
    assert links.find(ctx, "100", "7", after.ref, []) is not None
