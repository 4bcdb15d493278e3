//! The hand-off desk: where the tool `submit_handoff` of a pipeline arrives, and where its runner picks it up.
//!
//! Each pipeline has a secret of its own while an attempt is under way; one attempt is under way at a time, so a call needs no more
//! than the pipeline's id and that secret.

use agency_domain::PipelineId;
use agency_domain::agents::SubmittedHandoff;
use agency_domain::handoffs::{HandoffRecord, parse_arguments, tool_schema};
use agency_domain::reviews::ReviewRules;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use subtle::ConstantTimeEq;

/// What the tool answers the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubmitAnswer {
    /// Taken; the text tells the model to end its turn.
    Accepted(String),
    /// Not taken; the text says what to mend. The model calls again in the same turn.
    Mend(String),
    /// Unknown pipeline or wrong secret: answer 401.
    Denied,
}

/// The tool as `tools/list` shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolOffer {
    pub name: &'static str,
    pub description: &'static str,
    pub input_schema: Value,
}

/// Name of the tool within the MCP server `agency`.
const TOOL: &str = "submit_handoff";

/// What an attempt's hand-off is held to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expected {
    pub(crate) verdict_required: bool,
    /// Of a reviewing step.
    pub(crate) review: Option<ReviewRules>,
    /// Ids of which it has to say something.
    pub(crate) to_answer_for: Vec<String>,
}

impl Expected {
    /// What is wrong with a record, in words for the model.
    pub(crate) fn fault(&self, record: &HandoffRecord) -> Option<String> {
        self.review.as_ref().and_then(|rules| rules.fault(record))
    }

    /// What a record is silent about though it must not be, in words for the model.
    fn reminder(&self, record: &HandoffRecord) -> Option<String> {
        let silent = record.silent_about(&self.to_answer_for);
        let ids = silent.join(", ");
        (!silent.is_empty()).then(|| {
            format!("you were sent {ids}, and your hand-off says nothing of it: say what you did about each, and list it in acknowledged")
        })
    }

    fn read(&self, arguments: &Value) -> Result<HandoffRecord, String> {
        let record = parse_arguments(arguments, self.verdict_required).map_err(|fault| fault.to_string())?;
        match self.fault(&record) {
            Some(fault) => Err(fault),
            None => Ok(record),
        }
    }
}

#[derive(Default)]
pub(crate) struct Desk {
    counters: Mutex<HashMap<PipelineId, Counter>>,
}

struct Counter {
    secret: String,
    /// `None` between attempts: a late call is then answered with what to do.
    expecting: Option<Expecting>,
}

struct Expecting {
    asked: Expected,
    submitted: Option<SubmittedHandoff>,
    /// Whether the agent was told once what its hand-off is silent about. The second one is taken as it is.
    reminded: bool,
}

impl Expecting {
    /// What the agent is to be reminded of, the first time that there is something.
    fn remind(&mut self, record: &HandoffRecord) -> Option<String> {
        if self.reminded {
            return None;
        }
        let reminder = self.asked.reminder(record)?;
        self.reminded = true;
        Some(reminder)
    }
}

impl Desk {
    /// Opens a counter for a pipeline, in place of an earlier one.
    pub(crate) fn open(&self, pipeline: PipelineId, secret: String) {
        self.lock().insert(pipeline, Counter { secret, expecting: None });
    }

    pub(crate) fn close(&self, pipeline: PipelineId) {
        self.lock().remove(&pipeline);
    }

    /// Begins to take hand-offs for an attempt; what was submitted before is forgotten.
    pub(crate) fn expect(&self, pipeline: PipelineId, asked: Expected) {
        if let Some(counter) = self.lock().get_mut(&pipeline) {
            counter.expecting = Some(Expecting { asked, submitted: None, reminded: false });
        }
    }

    /// As with the tool, for a hand-off that came another way: what its agent is to be reminded of, once in an attempt.
    pub(crate) fn remind(&self, pipeline: PipelineId, record: &HandoffRecord) -> Option<String> {
        self.lock().get_mut(&pipeline)?.expecting.as_mut()?.remind(record)
    }

    /// What was submitted last for the attempt under way. It stays until the next `expect`.
    pub(crate) fn submitted(&self, pipeline: PipelineId) -> Option<SubmittedHandoff> {
        self.lock().get(&pipeline)?.expecting.as_ref()?.submitted.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<PipelineId, Counter>> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl crate::Engine {
    /// Takes a call of `submit_handoff`.
    pub fn submit_handoff(&self, pipeline: PipelineId, secret: &str, arguments: &Value) -> SubmitAnswer {
        let mut counters = self.shared.desk.lock();
        let Some(counter) = counters.get_mut(&pipeline).filter(|counter| is_same(&counter.secret, secret)) else {
            return SubmitAnswer::Denied;
        };
        let Some(expecting) = counter.expecting.as_mut() else {
            return SubmitAnswer::Mend("No step of this pipeline is under way, so there is nothing to hand off. End your turn.".into());
        };
        match expecting.asked.read(arguments) {
            Ok(record) => {
                let reminder = expecting.remind(&record);
                // It counts, should the agent have nothing more to say.
                expecting.submitted = Some(record.into());
                if let Some(reminder) = reminder {
                    return SubmitAnswer::Mend(format!("Not complete: {reminder}. Call {TOOL} once more with the whole hand-off."));
                }
                SubmitAnswer::Accepted("Accepted. Your hand-off is recorded; end your turn now.".into())
            }
            Err(fault) => SubmitAnswer::Mend(format!("Not accepted: {}. Mend it and call {TOOL} again.", fault.trim_end_matches('.'))),
        }
    }

    /// The tool that this pipeline's agent is offered; `None` where the secret is wrong.
    pub fn offered_tool(&self, pipeline: PipelineId, secret: &str) -> Option<ToolOffer> {
        let counters = self.shared.desk.lock();
        counters.get(&pipeline).filter(|counter| is_same(&counter.secret, secret))?;
        // The schema is asked for once, when the server starts, before any attempt: whether a verdict is required is checked at the call.
        Some(ToolOffer {
            name: TOOL,
            description: "Hands your work to the next step. Call it exactly once, as the last thing you do. A reviewing step must give a verdict.",
            input_schema: tool_schema(false),
        })
    }
}

fn is_same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}
