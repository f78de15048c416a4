"""What reading costs, and a team's budget for it.

Source: X, "Pricing": a post read USD 0.005, a user read USD 0.010, users in ``includes`` count,
the same object is free again within a UTC day; read 2026-11-21. The last is not reckoned with
here, so what is written down is the most that X can have charged.
"""

from datetime import datetime
from decimal import Decimal

from tombola.api import Ctx, OutOfCredit
from tombola_twitter_import.apps import ReadingApp
from tombola_twitter_import.config import OperatorSettings


def price(ctx: Ctx, posts: int, users: int) -> Decimal:
    """Give the price of that many objects, in USD."""
    settings = ctx.settings(OperatorSettings)
    return posts * _decimal(settings.post_price_usd) + users * _decimal(settings.user_price_usd)


def spent(ctx: Ctx, app: ReadingApp) -> Decimal:
    """Give what this team has spent with this app in the current month (UTC)."""
    return Decimal(ctx.kv.get(_key(ctx, app)) or 0)


def affordable(ctx: Ctx, app: ReadingApp, *, wanted: int, least: int) -> int:
    """Give how many posts a page may have at most.

    Each is reckoned with an author of its own and with a post that it answers or quotes, which X
    reads along in its newer vocabulary.

    Raises:
        OutOfCredit: the budget does not pay for ``least`` posts any more.
    """
    each = price(ctx, 2, 1)
    if app.budget is None or not each:
        return wanted
    posts = int((app.budget - spent(ctx, app)) / each)
    if posts < least:
        raise OutOfCredit(
            _next_month(ctx.now),
            f"This month's budget of USD {app.budget} for reading X is used up",
        )
    return min(posts, wanted)


def note(ctx: Ctx, app: ReadingApp, *, posts: int, users: int) -> None:
    """Add what a page has cost. Two pages at the same instant may be written down as one."""
    if posts or users:
        ctx.kv.put(_key(ctx, app), str(spent(ctx, app) + price(ctx, posts, users)))


def _key(ctx: Ctx, app: ReadingApp) -> str:
    return f"spent {'own' if app.own else 'shared'} {ctx.now:%Y-%m}"


def _decimal(usd: float) -> Decimal:
    return Decimal(str(usd))


def _next_month(now: datetime) -> datetime:
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first.replace(year=now.year + now.month // 12, month=now.month % 12 + 1)
