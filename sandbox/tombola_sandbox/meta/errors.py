"""Graph's refusals, in its own words: an envelope, a code, a subcode.

Only codes are stable; texts for people come in their language. HTTP is 400 for nearly all, 403 for
codes 10 and 200 to 299, 500 for 1 and 2.

Source: Meta, "Handle Errors", and recorded answers; read 2026-11.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from werkzeug.wrappers import Response

from tombola.testing.network import json_response

OAUTH: Final = "OAuthException"
METHOD: Final = "GraphMethodException"
INSTAGRAM: Final = "IGApiException"

DOCS: Final = "https://developers.facebook.com/docs/graph-api"

_FORBIDDEN: Final = 403
_BAD: Final = 400
_BROKEN: Final = 500


class GraphError(Exception):
    """A refusal.

    Attributes:
        code: what clients decide by.
        subcode: more exactly; None where there is none.
        said: title and text for people, by language; None where there are none.
        headers: what is told besides.
    """

    def __init__(
        self,
        code: int,
        message: str,
        *,
        kind: str = OAUTH,
        subcode: int | None = None,
        said: Mapping[str, tuple[str, str]] | None = None,
        transient: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.kind = kind
        self.subcode = subcode
        self.said = said
        self.transient = transient
        self.headers: Mapping[str, str] = {}

    @property
    def status(self) -> int:
        """The status that goes with the code; clients must not rely on it."""
        if self.code == 10 or 200 <= self.code <= 299:  # noqa: PLR2004 - permissions
            return _FORBIDDEN
        return _BROKEN if self.code in {1, 2} else _BAD

    def body(self, *, trace: str, locale: str = "en_US", host: str = "") -> dict[str, Any]:
        """Give the envelope."""
        kind = INSTAGRAM if host.endswith("instagram.com") and self.kind != OAUTH else self.kind
        error: dict[str, Any] = {"message": self.message, "type": kind, "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.transient is not None:
            error["is_transient"] = self.transient
        if self.said is not None:
            title, text = self.said.get(locale[:2], self.said["en"])
            error |= {"error_user_title": title, "error_user_msg": text}
        error["fbtrace_id"] = trace
        return {"error": error}


def response(error: GraphError, body: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    """Answer an error; a token that is wrong is said in a header, too."""
    extra = {**headers, **error.headers}
    if error.code in {102, 104, 190}:
        said = error.message.replace('"', "'")
        extra["WWW-Authenticate"] = f'OAuth "Facebook Platform" "invalid_token" "{said}"'
    return json_response(body, error.status, headers=extra)


# Paths and parameters.


def syntax(said: str, at: int, text: str) -> GraphError:
    """``fields`` is not well formed."""
    return GraphError(2500, f'Syntax error "{said}" at character {at}: {text}')


def no_path(path: str) -> GraphError:
    """There is nothing at this path."""
    return GraphError(2500, f"Unknown path components: {path}")


def old_version(version: str, newest: str) -> GraphError:
    """The version has ended."""
    said = "You are calling a deprecated version of the API"
    return GraphError(2635, f"(#2635) {said} ({version}). Please update to {newest}.")


def no_field(name: str, kind: str) -> GraphError:
    """The kind of thing has no such field."""
    return GraphError(
        100, f"(#100) Tried accessing nonexisting field ({name}) on node type ({kind})"
    )


def no_object(object_id: str, method: str = "get") -> GraphError:
    """There is no such thing, or none that this token may see: the two are not told apart."""
    return GraphError(
        100,
        f"Unsupported {method} request. Object with ID '{object_id}' does not exist, cannot be "
        "loaded due to missing permissions, or does not support this operation. Please read the "
        f"Graph API documentation at {DOCS}",
        kind=METHOD,
        subcode=33,
    )


def no_aliases(ids: str) -> GraphError:
    """One of several ids is not there: the whole call fails."""
    return GraphError(803, f"(#803) Some of the aliases you requested do not exist: {ids}")


def parameter(said: str) -> GraphError:
    """A parameter is wrong."""
    return GraphError(100, f"(#100) {said}")


def lacks(name: str) -> GraphError:
    """A parameter is missing."""
    return parameter(f"The parameter {name} is required")


def invalid_cursor() -> GraphError:
    """A cursor is none of ours."""
    return GraphError(100, "(#100) Invalid cursors values were detected")


# Tokens.


def no_token() -> GraphError:
    """Nobody asks."""
    return GraphError(104, "An access token is required to request this resource.")


def no_user() -> GraphError:
    """``me`` without a token."""
    said = "An active access token must be used to query information about the current user."
    return GraphError(2500, said)


def bad_token() -> GraphError:
    """The token is none."""
    return GraphError(190, "Invalid OAuth access token - Cannot parse access token")


def expired(at: datetime, now: datetime) -> GraphError:
    """The token's time is over."""
    when, today = (f"{t:%A, %d-%b-%y %H:%M:%S} UTC" for t in (at, now))
    said = f"Error validating access token: Session has expired on {when}. "
    return GraphError(190, f"{said}The current time is {today}.", subcode=463)


_DEAD: Final = {
    458: "The user has not authorized application {app}.",
    459: "The user has been checkpointed and must log in at www.facebook.com to correct an issue.",
    460: "The session has been invalidated because the user changed their password or Facebook has "
    "changed the session for security reasons.",
    463: "Session has expired.",
    464: "The user is not a confirmed user.",
    467: "The session is invalid because the user logged out.",
    492: "The user must be an administrator, editor, or moderator of the page in order to "
    "impersonate it.",
}


def dead(subcode: int, app: str) -> GraphError:
    """The token works no more."""
    said = _DEAD[subcode].format(app=app)
    return GraphError(190, f"Error validating access token: {said}", subcode=subcode)


def wants_page_token() -> GraphError:
    """A user's token where only a page's will do."""
    said = "(#190) This method must be called with a Page Access Token"
    return GraphError(190, said, subcode=2_069_032)


def page_token_required() -> GraphError:
    """The same, of ``subscribed_apps``."""
    return GraphError(210, "(#210) A page access token is required to request this resource.")


def no_proof() -> GraphError:
    """The app wants its calls signed."""
    said = "API calls from the server require an appsecret_proof argument"
    return GraphError(100, said, kind=METHOD)


def wrong_proof() -> GraphError:
    """The signature is another's."""
    said = "Invalid appsecret_proof provided in the API argument"
    return GraphError(100, said, kind=METHOD)


def wrong_app() -> GraphError:
    """There is no such application."""
    said = "Error validating application. Cannot get application info due to a system error."
    return GraphError(101, said)


def wrong_secret() -> GraphError:
    """The application's secret is another."""
    return GraphError(1, "Error validating client secret.")


def wrong_code(said: str, subcode: int) -> GraphError:
    """A code of the dialog does not count."""
    return GraphError(100, said, subcode=subcode)


# Permissions and features.


def lacks_permission(*permissions: str, code: int = 200) -> GraphError:
    """The token lacks a permission."""
    words = " and ".join(permissions)
    if code == 10:  # noqa: PLR2004 - the table's code
        said = f"(#10) This endpoint requires the '{words}' permission."
    else:
        said = f"(#200) Requires {words} permission to manage the object."
    return GraphError(code, said)


def lacks_public_content() -> GraphError:
    """Somebody else's page, and no feature for that."""
    return GraphError(
        10,
        "(#10) This endpoint requires the 'pages_read_engagement' permission or the 'Page Public "
        "Content Access' feature or the 'Page Public Metadata Access' feature. Refer to "
        "https://developers.facebook.com/docs/apps/review/login-permissions#manage-pages and "
        "https://developers.facebook.com/docs/apps/review/feature#reference-PAGES_ACCESS for "
        "details.",
    )


def lacks_object_access() -> GraphError:
    """Somebody else's object, and no feature for that."""
    return GraphError(
        100,
        "(#100) Object does not exist, cannot be loaded due to missing permission or reviewable "
        "feature, or does not support this operation. This endpoint requires the "
        "'pages_read_engagement' permission or the 'Page Public Content Access' feature or the "
        "'Page Public Metadata Access' feature.",
    )


def lacks_feature(feature: str) -> GraphError:
    """App Review has not approved it."""
    return GraphError(
        10,
        f"(#10) To use '{feature}', your use of this endpoint must be reviewed and approved by "
        f"Facebook. To submit this '{feature}' feature for review please read our documentation "
        "on reviewable features: https://developers.facebook.com/docs/apps/review.",
    )


def public_content_unsigned() -> GraphError:
    """The feature is there, the signature is not."""
    said = "(#100) Pages Public Content Access requires either app secret proof or an app token"
    return GraphError(100, said)


# Instagram.


def no_hashtag(tag: str) -> GraphError:
    """Nobody uses it, or nobody may see it."""
    said = {
        "en": ("No matching hashtag", f"The hashtag {tag} cannot be shown."),
        "de": ("Kein passender Hashtag", f"Der Hashtag {tag} kann nicht angezeigt werden."),
        "fr": ("Aucun hashtag ne correspond", f"Le hashtag {tag} ne peut pas être affiché."),
        "sv": ("Ingen matchande hashtagg", f"Hashtaggen {tag} kan inte visas."),
        "ja": ("一致するハッシュタグがありません", f"ハッシュタグ{tag}は表示できません。"),
    }
    missing = "The requested resource does not exist"
    return GraphError(24, missing, subcode=2_207_024, said=said, transient=False)


def sensitive() -> GraphError:
    """A hashtag about which Instagram says nothing: a generic error."""
    return GraphError(1, "An unknown error has occurred.", transient=False)


def too_many_hashtags() -> GraphError:
    """The 31st in seven days. Code 18 is believed, Meta's table does not hold it."""
    said = {
        "en": (
            "Hashtag limit reached",
            "You have queried the maximum of 30 unique hashtags within the last 7 days.",
        ),
        "de": (
            "Hashtag-Limit erreicht",
            "Es wurden in den letzten 7 Tagen schon 30 verschiedene Hashtags abgefragt.",
        ),
    }
    words = "(#18) This api call could not be completed due to resource limits"
    return GraphError(18, words, subcode=2_207_034, said=said, transient=False)


def no_account(username: str) -> GraphError:
    """Business Discovery does not find somebody."""
    said = {
        "en": ("Cannot find User", f"The user with username: {username} cannot be found."),
        "de": ("Konto nicht gefunden", f"Das Konto {username} wurde nicht gefunden."),
    }
    return GraphError(110, "Invalid user id", subcode=2_207_013, said=said, transient=False)


# Limits.

_LIMITS: Final = {
    4: "(#4) Application request limit reached",
    17: "(#17) User request limit reached",
    32: "(#32) Page request limit reached",
    613: "(#613) Calls to this api have exceeded the rate limit.",
    80001: "(#80001) There have been too many calls to this Page account. Wait a bit and try "
    "again.",
    80002: "(#80002) There have been too many calls to this Instagram account. Wait a bit and try "
    "again.",
}


def limit_reached(code: int) -> GraphError:
    """Too many calls."""
    return GraphError(code, _LIMITS[code], transient=True)


def temporary() -> GraphError:
    """Nothing is wrong with the call."""
    said = "An unexpected error has occurred. Please retry your request later."
    return GraphError(2, said, transient=True)
