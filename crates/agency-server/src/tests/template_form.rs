//! A template's text as a form, over HTTP.

use super::world::{World, fields, problem};
use serde_json::{Value, json};

const TEMPLATE: &str = "description: Mine # yes\nsteps:\n  # who builds\n  - agent: developer\n";

async fn form(world: &World, content: &str) -> Value {
    world.post("/api/v1/templates/form", &json!({ "content": content, "name": "mine" })).await.json().await.unwrap()
}

async fn edit(world: &World, content: &str, change: Value) -> Value {
    let answer = world.post("/api/v1/templates/edit", &json!({ "content": content, "change": change, "name": "mine" })).await;
    assert_eq!(answer.status(), 200, "{change}: {:?}", answer.text().await);
    answer.json().await.unwrap()
}

fn field<'a>(form: &'a Value, path: &str) -> &'a Value {
    form["fields"].as_array().unwrap().iter().find(|field| field["path"] == path).unwrap_or_else(|| panic!("{path}: {form}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_has_every_field_with_its_words_and_the_faults_of_the_text() {
    let world = World::new().await;
    let fine = form(&world, TEMPLATE).await;
    assert_eq!(fine["faults"], json!([]));
    let agent = field(&fine, "steps[0].agent");
    for (key, value) in [
        ("label", json!("Agent")),
        ("group", json!("Step 1: developer")),
        ("kind", json!("choice")),
        ("value", json!("developer")),
        ("line", json!(4)),
    ] {
        assert_eq!(agent[key], value, "{key}");
    }
    assert!(agent["options"].as_array().unwrap().contains(&json!("architect")), "{agent}");
    assert_eq!((&field(&fine, "budget.money")["value"], &field(&fine, "budget.money")["line"]), (&json!(""), &Value::Null));
    assert_eq!(field(&fine, "steps[0].stall_after")["kind"], "span");
    let broken = form(&world, &TEMPLATE.replace("developer", "nobody")).await;
    assert_eq!(broken["faults"][0]["field"], "steps[0].agent");
    let unreadable = form(&world, "steps: [").await;
    assert_eq!((&unreadable["fields"], &unreadable["faults"][0]["field"]), (&json!([]), &json!("content")));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_offers_a_repositorys_own_agents_where_it_is_named() {
    let world = World::new().await;
    let repository = world.repository();
    std::fs::create_dir_all(repository.join(".agency/agents")).unwrap();
    std::fs::write(repository.join(".agency/agents/localiser.md"), "---\ndescription: D\n---\nYou translate.\n").unwrap();
    let content = TEMPLATE.replace("developer", "localiser");
    let ask = async |path: &str| -> Value {
        let mut body = json!({ "content": content, "name": "mine" });
        if path.contains("/edit") {
            body["change"] = json!({ "set": { "path": "description", "value": "Ours" } });
        }
        let answer = world.post(path, &body).await;
        assert_eq!(answer.status(), 200, "{path}: {:?}", answer.text().await);
        answer.json().await.unwrap()
    };
    let offered = |form: &Value| field(form, "steps[0].agent")["options"].as_array().unwrap().contains(&json!("localiser"));
    for path in ["/api/v1/templates/form", "/api/v1/templates/edit"] {
        let within = ask(&format!("{path}?repo={}", repository.display())).await;
        assert!(
            offered(&within) && field(&within, "steps[0].agent")["options"].as_array().unwrap().contains(&json!("developer")),
            "{within}"
        );
        assert_eq!(within["faults"], json!([]), "{path}");
        let without = ask(path).await;
        assert!(!offered(&without), "{without}");
        assert_eq!(without["faults"][0]["field"], "steps[0].agent", "{path}");
    }
    let relative =
        problem(world.post("/api/v1/templates/form?repo=here", &json!({ "content": content })).await, 400, "invalid_input").await;
    assert_eq!(fields(&relative), ["repo"]);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_changed_in_one_place_and_kept_everywhere_else() {
    let world = World::new().await;
    let set = edit(&world, TEMPLATE, json!({ "set": { "path": "description", "value": "Ours" } })).await;
    assert_eq!(set["content"], TEMPLATE.replace("Mine", "Ours"));
    assert_eq!((field(&set, "description")["value"].as_str(), &set["faults"]), (Some("Ours"), &json!([])));
    assert_eq!(set["steps"], json!([{ "agent": "developer" }]));
    let added = edit(&world, TEMPLATE, json!({ "add_step": { "after": 0, "kind": "check" } })).await;
    assert_eq!(added["content"], format!("{TEMPLATE}  - check: auto\n"));
    let content = added["content"].as_str().unwrap();
    let moved = edit(&world, content, json!({ "move_step": { "from": 1, "to": 0 } })).await;
    assert_eq!(moved["content"], TEMPLATE.replace("steps:\n", "steps:\n  - check: auto\n"));
    assert_eq!(edit(&world, content, json!({ "remove_step": 1 })).await["content"], TEMPLATE);
    let nobody = edit(&world, TEMPLATE, json!({ "set": { "path": "steps[0].agent", "value": "nobody" } })).await;
    assert_eq!((&nobody["faults"][0]["field"], &nobody["steps"]), (&json!("steps[0].agent"), &json!([])));
    assert!(!world.directory.path().join("own").exists());
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_form_cannot_change_says_what_to_do() {
    let world = World::new().await;
    let ask = |content: &str, change: Value| {
        let body = json!({ "content": content, "change": change });
        let world = &world;
        async move { world.post("/api/v1/templates/edit", &body).await }
    };
    let shared = "description: &d D\nsteps:\n  - agent: developer\n    description: *d\n";
    let unable = ask(shared, json!({ "set": { "path": "description", "value": "E" } })).await;
    let unable = problem(unable, 422, "form_unable").await;
    assert!(unable["detail"].as_str().unwrap().ends_with("edit the source."), "{unable}");
    problem(ask("steps: [", json!({ "remove_step": 0 })).await, 422, "form_unable").await;
    let nameless = problem(ask(TEMPLATE, json!({ "add_step": {} })).await, 400, "invalid_input").await;
    assert_eq!(fields(&nameless), ["change.add_step.agent"]);
    problem(ask(TEMPLATE, json!({ "paint": 1 })).await, 400, "invalid_input").await;
    problem(ask(&"x".repeat(300_000), json!({ "remove_step": 0 })).await, 413, "too_large").await;
    world.close().await;
}
