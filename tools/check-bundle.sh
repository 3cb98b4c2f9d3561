#!/bin/sh
# The web app stays small: what the first page loads, and all of its scripts, gzipped.
set -eu

cd "$(dirname "$0")/../web/dist"
size() { cat "$@" | gzip -9 | wc -c; }

first=$(size index.html $(grep -oE 'assets/[^"]+\.(js|css)' index.html | sort -u))
scripts=$(size assets/*.js)
echo "first page $first bytes, all scripts $scripts bytes"
# A third of all scripts is the editor, which the program page alone loads.
[ "$first" -le 260000 ] && [ "$scripts" -le 530000 ]
