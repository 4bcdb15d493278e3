//! The command as a person types it: against a server that is the same binary, with an OpenCode that only knows its version.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail with it")]

use std::io::{BufRead, BufReader, Write};
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
    /// With an OpenCode that knows its version and nothing else.
    fn start() -> Self {
        Self::with("echo 1.18.33")
    }

    /// With this shell script as OpenCode, and room for one pipeline at a time.
    fn with(opencode_script: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let opencode = directory.path().join("opencode");
        std::fs::write(&opencode, format!("#!/bin/sh\n{opencode_script}\n")).unwrap();
        std::fs::set_permissions(&opencode, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut child = bare(directory.path())
            .arg("serve")
            .env("AGENCY_SERVER__PORT", "0")
            .env("AGENCY_OPENCODE__BIN", &opencode)
            .env("AGENCY_ENGINE__MAX_CONCURRENT", "1")
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
    for command in
        ["serve", "run", "watch", "inbox", "answer", "request-changes", "pause", "retry", "say", "audit", "doctor", "migrate", "demo"]
    {
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
fn a_pipeline_that_waits_its_turn_is_paused_found_in_the_inbox_and_resumed() {
    // The first pipeline's OpenCode never listens, so that the second one stays in the queue.
    let mut server = Server::with("if [ \"$1\" = --version ]; then echo 1.18.33; else exec sleep 600; fi");
    let repository = server.repository();
    assert_eq!(text(&server.agency(&["inbox"]).stdout), "Nothing waits for you.\n");
    let run = |more: &[&str]| {
        let output = server.agency(&[&["run", "Do it.", "--repo", &repository, "--model", "some/model"], more].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout).trim().to_owned()
    };
    let (first, id) = (run(&[]), run(&["--budget", "tokens=900,minutes=60", "--attempts", "4"]));
    let said = |arguments: &[&str]| {
        let output = server.agency(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    assert!(said(&["show", &id]).contains("0 of 900 tokens, 0 of 60 minutes, 0 of 4 attempts"));
    let paused = said(&["pause", &id, "--by", "kim"]);
    assert!(paused.contains(&format!("Pipeline {id} is paused.")) && paused.contains("Paused by kim."), "{paused}");
    let inbox = said(&["inbox"]);
    assert!(inbox.contains(&format!("pipeline {id}: Do it.")) && inbox.contains(&format!("agency resume {id}")), "{inbox}");
    let watched = server.agency(&["watch", &id, "--exit-on-approval"]);
    let story = text(&watched.stdout);
    assert_eq!(watched.status.code(), Some(3), "{story}");
    assert!(story.contains("‖ paused") && story.contains(&format!("agency resume {id}")), "{story}");
    assert_eq!(said(&["say", &id, "Use clap.", "--by", "kim"]), "The next attempt is sent it.\n");
    assert!(said(&["resume", &id, "--tokens", "5000"]).contains("is running."));
    assert!(said(&["show", &id]).contains("of 5000 tokens"));
    for (arguments, part) in [
        (vec!["resume", &id], "running"),
        (vec!["retry", &id], "pause it first"),
        (vec!["retry", &id, "--step", "qa"], "senior-reviewer"),
        (vec!["accept", &id, "AC-1", "--reason", "x"], "criterion AC-1"),
        (vec!["accept", &id, "../cancel", "--reason", "x"], "no criterion"),
        (vec!["answer", "9", "--allow"], "request 9"),
        (vec!["say", &id, " "], "text:"),
        (vec!["run", "x", "--budget", "dollars=1"], "there is no ceiling"),
    ] {
        let output = server.agency(&arguments);
        assert!(!output.status.success() && text(&output.stderr).contains(part), "{arguments:?}: {}", text(&output.stderr));
    }
    for id in [&first, &id] {
        assert!(said(&["cancel", id]).contains("cancelled"));
    }
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn a_failure_that_was_retried_does_not_end_the_watching() {
    let mut server = Server::start();
    let repository = server.repository();
    let id = text(&server.agency(&["run", "Do it.", "--repo", &repository, "--model", "some/model"]).stdout).trim().to_owned();
    assert_eq!(server.agency(&["watch", &id]).status.code(), Some(1));
    let retried = server.agency(&["retry", &id, "--step", "developer", "--instruction", "Try harder."]);
    assert!(retried.status.success(), "{}", text(&retried.stderr));
    let watched = server.agency(&["watch", &id]);
    let story = text(&watched.stdout);
    assert_eq!(watched.status.code(), Some(1), "{story}");
    assert_eq!(story.matches(&format!("Pipeline {id} failed.")).count(), 2, "{story}");
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn the_audit_log_is_verified_and_taken_along() {
    let mut server = Server::start();
    let repository = server.repository();
    let said = |arguments: &[&str]| {
        let output = server.agency(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    assert_eq!(said(&["audit", "verify"]), "The audit log has no events yet.\n");
    let id = said(&["run", "Do it.", "--repo", &repository, "--model", "some/model"]).trim().to_owned();
    assert_eq!(server.agency(&["watch", &id]).status.code(), Some(1));

    let exported = said(&["audit", "export"]);
    let newest: serde_json::Value = serde_json::from_str(exported.lines().last().unwrap()).unwrap();
    let hash = newest["hash"].as_str().unwrap();
    let verified = said(&["audit", "verify"]);
    assert!(verified.contains(&format!("up to event {}", newest["id"])) && verified.contains(hash), "{verified}");

    let file = server.directory.path().join("log.csv");
    let path = file.display().to_string();
    assert_eq!(said(&["audit", "export", "--format", "csv", "--pipeline", &id, "-o", &path]), "");
    let csv = std::fs::read_to_string(&file).unwrap();
    assert!(csv.starts_with("id,created_at,") && csv.ends_with(&format!("{hash}\r\n")), "{csv}");

    let created: serde_json::Value = serde_json::from_str(exported.lines().next().unwrap()).unwrap();
    let since = created["created_at"].as_str().unwrap();
    let narrowed =
        ["audit", "export", "--event-type", "pipeline_created,pipeline_started", "--since", since, "--until", "2999-01-01T00:00:00+01:00"];
    let narrowed = said(&[&narrowed[..], &["-q", "created from"]].concat());
    assert_eq!(narrowed.lines().collect::<Vec<_>>(), [exported.lines().next().unwrap()]);
    let refused = server.agency(&["audit", "export", "--event-type", "nonsense", "-o", &path]);
    assert!(!refused.status.success() && text(&refused.stderr).contains("\"nonsense\" is no type of event"), "{}", text(&refused.stderr));

    let refused = server.agency(&["audit", "export", "--pipeline", "99", "-o", &path]);
    assert!(!refused.status.success() && text(&refused.stderr).contains("pipeline 99"), "{}", text(&refused.stderr));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), csv, "a refusal leaves the file as it was");
    assert_eq!(server.terminate(), Some(0));
}

/// A server that answers one request with this, to the letter.
fn answering(answer: &str) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = answer.to_owned();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        assert!(lines.by_ref().map(Result::unwrap).any(|line| line.is_empty()));
        stream.write_all(answer.as_bytes()).unwrap();
    });
    url
}

#[test]
fn a_log_that_was_changed_ends_the_verification_with_1() {
    let directory = tempfile::tempdir().unwrap();
    let body = format!(r#"{{"verified_up_to":40,"events":16,"head":"{}","broken_at":41}}"#, "5e".repeat(32));
    let url = answering(&format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len()));
    let output = bare(directory.path()).args(["--server", &url, "audit", "verify"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("Event 41 is the first that does not match"), "{}", text(&output.stdout));
}

#[test]
fn an_export_that_breaks_off_is_no_success() {
    let directory = tempfile::tempdir().unwrap();
    let url = answering("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"id\"\r\n");
    let output = bare(directory.path()).args(["--server", &url, "audit", "export", "-o", "log.ndjson"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("log.ndjson is not the whole log"), "{}", text(&output.stderr));
}

#[test]
fn the_document_is_printed_without_a_server() {
    let directory = tempfile::tempdir().unwrap();
    let output = bare(directory.path()).arg("openapi").output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["info"]["title"], "theAgency");
}
