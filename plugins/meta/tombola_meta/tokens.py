"""From a dialog's code to a token, and what a token is good for.

Source: Meta, “Manually Build a Login Flow”, “Get Long-Lived Tokens”, “Debug Token”; Instagram
Platform, “Business Login for Instagram”; read 2026-11-21.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tombola.api import (
    CredentialExpired,
    Ctx,
    FetchError,
    Flow,
    HttpResponse,
    Invalid,
    PermissionLost,
    Phrase,
    Retry,
)
from tombola_meta import addresses, errors
from tombola_meta.addresses import Host
from tombola_meta.graph import SUCCESS, Graph, reached
from tombola_meta.reading import mapping, number, objects, parsed, text, uid, words
from tombola_meta.settings import OperatorSettings, settings_of
from tombola_meta.times import time_from


@dataclass(frozen=True, slots=True)
class Token:
    """A token; its value is in no ``repr``.

    Attributes:
        expires_at: aware UTC; None where Meta names no end.
    """

    value: str = field(repr=False)
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What Meta says of a token.

    Attributes:
        valid: it works, and is our app's.
        scopes: permissions that were granted.
        only: permissions that hold for some pages or accounts alone, with their ids.
        expires_at: aware UTC; None = never.
        data_until: when the person has to agree again; None = never.
        person: app-scoped id of whose token it is.
    """

    valid: bool
    scopes: frozenset[str] = frozenset()
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)
    expires_at: datetime | None = None
    data_until: datetime | None = None
    person: str | None = None

    def lacks(self, scopes: Sequence[str], target: str) -> Sequence[str]:
        """Name the permissions that do not hold for a page or an account, in their order."""
        return [
            each
            for each in scopes
            if each not in self.scopes or target not in self.only.get(each, frozenset({target}))
        ]


@contextmanager
def in_words(ctx: Ctx) -> Iterator[None]:
    """Say to a person in front of a log-in what went wrong at Meta.

    Raises:
        Invalid: instead of any kind of FetchError.
    """
    try:
        yield
    except FetchError as error:
        ctx.log.warning("log_in_failed", kind=type(error).__name__, why=str(error))
        said = Phrase("The log-in was not completed: %(why)s.", {"why": str(error).rstrip(".")})
        raise Invalid({"": said}) from error


@contextmanager
def app_call() -> Iterator[None]:
    """Keep trouble with the app's own token from being taken for trouble of somebody's account.

    Raises:
        Retry: Meta does not accept the app; whatever else goes wrong is raised as it is.
    """
    try:
        yield
    except (CredentialExpired, PermissionLost) as error:
        said = "Meta does not accept the app's id and secret in the settings of the plugin “meta”"
        raise Retry(errors.LONG_PAUSE, said) from error


def facebook_token(ctx: Ctx, flow: Flow, code: str) -> Token:
    """Turn the code of Facebook's dialog into a token that lives an hour or two.

    Raises:
        FetchError: Facebook did not take it, or did not answer.
    """
    return _exchanged(ctx, {**_app(settings_of(ctx)), "redirect_uri": flow.callback, "code": code})


def long_lived(ctx: Ctx, token: Token) -> Token:
    """Turn a token of Facebook's into one that lives sixty days. Raises like ``facebook_token``."""
    asked = {
        **_app(settings_of(ctx)),
        "grant_type": "fb_exchange_token",
        "fb_exchange_token": token.value,
    }
    return _exchanged(ctx, asked)


def facts_of(ctx: Ctx, token: str) -> TokenFacts:
    """Ask what a token is good for. Raises like ``app_call``."""
    settings = settings_of(ctx)
    with app_call():
        answer = Graph(ctx, settings.app_token).get("debug_token", {"input_token": token})
    said = mapping(answer.body.get("data"))
    limited = {
        str(each.get("scope")): frozenset(filter(None, map(uid, each["target_ids"])))
        for each in objects(said.get("granular_scopes"))
        if isinstance(each.get("target_ids"), list) and each["target_ids"]
    }
    return TokenFacts(
        valid=said.get("is_valid") is True and uid(said.get("app_id")) == settings.app_id,
        scopes=frozenset(words(said.get("scopes"))),
        only=limited,
        expires_at=time_from(said.get("expires_at")),
        data_until=time_from(said.get("data_access_expires_at")),
        person=uid(said.get("user_id")),
    )


def instagram_token(ctx: Ctx, flow: Flow, code: str) -> Token:
    """Turn the code of Instagram's dialog into a token that lives an hour.

    Instagram ends the code with ``#_``, which browsers keep to themselves and some pass on.

    Raises:
        FetchError: Instagram did not take it, or did not answer.
    """
    settings = settings_of(ctx)
    secret = settings.instagram_app_secret.get_secret_value()
    form = {
        "client_id": settings.instagram_app_id,
        "client_secret": secret,
        "grant_type": "authorization_code",
        "redirect_uri": flow.callback,
        "code": code.removesuffix("#_"),
    }
    url = addresses.instagram_token(settings)
    response = reached(lambda: ctx.http.post(url, form=form), secret, code)
    return _token_in(ctx, response, secret, code)


def _app(settings: OperatorSettings) -> Mapping[str, str]:
    return {
        "client_id": settings.app_id,
        "client_secret": settings.app_secret.get_secret_value(),
    }


def _exchanged(ctx: Ctx, asked: Mapping[str, str]) -> Token:
    """Post what is asked, so that no secret stands in an address."""
    url = addresses.graph(settings_of(ctx), Host.FACEBOOK, "oauth/access_token")
    secrets = tuple(asked.values())
    response = reached(lambda: ctx.http.post(url, form=asked), *secrets)
    return _token_in(ctx, response, *secrets)


def _token_in(ctx: Ctx, response: HttpResponse, *secrets: str) -> Token:
    try:
        body = parsed(response.body)
    except ValueError:
        body = None
    if response.status not in SUCCESS or errors.is_error(body):
        problem = errors.problem_from(response.status, body, *secrets)
        raise errors.error_from(problem, response.headers, ctx.now)
    said = next(objects(mapping(body).get("data")), mapping(body))
    value = text(said.get("access_token"))
    if value is None:
        raise errors.garbled()
    return Token(value, _end(ctx, said.get("expires_in")))


def _end(ctx: Ctx, seconds: Any) -> datetime | None:
    lasts = number(seconds) or 0
    return ctx.now + timedelta(seconds=min(lasts, _YEARS)) if lasts > 0 else None


_YEARS = 10 * 365 * 24 * 3600.0
