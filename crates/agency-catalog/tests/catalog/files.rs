//! Files of users and repositories: which one counts, and what is said of a broken one.

use crate::shelves::Shelves;
use agency_domain::templates::{Catalog, CatalogError, Source, StepKind};
use std::os::unix::fs::symlink;

const TEMPLATE: &str = "description: D\nsteps:\n  - agent: developer\n";
const AGENT: &str = "---\ndescription: D\n---\nYou are the one.\n";

#[tokio::test]
async fn the_nearer_one_wins() {
    let it = Shelves::new();
    assert_eq!(it.template("quick_fix").await.source, Source::BuiltIn);
    it.in_user("templates/quick_fix.yaml", &TEMPLATE.replace('D', "User's"));
    assert_eq!(it.template("quick_fix").await.item.unwrap().description, "User's");
    it.in_repo("templates/quick_fix.yaml", &TEMPLATE.replace('D', "Repository's"));
    let nearest = it.template("quick_fix").await;
    assert_eq!((nearest.source, nearest.item.unwrap().description.as_str()), (Source::Repository, "Repository's"));
    let elsewhere = it.catalog.templates(None).await.unwrap();
    assert!(elsewhere.iter().any(|entry| entry.name == "quick_fix" && entry.source == Source::User));
    it.in_repo("agents/developer.md", AGENT);
    assert_eq!(it.agent("developer").await.item.unwrap().prompt, "You are the one.");
}

#[tokio::test]
async fn a_broken_nearer_file_hides_a_good_farther_one() {
    let it = Shelves::new();
    it.in_repo("templates/quick_fix.yaml", "steps: {}\n");
    let entry = it.template("quick_fix").await;
    assert_eq!(entry.source, Source::Repository);
    assert!(entry.item.is_err());
}

#[tokio::test]
async fn an_edit_counts_at_once() {
    let it = Shelves::new();
    it.in_repo("templates/mine.yaml", TEMPLATE);
    assert!(it.template("mine").await.item.is_ok());
    it.in_repo("templates/mine.yaml", "description: D\nsteps: []\n");
    assert!(it.template("mine").await.item.is_err());
}

#[tokio::test]
async fn a_broken_template_names_file_line_and_field() {
    let it = Shelves::new();
    for (text, line, field, message) in [
        ("", Some(1), Some("the file"), "write a map"),
        ("description: D\nsteps: [", Some(2), None, "it is not YAML"),
        ("description: D\nsteps:\n  - agent: developer\nstpes: 1\n", Some(4), Some("stpes"), "this key is not known"),
        ("steps:\n  - agent: developer\n", Some(1), Some("description"), "say in a sentence"),
        ("name: y\ndescription: D\nsteps:\n  - agent: developer\n", Some(1), Some("name"), "make them the same"),
        ("description: D\n", Some(1), Some("steps"), "write a list"),
        ("description: D\nsteps: []\n", Some(2), Some("steps"), "name at least one step"),
        (
            "description: D\nsteps:\n  - agent: developer\n  - agent: nobody\n",
            Some(4),
            Some("steps[1].agent"),
            "no agent is named nobody; there are architect, ",
        ),
        (
            "description: D\nsteps:\n  - agent: developer\n  - check: cargo test\n    timeout: 10m\n    model: a/b\n",
            Some(6),
            Some("steps[1].model"),
            "a check has no model: remove it",
        ),
        (
            "description: D\nsteps:\n  - agent: developer\n  - check:\n      - cargo test\n      - auto\n",
            Some(6),
            Some("steps[1].check[1]"),
            "auto stands alone",
        ),
        (
            "description: D\nsteps:\n  - agent: developer\n    model:\n      - a/b\n      - gpt\n",
            Some(6),
            Some("steps[0].model[1]"),
            "write provider/model",
        ),
        (
            "description: D\nsteps:\n  - agent: developer\n    retry:\n      attempts: 3\n      pause: 1h\n",
            Some(6),
            Some("steps[0].retry.pause"),
            "at most 5m",
        ),
        (
            "description: D\nsteps:\n  - agent: architect\n    permissions:\n      read: allow\n      bash: allow\n",
            Some(6),
            Some("steps[0].permissions.bash"),
            "the agent architect only reads, and this could change something: remove it",
        ),
        (
            "description: D\nsteps:\n  - agent: developer\n  - agent: qa\n    on_changes_requested:\n      back_to: architect\n      max_rounds: 2\n",
            Some(6),
            Some("steps[1].on_changes_requested.back_to"),
            "no earlier step has the agent architect",
        ),
        ("description: D\nsteps:\n  - agent: developer\n  - check: 5\n", Some(4), Some("steps[1].check"), "put it in quotes: \"5\""),
        ("description: D\nsteps:\n  - agent: developer\n  - check:\n", Some(4), Some("steps[1].check"), "write a command"),
        ("description: D\nsteps:\n  - agent: developer\n  - approval: true\n", Some(4), Some("steps[1].approval"), "write the question"),
        ("description: 5\nsteps:\n  - agent: developer\n", Some(1), Some("description"), "put it in quotes: \"5\""),
        ("description:\nsteps:\n  - agent: developer\n", Some(1), Some("description"), "write a text, or leave the key out"),
        ("description: D\nsteps:\n  - approval: Go?\n", Some(3), Some("steps[0].approval"), "needs an agent's step before it"),
        (
            "description: D\nsteps:\n  - agent: developer\n  - approval: Go?\n    remind_after: soon\n",
            Some(5),
            Some("steps[1].remind_after"),
            "90s, 10m or 4h",
        ),
        ("description: D\nbudget: {tokens: many}\nsteps:\n  - agent: developer\n", Some(2), Some("budget.tokens"), "write a whole number"),
        (
            "description: D\nbudget:\n  tokens: 5\n  money: -1\nsteps:\n  - agent: developer\n",
            Some(4),
            Some("budget.money"),
            "write a number",
        ),
        ("description: D\nbudget: 5\nsteps:\n  - agent: developer\n", Some(2), Some("budget"), "write a map"),
        (
            "description: D\nsteps:\n  - agent: developer\n    a: 1\n    b: 2\n    c: 3\n",
            Some(4),
            Some("steps[0].a"),
            "(and 2 more faults)",
        ),
    ] {
        let CatalogError::Broken { file, line: found_line, field: found_field, message: found_message } = it.fault(text).await else {
            panic!("{text}")
        };
        assert_eq!(
            (file.as_str(), found_line, found_field.as_deref()),
            (".agency/templates/x.yaml", line, field),
            "{text}: {found_message}"
        );
        assert!(found_message.contains(message), "{text}: {found_message}");
    }
}

#[tokio::test]
async fn the_template_of_the_manual_reads() {
    let it = Shelves::new();
    let text = "name: x\ndescription: A developer implements, a senior reviewer judges.\nbudget: { tokens: 2000000, money: 5.00, minutes: 60, attempts: 20 }\n\
                steps:\n  - agent: developer\n    description: Implement the fix, with a test.\n  - check: cargo test\n    timeout: 10m\n  \
                - agent: senior-reviewer\n    on_changes_requested: { back_to: developer, max_rounds: 3 }\n  - approval: Ready to merge?\n    remind_after: 4h\n";
    it.in_repo("templates/x.yaml", text);
    let template = it.template("x").await.item.unwrap();
    let budget = template.budget;
    assert_eq!((budget.tokens, budget.money, budget.minutes, budget.attempts), (Some(2_000_000), Some(5.0), Some(60), Some(20)));
    assert_eq!(template.steps.iter().map(|step| step.settings.writes).collect::<Vec<_>>(), [true, false, false, false]);
    assert!(
        matches!(&template.steps[1].kind, StepKind::Check(check) if check.commands == ["cargo test"] && check.timeout.as_secs() == 600)
    );
    assert!(matches!(&template.steps[3].kind, StepKind::Approval { question, remind_after: Some(_) } if question == "Ready to merge?"));
}

#[tokio::test]
async fn the_examples_of_the_how_to_read() {
    let how_to = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/how-to/agents-and-templates.md")).unwrap();
    let example = |language: &str| how_to.split(&format!("```{language}\n")).nth(1).unwrap().split("```").next().unwrap().to_owned();
    let it = Shelves::new();
    it.in_repo("templates/careful_fix.yaml", &example("yaml"));
    it.in_repo("agents/translator.md", &example("markdown"));
    let template = it.template("careful_fix").await.item.unwrap();
    assert_eq!(template.steps.len(), 5);
    assert_eq!(template.steps[0].settings.fallback_models.len(), 1);
    assert!(it.agent("translator").await.item.is_ok());
}

#[tokio::test]
async fn a_template_is_known_by_the_hash_of_its_text() {
    let it = Shelves::new();
    it.in_repo("templates/x.yaml", "description: D\nsteps:\n  - agent: developer\n");
    let first = it.template("x").await.item.unwrap();
    assert_eq!(first.sha256, "98ae717168d9614f3a6bad58999e71a42381de1ba7b761a9446a86ab7a8dd47b");
    it.in_repo("templates/x.yaml", "description: D\nsteps:\n  - agent: developer # mine\n");
    let commented = it.template("x").await.item.unwrap();
    assert_eq!(commented.steps, first.steps);
    assert_ne!(commented.sha256, first.sha256);
    assert_eq!(first.budget, agency_domain::budgets::Budget::default());
}

#[tokio::test]
async fn a_template_can_name_an_agent_of_its_repository_unless_that_is_broken() {
    let it = Shelves::new();
    it.in_repo("templates/x.yaml", &TEMPLATE.replace("developer", "translator"));
    assert!(it.template("x").await.item.is_err());
    it.in_repo("agents/translator.md", AGENT);
    assert!(it.template("x").await.item.is_ok());
    it.in_repo("agents/translator.md", "---\ndescription: D\nmodle: a/b\n---\nYou\n");
    let error = it.template("x").await.item.unwrap_err().to_string();
    assert_eq!(
        error.split("; use").next().unwrap(),
        ".agency/templates/x.yaml:3, field steps[0].agent: the agent translator is broken: .agency/agents/translator.md:3, field modle: this key is not known"
    );
}

#[tokio::test]
async fn names_come_from_the_files_and_must_be_slugs() {
    let it = Shelves::new();
    it.in_repo("templates/My Template.yaml", TEMPLATE);
    it.in_repo("agents/Boss.md", AGENT);
    assert!(it.template("My Template").await.item.unwrap_err().to_string().contains("use 1 to 64 of a-z"));
    assert!(it.agent("Boss").await.item.unwrap_err().to_string().contains("use 1 to 64 of a-z"));
    it.in_repo("templates/short.yml", TEMPLATE);
    assert!(it.template("short").await.item.unwrap_err().to_string().contains("ends in .yaml"));
    it.in_repo("templates/README.txt", "notes");
    it.in_repo("templates/.hidden", "notes");
    assert_eq!(it.catalog.templates(Some(&it.repo)).await.unwrap().len(), 4 + 2);
}

#[tokio::test]
async fn a_link_must_not_lead_out_of_the_repository() {
    let it = Shelves::new();
    it.in_repo("agents/good.md", AGENT);
    std::fs::write(it.outside.join("secret.md"), AGENT).unwrap();
    symlink(it.outside.join("secret.md"), it.repo.join(".agency/agents/evil.md")).unwrap();
    symlink("good.md", it.repo.join(".agency/agents/alias.md")).unwrap();
    assert!(it.agent("evil").await.item.unwrap_err().to_string().contains("leads out of the repository"));
    assert!(it.agent("alias").await.item.is_ok());
    std::fs::create_dir(it.outside.join("templates")).unwrap();
    std::fs::write(it.outside.join("templates/stolen.yaml"), TEMPLATE).unwrap();
    symlink(it.outside.join("templates"), it.repo.join(".agency/templates")).unwrap();
    assert!(it.template("stolen").await.item.unwrap_err().to_string().contains("leads out of the repository"));
    std::fs::create_dir(it.user.join("agents")).unwrap();
    symlink(it.outside.join("secret.md"), it.user.join("agents/mine.md")).unwrap();
    assert!(it.agent("mine").await.item.is_ok(), "a user may keep their files where they like");
}

#[tokio::test]
async fn what_is_too_large_or_no_text_is_an_entry_with_the_reason() {
    let it = Shelves::new();
    it.in_repo("agents/large.md", &format!("{AGENT}{}", "x".repeat(300_000)));
    it.in_repo("agents/fits.md", &format!("{AGENT}{}", "x".repeat(200_000)));
    std::fs::write(it.repo.join(".agency/agents/latin.md"), b"---\ndescription: caf\xe9\n---\nYou\n").unwrap();
    std::fs::create_dir(it.repo.join(".agency/agents/dir.md")).unwrap();
    symlink("/dev/zero", it.repo.join(".agency/agents/zero.md")).unwrap();
    symlink("nowhere", it.repo.join(".agency/agents/dangling.md")).unwrap();
    for (name, message) in [
        ("large", "larger than 256 kB"),
        ("latin", "latin.md:2: it is not UTF-8"),
        ("dir", "not a regular file"),
        ("zero", "leads out of the repository"),
        ("dangling", "cannot be read"),
    ] {
        let error = it.agent(name).await.item.unwrap_err().to_string();
        assert!(error.contains(message), "{name}: {error}");
    }
    assert!(it.agent("fits").await.item.is_ok());
}

#[tokio::test]
async fn line_breaks_and_marks_of_other_systems_do_no_harm() {
    let it = Shelves::new();
    it.in_repo("agents/dos.md", &format!("\u{feff}{}", AGENT.replace('\n', "\r\n")));
    assert_eq!(it.agent("dos").await.item.unwrap().prompt, "You are the one.");
}

#[test]
fn an_ad_hoc_chain_has_the_shape_of_a_templates_steps() {
    let catalog = agency_catalog::FileCatalog::default();
    let steps = serde_json::json!([{ "agent": "developer", "model": "a/b" }, { "check": "true" }, { "approval": "Go?" }]);
    let steps = catalog.parse_steps(&steps, &[]).unwrap();
    assert_eq!(steps.len(), 3);
    assert!(!steps[0].settings.writes, "what an agent may do is filled in by whoever knows the agents");
    let faults = catalog
        .parse_steps(&serde_json::json!([{ "agent": "developer" }, { "check": "true", "model": "a/b" }, { "approval": 1, "x": 2 }]), &[])
        .unwrap_err();
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["steps[1].model", "steps[2].x", "steps[2].approval"]);
}
