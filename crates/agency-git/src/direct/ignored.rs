//! Which untracked files git ignores: by the `.gitignore` of each directory, by the repository's `info/exclude`, and by the user's own
//! list, which the hardened git reads too, because it is at its default place and not named by a configuration.

use super::files::{Directory, Kind, read_where_it_is};
use gix::bstr::{BStr, ByteSlice};
use gix::glob::pattern::Case;
use gix::ignore::Search;
use gix::ignore::search::Ignore;
use std::path::Path;

pub(super) const FILE: &std::ffi::CStr = c".gitignore";
/// Lists of people are some kilobytes.
const BYTES_MAX: u64 = 256 * 1024;
/// The library gives up on a pattern with more, and git does not.
const STARS_MAX: usize = 16;

/// Patterns from the most general to those of the directory that is looked at.
pub(super) struct Ignored {
    patterns: Search,
}

impl Ignored {
    /// The patterns that are the same for every directory. `None` where they are git's to read.
    pub(super) fn everywhere(common_dir: &Path, of_user: Option<&Path>) -> Option<Self> {
        let mut it = Self { patterns: Search::default() };
        for file in of_user.into_iter().chain([common_dir.join("info/exclude").as_path()]) {
            it.push(&read_where_it_is(file, BYTES_MAX)?, b"")?;
        }
        Some(it)
    }

    /// Takes up the patterns of a directory, where it has some, until [`Self::leave`]; `prefix` is its path with a slash at the end.
    pub(super) fn enter(&mut self, directory: Option<&Directory>, prefix: &[u8]) -> Option<()> {
        let Some(directory) = directory else { return self.push(b"", prefix) };
        let found = directory.find(FILE)??;
        // A link is git's to judge.
        let is_list = matches!(found.kind, Kind::File { .. }) && found.size <= BYTES_MAX;
        self.push(&is_list.then(|| directory.read(FILE, &found))??, prefix)
    }

    pub(super) fn leave(&mut self) {
        self.patterns.patterns.pop();
    }

    /// Whether the path itself is ignored; that one of its directories is, the caller knows.
    pub(super) fn has(&self, path: &[u8], is_directory: bool) -> bool {
        let path: &BStr = path.into();
        let found = self.patterns.pattern_matching_relative_path(path, Some(is_directory), Case::Sensitive);
        found.is_some_and(|found| !found.pattern.is_negative())
    }

    fn push(&mut self, bytes: &[u8], prefix: &[u8]) -> Option<()> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if bytes.split(|byte| *byte == b'\n').any(is_odd) {
            return None;
        }
        // A line of its own before and after: the library knows more byte order marks than git, and git ends the last line.
        let bytes = [b"\n", bytes, b"\n"].concat();
        self.patterns.add_patterns_buffer(&bytes, "", None, Ignore { support_precious: false }).ok()?;
        self.patterns.patterns.last_mut()?.base = (!prefix.is_empty()).then(|| prefix.into());
        Some(())
    }
}

/// Whether git and the library may read a line differently: white space other than spaces is a pattern for git.
fn is_odd(line: &[u8]) -> bool {
    let pattern = line.strip_suffix(b"\r").unwrap_or(line).trim_end_with(|end| end == ' ');
    let pattern = pattern.strip_prefix(b"!").unwrap_or(pattern);
    let is_blank = !pattern.is_empty() && pattern.iter().all(u8::is_ascii_whitespace);
    is_blank || line.contains(&0) || line.iter().filter(|byte| **byte == b'*').count() > STARS_MAX
}
