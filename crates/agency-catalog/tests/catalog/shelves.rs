//! A user's directory and a repository, to put files into.

use agency_catalog::FileCatalog;
use agency_domain::agents::Agent;
use agency_domain::templates::{Catalog, CatalogError, Entry, Template};
use std::path::PathBuf;
use tempfile::TempDir;

pub(crate) struct Shelves {
    pub(crate) catalog: FileCatalog,
    pub(crate) user: PathBuf,
    pub(crate) repo: PathBuf,
    pub(crate) outside: PathBuf,
    _temporary: TempDir,
}

impl Shelves {
    pub(crate) fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let dir = |name: &str| {
            let path = temporary.path().join(name);
            std::fs::create_dir(&path).unwrap();
            path
        };
        let (user, repo, outside) = (dir("user"), dir("repo"), dir("outside"));
        Self { catalog: FileCatalog::new(Some(user.clone())), user, repo, outside, _temporary: temporary }
    }

    pub(crate) fn in_user(&self, file: &str, text: &str) {
        write(&self.user.join(file), text);
    }

    pub(crate) fn in_repo(&self, file: &str, text: &str) {
        write(&self.repo.join(".agency").join(file), text);
    }

    pub(crate) async fn template(&self, name: &str) -> Entry<Template> {
        let all = self.catalog.templates(Some(&self.repo)).await.unwrap();
        all.into_iter().find(|entry| entry.name == name).unwrap()
    }

    pub(crate) async fn agent(&self, name: &str) -> Entry<Agent> {
        let all = self.catalog.agents(Some(&self.repo)).await.unwrap();
        all.into_iter().find(|entry| entry.name == name).unwrap()
    }

    /// The fault of a template of the repository with this text.
    pub(crate) async fn fault(&self, text: &str) -> CatalogError {
        self.in_repo("templates/x.yaml", text);
        self.template("x").await.item.unwrap_err()
    }
}

fn write(path: &std::path::Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}
