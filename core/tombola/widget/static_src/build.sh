#!/bin/sh
# Builds the widget's scripts and styles into ../static and notes which source each was built from.
# Called by `make assets`; needs npm. The built files are committed, so running Tombola needs none.
set -eu
cd "$(dirname "$0")"
for source in *.js *.css; do
  built="../static/${source%.*}.min.${source##*.}"
  npx --yes esbuild@0.28.2 "$source" --minify --target=es2018 --log-level=warning --outfile="$built"
done
sha256sum *.js *.css ../static/*.min.* > BUILT.sha256
