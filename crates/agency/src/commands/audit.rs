//! The audit log: verified, and taken along as a file.

use crate::cli::AuditCommand;
use crate::client::{Chunks, Client};
use crate::output::{say, write_bytes};
use agency_contract::AuditVerification;
use anyhow::Context;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(crate) async fn audit(client: &Client, command: AuditCommand) -> anyhow::Result<ExitCode> {
    match command {
        AuditCommand::Verify => {
            let found = client.verify_audit().await?;
            say(&words(&found))?;
            Ok(if found.broken_at.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
        }
        AuditCommand::Export { format, pipeline, filter, output } => {
            let chunks = client.export_audit(format.as_str(), pipeline, &filter).await?;
            keep(chunks, output).await
        }
    }
}

/// What was found, and what to do about it.
fn words(found: &AuditVerification) -> String {
    let AuditVerification { verified_up_to, events, head, broken_at } = found;
    match broken_at {
        Some(broken) => {
            let before = match events {
                0 => "No event before it is known to match.".to_owned(),
                1 => format!("The one event before it, {verified_up_to}, matches."),
                many => format!("The {many} events before it, up to event {verified_up_to}, match."),
            };
            format!(
                "The audit log was changed. Event {broken} is the first that does not match: it was changed or removed, or something before it was.\n\
                 {before}\n\
                 Copy the database before you do anything else, and compare event {broken} and those around it with a backup or an earlier export."
            )
        }
        None if *events == 0 => "The audit log has no events yet.".to_owned(),
        None => format!(
            "The audit log matches its hashes: {events} events, up to event {verified_up_to}.\n\
             The hash of event {verified_up_to} is {head}.\n\
             Note it somewhere else: as long as that event has that hash, everything up to it is what it is now."
        ),
    }
}

/// Writes what the server sends, to a file or to standard output.
async fn keep(mut chunks: Chunks, output: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    // Made once the server has said yes, so that a refusal does not empty a file that was there.
    let mut file = output.as_deref().map(make).transpose()?;
    let whole = async {
        while let Some(chunk) = chunks.next().await? {
            match &mut file {
                Some(file) => file.write_all(chunk.as_ref())?,
                None => write_bytes(chunk.as_ref())?,
            }
        }
        file.as_ref().map_or(Ok(()), File::sync_all).context("writing it to the disk")
    };
    let place = output.as_deref().map_or_else(|| "what was printed".to_owned(), |path| path.display().to_string());
    whole.await.with_context(|| format!("{place} is not the whole log"))?;
    Ok(ExitCode::SUCCESS)
}

fn make(path: &Path) -> anyhow::Result<File> {
    File::create(path).with_context(|| format!("making {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(verified_up_to: i64, events: u64, broken_at: Option<i64>) -> String {
        words(&AuditVerification { verified_up_to, events, head: "5e".repeat(32), broken_at })
    }

    #[test]
    fn a_log_that_matches_names_what_to_keep() {
        let text = found(41, 17, None);
        assert!(text.contains("17 events, up to event 41") && text.contains(&"5e".repeat(32)), "{text}");
        assert_eq!(found(0, 0, None), "The audit log has no events yet.");
    }

    #[test]
    fn a_log_that_was_changed_names_the_first_event_that_does_not_match() {
        for (verified_up_to, events, broken, before) in [
            (0, 0, 1, "No event before it is known to match."),
            (1, 1, 3, "The one event before it, 1, matches."),
            (40, 16, 41, "The 16 events before it, up to event 40, match."),
        ] {
            let text = found(verified_up_to, events, Some(broken));
            assert!(text.contains(&format!("Event {broken} is the first that does not match")) && text.contains(before), "{text}");
        }
    }
}
