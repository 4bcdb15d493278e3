//! Access tokens: made, listed and revoked.

use crate::cli::TokenCommand;
use crate::client::Client;
use crate::output::say;
use agency_contract::{CreateToken, Credential, CredentialKind, Rights, SIGN_IN_FRAGMENT};
use std::process::ExitCode;

pub(crate) async fn token(client: &Client, command: TokenCommand) -> anyhow::Result<ExitCode> {
    match command {
        TokenCommand::Create { name, days, read_only, code } => {
            // Whoever copies the whole link means the code in it.
            let code = code.map(|code| code.rsplit(SIGN_IN_FRAGMENT).next().unwrap_or_default().trim().to_owned());
            let created = client
                .create_token(&CreateToken { name, days, rights: read_only.then_some(Rights::Read), pipeline_id: None, code })
                .await?;
            say(&created.secret)?;
            eprintln!(
                "This is shown once. The agency command takes it from AGENCY_TOKEN; other programs send it as Authorization: Bearer."
            );
        }
        TokenCommand::List { json: true } => say(&serde_json::to_string_pretty(&client.access().await?)?)?,
        TokenCommand::List { json: false } => {
            let access = client.access().await?;
            if !access.login {
                say("This server answers whoever reaches it; AGENCY_SERVER__LOGIN=true has it ask for a token or a session.")?;
            }
            for credential in &access.credentials {
                say(&line(credential))?;
            }
        }
        TokenCommand::Revoke { id } => client.revoke(id).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A link that shows one pipeline.
pub(crate) async fn share(client: &Client, id: i64, days: u32, name: Option<String>) -> anyhow::Result<ExitCode> {
    let name = name.unwrap_or_else(|| format!("link to pipeline {id}"));
    let token = CreateToken { name, days: Some(days), rights: Some(Rights::Read), pipeline_id: Some(id), code: None };
    let created = client.create_token(&token).await?;
    say(client.place(&created.link)?.as_str())?;
    eprintln!("Whoever opens it reads this pipeline and changes nothing. `agency token revoke {}` ends it.", created.credential.id);
    Ok(ExitCode::SUCCESS)
}

fn line(credential: &Credential) -> String {
    let Credential { id, kind, name, rights, pipeline_id, created_at, expires_at, last_used_at, current } = credential;
    let kind = match kind {
        CredentialKind::Token => "token",
        CredentialKind::Session => "session",
    };
    let used = last_used_at.as_deref().unwrap_or("never");
    let until = expires_at.as_deref().unwrap_or("it is revoked");
    let mark = if *current { " (this one)" } else { "" };
    let may = match (rights, pipeline_id) {
        (Rights::All, _) => String::new(),
        (Rights::Read, None) => ", reads only".to_owned(),
        (Rights::Read, Some(pipeline)) => format!(", reads pipeline {pipeline} only"),
    };
    format!("{id:>4}  {kind:<7}  {name}{mark}{may}, made {created_at}, last used {used}, good until {until}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_one_wants_to_know_before_revoking_it() {
        let credential = Credential {
            id: 7,
            kind: CredentialKind::Session,
            name: "Firefox on Linux".into(),
            rights: Rights::Read,
            pipeline_id: Some(3),
            created_at: "2026-11-30T07:00:00.000Z".into(),
            expires_at: None,
            last_used_at: None,
            current: true,
        };
        let expected = "   7  session  Firefox on Linux (this one), reads pipeline 3 only, made 2026-11-30T07:00:00.000Z, last used never, good until it is revoked";
        assert_eq!(line(&credential), expected);
    }
}
