"""What a team configures for a source, and where a source stands."""

from pydantic import Field

from tombola.api import Cursor, SourceConfig


class FileConfig(SourceConfig):
    """Configuration of one source: which file."""

    file: str = Field(
        max_length=80,
        title="File",
        description="One of the files that were sent and described. Send a new one with the "
        "button above.",
        json_schema_extra={"options": "remote"},
    )
    photos_only: bool = Field(
        default=False,
        title="Photos only",
        description="Import only lines with at least one picture.",
    )


class FileCursor(Cursor):
    """A place in the file: everything up to this line was read."""

    line: int = 0
