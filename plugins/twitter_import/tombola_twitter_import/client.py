"""The two conversations with X: reading posts, and a person's log-in.

The only place that knows X's addresses and the names of its parameters.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from tombola.api import (
    CredentialExpired,
    Ctx,
    FetchError,
    Flow,
    HttpFailed,
    HttpRefused,
    HttpResponse,
    Invalid,
    LimitSeen,
    PermissionLost,
    Retry,
)
from tombola.toolkit import oauth2
from tombola_twitter_import import errors
from tombola_twitter_import.apps import LogInApp, ReadingApp
from tombola_twitter_import.config import OperatorSettings

Dialect = Literal["post", "tweet"]

#: What is asked for in each vocabulary. In the new one an author, and what a post refers to, come
#: by expansion alone: without it neither replies nor reposts could be told.
#: Source: X API v2, OpenAPI 2.167, ``/2/tweets/search/recent``, read 2026-11-21.
FIELDS: Final[Mapping[Dialect, Mapping[str, str]]] = {
    "post": {
        "post.fields": "attachments,created_at,entities,note_post",
        "expansions": "author_id,attachments.media_keys,referenced_posts",
    },
    "tweet": {
        "tweet.fields": "attachments,author_id,created_at,entities,note_tweet,referenced_tweets",
        "expansions": "author_id,attachments.media_keys",
    },
}
BESIDE: Final = {
    "media.fields": "alt_text,height,media_key,preview_image_url,type,url,width",
    "user.fields": "name,username",
}

#: Names of the limits on recent search and on looking posts up, and the paths of both.
SEARCH: Final = "search_recent"
LOOKUP: Final = "lookup"
PATHS: Final = {SEARCH: "/2/tweets/search/recent", LOOKUP: "/2/tweets"}

#: Source: X, "OAuth 2.0 Authorization Code Flow with PKCE", scopes of ``/2/users/me``,
#: read 2026-11-21. No ``offline.access``: a log-in is proven once and no token is kept.
SCOPES: Final = frozenset({"tweet.read", "users.read"})


@dataclass(frozen=True, slots=True)
class Answer:
    """A page as X gave it, and what X said of its limits."""

    page: Mapping[str, Any]
    limits: tuple[LimitSeen, ...]


class Reader:
    """Reads posts with one app.

    Args:
        ctx: the plugin's world.
        app: whose credentials are used.
    """

    def __init__(self, ctx: Ctx, app: ReadingApp) -> None:
        self._ctx = ctx
        self._app = app
        self._settings = ctx.settings(OperatorSettings)

    def search(self, params: Mapping[str, str]) -> Answer:
        """Read one page of recent search, newest first. Raises like ``lookup``."""
        return self._read(SEARCH, {**params, "sort_order": "recency"})

    def lookup(self, ids: Sequence[str]) -> Answer:
        """Read up to a hundred posts by their ids; those that are gone stand in ``errors``.

        Raises:
            FetchError: one of its kinds.
        """
        return self._read(LOOKUP, {"ids": ",".join(ids)})

    def _read(self, bucket: str, params: Mapping[str, str]) -> Answer:
        """Read once in the vocabulary that X understands.

        Where X refuses the vocabulary, it is asked once more in the other one, and the answer is
        remembered. A token that was fetched with the app's key is fetched anew, once.
        """
        path, dialect = PATHS[bucket], self._dialect()
        response = self._authorized(path, params, dialect)
        problem = None if response.ok else errors.problem_from(response)
        if problem and f"{dialect}.fields" in problem.parameters and self._may_switch():
            dialect = "tweet" if dialect == "post" else "post"
            response = self._authorized(path, params, dialect)
            problem = None if response.ok else errors.problem_from(response)
            if problem is None:
                self._ctx.kv.put("dialect", dialect)
                self._ctx.log.info("dialect_changed", dialect=dialect)
        if problem is not None:
            raise errors.error_from(problem, response.headers, bucket=bucket, now=self._ctx.now)
        return Answer(_page(response), errors.limits_from(response.headers, bucket=bucket))

    def _dialect(self) -> Dialect:
        if self._settings.fields_dialect != "auto":
            return self._settings.fields_dialect
        return "tweet" if self._ctx.kv.get("dialect") == "tweet" else "post"

    def _may_switch(self) -> bool:
        return self._settings.fields_dialect == "auto"

    def _authorized(self, path: str, params: Mapping[str, str], dialect: Dialect) -> HttpResponse:
        asked = {**params, **BESIDE, **FIELDS[dialect]}
        response = self._get(path, asked, self._bearer())
        if response.status == 401 and not self._app.bearer:  # noqa: PLR2004 - RFC 9110
            self._ctx.keep_secret("app_token", None)
            response = self._get(path, asked, self._bearer())
        return response

    def _get(self, path: str, params: Mapping[str, str], bearer: str) -> HttpResponse:
        url = f"{self._settings.api_url}{path}"
        try:
            return self._ctx.http.get(
                url, params=params, headers={"authorization": f"Bearer {bearer}"}
            )
        except HttpFailed as error:
            raise Retry(errors.PAUSE, f"X did not answer: {error}") from error
        except HttpRefused as error:
            raise PermissionLost(f"X may not be asked from here: {error}") from error

    def _bearer(self) -> str:
        """Give the app's token; one that has to be fetched is kept, bound to its key.

        Source: X, "OAuth 2.0 Bearer Token (app-only)", read 2026-11-21.
        """
        if self._app.bearer:
            return self._app.bearer
        basic = oauth2.basic(self._app.key, self._app.secret)
        mark = hashlib.sha256(basic.encode()).hexdigest()[:16]
        kept_for, _, kept = (self._ctx.secret("app_token") or "").partition(" ")
        if kept and kept_for == mark:
            return kept
        token = self._fetch_bearer(basic)
        self._ctx.keep_secret("app_token", f"{mark} {token}")
        return token

    def _fetch_bearer(self, basic: str) -> str:
        try:
            response = self._ctx.http.post(
                f"{self._settings.api_url}/oauth2/token",
                form={"grant_type": "client_credentials"},
                headers={"authorization": basic},
            )
        except HttpFailed as error:
            raise Retry(errors.PAUSE, f"X did not answer: {error}") from error
        except HttpRefused as error:
            raise PermissionLost(f"X may not be asked from here: {error}") from error
        token = _body(response).get("access_token")
        if response.ok and isinstance(token, str):
            return token
        raise self._no_bearer(response)

    def _no_bearer(self, response: HttpResponse) -> FetchError:
        if response.ok:
            return errors.garbled()
        problem = errors.problem_from(response)
        found = errors.error_from(problem, response.headers, bucket=SEARCH, now=self._ctx.now)
        if isinstance(found, Retry):
            return found
        return CredentialExpired("X does not accept the app's API key and secret")


class LogIn:
    """Proves who a person on X is.

    Source of the steps: X, "OAuth 2.0 Authorization Code Flow with PKCE", read 2026-11-21.
    """

    def __init__(self, ctx: Ctx, app: LogInApp) -> None:
        self._ctx = ctx
        self._app = app
        self._settings = ctx.settings(OperatorSettings)

    def dialog(self, flow: Flow) -> str:
        """Give the address at which the person is asked."""
        endpoint = f"{self._settings.site_url}/i/oauth2/authorize"
        return oauth2.authorize_url(endpoint, flow, self._app.client_id, SCOPES | flow.scopes)

    def user(self, flow: Flow, code: str) -> Mapping[str, Any]:
        """Exchange the code, which lives 30 seconds, and give the user object of who agreed.

        Raises:
            Invalid: X did not take the code, or does not say who it was.
            HttpError: it did not answer.
        """
        endpoint = f"{self._settings.api_url}/2/oauth2/token"
        app, http = self._app, self._ctx.http
        tokens = oauth2.exchange(http, endpoint, flow, code, app.client_id, app.secret)
        response = http.get(
            f"{self._settings.api_url}/2/users/me",
            headers={"authorization": f"Bearer {tokens['access_token']}"},
        )
        user = _body(response).get("data")
        if not response.ok or not isinstance(user, dict) or not user.get("id"):
            raise Invalid({"": f"X did not say who you are ({response.status}). Please try again"})
        return user


def _body(response: HttpResponse) -> Mapping[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _page(response: HttpResponse) -> Mapping[str, Any]:
    body = _body(response)
    known = isinstance(body.get("meta"), dict) or isinstance(body.get("errors"), list)
    if not known and not isinstance(body.get("data"), list):
        raise errors.garbled()
    return body
