"""The loaded plugins: what they offer, by key, and the one way of calling them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from pydantic import BaseModel

from tombola.api import (
    ActionType,
    CampaignView,
    Channel,
    Complaint,
    Config,
    Connector,
    Ctx,
    Denied,
    EntryDraft,
    Feature,
    IdentityProvider,
    Importer,
    Job,
    Phrase,
    PluginFailed,
    PluginUnavailable,
    Proof,
    Text,
    Webhook,
)
from tombola.plugins import dispatch, kinds
from tombola.plugins.states import Plugin
from tombola.plugins.world import About, Team, TeamRef, World

T = TypeVar("T")

#: Page requests wait this long for a plugin; workers give their own, longer one.
PATIENCE = timedelta(seconds=5)


class Catalog:
    """What ready plugins offer, by key and by former key. Needs no database.

    Lookups give None for what nobody offers (any more): the row stays, its page shows a
    tombstone, and ``owner`` still says whose it was.
    """

    def __init__(self, plugins: Iterable[Plugin]) -> None:
        self.all = tuple(plugins)
        self.by_slug = {plugin.slug: plugin for plugin in self.all}
        self._action_types = self._index("action_types")
        self._importers = self._index("importers")
        self._providers = self._index("identity_providers")
        self._connectors = self._index("connectors")
        self._channels = self._index("channels")
        self._webhooks = self._index("webhooks")
        self._jobs = self._index("jobs")
        self._features = {each.key: each for each in self._all_features()}

    def _index(self, attribute: str) -> dict[str, Any]:
        found = {}
        for plugin in self.ready:
            for part in getattr(plugin.parts, attribute):
                found.update(dict.fromkeys((part.key, *part.formerly), part))
        return found

    @property
    def ready(self) -> list[Plugin]:
        """The plugins that may be called."""
        return [plugin for plugin in self.all if plugin.ready]

    def settings_owner(self, model: type[Config]) -> str | None:
        """Name the plugin that asks for settings with a model; None when nobody does."""
        declared = ((plugin.slug, plugin.parts.settings) for plugin in self.ready)
        return next(
            (slug for slug, each in declared if each and model in (each.installation, each.team)),
            None,
        )

    def action_type(self, key: str) -> ActionType[Any] | None:
        """Find a kind of action."""
        return self._action_types.get(key)

    def importer(self, key: str) -> Importer[Any, Any] | None:
        """Find a pull source."""
        return self._importers.get(key)

    def provider(self, key: str) -> IdentityProvider | None:
        """Find a way to prove an identity."""
        return self._providers.get(key)

    def connector(self, key: str) -> Connector | None:
        """Find a way to connect a team's accounts."""
        return self._connectors.get(key)

    def connector_keys(self, key: str) -> tuple[str, ...]:
        """Give a connector's present key and all former ones; ``key`` alone when it is gone."""
        known = self._connectors.get(key)
        return (known.key, *known.formerly) if known else (key,)

    def channel(self, key: str) -> Channel | None:
        """Find a way to send messages."""
        return self._channels.get(key)

    def channels(self) -> list[Channel]:
        """All ways to send messages, by key."""
        return _by_key(self._channels.values())

    def webhook(self, key: str) -> Webhook | None:
        """Find a receiver."""
        return self._webhooks.get(key)

    def job(self, key: str) -> Job[Any] | None:
        """Find background work."""
        return self._jobs.get(key)

    def feature(self, key: str) -> Feature | None:
        """Find a feature, declared or implicit, by its own or a former key."""
        return self._features.get(self.current_key(key))

    def current_key(self, key: str) -> str:
        """Give today's key of a kind of action or importer that was renamed."""
        part = self._action_types.get(key) or self._importers.get(key)
        return part.key if part else key

    def action_types(self) -> list[ActionType[Any]]:
        """All kinds of action, importers not included, by key."""
        return _by_key(self._action_types.values())

    def importers(self) -> list[Importer[Any, Any]]:
        """All pull sources, by key."""
        return _by_key(self._importers.values())

    def providers(self) -> list[IdentityProvider]:
        """All ways to prove an identity, by key."""
        return _by_key(self._providers.values())

    def connectors(self) -> list[Connector]:
        """All ways to connect accounts, by key."""
        return _by_key(self._connectors.values())

    def features(self) -> list[Feature]:
        """All features, by key."""
        return _by_key(self._features.values())

    def owner(self, key: str) -> Plugin | None:
        """Give the plugin of a slug or key, whatever its state; None when it is not installed."""
        return self.by_slug.get(self.current_key(key).partition(".")[0])

    def _all_features(self) -> Iterable[Feature]:
        """Each kind of action and importer is a feature; a declared one with its key refines it."""
        for plugin in self.ready:
            for part in (*plugin.parts.action_types, *plugin.parts.importers):
                yield Feature(part.key, part.title)
            yield from plugin.parts.features


class Plugins(Catalog):
    """The catalog of a running installation: everything that calls plugin code is here.

    Every call checks state, switches and quarantine first, runs alone with a deadline, and turns
    whatever the plugin raises into a recorded fault and ``PluginFailed``. Never call it inside a
    write transaction.
    """

    def __init__(self, plugins: Iterable[Plugin], world: World) -> None:
        super().__init__(plugins)
        self.world = world

    def why_not(self, key: str, team: Team | None, campaign_id: int | None = None) -> Text | None:
        """Say, for the team, why a plugin cannot be called now; None when it can."""
        return dispatch.why_not(self, key, team, campaign_id)

    def call(
        self,
        key: str,
        team: Team | None,
        place: str,
        work: Callable[[Ctx], T],
        *,
        deadline: timedelta = PATIENCE,
        passes: tuple[type[Exception], ...] = (),
        about: About | None = None,
    ) -> T:
        """Run ``work`` with a ctx of the plugin that owns ``key`` (a slug or any of its keys).

        ``plugins.call(action.type_key, actor, "view", lambda ctx: kind.view(ctx, config, who))``

        Args:
            key: whose code it is.
            team: for whom; None for the installation.
            place: what is called, for log and pages.
            work: calls the plugin's code and nothing else.
            deadline: after that the call is given up and counts as a fault.
            passes: exceptions that belong to the contract and are raised on as they are.
            about: the action that it is for, which ``ctx`` then names.

        Raises:
            PluginUnavailable: not installed, not ready, switched off or in quarantine.
            PluginFailed: its code raised something else or took too long; recorded.
        """
        return dispatch.call(
            self, key, team, place, work, deadline=deadline, passes=passes, about=about
        )

    def features_of(self, key: str, config: BaseModel, team: Team) -> list[str]:
        """Name every feature that a team's configuration uses; each has to be allowed."""
        return kinds.features_of(self, key, config, team)

    def signal_names(self, key: str, config: BaseModel, team: Team) -> list[str]:
        """Name the tracking names that complete an action; none for importers."""
        return kinds.signal_names(self, key, config, team)

    def signal_proof(self, key: str, config: BaseModel, team: Team) -> tuple[Proof, bool]:
        """How believable an event must be, and whether addresses in its value are blotted out."""
        return kinds.signal_proof(self, key, config, team)

    def complaints(
        self, key: str, config: BaseModel, team_id: int, team_uid: str
    ) -> list[Complaint]:
        """Ask the plugin what is wrong with a configuration. May call the network."""
        return kinds.complaints(self, key, config, TeamRef(team_id, team_uid))

    def config_doc(self, key: str, config: BaseModel, team_id: int = 0) -> dict[str, Any]:
        """Give the document to store, secrets sealed."""
        return kinds.config_doc(self, key, config, team_id)

    def config_of(self, key: str, document: Mapping[str, Any], version: int, team: Team) -> Config:
        """Give a stored configuration back, upgraded. Raises PluginUnavailable, PluginFailed."""
        return kinds.config_of(self, key, document, version, team)

    def read_config(
        self, kind: Any, document: Mapping[str, Any], version: int, team_id: int
    ) -> Config:
        """Like ``config_of``, for callers that are within ``call`` already."""
        return kinds.read_config(self, kind, document, version, team_id)

    def ask_feature(
        self, team: Team, plan: str, feature: str, amount: int = 1, *, running: bool = False
    ) -> Denied | None:
        """Ask every enabled plugin's ``gate_feature``; the first denial wins.

        A gate that fails or rests denies what is new, and allows what runs unless the installation
        wants else. One that is switched off is not asked.
        """
        given = {"feature": feature, "plan": plan, "team_id": team.team_uid, "amount": amount}
        for plugin in self.listeners("gate_feature"):
            denied = self._gate(plugin, "gate_feature", team, given, running=running)
            if denied is not None:
                return denied
        return None

    def ask_entries(
        self, team: Team, drafts: Sequence[EntryDraft], campaign: CampaignView
    ) -> list[Denied | None]:
        """Ask every enabled plugin's ``gate_entries``, once for the set.

        A gate that fails, or answers for another number of drafts, is treated like a gate for
        what already runs: it allows, with a recorded fault, unless the installation wants else.

        Returns:
            One answer for each draft, in their order; the first denial of each wins.
        """
        answers: list[Denied | None] = [None] * len(drafts)
        given = {"drafts": tuple(drafts), "campaign": campaign}
        for plugin in self.listeners("gate_entries"):
            said = self._gate_set(plugin, team, given, len(drafts))
            answers = [before or after for before, after in zip(answers, said, strict=True)]
        return answers

    def listeners(self, hook: str) -> list[str]:
        """Give the slugs of ready plugins that implement a hook, in loading order."""
        return [plugin.slug for plugin in self.ready if dispatch.implementations(plugin, hook)]

    def tell(
        self,
        slug: str,
        hook: str,
        team: Team | None,
        *,
        deadline: timedelta = timedelta(seconds=30),
        **given: Any,
    ) -> None:
        """Call one plugin's ``on_`` hook; raises like ``call``, so that the outbox tries again."""
        dispatch.hook(self, slug, hook, team, given, deadline=deadline)

    def _gate(
        self, slug: str, hook: str, team: Team, given: dict[str, Any], *, running: bool
    ) -> Denied | None:
        try:
            answer = dispatch.hook(self, slug, hook, team, given, deadline=PATIENCE)
        except PluginUnavailable:
            if (running and self.world.gates_fail_open) or dispatch.is_off(self, slug, team):
                return None
            resting = Phrase("A check of %(plugin)s is resting; try again later.", {"plugin": slug})
            return Denied(resting, slug)
        except PluginFailed as error:
            if running and self.world.gates_fail_open:
                return None
            return Denied(f"A check of {slug} failed ({error.correlation}).", slug)
        return replace(answer, by=slug) if isinstance(answer, Denied) else None

    def _gate_set(
        self, slug: str, team: Team, given: dict[str, Any], count: int
    ) -> list[Denied | None]:
        def check(answer: Any) -> list[Denied | None]:
            said = [None] * count if answer is None else list(answer)
            if len(said) != count:
                raise ValueError(f"gate_entries answered {len(said)} of {count} drafts")
            return [replace(each, by=slug) if isinstance(each, Denied) else None for each in said]

        try:
            said: list[Denied | None] = dispatch.hook(
                self, slug, "gate_entries", team, given, deadline=PATIENCE, check=check
            )
        except PluginUnavailable:
            return [None] * count
        except PluginFailed as error:
            if self.world.gates_fail_open:
                return [None] * count
            return [Denied(f"A check of {slug} failed ({error.correlation}).", slug)] * count
        return said


def _by_key(parts: Iterable[Any]) -> list[Any]:
    return sorted({part.key: part for part in parts}.values(), key=lambda part: part.key)
