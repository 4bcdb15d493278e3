//! The repository that a request names, and what its user should know before a pipeline starts there.

use super::FieldFault;
use agency_domain::repositories::{RepositoryError, RepositoryFacts};
use std::path::Path;

/// A repository as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub facts: RepositoryFacts,
    /// Files of the checkout that differ from `HEAD`: a pipeline starts from a commit, and does not see them. `None` where git could not say in time.
    pub uncommitted: Option<usize>,
}

impl crate::Engine {
    /// Looks at a repository of the user's, and changes nothing.
    ///
    /// # Errors
    /// Says what is wrong with `repo`, and what to do.
    pub async fn standing(&self, repo: &str) -> Result<Standing, FieldFault> {
        let facts = self.inspect(repo).await?;
        let uncommitted = match self.shared.ports.repositories.uncommitted(&facts.root).await {
            Ok(count) => Some(count),
            Err(error) => {
                tracing::warn!(repo = %facts.root.display(), %error, "what is uncommitted cannot be counted");
                None
            }
        };
        Ok(Standing { facts, uncommitted })
    }

    pub(super) async fn inspect(&self, repo: &str) -> Result<RepositoryFacts, FieldFault> {
        let fault = |message: String| FieldFault { field: "repo".into(), message };
        let path = Path::new(repo.trim());
        if !path.is_absolute() {
            return Err(fault("give the absolute path of a git repository on this machine".into()));
        }
        self.shared.ports.repositories.inspect(path).await.map_err(|error| {
            let help = match &error {
                RepositoryError::NoSuchDirectory { .. } => "; check the path",
                RepositoryError::NotARepository { .. } => "; run `git init` there, or name another directory",
                RepositoryError::NoCommit { .. } => "; commit something first, so that there is a base to start from",
                _ => "",
            };
            fault(format!("{error}{help}"))
        })
    }
}
