import subprocess
import sys
from importlib.metadata import entry_points

from tombola_facebook_tagged import plugin

SLUG = "facebook_tagged"


def test_distribution_offers_the_plugin():
    (found,) = entry_points(group="tombola.plugins.v1", name=SLUG)
    assert found.value == "tombola_facebook_tagged.plugin"


def test_keys_begin_with_the_slug():
    keys = [each.key for each in plugin.register_importers()]
    keys += [each.key for each in plugin.register_features()]
    assert keys == ["facebook_tagged.tagged"] * 2


def test_plugin_is_light_to_import():
    heavy = "{'httpx2', 'requests', 'flask', 'sqlalchemy', 'authlib', 'redis', 'rq', 'PIL'}"
    script = f"import sys, tombola_facebook_tagged.plugin; print({heavy} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
