//! `/metrics`.

use super::reader::Reader;
use super::world::World;
use serde_json::json;

async fn lines(world: &World) -> Vec<String> {
    let answer = world.get("/metrics").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    answer.text().await.unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_does_is_counted_without_ids_and_titles() {
    let world = World::new().await;
    world.quick_fix().await.attempt().await;
    let body = json!({ "title": "Secret plan", "description": "x", "repo": world.repository(), "template": "quick_fix" });
    assert_eq!(world.post("/api/v1/pipelines", &body).await.status(), 201);
    for path in ["/api/v1/pipelines/1", "/api/v1/pipelines/2", "/api/v1/pipelines/77", "/nothing/here", "/nothing/there"] {
        world.get(path).await;
    }
    let text = lines(&world).await;
    for expected in [
        r#"agency_pipelines{status="queued"} 1"#,
        r#"agency_pipelines{status="running"} 1"#,
        "agency_opencode_servers 0",
        "agency_stream_clients 0",
        "agency_store_waiting_writes 0",
        "agency_store_failures_total 0",
        r#"agency_http_request_duration_seconds_count{method="POST",route="/api/v1/pipelines",status="201"} 1"#,
        r#"agency_http_request_duration_seconds_count{method="GET",route="/api/v1/pipelines/{id}",status="200"} 2"#,
        r#"agency_http_request_duration_seconds_count{method="GET",route="/api/v1/pipelines/{id}",status="404"} 1"#,
        r#"agency_http_request_duration_seconds_count{method="GET",route="other",status="404"} 2"#,
    ] {
        assert!(text.contains(&expected.to_owned()), "{expected} is not in\n{}", text.join("\n"));
    }
    assert!(text.iter().any(|line| line.starts_with("agency_attempts{status=")), "{text:?}");
    let all = text.join("\n");
    assert!(!all.contains("Secret") && !all.contains("/nothing"), "{all}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_is_a_comment_or_a_series_of_a_family_that_was_declared() {
    let world = World::new().await;
    world.quick_fix().await;
    lines(&world).await;
    let mut family = String::new();
    let mut buckets = Vec::new();
    for line in lines(&world).await {
        if let Some(declared) = line.strip_prefix("# TYPE ") {
            family = declared.split(' ').next().unwrap().to_owned();
        } else if !line.starts_with("# HELP ") {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.starts_with(&family) && value.parse::<f64>().is_ok(), "{line}");
            if name.contains("_bucket") {
                buckets.push(value.parse::<u64>().unwrap());
            }
        }
    }
    assert!(buckets.len() >= 5 && buckets.is_sorted() && *buckets.last().unwrap() > 0, "{buckets:?}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_the_stream_is_counted_while_it_is_there() {
    let world = World::new().await;
    let reader = Reader::open(&world, "", None).await;
    assert!(lines(&world).await.contains(&"agency_stream_clients 1".to_owned()));
    drop(reader);
    tokio::time::timeout(std::time::Duration::from_secs(20), async {
        while !lines(&world).await.contains(&"agency_stream_clients 0".to_owned()) {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("it is forgotten with the next heartbeat");
    world.close().await;
}
