"""What the operator and each team set."""

from pydantic import Field

from tombola.api import Config


class InstallationSettings(Config):
    """What Meta has granted to the installation's app, and where Messenger is."""

    me_url: str = Field(
        default="https://m.me",
        pattern=r"^https?://[^\s?#]+$",
        title="Address of Messenger's links",
        description="Where people open a conversation with a page.",
    )
    one_time: bool = Field(
        default=False,
        title="One-Time Notification",
        description="Your pages hold this feature at Meta. It asks people whether they want to "
        "hear of a campaign that is to come, and never comes with an entry: Meta forbids to "
        "reward it.",
    )


class TeamSettings(Config):
    """The team's own bot."""

    bot_app_id: str = Field(
        default="",
        pattern=r"^[0-9]{0,40}$",
        title="App ID of your chat bot",
        description="After the confirmation the conversation is handed over to this app at Meta, "
        "with the action's automation keyword. It has to be connected with your page, and Tombola "
        "has to be the page's default app for conversations. Empty: Tombola keeps it.",
    )
