"""Every hook. The first word is the contract.

``register_``  at start, once a process, pure: the list is validated, the plugin refused by name.
``gate_``      before a change; the first ``Denied`` wins, ``None`` abstains. An exception denies
               what is being enabled or created, and allows, with an alert, what already runs.
``on_``        after commit, from the outbox, each plugin alone, at least once, retried.

A plugin is a module; its functions carry ``@hookimpl`` and take any of a hook's arguments by name.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import click
import pluggy

from tombola.api import (
    ActionType,
    CampaignView,
    Change,
    Channel,
    Connector,
    Ctx,
    Denied,
    EntryDraft,
    EntryView,
    Feature,
    HealthCheck,
    Identity,
    IdentityProvider,
    Importer,
    Job,
    Settings,
    Storage,
    Views,
    Webhook,
    WinnerView,
)

hookspec = pluggy.HookspecMarker("tombola")
hookimpl = pluggy.HookimplMarker("tombola")


@hookspec
def register_action_types() -> Iterable[type[ActionType[Any]]]:
    """Offer kinds of action.

    Keys are new in the installation: a key that two plugins claim makes both of them invalid.

    >>> from tombola.api import ActionType, Completed, Config, View
    >>> class Visit(ActionType[Config]):
    ...     key, title, config_model = "demo.visit", "Visit", Config
    ...     def view(self, ctx, config, who):
    ...         return View(label="Visit us")
    ...     def start(self, ctx, config, who):
    ...         return Completed(proof="visit")
    >>> @hookimpl
    ... def register_action_types():
    ...     return [Visit]
    """
    raise NotImplementedError


@hookspec
def register_importers() -> Iterable[type[Importer[Any, Any]]]:
    """Offer pull sources; each is offered to teams as an action as well."""
    raise NotImplementedError


@hookspec
def register_identity_providers() -> Iterable[type[IdentityProvider]]:
    """Offer ways to prove who somebody is elsewhere."""
    raise NotImplementedError


@hookspec
def register_connectors() -> Iterable[type[Connector]]:
    """Offer ways in which teams connect accounts that importers and others then use.

    >>> from tombola.api import Account, Connector, Redirect
    >>> class Harbour(Connector):
    ...     key, title = "demo.harbour", "Harbour"
    ...     def begin(self, ctx, flow):
    ...         return Redirect(f"https://harbour.example/oauth?state={flow.state}")
    ...     def finish(self, ctx, flow, params):
    ...         return [Account("7", "Pier 7", "pier", secrets={"token": params["code"]})]
    >>> @hookimpl
    ... def register_connectors():
    ...     return [Harbour]
    """
    raise NotImplementedError


@hookspec
def register_channels() -> Iterable[type[Channel]]:
    """Offer ways to send a message to an identity."""
    raise NotImplementedError


@hookspec
def register_webhooks() -> Iterable[type[Webhook]]:
    """Offer receivers at ``/webhooks/<slug>/<name>``; route, inbox and replay are the core's."""
    raise NotImplementedError


@hookspec
def register_jobs() -> Iterable[Job[Any]]:
    """Offer background work, enqueued by ``ctx.enqueue`` or periodic."""
    raise NotImplementedError


@hookspec
def register_features() -> Iterable[Feature]:
    """Offer switches and quotas for plans.

    Every action type and importer is a feature without being named here; a feature with the same
    key refines it, for example to put it into a cheaper plan.

    >>> from tombola.api import Feature
    >>> @hookimpl
    ... def register_features():
    ...     return [Feature("demo.visit", "Visit a page", plan="free")]
    """
    raise NotImplementedError


@hookspec
def register_settings() -> Settings:
    """Declare settings for the installation and for teams; the core makes the forms."""
    raise NotImplementedError


@hookspec
def register_storage() -> Storage:
    """Declare own tables and their migrations. Never create tables yourself."""
    raise NotImplementedError


@hookspec
def register_views() -> Iterable[Views]:
    """Mount own pages at ``/p/<slug>/``, each with its audience: the escape hatch."""
    raise NotImplementedError


@hookspec
def register_commands() -> Iterable[click.Command]:
    """Offer commands: one called as the slug is ``tombola <slug>``, others come beneath it."""
    raise NotImplementedError


@hookspec
def register_health_checks() -> Iterable[HealthCheck]:
    """Offer probes for the health page."""
    raise NotImplementedError


@hookspec
def gate_feature(ctx: Ctx, feature: str, plan: str, team_id: str, amount: int = 1) -> Denied | None:
    """May this team use ``amount`` more of ``feature``? Asked after the plan has said yes.

    Reads only: no network, no writes.

    >>> from tombola.api import Denied
    >>> @hookimpl
    ... def gate_feature(feature, team_id):
    ...     return Denied("The invoice is overdue.") if team_id == "t1" else None
    """
    raise NotImplementedError


@hookspec
def gate_entries(
    ctx: Ctx, drafts: Sequence[EntryDraft], campaign: CampaignView
) -> Sequence[Denied | None]:
    """May these entries be recorded? Asked once a set, before the write transaction.

    Returns:
        One answer for each draft, in their order.
    """
    raise NotImplementedError


@hookspec
def on_entries_recorded(ctx: Ctx, entries: Sequence[EntryView], campaign: CampaignView) -> None:
    """Entries were recorded."""


@hookspec
def on_entries_revoked(ctx: Ctx, entries: Sequence[EntryView], reason: str) -> None:
    """Entries no longer count."""


@hookspec
def on_identity_linked(ctx: Ctx, entrant_id: str, identity: Identity, team_id: str) -> None:
    """An identity was proven to belong to an entrant."""


@hookspec
def on_campaign_changed(ctx: Ctx, campaign: CampaignView, changes: Sequence[Change]) -> None:
    """A campaign was changed by its team."""


@hookspec
def on_winner_drawn(ctx: Ctx, winner: WinnerView, campaign: CampaignView) -> None:
    """A winner was drawn."""


@hookspec
def on_entrant_erased(ctx: Ctx, entrant_id: str, team_id: str) -> None:
    """Delete or anonymise everything you keep about this entrant. Idempotent."""
