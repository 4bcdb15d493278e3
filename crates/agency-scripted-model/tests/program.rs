//! The program as a person starts it.

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// Ends the program with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_agency-scripted-model"))
}

#[actix_web::test]
async fn it_says_where_it_listens_once_the_configuration_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("opencode.json");
    let mut running = Running(program().arg("--print-opencode-config").arg(&config).stdout(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(running.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim_end().strip_prefix("scripted model listening on ").unwrap();
    let written: Value = serde_json::from_slice(&std::fs::read(config).unwrap()).unwrap();
    assert_eq!(written["provider"]["scripted"]["options"]["baseURL"], url);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(client.get(format!("{url}/models")).send().await.unwrap().status().is_success());
}

#[test]
fn a_script_that_cannot_be_read_ends_it_with_the_files_name() {
    let output = program().args(["--script", "/no/such/script.json"]).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("/no/such/script.json"));
}
