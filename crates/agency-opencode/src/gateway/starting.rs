//! Starting a private server, in two parts: what needs no worktree, and what must be true in it before it may be used.

use super::Owner;
use super::server::PrivateServer;
use crate::client::{Client, ClientError};
use crate::configuration::{self, Inputs, MCP_SERVER, SCRIPTED};
use crate::environment::{self, Given};
use crate::home::Home;
use crate::hub::Hub;
use crate::process::{Launch, Mark, ServerProcess};
use crate::settings::{OpenCodeSettings, ScriptedProvider};
use crate::user_config::UserConfig;
use agency_domain::AgentName;
use agency_domain::agents::{HandoffTool, RuntimeError, ServerRequest};
use serde_json::{Map, Value};
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
    pub(super) request: ServerRequest,
    pub(super) owner: Owner,
    pub(super) mark: Mark,
}

/// A server that answers, and has not seen a worktree.
pub(super) struct Booted {
    process: ServerProcess,
    home: Home,
    address: String,
    password: String,
    version: String,
    /// Where the configuration has no room in the environment: all of it.
    large_configuration: Option<Value>,
    agents: Vec<AgentName>,
    handoff_tool: Option<HandoffTool>,
}

impl Start<'_> {
    /// Returns once the server answers and refuses strangers.
    pub(super) async fn boot(self) -> Result<Booted, RuntimeError> {
        let password = random_hex(PASSWORD_BYTES)?;
        let home = Home::prepare(&self.settings.data_dir, self.owner, self.user).map_err(RuntimeError::Start)?;
        try_shell(&home.shell()).await.map_err(RuntimeError::Start)?;
        let configuration = configuration::build(&Inputs {
            user: self.user,
            agents: &self.request.agents,
            shell: &home.shell(),
            scripted: self.scripted().map_err(RuntimeError::Start)?,
        });
        let written = configuration.to_string();
        let launch = self.launch(&home, &password, &written);
        let process = ServerProcess::spawn(launch).map_err(|error| RuntimeError::Start(format!("the binary cannot be run: {error}")))?;
        let (address, version) = match answering(&process, &password).await {
            Ok(answering) => answering,
            Err(reason) => return Err(given_up(&process, &reason).await),
        };
        let large_configuration = (!environment::fits(&written)).then_some(configuration);
        let ServerRequest { agents, handoff_tool, .. } = self.request;
        let agents = agents.into_iter().map(|agent| agent.name).collect();
        Ok(Booted { process, home, address, password, version, large_configuration, agents, handoff_tool })
    }

    fn launch(&self, home: &Home, password: &str, configuration: &str) -> Launch {
        let user = self.user;
        let given =
            Given { home, password, configuration, mark: &self.mark, key_variables: &user.key_variables, built_in_plugins: user.logs_in };
        let environment = environment::server(&given, |name| std::env::var_os(name));
        let keys = user.key_variables.iter().filter_map(|name| std::env::var(name).ok());
        let own = [Some(password.to_owned()), self.request.handoff_tool.as_ref().map(|tool| tool.secret.clone())];
        let secrets = keys.chain(own.into_iter().flatten()).collect();
        Launch { binary: self.binary.clone(), directory: home.root().to_owned(), environment, mark: self.mark.clone(), secrets }
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

impl Booted {
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    pub(super) async fn stop(self) {
        self.process.stop().await;
    }

    /// Returns once it knows the agents in this worktree and offers the hand-off tool.
    pub(super) async fn enter(self, worktree: &Path) -> Result<PrivateServer, RuntimeError> {
        match self.make_ready(worktree).await {
            Ok(ready) => Ok(PrivateServer::new(self.process, ready)),
            Err(reason) => Err(given_up(&self.process, &reason).await),
        }
    }

    async fn make_ready(&self, worktree: &Path) -> Result<Ready, String> {
        let entered = worktree.canonicalize();
        let worktree = entered.map_err(|error| format!("the worktree {} cannot be entered: {error}", worktree.display()))?;
        self.configure(&worktree).map_err(|error| format!("its configuration cannot be written: {error}"))?;
        let client = Arc::new(Client::new(&self.address, self.password.clone(), &worktree)?);
        let hub = Hub::connect(Arc::clone(&client), self.process.exited()).await?;
        let agents = client.agents().await.map_err(|error| error.to_string())?;
        if let Some(agent) = self.agents.iter().find(|agent| !agents.iter().any(|name| name == agent.as_str())) {
            return Err(format!("it does not know the agent {agent}"));
        }
        if let Some(tool) = &self.handoff_tool {
            let status = client.add_mcp(MCP_SERVER, tool).await.map_err(|error| error.to_string())?;
            if status != "connected" {
                return Err(format!("it cannot use the hand-off tool ({status})"));
            }
        }
        Ok(Ready { client, hub, version: self.version.clone(), agents })
    }

    /// OpenCode reads this file when it first hears of the worktree.
    fn configure(&self, worktree: &Path) -> std::io::Result<()> {
        let mut configuration = match &self.large_configuration {
            Some(Value::Object(whole)) => whole.clone(),
            Some(_) | None => Map::new(),
        };
        configuration.extend(configuration::of_worktree(worktree));
        self.home.write_configuration(&Value::Object(configuration).to_string())
    }
}

/// Ends what did not become ready, and says why with the end of its log.
async fn given_up(process: &ServerProcess, reason: &str) -> RuntimeError {
    process.stop().await;
    let log = process.log();
    let said = if log.is_empty() { String::new() } else { format!("; it said: {log}") };
    RuntimeError::Start(format!("{reason}{said}"))
}

/// The address at which it answers and refuses strangers, and its version.
async fn answering(process: &ServerProcess, password: &str) -> Result<(String, String), String> {
    let address = process.listening().await?;
    // These questions are about no directory.
    let client = Client::new(&address, password.to_owned(), Path::new("/"))?;
    let version = healthy(&client, process).await?;
    if !client.refuses_strangers().await.map_err(|error| error.to_string())? {
        return Err("it lets strangers in without a password".into());
    }
    Ok((address, version))
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
