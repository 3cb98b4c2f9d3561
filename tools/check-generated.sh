#!/bin/sh
# Generated files in the tree are what the program makes now.  Argument: the build directory.
set -eu

"$1/cairn" openapi | diff -u docs/openapi.json - >/dev/null || {
    echo 'docs/openapi.json is stale: cairn openapi >docs/openapi.json'
    exit 1
}
