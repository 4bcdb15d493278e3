//! Whether a worktree's configuration is plain, read without starting git: most are, and to ask git of each took two processes for
//! every operation.
//!
//! A configuration sets up a filter or a hook only by its section's name, which is written out: there are no escapes in names. A file
//! in which the words occur nowhere, in any case of letters, names none; one in which they occur is git's to read, with all that it includes.

use agency_domain::CommitId;
use std::io::Read;
use std::path::Path;

/// Sections that name programs or other files, and the key by which ids are not SHA-1.
const WORDS: [&[u8]; 4] = [b"filter", b"hook", b"include", b"objectformat"];
/// Configurations of people are some kilobytes.
const BYTES_MAX: u64 = 256 * 1024;

/// Whether the administrative directory is of a repository with SHA-1 ids that configures no filter and no hook. False where that is not certain.
pub(crate) fn is_plain(git_dir: &Path) -> bool {
    let common = read(&git_dir.join("commondir")).map(|path| git_dir.join(path.trim_end_matches(['\n', '\r'])));
    let Some(common) = common else { return false };
    let is_repository = read(&git_dir.join("HEAD")).is_some_and(|head| is_head(&head)) && has_directories(&common);
    let of_worktree = git_dir.join("config.worktree");
    is_repository && says_nothing(&common.join("config")) && (of_worktree.symlink_metadata().is_err() || says_nothing(&of_worktree))
}

/// As git itself knows a repository.
fn has_directories(common: &Path) -> bool {
    ["objects", "refs"].iter().all(|name| common.join(name).is_dir())
}

fn is_head(head: &str) -> bool {
    head.starts_with("ref: refs/") || CommitId::parse(head.trim_end()).is_ok()
}

/// Whether a file is there and none of the words is in it.
fn says_nothing(file: &Path) -> bool {
    read(file).is_some_and(|text| {
        let text = text.to_ascii_lowercase();
        !WORDS.iter().any(|word| text.as_bytes().windows(word.len()).any(|window| window == *word))
    })
}

/// A whole file of text; `None` where it is something else or too long. Nothing is waited for: a pipe is not opened.
fn read(file: &Path) -> Option<String> {
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    std::fs::File::open(file).ok()?.take(BYTES_MAX + 1).read_to_string(&mut text).ok()?;
    (text.len() as u64 <= BYTES_MAX).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn administrative(config: &str, of_worktree: Option<&str>) -> tempfile::TempDir {
        let common = tempfile::tempdir().unwrap();
        let git_dir = common.path().join("worktrees/7");
        for dir in [&git_dir, &common.path().join("objects"), &common.path().join("refs")] {
            std::fs::create_dir_all(dir).unwrap();
        }
        std::fs::write(git_dir.join("commondir"), "../..\n").unwrap();
        std::fs::write(git_dir.join("HEAD"), "ref: refs/heads/agency/7\n").unwrap();
        std::fs::write(common.path().join("config"), config).unwrap();
        if let Some(config) = of_worktree {
            std::fs::write(git_dir.join("config.worktree"), config).unwrap();
        }
        common
    }

    fn judged(config: &str, of_worktree: Option<&str>) -> bool {
        is_plain(&administrative(config, of_worktree).path().join("worktrees/7"))
    }

    #[test]
    fn a_configuration_is_plain_only_without_each_word_in_each_file() {
        let plain = "[core]\n\trepositoryformatversion = 0\n[remote \"origin\"]\n\turl = ../x\n";
        assert!(judged(plain, None) && judged(plain, Some("[core]\n")));
        for more in [
            "[filter \"x\"]\n\tclean = ./run",
            "[FILTER.x] clean=./run",
            "[Hook \"x\"]\n\tcommand = ./run",
            "[include]\n\tpath = more",
            "[includeIf \"gitdir:/\"]\n\tpath = more",
            "[extensions]\n\tobjectFormat = sha256",
        ] {
            assert!(!judged(&format!("{plain}{more}\n"), None), "{more}");
            assert!(!judged(plain, Some(more)), "{more}");
        }
    }

    #[test]
    fn what_cannot_be_read_whole_is_not_plain() {
        assert!(!judged(&" ".repeat(300_000), None));
        let common = administrative("", None);
        let git_dir = common.path().join("worktrees/7");
        assert!(is_plain(&git_dir));
        std::fs::remove_file(common.path().join("config")).unwrap();
        assert!(!is_plain(&git_dir));
        std::fs::create_dir(git_dir.join("config.worktree")).unwrap();
        std::fs::write(common.path().join("config"), "").unwrap();
        assert!(!is_plain(&git_dir));
        std::fs::remove_dir(git_dir.join("config.worktree")).unwrap();
        std::fs::write(git_dir.join("HEAD"), "nonsense").unwrap();
        assert!(!is_plain(&git_dir));
    }
}
