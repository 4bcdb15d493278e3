//! The configuration that a server is started with: the user's providers and models, our agents and limits, and nothing of the project's.

use crate::settings::ScriptedProvider;
use crate::user_config::UserConfig;
use agency_domain::agents::{Access, Agent};
use serde_json::{Map, Value, json};
use std::path::Path;

/// Name of our MCP server; OpenCode puts it before the tool's own name.
pub(crate) const MCP_SERVER: &str = "agency";
/// The hand-off tool as models see it, and as permission rules name it.
pub(crate) const HANDOFF_TOOL: &str = "agency_submit_handoff";
/// The provider of the demo's model.
pub(crate) const SCRIPTED: &str = "scripted";
/// OpenCode waits five minutes for headers and for each chunk, six times over. Slow models say something within two.
const PROVIDER_SILENCE_MS_MAX: u64 = 120_000;
const SCRIPTED_MODELS: [&str; 3] = ["demo", "m1", "slow-developer"];

/// What a configuration is made of.
pub(crate) struct Inputs<'a> {
    pub(crate) user: &'a UserConfig,
    pub(crate) agents: &'a [Agent],
    /// Runs the agents' commands.
    pub(crate) shell: &'a Path,
    /// Where a step asks for the scripted model.
    pub(crate) scripted: Option<&'a ScriptedProvider>,
}

/// The configuration as far as it is the same for every worktree.
pub(crate) fn build(inputs: &Inputs<'_>) -> Value {
    let mut config = inputs.user.settings.clone();
    add_scripted(&mut config, inputs.scripted);
    limit_silence(&mut config, inputs);
    if let (Some(model), false) = (config.get("model").cloned(), config.contains_key("small_model")) {
        // Else OpenCode chooses one itself, which may be of another provider.
        config.insert("small_model".into(), model);
    }
    let agents: Map<String, Value> = inputs.agents.iter().map(|agent| (agent.name.to_string(), entry(agent))).collect();
    config.insert("agent".into(), Value::Object(agents));
    config.insert("shell".into(), json!(inputs.shell));
    config.insert("share".into(), json!("disabled"));
    for key in ["autoupdate", "snapshot", "lsp", "formatter"] {
        config.insert(key.into(), json!(false));
    }
    Value::Object(config)
}

/// What one worktree adds to it: the instructions of its own, which we read in the project's place.
pub(crate) fn of_worktree(worktree: &Path) -> Map<String, Value> {
    let instructions = worktree.join("AGENTS.md");
    // A link could lead out of the worktree, to anything that we can read.
    let is_file = instructions.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
    is_file.then(|| ("instructions".to_owned(), json!([instructions]))).into_iter().collect()
}

fn entry(agent: &Agent) -> Value {
    let mut entry = agent.options.clone();
    entry.insert("mode".into(), json!("primary"));
    entry.insert("description".into(), json!(agent.description));
    entry.insert("prompt".into(), json!(agent.prompt));
    entry.insert("permission".into(), Value::Object(permission(agent)));
    if let Some(model) = &agent.model {
        entry.insert("model".into(), json!(model.as_str()));
    }
    Value::Object(entry)
}

/// The agent's own rules, and behind them, where they win, ours: hand off, ask nobody, start nobody, and change nothing where it only reads.
fn permission(agent: &Agent) -> Map<String, Value> {
    let mut rules = match (&agent.permission, agent.access) {
        (Value::Object(rules), _) => rules.clone(),
        (Value::String(action), _) => Map::from_iter([("*".to_owned(), json!(action))]),
        (_absent, Access::ReadOnly) => [("*", "deny"), ("read", "allow"), ("grep", "allow"), ("glob", "allow"), ("todowrite", "allow")]
            .map(|(name, action)| (name.to_owned(), json!(action)))
            .into_iter()
            .collect(),
        (_absent, Access::Write) => Map::new(),
    };
    let mut last = |name: &str, action: &str| {
        // A key that is there already would keep its place.
        rules.shift_remove(name);
        rules.insert(name.to_owned(), json!(action));
    };
    last(HANDOFF_TOOL, "allow");
    last("question", "deny");
    last("task", "deny");
    match agent.access {
        Access::ReadOnly => last("edit", "deny"),
        Access::Write => {}
    }
    rules
}

fn add_scripted(config: &mut Map<String, Value>, scripted: Option<&ScriptedProvider>) {
    let Some(scripted) = scripted else { return };
    if let Some(enabled) = config.get_mut("enabled_providers").and_then(Value::as_array_mut) {
        enabled.push(json!(SCRIPTED));
    }
    let providers = object(config, "provider");
    if providers.contains_key(SCRIPTED) {
        return;
    }
    let model = |id: &str| {
        let limits = json!({ "context": 200_000, "output": 8192 });
        let takes = json!({ "input": ["text", "image", "pdf"], "output": ["text"] });
        let cost = json!({ "input": 3.0, "output": 15.0 });
        json!({ "name": format!("Scripted: {id}"), "limit": limits, "cost": cost, "attachment": true, "modalities": takes })
    };
    let models: Map<String, Value> = SCRIPTED_MODELS.iter().map(|id| ((*id).to_owned(), model(id))).collect();
    let provider = json!({
        "npm": "@ai-sdk/openai-compatible",
        "name": "Scripted model",
        // Nothing is checked; it only has to be there.
        "options": { "baseURL": scripted.base_url, "apiKey": "scripted" },
        "models": models,
    });
    providers.insert(SCRIPTED.into(), provider);
}

/// Bounds how long a provider may be silent, for every provider that we know will be asked, unless the user said how long.
fn limit_silence(config: &mut Map<String, Value>, inputs: &Inputs<'_>) {
    let named = ["model", "small_model"].iter().filter_map(|key| config.get(*key)?.as_str()?.split_once('/'));
    let named = named.map(|(provider, _model)| provider.to_owned());
    let of_agents = inputs.agents.iter().filter_map(|agent| agent.model.as_ref()).map(|model| model.provider().to_owned());
    let asked: Vec<String> = named.chain(of_agents).chain(inputs.user.auth_providers.iter().cloned()).collect();
    let providers = object(config, "provider");
    for provider in asked {
        object(providers, &provider);
    }
    for provider in providers.values_mut().filter_map(Value::as_object_mut) {
        let options = object(provider, "options");
        for limit in ["headerTimeout", "chunkTimeout"] {
            options.entry(limit).or_insert_with(|| json!(PROVIDER_SILENCE_MS_MAX));
        }
    }
}

/// The object under `key`, made where there is none.
fn object<'a>(parent: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    let value = parent.entry(key).or_insert_with(|| json!({}));
    if !value.is_object() {
        *value = json!({});
    }
    value.as_object_mut().expect("is an object: made one above")
}

#[cfg(test)]
mod tests {
    use super::*;
    use agency_domain::{AgentName, ModelName};

    fn agent(access: Access, permission: Value) -> Agent {
        Agent {
            name: AgentName::parse("developer").unwrap(),
            description: "Writes code".into(),
            prompt: "You write code.".into(),
            model: ModelName::parse("anthropic/large").ok(),
            access,
            reviews: false,
            permission,
            options: Map::from_iter([("temperature".to_owned(), json!(0.2))]),
            sha256: String::new(),
        }
    }

    fn built(user: &Value, agent: Agent, scripted: Option<&ScriptedProvider>) -> Value {
        let user = UserConfig { settings: user.as_object().unwrap().clone(), ..UserConfig::default() };
        build(&Inputs { user: &user, agents: &[agent], shell: Path::new("/private/bash"), scripted })
    }

    #[test]
    fn our_rules_stand_behind_the_agents_own_so_that_they_win() {
        let own = json!({"question": "allow", "*": "deny", "edit": "allow", "agency_submit_handoff": "deny"});
        let rules = permission(&agent(Access::ReadOnly, own));
        let order: Vec<&str> = rules.keys().map(String::as_str).collect();
        assert_eq!(order, ["*", "agency_submit_handoff", "question", "task", "edit"]);
        assert_eq!(rules["agency_submit_handoff"], "allow");
        assert_eq!((&rules["question"], &rules["edit"]), (&json!("deny"), &json!("deny")));
    }

    #[test]
    fn rules_keep_the_order_that_the_author_gave_them() {
        let own = json!({"bash": {"*": "ask", "git *": "deny", "cargo *": "allow"}, "edit": "allow"});
        let rules = permission(&agent(Access::Write, own.clone()));
        assert_eq!(serde_json::to_string(&rules["bash"]).unwrap(), serde_json::to_string(&own["bash"]).unwrap());
        assert_eq!(rules.keys().next().unwrap(), "bash");
    }

    #[test]
    fn a_reader_without_rules_may_only_read() {
        let rules = permission(&agent(Access::ReadOnly, Value::Null));
        assert_eq!(rules["*"], "deny");
        assert!(!rules.contains_key("bash"));
    }

    #[test]
    fn agents_are_injected_and_everything_that_phones_home_is_off() {
        let config = built(&json!({"model": "mine/big"}), agent(Access::Write, json!({})), None);
        let developer = &config["agent"]["developer"];
        assert_eq!((&developer["mode"], &developer["temperature"]), (&json!("primary"), &json!(0.2)));
        assert_eq!(developer["model"], "anthropic/large");
        assert_eq!(config["share"], "disabled");
        for key in ["autoupdate", "snapshot", "lsp", "formatter"] {
            assert_eq!(config[key], false, "{key}");
        }
        assert_eq!((&config["small_model"], &config["shell"]), (&json!("mine/big"), &json!("/private/bash")));
    }

    #[test]
    fn silence_of_each_provider_is_limited_unless_the_user_did() {
        let user = json!({"model": "mine/big", "provider": {"mine": {"options": {"chunkTimeout": 5}}}});
        let config = built(&user, agent(Access::Write, json!({})), None);
        assert_eq!(config["provider"]["mine"]["options"], json!({"chunkTimeout": 5, "headerTimeout": 120_000}));
        assert_eq!(config["provider"]["anthropic"]["options"]["headerTimeout"], 120_000);
    }

    #[test]
    fn instructions_are_the_worktrees_own_file_and_never_a_link() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("AGENTS.md");
        std::fs::write(&file, "Be kind.").unwrap();
        assert_eq!(of_worktree(directory.path()), Map::from_iter([("instructions".to_owned(), json!([file]))]));
        std::fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", &file).unwrap();
        assert_eq!(of_worktree(directory.path()), Map::new());
    }

    #[test]
    fn the_scripted_model_is_added_and_the_users_own_is_left() {
        let scripted = ScriptedProvider { base_url: "http://127.0.0.1:9/v1".into() };
        let user = json!({"enabled_providers": ["mine"]});
        let config = built(&user, agent(Access::Write, json!({})), Some(&scripted));
        let provider = &config["provider"]["scripted"];
        assert_eq!(provider["options"]["baseURL"], "http://127.0.0.1:9/v1");
        assert_eq!(provider["models"]["slow-developer"]["limit"]["context"], 200_000);
        assert_eq!(config["enabled_providers"], json!(["mine", "scripted"]));

        let user = json!({"provider": {"scripted": {"options": {"baseURL": "http://other"}}}});
        let config = built(&user, agent(Access::Write, json!({})), Some(&scripted));
        assert_eq!(config["provider"]["scripted"]["options"]["baseURL"], "http://other");
    }
}
