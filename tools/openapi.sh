#!/bin/sh
# The committed description of the API, made from the code.
#   tools/openapi.sh write    writes docs/openapi.json
#   tools/openapi.sh check    fails where docs/openapi.json differs from what the code says
set -eu
cd "$(dirname "$0")/.."
committed=docs/openapi.json
generated=$(mktemp)
trap 'rm -f "$generated"' EXIT
cargo run --quiet -p agency -- openapi >"$generated"
case "${1:-}" in
    write) cp "$generated" "$committed"; chmod 644 "$committed" ;;
    check)
        diff -u "$committed" "$generated" && exit 0
        echo "$committed is not what the code says. Write it anew: just openapi" >&2
        exit 1
        ;;
    *) echo "usage: tools/openapi.sh write|check" >&2; exit 2 ;;
esac
