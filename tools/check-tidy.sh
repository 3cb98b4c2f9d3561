#!/usr/bin/env bash
# clang-tidy on the source files that changed since BASE, and on those that include a changed header.
#   tools/check-tidy.sh [BASE]        BASE: main's merge base, or the commit before; "all": every file
# Needs a build directory that clang's flags fit: build/release unless BUILD says otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."

build=${BUILD:-build/release}
base=${1:-}
if [[ -z $base ]]; then
    base=$(git merge-base HEAD origin/main 2>/dev/null || git merge-base HEAD main 2>/dev/null || echo HEAD)
    [[ $(git rev-parse "$base") != $(git rev-parse HEAD) ]] || base=$(git rev-parse -q --verify HEAD~1 || echo all)
fi

# The files of the compilation database that are ours.
mapfile -t known < <(python3 - "$build" <<'PY'
import json, os, sys
build = sys.argv[1]
seen = set()
for entry in json.load(open(os.path.join(build, "compile_commands.json"))):
    path = os.path.relpath(os.path.join(entry["directory"], entry["file"]))
    if path.startswith(("src/", "bench/")) and path not in seen:
        seen.add(path)
        print(path)
PY
)

chosen=()
if [[ $base == all ]]; then
    chosen=("${known[@]}")
else
    changed=$({ git diff --name-only "$base" -- src bench; git ls-files -o --exclude-standard src bench; } | sort -u)
    headers=$(sed -n 's,^src/\(.*\.h\)$,\1,p' <<<"$changed")
    for file in "${known[@]}"; do
        if grep -qxF "$file" <<<"$changed" ||
            { [[ $headers ]] && grep -qF -f <(sed 's/.*/"&"/' <<<"$headers") "$file"; }; then
            chosen+=("$file")
        fi
    done
fi
[[ ${#chosen[@]} -gt 0 ]] || { echo 'no changed C file'; exit 0; }
echo "clang-tidy on ${#chosen[@]} files"
printf '%s\n' "${chosen[@]}" | xargs -P "$(nproc)" -n 4 clang-tidy -p "$build" --quiet 2>/dev/null
