//! What is attached to a request.

use super::world::{World, fields, problem};
use agency_domain::PipelineId;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
const MEGABYTE: usize = 1024 * 1024;

fn file(name: &str, media_type: &str, content: &[u8]) -> Value {
    json!({ "name": name, "media_type": media_type, "data": STANDARD.encode(content) })
}

fn request(world: &World, attachments: &Value) -> Value {
    json!({ "description": "Like this.", "repo": world.repository(), "template": "quick_fix", "attachments": attachments })
}

async fn refused(world: &World, attachments: Value) -> Value {
    let answer = world.post("/api/v1/pipelines", &request(world, &attachments)).await;
    problem(answer, 400, "invalid_input").await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_attached_is_listed_and_served_as_what_it_is() {
    let world = World::new().await;
    let files = json!([
        file("a/mock.png", "image/png", PNG),
        file("mock.png", "", b"<script>alert(1)</script>"),
        file("Größe.md", "text/markdown", "Ü".as_bytes())
    ]);
    let created: Value = world.post("/api/v1/pipelines", &request(&world, &files)).await.json().await.unwrap();
    let listed = created["attachments"].as_array().unwrap();
    let about: Vec<_> = listed.iter().map(|file| (file["name"].as_str().unwrap(), file["media_type"].as_str().unwrap())).collect();
    assert_eq!(about, [("mock.png", "image/png"), ("mock-2.png", "text/plain"), ("Größe.md", "text/plain")]);
    assert_eq!((&listed[0]["size"], listed[0]["sha256"].as_str().unwrap().len()), (&json!(16), 64));
    assert_eq!(world.json("/api/v1/pipelines").await["items"][0]["attachments"], Value::Null);

    let expected = [
        ("image/png", "inline; filename=\"mock.png\"", PNG),
        ("text/plain; charset=utf-8", "attachment; filename=\"mock-2.png\"", b"<script>alert(1)</script>"),
        ("text/plain; charset=utf-8", "attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe.md", "Ü".as_bytes()),
    ];
    for (file, (kind, disposition, content)) in listed.iter().zip(expected) {
        let served = world.get(file["href"].as_str().unwrap()).await;
        assert_eq!(served.status(), 200);
        let header = |name: &str| served.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>();
        assert_eq!((header("content-type"), header("content-disposition")), (vec![kind], vec![disposition]));
        assert_eq!(
            (header("x-content-type-options"), header("cache-control")),
            (vec!["nosniff"], vec!["private, max-age=31536000, immutable"])
        );
        assert_eq!(header("content-security-policy"), ["default-src 'none'; sandbox; frame-ancestors 'none'"]);
        assert_eq!(served.bytes().await.unwrap(), content);
    }
    for missing in ["3", "-1", "x", "99999999999"] {
        problem(world.get(&format!("/api/v1/pipelines/1/attachments/{missing}")).await, 404, "not_found").await;
    }
    problem(world.get("/api/v1/pipelines/9/attachments/0").await, 404, "not_found").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_attached_is_said_by_its_field() {
    let world = World::new().await;
    for (attachments, field) in [
        (json!([file("a.png", "image/png", PNG), { "name": "b", "data": "no base64!" }]), "attachments[1].data"),
        (json!([file("a.png", "image/jpeg", PNG)]), "attachments[0].media_type"),
        (json!([file("a.zip", "application/zip", b"PK\x03\x04")]), "attachments[0].data"),
        (json!([file("a.txt", "text/plain", b"caf\xe9")]), "attachments[0].data"),
        (json!([file("a.txt", "text/plain", b"")]), "attachments[0].data"),
        (json!([file("a.txt", "text/plain", &vec![b'a'; 5 * MEGABYTE + 1])]), "attachments[0].data"),
        (json!(vec![file("a.txt", "text/plain", &vec![b'a'; 7 * MEGABYTE / 2]); 3]), "attachments"),
        (json!(vec![file("a.txt", "text/plain", b"a"); 9]), "attachments"),
        (json!([{ "data": "", "path": "/etc/passwd" }]), "attachments[0].path"),
    ] {
        assert_eq!(fields(&refused(&world, attachments).await), [field]);
    }
    let found = refused(&world, json!([file("a.zip", "", b"\0")])).await;
    assert!(found["errors"][0]["message"].as_str().unwrap().contains("save it as one of these"), "{found}");
    assert_eq!(world.json("/api/v1/pipelines").await["items"], json!([]));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_fits_is_taken_and_only_where_it_belongs() {
    let world = World::new().await;
    let most = json!(vec![file("a.txt", "text/plain", &vec![b'a'; 5 * MEGABYTE]); 2]);
    assert_eq!(world.post("/api/v1/pipelines", &request(&world, &most)).await.status(), 201);
    assert_eq!(world.post("/api/v1/pipelines/dry-run", &request(&world, &most)).await.status(), 200);
    let long = json!({ "text": "a".repeat(2 * MEGABYTE) });
    problem(world.post("/api/v1/pipelines/1/messages", &long).await, 413, "too_large").await;
    let longer = json!({ "description": "a".repeat(15 * MEGABYTE) });
    problem(world.post("/api/v1/pipelines", &longer).await, 413, "too_large").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_tells_one_attachment_from_another() {
    let world = World::new().await;
    let post = async |content: &[u8]| {
        let body = request(&world, &json!([file("a.txt", "", content)]));
        world.request("POST", "/api/v1/pipelines").header("Idempotency-Key", "k1").json(&body).send().await.unwrap()
    };
    assert_eq!(post(b"one").await.status(), 201);
    let again = post(b"one").await;
    assert_eq!((again.status().as_u16(), again.headers().contains_key("idempotent-replayed")), (201, true));
    problem(post(b"two").await, 409, "idempotency_mismatch").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_attached_goes_with_its_pipeline() {
    let world = World::new().await;
    assert_eq!(world.post("/api/v1/pipelines", &request(&world, &json!([file("a.txt", "", b"one")]))).await.status(), 201);
    let store = world.state.engine.ports().store.clone();
    assert!(store.attachment(PipelineId(1), 0).await.unwrap().is_some());
    world.meddle("PRAGMA foreign_keys = OFF; DELETE FROM steps; DELETE FROM kept_agents; DELETE FROM audit_events; PRAGMA foreign_keys = ON; DELETE FROM pipelines").await;
    assert!(store.attachment(PipelineId(1), 0).await.unwrap().is_none());
    world.close().await;
}
