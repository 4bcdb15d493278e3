//! What is said where OpenCode is missing, of the wrong version, or does not come up. Stands in for the binary with small scripts.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use agency_domain::PipelineId;
use agency_domain::agents::{AgentRuntime, HandoffTool, RuntimeError, ServerRequest};
use agency_opencode::{OpenCode, OpenCodeSettings};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const SAYS_ITS_VERSION: &str = "if [ \"$1\" = --version ]; then echo 1.18.33; exit; fi";

/// OpenCode whose binary is `script`, with everything in `directory`.
fn opencode(directory: &Path, script: Option<&str>, version_override: bool) -> OpenCode {
    let binary = directory.join("opencode");
    if let Some(script) = script {
        std::fs::write(&binary, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let user_config = directory.join("user.json");
    std::fs::write(&user_config, "{}").unwrap();
    OpenCode::new(OpenCodeSettings {
        binary: Some(binary),
        search: Vec::new(),
        user_config: Some(user_config),
        data_dir: directory.join("data"),
        scripted: None,
        version_override,
    })
}

async fn start(opencode: &OpenCode, directory: &Path) -> RuntimeError {
    let request = ServerRequest {
        pipeline_id: PipelineId(1),
        question: None,
        agents: Vec::new(),
        scripted: false,
        handoff_tool: Some(HandoffTool { url: "http://127.0.0.1:9/".into(), secret: "tool-secret".into() }),
    };
    match opencode.start(request, directory).await {
        Err(error) => error,
        Ok(server) => panic!("{} started", server.version()),
    }
}

#[tokio::test]
async fn a_missing_binary_is_named_with_the_command_that_installs_it() {
    let directory = tempfile::tempdir().unwrap();
    let opencode = opencode(directory.path(), None, false);
    let state = opencode.state().await;
    assert_eq!((state.path, state.version, state.supported), (None, None, false));
    assert!(state.how_to_install.contains("npm"), "{}", state.how_to_install);
    let error = start(&opencode, directory.path()).await;
    assert!(matches!(&error, RuntimeError::Unusable(text) if text.contains("does not exist") && text.contains("npm")), "{error}");
}

#[tokio::test]
async fn another_version_is_refused_unless_the_user_insists() {
    let directory = tempfile::tempdir().unwrap();
    let refused = opencode(directory.path(), Some("echo 2.1.0"), false);
    let state = refused.state().await;
    assert_eq!((state.version.as_deref(), state.supported), (Some("2.1.0"), false));
    let error = start(&refused, directory.path()).await;
    assert!(matches!(&error, RuntimeError::Unusable(text) if text.contains("2.1.0") && text.contains("1.18.x")), "{error}");
    assert!(opencode(directory.path(), Some("echo 2.1.0"), true).state().await.supported);
}

#[tokio::test]
async fn a_binary_that_breaks_shows_its_last_words_without_secrets() {
    let directory = tempfile::tempdir().unwrap();
    let script = format!("{SAYS_ITS_VERSION}; echo \"no luck with $OPENCODE_SERVER_PASSWORD\" >&2; exit 1");
    let opencode = opencode(directory.path(), Some(&script), false);
    let error = start(&opencode, directory.path()).await.to_string();
    assert_eq!(error, "OpenCode did not start: it ended before it listened; it said: no luck with [secret]");
}

#[tokio::test]
async fn a_server_that_answers_with_a_web_page_is_another_version() {
    let directory = tempfile::tempdir().unwrap();
    let page = web_page();
    let script = format!("{SAYS_ITS_VERSION}; echo server listening on {page} ; exec sleep 60");
    let opencode = opencode(directory.path(), Some(&script), false);
    let error = start(&opencode, directory.path()).await.to_string();
    assert!(error.contains("does not drive"), "{error}");
    assert_eq!(opencode.reap(None).await.unwrap(), 0, "nothing is left of it");
}

/// Answers everything with a page and status 200, as OpenCode does for routes that it does not know.
fn web_page() -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _request = stream.read(&mut [0; 4096]).unwrap();
            let _client_went_away =
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>");
        }
    });
    address
}
