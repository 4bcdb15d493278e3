//! The command as a person types it: against a server that is the same binary, with an OpenCode that only knows its version.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail with it")]

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

const AGENCY: &str = env!("CARGO_BIN_EXE_agency");

/// A server in a directory of its own, on a port of its own.
struct Server {
    directory: TempDir,
    child: Child,
    url: String,
}

impl Server {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let opencode = directory.path().join("opencode");
        std::fs::write(&opencode, "#!/bin/sh\necho 1.18.33\n").unwrap();
        std::fs::set_permissions(&opencode, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut child = bare(directory.path())
            .arg("serve")
            .env("AGENCY_SERVER__PORT", "0")
            .env("AGENCY_OPENCODE__BIN", &opencode)
            .env("AGENCY_LOG__FORMAT", "json")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = lines
            .by_ref()
            .map(Result::unwrap)
            .find_map(|line| Some(format!("http://{}", line.split_once("theAgency is at http://")?.1.split('"').next()?)))
            .expect("the server says where it is");
        // Its log goes on: somebody has to read it, or it blocks.
        std::thread::spawn(move || lines.for_each(drop));
        Self { directory, child, url }
    }

    fn agency(&self, arguments: &[&str]) -> Output {
        bare(self.directory.path()).args(["--server", &self.url]).args(arguments).output().unwrap()
    }

    fn repository(&self) -> String {
        let root = self.directory.path().join("repository");
        std::fs::create_dir(&root).unwrap();
        std::fs::write(root.join("a.txt"), "a\n").unwrap();
        for arguments in [
            &["init", "--quiet", "--initial-branch=main"][..],
            &["add", "--all"],
            &["-c", "user.name=Kim", "-c", "user.email=kim@example.org", "commit", "--quiet", "--message", "first"],
        ] {
            assert!(Command::new("git").current_dir(&root).args(arguments).status().unwrap().success());
        }
        root.display().to_string()
    }

    /// Ends it as `systemctl stop` does, and answers its exit code.
    fn terminate(&mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The command without anything of this machine's user in its environment.
fn bare(directory: &Path) -> Command {
    let mut command = Command::new(AGENCY);
    command.current_dir(directory).env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", directory);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn without_arguments_it_shows_its_help() {
    let directory = tempfile::tempdir().unwrap();
    let output = bare(directory.path()).output().unwrap();
    let help = text(&output.stderr);
    for command in ["serve", "run", "watch", "request-changes", "doctor", "migrate", "demo"] {
        assert!(help.contains(command), "{help}");
    }
}

#[test]
fn a_server_that_is_not_there_is_said_plainly() {
    let directory = tempfile::tempdir().unwrap();
    let output = bare(directory.path()).args(["--server", "http://127.0.0.1:1", "list"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("agency serve"), "{}", text(&output.stderr));
}

#[test]
fn an_unknown_setting_is_refused_before_anything_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let output = bare(directory.path()).arg("serve").env("AGENCY_SERVER__PROT", "1").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("did you mean AGENCY_SERVER__PORT?"), "{}", text(&output.stderr));
    assert!(!directory.path().join("data").exists());
}

#[test]
fn migrations_go_up_down_and_up() {
    let directory = tempfile::tempdir().unwrap();
    let migrate = |step: &str| {
        let output = bare(directory.path()).args(["migrate", step]).output().unwrap();
        assert!(output.status.success(), "{step}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    assert!(migrate("status").contains("pending"));
    assert!(!directory.path().join("data").exists(), "to look makes nothing");
    assert!(migrate("up").contains("head: m"));
    assert!(migrate("down").contains("pending"));
    assert!(!migrate("up").contains("pending"));
    assert!(directory.path().join("data/agency.db").exists());
}

#[test]
fn a_pipeline_is_started_followed_and_shown() {
    let mut server = Server::start();
    let repository = server.repository();
    let wrong = server.agency(&["run", "Do it.", "--repo", &repository, "--template", "nothing"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(&wrong.stderr).contains("template:"), "{}", text(&wrong.stderr));
    let started = server.agency(&["run", "Do it.", "--repo", &repository, "--model", "some/model"]);
    let id = text(&started.stdout).trim().to_owned();
    assert!(id.parse::<u32>().is_ok(), "{id}: {}", text(&started.stderr));
    // This OpenCode knows its version and nothing else: the run fails, and says why.
    let watched = server.agency(&["watch", &id]);
    let story = text(&watched.stdout);
    assert_eq!(watched.status.code(), Some(1), "{story}");
    assert!(story.contains("Do it.") && story.contains(&format!("Pipeline {id} failed.")), "{story}");
    assert!(text(&server.agency(&["list", "--status", "failed"]).stdout).contains("Do it."));
    assert!(text(&server.agency(&["show", &id]).stdout).contains("reason"));
    let json: serde_json::Value = serde_json::from_slice(&server.agency(&["show", &id, "--json"]).stdout).unwrap();
    assert_eq!(json["status"], "failed");
    assert_eq!(text(&server.agency(&["diff", &id]).stdout), "");
    let cancelled = server.agency(&["cancel", &id]);
    assert!(text(&cancelled.stderr).contains("failed"), "{}", text(&cancelled.stderr));
    assert!(text(&server.agency(&["templates"]).stdout).contains("full_feature"));
    assert!(text(&server.agency(&["agents"]).stdout).contains("senior-reviewer"));
    assert!(text(&server.agency(&["approve", "9"]).stderr).contains("approval 9"));
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn the_document_is_printed_without_a_server() {
    let directory = tempfile::tempdir().unwrap();
    let output = bare(directory.path()).arg("openapi").output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["info"]["title"], "theAgency");
}
