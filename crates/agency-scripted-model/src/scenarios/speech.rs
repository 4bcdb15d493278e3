//! What a model says without tools, and how it stops.

use super::Entry;
use crate::script::Step;
use serde_json::json;

pub(super) const SCENARIOS: &[Entry] = &[
    ("text", text),
    ("slow", || vec![Step::text("word ".repeat(SLOW_WORDS)).paced(SLOW_WORD_MS)]),
    ("reasoning", || vec![Step::text("Thought and done.").thinking("Let me think about it. ")]),
    ("empty", || vec![Step::default()]),
    ("huge", || vec![Step { repeat_text: Some(HUGE_SENTENCES), ..Step::text("lorem ipsum dolor sit amet ") }]),
    ("usage_cached", || vec![used(1000, 200, Some((600, 50)))]),
    ("big_usage", big_usage),
    ("length", || vec![finished("cut off", "length")]),
    ("content_filter", || vec![finished("", "content_filter")]),
    ("unknown_finish", || vec![finished("Stopped for a reason of its own.", "tired")]),
];

/// `slow` takes ten seconds: long enough to be interrupted, short enough to wait for.
const SLOW_WORDS: usize = 40;
const SLOW_WORD_MS: u64 = 250;
/// `huge` is 40 000 chunks, which is known to block OpenCode's event loop for seconds.
const HUGE_SENTENCES: u32 = 8_000;
/// `big_usage` claims more than the 200 000 tokens of context that our models are configured with.
const BIG_PROMPT_TOKENS: u64 = 999_999;

/// What is said when nothing else matches.
pub(crate) fn text() -> Vec<Step> {
    vec![Step::text("Done with it.")]
}

fn finished(text: &str, finish: &str) -> Step {
    Step { finish: Some(finish.to_owned()), ..Step::text(text) }
}

fn used(prompt: u64, completion: u64, cached_and_reasoning: Option<(u64, u64)>) -> Step {
    let mut usage = json!({ "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion });
    if let Some((cached, reasoning)) = cached_and_reasoning {
        usage["prompt_tokens_details"] = json!({ "cached_tokens": cached });
        usage["completion_tokens_details"] = json!({ "reasoning_tokens": reasoning });
    }
    Step { usage: Some(usage), ..Step::text("ok") }
}

fn big_usage() -> Vec<Step> {
    let step = used(BIG_PROMPT_TOKENS, 5, None).and_tool("bash", json!({ "command": "true", "description": "Does nothing" }));
    vec![step, Step::text("After the compaction.")]
}
