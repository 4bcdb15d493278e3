//! A request on its way to a pipeline: each field checked, every fault gathered.

use super::{CreateError, CreateRequest, FieldFault};
use agency_domain::agents::{Access, Agent, KeptAgent};
use agency_domain::attachments::{self, AttachedFile, Attachment};
use agency_domain::budgets::Budget;
use agency_domain::pipelines::{NewPipeline, SCRIPTED_PROVIDER};
use agency_domain::repositories::Base;
use agency_domain::templates::{Entry, PlanFault, StepKind, StepPlan, TemplateVersion};
use agency_domain::{BranchName, ModelName, PipelineId, TemplateName};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Most characters of a title: it is a line in a list.
const TITLE_CHARS_MAX: usize = 200;
/// Most bytes of a description: every step is sent it whole.
const DESCRIPTION_BYTES_MAX: usize = 200_000;
/// How many names are tried where the suggested branch exists already.
const BRANCH_TRIES_MAX: u32 = 100;

/// A pipeline that nothing is wrong with, and the agents and files that it keeps.
pub(super) struct Drafted {
    pub(super) new: NewPipeline,
    pub(super) agents: Vec<KeptAgent>,
    pub(super) files: Vec<AttachedFile>,
}

/// What is carried out, and within which bounds.
struct Chain {
    template: TemplateName,
    version: Option<TemplateVersion>,
    agents: Vec<KeptAgent>,
    budget: Budget,
    plans: Vec<StepPlan>,
}

/// A request on its way to a pipeline; gathers faults, so that a person mends them in one go.
pub(super) struct Draft<'a> {
    pub(super) engine: &'a crate::Engine,
    pub(super) request: CreateRequest,
    pub(super) faults: Vec<FieldFault>,
}

impl Draft<'_> {
    pub(super) async fn check(mut self) -> Result<Drafted, CreateError> {
        self.check_texts();
        let files = self.files();
        let default_model = self.default_model().await?;
        let model = self.model("model", self.request.model.clone().as_deref()).or(default_model);
        let root = self.repository().await;
        let chain = self.chain(root.as_deref()).await?;
        let base = match &root {
            Some(root) => self.base(root).await,
            None => None,
        };
        let wanted_branch = match &root {
            Some(root) => self.wanted_branch(root).await?,
            None => None,
        };
        match (root, chain, base) {
            (Some(root), Some(Chain { template, version, agents, budget, plans }), Some(base)) if self.faults.is_empty() => {
                // Drawn last: a request that is refused leaves no gap.
                let ids = &self.engine.shared.ports.ids;
                let (id, title) = (ids.pipeline(), self.title());
                let branch = match wanted_branch {
                    Some(branch) => branch,
                    None => self.free_branch(&root, id, &title).await?,
                };
                let new = NewPipeline {
                    id,
                    title,
                    description: self.request.description,
                    attachments: about(&files),
                    template,
                    template_version: version,
                    repo: root.to_string_lossy().into_owned(),
                    base: base.name,
                    base_commit: base.commit,
                    branch,
                    model,
                    budget: budget.with(self.request.budget),
                    forked_from: None,
                    steps: plans.into_iter().map(|plan| (ids.step(), plan)).collect(),
                };
                Ok(Drafted { new, agents, files })
            }
            _ => Err(CreateError::Invalid(self.faults)),
        }
    }

    fn fault(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.faults.push(FieldFault { field: field.into(), message: message.into() });
    }

    fn check_texts(&mut self) {
        let Budget { tokens, money, minutes, attempts } = self.request.budget;
        let zero = [tokens == Some(0), money.is_some_and(|dollars| dollars <= 0.0), minutes == Some(0), attempts == Some(0)];
        if zero.contains(&true) {
            self.fault("budget", "use numbers above 0, or leave a ceiling out");
        }
        if self.request.description.trim().is_empty() {
            self.fault("description", "describe what you want: every agent is sent this text word for word");
        }
        if self.request.description.len() > DESCRIPTION_BYTES_MAX {
            self.fault("description", format!("use at most {DESCRIPTION_BYTES_MAX} bytes; put long material into files of the repository"));
        }
        if self.request.title.as_ref().is_some_and(|title| title.chars().count() > TITLE_CHARS_MAX) {
            self.fault("title", format!("use at most {TITLE_CHARS_MAX} characters"));
        }
    }

    /// What is attached, as it is kept; none where something is wrong with it.
    fn files(&mut self) -> Vec<AttachedFile> {
        attachments::check(std::mem::take(&mut self.request.attachments)).unwrap_or_else(|faults| {
            self.faults.extend(faults.into_iter().map(|(field, message)| FieldFault { field, message }));
            Vec::new()
        })
    }

    /// As given, else the description's first line.
    fn title(&self) -> String {
        let given = self.request.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
        let line = || self.request.description.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        given.unwrap_or_else(line).trim_start_matches('#').trim().chars().take(TITLE_CHARS_MAX).collect()
    }

    async fn default_model(&self) -> Result<Option<ModelName>, CreateError> {
        let state = self.engine.shared.ports.runtime.state().await;
        if state.path.is_none() {
            return Err(CreateError::RuntimeUnusable(format!("it is not installed. {}", state.how_to_install)));
        }
        if !state.supported {
            let version = state.version.unwrap_or_else(|| "of unknown version".into());
            return Err(CreateError::RuntimeUnusable(format!(
                "{version} is not one of {}. {}",
                state.supported_versions, state.how_to_install
            )));
        }
        Ok(state.default_model)
    }

    pub(super) fn model(&mut self, field: &str, raw: Option<&str>) -> Option<ModelName> {
        match ModelName::parse(raw?.trim()) {
            Ok(model) if model.provider() == SCRIPTED_PROVIDER && !self.engine.shared.settings.scripted_allowed => {
                self.fault(
                    field,
                    "the scripted model is for the demo only; start the server with AGENCY_DEMO__ENABLED=true, or name another model",
                );
                None
            }
            Ok(model) => Some(model),
            Err(error) => {
                self.fault(field, error.to_string());
                None
            }
        }
    }

    async fn repository(&mut self) -> Option<PathBuf> {
        match self.engine.inspect(&self.request.repo).await {
            Ok(facts) => Some(facts.root),
            Err(fault) => {
                self.faults.push(fault);
                None
            }
        }
    }

    /// Template or ad-hoc steps, with every agent found and every model filled in.
    async fn chain(&mut self, root: Option<&Path>) -> Result<Option<Chain>, CreateError> {
        let agents = self.engine.shared.ports.catalog.agents(root).await?;
        let found = match (self.request.template.clone(), self.request.steps.clone()) {
            (Some(name), None) => self.template(&name, root).await?,
            (None, Some(steps)) => self.ad_hoc(&steps, &agents),
            (Some(_), Some(_)) => {
                self.fault("template", "name a template or give steps, not both");
                None
            }
            (None, None) => {
                self.fault("template", "name a template, for example quick_fix, or give steps");
                None
            }
        };
        let Some(mut chain) = found.and_then(|chain| self.tailored(chain)) else { return Ok(None) };
        for (index, plan) in chain.plans.iter_mut().enumerate() {
            if let Some(kept) = self.complete(index, plan, &agents)?
                && !chain.agents.iter().any(|known| known.agent.name == kept.agent.name)
            {
                chain.agents.push(kept);
            }
        }
        self.check_models_name_agents(&chain.plans);
        Ok(Some(chain))
    }

    async fn template(&mut self, name: &str, root: Option<&Path>) -> Result<Option<Chain>, CreateError> {
        let entries = self.engine.shared.ports.catalog.templates(root).await?;
        match entries.iter().find(|entry| entry.name == name) {
            Some(entry) => {
                let template = entry.item.clone()?;
                let version = TemplateVersion { sha256: template.sha256, source: entry.source };
                Ok(Some(Chain {
                    template: template.name,
                    version: Some(version),
                    agents: Vec::new(),
                    budget: template.budget,
                    plans: template.steps,
                }))
            }
            None => {
                let known = entries.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>().join(", ");
                self.fault("template", format!("there is no template {name:?}; there are: {known}"));
                Ok(None)
            }
        }
    }

    /// The chain as this run wants it.
    fn tailored(&mut self, chain: Chain) -> Option<Chain> {
        let tailoring = self.request.tailoring.clone();
        if tailoring.is_empty() {
            return Some(chain);
        }
        if self.request.steps.is_some() {
            self.fault("skip", "leave `skip` and `ask_after` out where you give the steps yourself: they change a template's chain");
            return None;
        }
        match tailoring.of(chain.plans) {
            Ok(plans) => Some(Chain { plans, ..chain }),
            Err(faults) => {
                self.plan_faults(faults);
                None
            }
        }
    }

    fn plan_faults(&mut self, faults: Vec<PlanFault>) {
        self.faults.extend(faults.into_iter().map(|PlanFault { field, message }| FieldFault { field, message }));
    }

    fn ad_hoc(&mut self, steps: &Value, agents: &[Entry<Agent>]) -> Option<Chain> {
        match self.engine.shared.ports.catalog.parse_steps(steps, agents) {
            Ok(plans) => {
                Some(Chain { template: TemplateName::ad_hoc(), version: None, agents: Vec::new(), budget: Budget::default(), plans })
            }
            Err(faults) => {
                self.plan_faults(faults);
                None
            }
        }
    }

    /// The step's model, most particular first: the step's own, the request's for this agent, the agent file's. Answers the agent.
    fn complete(&mut self, index: usize, plan: &mut StepPlan, agents: &[Entry<Agent>]) -> Result<Option<KeptAgent>, CreateError> {
        let StepKind::Agent { agent: name, .. } = &plan.kind else {
            return Ok(None);
        };
        let Some(entry) = agents.iter().find(|entry| entry.name == name.as_str()) else {
            let known = agents.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>().join(", ");
            self.fault(format!("steps[{index}].agent"), format!("there is no agent {:?}; there are: {known}", name.as_str()));
            return Ok(None);
        };
        let agent = entry.item.clone()?;
        let requested = self.request.models.iter().find(|(of, _)| of == name.as_str()).map(|(_, model)| model.clone());
        let own = plan.model.take().map(String::from);
        let field = if own.is_some() { format!("steps[{index}].model") } else { format!("models.{name}") };
        plan.model = self.model(&field, own.or(requested).as_deref()).or(agent.model.clone());
        plan.settings.writes = agent.access == Access::Write;
        plan.settings.agent_sha256 = Some(agent.sha256.clone());
        Ok(Some(KeptAgent { agent, source: entry.source }))
    }

    fn check_models_name_agents(&mut self, plans: &[StepPlan]) {
        let in_chain = |name: &str| plans.iter().any(|plan| matches!(&plan.kind, StepKind::Agent { agent, .. } if agent.as_str() == name));
        let strangers: Vec<String> = self.request.models.iter().map(|(name, _)| name.clone()).filter(|name| !in_chain(name)).collect();
        for name in strangers {
            self.fault(format!("models.{name}"), "no step of this chain has that agent");
        }
    }

    async fn base(&mut self, root: &Path) -> Option<Base> {
        let wanted = self.request.base.clone().map(|base| base.trim().to_owned()).filter(|base| !base.is_empty());
        match self.engine.shared.ports.repositories.resolve_base(root, wanted.as_deref()).await {
            Ok(base) => Some(base),
            Err(error) => {
                self.fault("base", error.to_string());
                None
            }
        }
    }

    /// The branch that the request names, if it names one and it is free.
    pub(super) async fn wanted_branch(&mut self, root: &Path) -> Result<Option<BranchName>, CreateError> {
        let wanted = self.request.branch.clone().map(|branch| branch.trim().to_owned()).filter(|branch| !branch.is_empty());
        let Some(raw) = wanted else { return Ok(None) };
        match BranchName::parse(&raw) {
            Ok(branch) if self.exists(root, &branch).await? => Err(CreateError::BranchTaken(format!(
                "the branch {branch} exists already in {} (or one that it would collide with); name another one",
                root.display()
            ))),
            Ok(branch) => Ok(Some(branch)),
            Err(error) => {
                self.fault("branch", error.to_string());
                Ok(None)
            }
        }
    }

    /// The suggested name; numbered where a run from another data directory has left the same one in this repository.
    pub(super) async fn free_branch(&self, root: &Path, id: PipelineId, title: &str) -> Result<BranchName, CreateError> {
        let suggested = BranchName::suggest(id, title);
        for number in 1..=BRANCH_TRIES_MAX {
            let raw = if number == 1 { suggested.to_string() } else { format!("{suggested}-{number}") };
            if let Ok(branch) = BranchName::parse(&raw)
                && !self.exists(root, &branch).await?
            {
                return Ok(branch);
            }
        }
        Err(CreateError::BranchTaken(format!("{suggested} and {BRANCH_TRIES_MAX} numbered names after it exist already; name a branch")))
    }

    async fn exists(&self, root: &Path, branch: &BranchName) -> Result<bool, CreateError> {
        let found = self.engine.shared.ports.repositories.branch_exists(root, branch).await;
        found.map_err(|error| CreateError::Invalid(vec![FieldFault { field: "repo".into(), message: error.to_string() }]))
    }
}

fn about(files: &[AttachedFile]) -> Vec<Attachment> {
    files.iter().map(|file| file.about.clone()).collect()
}
