"""A page's visitors: what Messenger tells of somebody by their id on the page.

Source: Meta, "User Profile API": only after the person has written, or tapped; read 2026-11.
"""

from collections.abc import Callable
from typing import Any, Final

from tombola_sandbox.meta import errors
from tombola_sandbox.meta.fields import Field
from tombola_sandbox.meta.messenger_models import Thread, thread_id
from tombola_sandbox.meta.models import Person
from tombola_sandbox.meta.pictures import address, face_of
from tombola_sandbox.meta.view import MISSING, Column, Kind, View


def _psid(view: View, person: Person) -> str:
    return view.world.psid(str(view.caller.page), person.id)


def _after_writing(read: Callable[[View, Person], Any]) -> Column:
    """Show a field once the person has written to the page.

    Raises:
        GraphError: they have not, or the permission lacks (100/33).
    """

    def show(view: View, person: Person, _: Field) -> Any:
        page = str(view.caller.page)
        thread = view.world.get(Thread, thread_id(page, person.id))
        known = thread is not None and thread.spoke_at is not None
        if not known or "pages_messaging" not in view.caller.scopes:
            raise errors.no_object(_psid(view, person))
        return read(view, person)

    return Column(show)


def _picture(view: View, person: Person) -> Any:
    return address(view.world, view.root, face_of(person.id))


VISITOR: Final = Kind(
    "User",
    {
        "id": _after_writing(_psid),
        "first_name": _after_writing(lambda _, p: p.name.split(" ")[0]),
        "last_name": _after_writing(lambda _, p: p.name.split(" ")[-1]),
        "name": _after_writing(lambda _, p: p.name),
        "profile_pic": _after_writing(_picture),
        "locale": _after_writing(lambda *_: MISSING),
        "timezone": _after_writing(lambda *_: MISSING),
        "gender": _after_writing(lambda *_: MISSING),
    },
    ("first_name", "last_name", "profile_pic"),
    _psid,
)
"""Locale, time zone and gender need reviewed permissions that nobody here has."""

NODES: Final = {"Visitor": VISITOR}
