"""People as a team sees them: merging, undoing, finding and reaching, on both databases."""

import threading

import pytest
from sqlalchemy import select

from tombola.api import Identity, Invalid, NotFound
from tombola.claiming import deciding
from tombola.claiming.rules import State
from tombola.entrants import service as entrants
from tombola.entrants.codes import Proven
from tombola.entries.addresses import recognise_address
from tombola.entries.linking import recognise
from tombola.entries.models import entry
from tombola.people import contact, merging, service
from tombola.teams import service as teams
from tombola.widget import visitors


def uid_of(world, entrant_id):
    with world.inst.db.read() as conn:
        return entrants.get(conn, world.actor.team_id, entrant_id).uid


def entry_of(world, name):
    with world.inst.db.read() as conn:
        return conn.execute(select(entry.c.uid).where(entry.c.key == name)).scalar_one()


def person(world, entrant_id):
    return service.person(world.inst, world.actor, uid_of(world, entrant_id))


def author(world, uid="9"):
    """The entrant of an author whom only posts have shown."""
    with world.inst.db.read() as conn:
        found = entrants.find(conn, world.actor.team_id, "wall.id", uid)
    assert found is not None
    return found.entrant_id


def test_merging_moves_identities_entries_browsers_and_claims_and_each_link_has_its_undo(world):
    world.post("a")
    world.post("mine", author=Identity("wall.id", "9", "nine", "Nina"))
    world.read()
    anna, twin = world.person("Anna"), world.person("Nina")
    claimed = world.claim(twin, "a")
    world.work()
    before = world.counts()
    into, gone = uid_of(world, anna[0]), uid_of(world, twin[0])
    seen = merging.preview(world.inst, world.actor, into, uid_of(world, author(world)))
    assert (seen.entries, [one.kind for one in seen.moving]) == (1, ["wall.id"])
    assert merging.merge(world.inst, world.actor, into, uid_of(world, author(world))) == 1
    assert merging.merge(world.inst, world.actor, into, gone) == 1
    assert world.owners()["mine"] == anna[0]
    assert world.row(claimed)["entrant_id"] == anna[0]
    with world.inst.db.read() as conn:
        assert visitors.by_number(conn, [twin[1]])[twin[1]].entrant_id == anna[0]
    found = person(world, anna[0])
    assert [(one.why, one.by, one.came) for one in found.links] == [("merge", "Olga", True)] * 2
    for link in found.links:
        service.undo(world.inst, world.actor, into, link.uid)
    assert world.counts() == before
    with pytest.raises(NotFound):
        service.undo(world.inst, world.actor, into, found.links[0].uid)
    with pytest.raises(Invalid):
        merging.merge(world.inst, world.actor, into, into)


def test_two_who_merge_at_once_move_everything_once(world):
    world.post("mine", author=Identity("wall.id", "9", "nine"))
    world.read()
    anna, bert = world.person("Anna"), world.person("Bert")
    other = uid_of(world, author(world))
    moved = at_once(
        lambda: merging.merge(world.inst, world.actor, uid_of(world, anna[0]), other),
        lambda: merging.merge(world.inst, world.actor, uid_of(world, bert[0]), other),
    )
    assert sorted(moved) == [0, 1]
    assert world.owners()["mine"] in {anna[0], bert[0]}


def test_undoing_a_claims_link_puts_the_claim_before_a_moderator_again(world):
    world.post("a")
    world.read()
    anna = world.person("Anna")
    made = world.claim(anna, "a")
    world.work()
    before = world.counts()
    deciding.approve(world.inst, world.actor, world.campaign.uid, [made.uid])
    [link] = person(world, anna[0]).links
    assert (link.why, link.other_is_post) == ("claim", True)
    service.undo(world.inst, world.actor, uid_of(world, anna[0]), link.uid)
    assert (world.counts(), world.state(made)) == (before, State.PENDING)


def test_an_imported_person_is_linked_by_a_later_log_in_and_the_page_undoes_it(world):
    world.post("mine", author=Identity("wall.id", "9", "nine", "Nina"))
    world.read()
    before = world.counts()
    nina = author(world)
    shown = person(world, nina)
    assert (shown.entrant.email, shown.called) == (None, "Nina")
    assert [(part.entries, part.worth) for part in shown.parts] == [(1, 2)]
    anna = world.person("Anna")
    with world.inst.db.write() as conn:
        seen = Identity("wall.id", "9", "nine", "Nina")
        recognise(conn, world.actor.team_id, anna[0], seen, world.clock(), consented=True)
    [link] = person(world, anna[0]).links
    assert (link.why, link.by, link.identity.consented_at) == ("log-in", None, world.clock())
    service.undo(world.inst, world.actor, uid_of(world, anna[0]), link.uid)
    assert world.counts() == before


def test_only_a_confirmed_address_suggests_that_two_are_one(world):
    anna = world.person("Anna", "anna@mail.example")
    world.person("Anna", "other@mail.example")
    world.post("mine", author=Identity("wall.id", "9", "nine", "Anna"))
    world.read()
    found = uid_of(world, author(world))
    assert service.alike(world.inst, world.actor, uid_of(world, anna[0])) == []
    with world.inst.db.write() as conn:
        proven = Proven("anna@mail.example", None)
        confirmed = recognise_address(
            conn, world.actor.team_id, author(world), proven, world.clock()
        )
    twins = service.alike(world.inst, world.actor, uid_of(world, anna[0]))
    assert [one.uid for one in twins] == [uid_of(world, confirmed)] == [found]


def test_people_are_found_by_name_address_and_handle(world):
    world.post("mine", author=Identity("wall.id", "9", "nine_lives", "Nina"))
    world.read()
    anna = world.person("Anna_x", "a@mail.example")
    nina = uid_of(world, author(world))
    for word, uid in {
        "anna_": uid_of(world, anna[0]), "A@mail": uid_of(world, anna[0]),
        "@Nine_": nina, "nin": nina,
    }.items():  # fmt: skip
        assert [one.uid for one in service.search(world.inst, world.actor, word)] == [uid], word
    assert service.search(world.inst, world.actor, "nin", but=nina) == []
    for word in ("a", "%%", "annax", ""):
        assert service.search(world.inst, world.actor, word) == []


def test_the_card_says_what_the_network_allows_and_the_draft_has_no_places_left(world):
    world.post("a")
    world.post("mine", author=Identity("wall.id", "9", "nine", "Nina"))
    world.read()
    known = contact.reach(world.inst, world.actor, world.campaign, entry_of(world, "mine"))
    assert (known.network, known.card.note, known.draft) == (
        "Wall", "Write on the wall.", "@nine, you won",
    )  # fmt: skip
    assert known.card.profile_url == "https://wall.example/u/9"
    assert known.card.post_url == "https://wall.example/p/mine"
    assert (known.mailto, known.unclaimed) == ("", False)
    nameless = contact.reach(world.inst, world.actor, world.campaign, entry_of(world, "a"))
    assert (nameless.unclaimed, nameless.account) == (True, None)
    assert "paste the link of this post" in nameless.draft
    assert "%(" not in nameless.draft
    anna = world.person("Anna", "anna@mail.example")
    made = world.claim(anna, "a")
    world.work()
    deciding.approve(world.inst, world.actor, world.campaign.uid, [made.uid])
    claimed = contact.reach(world.inst, world.actor, world.campaign, entry_of(world, "a"))
    assert claimed.mailto == "mailto:anna@mail.example"
    assert claimed.draft.startswith("Hello Anna!")


def test_attempts_are_kept_with_the_person_and_other_teams_reach_nobody(world):
    world.post("mine", author=Identity("wall.id", "9", "nine", "Nina"))
    world.read()
    uid = entry_of(world, "mine")
    contact.note(world.inst, world.actor, world.campaign, uid, " direct \n message ", "no answer")
    [tried] = contact.reach(world.inst, world.actor, world.campaign, uid).attempts
    assert (tried.way, tried.note, tried.by) == ("direct message", "no answer", "Olga")
    for way, said in (("", ""), ("w" * 61, ""), ("way", "n" * 1001)):
        with pytest.raises(Invalid):
            contact.note(world.inst, world.actor, world.campaign, uid, way, said)
    acting = teams.operator_actor(world.operator)
    teams.create_team(world.inst, acting, teams.NewTeam(name="Other", slug="other"))
    other = teams.actor_in(world.inst, world.operator, "other")[0]
    nina = uid_of(world, author(world))
    for ask in (
        lambda: contact.reach(world.inst, other, world.campaign, uid),
        lambda: contact.note(world.inst, other, world.campaign, uid, "way", ""),
        lambda: service.person(world.inst, other, nina),
        lambda: service.alike(world.inst, other, nina),
        lambda: merging.merge(world.inst, other, nina, nina),
        lambda: service.undo(world.inst, other, nina, nina),
    ):
        with pytest.raises(NotFound):
            ask()
    assert service.search(world.inst, other, "nina") == []


def at_once(*acts):
    """Let several do something in the same moment; gives what came of each."""
    gate = threading.Barrier(len(acts))
    done, failed = [], []

    def run(act):
        gate.wait()
        try:
            done.append(act())
        except Exception as error:  # noqa: BLE001 # shown below
            failed.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    return done
