import subprocess
import sys
from importlib.metadata import entry_points

from tombola_twitter_import import plugin

SLUG = "twitter_import"


def test_distribution_offers_the_plugin():
    (found,) = entry_points(group="tombola.plugins.v1", name=SLUG)
    assert found.value == "tombola_twitter_import.plugin"


def test_keys_begin_with_the_slug():
    offered = [*plugin.register_importers(), *plugin.register_identity_providers()]
    keys = [each.key for each in offered] + [each.key for each in plugin.register_features()]
    assert all(key.startswith(f"{SLUG}.") for key in keys)


def test_source_and_log_in_mean_the_same_people():
    (importer,) = plugin.register_importers()
    (provider,) = plugin.register_identity_providers()
    assert importer.identity == provider.key


def test_every_setting_has_a_default():
    settings = plugin.register_settings()
    assert settings.installation is not None
    assert settings.team is not None
    settings.installation()
    settings.team()


def test_plugin_is_light_to_import():
    heavy = "{'httpx2', 'requests', 'flask', 'sqlalchemy', 'authlib', 'redis', 'rq', 'PIL'}"
    script = f"import sys, tombola_twitter_import.plugin; print({heavy} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
