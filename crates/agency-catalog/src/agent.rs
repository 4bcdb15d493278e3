//! An agent's file: front matter in OpenCode's format, with keys of our own under `agency`, and the prompt below it.

use crate::fields::{Faults, Fields, by_place, first_of, syntax_fault};
use crate::node::Node;
use crate::permission;
use crate::rules::{self, Rules};
use agency_domain::agents::{Access, Agent};
use agency_domain::templates::{CatalogError, PlanFault, TextFault};
use agency_domain::{AgentName, ModelName};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// What OpenCode's format knows, and `agency`.
const KEYS: [&str; 14] = [
    "description",
    "mode",
    "model",
    "temperature",
    "top_p",
    "steps",
    "permission",
    "tools",
    "options",
    "variant",
    "color",
    "hidden",
    "disable",
    "agency",
];
/// Passed on to OpenCode as they are.
const PASSED_ON: [&str; 7] = ["temperature", "top_p", "steps", "options", "variant", "color", "hidden"];
/// The line of the opening dashes, before the front matter.
const DASHES: u32 = 1;
/// Most model calls that an agent's file may allow one attempt.
const STEPS_MAX: u32 = 10_000;

pub(crate) fn parse(name: &str, file: &str, text: &str) -> Result<Agent, CatalogError> {
    check(name, text).map_err(|faults| first_of(file, faults))
}

/// As [`parse`], with every fault there is.
pub(crate) fn check(name: &str, text: &str) -> Result<Agent, Vec<TextFault>> {
    let whole = |line: Option<u32>, message: &str| vec![TextFault { field: None, line, column: None, message: message.into() }];
    let Some((front_matter, body)) = split(text) else {
        return Err(whole(Some(1), "begin with front matter: a line ---, at least `description: …`, and another line ---"));
    };
    let node = Node::from_yaml(front_matter).map_err(|syntax| syntax_fault(DASHES, syntax))?;
    if body.trim().is_empty() {
        return Err(whole(None, "write the agent's prompt below the front matter"));
    }
    let agent = read(name, &node, body.trim()).map_err(|faults| by_place(&node, DASHES, faults))?;
    Ok(Agent { sha256: format!("{:x}", Sha256::digest(text)), ..agent })
}

/// Front matter and body.
fn split(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("---\n")?;
    if let Some(body) = rest.strip_prefix("---\n") {
        return Some(("", body));
    }
    let end = rest.find("\n---\n").or_else(|| rest.strip_suffix("\n---").map(str::len))?;
    Some((&rest[..=end], rest.get(end + 5..).unwrap_or_default()))
}

/// Everything but the hash.
fn read(stem: &str, node: &Node, prompt: &str) -> Result<Agent, Vec<PlanFault>> {
    let mut faults = Faults::default();
    let name = AgentName::parse(stem).map_err(|error| faults.add("the file", format!("its name is the agent's: {error}"))).ok();
    let Some(fields) = Fields::of(node, "", &KEYS, &mut faults) else {
        return Err(faults.into_result(()).expect_err("it is no map"));
    };
    let description = fields.text("description", &mut faults);
    if !fields.has("description") {
        faults.add("description", "say in a sentence what the agent does");
    }
    check_mode(fields, &mut faults);
    if fields.flag("disable", &mut faults) == Some(true) {
        faults.add("disable", "the agent is disabled: remove this key, or the file");
    }
    let model = fields.parsed("model", &mut faults, |raw| ModelName::parse(raw).map_err(|error| error.to_string()));
    let options = options(fields, &mut faults);
    let rules = rules::read(fields, &mut faults);
    let (access, reviews) = own_keys(fields, &rules, &mut faults);
    let permission = permission::complete(&rules, access, &mut faults);
    let agent = name.zip(description).map(|(name, description)| Agent {
        name,
        description,
        prompt: prompt.to_owned(),
        model,
        access,
        reviews,
        permission,
        options,
        sha256: String::new(),
    });
    faults.into_result(()).map(|()| agent.expect("whatever is missing is a fault"))
}

/// Every agent here is a primary one, whatever the file says; only what is no mode at all is refused.
fn check_mode(fields: Fields<'_>, faults: &mut Faults) {
    if let Some(mode) = fields.text("mode", faults)
        && !["primary", "subagent", "all"].contains(&mode.as_str())
    {
        faults.add("mode", "use primary, or leave the key out");
    }
}

fn options(fields: Fields<'_>, faults: &mut Faults) -> Map<String, Value> {
    fields.number("temperature", faults, 0.0..=2.0);
    fields.number("top_p", faults, 0.0..=1.0);
    fields.whole("steps", faults, 1..=STEPS_MAX);
    fields.text("variant", faults);
    fields.text("color", faults);
    fields.flag("hidden", faults);
    let passed_on = PASSED_ON.iter().filter_map(|key| Some(((*key).to_owned(), fields.get(key)?.to_json())));
    let passed_on: Map<String, Value> = passed_on.collect();
    if passed_on.get("options").is_some_and(|options| !options.is_object()) {
        faults.add("options", "write a map of the provider's options");
    }
    passed_on
}

/// Access and whether it reviews: as `agency` says, else as the permissions imply.
fn own_keys(fields: Fields<'_>, rules: &Rules, faults: &mut Faults) -> (Access, bool) {
    let implied = if rules.allows_edit() { Access::Write } else { Access::ReadOnly };
    let Some(own) = fields.get("agency").and_then(|node| Fields::of(node, "agency", &["access", "reviews"], faults)) else {
        return (implied, false);
    };
    let access = own.parsed("access", faults, |raw| match raw {
        "read_only" => Ok(Access::ReadOnly),
        "write" => Ok(Access::Write),
        _unknown => Err("use read_only or write".to_owned()),
    });
    if access == Some(Access::Write) && implied == Access::ReadOnly {
        faults.add("agency.access", "it says write, and permission denies edit: change one of them");
    }
    (access.unwrap_or(implied), own.flag("reviews", faults).unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parsed(front_matter: &str) -> Result<Agent, String> {
        parse("x", "x.md", &format!("---\ndescription: d\n{front_matter}---\n\nYou are the x.\n")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_reads_as_it_is_written() {
        let agent = parsed(
            "mode: primary\nmodel: a/b\ntemperature: 0.2\nsteps: 40\noptions: {reasoningEffort: high}\nagency: {access: write, reviews: true}\n",
        )
        .unwrap();
        assert_eq!((agent.prompt.as_str(), agent.access, agent.reviews), ("You are the x.", Access::Write, true));
        assert_eq!(agent.model.unwrap().as_str(), "a/b");
        assert_eq!(Value::Object(agent.options), json!({ "temperature": 0.2, "steps": 40, "options": { "reasoningEffort": "high" } }));
    }

    #[test]
    fn access_follows_from_the_permissions_where_nothing_is_said() {
        for (front_matter, access) in [
            ("", Access::Write),
            ("permission: {edit: deny}\n", Access::ReadOnly),
            ("permission: deny\n", Access::ReadOnly),
            ("permission: {\"*\": deny, read: allow}\n", Access::ReadOnly),
            ("permission: {\"*\": deny, edit: {\"*\": deny, \"docs/*\": allow}}\n", Access::Write),
            ("tools: {write: false, edit: false}\n", Access::ReadOnly),
            ("permission: {bash: deny}\n", Access::Write),
        ] {
            assert_eq!(parsed(front_matter).map(|agent| agent.access), Ok(access), "{front_matter}");
        }
    }

    #[test]
    fn each_fault_names_line_and_field() {
        for (front_matter, expected) in [
            ("modle: a/b\n", "x.md:3, field modle: this key is not known"),
            ("prompt: hello\n", "x.md:3, field prompt: this key is not known"),
            ("mode: boss\n", "x.md:3, field mode: use primary"),
            ("model: gpt\n", "x.md:3, field model:"),
            ("\ntemperature: hot\n", "x.md:4, field temperature: write a number from 0 to 2"),
            ("color: 5\n", "x.md:3, field color: write a text, not a number"),
            ("variant: true\n", "x.md:3, field variant: write a text, not true or false"),
            ("steps: 0\n", "x.md:3, field steps: write a whole number"),
            ("disable: true\n", "x.md:3, field disable:"),
            ("agency:\n  access: maybe\n", "x.md:4, field agency.access: use read_only or write"),
            ("agency:\n  reviews: 1\n", "x.md:4, field agency.reviews: write true or false"),
            ("agency: {reviewer: true}\n", "x.md:3, field agency.reviewer: this key is not known"),
            ("agency: {access: write}\npermission: {edit: deny}\n", "x.md:3, field agency.access: it says write"),
            ("permission:\n  bash:\n    \"ls*\": perhaps\n", "x.md:5, field permission.bash.ls*: use allow, ask or deny"),
            ("permission: [bash]\n", "x.md:3, field permission:"),
            ("tools: {bash: deny}\n", "x.md:3, field tools.bash: write true or false"),
            ("options: 3\n", "x.md:3, field options:"),
            // The last match wins, so that this one cannot edit after all.
            ("permission: {edit: allow, \"*\": deny}\n", "x.md:3, field permission.edit: this agent only reads"),
            ("a: 1\nb: 2\n", "(and 1 more fault)"),
        ] {
            let error = parsed(front_matter).unwrap_err();
            assert!(error.contains(expected), "{front_matter}: {error}");
        }
    }

    #[test]
    fn front_matter_and_body_are_both_needed() {
        for (text, expected) in [
            ("You are the x.", "x.md:1: begin with front matter"),
            ("", "x.md:1: begin with front matter"),
            ("---\ndescription: d\n", "x.md:1: begin with front matter"),
            ("---\ndescription: d\n---\n \n", "x.md: write the agent's prompt"),
            ("---\ndescription: d\n---", "x.md: write the agent's prompt"),
            ("---\n---\nYou are", "field"),
            ("---\nmode: primary\n---\nYou are", "field description: say in a sentence"),
            ("---\na: [\n---\nYou are", "it is not YAML"),
            ("---\ndescription:\n---\nYou are", "x.md:2, field description: write a text"),
            ("---\ndescription: 5\n---\nYou are", "x.md:2, field description: write a text, not a number"),
            ("---\n- a\n---\nYou are", "write a map"),
        ] {
            let error = parse("x", "x.md", text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
        let error = parse("Big", "Big.md", "---\ndescription: d\n---\nYou").unwrap_err().to_string();
        assert!(error.contains("its name is the agent's"), "{error}");
        let dashes = parse("x", "x.md", "---\ndescription: d\n---\nYou\n\n---\n\nmore").unwrap();
        assert_eq!(dashes.prompt, "You\n\n---\n\nmore");
    }
}
