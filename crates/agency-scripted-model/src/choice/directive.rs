//! Directives: a scenario that the newest user message asks for by itself.
//!
//! `[[mock:NAME]]` plays a scenario for whoever reads it; `[[mock:AGENT=NAME]]` only for the agent whose system prompt says
//! `You are the AGENT`, so that the text of one request can make one agent of a chain misbehave; `[[script:[{…},{…}]]]` holds the steps
//! themselves. An agent's own directive goes before a general one; of several alike the last counts.

use crate::asked::Asked;
use crate::script::Step;

const SCENARIO: &str = "[[mock:";
const STEPS: &str = "[[script:";

pub(crate) enum Directive {
    Named(String),
    Steps(Vec<Step>),
}

pub(crate) fn read(asked: &Asked) -> Option<Directive> {
    if let Some((_before, steps)) = asked.user.split_once(STEPS) {
        return Some(inline(steps));
    }
    let names: Vec<&str> = asked.user.split(SCENARIO).skip(1).filter_map(|rest| rest.split_once("]]")).map(|(name, _rest)| name).collect();
    let own = names.iter().rev().filter_map(|name| name.split_once('=')).find(|(agent, _name)| is_agent(asked, agent));
    let general = || names.iter().rev().find(|name| !name.contains('='));
    own.map(|(_agent, name)| name).or_else(|| general().copied()).map(|name| Directive::Named(name.to_owned()))
}

fn is_agent(asked: &Asked, agent: &str) -> bool {
    asked.system.contains(&format!("You are the {agent}"))
}

/// Reads the JSON list at the start of `text`; what is not one is answered in words, so that the mistake shows.
fn inline(text: &str) -> Directive {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Vec<Step>>();
    let steps = match values.next() {
        Some(Ok(steps)) => steps,
        Some(Err(error)) => vec![Step::text(format!("The script in the message does not fit: {error}"))],
        None => vec![Step::text("The script in the message is empty.")],
    };
    Directive::Steps(steps)
}
