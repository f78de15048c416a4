"""Real wheels of small plugins, made and installed in a moment, for tests of what can go wrong."""

import base64
import hashlib
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tombola.plugins.discovery import GROUP


@dataclass(frozen=True, slots=True)
class Recipe:
    """A plugin's distribution.

    Attributes:
        slug: name of the entry point.
        source: text of the module that it names.
        module: that module's path without its end, ``package/plugin`` or ``plugin``.
        files: further files of the wheel, by path.
        requires: lines of ``Requires-Dist``.
        version: of the distribution.
        name: of the distribution; None makes ``tombola-<slug>``.
    """

    slug: str
    source: str
    module: str
    files: Mapping[str, str] = field(default_factory=dict)
    requires: Sequence[str] = ("tombola",)
    version: str = "1.0"
    name: str | None = None

    @property
    def distribution(self) -> str:
        """Name as installers write it."""
        return self.name or f"tombola-{self.slug.replace('_', '-')}"


def build(recipe: Recipe, folder: Path) -> Path:
    """Write a wheel (PEP 427) into ``folder`` and give its path."""
    stem = f"{recipe.distribution.replace('-', '_')}-{recipe.version}"
    info = f"{stem}.dist-info"
    metadata = [
        "Metadata-Version: 2.1",
        f"Name: {recipe.distribution}",
        f"Version: {recipe.version}",
        *(f"Requires-Dist: {line}" for line in recipe.requires),
    ]
    target = recipe.module.replace("/", ".")
    files = {
        f"{recipe.module}.py": recipe.source,
        **recipe.files,
        f"{info}/METADATA": "\n".join(metadata) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[{GROUP}]\n{recipe.slug} = {target}\n",
    }
    files[f"{info}/RECORD"] = _record(files, info)
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    return path


def install(recipes: Iterable[Recipe], site: Path) -> Path:
    """Build and install into the folder ``site``, which goes onto ``PYTHONPATH``.

    A pure wheel is installed by unpacking it (PEP 427); doing it here needs no installer in the
    environment, and lets through what installers of today refuse and those of yesterday did not.
    """
    wheels = site.parent / f"{site.name}-wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    for recipe in recipes:
        with zipfile.ZipFile(build(recipe, wheels)) as wheel:
            wheel.extractall(site)
    return site


def _record(files: Mapping[str, str], info: str) -> str:
    lines = []
    for name, text in files.items():
        data = text.encode()
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(data)}")
    return "\n".join([*lines, f"{info}/RECORD,,", ""])
