"""The shop's pages. Its catalogue is in ``catalogue.py``, its words in the templates."""

import io
import secrets
from importlib.resources import files
from typing import Any

from flask import (
    Flask,
    abort,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    send_from_directory,
)
from werkzeug.wrappers import Response

from tombola_sandbox.pictures import draw_scene
from tombola_sandbox.shop.catalogue import TEAS, Tea

DEMO_KEY = "Tea26"
"""The key of the demo's campaign, as in ``sandbox/demo.json``."""

BASKET = "kettle_basket"
NAME = "kettle_name"
MOST_TINS = 12


def shop_app(tombola: str, key: str = DEMO_KEY) -> Flask:
    """Make the shop.

    Args:
        tombola: Tombola's address, without a slash at its end; the script comes from there.
        key: the campaign's key.
    """
    app = Flask("tombola_sandbox", template_folder="templates/shop", static_folder=None)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["price"] = lambda cents: f"€{cents / 100:.2f}"

    @app.context_processor
    def always() -> dict[str, Any]:
        return {
            "tombola": tombola,
            "key": key,
            "teas": TEAS,
            "tins": sum(count for _, count in _basket()),
            "name": request.cookies.get(NAME, ""),
        }

    _shelves(app)
    _till(app)
    _corners(app)
    return app


def _shelves(app: Flask) -> None:
    @app.get("/")
    def home() -> str:
        return render_template("home.html")

    @app.get("/tea/<slug>")
    def tea(slug: str) -> str:
        return render_template("tea.html", tea=_tea(slug))

    @app.get("/pictures/<slug>.jpg")
    def picture(slug: str) -> Response:
        scene, hue = ("shelf", 0.08) if slug == "shop" else (_tea(slug).scene, _tea(slug).hue)
        drawn = draw_scene(scene, seed=slug, hue=hue, width=900, height=675)
        return send_file(io.BytesIO(drawn), mimetype="image/jpeg", max_age=86_400)

    @app.get("/assets/<name>")
    def asset(name: str) -> Response:
        return send_from_directory(str(files("tombola_sandbox") / "assets"), name, max_age=3600)

    @app.get("/favicon.ico")
    def favicon() -> Response:
        return redirect("/assets/shop.svg", 302)


def _till(app: Flask) -> None:
    @app.get("/basket")
    def basket() -> str:
        lines = _basket()
        total = sum(tea.cents * count for tea, count in lines)
        return render_template("basket.html", lines=lines, total=total)

    @app.post("/basket")
    def put() -> Response:
        tea = _tea(request.form.get("tea", ""))
        counts = {held.slug: count for held, count in _basket()}
        left = request.form.get("take") == "out"
        counts[tea.slug] = 0 if left else min(MOST_TINS, counts.get(tea.slug, 0) + 1)
        response = redirect("/basket", 303)
        _keep(response, BASKET, ".".join(f"{slug}*{n}" for slug, n in counts.items() if n))
        return response

    @app.post("/order")
    def order() -> Response:
        if not _basket():
            return redirect("/basket", 303)
        number = f"KL-{secrets.randbelow(900_000) + 100_000}"
        response = redirect(f"/thank-you/{number}", 303)
        response.delete_cookie(BASKET)
        return response

    @app.get("/thank-you/<number>")
    def thanks(number: str) -> str:
        if not (number.startswith("KL-") and number[3:].isdigit()):
            abort(404)
        return render_template("thanks.html", number=number)


def _corners(app: Flask) -> None:
    @app.get("/profile")
    def profile() -> str:
        return render_template("profile.html", done=False, missing=())

    @app.post("/profile")
    def complete() -> Response:
        wanted = {"name": "your name", "time": "when you drink tea", "taste": "what you like"}
        missing = [
            said for field, said in wanted.items() if not request.form.get(field, "").strip()
        ]
        page = render_template("profile.html", done=not missing, missing=missing)
        response = make_response(page, 422 if missing else 200)
        if not missing:
            _keep(response, NAME, request.form["name"].strip()[:40])
        return response

    @app.get("/back-room")
    def back_room() -> str:
        return render_template("back_room.html")

    @app.errorhandler(404)
    def lost(_: Exception) -> tuple[str, int]:
        return render_template("lost.html"), 404


def _tea(slug: str) -> Tea:
    found = next((tea for tea in TEAS if tea.slug == slug), None)
    return found or abort(404)


def _basket() -> list[tuple[Tea, int]]:
    """Read the basket out of its cookie; what makes no sense is left out."""
    teas = {tea.slug: tea for tea in TEAS}
    lines = []
    for part in request.cookies.get(BASKET, "").split("."):
        slug, _, count = part.partition("*")
        if slug in teas and count.isdigit() and 1 <= int(count) <= MOST_TINS:
            lines.append((teas[slug], int(count)))
    return lines


def _keep(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=30 * 86_400, httponly=True, samesite="Lax")
