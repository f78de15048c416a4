"""What the console's pages show."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from tombola.testing.network import Clock, FaultKind, Network
from tombola_sandbox.access import DEMO_APP
from tombola_sandbox.models import Post, Standing
from tombola_sandbox.place import Place
from tombola_sandbox.switches import Vocabulary
from tombola_sandbox.world import World

SHOWN_POSTS = 20

PATTERNS: Final = (
    ("/2/tweets/search/*", "Search"),
    ("/2/*", "All of the API"),
    ("/media/*", "Pictures"),
    ("/graph.facebook.com/*", "Facebook's Graph API"),
    ("/graph.facebook.com/*/messages", "Messenger's Send API"),
    ("/graph.instagram.com/*", "Instagram's Graph API"),
    ("/scontent*", "Meta's pictures"),
    ("/2/oauth2/token", "Tokens of people"),
    ("/oauth2/token", "Token of the app"),
)
KINDS: Final = (
    (FaultKind.TOO_MANY, "429 Too Many Requests"),
    (FaultKind.OUT_OF_CREDIT, "402 No credits left"),
    (FaultKind.SERVER_ERROR, "503 with an HTML page"),
    (FaultKind.GARBAGE, "200 with garbage"),
    (FaultKind.TRUNCATED, "Only half of the answer"),
    (FaultKind.SLOW, "Slow"),
    (FaultKind.HANG, "No answer at all"),
    (FaultKind.RESET, "Connection dropped"),
)
MOVES: Final = (
    ("+60", "An hour on"),
    ("+1380", "23 hours on"),
    ("+1440", "A day on"),
    ("+10080", "A week on"),
    ("2026-04-26T23:30:00", "To half an hour before the message tags end"),
    ("2026-04-27T00:00:00", "To the day on which they are over"),
)
"""How the console moves the world's clock: minutes, or an instant in UTC."""
LANGUAGES: Final = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "fi", "tr", "ja")


def ago(clock: Clock) -> Callable[[datetime], str]:
    """Make the filter that says how long ago something was."""

    def say(at: datetime) -> str:
        passed = clock() - at
        if passed < timedelta(seconds=5):
            return "just now"
        seconds = int(passed.total_seconds())
        for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
            if seconds >= size:
                return f"{seconds // size} {unit} ago"
        return "just now"

    return say


def day(at: datetime) -> str:
    """Say a day and a time, UTC."""
    return f"{at:%a} {at.day} {at:%b %Y, %H:%M} UTC"


def span(length: timedelta) -> str:
    """Say how long something is: its two largest units."""
    minutes = -(-abs(int(length.total_seconds())) // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{rest} min"


def clock_time(at: datetime) -> str:
    """Say a time of day, UTC."""
    return f"{at:%H:%M:%S}"


def here(address: str | None) -> str:
    """Give a picture's address for the console: beside the network, so no fault hits it."""
    if not address:
        return "/assets/sandbox.svg"
    return address.replace("/media/", "/console/pictures/", 1)


def status(world: World, network: Network, place: Place) -> dict[str, Any]:
    """What every page shows at its top."""
    labels: dict[str, str] = {kind.value: said for kind, said in KINDS}
    where: dict[str, str] = dict(PATTERNS)
    return {
        "place": place,
        "now": world.clock(),
        "switches": world.switches,
        "dollars": world.wallet.left_micro / 1_000_000,
        "wallet_empty": world.wallet.empty,
        "faults": [
            (fault, labels[fault.kind.value], where.get(fault.pattern, fault.pattern))
            for fault in network.faults.standing()
        ],
        "call_count": network.calls.total,
        "post_count": sum(1 for post in world.posts.values() if _shows(post)),
        "patterns": PATTERNS,
        "kinds": KINDS,
    }


def overview(world: World) -> dict[str, Any]:
    """What the first page shows."""
    return {
        "posts": [_post(world, post) for post in _newest(world)],
        "people": sorted((p for p in world.people.values() if p.ours), key=lambda p: p.name),
        "languages": LANGUAGES,
    }


def people(world: World) -> dict[str, Any]:
    """What the page of people shows."""
    counts: dict[str, int] = {}
    for post in world.posts.values():
        if _shows(post) and post.author_id:
            counts[post.author_id] = counts.get(post.author_id, 0) + 1
    found = sorted(world.people.values(), key=lambda p: (not p.ours, p.name.casefold()))
    return {"people": found, "counts": counts, "standings": list(Standing)}


def settings(world: World) -> dict[str, Any]:
    """What the page of settings shows."""
    return {"app": world.access.apps[DEMO_APP.client_id], "vocabularies": list(Vocabulary)}


def _newest(world: World) -> list[Post]:
    shown = (post for post in world.newest_first() if _shows(post))
    return [post for post, _ in zip(shown, range(SHOWN_POSTS), strict=False)]


def _shows(post: Post) -> bool:
    return post.searchable and not post.deleted and post.edited_into is None


def _post(world: World, post: Post) -> dict[str, Any]:
    media = [world.media[key] for key in post.media_keys if key in world.media]
    pictures = [m.get("url") or m.get("preview_image_url") for m in media]
    person = world.people.get(post.author_id or "")
    return {
        "id": post.id,
        "text": _without_own_link(post),
        "lang": post.body.get("lang", ""),
        "created_at": post.created_at,
        "person": person,
        "pictures": [(url, m.get("alt_text", "")) for url, m in zip(pictures, media, strict=True)],
        "film": any(m.get("type") != "photo" for m in media),
        "edited": len(post.body.get("edit_history_tweet_ids") or ()) > 1,
        "waits": post.visible_from > world.clock(),
    }


def _without_own_link(post: Post) -> str:
    """Take off the short link which the network put behind the text for what is attached."""
    links = (post.body.get("entities") or {}).get("urls") or ()
    cut = [link["start"] for link in links if link.get("media_key") and "start" in link]
    return post.text[: min(cut)].rstrip() if cut else post.text
