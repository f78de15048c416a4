"""What a team configures for a source."""

from pydantic import Field

from tombola.api import SourceConfig


class TaggedConfig(SourceConfig):
    """Configuration of one source: which page's tags are read."""

    account: str = Field(
        default="",
        max_length=40,
        title="Page",
        description="Posts that tag this page are imported. Pages are connected under “Connected "
        "accounts”.",
    )
