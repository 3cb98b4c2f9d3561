#!/bin/sh
# The C is as clang-format 14 leaves it; another version formats differently and is not asked.
# tools/check-format.sh --fix rewrites.
set -eu

clang_format=$(command -v clang-format-14 || command -v clang-format)
case $("$clang_format" --version) in
*'version 14.'*) ;;
*)
    echo 'clang-format 14 is not here: formatting is not checked'
    exit 0
    ;;
esac
mode='--dry-run --Werror'
[ "${1:-}" != --fix ] || mode=-i
# shellcheck disable=SC2086
git ls-files -co --exclude-standard '*.c' '*.h' '*.cc' | xargs "$clang_format" $mode
