#!/bin/sh
# Prepares what is missing and says what it does; where nothing is missing it says nothing and takes about a second.
#
#   tools/setup.sh         what building and running need
#   tools/setup.sh test    and what the tests need: cargo-nextest and a Chromium
#   tools/setup.sh deny    and cargo-deny
#
# Everything lands in the ignored directories .tools/, target/ and node_modules/. Compiled tools are also kept under
# ~/.cache/the-agency, so that the next clone need not compile them. Nothing is downloaded from GitHub.
set -eu

TRUNK_VERSION=0.21.14   # 0.22 needs a newer compiler than the one in rust-toolchain.toml
NEXTEST_VERSION=0.9.143
NEXTEST_OLDEST=100      # the oldest 0.9.x on PATH that will do
DENY_VERSION=0.20.2
NODE_OLDEST=20

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
tools="$root/.tools"
cache="${XDG_CACHE_HOME:-${HOME:-$tools}/.cache}/the-agency"
PATH="$tools/bin:$root/node_modules/.bin:${CARGO_HOME:-${HOME:-}/.cargo}/bin:$PATH"
export PATH

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
stop() { printf 'setup: %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
# A progress display belongs in a terminal only.
quiet() { [ -t 2 ] || printf -- '--quiet'; }

need_basics() {
    has git || stop "git is missing. Install it (Debian, Ubuntu: apt-get install git) and try again."
    has cc || stop "a C compiler is missing. Install one (Debian, Ubuntu: apt-get install build-essential) and try again."
    has rustup || stop "rustup is missing. Install it as https://rustup.rs says and try again."
    if ! { has node && has npm; }; then
        stop "Node.js with npm is missing. Install version $NODE_OLDEST or newer and try again."
    fi
    node_version=$(node -p process.versions.node)
    [ "${node_version%%.*}" -ge "$NODE_OLDEST" ] || stop "Node.js is $node_version, but $NODE_OLDEST or newer is needed."
}

rust_toolchain() {
    channel=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
    if sysroot=$(rustup run "$channel" rustc --print sysroot 2>/dev/null) && [ -d "$sysroot/lib/rustlib/wasm32-unknown-unknown" ] &&
        [ -x "$sysroot/bin/cargo-clippy" ] && [ -x "$sysroot/bin/rustfmt" ]; then
        return
    fi
    say "Rust $channel with clippy, rustfmt and the wasm32 target: downloads some 250 MB, one to three minutes"
    rustup toolchain install "$channel" --profile minimal --component clippy --component rustfmt --target wasm32-unknown-unknown
}

rust_dependencies() {
    cargo fetch --quiet --locked --offline 2>/dev/null && return
    say "Rust dependencies, in the versions of Cargo.lock: downloads some 150 MB, about a minute"
    # On a developer's machine an edited Cargo.toml may change the lock file; in CI that is an error.
    cargo fetch ${CI:+--locked}
}

node_tools() {
    pin=$(cksum <package-lock.json)
    stamp=node_modules/.agency-stamp
    if [ -x node_modules/.bin/opencode ] && [ -x node_modules/.bin/wasm-opt ] && [ "$(cat $stamp 2>/dev/null)" = "$pin" ]; then
        return
    fi
    say "OpenCode, wasm-opt and the browser test tools from npm: downloads some 150 MB, about a minute"
    # Install scripts stay off, but for OpenCode's own, which puts the binary for this processor in place.
    npm ci --ignore-scripts --no-audit --no-fund --no-progress --loglevel=error >&2
    node node_modules/opencode-ai/postinstall.mjs
    opencode_version=$(node_modules/.bin/opencode --version) || stop "OpenCode was installed but does not start on this machine."
    say "OpenCode $opencode_version is in node_modules"
    printf '%s\n' "$pin" >$stamp
}

# Puts a tool from the cache into .tools/bin. Fails where there is none, or where it does not run on this machine.
from_cache() { # name, key
    [ -x "$cache/$2/$1" ] && "$cache/$2/$1" --version >/dev/null 2>&1 || return 1
    mkdir -p "$tools/bin"
    cp "$cache/$2/$1" "$tools/bin/$1.new" && mv "$tools/bin/$1.new" "$tools/bin/$1"
}

# Keeps a tool for other clones. A cache that cannot be written is no error.
to_cache() { # name, key
    { mkdir -p "$cache/$2" && cp "$tools/bin/$1" "$cache/$2/$1.$$" && mv "$cache/$2/$1.$$" "$cache/$2/$1"; } 2>/dev/null || true
}

# Compiles a published tool with settings that favour a quick build: these tools mostly wait.
compile_tool() { # name, crate, version, further arguments of cargo install …
    name=$1 crate=$2 version=$3
    shift 3
    key="$name-$version-$(uname -s)-$(uname -m)"
    from_cache "$name" "$key" && return
    say "$crate $version: compiled once from its published source, four to eight minutes on two cores"
    # shellcheck disable=SC2046 # an empty answer must vanish
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_DEBUG=0 \
        CARGO_TARGET_DIR="$tools/build" cargo install "$crate" --version "$version" --locked --force --no-track --root "$tools" $(quiet) "$@"
    rm -rf "$tools/build"
    to_cache "$name" "$key"
}

trunk_tool() {
    [ "$(trunk --version 2>/dev/null)" = "trunk $TRUNK_VERSION" ] || compile_tool trunk trunk "$TRUNK_VERSION"
}

nextest_tool() {
    found=$(cargo-nextest nextest --version 2>/dev/null | sed -n '1s/^cargo-nextest 0\.9\.\([0-9]*\).*/\1/p')
    [ "${found:-0}" -ge "$NEXTEST_OLDEST" ] ||
        compile_tool cargo-nextest cargo-nextest "$NEXTEST_VERSION" --no-default-features --features default-no-update
}

deny_tool() {
    has cargo-deny || compile_tool cargo-deny cargo-deny "$DENY_VERSION"
}

# Our own wasm-bindgen, and what divides the page: their key holds the version of Cargo.lock and their source, so that either change builds them anew.
page_tools() {
    version=$(sed -n '/^name = "wasm-bindgen-cli-support"$/{n;s/^version = "\(.*\)"/\1/p;}' Cargo.lock)
    source=$(cat tools/wasm-bindgen/Cargo.toml tools/wasm-bindgen/src/*.rs tools/wasm-bindgen/src/split/*.rs | cksum | cut -d' ' -f1)
    key="wasm-bindgen-$version-$source-$(uname -s)-$(uname -m)"
    stamp="$tools/wasm-bindgen.stamp"
    [ -x "$tools/bin/wasm-bindgen" ] && [ -x "$tools/bin/split-page" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$key" ] && return
    if ! { from_cache wasm-bindgen "$key" && from_cache split-page "$key"; }; then
        say "wasm-bindgen $version and split-page: compiled from this workspace, about a minute"
        # shellcheck disable=SC2046 # an empty answer must vanish
        cargo build --profile tool -p wasm-bindgen-tool $(quiet)
        mkdir -p "$tools/bin"
        for name in wasm-bindgen split-page; do
            cp "${CARGO_TARGET_DIR:-target}/tool/$name" "$tools/bin/$name.new"
            mv "$tools/bin/$name.new" "$tools/bin/$name"
            to_cache "$name" "$key"
        done
    fi
    printf '%s\n' "$key" >"$stamp"
}

chromium_browser() {
    node tools/chromium.mjs >/dev/null 2>&1 && return
    say "Chromium, for the browser tests: installs a system package, about a minute"
    how="Install a Chromium (Debian: apt-get install chromium), or name one: CHROMIUM=/path/to/chromium"
    has apt-get || stop "no Chromium was found. $how"
    if [ "$(id -u)" = 0 ]; then as_root=''
    elif has sudo && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then as_root=sudo
    else stop "no Chromium was found, and installing one needs root. $how"
    fi
    # Ubuntu's package is a snap, which does not start everywhere; Playwright has a build of its own for Ubuntu.
    if grep -q '^ID=ubuntu' /etc/os-release 2>/dev/null; then
        node_modules/.bin/playwright-core install --with-deps chromium-headless-shell >&2
    else
        $as_root apt-get update -qq >&2
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >&2
    fi
    node tools/chromium.mjs >/dev/null || stop "Chromium was installed but cannot be found. $how"
}

need_basics
# The page's build lands in frontend/dist; Trunk and the server's embedding both want the directory to exist.
mkdir -p "$tools" frontend/dist
# Two recipes that start at once must not prepare the same thing twice.
if has flock; then
    exec 9>"$tools/setup.lock"
    flock 9
fi
rust_toolchain
rust_dependencies
node_tools
trunk_tool
page_tools
case "${1:-}" in
    '') ;;
    test) nextest_tool; chromium_browser ;;
    deny) deny_tool ;;
    *) stop "it prepares '', 'test' or 'deny', not '$1'" ;;
esac
