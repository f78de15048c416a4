"""What a first version would be: Flask, the ORM, a commit a request. And the bare floor.

Same database, same durability: SQLite with WAL and synchronous=FULL, or PostgreSQL as it comes.
``BENCH_DATABASE`` names it. Started by ``bench.tracking`` and ``bench.poll``.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, request
from sqlalchemy import Engine, ForeignKey, UniqueConstraint, create_engine, event, make_url, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from tombola.db.engine import PRAGMAS


class Base(DeclarativeBase):
    """The tables of the naive application."""


class Visitor(Base):
    """A browser; ``version`` rises with what it has earned."""

    __tablename__ = "naive_visitor"
    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int] = mapped_column(default=0)


class Push(Base):
    """A name that a page reported."""

    __tablename__ = "naive_push"
    __table_args__ = (UniqueConstraint("campaign", "visitor_id", "name", "value"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    campaign: Mapped[str]
    visitor_id: Mapped[int] = mapped_column(ForeignKey("naive_visitor.id"))
    name: Mapped[str]
    value: Mapped[str]
    at: Mapped[datetime]


def make() -> Flask:
    """The application."""
    url = make_url(os.environ["BENCH_DATABASE"])
    if url.get_backend_name() == "postgresql":
        engine = create_engine(url.set(drivername="postgresql+psycopg"), pool_size=64)
    else:
        engine = create_engine(url, connect_args={"timeout": 30}, pool_size=64)

        @event.listens_for(engine, "connect")
        def connect(connection: Any, _record: Any) -> None:
            for pragma in PRAGMAS:
                connection.execute(f"PRAGMA {pragma}").close()

    Base.metadata.create_all(engine)
    app = Flask("naive")

    @app.post("/t")
    def push() -> Response:
        sent = json.loads(request.data)
        while True:
            try:
                _keep(engine, sent)
            except (IntegrityError, OperationalError):  # another thread was faster, or is writing
                continue
            return Response(status=204, headers={"Access-Control-Allow-Origin": "*"})

    @app.get("/s/<key>")
    def poll(key: str) -> Response:
        with Session(engine) as session:
            visitor = _visitor(session, request.cookies.get("tombola-visitor", ""))
            told = f"{key} {visitor.id} {visitor.version}"
        response = Response(told)
        response.set_etag(hashlib.blake2s(told.encode()).hexdigest())
        return response.make_conditional(request)  # type: ignore[return-value] # the same one

    return app


def _keep(engine: Engine, sent: dict[str, Any]) -> None:
    with Session(engine) as session:
        visitor = _visitor(session, sent["v"])
        for name, *value in sent["e"]:
            key = {
                "campaign": sent["k"][0], "visitor_id": visitor.id, "name": name,
                "value": value[0] if value else "",
            }  # fmt: skip
            if session.scalars(select(Push).filter_by(**key)).first() is None:
                session.add(Push(**key, at=datetime.now(UTC)))
        session.commit()


def _visitor(session: Session, token: str) -> Visitor:
    found = session.scalars(select(Visitor).filter_by(token=token)).first()
    if found is None:
        found = Visitor(token=token)
        session.add(found)
        session.flush()
    return found


def floor(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Read the body, keep nothing: what the server itself can do."""
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start("204 NO CONTENT", [("Access-Control-Allow-Origin", "*")])
    return [b""]


def __getattr__(name: str) -> Flask:
    if name == "app":
        return make()
    raise AttributeError(name)
