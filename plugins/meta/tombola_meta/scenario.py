"""What the conformance kit needs to know of this plugin: an app at Meta, and no network."""

from pydantic import SecretStr

from tombola.testing import scenario
from tombola.testing.ctx import FakeCtx
from tombola_meta.settings import OperatorSettings


class Scenario(scenario.Scenario):
    """An app with everything set."""

    def make_ctx(self) -> FakeCtx:
        """Give the settings of an app that does not exist."""
        settings = OperatorSettings(
            app_id="1280000000000026",
            app_secret=SecretStr("of an app that does not exist"),
            verify_token=SecretStr("a word"),
            instagram_app_id="1970000000000026",
            instagram_app_secret=SecretStr("of its other side"),
        )
        return FakeCtx(settings=[settings])
