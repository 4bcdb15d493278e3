//! Holding a run in one's hands: pause, resume, retry, say, accept.

use super::list::word;
use crate::cli::{AcceptArguments, PauseArguments, ResumeArguments, RetryArguments, SayArguments};
use crate::client::Client;
use crate::output::{one_line, say};
use agency_contract::{AcceptCriterion, PausePipeline, PipelineDetail, PipelineStatus, ResumePipeline, RetryStep, SendMessage, Step};
use anyhow::{anyhow, bail};
use std::process::ExitCode;

pub(crate) async fn pause(client: &Client, arguments: PauseArguments) -> anyhow::Result<ExitCode> {
    let detail = client.pause(arguments.id, &PausePipeline { now: arguments.now, by: named(arguments.by) }).await?;
    match detail.pipeline.pause_requested {
        Some(_) => say(&format!("Pipeline {} pauses once the attempt under way has ended.", arguments.id))?,
        None => print_status(&detail)?,
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn resume(client: &Client, arguments: ResumeArguments) -> anyhow::Result<ExitCode> {
    let request = ResumePipeline { budget: arguments.budget.ceilings(), by: named(arguments.by) };
    print_status(&client.resume(arguments.id, &request).await?)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn retry(client: &Client, arguments: RetryArguments) -> anyhow::Result<ExitCode> {
    let RetryArguments { id, step, model, instruction, by } = arguments;
    let step_id = match step {
        Some(wanted) => Some(find_step(&client.pipeline(id).await?.steps, &wanted)?),
        None => None,
    };
    let detail = client.retry(id, &RetryStep { step_id, model, instruction, comments: Vec::new(), by: named(by) }).await?;
    let current = detail.steps.iter().find(|step| Some(step.id) == detail.pipeline.current_step_id);
    let name = current.map(|step| format!(" at {}", step.agent_name)).unwrap_or_default();
    say(&format!("Pipeline {id} goes on{name}."))?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn send(client: &Client, arguments: SayArguments) -> anyhow::Result<ExitCode> {
    let SayArguments { id, text, by } = arguments;
    let detail = client.send_message(id, &SendMessage { text, comments: Vec::new(), by: named(by) }).await?;
    let is_at_work = detail.steps.iter().flat_map(|step| &step.attempts).any(|attempt| attempt.finished_at.is_none());
    let who = if is_at_work { "The agent that works is sent it." } else { "The next attempt is sent it." };
    say(who)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn accept(client: &Client, arguments: AcceptArguments) -> anyhow::Result<ExitCode> {
    let AcceptArguments { id, criterion, reason, by } = arguments;
    let detail = client.accept_criterion(id, &criterion, &AcceptCriterion { reason, by: named(by) }).await?;
    say(&format!("{criterion} is accepted."))?;
    print_status(&detail)?;
    Ok(ExitCode::SUCCESS)
}

/// Where it stands, and why where it stands still.
fn print_status(detail: &PipelineDetail) -> anyhow::Result<()> {
    let pipeline = &detail.pipeline;
    say(&format!("Pipeline {} is {}.", pipeline.id, word(&pipeline.status)))?;
    if let Some(reason) = pipeline.status_reason.as_ref().filter(|_| pipeline.status == PipelineStatus::Paused) {
        say(&format!("  {}", one_line(&reason.message, 400)))?;
    }
    Ok(())
}

/// A name that says something; the server knows one for nobody.
pub(crate) fn named(by: Option<String>) -> Option<String> {
    by.filter(|by| !by.trim().is_empty())
}

/// A step by its number in the chain, or by the name of its agent.
pub(super) fn find_step(steps: &[Step], wanted: &str) -> anyhow::Result<i64> {
    if let Ok(number) = wanted.parse::<usize>() {
        let step = number.checked_sub(1).and_then(|index| steps.get(index));
        return step.map(|step| step.id).ok_or_else(|| anyhow!("there is no step {number}; the chain has {}", steps.len()));
    }
    let fitting: Vec<&Step> = steps.iter().filter(|step| step.agent_name == wanted).collect();
    match fitting.as_slice() {
        [one] => Ok(one.id),
        [] => {
            let names: Vec<&str> = steps.iter().map(|step| step.agent_name.as_str()).collect();
            bail!("no step has the agent {wanted:?}; there are: {}", names.join(", "))
        }
        several => {
            let numbers: Vec<String> = several.iter().map(|step| (step.order_index + 1).to_string()).collect();
            bail!("{wanted} is at several steps; name one by its number: {}", numbers.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn chain(names: &[&str]) -> Vec<Step> {
        let step = |(index, name): (usize, &&str)| {
            serde_json::from_value(json!({ "id": index + 11, "order_index": index, "kind": "agent", "agent_name": name, "description": "",
                "status": "pending", "commands": [], "rounds": 0, "attempts": [] }))
            .unwrap()
        };
        names.iter().enumerate().map(step).collect()
    }

    #[test]
    fn a_step_is_found_by_what_the_list_shows() {
        let steps = chain(&["developer", "check", "senior-reviewer", "check"]);
        assert_eq!(find_step(&steps, "3").unwrap(), 13);
        assert_eq!(find_step(&steps, "senior-reviewer").unwrap(), 13);
        for (wanted, part) in [("0", "no step 0"), ("5", "the chain has 4"), ("check", "2, 4"), ("qa", "senior-reviewer")] {
            let error = find_step(&steps, wanted).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
