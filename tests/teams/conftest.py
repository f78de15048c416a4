"""A team with members of each role, and a mailbox to read what goes out."""

import re

import pytest
from sqlalchemy import select

from tombola.mail.models import mail
from tombola.testing import house as houses

PASSWORD = houses.PASSWORD


class Desk:
    """A house whose mails can be read before they go."""

    def __init__(self, house):
        self.house = house
        self.inst = house.inst

    def mails(self):
        """Recipient and text of each mail, oldest first."""
        self.house.work("password_reset")
        with self.inst.db.read() as conn:
            rows = conn.execute(select(mail.c.recipient, mail.c.text).order_by(mail.c.id))
            return [tuple(row) for row in rows]

    def link(self):
        """The path of the newest mail's link."""
        found = re.search(r"http://localhost(/\S+)", self.mails()[-1][1])
        assert found is not None
        return found[1]

    def token(self):
        return self.link().rpartition("/")[2]


@pytest.fixture
def desk(database, clock, tmp_path, monkeypatch):
    monkeypatch.setenv("TOMBOLA_SMTP_URL", "smtp://localhost:2525")
    return Desk(houses.build(database, clock, tmp_path / "data"))
