"""The mailbox's pages in the console."""

from flask import Flask, abort, redirect, render_template
from werkzeug.wrappers import Response

from tombola_sandbox.mailbox.box import Mailbox

MOST_SHOWN = 100


def add_mailbox(app: Flask, mailbox: Mailbox) -> None:
    """Add the list, a mail to read, and the act that empties it."""

    @app.get("/console/mail")
    def mails() -> str:
        return render_template("mails.html", mails=mailbox.newest(MOST_SHOWN))

    @app.get("/console/mail/live")
    def mails_live() -> str:
        return render_template("_mails.html", mails=mailbox.newest(MOST_SHOWN))

    @app.get("/console/mail/<int:number>")
    def mail(number: int) -> str:
        return render_template("mail.html", mail=mailbox.get(number) or abort(404))

    @app.post("/console/mail/empty")
    def empty() -> Response:
        mailbox.empty()
        return redirect("/console/mail", 303)
