"""Tables: the lists of right answers, who has given which, and how often somebody was wrong."""

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text

metadata = MetaData()

#: ``plain`` is the answer without its capitals and spaces. A list that was replaced is another
#: version of the same list, so that the old one answers until the form is saved.
code = Table(
    "custom_tracking_code",
    metadata,
    Column("list", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("code", Text, primary_key=True),
    Column("plain", Text, nullable=False),
    Index("ix_custom_tracking_code_plain", "list", "version", "plain"),
)

#: Who has given a right answer, and when: seconds since 1970, UTC. An erased entrant's is "".
use = Table(
    "custom_tracking_use",
    metadata,
    Column("list", Text, primary_key=True),
    Column("plain", Text, primary_key=True),
    Column("entrant", Text, primary_key=True),
    Column("at_s", BigInteger, nullable=False),
    Index("ix_custom_tracking_use_entrant", "entrant"),
)

#: Wrong answers of an entrant to a list since ``since_s`` (as above).
guess = Table(
    "custom_tracking_guess",
    metadata,
    Column("list", Text, primary_key=True),
    Column("entrant", Text, primary_key=True),
    Column("since_s", BigInteger, nullable=False),
    Column("n", Integer, nullable=False),
    Index("ix_custom_tracking_guess_entrant", "entrant"),
)
