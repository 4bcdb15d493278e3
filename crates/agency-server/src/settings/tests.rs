use super::*;

fn with(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    load(&Sources {
        variables: variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..Sources::default()
    })
}

fn with_file(text: &str, variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("agency.toml");
    std::fs::write(&path, text).unwrap();
    load(&Sources {
        file: Some(path),
        variables: variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..Sources::default()
    })
}

/// The lines of `.env.example`, comments left out.
fn example() -> Vec<(String, String)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.env.example");
    std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .filter(|line| !line.trim_start().starts_with('#') && !line.trim().is_empty())
        .map(|line| {
            let (name, value) = line.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

#[test]
fn without_anything_the_defaults_count() {
    assert_eq!(with(&[]).unwrap(), Settings::default());
    assert_eq!(Settings::default().database.url, "sqlite://data/agency.db");
}

#[test]
fn the_example_has_every_key_and_changes_nothing() {
    let variables = example();
    let mut expected: Vec<String> = names::known().iter().map(|key| names::variable(key)).collect();
    let mut found: Vec<String> = variables.iter().map(|(name, _)| name.clone()).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    let settings = load(&Sources { variables, ..Sources::default() }).unwrap();
    assert_eq!(settings, Settings::default());
}

#[test]
fn the_example_spells_out_each_default() {
    let defaults = serde_json::to_value(Settings::default()).unwrap();
    for (name, value) in example() {
        let key = name.strip_prefix("AGENCY_").unwrap().replace("__", ".").to_lowercase();
        let default = key.split('.').fold(&defaults, |value, part| &value[part]);
        let spelt = match default {
            serde_json::Value::Null => String::new(),
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        assert_eq!(value, spelt, "{name}");
    }
}

#[test]
fn a_variable_wins_over_the_file_and_the_file_over_the_default() {
    let settings =
        with_file("[server]\nport = 9000\nhost = \"localhost\"\n[opencode]\nstall_after = \"90s\"", &[("AGENCY_SERVER__PORT", "9001")])
            .unwrap();
    assert_eq!((settings.server.port, settings.server.host.as_str()), (9001, "localhost"));
    assert_eq!(settings.opencode.stall_after.0, Duration::from_secs(90));
}

#[test]
fn lists_booleans_and_paths_can_be_given_as_variables() {
    let settings = with(&[
        ("AGENCY_SERVER__CORS_ORIGINS", r#"["http://localhost:3001","https://agency.example"]"#),
        ("AGENCY_DEMO__ENABLED", "true"),
        ("AGENCY_OPENCODE__BIN", "/opt/123"),
        ("AGENCY_DATA_DIR", "/var/lib/agency"),
    ])
    .unwrap();
    assert_eq!(settings.server.cors_origins, ["http://localhost:3001", "https://agency.example"]);
    assert!(settings.demo.enabled);
    assert_eq!(settings.opencode.bin, Some(PathBuf::from("/opt/123")));
    assert_eq!(settings.database.url, "sqlite:///var/lib/agency/agency.db");
}

#[test]
fn an_unknown_variable_is_named_with_the_one_that_was_meant() {
    let error = with(&[("AGENCY_SERVER__PROT", "1")]).unwrap_err().to_string();
    assert!(error.contains("AGENCY_SERVER__PROT") && error.contains("AGENCY_SERVER__PORT"), "{error}");
    let error = with(&[("AGENCY_PORT", "1")]).unwrap_err().to_string();
    assert!(error.contains("did you mean AGENCY_SERVER__PORT?"), "{error}");
    let error = with(&[("AGENCY_SOMETHING_ELSE_ENTIRELY", "1")]).unwrap_err().to_string();
    assert!(error.contains("AGENCY_SOMETHING_ELSE_ENTIRELY") && !error.contains("did you mean"), "{error}");
}

#[test]
fn an_unknown_key_of_the_file_is_named_with_the_file() {
    let error = with_file("[server]\nhots = \"x\"", &[]).unwrap_err().to_string();
    assert!(error.contains("server.hots") && error.contains("agency.toml") && error.contains("server.host"), "{error}");
    let error = with_file("nothing = 1", &[]).unwrap_err().to_string();
    assert!(error.contains("nothing"), "{error}");
}

#[test]
fn variables_of_others_and_of_the_command_are_ignored() {
    assert!(
        with(&[
            ("PATH", "/bin"),
            ("AGENCY_URL", "http://x"),
            ("AGENCY_CONFIG", "x"),
            ("AGENCY_TOKEN", "x"),
            ("AGENCY_SIGN_IN_CODE", "x"),
            ("THEAGENCY_PIPELINE", "7")
        ])
        .is_ok()
    );
}

#[test]
fn a_value_of_the_wrong_kind_is_named() {
    let error = with(&[("AGENCY_SERVER__PORT", "eighty")]).unwrap_err().to_string();
    assert!(error.contains("AGENCY_SERVER__PORT"), "{error}");
    let error = with(&[("AGENCY_OPENCODE__STALL_AFTER", "10")]).unwrap_err().to_string();
    assert!(error.contains("AGENCY_OPENCODE__STALL_AFTER") && error.contains("10m"), "{error}");
}

#[test]
fn nobody_waits_for_an_answer_where_the_deadline_is_nothing_but_silence_needs_a_limit() {
    assert!(with(&[("AGENCY_ENGINE__ASK_DEADLINE", "0s")]).unwrap().engine.ask_deadline.0.is_zero());
    for name in ["AGENCY_OPENCODE__STALL_AFTER", "AGENCY_OPENCODE__TOOL_LIMIT"] {
        let error = with(&[(name, "0s")]).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn an_address_that_others_reach_needs_the_names_that_clients_use() {
    let error = with(&[("AGENCY_SERVER__HOST", "0.0.0.0")]).unwrap_err().to_string();
    assert!(error.contains("server.host") && error.contains("allowed_hosts"), "{error}");
    assert!(with(&[("AGENCY_SERVER__HOST", "0.0.0.0"), ("AGENCY_SERVER__ALLOWED_HOSTS", r#"["localhost"]"#)]).is_ok());
}

#[test]
fn any_origin_is_no_origin() {
    assert!(with(&[("AGENCY_SERVER__CORS_ORIGINS", r#"["*"]"#)]).is_err());
    assert!(with(&[("AGENCY_SERVER__CORS_ORIGINS", r#"["http://localhost:3000/"]"#)]).is_err());
}

#[test]
fn spans_read_as_they_are_written() {
    for text in ["0s", "250ms", "90s", "10m", "4h"] {
        assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
    }
    for text in ["", "10", "m", "1d", "99999h", "-1s"] {
        assert!(text.parse::<Span>().is_err(), "{text}");
    }
}
