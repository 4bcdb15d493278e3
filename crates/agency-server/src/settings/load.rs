//! Loads settings: defaults, then `agency.toml`, then `AGENCY_*`. A key that does not exist is an error that names it.
//!
//! The environment comes in as a list, so that tests say what is in it.

use super::{Settings, database_in, names};
use figment::Figment;
use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Value};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What every variable of ours begins with.
pub(crate) const PREFIX: &str = "AGENCY_";
/// Variables with our prefix that are no settings: where the file is, and which server the command talks to.
const NOT_SETTINGS: [&str; 4] = ["AGENCY_CONFIG", "AGENCY_URL", "AGENCY_TOKEN", "AGENCY_SIGN_IN_CODE"];
const FILE: &str = "agency.toml";

/// Why the settings cannot be used.
#[derive(Debug, Error)]
pub enum SettingsError {
    #[error("{name} is not a setting{}; .env.example lists all of them", suggestion.as_ref().map(|s| format!(" (did you mean {s}?)")).unwrap_or_default())]
    Unknown { name: String, suggestion: Option<String> },
    #[error("{name}: {message}")]
    Invalid { name: String, message: String },
    #[error("the settings file {path:?} cannot be read: {message}")]
    File { path: PathBuf, message: String },
}

impl SettingsError {
    pub(crate) fn invalid(key: &str, message: String) -> Self {
        Self::Invalid { name: format!("{key} ({})", names::variable(key)), message }
    }
}

/// Where settings come from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// A file that must exist.
    pub file: Option<PathBuf>,
    /// A file that counts where it exists.
    pub optional_file: Option<PathBuf>,
    /// The environment; what is not `AGENCY_*` is ignored, and so is what is empty.
    pub variables: Vec<(String, String)>,
}

impl Sources {
    /// The process's own: `--config`, else `AGENCY_CONFIG`, else `agency.toml` in the working directory; and its environment.
    pub fn of_process(config: Option<PathBuf>) -> Self {
        let variables =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect();
        let from_environment = std::env::var_os("AGENCY_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from);
        Self { file: config.or(from_environment), optional_file: Some(PathBuf::from(FILE)), variables }
    }
}

/// Loads and checks the settings.
///
/// # Errors
/// With the name as the person wrote it, and what to do.
pub fn load(sources: &Sources) -> Result<Settings, SettingsError> {
    let mut figment = Figment::from(Serialized::defaults(Settings::default()));
    let mut names_database = false;
    if let Some(path) = file_of(sources) {
        let values = read(&path)?;
        names_database |= values.get("database").and_then(|value| value.find_ref("url")).is_some();
        check_names(&path, "", &values)?;
        figment = figment.merge(Serialized::defaults(values));
    }
    for (name, raw) in &sources.variables {
        let Some(key) = key_of(name) else { continue };
        if raw.is_empty() {
            continue;
        }
        if !names::known().contains(&key) {
            return Err(SettingsError::Unknown { name: name.clone(), suggestion: names::nearest(&key).map(|key| names::variable(&key)) });
        }
        names_database |= key == "database.url";
        figment = figment.merge((key.as_str(), value_of(&key, raw)));
    }
    let mut settings: Settings = figment.extract().map_err(|error| describe(&error))?;
    if !names_database {
        settings.database.url = database_in(&settings.data_dir);
    }
    settings.check()?;
    Ok(settings)
}

fn file_of(sources: &Sources) -> Option<PathBuf> {
    sources.file.clone().or_else(|| sources.optional_file.clone().filter(|path| path.is_file()))
}

fn read(path: &Path) -> Result<Dict, SettingsError> {
    let fault = |message: String| SettingsError::File { path: path.to_owned(), message };
    let text = std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
    Toml::from_str(&text).map_err(|error| fault(error.to_string()))
}

fn check_names(path: &Path, prefix: &str, values: &Dict) -> Result<(), SettingsError> {
    let known = names::known();
    for (key, value) in values {
        let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Dict(_, inner) if known.iter().any(|known| known.starts_with(&format!("{name}."))) => check_names(path, &name, inner)?,
            _ if known.contains(&name) => {}
            _ => {
                return Err(SettingsError::Unknown { suggestion: names::nearest(&name), name: format!("{name} in {}", path.display()) });
            }
        }
    }
    Ok(())
}

/// `AGENCY_SERVER__PORT` is `server.port`; `None` for what is not ours.
fn key_of(name: &str) -> Option<String> {
    let rest = name.strip_prefix(PREFIX).filter(|_| !NOT_SETTINGS.contains(&name))?;
    Some(rest.replace("__", ".").to_lowercase())
}

/// The variable's text as the key's own kind: what is text stays text, even where it looks like a number.
fn value_of(key: &str, raw: &str) -> Value {
    let defaults = serde_json::to_value(Settings::default()).expect("settings are plain data");
    let default = key.split('.').fold(&defaults, |value, part| &value[part]);
    if default.is_string() || default.is_null() {
        return Value::from(raw);
    }
    raw.parse().unwrap_or_else(|never: std::convert::Infallible| match never {})
}

fn describe(error: &figment::Error) -> SettingsError {
    let key = error.path.join(".");
    let message = match &error.kind {
        figment::error::Kind::Message(message) => message.clone(),
        kind => kind.to_string(),
    };
    SettingsError::Invalid {
        name: if key.is_empty() { "the settings".to_owned() } else { format!("{key} ({})", names::variable(&key)) },
        message,
    }
}
