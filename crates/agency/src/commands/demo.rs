//! `agency demo`: one pipeline from beginning to end, on a server of its own, with the real OpenCode and a scripted model.

use super::serve::load;
use super::show::usage;
use super::watch::{News, Watcher};
use crate::cli::DemoArguments;
use crate::client::Client;
use crate::output::say;
use agency_contract::{ApprovalDecision, DecideApproval, Pipeline, PipelineStatus};
use agency_server::{Running, Server, Settings, telemetry};
use anyhow::{Context, bail};
use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::time::Duration;
use tokio::process::Command;

/// The demo takes a minute on a slow machine; one that takes this long hangs.
const DEMO_WITHIN: Duration = Duration::from_mins(15);
/// Listing a handful of commits takes milliseconds.
const GIT_WITHIN: Duration = Duration::from_secs(30);
/// Where a server is that nobody has told otherwise.
const USUAL_ADDRESS: &str = "http://127.0.0.1:8000";

pub(crate) async fn demo(arguments: DemoArguments) -> anyhow::Result<ExitCode> {
    let data_dir = tempfile::Builder::new().prefix("agency-demo-").tempdir().context("making a directory for the demo")?.keep();
    let settings = settings(load(arguments.config.clone())?, &data_dir);
    telemetry::init(&settings.log)?;
    say(&format!("The demo's server keeps its data in {}.", data_dir.display()))?;
    let running = Server::start(settings).await?;
    let outcome = play(&running, &arguments, &data_dir).await;
    if arguments.keep_serving && outcome.is_ok() {
        say("The server stays up until you press Ctrl-C.")?;
        tokio::signal::ctrl_c().await.context("waiting for Ctrl-C")?;
    }
    running.stop().await?;
    outcome
}

/// The user's settings, with what the demo needs of its own: a free port, a directory, the scripted model, and a log that leaves the stage to it.
fn settings(mut settings: Settings, data_dir: &Path) -> Settings {
    settings.server.host = "127.0.0.1".into();
    settings.server.port = 0;
    settings.database.url = format!("sqlite://{}", data_dir.join("agency.db").display());
    settings.data_dir = data_dir.to_owned();
    settings.demo.enabled = true;
    if settings.log.level == Settings::default().log.level {
        settings.log.level = "warn".into();
    }
    // It is the demo's alone, and gone with it.
    settings.server.login = false;
    settings
}

async fn play(running: &Running, arguments: &DemoArguments, data_dir: &Path) -> anyhow::Result<ExitCode> {
    let client = Client::new(&running.base_url(), None)?;
    let created = client.start_demo(&arguments.template).await?;
    let mut watcher = Watcher::begin(&client, created.pipeline.id).await?;
    let status = tokio::time::timeout(DEMO_WITHIN, to_the_end(&client, &mut watcher)).await.context("the demo did not end in time")??;
    let pipeline = &watcher.detail().pipeline;
    say("")?;
    say(&format!("Branch {} of {}:", pipeline.branch, pipeline.repo))?;
    print_commits(pipeline).await?;
    say(&format!("Usage: {} (scripted)", usage(&pipeline.usage)))?;
    if arguments.keep_serving {
        say(&format!("The page: {}/pipelines/{}", running.base_url(), pipeline.id))?;
    } else {
        say(&format!("The page: {USUAL_ADDRESS}/pipelines/{}, once this runs:", pipeline.id))?;
        say(&format!("  AGENCY_DATA_DIR={} agency serve", data_dir.display()))?;
    }
    Ok(if status == PipelineStatus::Succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn to_the_end(client: &Client, watcher: &mut Watcher) -> anyhow::Result<PipelineStatus> {
    loop {
        match watcher.next().await? {
            News::Ended(status) => return Ok(status),
            News::Waiting { approval_id } => {
                say("  The demo approves by itself; in your own pipelines, you decide.")?;
                let shown = client.approval(approval_id).await?;
                let decision = DecideApproval {
                    decision: ApprovalDecision::Approve,
                    comment: None,
                    decided_by: Some("the demo".into()),
                    back_to: None,
                    comments: Vec::new(),
                    digest: Some(shown.digest),
                };
                client.decide(approval_id, &decision).await?;
            }
            News::Paused { .. } => bail!("the demo is paused, and nobody is there to resume it"),
            News::Asked { .. } | News::Nothing => {}
        }
    }
}

/// `git log` of the branch, without anything that the repository could have configured.
async fn print_commits(pipeline: &Pipeline) -> anyhow::Result<()> {
    let mut command = Command::new("git");
    command
        .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "log.showSignature=false", "--no-pager"])
        .arg("-C")
        .arg(&pipeline.repo)
        .args(["log", "--reverse", "--no-color", "--no-ext-diff", "--stat", "--format=%n  %h %s"])
        .arg(format!("{}..{}", pipeline.base_commit, pipeline.branch))
        .arg("--")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output =
        tokio::time::timeout(GIT_WITHIN, command.output()).await.context("git log did not end in time")?.context("running git log")?;
    if !output.status.success() {
        bail!("git log failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    for line in String::from_utf8_lossy(&output.stdout).lines().filter(|line| !line.is_empty()) {
        say(&format!("  {line}"))?;
    }
    Ok(())
}
