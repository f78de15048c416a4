"""Draws: the pool beforehand, the plan, the close, the winners, the proof."""

from dataclasses import asdict
from typing import Any

from flask import Response

from tombola.api import NotFound
from tombola.campaigns.pages import campaign_of_address
from tombola.draws import proofs, service, winners, witnesses
from tombola.draws import types as draws
from tombola.draws.types import DrawForm
from tombola.installation import current
from tombola.rest import inputs
from tombola.rest.draw_shapes import (
    Account,
    Dice,
    Draw,
    Draws,
    LateEntries,
    LateEntry,
    NewDraw,
    PoolPreview,
    Progress,
    Winner,
    Winners,
    Witness,
    Witnesses,
)
from tombola.rest.registry import Api, Said
from tombola.rest.sources import Reason
from tombola.teams import doors
from tombola.teams.rules import Role, Scope

api = Api("rest_draws", __name__, tag="Draws")
_ALL = "/campaigns/<campaign>/draws"
_HERE = f"{_ALL}/<draw>"


@api.get(_ALL, scope=Scope.DRAWS_READ, answer=Draws)
def list_draws(campaign: str) -> Draws:
    """List a campaign's draws, the newest first."""
    found = service.of_campaign(current(), doors.actor(), campaign_of_address(campaign).uid)
    return Draws.model_construct(items=[_told(one) for one in found])


@api.post(
    f"{_ALL}/preview",
    scope=Scope.DRAWS_READ,
    body=NewDraw,
    answer=PoolPreview,
    status=200,
    writes=False,
)
def preview_draw(campaign: str, body: NewDraw) -> PoolPreview:
    """Count who would take part if the pool were frozen now. Nothing is written."""
    found = campaign_of_address(campaign)
    seen = service.preview(current(), doors.actor(), found.uid, _form(body))
    return PoolPreview(**asdict(seen))


@api.post(_ALL, scope=Scope.DRAWS_WRITE, body=NewDraw, answer=Draw)
def plan_draw(campaign: str, body: NewDraw) -> Said:
    """Write down what is to be drawn. Nothing is fixed until the close."""
    found = campaign_of_address(campaign)
    made = service.plan(current(), doors.actor(), found.uid, _form(body))
    return Said(_told(made), {"Location": f"/api/v1/campaigns/{found.key}/draws/{made.uid}"})


@api.get(_HERE, scope=Scope.DRAWS_READ, answer=Draw)
def get_draw(campaign: str, draw: str) -> Draw:
    """Read one draw, with how far it is."""
    return _told(_one(campaign, draw))


@api.route("PUT", _HERE, scope=Scope.DRAWS_WRITE, body=NewDraw, answer=Draw)
def change_draw(campaign: str, draw: str, body: NewDraw) -> Draw:
    """Write another plan in the place of one that was not closed yet."""
    found = _one(campaign, draw)
    return _told(service.change_plan(current(), doors.actor(), found.uid, _form(body)))


@api.post(f"{_HERE}/close", scope=Scope.DRAWS_WRITE, answer=Draw, status=202)
def close_draw(campaign: str, draw: str) -> Draw:
    """Begin the draw: last imports, freeze, commitment, randomness, selection.

    It goes on by itself; ask the draw how far it is. Closing it again changes nothing.
    """
    return _told(service.close(current(), doors.actor(), _one(campaign, draw).uid))


@api.post(f"{_HERE}/dice", scope=Scope.DRAWS_WRITE, body=Dice, answer=Draw, status=200)
def enter_dice(campaign: str, draw: str, body: Dice) -> Draw:
    """Enter the dice of a draw of grade C."""
    found = _one(campaign, draw)
    return _told(witnesses.enter_dice(current(), doors.actor(), found.uid, body.dice))


@api.post(f"{_HERE}/publish", scope=Scope.DRAWS_WRITE, answer=Draw, status=200)
def publish_draw(campaign: str, draw: str) -> Draw:
    """Let everybody see the winners."""
    return _told(service.publish(current(), doors.actor(), _one(campaign, draw).uid))


@api.post(f"{_HERE}/void", scope=Scope.DRAWS_WRITE, body=Reason, answer=Draw, status=200)
def void_draw(campaign: str, draw: str, body: Reason) -> Draw:
    """Declare a draw void. It stays in the public log, with the reason."""
    found = _one(campaign, draw)
    return _told(service.void(current(), doors.actor(), found.uid, body.reason))


@api.get(f"{_HERE}/winners", scope=Scope.DRAWS_READ, answer=Winners)
def list_winners(campaign: str, draw: str) -> Winners:
    """List everybody drawn, in their order; nobody before they are."""
    found = winners.winners(current(), doors.actor(), _one(campaign, draw).uid)
    return Winners(items=[_winner(one) for one in found])


@api.post(
    f"{_HERE}/winners/<winner>/pass-over",
    scope=Scope.DRAWS_WRITE,
    body=Reason,
    answer=Winners,
    status=200,
)
def pass_over(campaign: str, draw: str, winner: str, body: Reason) -> Winners:
    """Let the next in line take a place. That it happened stands in the public log."""
    inst, actor = current(), doors.actor()
    of = _one(campaign, draw)
    if all(one.uid != winner for one in winners.winners(inst, actor, of.uid)):
        raise NotFound("There is no such place in this draw.")
    found = winners.pass_over(inst, actor, winner, body.reason)
    return Winners(items=[_winner(one) for one in found])


@api.get(f"{_HERE}/late", scope=Scope.DRAWS_READ, answer=LateEntries)
def list_late(campaign: str, draw: str) -> LateEntries:
    """List entries whose own time would have put them into the pool, and that came too late."""
    found = service.late(current(), doors.actor(), _one(campaign, draw).uid)
    items = [
        LateEntry(
            id=one.entry_uid,
            entrant=one.entrant,
            occurred_at=one.occurred_at,
            recorded_at=one.recorded_at,
            worth=one.worth,
        )
        for one in found
    ]
    return LateEntries(items=items)


@api.get(f"{_HERE}/witnesses", scope=Scope.DRAWS_WRITE, role=Role.EDITOR, answer=Witnesses)
def list_witnesses(campaign: str, draw: str) -> Witnesses:
    """List the witnesses with the links to their own pages."""
    inst = current()
    found = witnesses.of_draw(inst, doors.actor(), _one(campaign, draw).uid)
    items = [
        Witness(
            name=one.name,
            url=f"{inst.settings.address}/draw/witness/{one.token}",
            commitment=one.commitment,
            phrase=one.phrase,
        )
        for one in found
    ]
    return Witnesses(items=items)


@api.get(f"{_HERE}/bundle", scope=Scope.DRAWS_READ, file=("application/json",))
def download_bundle(campaign: str, draw: str) -> Response:
    """Download the proof of a draw, which anybody can check without this installation."""
    found = _one(campaign, draw)
    answer = Response(proofs.bundle(current(), found.uid), mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="draw-{found.number}.json"'
    return answer


def _one(campaign: str, uid: str) -> draws.Draw:
    of = campaign_of_address(campaign)
    found = service.get(current(), doors.actor(), uid)
    if found.campaign_uid != of.uid:
        raise NotFound("There is no such draw.")
    return found


def _form(body: NewDraw) -> DrawForm:
    return inputs.read(DrawForm, body.model_dump())


def _told(found: draws.Draw) -> Draw:
    names = set(Draw.model_fields) - {"id", "progress"}
    values: dict[str, Any] = {name: getattr(found, name) for name in names}
    progress = Progress(**found.progress.model_dump())
    return Draw.model_construct(id=found.uid, progress=progress, **values)


def _winner(one: draws.Winner) -> Winner:
    accounts = [
        Account(network=each.provider, id=each.uid, username=each.handle, name=each.name)
        for each in one.identities
    ]
    return Winner(
        id=one.uid,
        rank=one.rank,
        place=one.place,
        prize=one.prize,
        prize_id=one.prize_uid,
        entrant=one.entrant,
        name=one.name,
        accounts=accounts,
        unclaimed=one.unclaimed,
        weight=one.weight,
        tag=one.tag,
        erased=one.erased,
        passed_at=one.passed_at,
        reason=one.reason,
    )
