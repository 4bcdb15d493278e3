//! The user's own OpenCode set-up: providers, models and stored keys. Read and never written; agents, plugins, MCP servers and permissions
//! in it are not for pipelines.

use crate::environment::PROVIDER_KEYS;
use agency_domain::ModelName;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The keys that are taken over.
const KEYS: [&str; 5] = ["provider", "model", "small_model", "enabled_providers", "disabled_providers"];
/// OpenCode reads all of them, the later over the earlier.
const FILES: [&str; 3] = ["config.json", "opencode.json", "opencode.jsonc"];
/// Larger is no configuration.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What was found.
#[derive(Debug, Clone, Default)]
pub(crate) struct UserConfig {
    /// Only [`KEYS`].
    pub(crate) settings: Map<String, Value>,
    /// Stored keys, where there are any.
    pub(crate) auth_file: Option<PathBuf>,
    /// Providers that keys are stored for.
    pub(crate) auth_providers: Vec<String>,
    /// Whether one of them logs in rather than having a key.
    pub(crate) logs_in: bool,
    /// OpenCode's list of models, newer than the one in its binary.
    pub(crate) models_file: Option<PathBuf>,
    /// Names of variables that hold keys and are set.
    pub(crate) key_variables: Vec<String>,
}

impl UserConfig {
    /// Reads `file` where one is named, else what OpenCode itself would read. `variable` looks an environment variable up.
    ///
    /// # Errors
    /// In words, naming the file: it cannot be read, or is not JSON with comments.
    pub(crate) fn load(file: Option<&Path>, variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, String> {
        let mut config = match file {
            Some(file) => Self {
                settings: read(file)?.ok_or_else(|| format!("the OpenCode configuration {} does not exist", file.display()))?,
                ..Self::default()
            },
            None => Self::of_user(&variable)?,
        };
        config.settings.retain(|key, _value| KEYS.contains(&key.as_str()));
        let named = variables_named_in(&Value::Object(config.settings.clone()));
        let known = PROVIDER_KEYS.iter().map(|name| (*name).to_owned());
        let all: BTreeSet<String> = known.chain(named).collect();
        config.key_variables = all.into_iter().filter(|name| variable(name).is_some_and(|value| !value.is_empty())).collect();
        Ok(config)
    }

    fn of_user(variable: &impl Fn(&str) -> Option<OsString>) -> Result<Self, String> {
        let home = variable("HOME").map(PathBuf::from);
        let place = |name: &str, default: &str| {
            let named = variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
            named.or_else(|| Some(home.as_ref()?.join(default))).map(|base| base.join("opencode"))
        };
        let mut config = Self::default();
        if let Some(directory) = place("XDG_CONFIG_HOME", ".config") {
            for file in FILES {
                merge(&mut config.settings, read(&directory.join(file))?.unwrap_or_default());
            }
        }
        if let Some(file) = place("XDG_DATA_HOME", ".local/share").map(|directory| directory.join("auth.json")) {
            let stored = read(&file)?.unwrap_or_default();
            config.logs_in = stored.values().any(|entry| entry["type"] != "api");
            config.auth_providers = stored.into_iter().map(|(provider, _entry)| provider).collect();
            config.auth_file = (!config.auth_providers.is_empty()).then_some(file);
        }
        config.models_file = place("XDG_CACHE_HOME", ".cache").map(|directory| directory.join("models.json")).filter(|file| file.is_file());
        Ok(config)
    }

    /// `model`, where it is set and reads as one.
    pub(crate) fn default_model(&self) -> Option<ModelName> {
        ModelName::parse(self.settings.get("model")?.as_str()?).ok()
    }

    /// Whether there is any sign of a provider.
    pub(crate) fn names_a_provider(&self) -> bool {
        let configured = self.settings.get("provider").and_then(Value::as_object).is_some_and(|providers| !providers.is_empty());
        configured || self.settings.contains_key("model") || !self.auth_providers.is_empty() || !self.key_variables.is_empty()
    }
}

/// An object out of a JSONC file, with paths in `{file:…}` made absolute; `None` where there is no such file.
fn read(file: &Path) -> Result<Option<Map<String, Value>>, String> {
    let unreadable = |error: &dyn std::fmt::Display| format!("the OpenCode configuration {} cannot be read: {error}", file.display());
    match std::fs::metadata(file) {
        Ok(metadata) if metadata.len() > FILE_BYTES_MAX => return Err(unreadable(&"it is larger than 4 MiB")),
        Ok(_metadata) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&error)),
    }
    let text = std::fs::read_to_string(file).map_err(|error| unreadable(&error))?;
    let options = jsonc_parser::ParseOptions {
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_loose_object_property_names: false,
        ..Default::default()
    };
    let value: Option<Map<String, Value>> = jsonc_parser::parse_to_serde_value(&text, &options).map_err(|error| unreadable(&error))?;
    let mut value = Value::Object(value.unwrap_or_default());
    let directory = file.parent().unwrap_or(Path::new("/"));
    change_strings(&mut value, &|text| absolute_file_references(text, directory));
    match value {
        Value::Object(object) => Ok(Some(object)),
        _ => Err(unreadable(&"it is no object")),
    }
}

/// `{file:./key}` is relative to its configuration and `{file:~/key}` to the user's home: the server knows neither.
fn absolute_file_references(text: &str, directory: &Path) -> String {
    const OPEN: &str = "{file:";
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let Some((path, behind)) = after.split_once('}') else { break };
        let home = std::env::home_dir().unwrap_or_default();
        let absolute = path.strip_prefix("~/").map_or_else(|| directory.join(path), |path| home.join(path));
        out.push_str(&format!("{before}{OPEN}{}}}", absolute.display()));
        rest = behind;
    }
    out + rest
}

fn change_strings(value: &mut Value, change: &impl Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| change_strings(item, change)),
        Value::Object(entries) => entries.values_mut().for_each(|entry| change_strings(entry, change)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Names in `{env:NAME}`, and in the `env` lists of providers.
fn variables_named_in(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => {
            let references = text.split("{env:").skip(1);
            references.filter_map(|rest| rest.split_once('}')).map(|(name, _rest)| name.trim().to_owned()).collect()
        }
        Value::Array(items) => items.iter().flat_map(variables_named_in).collect(),
        Value::Object(entries) => {
            let listed = entries.get("env").and_then(Value::as_array).into_iter().flatten();
            let listed = listed.filter_map(|name| name.as_str().map(str::to_owned));
            listed.chain(entries.values().flat_map(variables_named_in)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
    .into_iter()
    .filter(|name| is_variable_name(name))
    .collect()
}

/// The names end up in a shell script.
fn is_variable_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Lays `over` over `base`, object by object.
pub(crate) fn merge(base: &mut Map<String, Value>, over: Map<String, Value>) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn written(directory: &Path, file: &str, text: &str) {
        let path = directory.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn comments_and_trailing_commas_are_read_and_only_providers_and_models_are_taken() {
        let home = tempfile::tempdir().unwrap();
        written(
            home.path(),
            ".config/opencode/opencode.jsonc",
            r#"{
                // my provider
                "model": "mine/big",
                "provider": {"mine": {"options": {"apiKey": "{env:MY_KEY}", "header": "{file:./token}"},},},
                "plugin": ["evil"], "permission": "allow", "agent": {"build": {}}, "mcp": {},
            }"#,
        );
        written(home.path(), ".config/opencode/opencode.json", r#"{"model":"mine/small","small_model":"mine/small"}"#);
        let at_home = home.path().to_owned();
        let config = UserConfig::load(None, move |name| match name {
            "HOME" => Some(at_home.clone().into()),
            "MY_KEY" | "OPENAI_API_KEY" => Some("k".into()),
            _ => None,
        })
        .unwrap();
        let keys: Vec<&str> = config.settings.keys().map(String::as_str).collect();
        assert_eq!(keys, ["model", "small_model", "provider"]);
        assert_eq!(config.default_model().unwrap().as_str(), "mine/big");
        assert_eq!(config.key_variables, ["MY_KEY", "OPENAI_API_KEY"]);
        let header = config.settings["provider"]["mine"]["options"]["header"].as_str().unwrap();
        assert_eq!(header, format!("{{file:{}/.config/opencode/./token}}", home.path().display()));
    }

    #[test]
    fn stored_keys_count_as_a_provider_and_logins_are_noticed() {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("data");
        let look_up = |name: &str| match name {
            "XDG_DATA_HOME" => Some(data.clone().into()),
            "HOME" => Some(home.path().into()),
            _ => None,
        };
        assert!(!UserConfig::load(None, look_up).unwrap().names_a_provider());
        written(&data, "opencode/auth.json", r#"{"anthropic":{"type":"api","key":"k"}}"#);
        let config = UserConfig::load(None, look_up).unwrap();
        assert!(config.names_a_provider() && !config.logs_in);
        assert_eq!(config.auth_providers, ["anthropic"]);
        written(&data, "opencode/auth.json", r#"{"github-copilot":{"type":"oauth"}}"#);
        assert!(UserConfig::load(None, look_up).unwrap().logs_in);
    }

    #[test]
    fn a_named_file_stands_alone_and_must_exist() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("mine.json");
        let error = UserConfig::load(Some(&file), |_name| None).unwrap_err();
        assert!(error.contains("mine.json does not exist"), "{error}");
        written(directory.path(), "mine.json", "{\"model\": ");
        let error = UserConfig::load(Some(&file), |_name| None).unwrap_err();
        assert!(error.contains("mine.json cannot be read"), "{error}");
        written(directory.path(), "mine.json", "{\"model\": \"a/b\"}");
        assert!(UserConfig::load(Some(&file), |_name| None).unwrap().names_a_provider());
    }

    #[test]
    fn names_that_are_no_variables_are_not_taken() {
        let value = json!({"a": "{env:GOOD}{env:X; rm -rf /}", "env": ["ALSO_GOOD", "1BAD"]});
        assert_eq!(variables_named_in(&value), ["ALSO_GOOD", "GOOD"]);
    }
}
