"""``m.me/<page>?ref=``: somebody chooses who they are, and is in the chat.

Source: Meta, "m.me Links", read 2026-11.
"""

from typing import Final
from urllib.parse import urlencode

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from tombola.testing.network import Network
from tombola_sandbox.meta.dialog import ME
from tombola_sandbox.meta.messenger_rules import MOST_REF
from tombola_sandbox.meta.models import Page, Person
from tombola_sandbox.meta.realm import Meta
from tombola_sandbox.pages import Pages

LINK: Final = "/m.me"


class Links:
    """Mounts the links."""

    def __init__(self, network: Network, meta: Meta, pages: Pages) -> None:
        self._meta = meta
        self._pages = pages
        network.get(f"{LINK}/<page>")(self._ask)
        network.post(f"{LINK}/<page>")(self._go)

    def _ask(self, request: Request, page: str) -> Response:
        found = self._page(page)
        if found is None:
            return self._lost()
        ref = request.args.get("ref", "")
        people = [p for p in list(self._meta.things.all(Person).values()) if not p.gone]
        people.sort(key=lambda person: person.name.casefold())
        threads = [self._meta.messenger.thread(person, found) for person in people]
        me = request.cookies.get(ME, "")
        if me not in {person.id for person in people}:
            me = people[0].id if people else ""
        return self._pages.page(
            "m_me.html",
            page=found,
            ref=ref,
            lost=len(ref) > MOST_REF,
            choices=list(zip(people, threads, strict=True)),
            me=me,
        )

    def _go(self, request: Request, page: str) -> Response:
        found = self._page(page)
        person = self._meta.things.get(Person, request.form.get("person"))
        if found is None or person is None or person.gone:
            return self._lost()
        ref = request.form.get("ref", "")
        thread = self._meta.messenger.thread(person, found)
        where = f"/console/messenger/chat/{found.id}/{person.id}"
        if not thread.is_open:
            where += "?" + urlencode({"ref": ref}) if ref else ""
        elif not thread.blocked:
            self._meta.messenger.follow_link(person, found, ref)
        back = redirect(where, 303)
        back.set_cookie(ME, person.id, httponly=True, samesite="Lax", max_age=30 * 86_400)
        return back

    def _page(self, name: str) -> Page | None:
        every = list(self._meta.things.all(Page).values())
        return next((p for p in every if name in {p.id, p.username}), None)

    def _lost(self) -> Response:
        return self._pages.page("m_me_lost.html", 404)
