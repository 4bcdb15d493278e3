#!/bin/sh
# Runs greet.sh and compares what it says. Ends with status 0 when all is as it should be.
set -u
cd "$(dirname "$0")" || exit 2
failed=0

# check WHAT EXPECTED ARGUMENTS...
check() {
    what=$1
    expected=$2
    shift 2
    actual=$(sh ./greet.sh "$@" 2>&1)
    if [ "$actual" = "$expected" ]; then
        echo "ok      $what"
    else
        echo "FAILED  $what: expected '$expected', got '$actual'"
        failed=1
    fi
}

check 'greets by name' 'Hello, Ada!' Ada
check 'greets the world when no name is given' 'Hello, world!'

exit "$failed"
