"""Tables: links to a page, each one entrant's way to one action; and templates."""

from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text

metadata = MetaData()

#: Neither link nor code can be read from here: ``seed`` gives them only together with the app's
#: secret. Times are seconds since 1970, UTC. ``used_by`` is the id that the page has for whoever
#: came by the link first; it works for nobody else. ``reply`` and ``keyword`` are the confirmation
#: as it was set when the link was made.
link = Table(
    "messenger_link",
    metadata,
    Column("ref", Text, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("seed", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("page", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("campaign", Text, nullable=False),
    Column("entrant", Text, nullable=False),
    Column("account", Text, nullable=True),
    Column("reply", Text, nullable=False),
    Column("keyword", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("made_s", BigInteger, nullable=False),
    Column("used_by", Text, nullable=True),
    Column("used_s", BigInteger, nullable=True),
    Index("ix_messenger_link_entrant", "entrant", "action", "made_s"),
    Index("ix_messenger_link_made", "made_s"),
)

#: What Meta says of a page's utility templates, and when it was asked last.
template = Table(
    "messenger_template",
    metadata,
    Column("team", Text, primary_key=True),
    Column("page", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("language", Text, primary_key=True),
    Column("uid", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("asked_s", BigInteger, nullable=False),
)
