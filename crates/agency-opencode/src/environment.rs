//! The environment of a server: an allow-list, the private directories, and the switches that keep OpenCode to itself.
//!
//! Agents' commands inherit it, apart from what the shell in `home` forgets; checks get what is left of it then, without the switches.

use crate::home::Home;
use crate::process::Mark;
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// The user that OpenCode's Basic authentication expects.
pub(crate) const USER: &str = "opencode";

/// Largest single variable that Linux accepts is 128 KiB, the name and the final zero included.
const VARIABLE_BYTES_MAX: usize = 120 * 1024;

/// What is handed on from theAgency's own environment, where it is set: how to find programs, speak to people and reach the network, and where
/// toolchains live, which would else be looked for in the private home.
const INHERITED: &[&str] = &[
    "PATH",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TERM",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "GOPATH",
    "GOROOT",
    "JAVA_HOME",
    "NVM_DIR",
    "PYENV_ROOT",
    "VOLTA_HOME",
];

/// Toolchains that live in the user's home unless a variable says otherwise.
const IN_THE_USERS_HOME: &[(&str, &str)] = &[("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup"), ("PYENV_ROOT", ".pyenv")];

/// Keys of providers that OpenCode finds by itself.
pub(crate) const PROVIDER_KEYS: &[&str] = &[
    "ANTHROPIC_API_KEY",
    "OPENAI_API_KEY",
    "OPENROUTER_API_KEY",
    "OPENCODE_API_KEY",
    "GEMINI_API_KEY",
    "GOOGLE_API_KEY",
    "GOOGLE_GENERATIVE_AI_API_KEY",
    "MISTRAL_API_KEY",
    "GROQ_API_KEY",
    "DEEPSEEK_API_KEY",
    "XAI_API_KEY",
    "CEREBRAS_API_KEY",
    "TOGETHER_API_KEY",
    "FIREWORKS_API_KEY",
    "AZURE_API_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_BEARER_TOKEN_BEDROCK",
];

/// Belong to keys, and are none.
const BESIDE_KEYS: &[&str] = &["AWS_SESSION_TOKEN", "AWS_REGION", "AWS_PROFILE", "AZURE_RESOURCE_NAME", "GOOGLE_CLOUD_PROJECT"];

/// No updates, no downloads, nothing of the project's own configuration or of other tools', no plugins.
const SWITCHES: &[&str] = &[
    "OPENCODE_DISABLE_PROJECT_CONFIG",
    "OPENCODE_DISABLE_AUTOUPDATE",
    "OPENCODE_DISABLE_MODELS_FETCH",
    "OPENCODE_DISABLE_LSP_DOWNLOAD",
    "OPENCODE_PURE",
    "OPENCODE_DISABLE_EXTERNAL_SKILLS",
    "OPENCODE_DISABLE_CLAUDE_CODE",
    "OPENCODE_EXPERIMENTAL_DISABLE_FILEWATCHER",
];

/// The plugins that come with the binary: they log in to providers that have no keys, and cost a second at the start.
const BUILT_IN_PLUGINS_OFF: &str = "OPENCODE_DISABLE_DEFAULT_PLUGINS";

/// OpenCode installs an npm package into each configuration directory when it starts. These make that fail at once and quietly.
const NPM_OFFLINE: &[(&str, &str)] = &[("npm_config_offline", "true"), ("npm_config_registry", "http://127.0.0.1:9/")];

/// Calls on this machine never go through a proxy.
const LOOPBACK: &str = "127.0.0.1,localhost,::1";

/// What a server is given beside the allow-list.
pub(crate) struct Given<'a> {
    pub(crate) home: &'a Home,
    pub(crate) password: &'a str,
    pub(crate) configuration: &'a str,
    pub(crate) mark: &'a Mark,
    /// Names of variables with provider keys.
    pub(crate) key_variables: &'a [String],
    /// Whether a provider needs OpenCode's own plugins to log in.
    pub(crate) built_in_plugins: bool,
}

/// All of a server's environment. `inherited` looks a variable of ours up.
pub(crate) fn server(given: &Given<'_>, inherited: impl Fn(&str) -> Option<OsString>) -> Vec<(OsString, OsString)> {
    let mut variables = passed_on(given.key_variables, &inherited);
    let mut set = |name: &str, value: &OsStr| variables.push((name.into(), value.to_owned()));
    for (name, directory) in [
        ("HOME", given.home.users()),
        ("XDG_DATA_HOME", given.home.data()),
        ("XDG_CONFIG_HOME", given.home.config()),
        ("XDG_CACHE_HOME", given.home.cache()),
        ("XDG_STATE_HOME", given.home.state()),
    ] {
        set(name, directory.as_os_str());
    }
    for name in SWITCHES {
        set(name, "1".as_ref());
    }
    if !given.built_in_plugins {
        set(BUILT_IN_PLUGINS_OFF, "1".as_ref());
    }
    for (name, value) in NPM_OFFLINE {
        set(name, value.as_ref());
    }
    let (name, mark) = given.mark.variable();
    set(name, mark.as_ref());
    set("OPENCODE_SERVER_USERNAME", USER.as_ref());
    set("OPENCODE_SERVER_PASSWORD", given.password.as_ref());
    // What does not fit here is in that file, beside what the worktree adds.
    if fits(given.configuration) {
        set("OPENCODE_CONFIG_CONTENT", given.configuration.as_ref());
    }
    set("OPENCODE_CONFIG", given.home.configuration().as_os_str());
    variables
}

/// Whether a configuration has room in a variable.
pub(crate) fn fits(configuration: &str) -> bool {
    configuration.len() < VARIABLE_BYTES_MAX
}

/// The environment of a check: the same allow-list, the home of agents' commands, and its marks; no key and nothing of OpenCode's.
pub(crate) fn command(home: &Path, marks: &[&Mark], inherited: impl Fn(&str) -> Option<OsString>) -> Vec<(OsString, OsString)> {
    let mut variables = passed_on(&[], &inherited);
    variables.retain(|(name, _value)| !hidden_from_commands().any(|hidden| name == hidden));
    variables.push(("HOME".into(), home.into()));
    variables.extend(marks.iter().map(|mark| mark.variable()).map(|(name, value)| (name.into(), value.into())));
    variables
}

fn passed_on(key_variables: &[String], inherited: &impl Fn(&str) -> Option<OsString>) -> Vec<(OsString, OsString)> {
    let names = INHERITED.iter().chain(BESIDE_KEYS).copied().chain(key_variables.iter().map(String::as_str));
    let mut variables: Vec<(OsString, OsString)> = names.filter_map(|name| Some((name.into(), inherited(name)?))).collect();
    for name in ["LC_ALL", "LC_CTYPE", "LC_MESSAGES"] {
        variables.extend(inherited(name).map(|value| (name.into(), value)));
    }
    let users_home = inherited("HOME");
    for (name, directory) in IN_THE_USERS_HOME {
        let place = users_home.as_ref().map(|home| Path::new(home).join(directory));
        if let (None, Some(place)) = (inherited(name), place.filter(|place| place.is_dir())) {
            variables.push(((*name).into(), place.into()));
        }
    }
    for name in ["NO_PROXY", "no_proxy"] {
        let mut value: OsString = LOOPBACK.into();
        if let Some(more) = inherited(name).filter(|more| !more.is_empty()) {
            value.push(",");
            value.push(more);
        }
        variables.push((name.into(), value));
    }
    variables
}

/// Enough to run `opencode --version` without touching the user's home.
pub(crate) fn bare(home: &Path) -> Vec<(OsString, OsString)> {
    let directories = ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"];
    let mut variables: Vec<(OsString, OsString)> = directories.iter().map(|name| ((*name).into(), home.into())).collect();
    variables.extend(SWITCHES.iter().map(|name| ((*name).into(), "1".into())));
    variables.extend(std::env::var_os("PATH").map(|path| ("PATH".into(), path)));
    variables
}

/// Variables that agents' commands must not see, or that would be in their way, apart from the provider keys.
pub(crate) fn hidden_from_commands() -> impl Iterator<Item = &'static str> {
    const SECRET: &[&str] =
        &["OPENCODE_SERVER_PASSWORD", "OPENCODE_SERVER_USERNAME", "OPENCODE_CONFIG_CONTENT", "OPENCODE_CONFIG", "AWS_SESSION_TOKEN"];
    /// Where OpenCode keeps its own things, stored keys among them.
    const OPENCODES_OWN: &[&str] = &["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"];
    let npm = NPM_OFFLINE.iter().map(|(name, _value)| *name);
    SECRET.iter().chain(OPENCODES_OWN).copied().chain(npm)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user_config::UserConfig;
    use agency_domain::PipelineId;
    use std::collections::HashMap;

    fn environment(configuration: &str, own: &[(&str, &str)], built_in_plugins: bool) -> HashMap<String, String> {
        let directory = tempfile::tempdir().unwrap();
        let home = Home::prepare(directory.path(), PipelineId(3), &UserConfig::default()).unwrap();
        let given = Given {
            home: &home,
            password: "pass",
            configuration,
            mark: &Mark::new(directory.path(), PipelineId(3)),
            key_variables: &["MY_KEY".to_owned()],
            built_in_plugins,
        };
        let own: HashMap<&str, &str> = own.iter().copied().collect();
        let variables = server(&given, |name| own.get(name).map(Into::into));
        let text = |value: OsString| value.into_string().unwrap();
        variables.into_iter().map(|(name, value)| (text(name), text(value))).collect()
    }

    #[test]
    fn only_what_is_on_the_list_is_handed_on() {
        let own =
            [("PATH", "/bin"), ("MY_KEY", "k"), ("AGENCY_TOKEN", "t"), ("SSH_AUTH_SOCK", "/s"), ("HOME", "/home/u"), ("NO_PROXY", "corp")];
        let variables = environment("{}", &own, false);
        assert_eq!(variables["PATH"], "/bin");
        assert_eq!(variables["MY_KEY"], "k");
        assert_eq!(variables["NO_PROXY"], "127.0.0.1,localhost,::1,corp");
        assert!(!variables.contains_key("AGENCY_TOKEN") && !variables.contains_key("SSH_AUTH_SOCK"));
        assert!(variables["HOME"].ends_with("/opencode/3/home"), "{}", variables["HOME"]);
        assert!(variables["THEAGENCY_PIPELINE"].ends_with("-3"));
        assert_eq!(variables["OPENCODE_DISABLE_PROJECT_CONFIG"], "1");
        assert_eq!(variables["OPENCODE_CONFIG_CONTENT"], "{}");
    }

    #[test]
    fn a_check_gets_neither_keys_nor_anything_of_opencodes_or_ours() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join(".cargo")).unwrap();
        let users = directory.path().to_str().unwrap();
        let secrets = PROVIDER_KEYS.iter().map(|name| (*name, "k"));
        let more =
            ["AWS_SESSION_TOKEN", "OPENCODE_SERVER_PASSWORD", "AGENCY_TOKEN", "AGENCY_DATABASE__URL", "XDG_DATA_HOME", "SSH_AUTH_SOCK"];
        let own: HashMap<&str, &str> = secrets
            .chain(more.map(|name| (name, "s")))
            .chain([("PATH", "/bin"), ("HOME", users), ("GOPATH", "/go"), ("LANG", "C")])
            .collect();
        let marks = [Mark::new(directory.path(), PipelineId(3)), Mark::of_check().unwrap()];
        let variables = command(Path::new("/private/home"), &[&marks[0], &marks[1]], |name| own.get(name).map(Into::into));
        let mut names: Vec<&str> = variables.iter().map(|(name, _value)| name.to_str().unwrap()).collect();
        names.sort_unstable();
        let expected = ["CARGO_HOME", "GOPATH", "HOME", "LANG", "NO_PROXY", "PATH", "THEAGENCY_CHECK", "THEAGENCY_PIPELINE", "no_proxy"];
        assert_eq!(names, expected);
        assert!(variables.contains(&("HOME".into(), "/private/home".into())));
    }

    #[test]
    fn a_provider_that_logs_in_keeps_the_built_in_plugins() {
        assert!(environment("{}", &[], false).contains_key(BUILT_IN_PLUGINS_OFF));
        assert!(!environment("{}", &[], true).contains_key(BUILT_IN_PLUGINS_OFF));
    }

    #[test]
    fn a_configuration_that_no_variable_can_hold_goes_into_a_file() {
        let variables = environment(&"x".repeat(200_000), &[], false);
        assert!(!variables.contains_key("OPENCODE_CONFIG_CONTENT"));
        assert!(variables["OPENCODE_CONFIG"].ends_with("/opencode/3/opencode.json"));
    }
}
