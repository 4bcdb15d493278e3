//! A template's chain as this run wants it: steps are left out, and after others a person is asked. The draft keeps places as `0,3`.

use agency_contract::NewStep;
use serde_json::Value;

/// The places that a field of the draft names.
pub fn places(text: &str) -> Vec<usize> {
    text.split(',').filter_map(|place| place.parse().ok()).collect()
}

/// As the wire has them; `null` for none, which is left out of a body.
pub fn sent(text: &str) -> Value {
    let places: Vec<Value> = places(text).into_iter().map(Value::from).collect();
    if places.is_empty() { Value::Null } else { places.into() }
}

/// The field once a place in it was switched.
pub fn toggled(text: &str, place: usize) -> String {
    let mut kept = places(text);
    if kept.contains(&place) {
        kept.retain(|known| *known != place);
    } else {
        kept.insert(kept.partition_point(|known| *known < place), place);
    }
    kept.iter().map(usize::to_string).collect::<Vec<_>>().join(",")
}

/// The chain as it will be, for the preview; the server makes the real one.
pub fn preview(steps: &[NewStep], skip: &str, ask_after: &str) -> Vec<NewStep> {
    let (skip, ask_after) = (places(skip), places(ask_after));
    let mut kept = steps.iter().enumerate().filter(|(place, _)| !skip.contains(place)).peekable();
    let mut chain = Vec::new();
    while let Some((place, step)) = kept.next() {
        chain.push(step.clone());
        let is_asked = step.approval.is_some() || kept.peek().is_some_and(|(_, next)| next.approval.is_some());
        if ask_after.contains(&place) && !is_asked {
            let question = match &step.agent {
                Some(agent) => format!("Go on after {agent}?"),
                None => "Go on after the check?".to_owned(),
            };
            chain.push(NewStep { approval: Some(question), ..NewStep::default() });
        }
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_switched_on_and_off() {
        assert_eq!(toggled("", 3), "3");
        assert_eq!(toggled("3", 0), "0,3");
        assert_eq!(toggled("0,3", 3), "0");
        assert_eq!(toggled("0", 0), "");
        assert_eq!((sent("0,3"), sent("")), (serde_json::json!([0, 3]), Value::Null));
    }

    #[test]
    fn the_preview_is_the_chain_that_the_server_makes() {
        let agent = |name: &str| NewStep { agent: Some(name.to_owned()), ..NewStep::default() };
        let gate = NewStep { approval: Some("Build this?".to_owned()), ..NewStep::default() };
        let steps = [agent("product-owner"), agent("architect"), gate, agent("developer"), agent("senior-reviewer")];
        let shown = |skip, ask_after| {
            let name = |step: NewStep| step.agent.or(step.approval).unwrap_or_default();
            preview(&steps, skip, ask_after).into_iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(shown("0,2", "3"), ["architect", "developer", "Go on after developer?", "senior-reviewer"]);
        assert_eq!(shown("", "1,2").len(), 5, "a person is asked there anyway");
        assert_eq!(shown("1", "1"), shown("1", ""));
    }
}
