"""The page on which a person writes a post, as a link on other sites opens it.

Source: X, "Post button", web intents (``text``, ``hashtags``, ``url``, ``via``), read 2026-11.
"""

from collections.abc import Mapping, Sequence

from werkzeug.wrappers import Request, Response

from tombola.testing.network import Network
from tombola_sandbox.models import Person, Standing
from tombola_sandbox.pages import Pages
from tombola_sandbox.world import MOST_MEDIA, World

ME = "sandbox_me"
"""Cookie that remembers as whom this browser last acted."""

LONGEST = 4000


class XIntent:
    """Mounts the page on a network."""

    def __init__(self, network: Network, world: World, pages: Pages) -> None:
        self._world = world
        self._pages = pages
        network.get("/intent/post")(self._write)
        network.get("/intent/tweet")(self._write)
        network.post("/intent/post")(self._post)

    def _write(self, request: Request) -> Response:
        return self._form(request, first_text(request.args))

    def _post(self, request: Request) -> Response:
        if request.headers.get("Origin") not in {None, request.host_url.rstrip("/")}:
            return self._form(request, "", "Another site may open this page, not send it.", 403)
        text = request.form.get("text", "").strip()
        author = self._world.people.get(request.form.get("author", ""))
        photos = request.form.get("photos", "")
        if author is None or not 1 <= len(text) <= LONGEST or photos not in _counts():
            return self._form(request, text, "Choose who you are and write something.", 400)
        post = self._world.post(author, text, photos=int(photos))
        lag = int(self._world.switches.index_lag.total_seconds())
        pictures = [self._world.media[key]["url"] for key in post.media_keys]
        page = self._pages.page(
            "posted.html", author=author, text=text, pictures=pictures, lag_s=lag
        )
        return remember(page, author)

    def _form(self, request: Request, text: str, said: str = "", status: int = 200) -> Response:
        people = able(self._world)
        return self._pages.page(
            "intent.html",
            status,
            people=people,
            me=whoever(request, people),
            text=text,
            said=said,
            counts=_counts(),
        )


def first_text(args: Mapping[str, str]) -> str:
    """Put together what the link proposes to write."""
    tags = [f"#{tag.strip().lstrip('#')}" for tag in args.get("hashtags", "").split(",") if tag]
    via = f"via @{args['via'].lstrip('@')}" if args.get("via") else ""
    parts = [args.get("text", ""), args.get("url", ""), *tags, via]
    return " ".join(part for part in parts if part)[:LONGEST]


def able(world: World) -> Sequence[Person]:
    """Give those who can log in: ours first, then whoever came with a recording."""
    there = (p for p in world.people.values() if p.standing is not Standing.SUSPENDED)
    return sorted(there, key=lambda person: (not person.ours, person.name.casefold()))


def whoever(request: Request, people: Sequence[Person]) -> str:
    """Say who is proposed: as whom this browser last acted, or the first."""
    last = request.cookies.get(ME, "")
    ids = [person.id for person in people]
    return last if last in ids else next(iter(ids), "")


def remember(response: Response, person: Person) -> Response:
    """Let the browser propose the same person next time."""
    response.set_cookie(ME, person.id, httponly=True, samesite="Lax", max_age=30 * 86_400)
    return response


def _counts() -> tuple[str, ...]:
    return tuple(str(count) for count in range(MOST_MEDIA + 1))
