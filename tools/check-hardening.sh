#!/bin/sh
# reliability 37: the program as it is shipped is hardened.  Argument: the binary of a release build.
set -eu

bin=$1
failed=0
require() { # WHAT PATTERN TEXT
    if printf '%s\n' "$3" | grep -Eq -- "$2"; then
        echo "ok: $1"
    else
        echo "reliability 37: $bin lacks: $1"
        failed=1
    fi
}
refuse() { # WHAT PATTERN TEXT
    if printf '%s\n' "$3" | grep -Eq -- "$2"; then
        echo "reliability 37: $bin has: $1"
        failed=1
    else
        echo "ok: no $1"
    fi
}

header=$(readelf -hW "$bin")
segments=$(readelf -lW "$bin")
dynamic=$(readelf -dW "$bin")
symbols=$(readelf --dyn-syms -W "$bin")
require 'position independence (PIE)' 'Type: +DYN' "$header"
require 'full RELRO: the segment' 'GNU_RELRO' "$segments"
require 'full RELRO: binding at start' 'BIND_NOW|FLAGS.*NOW' "$dynamic"
require 'a stack that is not executable (NX)' 'GNU_STACK .* RW +0' "$segments"
require 'the stack protector' '__stack_chk_fail' "$symbols"
require 'FORTIFY_SOURCE' '__(mem|str|sn?printf|vsn?printf|fprintf|read|recv)[a-z]*_chk' "$symbols"
refuse 'segment that is writable and executable' 'LOAD .* RWE' "$segments"
refuse 'relocation in its text' 'TEXTREL' "$dynamic"
refuse 'library path of its own' 'RPATH|RUNPATH' "$dynamic"
exit $failed
