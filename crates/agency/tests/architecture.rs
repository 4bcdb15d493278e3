//! The arrows between our crates, and who may use which framework, as docs/ARCHITECTURE.md draws them.
//!
//! Read from `cargo metadata`, so that an arrow that nobody decided on fails here, with its name. deny.toml says the same to
//! `cargo deny`; this test needs nothing installed. Dependencies of tests are exempt: a test may borrow a neighbour.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Each crate of the workspace and the crates of ours that it may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("agency", &["agency-contract", "agency-server"]),
    ("agency-catalog", &["agency-domain"]),
    ("agency-contract", &[]),
    ("agency-domain", &[]),
    ("agency-engine", &["agency-domain"]),
    ("agency-git", &["agency-domain"]),
    ("agency-opencode", &["agency-domain"]),
    ("agency-persistence", &["agency-domain", "migration"]),
    ("agency-scripted-model", &[]),
    (
        "agency-server",
        &[
            "agency-catalog",
            "agency-contract",
            "agency-domain",
            "agency-engine",
            "agency-git",
            "agency-opencode",
            "agency-persistence",
            "agency-scripted-model",
        ],
    ),
    ("frontend", &["agency-contract"]),
    ("migration", &[]),
    ("wasm-bindgen-tool", &[]),
];

/// Each framework and the crates of ours that may name it.
const FRAMEWORKS: &[(&str, &[&str])] = &[
    ("actix-web", &["agency-scripted-model", "agency-server"]),
    ("leptos", &["frontend"]),
    ("reqwest", &["agency", "agency-opencode"]),
    ("sea-orm", &["agency-persistence"]),
    ("sea-orm-migration", &["migration"]),
    ("sqlx", &[]),
];

/// The crates that stay free of I/O: only the domain's feature `testing` may bring a runtime in.
const PURE: &[&str] = &["agency-contract", "agency-domain"];

/// Crates that no version below the given one may come in of, from anywhere: a second SQLite would be linked beside ours.
const OLDEST: &[(&str, (u64, u64))] = &[("sqlx", (0, 9)), ("sqlx-core", (0, 9)), ("libsqlite3-sys", (0, 37))];

/// One declared dependency that is not for tests.
#[derive(Debug)]
struct Dependency {
    name: String,
    optional: bool,
}

#[test]
fn every_arrow_between_our_crates_is_drawn() {
    let declared = declared_dependencies();
    let drawn: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let ours: BTreeSet<&str> = declared.keys().map(String::as_str).collect();
    assert_eq!(ours, drawn.keys().copied().collect(), "the crates of the workspace and the table above differ");

    let undrawn: Vec<String> = declared
        .iter()
        .flat_map(|(krate, dependencies)| dependencies.iter().map(move |dependency| (krate, &dependency.name)))
        .filter(|(krate, name)| ours.contains(name.as_str()) && !drawn[krate.as_str()].contains(&name.as_str()))
        .map(|(krate, name)| format!("{krate} -> {name}"))
        .collect();
    assert!(undrawn.is_empty(), "these arrows are not in the table: {undrawn:?}");
}

#[test]
fn a_framework_is_named_only_where_it_belongs() {
    let declared = declared_dependencies();
    for (framework, allowed) in FRAMEWORKS {
        let strangers: Vec<&String> = declared
            .iter()
            .filter(|(krate, _)| !allowed.contains(&krate.as_str()))
            .filter(|(_, dependencies)| dependencies.iter().any(|dependency| dependency.name == *framework))
            .map(|(krate, _)| krate)
            .collect();
        assert!(strangers.is_empty(), "{framework} belongs to {allowed:?}, but is also in {strangers:?}");
    }
}

#[test]
fn the_domain_and_the_contract_need_no_runtime() {
    let declared = declared_dependencies();
    for krate in PURE {
        let runtime = declared[*krate].iter().find(|dependency| dependency.name.starts_with("tokio") && !dependency.optional);
        assert!(runtime.is_none(), "{krate} depends on {runtime:?}");
    }
}

#[test]
fn no_second_sqlite_comes_in() {
    let versions = resolved_versions();
    for (name, oldest) in OLDEST {
        for version in versions.get(*name).into_iter().flatten() {
            assert!(major_and_minor(version) >= *oldest, "{name} {version} is older than {oldest:?}");
        }
    }
    let linked = versions.get("libsqlite3-sys").map_or(0, BTreeSet::len);
    assert_eq!(linked, 1, "exactly one libsqlite3-sys is linked");
}

#[test]
fn the_wasm_bindgen_tool_has_the_version_of_the_page() {
    let versions = resolved_versions();
    assert_eq!(versions["wasm-bindgen"], versions["wasm-bindgen-cli-support"]);
}

/// The dependencies that each of our crates declares, but for its tests.
fn declared_dependencies() -> BTreeMap<String, Vec<Dependency>> {
    let metadata = cargo_metadata(&["--no-deps"]);
    packages(&metadata)
        .map(|package| {
            let dependencies = package["dependencies"].as_array().expect("cargo lists dependencies");
            let declared = dependencies.iter().filter(|dependency| dependency["kind"] != "dev");
            (text(&package["name"]), declared.map(read_dependency).collect())
        })
        .collect()
}

fn read_dependency(dependency: &Value) -> Dependency {
    Dependency { name: text(&dependency["name"]), optional: dependency["optional"] == true }
}

/// Every version of every crate that Cargo.lock brings in.
fn resolved_versions() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = cargo_metadata(&["--all-features"]);
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in packages(&metadata) {
        versions.entry(text(&package["name"])).or_default().insert(text(&package["version"]));
    }
    versions
}

fn cargo_metadata(arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline"])
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo writes JSON")
}

fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata["packages"].as_array().expect("cargo lists packages").iter()
}

fn text(value: &Value) -> String {
    value.as_str().expect("names and versions are text").to_owned()
}

fn major_and_minor(version: &str) -> (u64, u64) {
    let mut numbers = version.split('.').map(|number| number.parse().expect("a version has numbers"));
    (numbers.next().expect("a version has a major number"), numbers.next().expect("a version has a minor number"))
}
