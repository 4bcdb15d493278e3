//! A private OpenCode server with a home of its own, and the three calls that the tests need.

use reqwest::Client;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PASSWORD: &str = "for-this-test-only";
/// Booting takes about two seconds on a quiet machine.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// A request that comes before the HTTP layer is up is never answered, so each try is short.
const HEALTH_TRY: Duration = Duration::from_millis(500);
/// The longest of the prompts takes a few seconds.
const PROMPT_WITHIN: Duration = Duration::from_secs(90);

pub(crate) struct OpenCode {
    process: Child,
    base: String,
    client: Client,
    _home: tempfile::TempDir,
}

impl OpenCode {
    pub(crate) async fn start(config: &Value) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut process = command(home.path(), config).spawn().unwrap();
        let base = listening_url(&mut process);
        let client = Client::builder().no_proxy().build().unwrap();
        let opencode = Self { process, base, client, _home: home };
        opencode.ready().await;
        opencode
    }

    /// Prompts in a fresh session and answers its messages once the run has ended.
    pub(crate) async fn prompt(&self, directory: &Path, agent: &str, model: &str, text: &str) -> Vec<Value> {
        let session = self.post("/session", directory, &json!({ "title": "test" })).await;
        let id = session["id"].as_str().unwrap();
        let prompt =
            json!({ "agent": agent, "model": { "providerID": "scripted", "modelID": model }, "parts": [{ "type": "text", "text": text }] });
        self.post(&format!("/session/{id}/message"), directory, &prompt).await;
        let url = self.url(&format!("/session/{id}/message"), directory);
        let messages = self.client.get(url).basic_auth("opencode", Some(PASSWORD)).timeout(PROMPT_WITHIN).send().await.unwrap();
        messages.json().await.unwrap()
    }

    async fn post(&self, path: &str, directory: &Path, body: &Value) -> Value {
        let request = self.client.post(self.url(path, directory)).basic_auth("opencode", Some(PASSWORD));
        let response = request.timeout(PROMPT_WITHIN).json(body).send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response.json().await.unwrap()
    }

    /// Temporary directories have no characters that a query would need escaped.
    fn url(&self, path: &str, directory: &Path) -> String {
        format!("{}{path}?directory={}", self.base, directory.display())
    }

    async fn ready(&self) {
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            let health = self.client.get(format!("{}/global/health", self.base)).basic_auth("opencode", Some(PASSWORD));
            match health.timeout(HEALTH_TRY).send().await {
                Ok(response) if response.status().is_success() => return,
                Ok(_) | Err(_) => assert!(Instant::now() < deadline, "OpenCode listens, but is not healthy within {READY_WITHIN:?}"),
            }
        }
    }
}

impl Drop for OpenCode {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// Nothing is inherited but the path, nothing is downloaded, and nothing outside `home` is read or written.
fn command(home: &Path, config: &Value) -> Command {
    let mut command = Command::new(super::opencode_binary());
    command.args(["serve", "--hostname", "127.0.0.1", "--port", "0"]).stdout(Stdio::piped()).stderr(Stdio::null()).stdin(Stdio::null());
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", home);
    for name in ["DATA", "CONFIG", "CACHE", "STATE"] {
        command.env(format!("XDG_{name}_HOME"), home.join(name.to_lowercase()));
    }
    for switch in ["PROJECT_CONFIG", "AUTOUPDATE", "MODELS_FETCH", "LSP_DOWNLOAD", "DEFAULT_PLUGINS", "EXTERNAL_SKILLS", "CLAUDE_CODE"] {
        command.env(format!("OPENCODE_DISABLE_{switch}"), "1");
    }
    let mut config = config.clone();
    for (key, value) in [
        ("share", json!("disabled")),
        ("autoupdate", json!(false)),
        ("snapshot", json!(false)),
        ("lsp", json!(false)),
        ("formatter", json!(false)),
    ] {
        config[key] = value;
    }
    command.env("OPENCODE_CONFIG_CONTENT", config.to_string()).env("OPENCODE_SERVER_PASSWORD", PASSWORD).env("OPENCODE_PURE", "1");
    command.env("npm_config_offline", "true").env("npm_config_registry", "http://127.0.0.1:9/");
    command
}

/// The address that OpenCode prints. Its output ends when it does, so this ends too.
fn listening_url(process: &mut Child) -> String {
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut urls =
        lines.map_while(Result::ok).filter_map(|line| line.split_once("listening on ").map(|(_before, url)| url.trim().to_owned()));
    urls.next().unwrap()
}
