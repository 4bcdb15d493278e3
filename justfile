# Each thing that the README or CI runs has its recipe here. Without just: `npx -y rust-just RECIPE`.

root := justfile_directory()

# What `just setup` prepared comes first: Trunk and wasm-bindgen, then OpenCode and wasm-opt, then cargo.
export PATH := root / ".tools/bin" + ":" + root / "node_modules/.bin" + ":" + env("CARGO_HOME", env("HOME", root) / ".cargo") / "bin" + ":" + env("PATH")

# Trunk reads NO_COLOR as true or false, where the convention is any value at all.
trunk := "env -u NO_COLOR trunk"

[private]
default:
    @{{ just_executable() }} --justfile {{ justfile() }} --list --unsorted

# Prepares what is missing, then runs the server (8000) and the page (3000), rebuilt on change
[no-exit-message]
dev: setup
    @node tools/dev.mjs

# Runs every test there is and ends with one line that counts; SUITES names some of them
[no-exit-message]
test *suites:
    @node tools/run-tests.mjs {{ suites }}

# Runs one pipeline from beginning to end: the real OpenCode, a scripted model
demo *args: setup page-if-missing
    @echo "Building the server, where it changed: a second or two, the first time three to six minutes on two cores"
    cargo run --quiet -p agency -- demo {{ args }}

# Prepares what is missing for building and running
setup:
    @sh tools/setup.sh

# The same, and what the tests need
setup-test:
    @sh tools/setup.sh test

# Builds target/release/agency, which holds the page
build: page
    cargo build --release -p agency
    @ls -lh target/release/agency

# Builds the page into frontend/dist
page: setup
    {{ trunk }} build --release

[private]
page-if-missing: setup
    @test -f frontend/dist/index.html || {{ trunk }} build --release

# Formatting and lints, the page included
check: setup
    cargo fmt --all --check
    cargo clippy --all-targets -- -D warnings
    cargo clippy -p frontend --target wasm32-unknown-unknown -- -D warnings

# Mends what formatting and lints can mend by themselves
fix: setup
    cargo clippy --fix --allow-dirty --allow-staged --all-targets
    cargo clippy --fix --allow-dirty --allow-staged -p frontend --target wasm32-unknown-unknown
    cargo fmt --all

# The flows through the real binary, OpenCode, git and Chromium alone
[no-exit-message]
e2e:
    @node tools/run-tests.mjs page-build server-build long-run-build e2e

# Takes a picture of each screen, light, dark and on a phone, into docs/screenshots
screenshots: setup page-if-missing
    cargo build --quiet -p agency -p agency-scripted-model
    node --test e2e/screenshots.mjs

# Kills the real server at random moments for some minutes, then checks that nothing is lost: `just soak 30 --seed 7`
[no-exit-message]
soak minutes="5" *options: setup page-if-missing
    cargo build --quiet -p agency -p agency-scripted-model
    @node e2e/soak.mjs {{ minutes }} {{ options }}

# Measures, and compares with what benches/README.md names
bench *args: build
    python3 benches/run.py {{ args }}

# Measures the page in a real Chromium against the release build, and writes its table into docs/PERFORMANCE.md
web-bench *args: build
    cargo build --quiet -p agency-persistence --example long_run
    AGENCY_BIN=target/release/agency node benches/web.mjs {{ args }}

# Has Lighthouse judge the main screens, on a desk and on a phone, and writes the table of docs/PERFORMANCE.md
lighthouse *args: build
    cargo build --quiet -p agency-persistence --example long_run
    AGENCY_BIN=target/release/agency node benches/lighthouse.mjs {{ args }}

# Writes docs/openapi.json from the code
openapi: setup
    @sh tools/openapi.sh write

# Fails where docs/openapi.json differs from the code
openapi-check: setup
    @sh tools/openapi.sh check

# Writes docs/template.schema.json, which editors use for templates, from the code
template-schema: setup
    WRITE_TEMPLATE_SCHEMA=1 cargo test --quiet -p agency-catalog --test catalog the_committed_schema

# Database migrations: `just migrate status`, `up`, `down`
migrate *args: setup
    @cargo run --quiet -p agency -- migrate {{ args }}

# Crates: the arrows between them, bans, licences, sources; `just deny advisories` asks the advisory database
deny *checks="bans licenses sources":
    @sh tools/setup.sh deny
    cargo deny --all-features check {{ checks }}

# The page's size as a browser loads it, against its budgets in bytes: what it starts with, and all of it
page-size *budgets: page
    @node tools/page-size.mjs frontend/dist {{ budgets }}

alias web-size := page-size

# Removes the prepared tools; the cache under ~/.cache/the-agency stays
clean-tools:
    rm -rf .tools node_modules
