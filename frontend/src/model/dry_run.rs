//! What a request would start, in words.

use super::format::count;
use agency_contract::{DryRun, DryRunStep};

/// One step of a dry run.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub title: String,
    /// What is sent or run, each with its name.
    pub texts: Vec<(&'static str, String)>,
}

pub fn lines(dry: &DryRun) -> Vec<Line> {
    dry.steps.iter().map(line).collect()
}

fn line(step: &DryRunStep) -> Line {
    let model = step.model.as_ref().map(|model| format!(" · {model}"));
    let size = step.prompt_bytes.map(|bytes| format!(" · a prompt of {} bytes", count(bytes)));
    let back = step.back.as_ref().map(|back| format!(" · back to {}, at most {} times", back.back_to, back.max_rounds));
    let facts: String = [model, size, back].into_iter().flatten().collect();
    let commands = if step.commands.is_empty() { None } else { Some(step.commands.join("\n")) };
    let texts = [("Prompt", step.prompt.clone()), ("Role", step.role.clone()), ("Commands", commands), ("Question", step.question.clone())];
    Line {
        title: format!("{}. {}{facts}", step.order_index + 1, step.name),
        texts: texts.into_iter().filter_map(|(name, text)| Some((name, text?))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_step_says_what_it_would_send_and_where_it_may_go_back_to() {
        let step = |extra: serde_json::Value| {
            let mut step = json!({"order_index": 1, "kind": "agent", "name": "senior-reviewer", "model": null, "role": null, "prompt": null,
                "prompt_bytes": null, "commands": [], "question": null, "back": null});
            step.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            serde_json::from_value::<DryRunStep>(step).unwrap()
        };
        let agent = step(json!({"model": "scripted/m1", "role": "You review.", "prompt": "Do it.", "prompt_bytes": 12_000,
            "back": {"back_to": "developer", "max_rounds": 3}}));
        let texts = vec![("Prompt", "Do it.".to_owned()), ("Role", "You review.".to_owned())];
        let title = "2. senior-reviewer · scripted/m1 · a prompt of 12.0k bytes · back to developer, at most 3 times".to_owned();
        assert_eq!(line(&agent), Line { title, texts });
        let check = step(json!({"name": "check", "kind": "check", "commands": ["just test", "just check"]}));
        assert_eq!(line(&check), Line { title: "2. check".into(), texts: vec![("Commands", "just test\njust check".into())] });
    }
}
