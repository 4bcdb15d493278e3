#!/bin/sh
# Greets somebody by name.
#
# usage: greet.sh [NAME]
set -eu

name=${1:-world}
printf 'Hello, %s!\n' "$name"
