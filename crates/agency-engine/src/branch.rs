//! What a unified diff says: which files it changes, and which lines it adds.

use agency_domain::criteria::BranchFacts;

/// Most bytes of added lines that are kept: the names of tests are looked for in them.
const ADDED_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Reads git's unified diff.
pub(crate) fn facts_of(diff: &str) -> BranchFacts {
    let mut facts = BranchFacts::default();
    for file in files_of(diff) {
        facts.files.push(path_of(file).to_owned());
        // What comes before the first hunk are headers, `+++ b/…` among them.
        let hunks = file.find("\n@@").map_or("", |at| &file[at..]);
        for line in hunks.lines().filter_map(|line| line.strip_prefix('+')) {
            if facts.added.len() + line.len() < ADDED_BYTES_MAX {
                facts.added.push_str(line);
                facts.added.push('\n');
            }
        }
    }
    facts
}

/// A diff, file by file.
pub(crate) fn files_of(diff: &str) -> Vec<&str> {
    const START: &str = "diff --git ";
    let mut starts: Vec<usize> =
        diff.match_indices(START).map(|(at, _)| at).filter(|at| *at == 0 || diff.as_bytes()[at - 1] == b'\n').collect();
    starts.push(diff.len());
    starts.windows(2).map(|pair| &diff[pair[0]..pair[1]]).collect()
}

/// The path that a file of a diff has afterwards.
pub(crate) fn path_of(file: &str) -> &str {
    let header = file.lines().next().unwrap_or_default();
    header.rsplit_once(" b/").map_or(header, |(_, path)| path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_added_lines_are_read_and_headers_are_not() {
        let diff = "diff --git a/src/a.rs b/src/a.rs\n--- a/src/a.rs\n+++ b/src/a.rs\n@@ -1 +1,2 @@\n-old\n+fn it_shouts() {\n context\n\
                    diff --git a/b b/b\nnew file mode 100644\n--- /dev/null\n+++ b/b\n@@ -0,0 +1 @@\n+diff --git a/c b/c\n";
        let facts = facts_of(diff);
        assert_eq!(facts.files, ["src/a.rs", "b"]);
        assert_eq!(facts.added, "fn it_shouts() {\ndiff --git a/c b/c\n");
    }
}
