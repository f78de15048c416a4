"""Kinds of action: what an entrant sees, does and gets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel

from tombola.api.config import Config
from tombola.api.entries import Proof
from tombola.api.identity import Identity, Who
from tombola.api.keyed import Keyed
from tombola.api.text import Text

if TYPE_CHECKING:
    from tombola.api.ctx import Ctx

C = TypeVar("C", bound=Config)
Json = Any  # a JSON value: None, bool, int, float, str, list or dict of such


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a configuration; ``field`` None means the whole of it."""

    text: Text
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An action as it stands in a campaign that a team begins from a ready template.

    Attributes:
        title: of the action.
        description: of the action.
        worth: entries of one completion.
        interval: ``once``, ``hourly``, ``daily`` or ``unlimited``.
        config: what the kind's ``config_model`` takes; nothing for importers, whose sources the
            team names itself.
    """

    title: Text
    description: Text = ""
    worth: int = 1
    interval: str = "once"
    config: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Award:
    """One entry to give.

    Attributes:
        worth: None means the action's worth.
        to: None means the person who acted.
    """

    worth: int | None = None
    to: Identity | None = None


@dataclass(frozen=True, slots=True)
class Completed:
    """The action is done.

    Attributes:
        proof: what makes it the same completion when seen twice (becomes part of the entry's key).
        details: shown in the Actions tab, words by name.
        occurred_at: aware UTC; None means now.
        recheck_after: ask ``verify`` again after this long.
        alike: the same for two people who gave the same answer, where that is worth a look: the
            team sees who else gave it. None: answers are not compared.
    """

    proof: str
    awards: tuple[Award, ...] = (Award(),)
    details: Mapping[str, str] = field(default_factory=dict)
    occurred_at: datetime | None = None
    recheck_after: timedelta | None = None
    alike: str | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """Not yet; the widget waits until the action has been completed.

    Attributes:
        check_after: how long that may take, at a guess.
        reason: what is waited for.
        url: where the entrant goes on, shown as a link that opens a window of its own; http(s).
        label: words on that link.
        code: what the entrant may type there instead, shown to be copied.
    """

    check_after: timedelta
    reason: Text = ""
    url: str | None = None
    label: Text = ""
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """No. ``code`` is for logs and styles, ``message`` for the entrant."""

    code: str
    message: Text
    retryable: bool = True


@dataclass(frozen=True, slots=True)
class NeedsIdentity:
    """The entrant has to log in with this provider first."""

    provider: str


Verdict = Completed | Pending | Rejected | NeedsIdentity


@dataclass(frozen=True, slots=True)
class Redirect:
    """The browser goes there; ``popup`` opens a window of its own."""

    url: str
    popup: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """The core renders a form of ``model``; the answer arrives in ``submit``."""

    model: type[BaseModel]


Step = Redirect | Ask | Verdict


@dataclass(frozen=True, slots=True)
class View:
    """An action as an entrant sees it; the core renders it, never a plugin.

    Attributes:
        label: the heading; "" lets the core use the action's own title.
        description: a paragraph of plain text.
        link: an address outside, opened in a new window.
        link_label: words on that link.
        ask: show the form of this model at once (its answer goes to ``submit``).
        hint: a line beneath, e.g. what unlocks it.
        props: given to template and module as JSON.
        template: a Jinja template in the plugin's ``templates/<slug>/`` instead of the core's.
        module: an ES module in the plugin's ``static/``, loaded under the core's CSP.
    """

    label: Text = ""
    description: Text = ""
    link: str | None = None
    link_label: Text = ""
    ask: type[BaseModel] | None = None
    hint: Text = ""
    props: Mapping[str, Json] = field(default_factory=dict)
    template: str | None = None
    module: str | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """Lines that a member has sent for a field with the format ``list``.

    Attributes:
        lines: the first column of a CSV, or whole lines of a text: not empty, without spaces at
            their ends, at most 100,000, each at most 1,000 characters. None at all: the list is to
            be removed.
        add: to what is kept, instead of in its place.
        empty: lines without anything that were left out, not counting those at the end.
    """

    lines: Sequence[str]
    add: bool = False
    empty: int = 0


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What stands in the configuration for the lines from now on, and what the member is told."""

    value: str
    told: Text = ""


class ActionType(Keyed, ABC, Generic[C]):
    """A kind of action that a team can put into a campaign.

    Attributes:
        config_model: its configuration; the form is made from it.
        config_version: raised whenever ``upgrade_config`` learns a step.
        identities: providers the entrant must have proven first; where that depends on the
            configuration, see ``log_ins``.
        connection: key of a connector whose accounts it uses (``ctx.account``).
    """

    config_model: ClassVar[type[Config]]
    config_version: ClassVar[int] = 1
    identities: ClassVar[Sequence[str]] = ()
    connection: ClassVar[str | None] = None
    #: Ready templates that this kind has a part in, by their key; see the guide for plugins.
    starters: ClassVar[Mapping[str, Sequence[Suggestion]]] = {}

    def upgrade_config(self, old: dict[str, Json], version: int) -> dict[str, Json]:
        """Turn configuration stored at ``version`` into today's. Pure."""
        return old

    def check(self, ctx: Ctx, config: C) -> Iterable[Complaint]:
        """Complain about a configuration that is about to be saved. May use the network."""
        return ()

    def options(self, ctx: Ctx, field: str, query: str) -> Iterable[tuple[str, str]]:
        """Offer values for a field, as (value, label), best first, at most fifty."""
        return ()

    def take_upload(self, ctx: Ctx, config: C, field: str, upload: Upload) -> Uploaded:
        """Keep the lines of a field ``str`` with ``json_schema_extra={"format": "list"}``.

        They are kept in tables of the plugin's own; the configuration holds a name for them. The
        configuration is saved after this call, so what the old name stands for stays as it is
        until then. May take a minute; each ``ctx.db()`` at most some hundred rows.

        Args:
            ctx: the plugin's world.
            config: as it is about to be saved; the field holds the name that was given last.
            field: its name.
            upload: what was sent.

        Raises:
            Invalid: with words for the member, by field.
        """
        raise NotImplementedError(f"{self.key} keeps no list for {field!r}")

    def about_upload(self, ctx: Ctx, config: C, field: str) -> Text:
        """Say what is kept for such a field, how much and since when; "" for nothing."""
        return ""

    def features(self, config: C) -> Sequence[str]:
        """Name every feature that this configuration uses; the plan has to allow all of them."""
        return (self.key,)

    def log_ins(self, config: C) -> Sequence[str]:
        """Name the providers that this configuration asks for; the widget offers them. Pure."""
        return self.identities

    def signal_names(self, config: C) -> Iterable[str]:
        """Name the tracking names that complete it; the core compiles name → action. Pure."""
        return ()

    def with_signal(self, config: C, name: str) -> C | None:
        """Give the configuration with one more tracking name; None where it takes none. Pure."""
        return None

    def signal_proof(self, config: C) -> Proof:
        """Say how far an event of ``signal_names`` must be believable to complete it. Pure."""
        return Proof.BROWSER

    def redacts_emails(self, config: C) -> bool:
        """Say whether e-mail addresses in what is reported are blotted out before it is kept."""
        return False

    @abstractmethod
    def view(self, ctx: Ctx, config: C, who: Who | None) -> View:
        """Say what the entrant sees. No network; ``who`` None before anybody is known."""

    @abstractmethod
    def start(self, ctx: Ctx, config: C, who: Who) -> Step:
        """The entrant pressed the button."""

    def submit(self, ctx: Ctx, config: C, who: Who, data: BaseModel) -> Verdict:
        """Judge an answer to ``Ask`` or ``View.ask``; ``data`` is validated."""
        return Rejected("unexpected", "This action takes no answer.", retryable=False)

    def verify(self, ctx: Ctx, config: C, who: Who, proof: str | None) -> Verdict:
        """Judge again, later. Repeatable; changes nothing of ours.

        Args:
            ctx: the plugin's world.
            config: the action's.
            who: the entrant.
            proof: of the completion in question, or None while pending.
        """
        return Pending(timedelta(seconds=15))
