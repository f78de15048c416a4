"""What a card shows of claims: the form, and the entrant's own ones with their standing."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from tombola.api import Text, render
from tombola.campaigns.service import Action
from tombola.claiming import service
from tombola.claiming.rules import OPEN, State
from tombola.claiming.service import Claim
from tombola.installation import Installation
from tombola.web.forms import Form
from tombola.web.i18n import gettext as _
from tombola.web.i18n import marked
from tombola.widget.directory import Place


class Wanted(BaseModel):
    """What is asked of somebody who says that a post is theirs."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    link: Annotated[str, Field(title=marked("Link of your post"), min_length=1, max_length=300)]
    handle: Annotated[str, Field(title=marked("Your name there, if you like"), max_length=100)] = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One claim with its standing in words."""

    claim: Claim
    says: str

    @property
    def is_open(self) -> bool:
        """Whether it can be proven or withdrawn."""
        return self.claim.state in OPEN


@dataclass(frozen=True, slots=True)
class Box:
    """The part of a card.

    Attributes:
        form: where a link is pasted.
        claims: the entrant's, newest first.
    """

    form: Form[Any]
    claims: tuple[Shown, ...]

    @property
    def tag(self) -> str:
        """What tells one state of it from another."""
        return ".".join(each.claim.state.value for each in self.claims)

    @property
    def open(self) -> bool:
        """Whether it is unfolded from the start."""
        return bool(self.claims or self.form.errors)


def boxes(
    conn: Connection, inst: Installation, place: Place, entrant_id: int | None
) -> dict[int, tuple[Claim, ...]]:
    """The actions whose posts can be claimed, with the entrant's claims."""
    mine = service.of_entrant(conn, place.campaign.id, entrant_id) if entrant_id else {}
    found = {}
    for number, action in place.actions.items():
        importer = inst.plugins.importer(action.type_key)
        if importer is not None and importer.claims and number not in place.shut:
            found[number] = tuple(mine.get(number, ()))
    return found


def box(action: Action, claims: tuple[Claim, ...], sent: Form[Any] | None) -> Box:
    """The part of one card."""
    form = sent or Form.of(Wanted, prefix=prefix(action.uid))
    return Box(form, tuple(Shown(each, says(each)) for each in claims))


def form_name(uid: str) -> str:
    """What the form that came back with errors is called among the page's forms."""
    return f"claim {uid}"


def prefix(uid: str) -> str:
    """What the controls of an action's form begin with: each name is there once on the page."""
    return f"claim.{uid[-12:]}."


def says(claim: Claim) -> str:
    """A claim's standing as the page says it."""
    if claim.state is State.REJECTED:
        why: Text = claim.reason or ""
        return _("Not taken: %(reason)s") % {"reason": render(why, _)}
    return {
        State.WAITING: _("We have not found this post yet. Once we do, we look at your claim."),
        State.PENDING: _("Somebody of the team looks at it."),
        State.APPROVED: _("It is yours, and it counts for you."),
        State.WITHDRAWN: "",
    }[claim.state]
