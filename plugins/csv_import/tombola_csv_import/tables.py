"""Tables: the files that teams have sent, their lines, and what is wrong with some of them."""

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text

metadata = MetaData()

#: ``heads`` and ``choices`` are JSON; ``choices`` is "" until somebody has said what the columns
#: are. ``lines``, ``good``, ``wrong`` and ``again`` count lines: all, those that can be imported,
#: those that cannot, and exact repetitions. ``made_s``: seconds since 1970, UTC.
file = Table(
    "csv_import_file",
    metadata,
    Column("id", Text, primary_key=True),
    Column("team", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("heads", Text, nullable=False),
    Column("choices", Text, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("good", Integer, nullable=False),
    Column("wrong", Integer, nullable=False),
    Column("again", Integer, nullable=False),
    Column("made_s", BigInteger, nullable=False),
    Index("ix_csv_import_file_team", "team", "digest"),
)

#: ``cells`` is a JSON list; ``line`` is the line of the file in which the record begins.
row = Table(
    "csv_import_row",
    metadata,
    Column("file", Text, primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("cells", Text, nullable=False),
)

#: Why a line is not imported, in words.
wrong = Table(
    "csv_import_wrong",
    metadata,
    Column("file", Text, primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
)
