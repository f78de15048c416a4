"""The console's pages and acts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

from flask import Flask, Response, abort, redirect, render_template, request, send_from_directory
from werkzeug.wrappers import Response as AnyResponse

from tombola.testing.network import FaultKind, Network
from tombola_sandbox.access import DEMO_APP
from tombola_sandbox.console import views
from tombola_sandbox.console.messenger import add_messenger
from tombola_sandbox.console.meta import add_meta
from tombola_sandbox.loading import LoadError, Manner, load
from tombola_sandbox.mailbox.box import Mailbox
from tombola_sandbox.mailbox.pages import add_mailbox
from tombola_sandbox.meta.courier import Courier
from tombola_sandbox.models import Standing
from tombola_sandbox.pages import POLICY
from tombola_sandbox.pictures import draw
from tombola_sandbox.place import Place
from tombola_sandbox.remote import played, posted
from tombola_sandbox.switches import Vocabulary
from tombola_sandbox.world import World

MOST_BYTES = 256 * 1024 * 1024
MOST_DOLLARS = 1_000_000
LIVE_CALLS = 8
OWN_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})


def console_app(
    world: World,
    network: Network,
    place: Place,
    mailbox: Mailbox | None = None,
    courier: Courier | None = None,
) -> Flask:
    """Make the console for one world and its mailbox, an empty one if none is given."""
    app = Flask("tombola_sandbox", template_folder="templates/console", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = MOST_BYTES
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters |= {
        "ago": views.ago(world.clock),
        "clock": views.clock_time,
        "day": views.day,
        "span": views.span,
        "here": views.here,
    }
    app.before_request(_only_own_pages)
    app.after_request(_headers)

    @app.context_processor
    def always() -> dict[str, Any]:
        return views.status(world, network, place)

    _pages(app, world, network)
    _post_acts(app, world)
    _fault_acts(app, network)
    _world_acts(app, world)
    _commands(app, world)
    add_meta(app, world, courier)
    add_messenger(app, world)
    add_mailbox(app, Mailbox() if mailbox is None else mailbox)
    return app


def _only_own_pages() -> None:
    """Refuse what another site's page sends, and other names for this machine."""
    if request.host.rsplit(":", 1)[0] not in OWN_HOSTS:
        abort(421)
    origin = request.headers.get("Origin")
    if request.method == "POST" and origin not in {None, request.host_url.rstrip("/")}:
        abort(403)


def _headers(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _pages(app: Flask, world: World, network: Network) -> None:
    @app.get("/")
    def overview() -> str:
        shown = network.calls.newest(LIVE_CALLS)
        return render_template("overview.html", live_calls=shown, **views.overview(world))

    @app.get("/console/calls")
    def calls() -> str:
        return render_template("calls.html", calls=network.calls.newest(200))

    @app.get("/console/live")
    def live() -> str:
        return render_template("_live.html", calls=network.calls.newest(LIVE_CALLS))

    @app.get("/console/people")
    def people() -> str:
        return render_template("people.html", **views.people(world))

    @app.get("/console/settings")
    def settings() -> str:
        return render_template("settings.html", **views.settings(world))

    @app.get("/assets/<name>")
    def asset(name: str) -> AnyResponse:
        return send_from_directory(str(files("tombola_sandbox") / "assets"), name, max_age=3600)

    @app.get("/console/pictures/<path:name>")
    def picture(name: str) -> AnyResponse:
        found = world.pictures.get(name) or abort(404)
        drawn = draw(found.seed, found.width, found.height)
        return Response(drawn, headers={"Cache-Control": "max-age=86400"}, mimetype="image/jpeg")

    @app.get("/favicon.ico")
    def favicon() -> AnyResponse:
        return redirect("/assets/sandbox.svg", 302)


def _back(where: str = "/") -> AnyResponse:
    return redirect(where, 303)


def _post_acts(app: Flask, world: World) -> None:
    @app.post("/console/posts")
    def add() -> AnyResponse:
        author = world.person(request.form.get("author", ""))
        if author is None:
            abort(400, "Choose who posts.")
        world.post(
            author,
            request.form.get("text", "").strip(),
            photos=_number("photos", 0, 4),
            kind="video" if request.form.get("film") else "photo",
            lang=request.form.get("lang", "en"),
        )
        return _back()

    @app.post("/console/posts/<int:post_id>/edit")
    def edit(post_id: int) -> AnyResponse:
        if post_id not in world.posts:
            abort(404)
        text = request.form.get("text", "").strip()
        world.edit(post_id, text, drop_media=bool(request.form.get("drop_media")))
        return _back("/#posts")

    @app.post("/console/posts/<int:post_id>/delete")
    def delete(post_id: int) -> AnyResponse:
        world.delete(post_id)
        return _back("/#posts")


def _fault_acts(app: Flask, network: Network) -> None:
    @app.post("/console/faults")
    def break_() -> AnyResponse:
        kind = _one_of("kind", [k.value for k in FaultKind])
        pattern = _one_of("pattern", [p for p, _ in views.PATTERNS])
        times = _number("times", 0, 10_000)
        network.faults.break_(
            pattern,
            FaultKind(kind),
            times=times or None,
            lasts=timedelta(seconds=_number("seconds", 1, 120)),
        )
        return _back("/#faults")

    @app.post("/console/mend")
    def mend() -> AnyResponse:
        network.faults.mend(request.form.get("pattern") or None)
        return _back("/#faults")

    @app.post("/console/calls/clear")
    def clear() -> AnyResponse:
        network.calls.clear()
        return _back("/console/calls")


def _world_acts(app: Flask, world: World) -> None:
    @app.post("/console/life")
    def life() -> AnyResponse:
        world.switches.set(self_posting=request.form.get("on") == "1")
        return _back()

    @app.post("/console/switches")
    def switches() -> AnyResponse:
        world.switches.set(
            every_seconds=_number("every_seconds", 1, 3600),
            index_lag_seconds=_number("index_lag_seconds", 0, 86_400),
            vocabulary=_one_of("vocabulary", [v.value for v in Vocabulary]),
        )
        return _back("/console/settings")

    @app.post("/console/clock")
    def move_clock() -> AnyResponse:
        real = world.clock() - world.switches.clock_ahead
        match _one_of("to", [name for name, _ in views.MOVES] + ["now"]):
            case "now":
                ahead = timedelta()
            case to if to.startswith("+"):
                ahead = world.switches.clock_ahead + timedelta(minutes=int(to))
            case to:
                ahead = datetime.fromisoformat(to).replace(tzinfo=UTC) - real
        world.switches.set(clock_ahead_seconds=ahead.total_seconds())
        return _back(_own(request.form.get("back", "")) or "/console/messenger#clock")

    @app.post("/console/credits")
    def credits_() -> AnyResponse:
        dollars = 0 if request.form.get("empty") else _number("dollars", 0, MOST_DOLLARS)
        world.wallet.set(dollars * 1_000_000)
        return _back("/console/settings")

    @app.post("/console/app")
    def application() -> AnyResponse:
        current = world.access.apps[DEMO_APP.client_id]
        lines = request.form.get("redirect_uris", "").split()
        changed = {"redirect_uris": tuple(lines), "enrolled": bool(request.form.get("enrolled"))}
        world.access.register(current.model_copy(update=changed))
        return _back("/console/settings")

    @app.post("/console/people/<person_id>/standing")
    def standing(person_id: str) -> AnyResponse:
        world.set_standing(person_id, Standing(_one_of("standing", list(Standing))))
        return _back(f"/console/people#p{person_id}")

    @app.post("/console/people/<person_id>/take-back")
    def take_back(person_id: str) -> AnyResponse:
        world.access.revoke_all(person_id)
        return _back(f"/console/people#p{person_id}")


def _commands(app: Flask, world: World) -> None:
    """What ``tombola sandbox load`` and ``post`` ask for; JSON alone, so no other site's form."""

    @app.post("/console/api/load")
    def take() -> tuple[dict[str, str], int]:
        wishes = request.get_json()
        manner = Manner(
            as_recent=bool(wishes["as_recent"]),
            shift_to_now=bool(wishes["shift_to_now"]),
            keep_media_urls=bool(wishes["keep_media_urls"]),
        )
        return _said(lambda: load(world, wishes["text"].split("\n"), manner).words())

    @app.post("/console/api/play")
    def play() -> tuple[dict[str, str], int]:
        pairs = request.get_json()["pairs"]
        return _said(lambda: played(world, [(mark, body) for mark, body in pairs]))

    @app.post("/console/api/post")
    def post() -> tuple[dict[str, str], int]:
        wishes = request.get_json()
        return _said(lambda: posted(world, **wishes))


def _own(path: str) -> str:
    """Give a path back if it is one of the console's."""
    return path if path.startswith("/console/") else ""


def _said(act: Callable[[], str]) -> tuple[dict[str, str], int]:
    try:
        return {"said": act()}, 200
    except (LoadError, KeyError) as error:
        return {"error": str(error.args[0])}, 400


def _number(name: str, low: int, high: int) -> int:
    try:
        found = int(request.form.get(name, ""))
    except ValueError:
        abort(400, f"{name} must be a number")
    if not low <= found <= high:
        abort(400, f"{name} must be between {low} and {high}")
    return found


def _one_of(name: str, allowed: list[str]) -> str:
    found = request.form.get(name, "")
    if found not in allowed:
        abort(400, f"{name} must be one of {', '.join(allowed)}")
    return found
