"""Where Meta's parts are. Pure; with ``graph`` and ``tokens`` the only place that knows addresses.

Source: Meta, Graph API reference and Instagram Platform, read 2026-11-21.
"""

from collections.abc import Mapping
from enum import StrEnum
from urllib.parse import quote, urlencode

from tombola_meta.settings import OperatorSettings


class Host(StrEnum):
    """Which of the two Graph APIs: tokens of Instagram Login work at Instagram's alone."""

    FACEBOOK = "facebook"
    INSTAGRAM = "instagram"


def graph(settings: OperatorSettings, host: Host, path: str) -> str:
    """Give the address of a node or an edge, such as ``1234_5678/comments``."""
    urls = {Host.FACEBOOK: settings.graph_url, Host.INSTAGRAM: settings.instagram_graph_url}
    safe = quote(path.strip("/"), safe="/_.-~")
    return f"{urls[host].rstrip('/')}/{settings.version}/{safe}"


def relative(settings: OperatorSettings, path: str, params: Mapping[str, str]) -> str:
    """Give an address inside a batch."""
    query = f"?{urlencode(params)}" if params else ""
    return f"{settings.version}/{quote(path.strip('/'), safe='/_.-~')}{query}"


def facebook_dialog(settings: OperatorSettings, params: Mapping[str, str]) -> str:
    """Give the address at which Facebook asks a person."""
    base = settings.dialog_url.rstrip("/")
    return f"{base}/{settings.version}/dialog/oauth?{urlencode(params)}"


def instagram_dialog(settings: OperatorSettings, params: Mapping[str, str]) -> str:
    """Give the address at which Instagram asks a person."""
    return f"{settings.instagram_dialog_url.rstrip('/')}/oauth/authorize?{urlencode(params)}"


def instagram_token(settings: OperatorSettings) -> str:
    """Give the address that turns Instagram's codes into tokens."""
    return f"{settings.instagram_token_url.rstrip('/')}/oauth/access_token"
