//! How a repository stands, in the words of the form.

use super::format::{counted, short_hash};
use agency_contract::Repository;

/// Where a pipeline would start.
pub fn start_line(repository: &Repository) -> String {
    let commit = short_hash(&repository.head_commit);
    match &repository.branch {
        Some(branch) => format!("{branch} is checked out, at {commit}."),
        None => format!("No branch is checked out (HEAD is at {commit}): name a base below."),
    }
}

/// What the agents would not see.
pub fn uncommitted_line(repository: &Repository) -> Option<String> {
    let count = repository.uncommitted.filter(|count| *count > 0)? as usize;
    let (files, them) = (counted(count, "file is", "files are"), if count == 1 { "it" } else { "them" });
    Some(format!("{files} changed and not committed. A pipeline starts from a commit, so agents do not see {them}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_says_where_a_pipeline_starts_and_what_it_leaves_out() {
        let clean = Repository {
            path: "/srv/shop".to_owned(),
            branch: Some("main".to_owned()),
            head_commit: "0123456789abcdef".to_owned(),
            uncommitted: Some(0),
        };
        assert_eq!((start_line(&clean).as_str(), uncommitted_line(&clean)), ("main is checked out, at 0123456789.", None));
        let dirty = Repository { branch: None, uncommitted: Some(2), ..clean };
        assert_eq!(start_line(&dirty), "No branch is checked out (HEAD is at 0123456789): name a base below.");
        assert!(uncommitted_line(&dirty).unwrap().starts_with("2 files are changed and not committed."));
    }
}
