"""What every registered class shares: a key that lives in the database."""

from collections.abc import Sequence
from typing import ClassVar

from tombola.api.text import Text


class Keyed:
    """A class that the core stores by key.

    Attributes:
        key: ``slug.thing``; never changes for stored rows.
        formerly: earlier keys of the same thing; rows that carry them keep working.
        title: shown to the team.
    """

    key: ClassVar[str]
    formerly: ClassVar[Sequence[str]] = ()
    title: ClassVar[Text]
