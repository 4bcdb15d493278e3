//! Changes to the files of the user's own.

use crate::shelves::Shelves;
use agency_domain::templates::{Catalog, EditError, Expected, ItemKind, OwnFiles, Source};
use std::os::unix::fs::symlink;

const TEMPLATE: &str = "description: Mine\nsteps:\n  - agent: developer\n";
const AGENT: &str = "---\ndescription: D\n---\nYou are the one.\n";

async fn put(it: &Shelves, kind: ItemKind, name: &str, text: &str, expected: Expected) -> Result<bool, EditError> {
    it.catalog.put(kind, name, text, expected, None).await.map(|written| written.is_new)
}

async fn sha256(it: &Shelves, kind: ItemKind, name: &str) -> String {
    it.catalog.versions(kind, name, None).await.unwrap()[0].sha256.clone().unwrap()
}

/// Names of everything in a directory of the user's.
fn files(it: &Shelves, directory: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(it.user.join(directory)) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn what_is_written_is_read_and_counts_at_once() {
    let it = Shelves::new();
    assert_eq!(put(&it, ItemKind::Template, "mine", TEMPLATE, Expected::Nothing).await, Ok(true));
    assert_eq!(it.template("mine").await.item.unwrap().description, "Mine");
    assert_eq!(files(&it, "templates"), ["mine.yaml"]);
    let dos = format!("\u{feff}{}", AGENT.replace('\n', "\r\n"));
    assert_eq!(put(&it, ItemKind::Agent, "translator", &dos, Expected::Nothing).await, Ok(true));
    assert_eq!(std::fs::read_to_string(it.user.join("agents/translator.md")).unwrap(), AGENT);
    let versions = it.catalog.versions(ItemKind::Agent, "translator", None).await.unwrap();
    assert_eq!((versions.len(), versions[0].source, versions[0].text.as_deref()), (1, Source::User, Ok(AGENT)));
}

#[tokio::test]
async fn one_in_place_of_a_built_in_one_is_taken_back() {
    let it = Shelves::new();
    let built_in = sha256(&it, ItemKind::Template, "quick_fix").await;
    assert_eq!(it.catalog.remove(ItemKind::Template, "quick_fix", Expected::Nothing).await, Err(EditError::BuiltIn));
    assert_eq!(put(&it, ItemKind::Template, "quick_fix", TEMPLATE, Expected::Version(built_in.clone())).await, Ok(true));
    let versions = it.catalog.versions(ItemKind::Template, "quick_fix", None).await.unwrap();
    assert_eq!(versions.iter().map(|version| version.source).collect::<Vec<_>>(), [Source::User, Source::BuiltIn]);
    it.in_repo("templates/quick_fix.yaml", TEMPLATE);
    let versions = it.catalog.versions(ItemKind::Template, "quick_fix", Some(&it.repo)).await.unwrap();
    assert_eq!(versions.iter().map(|version| version.source).collect::<Vec<_>>(), [Source::Repository, Source::User, Source::BuiltIn]);
    it.catalog.remove(ItemKind::Template, "quick_fix", Expected::Nothing).await.unwrap();
    assert_eq!(sha256(&it, ItemKind::Template, "quick_fix").await, built_in);
    assert_eq!(it.catalog.remove(ItemKind::Template, "never_there", Expected::Nothing).await, Err(EditError::Missing));
}

#[tokio::test]
async fn two_people_do_not_overwrite_each_other() {
    let it = Shelves::new();
    put(&it, ItemKind::Template, "mine", TEMPLATE, Expected::Nothing).await.unwrap();
    let first = sha256(&it, ItemKind::Template, "mine").await;
    let stale = EditError::Stale { sha256: Some(first.clone()) };
    assert_eq!(put(&it, ItemKind::Template, "mine", TEMPLATE, Expected::Nothing).await, Err(stale));
    let theirs = TEMPLATE.replace("Mine", "Theirs");
    assert_eq!(put(&it, ItemKind::Template, "mine", &theirs, Expected::Version(first.clone())).await, Ok(false));
    let stale = EditError::Stale { sha256: Some(sha256(&it, ItemKind::Template, "mine").await) };
    assert_eq!(put(&it, ItemKind::Template, "mine", TEMPLATE, Expected::Version(first.clone())).await, Err(stale.clone()));
    assert_eq!(it.catalog.remove(ItemKind::Template, "mine", Expected::Version(first.clone())).await, Err(stale));
    assert_eq!(it.template("mine").await.item.unwrap().description, "Theirs");
    assert_eq!(put(&it, ItemKind::Template, "mine", TEMPLATE, Expected::Anything).await, Ok(false));
    it.catalog.remove(ItemKind::Template, "mine", Expected::Version(first.clone())).await.unwrap();
    let gone = EditError::Stale { sha256: None };
    assert_eq!(put(&it, ItemKind::Template, "mine", TEMPLATE, Expected::Version(first)).await, Err(gone));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_crowd_that_changes_one_version_one_wins() {
    let it = Shelves::new();
    put(&it, ItemKind::Template, "mine", TEMPLATE, Expected::Nothing).await.unwrap();
    let first = sha256(&it, ItemKind::Template, "mine").await;
    let people: Vec<_> = (0..16)
        .map(|person| {
            let (catalog, expected) = (it.catalog.clone(), Expected::Version(first.clone()));
            let text = TEMPLATE.replace("Mine", &format!("Person {person}"));
            tokio::spawn(async move { catalog.put(ItemKind::Template, "mine", &text, expected, None).await })
        })
        .collect();
    let mut winners = Vec::new();
    for (person, task) in people.into_iter().enumerate() {
        match task.await.unwrap() {
            Ok(_) => winners.push(format!("Person {person}")),
            Err(error) => assert!(matches!(error, EditError::Stale { .. }), "{error}"),
        }
    }
    assert_eq!(winners, [it.template("mine").await.item.unwrap().description]);
    assert_eq!(files(&it, "templates"), ["mine.yaml"], "nothing else is left");
}

#[tokio::test]
async fn a_text_with_faults_is_not_written_and_each_fault_has_its_place() {
    let it = Shelves::new();
    let text = "description: D\nsteps:\n  - agent: nobody\n    modle: x\n";
    let Err(EditError::Faults(faults)) = put(&it, ItemKind::Template, "mine", text, Expected::Nothing).await else {
        panic!("it was written")
    };
    let places: Vec<_> = faults.iter().map(|fault| (fault.field.as_deref(), fault.line, fault.column)).collect();
    assert_eq!(places, [(Some("steps[0].modle"), Some(4), Some(5))]);
    let Err(EditError::Faults(faults)) = put(&it, ItemKind::Agent, "a", "---\ndescription: [\n---\nYou\n", Expected::Nothing).await else {
        panic!("it was written")
    };
    assert!(faults[0].field.is_none() && faults[0].line.is_some_and(|line| line >= 2) && faults[0].column.is_some(), "{faults:?}");
    assert_eq!((files(&it, "templates").len(), files(&it, "agents").len()), (0, 0));
}

#[tokio::test]
async fn a_check_writes_nothing_and_takes_the_name_from_the_text() {
    let it = Shelves::new();
    let check = |text: &'static str, name: Option<&'static str>| it.catalog.check(ItemKind::Template, name, text, Some(&it.repo));
    assert_eq!(check("name: mine\ndescription: D\nsteps:\n  - agent: developer\n", None).await.unwrap().unwrap().steps.len(), 1);
    assert!(matches!(check("name: mine\ndescription: D\nsteps:\n  - agent: developer\n", Some("other")).await, Err(EditError::Faults(_))));
    assert!(matches!(check("description: D\nsteps:\n  - agent: translator\n", None).await, Err(EditError::Faults(_))));
    it.in_repo("agents/translator.md", AGENT);
    assert_eq!(check("description: D\nsteps:\n  - agent: translator\n", None).await.unwrap().unwrap().steps.len(), 1);
    assert_eq!(it.catalog.check(ItemKind::Agent, None, AGENT, None).await, Ok(None));
    assert!(files(&it, "templates").is_empty());
}

#[tokio::test]
async fn a_name_is_no_path_and_a_text_has_an_end() {
    let it = Shelves::new();
    for name in ["../evil", "a/b", ".hidden", "", "Big", "a.yaml", "..", "/etc/passwd", &"a".repeat(65)] {
        let refused = put(&it, ItemKind::Template, name, TEMPLATE, Expected::Anything).await;
        assert!(matches!(refused, Err(EditError::Name(_))), "{name}: {refused:?}");
        assert!(matches!(it.catalog.remove(ItemKind::Agent, name, Expected::Nothing).await, Err(EditError::Name(_))), "{name}");
    }
    let long = format!("{AGENT}{}", "x".repeat(256 * 1024));
    assert!(matches!(put(&it, ItemKind::Agent, "a", &long, Expected::Nothing).await, Err(EditError::TooLarge { .. })));
    assert_eq!(std::fs::read_dir(&it.user).unwrap().count(), 0);
}

#[tokio::test]
async fn a_link_stays_a_link_and_one_that_leads_nowhere_is_left_alone() {
    let it = Shelves::new();
    std::fs::create_dir(it.user.join("templates")).unwrap();
    let kept = it.outside.join("kept.yaml");
    std::fs::write(&kept, TEMPLATE).unwrap();
    symlink(&kept, it.user.join("templates/mine.yaml")).unwrap();
    let theirs = TEMPLATE.replace("Mine", "Theirs");
    assert_eq!(put(&it, ItemKind::Template, "mine", &theirs, Expected::Anything).await, Ok(false));
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), theirs);
    assert!(it.user.join("templates/mine.yaml").is_symlink());
    symlink("nowhere", it.user.join("templates/lost.yaml")).unwrap();
    let refused = put(&it, ItemKind::Template, "lost", TEMPLATE, Expected::Anything).await;
    assert!(matches!(refused, Err(EditError::Unwritable { .. })), "{refused:?}");
    std::fs::create_dir(it.user.join("templates/dir.yaml")).unwrap();
    let refused = put(&it, ItemKind::Template, "dir", TEMPLATE, Expected::Anything).await;
    assert!(matches!(refused, Err(EditError::Unwritable { .. })), "{refused:?}");
}

#[tokio::test]
async fn an_agent_that_a_template_names_stays() {
    let it = Shelves::new();
    put(&it, ItemKind::Agent, "translator", AGENT, Expected::Nothing).await.unwrap();
    put(&it, ItemKind::Template, "mine", &TEMPLATE.replace("developer", "translator"), Expected::Nothing).await.unwrap();
    let needed = EditError::Needed(vec!["mine".into()]);
    assert_eq!(it.catalog.remove(ItemKind::Agent, "translator", Expected::Nothing).await, Err(needed));
    assert!(it.agent("translator").await.item.is_ok());
    it.catalog.remove(ItemKind::Template, "mine", Expected::Nothing).await.unwrap();
    it.catalog.remove(ItemKind::Agent, "translator", Expected::Nothing).await.unwrap();
    // One in place of a built-in agent can go: the built-in one does the work again.
    put(&it, ItemKind::Agent, "developer", AGENT, Expected::Nothing).await.unwrap();
    it.catalog.remove(ItemKind::Agent, "developer", Expected::Nothing).await.unwrap();
}

#[tokio::test]
async fn a_change_says_which_templates_it_breaks() {
    let it = Shelves::new();
    put(&it, ItemKind::Agent, "translator", AGENT, Expected::Nothing).await.unwrap();
    let allowing = "description: D\nsteps:\n  - agent: translator\n    permissions: { bash: allow }\n";
    put(&it, ItemKind::Template, "mine", allowing, Expected::Nothing).await.unwrap();
    let reading = AGENT.replace("description: D\n", "description: D\nagency: { access: read_only }\n");
    let written = it.catalog.put(ItemKind::Agent, "translator", &reading, Expected::Anything, None).await.unwrap();
    assert_eq!(written.broken.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["mine"]);
    assert!(it.catalog.templates(None).await.unwrap().iter().any(|entry| entry.name == "mine" && entry.item.is_err()));
}
