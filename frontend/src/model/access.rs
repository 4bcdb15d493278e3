//! Access tokens and sessions, as the settings list them.

use serde_json::Value;

/// One that can be revoked. Times as the wire has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: i64,
    pub name: String,
    pub kind: &'static str,
    pub created_at: String,
    pub used_at: Option<String>,
    /// Whether it is this browser's own session.
    pub is_this: bool,
}

/// What the answer of `/api/v1/access` lists, in its order.
pub fn entries(access: &Value) -> Vec<Entry> {
    access["credentials"].as_array().map(|all| all.iter().map(entry).collect()).unwrap_or_default()
}

fn entry(credential: &Value) -> Entry {
    let text = |name: &str| credential[name].as_str().map(ToOwned::to_owned);
    let is_session = credential["kind"] == "session";
    let is_this = is_session && credential["current"] == true;
    Entry {
        id: credential["id"].as_i64().unwrap_or_default(),
        name: text("name").unwrap_or_default(),
        kind: match (is_this, is_session) {
            (true, _) => "This browser",
            (false, true) => "Browser",
            (false, false) => "Access token",
        },
        created_at: text("created_at").unwrap_or_default(),
        used_at: text("last_used_at"),
        is_this,
    }
}

/// Whom the server answers.
pub fn lead(access: &Value) -> &'static str {
    if access["login"] == true {
        "This server answers only browsers that have signed in, and scripts with an access token."
    } else {
        "This server answers whoever reaches it, agents too. AGENCY_SERVER__LOGIN=true has it ask who calls."
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agency_contract::{Access, Credential, CredentialKind};

    fn credential(id: i64, kind: CredentialKind, current: bool) -> Credential {
        let at = || "2026-11-30T07:00:00.000Z".to_owned();
        let (rights, pipeline_id) = (Default::default(), None);
        Credential {
            id,
            kind,
            name: format!("number {id}"),
            rights,
            pipeline_id,
            created_at: at(),
            expires_at: None,
            last_used_at: (id > 1).then(at),
            current,
        }
    }

    #[test]
    fn each_is_named_by_what_it_is_and_this_browser_by_itself() {
        let credentials = vec![
            credential(3, CredentialKind::Session, true),
            credential(2, CredentialKind::Session, false),
            credential(1, CredentialKind::Token, false),
        ];
        let access = serde_json::to_value(Access { login: true, credentials }).unwrap();
        let entries = entries(&access);
        let kinds: Vec<_> = entries.iter().map(|entry| (entry.id, entry.kind, entry.is_this, entry.used_at.is_some())).collect();
        assert_eq!(kinds, [(3, "This browser", true, true), (2, "Browser", false, true), (1, "Access token", false, false)]);
        assert_eq!((entries[2].name.as_str(), entries[2].created_at.as_str()), ("number 1", "2026-11-30T07:00:00.000Z"));
    }

    #[test]
    fn the_lead_says_whom_the_server_answers() {
        assert!(lead(&serde_json::json!({ "login": true })).contains("only"));
        assert!(lead(&serde_json::json!({ "login": false })).contains("AGENCY_SERVER__LOGIN"));
    }
}
