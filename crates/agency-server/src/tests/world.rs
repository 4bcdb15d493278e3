//! A server of a test's own.

use crate::data_dir::DataDir;
use crate::diff::DiffRows;
use crate::markdown::Markdown;
use crate::metrics::Metrics;
use crate::server::listen;
use crate::settings::Settings;
use crate::state::State;
use crate::verified::VerifiedLog;
use crate::wiring::{self, Parts};
use actix_web::dev::ServerHandle;
use actix_web::web;
use agency_domain::ApprovalId;
use agency_domain::testing::{Story, builders};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

pub(crate) struct World {
    pub(crate) base: String,
    pub(super) host: String,
    pub(crate) state: web::Data<State>,
    pub(super) directory: TempDir,
    pub(super) stop: CancellationToken,
    handle: ServerHandle,
    _parts: Parts,
    http: reqwest::Client,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut settings = Settings { data_dir: directory.path().join("data"), ..Settings::default() };
        settings.database.url = format!("sqlite://{}", directory.path().join("data/agency.db").display());
        settings.opencode.bin = Some(fake_opencode(directory.path()));
        settings.server.port = 0;
        settings.catalog.dir = Some(directory.path().join("own"));
        change(&mut settings);
        let data_dir = DataDir::take(&settings.data_dir, "a test").unwrap().path;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let base = format!("http://{address}");
        let parts = wiring::connect(&settings, &data_dir, &base).await.unwrap();
        let stop = CancellationToken::new();
        let state = web::Data::new(State {
            engine: parts.engine.clone(),
            access: wiring::access(&settings, &parts).await.unwrap(),
            log: parts.log.clone(),
            verified: VerifiedLog::default(),
            own_files: parts.own_files.clone(),
            markdown: Markdown::default(),
            diff_rows: DiffRows::default(),
            metrics: Metrics::default(),
            writer_load: parts.writer_load.clone(),
            sample: parts.sample.clone(),
            demo: parts.demo.clone(),
            data_dir,
            stop: stop.clone(),
            changes: Handle::current(),
        });
        let (server, handle) = listen(&settings, listener, address, state.clone()).unwrap();
        tokio::spawn(server);
        Self {
            base,
            host: address.to_string(),
            state,
            directory,
            stop,
            handle,
            _parts: parts,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    pub(super) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.http.request(Method::from_bytes(method.as_bytes()).unwrap(), format!("{}{path}", self.base))
    }

    pub(super) async fn get(&self, path: &str) -> Response {
        self.request("GET", path).send().await.unwrap()
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Response {
        self.request("POST", path).json(body).send().await.unwrap()
    }

    /// The body of an answer that must be 200.
    pub(super) async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }

    /// A `quick_fix` that runs.
    pub(crate) async fn quick_fix(&self) -> Story {
        let ports = self.state.engine.ports();
        let new = builders::quick_fix(ports.ids.as_ref());
        Story::started(ports.store.clone(), ports.ids.clone(), new).await
    }

    /// A `full_feature` that runs.
    pub(crate) async fn full_feature(&self) -> Story {
        let ports = self.state.engine.ports();
        let new = builders::full_feature(ports.ids.as_ref());
        Story::started(ports.store.clone(), ports.ids.clone(), new).await
    }

    /// A pipeline whose plan waits for an approval.
    pub(crate) async fn waiting(&self) -> (Story, ApprovalId) {
        let mut story = self.full_feature().await;
        story.work(&json!({ "summary": "Criteria.", "outcome": "done" }), None).await;
        story.work(&json!({ "summary": "Design.", "outcome": "done" }), None).await;
        let gate = story.gate().await;
        (story, gate)
    }

    /// A repository with one commit of `file.txt`; the same one each time.
    pub(super) fn repository(&self) -> PathBuf {
        let root = self.directory.path().join("repository");
        if root.exists() {
            return root;
        }
        std::fs::create_dir(&root).unwrap();
        std::fs::write(root.join("file.txt"), "one\ntwo\n").unwrap();
        git(&root, &["init", "--quiet", "--initial-branch=main"]);
        git(&root, &["add", "--all"]);
        git(&root, &["commit", "--quiet", "--message", "first"]);
        root
    }

    /// Runs statements on the database as somebody else.
    pub(crate) async fn meddle(&self, sql: &str) {
        let file = self.directory.path().join("data/agency.db");
        let stranger = sea_orm::Database::connect(format!("sqlite://{}", file.display())).await.unwrap();
        stranger.execute_unprepared(sql).await.unwrap();
        stranger.close().await.unwrap();
    }

    pub(crate) async fn close(self) {
        self.stop.cancel();
        self.handle.stop(true).await;
    }
}

/// git as a user with no configuration at all.
pub(super) fn git(root: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(root)
        .args(["-c", "user.name=Kim", "-c", "user.email=kim@example.org", "-c", "commit.gpgSign=false"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Says a version that is supported, and does nothing else.
fn fake_opencode(directory: &Path) -> PathBuf {
    let path = directory.join("opencode");
    std::fs::write(&path, "#!/bin/sh\necho 1.18.33\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// The problem in an answer, checked for its shape.
pub(super) async fn problem(response: Response, status: u16, code: &str) -> Value {
    assert_eq!(response.status().as_u16(), status, "{:?}", response.text().await);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["status"], status);
    assert_eq!(problem["code"], code, "{problem}");
    assert_eq!(problem["type"], format!("/problems/{code}"));
    for text in ["title", "detail"] {
        assert!(problem[text].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
    }
    problem
}

/// The fields that a problem names.
pub(super) fn fields(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().filter_map(|error| error["field"].as_str()).collect()
}
