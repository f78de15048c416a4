"""Who somebody is on a network, and how that is proven."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from tombola.api.keyed import Keyed
from tombola.api.text import Text

if TYPE_CHECKING:
    from tombola.api.actions import Ask, Redirect
    from tombola.api.ctx import Ctx
    from tombola.api.importers import Item


@dataclass(frozen=True, slots=True)
class Identity:
    """A person's account on a network.

    Attributes:
        provider: key of the identity provider, e.g. ``twitter_import.x``.
        uid: the network's own id, never a display name.
        handle: user name there, as last seen.
        name: display name, as last seen; never used to link.
    """

    provider: str
    uid: str
    handle: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Who:
    """The entrant in front of an action.

    Attributes:
        entrant_id: the entrant's uid.
        identities: proven identities only, any order.
        locale: BCP 47 tag of the page.
    """

    entrant_id: str
    identities: tuple[Identity, ...] = ()
    name: str | None = None
    locale: str = "en"

    def identity(self, provider: str) -> Identity | None:
        """Give the proven identity at ``provider``, or None."""
        return next((known for known in self.identities if known.provider == provider), None)


@dataclass(frozen=True, slots=True)
class Flow:
    """One log-in in progress. The core makes it, binds it to the browser and keeps it.

    Attributes:
        state: unguessable; goes to the network and comes back.
        verifier: PKCE code verifier, 43 to 128 unreserved characters; never leaves the server.
        callback: absolute URL to return to, equal in ``begin`` and ``finish``.
        scopes: what is asked for beyond the plain log-in.
        who: the entrant when known already.
    """

    state: str
    verifier: str
    callback: str
    scopes: frozenset[str] = frozenset()
    who: Who | None = None


@dataclass(frozen=True, slots=True)
class Proven:
    """The end of a log-in.

    Attributes:
        identity: who it was.
        secrets: what the core seals (tokens, by name).
        owns: claim keys of posts that the log-in itself has shown to be this account's; they settle
            unclaimed items of importers whose ``identity`` is this provider, now and later. At
            most 1,000 count.
        also: other names of the same account at that network, such as the id that a page there has
            for it; entries that imports met under them are this person's, too. At most 20 count.
    """

    identity: Identity
    secrets: Mapping[str, str] = field(default_factory=dict)
    owns: Sequence[str] = ()
    also: Sequence[Identity] = ()


@dataclass(frozen=True, slots=True)
class ContactCard:
    """How a winner is reached on a network.

    Attributes:
        profile_url: deep link to the person.
        post_url: deep link to the post that won, when there is one.
        note: a sentence about what is possible there.
        draft: a message to begin with, in the network's manners; the team finishes and sends it.
    """

    profile_url: str | None = None
    post_url: str | None = None
    note: Text | None = None
    draft: Text | None = None


class IdentityProvider(Keyed, ABC):
    """A way to prove who an entrant is elsewhere.

    Attributes:
        consent: what a person agrees to whose account is connected with something else that they
            are known by, such as an address; shown beside a box that they tick. None where the
            network's terms ask for nothing. Without it nothing is linked; a log-in alone, which
            proves the account and no more, needs none.
        also: keys under which this network knows the same people by other names, which a log-in may
            prove in ``Proven.also``; whose items carry such a name, this log-in is offered.
    """

    consent: ClassVar[Text | None] = None
    also: ClassVar[Sequence[str]] = ()

    def ready(self, ctx: Ctx) -> bool:
        """Say whether a log-in can work now; it is offered only then. Asks no network."""
        return True

    @abstractmethod
    def begin(self, ctx: Ctx, flow: Flow) -> Redirect | Ask:
        """Say where the browser has to go. Pure; the core keeps ``flow``."""

    @abstractmethod
    def finish(self, ctx: Ctx, flow: Flow, params: Mapping[str, str]) -> Proven:
        """Turn what came back into a proven identity. The core has checked ``state``.

        Args:
            ctx: the plugin's world.
            flow: the one that ``begin`` was given.
            params: the query (or form) that the browser brought, decoded.

        Raises:
            Invalid: the person refused, or the network did; the message is shown.
        """

    def refresh(self, ctx: Ctx, secrets: Mapping[str, str]) -> Mapping[str, str]:
        """Renew tokens that are about to expire; the answer replaces all of ``secrets``."""
        return secrets

    def contact(self, ctx: Ctx, identity: Identity, item: Item | None) -> ContactCard:
        """Say how this person is reached; ``item`` is the post that made the entry."""
        return ContactCard(post_url=item.permalink if item else None)
