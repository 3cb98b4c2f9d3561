#!/bin/sh
# Generated files in the tree are what the program makes now.  Argument: the build directory.
set -eu

"$1/cairn" openapi | diff -u docs/openapi.json - >/dev/null || {
    echo 'docs/openapi.json is stale: cairn openapi >docs/openapi.json'
    exit 1
}
"$1/cairn" program reference | diff -u docs/program.md - >/dev/null || {
    echo 'docs/program.md is stale: cairn program reference >docs/program.md'
    exit 1
}
"$1/cairn" program reference functions | diff -u docs/functions.md - >/dev/null || {
    echo 'docs/functions.md is stale: cairn program reference functions >docs/functions.md'
    exit 1
}
