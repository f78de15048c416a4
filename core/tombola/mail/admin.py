"""The operator's page of mail: whether it goes, and which mails did not."""

from flask import render_template
from flask.typing import ResponseReturnValue

from tombola.api import Audience
from tombola.installation import Installation, current
from tombola.mail import rules, service
from tombola.web.navigation import Place
from tombola.web.routing import Pages

pages = Pages("mail", __name__)
pages.link(Place.OPERATOR, "Mail", "listing", order=50)


@pages.get("/operator/mail", audience=Audience.OPERATOR)
def listing() -> ResponseReturnValue:
    """How mail goes out, and what did not go."""
    inst = current()
    with inst.db.read() as conn:
        counted, troubled = service.counted(conn), service.troubled(conn)
    server, sender, wrong = _set_up(inst)
    return render_template(
        "mail/listing.html",
        server=server,
        sender=sender,
        wrong=wrong,
        counted=counted,
        troubled=troubled,
        masked=rules.masked,
        State=rules.State,
    )


def _set_up(inst: Installation) -> tuple[str, str, str]:
    """Server and sender in words, or what is wrong with their settings."""
    try:
        server, sender = rules.server(inst.settings), rules.sender(inst.settings)
    except ValueError as error:
        return "", "", str(error)
    return server.name if server else "", str(sender), ""
