#!/bin/sh
# Makes a virtual environment with uv in it: requirements/venv.sh PYTHON FOLDER
#
# Tried in order: Python's own venv; its venv without pip, filled by the pip outside (Debian and
# Ubuntu split venv's half into python3-venv); a uv that is already here.
set -eu
python=$1
folder=$2
uv_file=$(dirname "$0")/uv.txt
quiet='--quiet --disable-pip-version-check --require-hashes'

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "Tombola needs Python 3.11 or newer. Choose one, for example: make PYTHON=python3.12 run" >&2
  exit 1
fi

has_pip() { "$folder/bin/python" -m pip --version >/dev/null 2>&1; }

with_venv() {
  has_pip || "$python" -m venv "$folder" >/dev/null 2>&1 || return 1
  "$folder/bin/python" -m pip install $quiet -r "$uv_file"
}

with_pip_outside() {
  rm -rf "$folder"
  "$python" -m venv --without-pip "$folder" >/dev/null 2>&1 || return 1
  "$python" -m pip --python "$folder/bin/python" install $quiet -r "$uv_file" 2>/dev/null
}

with_uv() {
  command -v uv >/dev/null 2>&1 || return 1
  rm -rf "$folder"
  uv venv --quiet --python "$python" "$folder"
  uv pip install --quiet --require-hashes --python "$folder/bin/python" -r "$uv_file"
}

with_venv || with_pip_outside || with_uv || {
  rm -rf "$folder"
  echo "Tombola could not make a virtual environment." >&2
  echo "On Debian and Ubuntu: sudo apt install python3-venv, then start again." >&2
  exit 1
}
