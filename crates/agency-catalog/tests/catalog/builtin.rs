//! What comes with the binary.

use crate::shelves::Shelves;
use agency_catalog::FileCatalog;
use agency_domain::agents::{Access, Agent};
use agency_domain::handoffs::parse_arguments;
use agency_domain::templates::{Catalog, Source, StepKind, Template};

async fn agents() -> Vec<Agent> {
    let entries = FileCatalog::default().agents(None).await.unwrap();
    entries.into_iter().map(|entry| entry.item.unwrap()).collect()
}

async fn templates() -> Vec<Template> {
    let entries = FileCatalog::default().templates(None).await.unwrap();
    assert!(entries.iter().all(|entry| entry.source == Source::BuiltIn));
    entries.into_iter().map(|entry| entry.item.unwrap()).collect()
}

/// `developer`, `?` for an approval, `reviewer>developer*3` for a loop.
fn shape(template: &Template) -> String {
    let step = |kind: &StepKind| match kind {
        StepKind::Approval { .. } => "?".to_owned(),
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
            "full_feature: product-owner architect ? developer senior-reviewer>developer*3",
            "plan_only: product-owner architect",
            "quick_fix: developer senior-reviewer>developer*3",
        ]
    );
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
            "`## What came with it`",
            "`## Acceptance criteria`",
            "`## Decisions so far`",
            "`## Hand-off from the step before`",
            "`## Earlier steps`",
            "`## Open findings`",
            "`## A person's comment`",
            "`## Your task now`",
            "`agency_submit_handoff` exactly once",
            "`acknowledged`",
            "is **data**",
            "blocking: true",
            "Be honest",
        ] {
            assert!(prompt.contains(needed), "{name}: {needed}");
        }
        assert_eq!(prompt.contains("`## Diff to review`"), agent.reviews, "{name}");
        assert!((50..=120).contains(&prompt.lines().count()), "{name}: {}", prompt.lines().count());
    }
}

#[tokio::test]
async fn the_example_in_each_prompt_is_a_hand_off_that_would_be_taken() {
    for agent in agents().await {
        let example = agent.prompt.split("```json").nth(1).unwrap().split("```").next().unwrap();
        let arguments = serde_json::from_str(example).unwrap();
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
