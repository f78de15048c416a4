"""The console's pages about Facebook and Instagram: people act, apps are changed."""

import base64
import binascii
import io
from datetime import timedelta
from typing import Any, Final

from flask import Flask, Response, abort, redirect, render_template, request
from PIL import Image, UnidentifiedImageError
from werkzeug.wrappers import Response as AnyResponse

from tombola_sandbox.console import meta_views as views
from tombola_sandbox.ids import short_hash
from tombola_sandbox.meta.courier import Courier
from tombola_sandbox.meta.instagram_acts import mentioned_in
from tombola_sandbox.meta.models import (
    ALL_TASKS,
    Account,
    App,
    Comment,
    Media,
    Page,
    Person,
    Photo,
    Post,
    Remark,
    Thing,
    Token,
)
from tombola_sandbox.meta.pictures import drawing
from tombola_sandbox.world import World

LONGEST_SIDE: Final = 1600
FACEBOOK, INSTAGRAM, META = "/console/facebook", "/console/instagram", "/console/meta"
DEATHS: Final = (460, 458, 463, 467)
SECONDS: Final = (60, 10 * 60, 3_600, 4 * 86_400)
ATTACHED: Final = ("", "photo", "sticker", "video_inline", "animated_image_share", "share")


def add_meta(app: Flask, world: World, courier: Courier | None) -> None:
    """Put the pages into the console."""
    _pages(app, world, courier)
    _facebook(app, world)
    _facebook_changes(app, world)
    _instagram(app, world)
    _application(app, world, courier)


def _pages(app: Flask, world: World, courier: Courier | None) -> None:
    things = world.meta.things

    @app.get(FACEBOOK)
    def facebook() -> str:
        return render_template("facebook.html", attached=ATTACHED, **views.facebook(things))

    @app.get(INSTAGRAM)
    def instagram() -> str:
        return render_template("instagram.html", **views.instagram(things))

    @app.get(META)
    def meta() -> str:
        log = list(reversed(courier.log)) if courier else []
        waiting = len(courier.waiting()) if courier else 0
        shown = views.application(world.meta)
        return render_template(
            "meta.html", log=log, waiting=waiting, lives=SECONDS, deaths=DEATHS, **shown
        )

    @app.get("/console/shots/<photo_id>")
    def shot(photo_id: str) -> AnyResponse:
        photo = things.get(Photo, photo_id) or abort(404)
        drawn = drawing(things, photo, photo.width, photo.height)
        return Response(drawn, headers={"Cache-Control": "max-age=86400"}, mimetype="image/jpeg")


def _there(world: World, kind: type[Thing], name: str) -> Any:
    """Give the thing that a form names.

    Raises:
        BadRequest: there is none.
    """
    found = world.meta.things.get(kind, request.form.get(name))
    if found is None:
        abort(400, f"Choose: {name}.")
    return found


def _text(name: str = "text") -> str:
    return request.form.get(name, "").strip()


def _sent(world: World) -> str:
    """Keep the picture that a form brings; what it is drawn from, "" where none came."""
    file = request.files.get("picture")
    if file is None or not file.filename:
        return ""
    try:
        with Image.open(file.stream) as image:
            image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            out = io.BytesIO()
            image.convert("RGB").save(out, "JPEG", quality=86)
    except (UnidentifiedImageError, OSError, ValueError, binascii.Error):
        abort(400, "That file is no picture.")
    data = base64.b64encode(out.getvalue()).decode()
    name = short_hash(data, 20)
    if name not in world.meta.things.uploads:
        world.meta.things.upload(name, data)
    return f"upload:{name}"


def _count(most: int = 10) -> int:
    text = request.form.get("photos", "0")
    if not (text.isascii() and text.isdigit()) or int(text) > most:
        abort(400, f"photos must be between 0 and {most}")
    return int(text)


def _back(where: str) -> AnyResponse:
    return redirect(where, 303)


def _facebook(app: Flask, world: World) -> None:
    act = world.meta.facebook

    def author() -> Any:
        return world.meta.things.get(Page, request.form.get("author")) or _there(
            world, Person, "author"
        )

    @app.post(f"{FACEBOOK}/posts")
    def add_post() -> AnyResponse:
        page = _there(world, Page, "page")
        sent = _sent(world)
        photos: Any = [sent] if sent else _count()
        writer = author()
        wall = page if request.form.get("where") == "wall" or writer.id == page.id else None
        tags = [] if wall else [page]
        act.post(writer, _text(), photos=photos, on=wall, tags=tags)
        return _back(FACEBOOK)

    @app.post(f"{FACEBOOK}/comments")
    def add_comment() -> AnyResponse:
        sent = _sent(world)
        kind = request.form.get("kind", "")
        if kind not in ATTACHED:
            abort(400, "Choose what is attached.")
        parent = world.meta.things.get(Comment, request.form.get("parent"))
        post = _there(world, Post, "post")
        photo: bool | str = sent or kind == "photo"
        other: Any = "" if photo else kind
        act.comment(author(), post, _text(), photo=photo, kind=other, parent=parent)
        return _back(f"{FACEBOOK}#p{post.id}")


def _facebook_changes(app: Flask, world: World) -> None:
    act = world.meta.facebook

    @app.post(f"{FACEBOOK}/posts/<post_id>/<what>")
    def change_post(post_id: str, what: str) -> AnyResponse:
        if world.meta.things.get(Post, post_id) is None:
            abort(404)
        if what == "delete":
            act.delete_post(post_id)
        else:
            act.edit_post(post_id, _text())
        return _back(f"{FACEBOOK}#posts")

    @app.post(f"{FACEBOOK}/comments/<comment_id>/<what>")
    def change_comment(comment_id: str, what: str) -> AnyResponse:
        comment = world.meta.things.get(Comment, comment_id) or abort(404)
        if what == "delete":
            act.delete_comment(comment_id)
        elif what == "hide":
            act.hide_comment(comment_id, hidden=not comment.hidden)
        else:
            drop = bool(request.form.get("drop_photo"))
            act.edit_comment(comment_id, _text(), drop_photo=drop)
        return _back(f"{FACEBOOK}#p{comment.post}")

    @app.post(f"{FACEBOOK}/roles")
    def role() -> AnyResponse:
        tasks = [task for task in ALL_TASKS if task in request.form.getlist("task")]
        act.set_role(_there(world, Page, "page").id, _there(world, Person, "person").id, tasks)
        return _back(f"{META}#roles")


def _instagram(app: Flask, world: World) -> None:
    act = world.meta.instagram
    things = world.meta.things

    @app.post(f"{INSTAGRAM}/media")
    def add_media() -> AnyResponse:
        account = _there(world, Account, "account")
        kind = request.form.get("kind", "IMAGE")
        named = mentioned_in(_text("tags"))
        every = things.all(Account).values()
        tags = [a for a in every if a.username.casefold() in named]
        more: dict[str, Any] = {}
        if kind == "CAROUSEL_ALBUM":
            more["album"] = 3
        elif kind in {"VIDEO", "REELS"}:
            more |= {"kind": "VIDEO", "product": "REELS" if kind == "REELS" else "FEED"}
        more["bare"] = bool(request.form.get("bare"))
        act.post(account, _text(), picture=_sent(world), tags=tags, **more)
        return _back(INSTAGRAM)

    @app.post(f"{INSTAGRAM}/comments")
    def add_remark() -> AnyResponse:
        media = _there(world, Media, "media")
        parent = things.get(Remark, request.form.get("parent"))
        act.comment(_there(world, Account, "account"), media, _text(), parent=parent)
        return _back(f"{INSTAGRAM}#m{media.id}")

    @app.post(f"{INSTAGRAM}/media/<media_id>/<what>")
    def change_media(media_id: str, what: str) -> AnyResponse:
        if things.get(Media, media_id) is None:
            abort(404)
        if what == "delete":
            act.delete_media(media_id)
        else:
            act.edit_caption(media_id, _text())
        return _back(f"{INSTAGRAM}#media")

    @app.post(f"{INSTAGRAM}/comments/<remark_id>/<what>")
    def change_remark(remark_id: str, what: str) -> AnyResponse:
        remark = things.get(Remark, remark_id) or abort(404)
        if what == "delete":
            act.delete_comment(remark_id)
        else:
            act.hide_comment(remark_id, hidden=not remark.hidden)
        return _back(f"{INSTAGRAM}#m{remark.media}")


def _application(app: Flask, world: World, courier: Courier | None) -> None:
    meta = world.meta

    @app.post(f"{META}/app")
    def change_app() -> AnyResponse:
        now = meta.things.put(meta.access.demo)
        kept = tuple(s for s in views.PERMISSIONS if s in request.form.getlist("advanced"))
        features = tuple(f for f in views.FEATURES if f in request.form.getlist("feature"))
        meta.things.change(
            now,
            advanced=kept,
            features=features,
            proof_required=bool(request.form.get("proof_required")),
            redirect_uris=tuple(request.form.get("redirect_uris", "").split()),
        )
        return _back(META)

    @app.post(f"{META}/switches")
    def change_switches() -> AnyResponse:
        names = ("meta_doubled", "meta_reordered", "meta_batched", "meta_webhooks_fail")
        world.switches.set(**{name: bool(request.form.get(name)) for name in names})
        seconds = request.form.get("picture_lives", "")
        if seconds not in {str(one) for one in SECONDS}:
            abort(400, "Choose how long pictures live.")
        meta.things.picture_lives = timedelta(seconds=int(seconds))
        return _back(f"{META}#webhooks")

    @app.post(f"{META}/tokens/<number>")
    def kill(number: str) -> AnyResponse:
        found = [t for t in meta.things.all(Token).values() if short_hash(t.id) == number]
        subcode = request.form.get("subcode", "")
        if not found or subcode not in {str(one) for one in DEATHS}:
            abort(400, "Choose a token and how it dies.")
        meta.access.kill(found[0], int(subcode))
        return _back(f"{META}#tokens")

    @app.post(f"{META}/people")
    def change_person() -> AnyResponse:
        person = _there(world, Person, "person")
        what = request.form.get("what")
        if what == "password":
            meta.access.kill_all(460, person=person.id)
        elif courier is not None:
            demo = meta.things.get(App, meta.access.demo.id) or meta.access.demo
            courier.take_away(demo, person, delete=what == "delete")
        return _back(f"{META}#tokens")

    @app.post(f"{META}/limits")
    def forget_calls() -> AnyResponse:
        meta.usage.clear()
        return _back(META)
