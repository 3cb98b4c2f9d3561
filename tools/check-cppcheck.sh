#!/bin/sh
# cppcheck over src/; what it may not say here has its reason in tools/cppcheck-suppressions.txt.
set -eu

mkdir -p build/cppcheck
cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
    --error-exitcode=1 --template=gcc -j 2 --cppcheck-build-dir=build/cppcheck -D_GNU_SOURCE \
    --suppressions-list=tools/cppcheck-suppressions.txt -Isrc src
