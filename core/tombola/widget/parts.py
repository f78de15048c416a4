"""What one request means for each campaign that it concerns, before the database is asked."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import new as hmac_new

from tombola.api import Proof
from tombola.installation import Installation
from tombola.widget.directory import Directory, Place
from tombola.widget.proof import Claim, Flaw, flaw
from tombola.widget.rules import LONGEST_NAME, Miss, Push, Pushed, excess, resolve, weakness
from tombola.widget.tokens import linked_visitor, page_hash
from tombola.widget.visitors import Visitor

#: How much longer than in a browser a link's token is good for the site's backend, which was given
#: it with the landing and reports what comes of that visit.
TOKEN_GRACE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A push as it reached us.

    Attributes:
        origin: the page's site, as its browser says.
        at: when it came.
    """

    push: Push
    origin: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """An event in the words of a site's backend.

    Attributes:
        page: what the page's script calls the visitor; None where ``widget_id`` names them.
        widget_id: the widget's visitor, by a link token that was checked.
        at: when it happened.
    """

    pushed: Pushed
    page: str | None
    widget_id: int | None
    at: datetime


@dataclass(slots=True)
class Posted:
    """A request of a site's backend.

    Attributes:
        token_id: the API token that it came with.
        key: under which its answer is kept; None: its events have ids of their own.
        body_hash: of its body.
        at: when it came.
        answer: written with the events: what became of each, in order; None is a clash of keys.
    """

    place: Place
    token_id: int
    key: str | None
    body_hash: str
    events: tuple[Told, ...]
    at: datetime
    answer: list[dict[str, str]] | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What one request means for one campaign.

    Attributes:
        level: how far it can be believed without a signature.
        hashed: what is kept of the page's visitor; None where ``widget_id`` names them.
        events: of names that the campaign knows.
        misses: the others, with the reason.
        linked_to: the widget's visitor whom a link's token names, and the token's text.
        visitor: what the script calls the visitor, for which a backend may have signed.
    """

    place: Place
    level: Proof
    hashed: str | None
    widget_id: int | None
    events: tuple[Pushed, ...]
    misses: tuple[tuple[str, Miss], ...]
    at: datetime
    origin: str | None = None
    linked_to: int | None = None
    link: str | None = None
    visitor: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """An event with how far it can be believed now."""

    part: Part
    pushed: Pushed
    level: Proof
    flaw: Flaw | None = None

    @property
    def miss(self) -> Miss | None:
        """Why it does not complete every action of its name."""
        return weakness(self.level, self._wanted, self.flaw)

    @property
    def counts(self) -> bool:
        """Whether it completes one; what completes none is not kept."""
        return any(self.level.meets(each) for each in self._wanted)

    @property
    def _wanted(self) -> list[Proof]:
        place = self.part.place
        return [place.proofs[action.id] for action in place.signals[self.pushed.name]]

    def used_before(self) -> "Judged":
        """The same without its signature's weight."""
        return replace(self, level=self.part.level, flaw=Flaw.USED)


def parts_of_push(inst: Installation, directory: Directory, arrival: Arrival) -> Iterator[Part]:
    """A push, campaign by campaign; those that do not exist are left out."""
    push = arrival.push
    for key in push.keys:
        place = directory.get(key)
        if place is None:
            continue
        events, misses = _sorted_out(place, resolve(push.events, place.signals))
        linked = push.token and linked_visitor(inst.vault, push.token, key, arrival.at)
        yield Part(
            place=place,
            level=Proof.BROWSER,
            hashed=page_hash(place.campaign.team_id, push.visitor),
            widget_id=None,
            events=events,
            misses=misses,
            at=arrival.at,
            origin=arrival.origin,
            linked_to=linked or None,
            link=push.token if linked else None,
            visitor=push.visitor,
        )


def parts_of_post(posted: Posted) -> Iterator[Part]:
    """One part for each event, in their order: each has a visitor and a time of its own."""
    place = posted.place
    for told in posted.events:
        events, misses = _sorted_out(place, [told.pushed])
        team_id = place.campaign.team_id
        yield Part(
            place=place,
            level=Proof.SERVER,
            hashed=None if told.page is None else page_hash(team_id, told.page),
            widget_id=told.widget_id,
            events=events,
            misses=misses,
            at=told.at,
        )


def judged(part: Part, pushed: Pushed, visitor: Visitor | None) -> Judged:
    """Weigh an event's signature, its use before apart. ``visitor`` None: somebody new."""
    if pushed.signature is None or part.visitor is None:
        return Judged(part, pushed, part.level)
    links = {part.link, visitor.link if visitor is not None else None} - {None}
    claims = [
        Claim(part.place.campaign.key, name, pushed.name, value)
        for name in (part.visitor, *sorted(str(link) for link in links))
        # The script has one word for no value and an empty one, and so has a signature.
        for value in ((None, "") if not pushed.value else (pushed.value,))
    ]
    wrong = flaw(pushed.signature, claims, part.place.secrets, part.at)
    return Judged(part, pushed, Proof.SIGNED if wrong is None else part.level, wrong)


def value_hash(value: str | None, key: bytes | None = None) -> str:
    """What tells values apart in a key; no value is another one than an empty one.

    ``key`` for values of which an e-mail address is blotted out: without it nobody can try whose
    address it was.
    """
    if value is None:
        return ""
    told = value.encode()
    return sha256(told).hexdigest() if key is None else hmac_new(key, told, "sha256").hexdigest()


def _sorted_out(
    place: Place, all_pushed: list[Pushed]
) -> tuple[tuple[Pushed, ...], tuple[tuple[str, Miss], ...]]:
    events: list[Pushed] = []
    misses: list[tuple[str, Miss]] = []
    for pushed in all_pushed:
        miss = excess(pushed) or (None if pushed.name in place.signals else Miss.UNKNOWN)
        if miss is None:
            events.append(pushed)
        else:
            misses.append((pushed.name[:LONGEST_NAME], miss))
    return tuple(events), tuple(misses)
