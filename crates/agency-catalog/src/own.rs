//! Changes to the files of the user's own: checked as files are, written whole, and never over what somebody else has written.

mod write;

use crate::node::Node;
use crate::{FileCatalog, agent, builtin, files, form, off_the_runtime, template};
use agency_domain::agents::Agent;
use agency_domain::templates::{
    CatalogError, EditError, Entry, Expected, FileVersion, FormChange, FormField, ItemKind, OwnFiles, Source, Template, Written,
};
use agency_domain::{AgentName, TemplateName};
use async_trait::async_trait;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

/// What a text is called that has no name yet.
const UNNAMED: &str = "unnamed";

#[async_trait]
impl OwnFiles for FileCatalog {
    async fn versions(&self, kind: ItemKind, name: &str, repo: Option<&Path>) -> Result<Vec<FileVersion>, CatalogError> {
        let (catalog, name, repo) = (self.clone(), name.to_owned(), repo.map(Path::to_owned));
        off_the_runtime(move || catalog.read_versions(kind, &name, repo.as_deref())).await
    }

    async fn check(&self, kind: ItemKind, name: Option<&str>, text: &str, repo: Option<&Path>) -> Result<Option<Template>, EditError> {
        let (catalog, name, text, repo) = (self.clone(), name.map(str::to_owned), text.to_owned(), repo.map(Path::to_owned));
        off_the_runtime(move || {
            let own = || if kind == ItemKind::Template { template::own_name(&text) } else { None };
            let name = name.or_else(own).unwrap_or_else(|| UNNAMED.to_owned());
            catalog.check_text(kind, &name, &text, repo.as_deref()).map(|(_, template)| template)
        })
        .await
    }

    async fn put(&self, kind: ItemKind, name: &str, text: &str, expected: Expected, repo: Option<&Path>) -> Result<Written, EditError> {
        let (catalog, name, text, repo) = (self.clone(), name.to_owned(), text.to_owned(), repo.map(Path::to_owned));
        off_the_runtime(move || catalog.put_text(kind, &name, &text, &expected, repo.as_deref())).await
    }

    async fn remove(&self, kind: ItemKind, name: &str, expected: Expected) -> Result<(), EditError> {
        let (catalog, name) = (self.clone(), name.to_owned());
        off_the_runtime(move || catalog.remove_file(kind, &name, &expected)).await
    }

    async fn fields(&self, text: &str, repo: Option<&Path>) -> Result<Vec<FormField>, EditError> {
        let (catalog, text, repo) = (self.clone(), text.to_owned(), repo.map(Path::to_owned));
        off_the_runtime(move || {
            let text = short_enough(&text)?;
            let agents = catalog.read_agents(repo.as_deref())?;
            Ok(Node::from_yaml(&text).map(|root| form::fields(&text, &root, &names(&agents))).unwrap_or_default())
        })
        .await
    }

    async fn changed(&self, text: &str, change: &FormChange, repo: Option<&Path>) -> Result<String, EditError> {
        let (catalog, text, change, repo) = (self.clone(), text.to_owned(), change.clone(), repo.map(Path::to_owned));
        off_the_runtime(move || {
            let text = short_enough(&text)?;
            let agents = catalog.read_agents(repo.as_deref())?;
            form::changed(&text, &change, &names(&agents)).map_err(EditError::Unable)
        })
        .await
    }
}

impl FileCatalog {
    fn read_versions(&self, kind: ItemKind, name: &str, repo: Option<&Path>) -> Result<Vec<FileVersion>, CatalogError> {
        let mut found = Vec::new();
        if let Some(repo) = repo {
            found.extend(files::read_dir(kind, Source::Repository, &repo.join(files::REPOSITORY_DIR), Some(repo))?.remove(name));
        }
        if let Some(user_dir) = &self.user_dir {
            found.extend(files::read_dir(kind, Source::User, user_dir, None)?.remove(name));
        }
        found.extend(builtin::files(kind).remove(name));
        let version = |found: files::Found| FileVersion {
            source: found.source,
            file: found.file,
            sha256: found.text.as_deref().ok().map(template::sha256),
            text: found.text,
        };
        Ok(found.into_iter().map(version).collect())
    }

    /// The text as it would be written, and the template that it says.
    fn check_text(&self, kind: ItemKind, name: &str, text: &str, repo: Option<&Path>) -> Result<(String, Option<Template>), EditError> {
        check_name(kind, name)?;
        let text = short_enough(text)?;
        let template = match kind {
            ItemKind::Template => template::check(name, &text, &self.read_agents(repo)?).map(Some),
            ItemKind::Agent => agent::check(name, &text).map(|_| None),
        };
        Ok((text, template.map_err(EditError::Faults)?))
    }

    fn put_text(&self, kind: ItemKind, name: &str, text: &str, expected: &Expected, repo: Option<&Path>) -> Result<Written, EditError> {
        let path = self.path_of(kind, name)?;
        let (text, _) = self.check_text(kind, name, text, repo)?;
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let versions = self.read_versions(kind, name, None)?;
        let is_new = versions.first().is_none_or(|version| version.source != Source::User);
        check_expected(&versions, expected, is_new)?;
        let usable = self.usable_templates(&self.read_agents(None)?)?;
        write::whole(&path, &text)?;
        let after = self.read_templates(None)?;
        let broken = after.into_iter().filter(|entry| entry.name != name && usable.contains(&entry.name));
        Ok(Written { is_new, broken: broken.filter_map(|entry| Some((entry.name, entry.item.err()?))).collect() })
    }

    fn remove_file(&self, kind: ItemKind, name: &str, expected: &Expected) -> Result<(), EditError> {
        let path = self.path_of(kind, name)?;
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let versions = self.read_versions(kind, name, None)?;
        match versions.first().map(|version| version.source) {
            Some(Source::User) => {}
            Some(Source::BuiltIn) => return Err(EditError::BuiltIn),
            Some(Source::Repository) | None => return Err(EditError::Missing),
        }
        if *expected != Expected::Nothing {
            check_expected(&versions, expected, false)?;
        }
        if kind == ItemKind::Agent {
            self.check_nobody_needs(name)?;
        }
        write::gone(&path)
    }

    /// Refuses where a template that can be used now could not be without the user's agent of this name.
    fn check_nobody_needs(&self, name: &str) -> Result<(), EditError> {
        let mut agents = self.read_agents(None)?;
        let before = self.usable_templates(&agents)?;
        agents.retain(|entry| entry.name != name);
        if let Some(Ok(text)) = builtin::files(ItemKind::Agent).remove(name).map(|found| found.text) {
            agents.push(Entry { name: name.to_owned(), source: Source::BuiltIn, item: agent::parse(name, name, &text) });
        }
        let after = self.usable_templates(&agents)?;
        let needing: Vec<String> = before.into_iter().filter(|template| !after.contains(template)).collect();
        if needing.is_empty() { Ok(()) } else { Err(EditError::Needed(needing)) }
    }

    /// Names of the templates that can be used with these agents, outside of any repository.
    fn usable_templates(&self, agents: &[Entry<Agent>]) -> Result<Vec<String>, CatalogError> {
        let all = self.read_templates_with(agents, None)?;
        Ok(all.into_iter().filter(|entry| entry.item.is_ok()).map(|entry| entry.name).collect())
    }

    /// Where the user's file of this name is, or would be.
    fn path_of(&self, kind: ItemKind, name: &str) -> Result<PathBuf, EditError> {
        check_name(kind, name)?;
        let user_dir = self.user_dir.as_ref().ok_or(EditError::NoPlace)?;
        Ok(user_dir.join(files::directory(kind)).join(format!("{name}.{}", files::extension(kind))))
    }
}

/// The text as it would be written.
fn short_enough(text: &str) -> Result<String, EditError> {
    if text.len() as u64 > files::FILE_BYTES_MAX {
        return Err(EditError::TooLarge { bytes_max: files::FILE_BYTES_MAX });
    }
    Ok(files::plain(text))
}

fn names(agents: &[Entry<Agent>]) -> Vec<&str> {
    agents.iter().map(|entry| entry.name.as_str()).collect()
}

/// A name is a slug, so that it can be no path.
fn check_name(kind: ItemKind, name: &str) -> Result<(), EditError> {
    match kind {
        ItemKind::Template => TemplateName::parse(name).map(drop)?,
        ItemKind::Agent => AgentName::parse(name).map(drop)?,
    }
    Ok(())
}

fn check_expected(versions: &[FileVersion], expected: &Expected, is_new: bool) -> Result<(), EditError> {
    let counts = versions.first().and_then(|version| version.sha256.as_ref());
    let is_fine = match expected {
        Expected::Nothing => is_new,
        Expected::Anything => true,
        Expected::Version(sha256) => counts == Some(sha256),
    };
    if is_fine { Ok(()) } else { Err(EditError::Stale { sha256: counts.cloned() }) }
}
