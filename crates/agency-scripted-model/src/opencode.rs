//! The OpenCode configuration that leads to a scripted model. Written by the binary and by tests.

use crate::scenarios;
use serde_json::{Value, json};

/// The provider's name: `scripted/demo` is the demo's model.
pub const PROVIDER: &str = "scripted";

/// Dollars per million tokens, input and output, by model id. A model that is not here has no price, so its cost is unknown.
const PRICES: [(&str, f64, f64); 6] = [
    ("demo", 3.0, 15.0),
    ("m1", 1.0, 5.0),
    ("slow-developer", 1.0, 5.0),
    ("two-rounds", 1.0, 5.0),
    ("never-approves", 1.0, 5.0),
    ("usage_cached", 10.0, 20.0),
];

/// Takes text alone.
const BLIND: &str = "m1-unpriced";

/// The smallest sensible windows: large enough for every prompt of ours, small enough for `big_usage` to exceed.
const CONTEXT_TOKENS: u64 = 200_000;
const OUTPUT_TOKENS: u64 = 8_192;

/// Provider `scripted` at `base_url` with all model ids, and `scripted/demo` as the model of whoever names none.
pub fn config(base_url: &str) -> Value {
    let models: serde_json::Map<String, Value> = scenarios::names().into_iter().map(|id| (id.to_owned(), model(id))).collect();
    json!({
        "$schema": "https://opencode.ai/config.json",
        "model": format!("{PROVIDER}/demo"),
        "small_model": format!("{PROVIDER}/demo"),
        "provider": { PROVIDER: {
            "npm": "@ai-sdk/openai-compatible",
            "name": "Scripted model",
            // Nothing is checked: the key only has to be there.
            "options": { "baseURL": base_url, "apiKey": "scripted" },
            "models": models,
        } },
    })
}

fn model(id: &str) -> Value {
    let mut model = json!({ "name": format!("Scripted: {id}"), "limit": { "context": CONTEXT_TOKENS, "output": OUTPUT_TOKENS } });
    // It sees what it is shown, unless its name says otherwise: OpenCode passes on only what a model is said to take.
    if id != BLIND {
        model["attachment"] = json!(true);
        model["modalities"] = json!({ "input": ["text", "image", "pdf"], "output": ["text"] });
    }
    if id == "reasoning" || id == "demo" {
        model["reasoning"] = json!(true);
    }
    if let Some((_id, input, output)) = PRICES.iter().find(|(priced, _input, _output)| *priced == id) {
        model["cost"] = json!({ "input": input, "output": output });
    }
    model
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_is_a_model_and_only_some_have_a_price() {
        let config = config("http://127.0.0.1:9/v1");
        let models = config["provider"]["scripted"]["models"].as_object().unwrap();
        assert_eq!(models.len(), scenarios::names().len());
        assert_eq!(models["m1"]["limit"], json!({ "context": 200_000, "output": 8_192 }));
        assert!(models["m1"]["cost"].is_object() && models["m1-unpriced"]["cost"].is_null());
        assert_eq!(config["model"], "scripted/demo");
        assert_eq!(config["provider"]["scripted"]["options"]["baseURL"], "http://127.0.0.1:9/v1");
    }

    #[test]
    fn every_price_belongs_to_a_model() {
        let names = scenarios::names();
        assert!(PRICES.iter().all(|(id, _input, _output)| names.contains(id)));
    }
}
