"""The error bodies of X, word for word where a recording of them is known."""

from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.wrappers import Response

from tombola.testing.network import json_response
from tombola_sandbox.models import App
from tombola_sandbox.x.dialect import Dialect

_HOSTS: Mapping[Dialect, str] = {dialect: f"{dialect.problems}/" for dialect in Dialect}

INVALID = "One or more parameters to your request was invalid."


class Problem(Exception):
    """An answer that is no success; raised anywhere, answered at the door."""

    def __init__(
        self,
        status: int,
        body: Mapping[str, Any],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(str(body.get("detail", body)))
        self.status = status
        self.body = body
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """Answer with it."""
        return json_response(
            self.body,
            self.status,
            headers=self.headers,
            content_type="application/problem+json; charset=utf-8",
        )


def invalid(dialect: Dialect, *complaints: tuple[str, str, str]) -> Problem:
    """Refuse parameters; each complaint is (parameter, its value, what is wrong)."""
    errors = [{"parameters": {name: [value]}, "message": said} for name, value, said in complaints]
    return Problem(
        400,
        {
            "errors": errors,
            "title": "Invalid Request",
            "detail": INVALID,
            "type": f"{dialect.problems}/invalid-request",
        },
    )


def unauthorized() -> Problem:
    """Refuse a caller without a valid token."""
    body = {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}
    return Problem(401, body)


def forbidden() -> Problem:
    """Refuse a token that lacks a scope."""
    return Problem(
        403, {"title": "Forbidden", "type": "about:blank", "status": 403, "detail": "Forbidden"}
    )


def not_enrolled(app: App, dialect: Dialect) -> Problem:
    """Refuse an application that has no access to the API."""
    return Problem(
        403,
        {
            "client_id": app.client_id,
            "title": "Client Forbidden",
            "reason": "client-not-enrolled",
            "required_enrollment": "Appropriate Level of API Access",
            "registration_url": "https://developer.twitter.com/en/docs/projects/overview",
            "detail": "When authenticating requests to the Twitter API v2 endpoints, you must use "
            "keys and tokens from a Twitter developer App that is attached to a Project. You can "
            "create a project via the developer portal.",
            "type": f"{dialect.problems}/client-forbidden",
        },
    )


def wrong_authentication(used: str, supported: Sequence[str], dialect: Dialect) -> Problem:
    """Refuse a kind of token that this endpoint does not take."""
    return Problem(
        403,
        {
            "title": "Unsupported Authentication",
            "detail": f"Authenticating with {used} is forbidden for this endpoint.  Supported "
            f"authentication types are [{', '.join(supported)}].",
            "type": f"{dialect.problems}/unsupported-authentication",
            "status": 403,
        },
    )


def too_many(headers: Mapping[str, str] | None = None) -> Problem:
    """Refuse a caller who asks too often."""
    return Problem(
        429,
        {
            "title": "Too Many Requests",
            "detail": "Too Many Requests",
            "type": "about:blank",
            "status": 429,
        },
        headers,
    )


def out_of_credit(app: App, dialect: Dialect) -> Problem:
    """Refuse a caller whose wallet is empty, in the words of the dialect."""
    if dialect is Dialect.TWEET:
        return Problem(
            402,
            {
                "account_id": app.account_id,
                "title": "CreditsDepleted",
                "detail": f"Your enrolled account [{app.account_id}] does not have any credits to "
                "fulfill this request.",
                "type": f"{dialect.problems}/credits",
            },
        )
    return Problem(
        402,
        {
            "title": "Payment Required",
            "status": 402,
            "detail": "credits depleted",
            "type": f"{dialect.problems}/credits-depleted",
        },
    )


def no_such_path() -> Problem:
    """Refuse a path that the network does not have."""
    body = {"title": "Not Found", "type": "about:blank", "status": 404, "detail": "Not Found"}
    return Problem(404, body)


def missing(dialect: Dialect, kind: str, parameter: str, value: str) -> dict[str, Any]:
    """Say, beside what was found, that something was not."""
    return {
        "value": value,
        "detail": f"Could not find {kind} with {parameter}: [{value}].",
        "title": "Not Found Error",
        "resource_type": kind,
        "parameter": parameter,
        "resource_id": value,
        "type": f"{dialect.problems}/resource-not-found",
    }


def translated(error: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    """Give a recorded complaint in a dialect; one that is in it already comes as it is."""
    spoken = _spoken_in(error)
    if spoken in {None, dialect}:
        return dict(error)
    parameter, kind = str(error.get("parameter", "")), str(error.get("type", ""))
    other = parameter_in(parameter, dialect)
    said = str(error.get("detail", "")).replace(f" {parameter}:", f" {other}:")
    found = {**error, "parameter": other, "type": kind.replace(_HOSTS[spoken], _HOSTS[dialect], 1)}
    found["detail"] = said.replace(f" {spoken} with ", f" {dialect} with ", 1)
    if error.get("resource_type") == spoken.value:
        found["resource_type"] = dialect.value
    return {name: found[name] for name in error}


def parameter_in(parameter: str, dialect: Dialect) -> str:
    """Give the name that an expansion has in a dialect."""
    if dialect is Dialect.POST:
        return parameter.replace("tweet", "post")
    older = parameter.replace("post", "tweet")
    return "referenced_tweets.id" if older == "referenced_tweets" else older


def _spoken_in(error: Mapping[str, Any]) -> Dialect | None:
    """Find out in which dialect a complaint is; None where nothing tells."""
    parameter, kind = str(error.get("parameter", "")), str(error.get("type", ""))
    named = (d for d in Dialect if d.value in parameter)
    return next(named, None) or next((d for d in Dialect if kind.startswith(_HOSTS[d])), None)


def hidden(dialect: Dialect, kind: str, parameter: str, value: str) -> dict[str, Any]:
    """Say that something is there and not for this caller."""
    return {
        "value": value,
        "detail": f"Sorry, you are not authorized to see the {kind} with {parameter}: [{value}].",
        "title": "Authorization Error",
        "resource_type": kind,
        "parameter": parameter,
        "resource_id": value,
        "section": "data",
        "type": f"{dialect.problems}/not-authorized-for-resource",
    }


def suspended(dialect: Dialect, parameter: str, user_id: str, value: str) -> dict[str, Any]:
    """Say that a user has been suspended."""
    return {
        "value": value,
        "detail": f"User has been suspended: [{value}].",
        "title": "Forbidden",
        "resource_type": "user",
        "parameter": parameter,
        "resource_id": user_id,
        "type": f"{dialect.problems}/resource-not-found",
    }
