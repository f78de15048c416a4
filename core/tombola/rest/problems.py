"""What can go wrong, by kind: one table for the description and for the page for people."""

from typing import Annotated, NamedTuple

from pydantic import Field

from tombola.rest.shapes import Shape


class Kind(NamedTuple):
    """A kind of problem: its name, its status, and what a program does about it."""

    name: str
    status: int
    advice: str


KINDS = (
    Kind("unreadable", 400, "The request is no HTTP that we read. Mend the program."),
    Kind("unknown-token", 401, "Send a token that is good: “Authorization: Bearer …”."),
    Kind("forbidden", 403, "The token lacks the scope that the route names. Make another token."),
    Kind("not-allowed", 403, "The team's plan, a switch or a plugin says no; `detail` says which."),
    Kind("not-found", 404, "There is no such thing in this team, or no such address."),
    Kind("no-such-method", 405, "The address is there, the method is not; `Allow` lists them."),
    Kind("conflict", 409, "Something else came first, or the state does not allow it. Read anew."),
    Kind("plugin-unavailable", 409, "The plugin of this kind is away. What it owns is kept."),
    Kind("outdated", 412, "If-Match names an older version. Read anew, then decide."),
    Kind("too-large", 413, "Send it in several requests."),
    Kind("not-json", 415, "Send JSON with “Content-Type: application/json”."),
    Kind("invalid", 422, "`errors` says by field what is wrong. Mend it; do not just repeat it."),
    Kind("too-many", 429, "Wait as many seconds as `Retry-After` says."),
    Kind("internal", 500, "A fault of ours. Tell the operator the request_id."),
    Kind("plugin-failed", 502, "A plugin raised an error; the operator sees it under its number."),
    Kind("busy", 503, "Nothing was done. Repeat it after `Retry-After` seconds."),
)


class Problem(Shape):
    """What went wrong (RFC 9457)."""

    type: Annotated[
        str, Field(description="The kind, which stays: “/api-docs#problem-” and its name.")
    ]
    status: Annotated[int, Field(description="The HTTP status.")]
    title: Annotated[str, Field(description="What it is, for a person; words may change.")]
    detail: Annotated[str, Field(description="What to do, for a person; words may change.")]
    request_id: Annotated[str, Field(description="Under which the operator's log has it.")]
    errors: Annotated[
        dict[str, str],
        Field(
            default_factory=dict,
            description="Complaints by field, with dots: `entries.3.email`; “” is the whole.",
        ),
    ]
