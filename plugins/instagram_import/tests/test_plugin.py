import subprocess
import sys
from importlib.metadata import entry_points

from tombola_instagram_import import plugin

SLUG = "instagram_import"


def test_distribution_offers_the_plugin():
    (found,) = entry_points(group="tombola.plugins.v1", name=SLUG)
    assert found.value == "tombola_instagram_import.plugin"


def test_each_source_is_a_feature_of_its_own():
    keys = [each.key for each in plugin.register_importers()]
    assert keys == [f"{SLUG}.{name}" for name in ("hashtag", "comments", "mentions")]
    features = {each.key: each.plan for each in plugin.register_features()}
    assert features == dict.fromkeys(keys, "business")


def test_plugin_is_light_to_import():
    heavy = "{'httpx2', 'requests', 'flask', 'sqlalchemy', 'authlib', 'redis', 'rq', 'PIL'}"
    script = f"import sys, tombola_instagram_import.plugin; print({heavy} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
