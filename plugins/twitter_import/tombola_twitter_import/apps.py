"""Whose app on X is used: the team's own, or the operator's."""

from dataclasses import dataclass
from decimal import Decimal

from tombola.api import Ctx
from tombola_twitter_import.config import OperatorSettings, TeamSettings


@dataclass(frozen=True, slots=True)
class ReadingApp:
    """An app that reads posts.

    Attributes:
        bearer: token, or "" when it has to be fetched with ``key`` and ``secret``.
        own: it is the team's.
        budget: USD a month; None = no limit.
    """

    bearer: str
    key: str
    secret: str
    own: bool
    budget: Decimal | None


@dataclass(frozen=True, slots=True)
class LogInApp:
    """An app that people log in to; without ``secret`` it is a public client."""

    client_id: str
    secret: str


def reading_app(ctx: Ctx) -> ReadingApp | None:
    """Give the app that reads for this team; None when nobody has set one."""
    team, operator = ctx.settings(TeamSettings), ctx.settings(OperatorSettings)
    own = ReadingApp(
        bearer=team.own_bearer_token.get_secret_value(),
        key=team.own_api_key.get_secret_value(),
        secret=team.own_api_secret.get_secret_value(),
        own=True,
        budget=_budget(team.own_monthly_budget_usd),
    )
    shared = ReadingApp(
        bearer=operator.bearer_token.get_secret_value(),
        key=operator.api_key.get_secret_value(),
        secret=operator.api_secret.get_secret_value(),
        own=False,
        budget=_budget(operator.monthly_budget_usd),
    )
    return next((app for app in (own, shared) if app.bearer or (app.key and app.secret)), None)


def log_in_app(ctx: Ctx) -> LogInApp | None:
    """Give the app that this team's entrants log in to; None when nobody has set one."""
    team, operator = ctx.settings(TeamSettings), ctx.settings(OperatorSettings)
    own = LogInApp(team.own_client_id, team.own_client_secret.get_secret_value())
    shared = LogInApp(operator.client_id, operator.client_secret.get_secret_value())
    return next((app for app in (own, shared) if app.client_id), None)


def _budget(usd: float) -> Decimal | None:
    return Decimal(str(usd)) if usd else None
