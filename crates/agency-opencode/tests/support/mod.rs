//! A world for one test: a scripted model, a worktree, a hand-off tool, and OpenCode itself.

mod tool;

use agency_domain::agents::{
    Access, Agent, AgentEvent, AgentEvents, AgentRuntime, AgentServer, Prompt, RunReport, RuntimeError, ServerRequest,
};
use agency_domain::attachments::AttachedFile;
use agency_domain::{AgentName, MessageId, ModelName, PipelineId, SessionId};
use agency_opencode::{OpenCode, OpenCodeSettings, ScriptedProvider};
use agency_scripted_model::{Options, Script, ScriptedModel, Step};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
pub(crate) use tool::Tool;

/// For everything that a test waits for: a busy machine needs several times what a quiet one does.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
pub(crate) const PIPELINE: PipelineId = PipelineId(1);

pub(crate) struct World {
    pub(crate) model: ScriptedModel,
    pub(crate) tool: Tool,
    pub(crate) opencode: OpenCode,
    demo: bool,
    directory: tempfile::TempDir,
}

/// A prompt that was sent, and what follows from it.
pub(crate) struct Run {
    pub(crate) session: SessionId,
    pub(crate) message: MessageId,
    pub(crate) events: Box<dyn AgentEvents>,
}

impl World {
    /// A model that says `steps`, whatever it is asked.
    pub(crate) async fn new(steps: Vec<Step>) -> Self {
        Self::with(Script::always(steps), false).await
    }

    /// A model that follows directives in prompts.
    pub(crate) async fn directed() -> Self {
        Self::with(Script::default(), false).await
    }

    /// The same as [`World::new`], but the model is the demo's, and the user has configured nothing.
    pub(crate) async fn demo(steps: Vec<Step>) -> Self {
        Self::with(Script::always(steps), true).await
    }

    async fn with(script: Script, demo: bool) -> Self {
        let model = ScriptedModel::start(Options { script, ..Options::default() }).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let user_config = directory.path().join("user.jsonc");
        let configuration = if demo { "{ /* nothing */ }".to_owned() } else { model.opencode_config().to_string() };
        std::fs::write(&user_config, configuration).unwrap();
        std::fs::create_dir(directory.path().join("worktree")).unwrap();
        let opencode = OpenCode::new(OpenCodeSettings {
            binary: Some(binary()),
            search: Vec::new(),
            user_config: Some(user_config),
            data_dir: directory.path().join("data"),
            scripted: demo.then(|| ScriptedProvider { base_url: model.base_url() }),
            version_override: false,
        });
        let tool = Tool::start().await;
        Self { model, tool, opencode, demo, directory }
    }

    pub(crate) fn worktree(&self) -> PathBuf {
        self.directory.path().join("worktree")
    }

    pub(crate) fn request(&self, agents: Vec<Agent>) -> ServerRequest {
        ServerRequest { pipeline_id: PIPELINE, question: None, agents, scripted: self.demo, handoff_tool: Some(self.tool.address()) }
    }

    /// A server for these agents in the worktree.
    pub(crate) async fn start(&self, agents: Vec<Agent>) -> Result<Arc<dyn AgentServer>, RuntimeError> {
        self.opencode.start(self.request(agents), &self.worktree()).await
    }

    /// A server with a developer who may edit and run `echo` and `env` and must ask for all other commands.
    pub(crate) async fn server(&self) -> Arc<dyn AgentServer> {
        self.start(vec![developer()]).await.unwrap()
    }
}

pub(crate) fn developer() -> Agent {
    let permission =
        json!({"edit": "allow", "webfetch": "deny", "bash": {"*": "ask", "echo*": "allow", "env*": "allow", "sleep*": "allow"}});
    agent("developer", Access::Write, permission)
}

pub(crate) fn agent(name: &str, access: Access, permission: Value) -> Agent {
    Agent {
        name: AgentName::parse(name).unwrap(),
        description: format!("The {name}"),
        prompt: format!("You are the {name}."),
        model: None,
        access,
        reviews: false,
        permission,
        options: serde_json::Map::new(),
        sha256: String::new(),
    }
}

/// Prompts the developer in a session that is there already.
pub(crate) async fn prompt_again(server: &dyn AgentServer, session: &SessionId, text: &str) -> Run {
    prompt_in(server, session.clone(), "developer", text).await.unwrap()
}

/// Opens a session, follows it and prompts the developer.
pub(crate) async fn prompt(server: &dyn AgentServer, text: &str) -> Run {
    try_prompt(server, "developer", text).await.unwrap()
}

pub(crate) async fn try_prompt(server: &dyn AgentServer, agent: &str, text: &str) -> Result<Run, RuntimeError> {
    let session = server.open_session("A test", None).await?;
    prompt_in(server, session, agent, text).await
}

/// Opens a session with permissions of its own, follows it and prompts the developer.
pub(crate) async fn prompt_with(server: &dyn AgentServer, permissions: &Value, text: &str) -> Run {
    let session = server.open_session("A test", Some(permissions)).await.unwrap();
    prompt_in(server, session, "developer", text).await.unwrap()
}

async fn prompt_in(server: &dyn AgentServer, session: SessionId, agent: &str, text: &str) -> Result<Run, RuntimeError> {
    prompt_of(server, session, agent, text, "scripted/m1", Vec::new()).await
}

/// Opens a session and prompts the developer with files, asking this model.
pub(crate) async fn prompt_with_files(server: &dyn AgentServer, model: &str, files: Vec<AttachedFile>) -> Result<Run, RuntimeError> {
    let session = server.open_session("A test", None).await?;
    prompt_of(server, session, "developer", "Look.", model, files).await
}

async fn prompt_of(
    server: &dyn AgentServer,
    session: SessionId,
    agent: &str,
    text: &str,
    model: &str,
    files: Vec<AttachedFile>,
) -> Result<Run, RuntimeError> {
    let events = server.events(&session).await?;
    let message = server.new_message_id();
    let prompt = Prompt {
        session: session.clone(),
        message: message.clone(),
        agent: AgentName::parse(agent).unwrap(),
        model: ModelName::parse(model).ok(),
        text: text.into(),
        files,
    };
    server.prompt(&prompt).await?;
    Ok(Run { session, message, events })
}

impl Run {
    /// The next event that fits, with all before it.
    pub(crate) async fn until(&mut self, fits: impl Fn(&AgentEvent) -> bool) -> Vec<AgentEvent> {
        let mut seen = Vec::new();
        loop {
            let next = tokio::time::timeout(PATIENCE, self.events.next()).await;
            match next {
                Ok(Some(event)) => seen.push(event),
                Ok(None) => panic!("the stream ended after {seen:#?}"),
                Err(_) => panic!("nothing more happened after {seen:#?}"),
            }
            if seen.last().is_some_and(&fits) {
                return seen;
            }
        }
    }

    /// All events until the session rests.
    pub(crate) async fn until_idle(&mut self) -> Vec<AgentEvent> {
        self.until(|event| *event == AgentEvent::Idle).await
    }

    pub(crate) async fn report(&self, server: &dyn AgentServer) -> RunReport {
        server.report(&self.session, std::slice::from_ref(&self.message)).await.unwrap()
    }
}

/// `AGENCY_OPENCODE__BIN`, else what `npm ci` has put into the workspace.
pub(crate) fn binary() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let named = std::env::var_os("AGENCY_OPENCODE__BIN").map(PathBuf::from);
    let binary = named.unwrap_or_else(|| workspace.join("node_modules/.bin/opencode"));
    assert!(
        binary.exists(),
        "OpenCode is not at {}: run `npm ci` in the workspace, or name the binary with AGENCY_OPENCODE__BIN",
        binary.display()
    );
    binary
}
