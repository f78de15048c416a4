"""Claims from the paste to the decision and back."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from tombola.api import Evidence, Identity, Importer, Invalid, NotFound, Retry
from tombola.claiming import deciding, rules, service
from tombola.claiming.models import claim, owned
from tombola.claiming.rules import State
from tombola.entrants import service as entrants
from tombola.entrants.models import link
from tombola.entries.linking import recognise
from tombola.importing import recheck
from tombola.mail.models import mail
from tombola.plugins import validation
from tombola.teams import service as teams
from tombola.teams.models import audit


def test_a_claim_that_is_approved_moves_the_entry_and_its_undo_returns_the_counts(world):
    world.post("a")
    world.post("b")
    world.read()
    before = world.counts()
    anna = world.person("Anna")
    made = world.claim(anna, "a")
    world.work()
    assert world.state(made) == State.PENDING
    assert deciding.approve(world.inst, world.actor, world.campaign.uid, [made.uid]) == 1
    assert world.state(made) == State.APPROVED
    assert world.owners()["a"] == anna[0] != world.owners()["b"]
    # Approving again, and approving what is decided, change nothing.
    assert deciding.approve(world.inst, world.actor, world.campaign.uid, [made.uid]) == 0
    deciding.take_back(world.inst, world.actor, world.campaign.uid, made.uid)
    assert world.counts() == before
    assert world.state(made) == State.PENDING
    with pytest.raises(NotFound):
        deciding.take_back(world.inst, world.actor, world.campaign.uid, made.uid)


def test_a_second_post_of_the_day_is_spent_by_a_claim_and_counts_again_after_its_undo(daily_world):
    world = daily_world
    world.post("a")
    world.post("b")
    world.read()
    before = world.counts()
    anna = world.person("Anna")
    first, second = world.claim(anna, "a"), world.claim(anna, "b")
    world.work()
    both = [first.uid, second.uid]
    assert deciding.approve(world.inst, world.actor, world.campaign.uid, both) == 2
    assert [line.split(", ")[2] for line in world.counts()[0]].count("'valid'") == 1
    deciding.take_back(world.inst, world.actor, world.campaign.uid, second.uid)
    deciding.take_back(world.inst, world.actor, world.campaign.uid, first.uid)
    assert world.counts() == before


def test_a_claim_made_before_the_post_is_found_waits_and_meets_it(world):
    anna = world.person("Anna")
    made = world.claim(anna, "a", handle=" @anna ")
    world.work()
    assert (world.state(made), world.wall.asked) == (State.WAITING, [])
    world.post("a")
    world.read()
    assert world.state(made) == State.PENDING
    asked = world.wall.asked[0]
    assert (asked.claim_key, asked.handle, asked.code) == ("wall:a", "anna", made.code)
    assert asked.permalink == "https://wall.example/p/a"


def test_a_post_and_a_claim_written_at_once_are_brought_together_by_the_sweep(world):
    anna = world.person("Anna")
    world.post("a")
    world.read()
    made = world.claim(anna, "a")
    world.work()
    with world.inst.db.write() as conn:  # as if neither had seen the other
        conn.execute(claim.update().values(state="waiting"))
    world.clock.advance(timedelta(minutes=11))
    world.work("claim_sweep", "claim")
    assert world.state(made) == State.PENDING


def test_what_is_no_address_of_the_network_is_refused_beside_its_field(world):
    anna = world.person("Anna")
    wanted = service.Wanted(anna[0], anna[1], "192.0.2.1", "https://other.example/1")
    with pytest.raises(Invalid) as refused:
        service.make(world.inst, world.campaign, world.actor, world.action, wanted)
    assert set(refused.value.errors) == {"link"}


def test_a_post_that_names_its_author_is_never_claimed(world):
    world.post("a", author=Identity("wall.id", "9", "nine"))
    world.read()
    anna = world.person("Anna")
    with pytest.raises(Invalid):
        world.claim(anna, "a")
    # Nor when it is found after the claim.
    made = world.claim(anna, "b")
    world.post("b", author=Identity("wall.id", "9", "nine"))
    world.read()
    world.clock.advance(timedelta(minutes=11))
    world.work("claim_sweep", "claim")
    assert world.row(made)["reason"] == rules.NAMED
    assert anna[0] not in world.owners().values()


def test_two_who_claim_one_post_are_both_shown_and_the_other_loses_and_comes_back(world):
    world.post("a")
    world.read()
    anna, bert = world.person("Anna"), world.person("Bert")
    hers, his = world.claim(anna, "a"), world.claim(bert, "a")
    world.work()
    assert {world.state(hers), world.state(his)} == {State.PENDING}
    deciding.approve(world.inst, world.actor, world.campaign.uid, [hers.uid, his.uid])
    assert (world.state(hers), world.row(his)["reason"]) == (State.APPROVED, rules.TAKEN)
    deciding.take_back(world.inst, world.actor, world.campaign.uid, hers.uid)
    assert (world.state(hers), world.state(his)) == (State.PENDING, State.PENDING)


def test_a_later_claim_may_be_given_what_counted_for_somebody_else_and_back(world):
    world.post("a")
    world.read()
    anna, bert = world.person("Anna"), world.person("Bert")
    hers = world.claim(anna, "a")
    world.work()
    deciding.approve(world.inst, world.actor, world.campaign.uid, [hers.uid])
    before = world.counts()
    his = world.claim(bert, "a")
    world.work()
    deciding.approve(world.inst, world.actor, world.campaign.uid, [his.uid])
    assert world.owners()["a"] == bert[0]
    with pytest.raises(NotFound):
        deciding.take_back(world.inst, world.actor, world.campaign.uid, hers.uid)
    deciding.take_back(world.inst, world.actor, world.campaign.uid, his.uid)
    assert world.counts() == before
    assert world.state(hers) == State.APPROVED


def test_evidence_settles_a_claim_and_a_note_leaves_it_to_a_moderator(world):
    world.post("a")
    world.post("b")
    world.read()
    anna = world.person("Anna")
    world.wall.said = Evidence(note="That name has posted it.")
    noted = world.claim(anna, "a")
    world.work()
    assert (world.state(noted), world.row(noted)["note"]) == (
        State.PENDING, "That name has posted it.",
    )  # fmt: skip
    world.wall.said = Evidence(proven=True, note="The code stands in the profile.")
    proven = world.claim(anna, "b")
    world.work()
    assert world.state(proven) == State.APPROVED
    assert world.owners()["b"] == anna[0]


def test_proof_does_not_take_a_post_from_somebody_for_whom_it_counts(world):
    world.post("a")
    world.read()
    anna, bert = world.person("Anna"), world.person("Bert")
    hers = world.claim(anna, "a")
    world.work()
    deciding.approve(world.inst, world.actor, world.campaign.uid, [hers.uid])
    world.wall.said = Evidence(proven=True)
    his = world.claim(bert, "a")
    world.work()
    assert (world.state(his), world.owners()["a"]) == (State.PENDING, anna[0])


def test_a_network_that_does_not_answer_leaves_the_claim_to_a_moderator(world):
    world.post("a")
    world.read()
    world.wall.said = Retry(timedelta(seconds=30), "down")
    made = world.claim(world.person("Anna"), "a")
    for _ in range(6):
        world.work("claim")
        world.clock.advance(timedelta(hours=1))
    assert (world.state(made), len(world.wall.asked)) == (State.PENDING, 5)
    assert "did not answer" in world.row(made)["note"]


def test_the_code_beneath_the_post_proves_a_claim_when_the_post_is_read_again(world):
    world.post("a")
    world.read()
    anna = world.person("Anna")
    made = world.claim(anna, "a")
    world.work()
    world.wall.posts.clear()
    world.post("a", text=f"my picture #tombola {made.code.lower()}")
    world.read()
    assert (world.state(made), world.owners()["a"]) == (State.APPROVED, anna[0])


def test_the_code_is_found_when_posts_are_looked_at_again(world):
    world.post("a")
    world.read()
    anna = world.person("Anna")
    made = world.claim(anna, "a")
    world.work()
    world.wall.posts.clear()
    world.post("a", text=f"my picture #tombola, {made.code}")
    recheck.ask_campaign(world.inst, world.actor, world.campaign.id)
    world.work("recheck", "claim")
    assert (world.state(made), world.owners()["a"]) == (State.APPROVED, anna[0])


def test_somebody_may_ask_for_another_look_once_a_minute(world):
    world.post("a")
    world.read()
    anna = world.person("Anna")
    made = world.claim(anna, "a")
    world.work()
    with pytest.raises(Invalid):
        service.look_again(world.inst, world.actor.team_id, anna[0], made.uid)
    world.clock.advance(timedelta(minutes=2))
    service.look_again(world.inst, world.actor.team_id, anna[0], made.uid)
    world.work()
    assert len(world.wall.asked) == 2
    with pytest.raises(NotFound):
        service.look_again(world.inst, world.actor.team_id, world.person("Bert")[0], made.uid)


def test_the_same_claim_is_one_and_a_withdrawn_one_opens_again(world):
    anna = world.person("Anna")
    made = world.claim(anna, "a")
    assert world.claim(anna, "a").uid == made.uid
    service.withdraw(world.inst, world.actor.team_id, anna[0], made.uid)
    world.post("a")
    world.read()
    assert world.state(made) == State.WITHDRAWN
    assert world.claim(anna, "a").state == State.PENDING


def test_claims_are_bounded_by_person_browser_and_place(world, monkeypatch):
    anna, bert = world.person("Anna"), world.person("Bert")
    monkeypatch.setattr(rules, "MOST_OPEN", 2)
    world.claim(anna, "a")
    world.claim(anna, "b")
    with pytest.raises(Invalid):
        world.claim(anna, "c")
    monkeypatch.setattr(rules, "MOST_FROM_CLIENT", 3)
    world.claim(bert, "a")
    with pytest.raises(Invalid):
        world.claim(bert, "b")
    world.claim(bert, "b", client="192.0.2.2")
    monkeypatch.setattr(rules, "MOST_OPEN", 50)
    monkeypatch.setattr(rules, "MOST_FROM_VISITOR", 2)
    with pytest.raises(Invalid):
        world.claim(bert, "c", client="192.0.2.3")


def test_a_rejected_claim_tells_its_reason_and_writes_once(world):
    world.post("a")
    world.read()
    made = world.claim(world.person("Anna", "anna@mail.example"), "a")
    world.work()
    with pytest.raises(Invalid):
        deciding.reject(world.inst, world.actor, world.campaign.uid, [made.uid], " ")
    for _ in range(2):
        deciding.reject(world.inst, world.actor, world.campaign.uid, [made.uid], "Not your cat.")
    row = world.row(made)
    assert (row["state"], row["reason"]) == (State.REJECTED, "Not your cat.")
    with world.inst.db.read() as conn:
        letters = conn.execute(select(mail.c.recipient, mail.c.text)).all()
        acts = list(conn.execute(select(audit.c.act).where(audit.c.subject == made.uid)).scalars())
    assert [letter.recipient for letter in letters] == ["anna@mail.example"]
    assert "Not your cat." in letters[0].text
    assert acts == ["claim.made", "claim.rejected"]


def test_another_team_sees_and_decides_nothing(world):
    world.post("a")
    world.read()
    made = world.claim(world.person("Anna"), "a")
    world.work()
    acting = teams.operator_actor(world.operator)
    teams.create_team(world.inst, acting, teams.NewTeam(name="Other", slug="other"))
    other = teams.actor_in(world.inst, world.operator, "other")[0]
    with pytest.raises(NotFound):
        deciding.approve(world.inst, other, world.campaign.uid, [made.uid])
    with pytest.raises(NotFound):
        deciding.take_back(world.inst, other, world.campaign.uid, made.uid)
    assert world.state(made) == State.PENDING


def test_an_importer_that_says_claims_and_cannot_read_addresses_is_refused():
    mute = type("Mute", (type_of_wall(),), {"claim_key": Importer.claim_key})
    assert any("claim_key" in said for said in validation.importer("wall", mute))


def type_of_wall():
    """The importer of these tests, for another one that differs in a word."""
    return next(each for each in Importer.__subclasses__() if each.key == "wall.posts")


def log_in(world, who, account, keys):
    """Let somebody prove an account that owns posts."""
    now = world.clock()
    with world.inst.db.write() as conn:
        seen = Identity("wall.id", account, account)
        entrant = recognise(conn, world.actor.team_id, who, seen, now, consented=True)
        known = entrants.find(conn, world.actor.team_id, "wall.id", account)
    assert known is not None
    service.own(world.inst, world.actor.team_id, "wall.id", known.id, keys)
    return entrant


def test_a_log_in_that_owns_posts_takes_them_now_and_as_they_come(world):
    world.post("a")
    world.post("b")
    world.read()
    anna, bert = world.person("Anna"), world.person("Bert")
    hers, his = world.claim(anna, "a"), world.claim(bert, "a")
    world.work()
    log_in(world, anna[0], "anna", ["wall:a", "wall:c", "", None, "x" * 999])
    assert world.owners()["a"] == anna[0] != world.owners()["b"]
    assert (world.state(hers), world.row(his)["reason"]) == (State.APPROVED, rules.TAKEN)
    world.post("c")
    world.read()
    assert world.owners()["c"] == anna[0]
    with world.inst.db.read() as conn:
        assert len(conn.execute(select(owned)).all()) == 2


def test_more_posts_than_a_request_may_settle_are_given_by_a_worker(world, monkeypatch):
    monkeypatch.setattr(rules, "MOST_AT_ONCE", 2)
    for name in "abcde":
        world.post(name)
    world.read()
    anna = world.person("Anna")
    log_in(world, anna[0], "anna", [f"wall:{name}" for name in "abcde"])
    assert list(world.owners().values()).count(anna[0]) == 2
    world.work()
    assert set(world.owners().values()) == {anna[0]}


def test_what_somebody_has_undone_is_not_linked_again_by_itself(world):
    world.post("a")
    world.read()
    anna = world.person("Anna")
    hers = world.claim(anna, "a")
    world.work()
    log_in(world, anna[0], "anna", ["wall:a"])
    deciding.take_back(world.inst, world.actor, world.campaign.uid, hers.uid)
    log_in(world, anna[0], "anna", ["wall:a"])
    assert world.owners()["a"] != anna[0]


def test_two_moderators_at_once_approve_one_of_two_claims(world):
    world.post("a")
    world.read()
    claims = [world.claim(world.person(name), "a") for name in ("Anna", "Bert")]
    world.work()
    done = at_once(
        *(
            lambda made=made: deciding.approve(
                world.inst, world.actor, world.campaign.uid, [made.uid]
            )
            for made in claims
        )
    )
    assert sorted(done) == [0, 1]
    assert sorted(world.state(made) for made in claims) == [State.APPROVED, State.REJECTED]
    with world.inst.db.read() as conn:
        assert len(conn.execute(select(link)).all()) == 1


def test_claim_log_in_and_import_at_once_end_with_one_owner(world):
    world.post("a")
    anna, bert = world.person("Anna"), world.person("Bert")
    world.wall.said = Evidence(proven=True)
    made = world.claim(bert, "a")
    world.clock.advance(timedelta(hours=2))
    at_once(world.work, lambda: log_in(world, anna[0], "anna", ["wall:a"]), world.work)
    world.work()
    world.clock.advance(timedelta(minutes=11))
    world.work("claim_sweep", "claim", "owned")
    owner = world.owners()["a"]
    assert owner in {anna[0], bert[0]}
    if owner == anna[0]:
        assert world.state(made) in {State.REJECTED, State.PENDING}
    else:
        assert world.state(made) == State.APPROVED
    with world.inst.db.read() as conn:
        assert len(conn.execute(select(link).where(link.c.why == "claim")).all()) == 1


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
