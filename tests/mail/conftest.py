import dataclasses

import pytest

from tombola.mail.jobs import SWEEP, kinds
from tombola.mail.models import mail
from tombola.mail.service import MAIL, post
from tombola.queue import runner, tasks
from tombola.queue.kinds import House, Kinds
from tombola.testing.smtp import Letter, Server


class Post:
    """An installation with a mail server, and what came there."""

    def __init__(self, inst, server, came):
        self.inst, self.server, self.came = inst, server, came

    def write(self, key="1", to="ada@tea.example", **more):
        now = self.inst.clock()
        with self.inst.db.write() as conn:
            return post(conn, None, "code", key, to, "Your code", "It is 123456.\n", now, **more)

    def work(self):
        kinds_here = Kinds(kinds())
        return runner.run(House(self.inst, kinds_here), kinds_here[MAIL])

    def sweep(self):
        with self.inst.db.write() as conn:
            tasks.put(conn, SWEEP, SWEEP, self.inst.clock())
        kinds_here = Kinds(kinds())
        return runner.run(House(self.inst, kinds_here), kinds_here[SWEEP])

    def rows(self):
        with self.inst.db.read() as conn:
            return conn.execute(mail.select().order_by(mail.c.id)).mappings().all()

    def states(self):
        return [row["state"] for row in self.rows()]


@pytest.fixture
def office(inst):
    came: list[Letter] = []
    with Server(came.append) as running:
        settings = inst.settings.model_copy(update={"smtp_url": running.url})
        yield Post(dataclasses.replace(inst, settings=settings), running, came)
