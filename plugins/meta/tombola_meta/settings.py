"""What the operator sets for the installation's app at Meta."""

from typing import Final

from pydantic import Field, SecretStr

from tombola.api import Config, Ctx

#: A path may follow, where one host plays several.
_ADDRESS: Final = r"^https?://[^\s?#]+$"


class OperatorSettings(Config):
    """The app at Meta that everything runs with.

    Facebook (pages, and Instagram accounts that are linked to one) and “Instagram API with
    Instagram Login” have an id and a secret each, within one app.

    Source of version and addresses: Meta, Graph API reference v26.0; Instagram Platform,
    “Business Login for Instagram”; read 2026-11-21.
    """

    app_id: str = Field(
        default="",
        pattern=r"^[0-9]*$",
        title="App ID",
        description="Of your app in Meta's app dashboard, under App settings → Basic.",
    )
    app_secret: SecretStr = Field(
        default=SecretStr(""),
        title="App secret",
        description="From the same page. It signs calls and checks what Meta sends.",
    )
    verify_token: SecretStr = Field(
        default=SecretStr(""),
        title="Verify token",
        description="A long random word of yours. Enter the same one at Meta, beside the webhook's "
        "address.",
    )
    config_id: str = Field(
        default="",
        pattern=r"^[0-9]*$",
        title="Configuration ID",
        description="Only with Facebook Login for Business: the configuration that names the "
        "permissions. Empty asks for them one by one.",
    )
    more_permissions: tuple[str, ...] = Field(
        default=(),
        max_length=20,
        title="More permissions to ask for",
        description="Such as business_management, where pages are held by a business portfolio. "
        "Without a configuration ID only.",
    )
    instagram_app_id: str = Field(
        default="",
        pattern=r"^[0-9]*$",
        title="Instagram app ID",
        description="For “Log in with Instagram”: under Instagram → API setup with Instagram "
        "login. It is another number than the app ID.",
    )
    instagram_app_secret: SecretStr = Field(default=SecretStr(""), title="Instagram app secret")
    version: str = Field(
        default="v26.0", pattern=r"^v[0-9]{1,3}\.[0-9]$", title="Version of the Graph API"
    )
    graph_url: str = Field(
        default="https://graph.facebook.com", pattern=_ADDRESS, title="Address of the Graph API"
    )
    instagram_graph_url: str = Field(
        default="https://graph.instagram.com",
        pattern=_ADDRESS,
        title="Address of Instagram's Graph API",
    )
    dialog_url: str = Field(
        default="https://www.facebook.com",
        pattern=_ADDRESS,
        title="Address of Facebook",
        description="Where people log in.",
    )
    instagram_dialog_url: str = Field(
        default="https://www.instagram.com",
        pattern=_ADDRESS,
        title="Address of Instagram",
        description="Where people log in.",
    )
    instagram_token_url: str = Field(
        default="https://api.instagram.com",
        pattern=_ADDRESS,
        title="Address of Instagram's token exchange",
    )

    @property
    def app_token(self) -> str:
        """Give the app's own token. Source: Meta, “Access Tokens”, app token, read 2026-11-21."""
        return f"{self.app_id}|{self.app_secret.get_secret_value()}"

    @property
    def has_app(self) -> bool:
        """Tell whether Facebook can be talked to."""
        return bool(self.app_id and self.app_secret.get_secret_value())

    @property
    def has_instagram_app(self) -> bool:
        """Tell whether people can log in with Instagram."""
        return bool(self.instagram_app_id and self.instagram_app_secret.get_secret_value())

    @property
    def secrets(self) -> tuple[str, ...]:
        """Give what Meta may sign with: its Facebook and its Instagram side, those that are set."""
        both = (self.app_secret, self.instagram_app_secret)
        return tuple(each.get_secret_value() for each in both if each.get_secret_value())


def settings_of(ctx: Ctx) -> OperatorSettings:
    """Give the app's settings."""
    return ctx.settings(OperatorSettings)
