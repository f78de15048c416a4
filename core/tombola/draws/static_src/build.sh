#!/bin/sh
# Builds the page that checks a draw without a network, with the curves that it needs inside, and
# notes what each was built from. Called by `make assets`; needs npm. The built page is committed.
set -eu
cd "$(dirname "$0")"
here=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp ./*.js "$work"
cd "$work"
npm install --silent --no-save --no-audit --no-fund --ignore-scripts \
  @noble/curves@2.4.0 @noble/hashes@2.4.0 esbuild@0.28.2 >/dev/null
node node_modules/esbuild/install.js
npx --no-install esbuild page.js --bundle --minify --format=iife --target=es2021 --charset=ascii \
  --legal-comments=none --log-level=warning --outfile=page.min.js
cp node_modules/@noble/curves/LICENSE "$here/../static/noble-curves.LICENSE"
cp node_modules/@noble/hashes/LICENSE "$here/../static/noble-hashes.LICENSE"
(cd node_modules/@noble && find curves hashes -name '*.js' -path '*/*.js' | LC_ALL=C sort \
  | xargs sha256sum) > "$here/NOBLE.sha256"
cd "$here"
node "$here/join.cjs" verify.html verify.css "$work/page.min.js" > ../static/verify.html
sha256sum *.js *.cjs *.css *.html ../static/verify.html ../static/*.LICENSE > BUILT.sha256
