//! The schema that editors use: the committed copy, and whether it says of a template what the parser says.

use crate::shelves::Shelves;
use agency_catalog::template_schema;
use serde_json::{Value, json};

/// Set to anything, it makes the test below write the file that it compares.
const WRITE: &str = "WRITE_TEMPLATE_SCHEMA";
const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/template.schema.json");
const BUILT_IN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/builtin/templates");

#[test]
fn the_committed_schema_is_what_the_code_says() {
    let generated = format!("{:#}\n", template_schema());
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(COMMITTED, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(committed == generated, "docs/template.schema.json is out of date: run `npx -y rust-just template-schema`");
}

#[test]
fn every_built_in_template_fits() {
    let files: Vec<_> = std::fs::read_dir(BUILT_IN).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 4);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(faults(&text), Vec::<String>::new(), "{}", file.display());
    }
}

#[tokio::test]
async fn what_the_parser_takes_fits_and_what_it_refuses_does_not() {
    let it = Shelves::new();
    let chain = |steps: &str| format!("description: D\nsteps:\n  - agent: developer\n{steps}");
    for (text, fits) in [
        (chain(""), true),
        (chain("    model: a/b\n    budget: {tokens: 5, money: 0.5, minutes: 1, attempts: 2}\n    retry: 3\n    stall_after: 90s\n"), true),
        (
            chain("    model: [a/b, c/d/e]\n    retry: {attempts: 2, pause: 2s}\n    permissions: {bash: {ls: ask}, webfetch: allow}\n"),
            true,
        ),
        (chain("    permissions: deny\n"), true),
        (chain("  - check: auto\n"), true),
        (
            chain("  - check: [cargo fmt --check, cargo test]\n    timeout: 10m\n    on_failure: {back_to: developer, max_rounds: 2}\n"),
            true,
        ),
        (chain("  - agent: qa\n    on_changes_requested: {back_to: developer}\n  - approval: Go?\n    remind_after: 4h\n"), true),
        ("name: x\nbudget: {}\ndescription: D\nsteps: [{agent: developer, description: Do it.}]\n".to_owned(), true),
        ("steps: [{agent: developer}]\n".to_owned(), false),
        ("description: D\n".to_owned(), false),
        ("description: D\nsteps: []\n".to_owned(), false),
        ("description: D\nsteps: {agent: developer}\n".to_owned(), false),
        ("description: ' '\nsteps: [{agent: developer}]\n".to_owned(), false),
        ("description: D\nstep: 1\nsteps: [{agent: developer}]\n".to_owned(), false),
        ("description: D\nbudget: 5\nsteps: [{agent: developer}]\n".to_owned(), false),
        ("description: D\nbudget: {tokens: 0}\nsteps: [{agent: developer}]\n".to_owned(), false),
        ("description: D\nbudget: {minutes: 1.5}\nsteps: [{agent: developer}]\n".to_owned(), false),
        ("description: D\nbudget: {cents: 5}\nsteps: [{agent: developer}]\n".to_owned(), false),
        ("description: D\nsteps: [{agent: Developer}]\n".to_owned(), false),
        (chain("  - {}\n"), false),
        (chain("  - agent: qa\n    check: cargo test\n"), false),
        (chain("    modle: a/b\n"), false),
        (chain("    model: gpt\n"), false),
        (chain("    model: []\n"), false),
        (chain("    model: [a/b, a/b]\n"), false),
        (chain("    timeout: 10m\n"), false),
        (chain("    stall_after: soon\n"), false),
        (chain("    stall_after: 0s\n"), false),
        (chain("    retry: 11\n"), false),
        (chain("    retry: {times: 3}\n"), false),
        (chain("    permissions: {bash: maybe}\n"), false),
        (chain("  - check: []\n"), false),
        (chain("  - check: 5\n"), false),
        (chain("  - check: true\n"), false),
        (chain("  - check:\n"), false),
        (chain("  - check: [make, 5]\n"), false),
        (chain("  - approval: true\n"), false),
        (chain("    description: 5\n"), false),
        (chain("    description:\n"), false),
        ("description: 5\nsteps: [{agent: developer}]\n".to_owned(), false),
        ("description: D\nsteps: [{agent: 5}]\n".to_owned(), false),
        (chain("  - check: [make, auto]\n"), false),
        (chain("  - check: make\n    model: a/b\n"), false),
        (chain("  - check: make\n    on_failure: {max_rounds: 2}\n"), false),
        (chain("  - agent: qa\n    on_changes_requested: {back_to: developer, max_rounds: 11}\n"), false),
        (chain("  - approval: Go?\n    remind_after: 4\n"), false),
    ] {
        it.in_repo("templates/x.yaml", &text);
        let parsed = it.template("x").await.item;
        assert_eq!(parsed.is_ok(), fits, "the parser of {text}: {parsed:?}");
        let faults = faults(&text);
        assert_eq!(faults.is_empty(), fits, "the schema of {text}: {faults:?}");
    }
}

fn faults(yaml: &str) -> Vec<String> {
    let value: Value = serde_saphyr::from_str(yaml).unwrap();
    let schema = template_schema();
    let mut faults = Vec::new();
    check(&schema, &schema, &value, "", &mut faults);
    faults
}

/// As much of JSON Schema as this schema uses; a keyword that is not known here fails the test, so that none is silently nothing.
fn check(root: &Value, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    let fits = |schema: &Value| {
        let mut faults = Vec::new();
        check(root, schema, value, at, &mut faults);
        faults.is_empty()
    };
    for (keyword, rule) in schema.as_object().unwrap() {
        let holds = match keyword.as_str() {
            "$schema" | "title" | "description" | "definitions" | "examples" | "default" => true,
            "$ref" => fits(root.pointer(rule.as_str().unwrap().trim_start_matches('#')).unwrap()),
            "allOf" => rule.as_array().unwrap().iter().all(fits),
            "oneOf" => rule.as_array().unwrap().iter().filter(|schema| fits(schema)).count() == 1,
            "not" => !fits(rule),
            "const" => value == rule,
            "enum" => rule.as_array().unwrap().contains(value),
            "type" => has_type(value, rule.as_str().unwrap()),
            "minimum" => value.as_f64().is_none_or(|number| number >= rule.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|number| number <= rule.as_f64().unwrap()),
            "pattern" => value.as_str().is_none_or(|text| regex_lite::Regex::new(rule.as_str().unwrap()).unwrap().is_match(text)),
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= rule.as_u64().unwrap()),
            "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= rule.as_u64().unwrap()),
            "uniqueItems" => value.as_array().is_none_or(|items| (1..items.len()).all(|index| !items[..index].contains(&items[index]))),
            "required" => {
                value.as_object().is_none_or(|map| rule.as_array().unwrap().iter().all(|key| map.contains_key(key.as_str().unwrap())))
            }
            "items" => {
                let items = value.as_array().into_iter().flatten().enumerate();
                items.for_each(|(index, item)| check(root, rule, item, &format!("{at}[{index}]"), faults));
                true
            }
            "properties" => {
                let pairs = value.as_object().into_iter().flatten().filter_map(|(key, item)| Some((key, rule.get(key)?, item)));
                pairs.for_each(|(key, schema, item)| check(root, schema, item, &format!("{at}.{key}"), faults));
                true
            }
            "additionalProperties" => {
                let others = value.as_object().into_iter().flatten().filter(|(key, _)| schema["properties"].get(key).is_none());
                let closed = *rule == json!(false);
                let mut count = 0;
                others.for_each(|(key, item)| {
                    count += 1;
                    if !closed {
                        check(root, rule, item, &format!("{at}.{key}"), faults);
                    }
                });
                !closed || count == 0
            }
            unknown => panic!("this test does not know the keyword {unknown}"),
        };
        if !holds {
            faults.push(format!("{at}: {keyword}"));
        }
    }
}

fn has_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        unknown => panic!("this test does not know the type {unknown}"),
    }
}
