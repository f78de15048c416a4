"""Renders the sandbox's own pages: console, dialog, shop."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from werkzeug.wrappers import Response

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""What the console's and the dialog's pages may load: their own, nothing inline."""


class Pages:
    """The templates of one folder."""

    def __init__(self, folder: str, *, policy: str = POLICY) -> None:
        self._policy = policy
        self.env = Environment(
            loader=PackageLoader("tombola_sandbox", f"templates/{folder}"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def page(self, template: str, status: int = 200, /, **values: Any) -> Response:
        """Render one page."""
        html = self.env.get_template(template).render(**values)
        headers = {
            "Content-Security-Policy": self._policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cache-Control": "no-store",
        }
        return Response(html, status, headers=headers, content_type="text/html; charset=utf-8")
