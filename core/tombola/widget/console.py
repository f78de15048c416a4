"""A push that is only tried: what would be sent, answered and completed. Nothing is kept."""

import json
import secrets
from dataclasses import dataclass
from http import HTTPStatus

from tombola.api import Proof, Text
from tombola.campaigns.rules import Phase
from tombola.campaigns.service import Action, Campaign
from tombola.installation import Installation
from tombola.teams.rules import Actor, Role
from tombola.widget import secrets as tracking_secrets
from tombola.widget.directory import Directory, Place
from tombola.widget.parts import (
    Arrival,
    Judged,
    Part,
    Posted,
    Told,
    judged,
    parts_of_post,
    parts_of_push,
)
from tombola.widget.proof import Claim, sign
from tombola.widget.rules import Miss, Pushed, excess, read_push, suggestion

#: Who it is said to be; the page's script makes no such visitor.
VISITOR = "test-visitor"


@dataclass(frozen=True, slots=True)
class Effect:
    """What an action of that name would do; ``why`` is empty where it would complete."""

    action: Action
    why: Miss | Phase | Text | None

    @property
    def completes(self) -> bool:
        """Whether somebody would get an entry."""
        return self.why is None


@dataclass(frozen=True, slots=True)
class Trial:
    """What was tried.

    Attributes:
        request: what would go over the wire, as text.
        answer: what would come back.
        miss: why it is no event at all; ``meant`` the name that it probably was.
        effects: action by action.
    """

    request: str
    answer: str
    miss: Miss | None
    meant: str | None
    effects: tuple[Effect, ...]


def attempt(
    inst: Installation, actor: Actor, found: Campaign, name: str, value: str, proof: Proof
) -> Trial:
    """Send an event through the same rules as a real one, up to where it would be written.

    Args:
        inst: The installation.
        actor: A viewer or more of the campaign's team; an editor for a signed one.
        found: The campaign.
        name: The tracking name.
        value: "" for none.
        proof: By which road: a page's push, a signed one, or the site's backend.
    """
    actor.need(Role.VIEWER if proof is not Proof.SIGNED else Role.EDITOR)
    signature = _signature(inst, actor, found, name, value) if proof is Proof.SIGNED else None
    directory = Directory(inst)
    place = directory.get(found.key)
    if place is None or place.campaign.team_id != actor.team_id:
        return Trial("", "404", Miss.UNKNOWN, None, ())
    if proof is Proof.SERVER:
        part, request = _posted(inst, place, name, value)
    else:
        part, request = _pushed(inst, directory, place, name, value, signature)
    miss = part.misses[0][1] if part.misses else None
    meant = suggestion(name, place.signals) if miss is Miss.UNKNOWN else None
    effects = tuple(
        Effect(action, _why_not(inst, place, action, judged(part, pushed, None)))
        for pushed in part.events
        for action in place.signals[pushed.name]
    )
    return Trial(request, _answer(proof, miss, Pushed(name, value)), miss, meant, effects)


def _pushed(
    inst: Installation,
    directory: Directory,
    place: Place,
    name: str,
    value: str,
    signature: str | None,
) -> tuple[Part, str]:
    event = [name, value, signature] if signature else [name, value] if value else [name]
    body = {"v": VISITOR, "k": [place.campaign.key], "e": [event]}
    push = read_push(json.dumps(body).encode())
    (part,) = parts_of_push(inst, directory, Arrival(push, None, inst.clock()))
    said = json.dumps(body, ensure_ascii=False)
    return part, f"POST {inst.settings.address}/t\nContent-Type: text/plain\n\n{said}"


def _posted(inst: Installation, place: Place, name: str, value: str) -> tuple[Part, str]:
    now = inst.clock()
    told = Told(Pushed(name, value or None), VISITOR, None, now)
    (part,) = parts_of_post(Posted(place, 0, None, "", (told,), now))
    event = {"name": name, **({"value": value} if value else {}), "visitor": VISITOR}
    said = json.dumps({"events": [{**event, "event_id": "test-1"}]}, ensure_ascii=False, indent=2)
    path = f"/api/v1/campaigns/{place.campaign.key}/events"
    head = f"POST {inst.settings.address}{path}\nAuthorization: Bearer …\n"
    return part, f"{head}Content-Type: application/json\n\n{said}"


def _signature(
    inst: Installation, actor: Actor, found: Campaign, name: str, value: str
) -> str | None:
    newest = tracking_secrets.shown(inst, actor, found)[0]
    if "\n" in name:
        return None
    unix = int(inst.clock().timestamp())
    claim = Claim(found.key, VISITOR, name, value)
    return sign(newest.text, claim, unix, secrets.token_urlsafe(16))


def _answer(proof: Proof, miss: Miss | None, pushed: Pushed) -> str:
    if proof is Proof.SERVER:
        if excess(pushed):
            return _status(HTTPStatus.UNPROCESSABLE_ENTITY)
        result = "unmatched" if miss else "new"
        said = json.dumps({"events": [{"name": pushed.name, "result": result}]}, ensure_ascii=False)
        return f"{_status(HTTPStatus.OK)}\n\n{said}"
    wrong = HTTPStatus.UNPROCESSABLE_ENTITY if excess(pushed) else HTTPStatus.NO_CONTENT
    return _status(wrong)


def _status(status: HTTPStatus) -> str:
    return f"{status.value} {status.phrase}"


def _why_not(
    inst: Installation, place: Place, action: Action, weighed: Judged
) -> Miss | Phase | Text | None:
    if not weighed.level.meets(place.proofs[action.id]):
        return weighed.miss
    if action.id in place.shut:
        return place.shut[action.id]
    phase = place.campaign.phase(inst.clock())
    return None if phase is Phase.RUNNING else phase
