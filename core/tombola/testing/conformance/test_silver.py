"""Silver: a plugin that loses nothing. Needs the author's fake network for importers."""

from datetime import timedelta
from typing import Any

from tombola.api import (
    CredentialExpired,
    FetchError,
    HttpFailed,
    Importer,
    Item,
    Lane,
    Page,
    Window,
)
from tombola.importing.page import checked_item
from tombola.plugins.validation import load_target
from tombola.testing.conformance.subject import Subject

__all__ = [
    "test_a_network_that_is_away_is_an_error_of_the_contract",
    "test_a_page_read_twice_is_the_same_page",
    "test_an_event_that_is_heard_becomes_items",
]


def test_a_page_read_twice_is_the_same_page(subject: Subject) -> None:
    """A worker that dies between reading and committing reads the page again."""
    if not subject.scenario.has_network:
        return
    for importer in subject.plugin.parts.importers:
        ctx = subject.scenario.make_ctx()
        config = subject.config(importer)
        cursor = importer.open(ctx, config, Lane.LIVE, Window(since=ctx.now - timedelta(days=1)))
        first, second = (importer.fetch(ctx, config, cursor) for _ in range(2))
        assert isinstance(first, Page)
        ids = [item.external_id for item in first.items]
        assert ids == [item.external_id for item in second.items], importer.key
        assert len(set(ids)) == len(ids), f"{importer.key} gives an item twice in one page"
        for item in first.items:
            _check_claim(importer, item)
        for place in (first.next, first.checkpoint):
            assert place is None or _again(importer, place) == place


def test_a_network_that_is_away_is_an_error_of_the_contract(subject: Subject) -> None:
    """With nothing to talk to, ``fetch`` raises one of the errors it may raise."""
    from tombola.testing.ctx import FakeCtx  # noqa: PLC0415 - a world without any network

    storage = subject.plugin.parts.storage
    for importer in subject.plugin.parts.importers:
        ctx = FakeCtx(metadata=None if storage is None else load_target(storage.metadata))
        config = subject.config(importer)
        cursor = importer.open(ctx, config, Lane.LIVE, Window(since=ctx.now - timedelta(days=1)))
        try:
            importer.fetch(ctx, config, cursor)
        except (FetchError, HttpFailed, CredentialExpired):
            continue
        raise AssertionError(f"{importer.key} answered without a network")


def test_an_event_that_is_heard_becomes_items(subject: Subject) -> None:
    """Each topic has an example in ``Scenario.events``; hearing it twice gives the same items."""
    for importer in subject.plugin.parts.importers:
        examples = subject.scenario.events.get(importer.key, ())
        missing = set(importer.hears) - {event.topic for event in examples}
        assert not missing, f"{importer.key}: Scenario.events has no example of {missing}"
        for event in examples:
            first, second = (
                importer.hear(subject.scenario.make_ctx(), subject.config(importer), event)
                for _ in range(2)
            )
            for item in first:
                checked_item(item)
            ids = [item.external_id for item in first]
            assert ids == [item.external_id for item in second], importer.key
            assert len(set(ids)) == len(ids), f"{importer.key} hears an item twice in one event"


def _check_claim(importer: Importer[Any, Any], item: Item) -> None:
    """What can be claimed is found by the very address that its author sees."""
    if item.claim_key is None:
        return
    assert importer.claims, f"{importer.key} gives claim keys, but says claims = False"
    if item.permalink is not None:
        read = importer.claim_key(item.permalink)
        assert read == item.claim_key, f"{importer.key} reads {item.permalink} as {read}"


def _again(importer: Any, place: Any) -> Any:
    return importer.cursor_model.model_validate_json(place.model_dump_json())
