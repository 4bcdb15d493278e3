//! Placeholders: fills a step's strings in from the request, so that one script works on any repository. Pure; called by `choice`. [`Step`] lists them.

use crate::asked::Asked;
use crate::script::{Step, ToolCall};
use serde_json::Value;

/// Heading of the part of a fix round's prompt that lists what is to be mended.
pub(crate) const OPEN_FINDINGS: &str = "## Open findings";
/// The kinds of id that a hand-off acknowledges: acceptance criteria, decisions, findings, questions.
const ID_KINDS: [&str; 6] = ["A", "AC", "D", "F", "M", "Q"];
/// `{{request}}` is one line of a text file; a longer one is cut here, in characters.
const REQUEST_CHARACTERS_MAX: usize = 120;

/// The values of one request's placeholders.
pub(crate) struct Filling {
    directory: String,
    request: String,
    finding: String,
    ids: Vec<String>,
}

impl Filling {
    pub(crate) fn of(asked: &Asked) -> Self {
        let findings = asked.user.split_once(OPEN_FINDINGS).map_or("", |(_before, after)| after);
        let finding = ids(findings).into_iter().find(|id| id.starts_with("F-"));
        Self {
            directory: asked.directory().to_owned(),
            request: request_line(&asked.user).chars().take(REQUEST_CHARACTERS_MAX).collect(),
            finding: finding.unwrap_or_else(|| "F-1".to_owned()),
            ids: ids(&asked.user),
        }
    }

    /// The step with all placeholders filled in.
    pub(crate) fn step(&self, step: &Step) -> Step {
        let tools = step.tools.iter().map(|tool| ToolCall { name: tool.name.clone(), args: self.value(&tool.args) }).collect();
        Step {
            text: self.text(&step.text),
            reasoning: self.text(&step.reasoning),
            tools,
            handoff: step.handoff.as_ref().map(|record| self.value(record)),
            ..step.clone()
        }
    }

    fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) if text == "{{ids}}" => self.ids.iter().cloned().map(Value::String).collect(),
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::Object(map) => Value::Object(map.iter().map(|(key, item)| (key.clone(), self.value(item))).collect()),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn text(&self, text: &str) -> String {
        // The directory last: it is the only one that a person chose, and may hold anything.
        text.replace("{{request}}", &self.request).replace("{{finding}}", &self.finding).replace("{{cwd}}", &self.directory)
    }
}

/// The first line of prose under the first heading that speaks of a request.
fn request_line(message: &str) -> &str {
    let mut under_request = message.lines().skip_while(|line| !(line.starts_with('#') && line.to_lowercase().contains("request")));
    let prose = |line: &&str| !line.is_empty() && !line.starts_with(['#', '<', '`', '~']);
    under_request
        .find_map(|line| Some(line.trim_start_matches('>').trim()).filter(prose))
        .or_else(|| message.lines().map(str::trim).find(prose))
        .unwrap_or("nothing was asked for")
}

/// Ids such as `AC-1` in order of first mention, each once.
fn ids(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in text.split(|character: char| !(character.is_ascii_alphanumeric() || character == '-')) {
        let is_id = word.split_once('-').is_some_and(|(kind, number)| {
            ID_KINDS.contains(&kind) && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        });
        if is_id && !found.iter().any(|id| id == word) {
            found.push(word.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asked::tests::asked;
    use serde_json::json;

    const PROMPT: &str = "# Step\n\n## The original request\n\n```\nAdd a flag (AC-1)\n```\n\n## Open findings\n\n- F-7 (major): broken, see AC-2 and AC-1\n";

    fn filled(step: &Step) -> Step {
        let system = "<env>\n  Working directory: /srv/tree\n</env>";
        Filling::of(&asked(json!({"messages": [{"role": "system", "content": system}, {"role": "user", "content": PROMPT}]}))).step(step)
    }

    #[test]
    fn placeholders_are_filled_in_wherever_a_string_stands() {
        let step = filled(&Step::tool("write", json!({"filePath": "{{cwd}}/a", "deep": [{"x": "{{request}}"}]})).saying("{{finding}}"));
        assert_eq!(step.tools[0].args, json!({"filePath": "/srv/tree/a", "deep": [{"x": "Add a flag (AC-1)"}]}));
        assert_eq!(step.text, "F-7");
    }

    #[test]
    fn ids_are_a_list_of_what_the_prompt_mentions() {
        let step = filled(&Step::handoff(json!({"acknowledged": "{{ids}}"})));
        assert_eq!(step.handoff, Some(json!({"acknowledged": ["AC-1", "F-7", "AC-2"]})));
    }

    #[test]
    fn a_prompt_without_headings_is_its_own_request() {
        assert_eq!(request_line("Say hello.\nThen stop."), "Say hello.");
        assert_eq!(request_line(""), "nothing was asked for");
    }

    #[test]
    fn words_that_only_look_like_ids_are_not_ids() {
        assert_eq!(ids("UTF-8 F- AC-x PDF-1 F-2."), ["F-2"]);
    }
}
