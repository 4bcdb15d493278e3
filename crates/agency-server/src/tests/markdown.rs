//! A text as it will be shown.

use super::world::{World, fields, problem};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_rendered_by_the_one_sanitiser() {
    let world = World::new().await;
    let rendered = world.post("/api/v1/markdown", &json!({ "text": "# Hi\n\n<script>x</script> ![x](https://evil.example/p.png)" })).await;
    assert_eq!(rendered.status(), 200);
    let html = rendered.json::<serde_json::Value>().await.unwrap()["html"].as_str().unwrap().to_owned();
    assert!(html.contains("<h1>Hi</h1>") && html.contains("&lt;script&gt;") && !html.contains("<img"), "{html}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_bounded_whatever_it_is_made_of() {
    let world = World::new().await;
    let refused = problem(world.post("/api/v1/markdown", &json!({ "text": "x".repeat(200_001) })).await, 400, "invalid_input").await;
    assert_eq!(fields(&refused), ["text"]);
    problem(world.post("/api/v1/markdown", &json!({ "text": "x".repeat(1024 * 1024) })).await, 413, "too_large").await;
    for piece in [">", "[", "*a _", "- ", "`", "<b>", "|a|\n"] {
        let text = piece.repeat(200_000 / piece.len());
        assert_eq!(world.post("/api/v1/markdown", &json!({ "text": text })).await.status(), 200, "{piece:?}");
    }
    world.close().await;
}
