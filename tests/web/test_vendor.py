"""Other people's files are those that were published, with their licences."""

import hashlib
from pathlib import Path

import tombola.web

FOLDER = Path(tombola.web.__file__).parent / "static" / "vendor"


def test_vendored_files_match_the_list():
    lines = [line.split() for line in (FOLDER / "SHA256SUMS").read_text().splitlines()]
    listed = {name: digest for digest, name in lines}
    there = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in FOLDER.iterdir()
        if path.name not in {"SHA256SUMS", "README.md"}
    }
    assert there == listed


def test_each_vendored_file_has_a_licence():
    for path in [*FOLDER.glob("*.js"), *FOLDER.glob("*.css")]:
        assert (FOLDER / f"{path.name.split('-')[0]}.LICENSE").exists()
