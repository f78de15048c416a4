"""The page on which people follow what became of their wish to be deleted."""

from flask import Blueprint, abort, g, render_template
from flask.typing import ResponseReturnValue

from tombola.api import Ctx
from tombola_meta.callbacks import DELETION, is_code
from tombola_meta.settings import settings_of

public = Blueprint("meta", __name__, template_folder="templates")


@public.get("/deletion/<code>")
def deletion(code: str) -> ResponseReturnValue:
    """Show what became of a request, to whoever has its code."""
    ctx: Ctx = g.tombola
    if not is_code(settings_of(ctx), code):
        abort(404)
    done = ctx.kv.get(DELETION + code) is not None
    return render_template("tombola_meta/deletion.html", code=code, done=done)
