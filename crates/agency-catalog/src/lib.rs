//! Templates and agents as files: built-in ones in the binary, a user's, a repository's. The nearer one wins.
//!
//! Files are read anew on each call, so that an edit counts at once, and checked whole: a fault names file, line and field. Knows the
//! shapes of the files and nothing of what runs them; called through [`Catalog`] by the engine.

mod agent;
mod budget;
mod builtin;
mod commands;
mod duration;
mod fields;
mod files;
mod form;
mod node;
mod own;
mod permission;
mod rules;
mod schema;
mod steps;
mod template;

pub use schema::template_schema;

use agency_domain::agents::Agent;
use agency_domain::templates::{Catalog, CatalogError, Entry, ItemKind, PlanFault, Source, StepPlan, Template};
use async_trait::async_trait;
use files::Found;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// The catalog over files.
#[derive(Debug, Clone, Default)]
pub struct FileCatalog {
    /// Holds `templates/` and `agents/`; need not exist.
    user_dir: Option<PathBuf>,
    /// Held from the look at a file to its change.
    changing: Arc<Mutex<()>>,
}

impl FileCatalog {
    /// `user_dir` is the user's own directory, for example `~/.config/agency`; `None` where there is none.
    pub fn new(user_dir: Option<PathBuf>) -> Self {
        Self { user_dir, changing: Arc::default() }
    }

    fn read_agents(&self, repo: Option<&Path>) -> Result<Vec<Entry<Agent>>, CatalogError> {
        let entries = self.all(ItemKind::Agent, repo)?.into_iter().map(|(name, found)| Entry {
            item: found.text.and_then(|text| agent::parse(&name, &found.file, &text)),
            name,
            source: found.source,
        });
        Ok(entries.collect())
    }

    fn read_templates(&self, repo: Option<&Path>) -> Result<Vec<Entry<Template>>, CatalogError> {
        self.read_templates_with(&self.read_agents(repo)?, repo)
    }

    fn read_templates_with(&self, agents: &[Entry<Agent>], repo: Option<&Path>) -> Result<Vec<Entry<Template>>, CatalogError> {
        let entries = self.all(ItemKind::Template, repo)?.into_iter().map(|(name, found)| Entry {
            item: found.text.and_then(|text| template::parse(&name, &found.file, &text, agents)),
            name,
            source: found.source,
        });
        Ok(entries.collect())
    }

    /// Every file of a kind by name, the nearest of each.
    fn all(&self, kind: ItemKind, repo: Option<&Path>) -> Result<BTreeMap<String, Found>, CatalogError> {
        let mut by_name: BTreeMap<String, Found> = builtin::files(kind);
        if let Some(user_dir) = &self.user_dir {
            by_name.extend(files::read_dir(kind, Source::User, user_dir, None)?);
        }
        if let Some(repo) = repo {
            by_name.extend(files::read_dir(kind, Source::Repository, &repo.join(files::REPOSITORY_DIR), Some(repo))?);
        }
        Ok(by_name)
    }
}

#[async_trait]
impl Catalog for FileCatalog {
    async fn templates(&self, repo: Option<&Path>) -> Result<Vec<Entry<Template>>, CatalogError> {
        let (catalog, repo) = (self.clone(), repo.map(Path::to_owned));
        off_the_runtime(move || catalog.read_templates(repo.as_deref())).await
    }

    async fn agents(&self, repo: Option<&Path>) -> Result<Vec<Entry<Agent>>, CatalogError> {
        let (catalog, repo) = (self.clone(), repo.map(Path::to_owned));
        off_the_runtime(move || catalog.read_agents(repo.as_deref())).await
    }

    fn parse_steps(&self, steps: &serde_json::Value, agents: &[Entry<Agent>]) -> Result<Vec<StepPlan>, Vec<PlanFault>> {
        steps::parse_list(&node::Node::from_json(steps), &|agent| template::access(agent, agents))
    }
}

/// Files may lie on a slow disk.
async fn off_the_runtime<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<CatalogError> + Send + 'static,
{
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(CatalogError::Unreadable { file: "the catalog".into(), message: error.to_string() }.into()))
}
