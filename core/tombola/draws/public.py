"""Pages of draws for everybody: the log, results with their proofs, witnesses' own pages."""

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tombola.api import Audience, Invalid
from tombola.draws import log, proofs, showing, witnesses
from tombola.draws.types import State
from tombola.fairness.bundle import PHRASE
from tombola.fairness.hashing import canonical
from tombola.installation import current
from tombola.web.routing import Pages

pages = Pages("draws_public", __name__, spoken=True)
#: Records of the log that one page shows.
PAGE = 100
#: The largest number of a row that both databases hold.
LAST = 2**63 - 1


@pages.get("/draw", audience=Audience.PUBLIC)
def listing() -> ResponseReturnValue:
    """The log of all draws of this installation, those declared void among them."""
    after = min(max(request.args.get("after", 0, int), 0), LAST)
    found = log.records(current(), after=after, limit=PAGE + 1)
    more = found[PAGE - 1].seq if len(found) > PAGE else None
    return render_template("draws/log.html", records=found[:PAGE], after=after, more=more)


@pages.get("/draw/<int:number>", audience=Audience.PUBLIC)
def result(number: int) -> ResponseReturnValue:
    """What one draw was, what came of it, and how to check it."""
    return render_template("draws/result.html", result=showing.result(current(), number))


@pages.get("/draw/<int:number>/proof.json", audience=Audience.PUBLIC)
def proof(number: int) -> ResponseReturnValue:
    """The proof bundle, as ``tombola draw verify`` and the page in the browser read it."""
    found = showing.result(current(), number).draw
    answer = Response(proofs.bundle(current(), found.uid), content_type="application/json")
    answer.headers["Content-Disposition"] = f"attachment; filename=draw-{number}.json"
    return answer


@pages.get("/draw/<int:number>/receipt/<token>", audience=Audience.PUBLIC)
def receipt(number: int, token: str) -> ResponseReturnValue:
    """Somebody's private proof that they were in, for whoever holds the link."""
    found = showing.result(current(), number)
    mine = proofs.receipt(current(), found.draw.uid, token)
    answer = Response(render_template("draws/receipt.html", result=found, mine=mine))
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


@pages.get("/draw/<int:number>/receipt/<token>/proof.json", audience=Audience.PUBLIC)
def receipt_file(number: int, token: str) -> ResponseReturnValue:
    """The same as a file for the verifier."""
    found = showing.result(current(), number)
    mine = proofs.receipt(current(), found.draw.uid, token)
    answer = Response(canonical(mine.document()), content_type="application/json")
    answer.headers["Content-Disposition"] = f"attachment; filename=draw-{number}-mine.json"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@pages.get("/draw/witness/<token>", audience=Audience.PUBLIC)
def witness(token: str) -> ResponseReturnValue:
    """A witness's own page: commit before the freeze, say the phrase after it."""
    return _witness(token, {})


@pages.post("/draw/witness/<token>", audience=Audience.PUBLIC)
def testify(token: str) -> ResponseReturnValue:
    """Take a witness's commitment or phrase."""
    said = request.form.get("commitment"), request.form.get("phrase")
    try:
        if said[0] is not None:
            witnesses.commit_witness(current(), token, said[0])
        else:
            witnesses.reveal_witness(current(), token, said[1] or "")
    except Invalid as wrong:
        return _witness(token, wrong.errors), 422
    return redirect(url_for("draws_public.witness", token=token), 303)


def _witness(token: str, errors: object) -> str:
    found = witnesses.by_token(current(), token)
    step = {State.PLANNED: "commit", State.WAITING: "reveal"}.get(found.draw_state, "wait")
    return render_template("draws/witness.html", one=found, step=step, errors=errors, least=PHRASE)
