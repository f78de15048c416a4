#!/bin/sh
# Builds the widget's scripts and styles into ../static and notes which source each was built from.
# Called by `make assets`; needs npm. The built files are committed, so running Tombola needs none.
set -eu
cd "$(dirname "$0")"

script() { # name of the built file, then its sources in order
  built="../static/$1.min.js"
  shift
  npx --yes terser@5.51.2 "$@" --ecma 2022 --mangle \
    --compress passes=3,unsafe,unsafe_arrows,pure_getters --output "$built"
}

script trk trk.js
script place place.js
script setup setup.js
script widget widget.js frame.js
npx --yes esbuild@0.28.2 widget.css --minify --target=es2018 --log-level=warning \
  --outfile=../static/widget.min.css
sha256sum *.js *.css ../static/*.min.* > BUILT.sha256
