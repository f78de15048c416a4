import subprocess
import sys
from importlib.metadata import entry_points
from typing import Any

from tombola_meta import plugin

SLUG = "meta"


def test_distribution_offers_the_plugin():
    (found,) = entry_points(group="tombola.plugins.v1", name=SLUG)
    assert found.value == "tombola_meta.plugin"


def test_keys_begin_with_the_slug_and_are_no_others():
    offered: list[Any] = [
        *plugin.register_connectors(),
        *plugin.register_identity_providers(),
        *plugin.register_webhooks(),
        *plugin.register_health_checks(),
    ]
    assert sorted(each.key for each in offered) == [
        "meta.app",
        "meta.deauthorized",
        "meta.deletion",
        "meta.events",
        "meta.facebook",
        "meta.facebook",
        "meta.ig_name",
        "meta.instagram",
        "meta.psid",
        "meta.settings",
        "meta.webhooks",
    ]


def test_every_setting_has_a_default():
    settings = plugin.register_settings()
    assert settings.installation is not None
    settings.installation()


def test_plugin_is_light_to_import():
    heavy = "{'httpx2', 'requests', 'flask', 'sqlalchemy', 'authlib', 'redis', 'rq', 'PIL'}"
    script = f"import sys, tombola_meta.plugin; print({heavy} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
