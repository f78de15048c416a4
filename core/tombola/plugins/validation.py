"""What a plugin may register. Each check gives complaints that name the thing and the remedy."""

import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click
from pydantic import BaseModel
from sqlalchemy import MetaData

from tombola.api import (
    ActionType,
    Audience,
    Channel,
    Config,
    Connector,
    Cursor,
    Feature,
    HealthCheck,
    IdentityProvider,
    Importer,
    Job,
    Phrase,
    Settings,
    SourceConfig,
    Storage,
    Views,
    Webhook,
)

#: Keys stand in addresses and in plans.
THING = re.compile(r"[a-z][a-z0-9_]{0,47}")
TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
PLANS = ("free", "pro", "business", "premium")

#: A job that takes longer enqueues its next part.
LONGEST_JOB = timedelta(minutes=5)

Complaints = Iterator[str]
#: Takes the plugin's slug and one thing that it registered.
Check = Callable[[str, Any], Complaints]


def key_complaints(slug: str, key: object) -> Complaints:
    """Complain about a key that is no ``slug.thing``."""
    if not isinstance(key, str):
        yield f"key {key!r} must be a string"
        return
    prefix, _, thing = key.partition(".")
    if prefix != slug or not THING.fullmatch(thing):
        yield f"key {key!r} must start with '{slug}.', followed by lower-case letters and digits"


def class_complaints(slug: str, kind: type[Any], given: Any) -> Complaints:
    """Complain about something that should be a complete subclass of ``kind``, with its key."""
    if not (isinstance(given, type) and issubclass(given, kind)):
        yield f"{given!r} is not a subclass of {kind.__name__}"
        return
    if inspect.isabstract(given):
        missing = ", ".join(sorted(getattr(given, "__abstractmethods__", ())))
        yield f"{given.__name__} lacks the methods {missing}"
    if not hasattr(given, "key"):
        yield f"{given.__name__} has no key"
        return
    yield from key_complaints(slug, given.key)
    former = getattr(given, "formerly", ())
    if isinstance(former, str) or not all(isinstance(each, str) for each in former):
        yield f"{given.__name__}.formerly must be a sequence of keys"
    if not isinstance(getattr(given, "title", None), str | Phrase):
        yield f"{given.__name__} has no title"


def model_complaints(owner: str, name: str, model: object, base: type[BaseModel]) -> Complaints:
    """Complain about a model that is no ``base`` or of which no JSON schema can be made."""
    if not (isinstance(model, type) and issubclass(model, base)):
        yield f"{owner}.{name} must be a subclass of {base.__name__}"
        return
    if model.model_config.get("extra") != "forbid" or not model.model_config.get("frozen"):
        yield f"{owner}.{name} must stay frozen and forbid unknown fields"
    try:
        model.model_json_schema()
    except Exception as error:  # noqa: BLE001 - whatever a foreign type raises
        yield f"{owner}.{name} has no JSON schema: {error}"


def action_type(slug: str, given: Any) -> Complaints:
    """Check a kind of action."""
    complaints = list(class_complaints(slug, ActionType, given))
    yield from complaints
    if not complaints:
        yield from model_complaints(
            given.__name__, "config_model", getattr(given, "config_model", None), Config
        )


def importer(slug: str, given: Any) -> Complaints:
    """Check a pull source."""
    complaints = list(class_complaints(slug, Importer, given))
    yield from complaints
    if complaints:
        return
    name = given.__name__
    config = getattr(given, "config_model", None)
    yield from model_complaints(name, "config_model", config, SourceConfig)
    yield from model_complaints(name, "cursor_model", getattr(given, "cursor_model", None), Cursor)
    buckets = Counter(limit.bucket for limit in given.limits)
    yield from (
        f"{name}.limits has bucket {bucket!r} twice" for bucket, n in buckets.items() if n > 1
    )
    yield from _connection(given)
    if isinstance(given.hears, str) or not all(isinstance(each, str) for each in given.hears):
        yield f"{name}.hears must be a sequence of topics"
    elif given.hears and given.hear is Importer.hear:
        yield f"{name} lists topics in hears, but has no method hear"
    if given.claims and given.claim_key is Importer.claim_key:
        yield f"{name} says that its items can be claimed, but has no method claim_key"


def _connection(given: type[Importer[Any, Any]]) -> Complaints:
    """Complain about an importer that names a connector and has no place for the account."""
    if given.connection is None:
        return
    field = given.config_model.model_fields.get("account")
    if field is None or field.annotation is not str:
        yield (
            f"{given.__name__} has connection {given.connection!r}, "
            "so its config_model needs a field 'account' of type str"
        )


def channel(slug: str, given: Any) -> Complaints:
    """Check a way to send messages."""
    complaints = list(class_complaints(slug, Channel, given))
    yield from complaints
    if complaints:
        return
    name = given.__name__
    if not isinstance(getattr(given, "identity", None), str):
        yield f"{name}.identity must be the key under which its people are known"
    if isinstance(given.hears, str) or not all(isinstance(each, str) for each in given.hears):
        yield f"{name}.hears must be a sequence of topics"
    elif given.hears and given.hear is Channel.hear:
        yield f"{name} lists topics in hears, but has no method hear"
    if given.connection is not None and given.account_of is Channel.account_of:
        yield f"{name} has connection {given.connection!r}, so it needs a method account_of"
    if not given.per_second > 0:
        yield f"{name}.per_second must be more than 0"


def keyed_class(kind: type[Any]) -> Check:
    """Make the check of classes that need no more than a key."""
    return lambda slug, given: class_complaints(slug, kind, given)


def instance(kind: type, more: Callable[[Any], Complaints]) -> Check:
    """Make the check of values with a key."""

    def check(slug: str, given: Any) -> Complaints:
        if not isinstance(given, kind):
            yield f"{given!r} is not a {kind.__name__}"
            return
        if hasattr(given, "key"):
            yield from key_complaints(slug, given.key)
        yield from more(given)

    return check


def _job(job: Job[Any]) -> Complaints:
    if not timedelta() < job.timeout <= LONGEST_JOB:
        yield f"job {job.key!r}: timeout must be at most {LONGEST_JOB}"
    if not (isinstance(job.payload, type) and issubclass(job.payload, BaseModel)):
        yield f"job {job.key!r}: payload must be a pydantic model"
    elif job.every is not None and any(f.is_required() for f in job.payload.model_fields.values()):
        yield f"job {job.key!r}: a periodic job's payload needs a default for every field"
    if not callable(job.run):
        yield f"job {job.key!r}: run must be callable"


def _feature(feature: Feature) -> Complaints:
    if feature.plan not in PLANS:
        yield f"feature {feature.key!r}: plan must be one of {', '.join(PLANS)}"


def _views(views: Views) -> Complaints:
    if not TARGET.fullmatch(str(views.blueprint)):
        yield f"views {views.blueprint!r} must be named as 'module:attribute'"
    if views.audience not in list(Audience):
        yield f"views {views.blueprint!r} have no audience"


def _health(check: HealthCheck) -> Complaints:
    if not callable(check.run):
        yield f"health check {check.key!r}: run must be callable"


def _nothing(_: Any) -> Complaints:
    return iter(())


def settings(_slug: str, given: Any) -> Complaints:
    """Check settings models: every field has a default."""
    if not isinstance(given, Settings):
        yield f"{given!r} is not a Settings"
        return
    for name, model in (("installation", given.installation), ("team", given.team)):
        if model is None:
            continue
        yield from model_complaints("settings", name, model, Config)
        required = [key for key, field in model.model_fields.items() if field.is_required()]
        if required:
            yield f"settings.{name}: {', '.join(required)} must have a default"


def storage(slug: str, given: Any) -> Complaints:
    """Check tables: the prefix, no references to tables of others, migrations to be found."""
    if not isinstance(given, Storage):
        yield f"{given!r} is not a Storage"
        return
    if not TARGET.fullmatch(str(given.metadata)):
        yield f"storage metadata {given.metadata!r} must be named as 'module:attribute'"
        return
    metadata = load_target(given.metadata)
    if not isinstance(metadata, MetaData):
        yield f"storage {given.metadata!r} is not a MetaData"
        return
    for table in metadata.tables.values():
        if not table.name.startswith(f"{slug}_"):
            yield f"table {table.name!r} must start with '{slug}_'"
        if table.name == f"{slug}_version":
            yield f"table {table.name!r} is the core's own, it counts your migrations"
        for key in table.foreign_keys:
            if not key.target_fullname.startswith(f"{slug}_"):
                yield f"table {table.name!r} refers to {key.target_fullname!r}, use a plain column"
    if find_spec(given.migrations) is None:
        yield f"storage migrations {given.migrations!r} is not a package"


def load_target(target: str) -> Any:
    """Import ``module:attribute``."""
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)


#: Hook → (attribute of Parts, check of one element). Hooks that give one value stand below.
LISTS: dict[str, tuple[str, Check]] = {
    "register_action_types": ("action_types", action_type),
    "register_importers": ("importers", importer),
    "register_identity_providers": ("identity_providers", keyed_class(IdentityProvider)),
    "register_connectors": ("connectors", keyed_class(Connector)),
    "register_channels": ("channels", channel),
    "register_webhooks": ("webhooks", keyed_class(Webhook)),
    "register_jobs": ("jobs", instance(Job, _job)),
    "register_features": ("features", instance(Feature, _feature)),
    "register_views": ("views", instance(Views, _views)),
    "register_commands": ("commands", instance(click.Command, _nothing)),
    "register_health_checks": ("health_checks", instance(HealthCheck, _health)),
}
SINGLES: dict[str, tuple[str, Check]] = {
    "register_settings": ("settings", settings),
    "register_storage": ("storage", storage),
}


def listed(given: object) -> list[Any] | None:
    """Give the elements of what a list hook answered, or None when it is no collection."""
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        return None
    return list(given)
