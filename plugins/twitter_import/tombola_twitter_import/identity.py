"""Log in with X: the account that wrote a post proves itself, and its entries are one person's."""

from collections.abc import Mapping
from typing import ClassVar

from tombola.api import (
    ContactCard,
    Ctx,
    Flow,
    HttpError,
    Identity,
    IdentityProvider,
    Invalid,
    Item,
    Phrase,
    Proven,
    Redirect,
    Text,
)
from tombola.toolkit import oauth2
from tombola_twitter_import import mapping
from tombola_twitter_import.apps import LogInApp, log_in_app
from tombola_twitter_import.client import LogIn


class XAccount(IdentityProvider):
    """An account on X, known by X's own number for it, which is the same everywhere.

    Source: X, "Data dictionary: User", ``id``; usernames change hands, so they are only shown.
    Source of the consent: X, Developer Policy, "Off-X matching": express opt-in; both read
    2026-11-21.
    """

    key: ClassVar[str] = mapping.PROVIDER
    title: ClassVar[Text] = "X (Twitter)"
    consent: ClassVar[Text | None] = (
        "Connect my X account with my entries here, so that posts of mine that take part count "
        "for me."
    )

    def ready(self, ctx: Ctx) -> bool:
        """Say whether there is an app to log in to."""
        return log_in_app(ctx) is not None

    def begin(self, ctx: Ctx, flow: Flow) -> Redirect:
        """Send the browser to X."""
        return Redirect(LogIn(ctx, _app(ctx)).dialog(flow))

    def finish(self, ctx: Ctx, flow: Flow, params: Mapping[str, str]) -> Proven:
        """Exchange the code and ask X who it was. The token is used once and not kept."""
        code = oauth2.code_of(params)
        try:
            user = LogIn(ctx, _app(ctx)).user(flow, code)
        except HttpError as error:
            ctx.log.warning("log_in_unanswered", why=str(error))
            raise Invalid({"": "X did not answer. Please try again in a minute."}) from error
        return Proven(
            Identity(
                self.key,
                str(user["id"]),
                handle=user.get("username"),
                name=mapping.shown_name(user),
            )
        )

    def contact(self, ctx: Ctx, identity: Identity, item: Item | None) -> ContactCard:
        """Give the person's page and post; X tells no address, so a reply or message it is."""
        return ContactCard(
            profile_url=mapping.profile(identity.uid, identity.handle),
            post_url=item.permalink if item else None,
            note="Answer the post, or send a direct message if the person takes them from anybody.",
            draft=_draft(identity),
        )


def _draft(identity: Identity) -> Text:
    if identity.handle is None:
        return "Your post has won! Please write to us, so that your prize finds you."
    return Phrase(
        "@%(handle)s Your post has won! Please write to us, so that your prize finds you.",
        {"handle": identity.handle},
    )


def _app(ctx: Ctx) -> LogInApp:
    app = log_in_app(ctx)
    if app is None:
        raise Invalid({"": "Log-in with X is not set up here: the OAuth 2.0 client id is missing."})
    return app
