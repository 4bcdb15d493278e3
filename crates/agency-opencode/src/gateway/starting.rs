//! Starting a private server: everything that must be true before a pipeline may use it.

use super::server::PrivateServer;
use crate::client::{Client, ClientError};
use crate::configuration::{self, Inputs, MCP_SERVER, SCRIPTED};
use crate::environment::{self, Given};
use crate::home::Home;
use crate::hub::Hub;
use crate::process::{Launch, Mark, ServerProcess};
use crate::settings::{OpenCodeSettings, ScriptedProvider};
use crate::user_config::UserConfig;
use agency_domain::agents::{RuntimeError, ServerRequest};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// From the open port to the first answer it takes half a second on a quiet machine.
const HEALTHY_WITHIN: Duration = Duration::from_secs(60);
const HEALTH_EVERY: Duration = Duration::from_millis(50);
/// Twice the 128 bits that are enough.
const PASSWORD_BYTES: usize = 32;
/// A shell that does nothing takes milliseconds.
const SHELL_WITHIN: Duration = Duration::from_secs(5);

/// A server that is ready, apart from its process.
pub(super) struct Ready {
    pub(super) client: Arc<Client>,
    pub(super) hub: Hub,
    pub(super) version: String,
    /// The names of all agents that it knows.
    pub(super) agents: Vec<String>,
}

/// What a server is started from.
pub(super) struct Start<'a> {
    pub(super) settings: &'a OpenCodeSettings,
    pub(super) binary: PathBuf,
    pub(super) user: &'a UserConfig,
    pub(super) request: &'a ServerRequest,
    pub(super) mark: Mark,
}

impl Start<'_> {
    /// Returns once the server answers, refuses strangers, knows the agents and offers the hand-off tool.
    pub(super) async fn run(self) -> Result<PrivateServer, RuntimeError> {
        let request = self.request;
        let worktree = request.worktree.canonicalize().map_err(|error| {
            let path = request.worktree.display();
            RuntimeError::Start(format!("the worktree {path} cannot be entered: {error}"))
        })?;
        let password = random_hex(PASSWORD_BYTES)?;
        let launch = self.launch(&worktree, &password).await.map_err(RuntimeError::Start)?;
        let process = ServerProcess::spawn(launch).map_err(|error| RuntimeError::Start(format!("the binary cannot be run: {error}")))?;
        match make_ready(&process, password, &worktree, request).await {
            Ok(ready) => Ok(PrivateServer::new(process, ready)),
            Err(reason) => {
                process.stop().await;
                let log = process.log();
                let said = if log.is_empty() { String::new() } else { format!("; it said: {log}") };
                Err(RuntimeError::Start(format!("{reason}{said}")))
            }
        }
    }

    async fn launch(self, worktree: &Path, password: &str) -> Result<Launch, String> {
        let user = self.user;
        let home = Home::prepare(&self.settings.data_dir, self.request.pipeline_id, user)?;
        try_shell(&home.shell()).await?;
        let configuration = configuration::build(&Inputs {
            user,
            agents: &self.request.agents,
            worktree,
            shell: &home.shell(),
            scripted: self.scripted()?,
        });
        let given = Given {
            home: &home,
            password,
            configuration: &configuration.to_string(),
            mark: &self.mark,
            key_variables: &user.key_variables,
            built_in_plugins: user.logs_in,
        };
        let environment = environment::server(&given, |name| std::env::var_os(name))
            .map_err(|error| format!("its configuration cannot be written: {error}"))?;
        let keys = user.key_variables.iter().filter_map(|name| std::env::var(name).ok());
        let secrets = keys.chain([password.to_owned(), self.request.handoff_tool.secret.clone()]).collect();
        Ok(Launch { binary: self.binary, directory: home.root().to_owned(), environment, mark: self.mark, secrets })
    }

    /// The demo's model, where a step asks for it.
    fn scripted(&self) -> Result<Option<&ScriptedProvider>, String> {
        let has_own = self.user.settings.get("provider").is_some_and(|providers| providers.get(SCRIPTED).is_some());
        match &self.settings.scripted {
            _ if !self.request.scripted => Ok(None),
            None if !has_own => Err("a step asks for the scripted model, and none is running".into()),
            scripted => Ok(scripted.as_ref()),
        }
    }
}

/// A data directory that is mounted without the right to execute would let every command of an agent fail.
async fn try_shell(shell: &Path) -> Result<(), String> {
    let mut command = tokio::process::Command::new(shell);
    command.args(["-c", "exit 0"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    match tokio::time::timeout(SHELL_WITHIN, command.status()).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(format!("the shell {} ends with {status}", shell.display())),
        Ok(Err(error)) => Err(format!("the shell {} cannot be run ({error}): is its disk mounted noexec?", shell.display())),
        Err(_elapsed) => Err(format!("the shell {} does not answer", shell.display())),
    }
}

async fn make_ready(process: &ServerProcess, password: String, worktree: &Path, request: &ServerRequest) -> Result<Ready, String> {
    let address = process.listening().await?;
    let client = Arc::new(Client::new(&address, password, worktree)?);
    let version = healthy(&client, process).await?;
    if !client.refuses_strangers().await.map_err(|error| error.to_string())? {
        return Err("it lets strangers in without a password".into());
    }
    let hub = Hub::connect(Arc::clone(&client), process.exited()).await?;
    let agents = client.agents().await.map_err(|error| error.to_string())?;
    if let Some(agent) = request.agents.iter().find(|agent| !agents.iter().any(|name| name == agent.name.as_str())) {
        return Err(format!("it does not know the agent {}", agent.name));
    }
    let status = client.add_mcp(MCP_SERVER, &request.handoff_tool).await.map_err(|error| error.to_string())?;
    if status != "connected" {
        return Err(format!("it cannot use the hand-off tool ({status})"));
    }
    Ok(Ready { client, hub, version, agents })
}

/// Asks until there is an answer. Each try is short, because one that comes too early is never answered.
async fn healthy(client: &Client, process: &ServerProcess) -> Result<String, String> {
    let deadline = Instant::now() + HEALTHY_WITHIN;
    loop {
        match client.health().await {
            Ok(version) => return Ok(version),
            Err(error @ (ClientError::Refused { .. } | ClientError::NotJson { .. } | ClientError::Garbled { .. })) => {
                return Err(error.to_string());
            }
            Err(ClientError::Unreachable(_)) if process.has_exited() => return Err("it ended before it answered".into()),
            Err(ClientError::Unreachable(_)) if Instant::now() > deadline => {
                return Err(format!("it did not answer within {} seconds", HEALTHY_WITHIN.as_secs()));
            }
            Err(ClientError::Unreachable(_)) => tokio::time::sleep(HEALTH_EVERY).await,
        }
    }
}

fn random_hex(bytes: usize) -> Result<String, RuntimeError> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).map_err(|error| RuntimeError::Start(format!("the system gives no random bytes: {error}")))?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}
