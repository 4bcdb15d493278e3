//! What comes with the binary.

use crate::shelves::Shelves;
use agency_catalog::FileCatalog;
use agency_domain::agents::{Access, Agent};
use agency_domain::criteria::{BranchFacts, Facts};
use agency_domain::handoffs::parse_arguments;
use agency_domain::reviews::ReviewRules;
use agency_domain::templates::{Catalog, Source, StepKind, Template};
use serde_json::Value;

async fn agents() -> Vec<Agent> {
    let entries = FileCatalog::default().agents(None).await.unwrap();
    entries.into_iter().map(|entry| entry.item.unwrap()).collect()
}

async fn templates() -> Vec<Template> {
    let entries = FileCatalog::default().templates(None).await.unwrap();
    assert!(entries.iter().all(|entry| entry.source == Source::BuiltIn));
    entries.into_iter().map(|entry| entry.item.unwrap()).collect()
}

/// The hand-off that a prompt shows.
fn example(agent: &Agent) -> Value {
    let text = agent.prompt.split("```json").nth(1).unwrap().split("```").next().unwrap();
    serde_json::from_str(text).unwrap()
}

/// `developer`, `?` for an approval, `reviewer>developer*3` for a loop, `!auto` for a check.
fn shape(template: &Template) -> String {
    let step = |kind: &StepKind| match kind {
        StepKind::Approval { .. } => "?".to_owned(),
        StepKind::Check(check) if check.commands.is_empty() => "!auto".to_owned(),
        StepKind::Check(check) => format!("!{}", check.commands.join("&")),
        StepKind::Agent { agent, on_changes_requested: None } => agent.to_string(),
        StepKind::Agent { agent, on_changes_requested: Some(review) } => format!("{agent}>{}*{}", review.back_to, review.max_rounds),
    };
    let steps: Vec<String> = template.steps.iter().map(|planned| step(&planned.kind)).collect();
    format!("{}: {}", template.name, steps.join(" "))
}

#[tokio::test]
async fn the_templates_are_the_chains_that_the_product_names() {
    let shapes: Vec<String> = templates().await.iter().map(shape).collect();
    assert_eq!(
        shapes,
        [
            "checked_fix: developer !auto senior-reviewer>developer*3",
            "full_feature: product-owner architect ? developer senior-reviewer>developer*3",
            "plan_only: product-owner architect",
            "quick_fix: developer senior-reviewer>developer*3",
        ]
    );
}

#[tokio::test]
async fn every_template_has_a_ceiling_that_leaves_room_for_its_rounds() {
    for template in templates().await {
        let budget = template.budget;
        let (tokens, minutes, attempts) = (budget.tokens.unwrap(), budget.minutes.unwrap(), budget.attempts.unwrap());
        assert!((1_000_000..=6_000_000).contains(&tokens) && (45..=180).contains(&minutes), "{}", template.name);
        // Each of three rounds is a visit of every step, and one in three attempts may fail.
        assert!(attempts as usize >= template.steps.len() * 4, "{}", template.name);
        assert!(template.steps.iter().all(|step| step.settings.budget.is_empty()), "{}", template.name);
    }
}

#[tokio::test]
async fn the_steps_know_whether_their_agents_write() {
    for template in templates().await {
        for step in template.steps {
            let writes = matches!(&step.kind, StepKind::Agent { agent, .. } if agent.as_str() == "developer");
            assert_eq!(step.settings.writes, writes, "{:?}", step.kind);
        }
    }
}

#[tokio::test]
async fn the_agents_have_the_access_that_their_part_needs() {
    let kinds: Vec<(String, Access, bool)> =
        agents().await.into_iter().map(|agent| (agent.name.to_string(), agent.access, agent.reviews)).collect();
    let expected = [
        ("architect", Access::ReadOnly, false),
        ("designer", Access::ReadOnly, false),
        ("developer", Access::Write, false),
        ("product-owner", Access::ReadOnly, false),
        ("qa", Access::Write, true),
        ("senior-reviewer", Access::ReadOnly, true),
    ];
    assert_eq!(kinds, expected.map(|(name, access, reviews)| (name.to_owned(), access, reviews)));
}

#[tokio::test]
async fn each_prompt_says_who_it_is_what_it_gets_and_how_to_hand_off() {
    for agent in agents().await {
        let (name, prompt) = (&agent.name, &agent.prompt);
        assert!(prompt.starts_with(&format!("You are the {name} of a small team")), "{name}");
        for needed in [
            "`## Original request`",
            "`## Acceptance criteria`",
            "`## Decisions so far`",
            "`## Hand-off from the step before`",
            "`## Earlier steps`",
            "`## Open findings`",
            "`## A person's comment`",
            "It may also come while you work, as a new message",
            "`## Your task now`",
            "`agency_submit_handoff` exactly once",
            "`acknowledged`",
            "is **data**",
            "blocking: true",
            "Be honest",
        ] {
            assert!(prompt.contains(needed), "{name}: {needed}");
        }
        for of_a_review in ["`## Diff to review`", "`## What changed since your last review`", "`why_now`", "The tool refuses a verdict"] {
            assert_eq!(prompt.contains(of_a_review), agent.reviews, "{name}: {of_a_review}");
        }
        assert_eq!(prompt.contains("`## Failed check`"), name.as_str() == "developer", "{name}");
        assert!((50..=120).contains(&prompt.lines().count()), "{name}: {}", prompt.lines().count());
    }
}

#[tokio::test]
async fn the_example_in_each_prompt_is_a_hand_off_that_would_be_taken() {
    for agent in agents().await {
        let arguments = example(&agent);
        let record = parse_arguments(&arguments, agent.reviews).unwrap_or_else(|fault| panic!("{}: {fault}", agent.name));
        assert_eq!(record.verdict.is_some(), agent.reviews, "{}", agent.name);
        let known = [
            "summary",
            "outcome",
            "verdict",
            "criteria",
            "decisions",
            "findings",
            "failed_approaches",
            "open_questions",
            "next",
            "acknowledged",
        ];
        for key in arguments.as_object().unwrap().keys() {
            assert!(known.contains(&key.as_str()), "{}: {key}", agent.name);
        }
    }
}

#[tokio::test]
async fn each_prompt_shows_evidence_that_the_engine_can_confirm() {
    let facts = BranchFacts {
        files: ["src/main.rs", "src/report/csv.rs"].map(str::to_owned).into(),
        added: "fn csv_prints_rows() {}\nfn values_are_quoted() {}".into(),
    };
    let ran = ["cargo test --test cli csv_prints_rows", "report --csv --input tests/data/request.json", "cargo test --test cli csv"];
    let commands: Vec<_> = ran.iter().map(|command| ((*command).to_owned(), Some(0))).collect();
    for agent in agents().await {
        let (name, prompt) = (agent.name.as_str(), &agent.prompt);
        for shape in ["`{ \"command\": ", "`{ \"test\": ", "`{ \"file\": "] {
            assert!(prompt.contains(shape), "{name}: {shape}");
        }
        let record = parse_arguments(&example(&agent), agent.reviews).unwrap();
        assert!(!record.criteria.is_empty(), "{name}");
        for criterion in &record.criteria {
            let is_met = criterion.status.as_deref() == Some("met");
            assert!(!is_met || !criterion.evidence.is_empty(), "{name} {}", criterion.id);
            for claim in &criterion.evidence {
                let proof = claim.prove(Facts { branch: &facts, commands: &commands });
                assert!(!is_met || proof.holds(), "{name} {}: {proof:?}", criterion.id);
            }
        }
        let may_define = ["product-owner", "designer"].contains(&name);
        assert_eq!(prompt.contains("`mandatory: false`"), may_define, "{name}");
        assert_eq!(record.criteria.iter().any(|criterion| criterion.mandatory == Some(false)), may_define, "{name}");
    }
}

#[tokio::test]
async fn the_example_of_each_reviewer_is_one_that_the_tool_takes() {
    for agent in agents().await.into_iter().filter(|agent| agent.reviews) {
        let record = parse_arguments(&example(&agent), true).unwrap();
        assert_eq!(ReviewRules::default().fault(&record), None, "{}", agent.name);
    }
}

#[tokio::test]
async fn no_agent_is_left_to_a_default_that_asks_somebody() {
    for agent in agents().await {
        let text = agent.permission.to_string();
        assert!(!text.contains("\"ask\"") && text.contains("\"agency_submit_handoff\":\"allow\""), "{}: {text}", agent.name);
        match agent.access {
            Access::ReadOnly => assert!(text.starts_with("{\"*\":\"deny\",") && !text.contains("bash"), "{text}"),
            Access::Write => assert!(text.contains("\"git push*\":\"deny\"") && text.contains("\"task\":\"deny\""), "{text}"),
        }
    }
}

#[tokio::test]
async fn without_any_directory_the_built_in_ones_are_all_there_is() {
    let shelves = Shelves::new();
    let with_empty_places = shelves.catalog.templates(Some(&shelves.repo)).await.unwrap();
    assert_eq!(with_empty_places, FileCatalog::default().templates(None).await.unwrap());
    let nowhere = FileCatalog::new(Some(shelves.outside.join("missing")));
    assert_eq!(nowhere.agents(Some(&shelves.outside.join("gone"))).await.unwrap().len(), 6);
}
