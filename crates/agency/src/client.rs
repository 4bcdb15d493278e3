//! The server's API, one function per call. Errors are the server's own words.

use crate::cli::AuditFilter;
use agency_contract::{
    AcceptCriterion, Access, Agent, AgentRequest, AnswerRequest, Approval, AskQuestion, AuditVerification, CreatePipeline, CreateToken,
    CreatedToken, DecideApproval, ListPipelines, Page, PausePipeline, Pipeline, PipelineDetail, Problem, Question, ResumePipeline,
    RetryStep, RevokePermission, SendMessage, Template, TryAgent,
};
use anyhow::{Context, anyhow, bail};
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use std::time::Duration;

/// Connecting to a server on this machine takes no time; one that is far away gets some.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Creating a pipeline asks git and OpenCode; nothing takes longer than this.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// Verifying reads the whole log: some hundred thousand events take seconds, and no log takes longer than this.
const VERIFIED_WITHIN: Duration = Duration::from_secs(15 * 60);

/// A client of one server.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    /// What says who calls, where the server asks.
    token: Option<String>,
}

impl Client {
    pub(crate) fn new(server: &str, token: Option<String>) -> anyhow::Result<Self> {
        let base = Url::parse(server).with_context(|| format!("{server:?} is no address; write for example http://127.0.0.1:8000"))?;
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_WITHIN)
            // The server is ours: a proxy for the internet does not know it.
            .no_proxy()
            .build()
            .context("preparing the client")?;
        Ok(Self { http, base, token: token.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty()) })
    }

    pub(crate) async fn create(&self, request: &CreatePipeline) -> anyhow::Result<PipelineDetail> {
        self.post("api/v1/pipelines", request).await
    }

    pub(crate) async fn list(&self, query: &ListPipelines) -> anyhow::Result<Page<Pipeline>> {
        self.get("api/v1/pipelines", query).await
    }

    pub(crate) async fn pipeline(&self, id: i64) -> anyhow::Result<PipelineDetail> {
        self.get(&format!("api/v1/pipelines/{id}"), &()).await
    }

    pub(crate) async fn cancel(&self, id: i64) -> anyhow::Result<PipelineDetail> {
        self.post(&format!("api/v1/pipelines/{id}/cancel"), &serde_json::json!({})).await
    }

    pub(crate) async fn pause(&self, id: i64, request: &PausePipeline) -> anyhow::Result<PipelineDetail> {
        self.post(&format!("api/v1/pipelines/{id}/pause"), request).await
    }

    pub(crate) async fn resume(&self, id: i64, request: &ResumePipeline) -> anyhow::Result<PipelineDetail> {
        self.post(&format!("api/v1/pipelines/{id}/resume"), request).await
    }

    pub(crate) async fn retry(&self, id: i64, request: &RetryStep) -> anyhow::Result<PipelineDetail> {
        self.post(&format!("api/v1/pipelines/{id}/retry"), request).await
    }

    pub(crate) async fn send_message(&self, id: i64, message: &SendMessage) -> anyhow::Result<PipelineDetail> {
        self.post(&format!("api/v1/pipelines/{id}/messages"), message).await
    }

    pub(crate) async fn accept_criterion(&self, id: i64, criterion: &str, request: &AcceptCriterion) -> anyhow::Result<PipelineDetail> {
        if !is_name(criterion) {
            bail!("{criterion:?} is no criterion; write for example AC-1");
        }
        self.post(&format!("api/v1/pipelines/{id}/criteria/{criterion}/accept"), request).await
    }

    pub(crate) async fn ask(&self, id: i64, question: &AskQuestion) -> anyhow::Result<Question> {
        self.post(&format!("api/v1/pipelines/{id}/questions"), question).await
    }

    /// What was asked about a pipeline's finished work, oldest first.
    pub(crate) async fn questions(&self, id: i64) -> anyhow::Result<Page<Question>> {
        self.get(&format!("api/v1/pipelines/{id}/questions"), &()).await
    }

    /// What agents ask and nobody has answered, oldest first.
    pub(crate) async fn requests(&self, limit: u32) -> anyhow::Result<Page<AgentRequest>> {
        self.get("api/v1/requests", &[("limit", limit)]).await
    }

    pub(crate) async fn revoke_permission(&self, id: i64, revoke: &RevokePermission) -> anyhow::Result<PipelineDetail> {
        self.post(&format!("api/v1/requests/{id}/revoke"), revoke).await
    }

    pub(crate) async fn answer(&self, id: i64, answer: &AnswerRequest) -> anyhow::Result<PipelineDetail> {
        self.post(&format!("api/v1/requests/{id}/answer"), answer).await
    }

    pub(crate) async fn diff(&self, id: i64, attempt: Option<i64>) -> anyhow::Result<String> {
        let request = self.request(Method::GET, &format!("api/v1/pipelines/{id}/diff"))?;
        let request = request.query(&[("attempt", attempt)]).header("Accept", "text/x-diff");
        let response = self.send(request.timeout(ANSWER_WITHIN)).await?;
        response.text().await.context("reading the diff")
    }

    pub(crate) async fn approval(&self, id: i64) -> anyhow::Result<Approval> {
        self.get(&format!("api/v1/approvals/{id}"), &()).await
    }

    pub(crate) async fn pending_approvals(&self, limit: u32) -> anyhow::Result<Page<Approval>> {
        self.get("api/v1/approvals", &[("status", "pending"), ("limit", &limit.to_string())]).await
    }

    pub(crate) async fn decide(&self, id: i64, decision: &DecideApproval) -> anyhow::Result<Approval> {
        self.post(&format!("api/v1/approvals/{id}/decision"), decision).await
    }

    pub(crate) async fn templates(&self, repo: Option<&Path>) -> anyhow::Result<Page<Template>> {
        self.get("api/v1/templates", &[("repo", repo)]).await
    }

    pub(crate) async fn agents(&self, repo: Option<&Path>) -> anyhow::Result<Page<Agent>> {
        self.get("api/v1/agents", &[("repo", repo)]).await
    }

    pub(crate) async fn try_agent(&self, name: &str, request: &TryAgent) -> anyhow::Result<PipelineDetail> {
        if !is_name(name) {
            bail!("{name:?} is no agent; `agency agents` lists them");
        }
        self.post(&format!("api/v1/agents/{name}/tries"), request).await
    }

    pub(crate) async fn start_demo(&self, template: &str) -> anyhow::Result<PipelineDetail> {
        self.post("api/v1/demo", &serde_json::json!({ "template": template })).await
    }

    /// Verifies the whole audit log.
    pub(crate) async fn verify_audit(&self) -> anyhow::Result<AuditVerification> {
        let request = self.request(Method::GET, "api/v1/audit/verification")?.query(&[("whole", true)]);
        read(self.send(request.timeout(VERIFIED_WITHIN)).await?).await
    }

    /// Opens the audit log as a file, of one pipeline or of all, narrowed by the filter.
    pub(crate) async fn export_audit(&self, format: &str, pipeline: Option<i64>, filter: &AuditFilter) -> anyhow::Result<Chunks> {
        let path = pipeline.map_or_else(|| "api/v1/audit/export".to_owned(), |id| format!("api/v1/pipelines/{id}/audit/export"));
        let request = self.request(Method::GET, &path)?.query(&[("format", format)]).query(filter);
        let response = tokio::time::timeout(ANSWER_WITHIN, self.send(request)).await.context("the server does not answer")??;
        Ok(Chunks(response))
    }

    pub(crate) async fn access(&self) -> anyhow::Result<Access> {
        self.get("api/v1/access", &()).await
    }

    pub(crate) async fn create_token(&self, token: &CreateToken) -> anyhow::Result<CreatedToken> {
        self.post("api/v1/access/tokens", token).await
    }

    pub(crate) async fn revoke(&self, id: i64) -> anyhow::Result<()> {
        let request = self.request(Method::DELETE, &format!("api/v1/access/{id}"))?.timeout(ANSWER_WITHIN);
        self.send(request).await.map(drop)
    }

    /// Opens the stream of a pipeline's events that come after `after`.
    pub(crate) async fn events(&self, pipeline: i64, after: i64) -> anyhow::Result<Response> {
        let request = self.request(Method::GET, "events")?;
        self.send(request.query(&[("pipeline", pipeline), ("after", after)])).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, query: &(impl Serialize + ?Sized)) -> anyhow::Result<T> {
        let request = self.request(Method::GET, path)?.query(query).timeout(ANSWER_WITHIN);
        read(self.send(request).await?).await
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> anyhow::Result<T> {
        let request = self.request(Method::POST, path)?.json(body).timeout(ANSWER_WITHIN);
        read(self.send(request).await?).await
    }

    /// The address of a place of the page.
    pub(crate) fn place(&self, link: &str) -> anyhow::Result<Url> {
        self.base.join(link.trim_start_matches('/')).context("making the address of a page")
    }

    fn request(&self, method: Method, path: &str) -> anyhow::Result<RequestBuilder> {
        let url = self.base.join(path).context("making the address of a call")?;
        let request = self.http.request(method, url);
        Ok(match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
    }

    async fn send(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let response = request.send().await.map_err(|error| {
            if error.is_connect() {
                anyhow!("no server answers at {}; start one with `agency serve`, or name another with --server", self.base)
            } else {
                anyhow::Error::new(error).context(format!("calling {}", self.base))
            }
        })?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body = response.bytes().await.unwrap_or_default();
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => bail!(plain(&problem)),
            Err(_) => bail!("the server answered {status}"),
        }
    }
}

/// An answer of any length, piece by piece.
pub(crate) struct Chunks(Response);

impl Chunks {
    /// The next piece; `None` at the end of a whole answer. An answer may take as long as it takes, but no piece of it does.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<impl AsRef<[u8]> + use<>>> {
        let chunk = tokio::time::timeout(ANSWER_WITHIN, self.0.chunk()).await.context("the server has fallen silent")?;
        chunk.context("the server broke its answer off")
    }
}

/// Whether this can be a name in an address: one with a slash in it would be another address.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

async fn read<T: DeserializeOwned>(response: Response) -> anyhow::Result<T> {
    let body = response.bytes().await.context("reading the server's answer")?;
    serde_json::from_slice(&body).context("understanding the server's answer; is the server of the same version as this command?")
}

/// A problem for a person: what is wrong, then each field.
fn plain(problem: &Problem) -> String {
    let mut text = if problem.errors.is_empty() { problem.detail.clone() } else { problem.title.clone() };
    for error in &problem.errors {
        text.push_str(&format!("\n  {}: {}", error.field, error.message));
    }
    text
}
