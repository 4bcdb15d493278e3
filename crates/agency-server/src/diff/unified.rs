//! A unified diff, as git writes it, into files and hunks.

use agency_contract::{DiffFile, DiffHunk, DiffLine, DiffLineKind};

/// Reads the files of a diff. Lines that belong to no file are skipped.
pub(crate) fn files(diff: &str) -> Vec<DiffFile> {
    let mut reader = Reader::default();
    for line in diff.split_terminator('\n') {
        reader.take(line);
    }
    reader.files
}

#[derive(Default)]
struct Reader {
    files: Vec<DiffFile>,
    old_line: u32,
    new_line: u32,
    /// Lines that the open hunk still has, before and after: inside it, `--- a` is a removed line and no header.
    old_left: u32,
    new_left: u32,
}

impl Reader {
    fn take(&mut self, line: &str) {
        if self.old_left > 0 || self.new_left > 0 {
            self.take_in_hunk(line);
        } else if let Some(paths) = line.strip_prefix("diff --git ") {
            self.files.push(new_file(paths));
        } else if line.starts_with("@@ ") {
            self.open_hunk(line);
        } else if let Some(file) = self.files.last_mut() {
            take_header(file, line);
        }
    }

    fn open_hunk(&mut self, line: &str) {
        let (Some(file), Some((old, new))) = (self.files.last_mut(), ranges(line)) else {
            return;
        };
        (self.old_line, self.old_left) = old;
        (self.new_line, self.new_left) = new;
        file.hunks.push(DiffHunk { header: line.to_owned(), lines: Vec::new() });
    }

    fn take_in_hunk(&mut self, line: &str) {
        let (kind, text) = match line.as_bytes().first() {
            Some(b'+') => (DiffLineKind::Added, &line[1..]),
            Some(b'-') => (DiffLineKind::Removed, &line[1..]),
            Some(b'\\') => return,
            Some(b' ') => (DiffLineKind::Context, &line[1..]),
            _ => (DiffLineKind::Context, line),
        };
        let has_old = kind != DiffLineKind::Added;
        let has_new = kind != DiffLineKind::Removed;
        let Some(file) = self.files.last_mut() else { return };
        file.additions += u32::from(!has_old);
        file.deletions += u32::from(!has_new);
        file.lines += 1;
        let line = DiffLine {
            kind,
            old_line: has_old.then_some(self.old_line),
            new_line: has_new.then_some(self.new_line),
            text: text.to_owned(),
        };
        if let Some(hunk) = file.hunks.last_mut() {
            hunk.lines.push(line);
        }
        if has_old {
            self.old_line += 1;
            self.old_left = self.old_left.saturating_sub(1);
        }
        if has_new {
            self.new_line += 1;
            self.new_left = self.new_left.saturating_sub(1);
        }
    }
}

pub(super) fn new_file(paths: &str) -> DiffFile {
    // Both names are the same unless the file was renamed, and then their own lines follow; only names with " b/" in them are ambiguous here.
    let path = if let Some(end) = paths.strip_suffix('"') {
        unquoted(&format!("\"{}\"", end.rsplit('"').next().unwrap_or_default()))
    } else {
        let half = paths.len() / 2;
        paths.get(half + 1..).unwrap_or_default().to_owned()
    };
    DiffFile {
        path: path.strip_prefix("b/").unwrap_or(&path).to_owned(),
        old_path: None,
        status: "modified".into(),
        additions: 0,
        deletions: 0,
        binary: false,
        lines: 0,
        hunks: Vec::new(),
        rows: None,
        digest: None,
    }
}

fn take_header(file: &mut DiffFile, line: &str) {
    if line.starts_with("new file mode") {
        file.status = "added".into();
    } else if line.starts_with("deleted file mode") {
        file.status = "deleted".into();
    } else if let Some(path) = line.strip_prefix("rename from ") {
        file.status = "renamed".into();
        file.old_path = Some(unquoted(path));
    } else if let Some(path) = line.strip_prefix("rename to ") {
        file.path = unquoted(path);
    } else if let Some(path) = line.strip_prefix("+++ ") {
        set_path(file, path, "b/");
    } else if let Some(path) = line.strip_prefix("--- ") {
        set_path(file, path, "a/");
    } else if line.starts_with("Binary files ") || line == "GIT binary patch" {
        file.binary = true;
    }
}

fn set_path(file: &mut DiffFile, raw: &str, prefix: &str) {
    // git ends a name that has a space with a tab.
    let path = unquoted(raw.strip_suffix('\t').unwrap_or(raw));
    if path == "/dev/null" || file.old_path.is_some() {
        return;
    }
    file.path = path.strip_prefix(prefix).unwrap_or(&path).to_owned();
}

/// `@@ -1,3 +1,4 @@` as first line and number of lines, before and after; nothing for any other line.
pub(super) fn ranges(header: &str) -> Option<((u32, u32), (u32, u32))> {
    let mut parts = header.strip_prefix("@@ ")?.split(' ');
    let old = range(parts.next()?.strip_prefix('-')?)?;
    let new = range(parts.next()?.strip_prefix('+')?)?;
    Some((old, new))
}

fn range(text: &str) -> Option<(u32, u32)> {
    match text.split_once(',') {
        Some((start, count)) => Some((start.parse().ok()?, count.parse().ok()?)),
        None => Some((text.parse().ok()?, 1)),
    }
}

/// A name as it is on disk; git quotes names with control characters, quotes or bytes above 127.
fn unquoted(raw: &str) -> String {
    let Some(inner) = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')) else {
        return raw.to_owned();
    };
    let mut bytes = Vec::new();
    let mut rest = inner.bytes().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'n') => bytes.push(b'\n'),
            Some(b't') => bytes.push(b'\t'),
            Some(digit @ b'0'..=b'3') => {
                let mut value = u32::from(digit - b'0');
                for _ in 0..2 {
                    if let Some(next) = rest.next_if(|byte| (b'0'..=b'7').contains(byte)) {
                        value = value * 8 + u32::from(next - b'0');
                    }
                }
                bytes.push(u8::try_from(value).unwrap_or(b'?'));
            }
            Some(other) => bytes.push(other),
            None => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_an_addition_a_deletion_a_rename_and_a_binary_file_are_read() {
        let diff = "diff --git a/a.sh b/a.sh\nindex 1..2 100644\n--- a/a.sh\n+++ b/a.sh\n@@ -1,3 +1,4 @@ main\n one\n-two\n+zwei\n+drei\n three\n\
diff --git a/new b.txt b/new b.txt\nnew file mode 100644\nindex 0..1\n--- /dev/null\n+++ b/new b.txt\t\n@@ -0,0 +1 @@\n+hello\n\\ No newline at end of file\n\
diff --git a/gone b/gone\ndeleted file mode 100644\n--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n--- a\n\
diff --git a/old.rs b/new.rs\nsimilarity index 100%\nrename from old.rs\nrename to new.rs\n\
diff --git \"a/\\303\\274.bin\" \"b/\\303\\274.bin\"\nindex 1..2\nBinary files \"a/\\303\\274.bin\" and \"b/\\303\\274.bin\" differ\n";
        let files = files(diff);
        let heads: Vec<_> =
            files.iter().map(|file| (file.path.as_str(), file.status.as_str(), file.additions, file.deletions, file.binary)).collect();
        assert_eq!(
            heads,
            [
                ("a.sh", "modified", 2, 1, false),
                ("new b.txt", "added", 1, 0, false),
                ("gone", "deleted", 0, 1, false),
                ("new.rs", "renamed", 0, 0, false),
                ("ü.bin", "modified", 0, 0, true),
            ]
        );
        assert_eq!(files[3].old_path.as_deref(), Some("old.rs"));
        let hunk = &files[0].hunks[0];
        assert_eq!(hunk.header, "@@ -1,3 +1,4 @@ main");
        assert_eq!((hunk.lines[4].old_line, hunk.lines[4].new_line), (Some(3), Some(4)));
        assert_eq!(files[2].hunks[0].lines[0].text, "-- a");
        assert_eq!(files.iter().map(|file| file.lines).collect::<Vec<_>>(), [5, 1, 1, 0, 0]);
    }

    #[test]
    fn nothing_is_no_files() {
        assert!(files("").is_empty());
    }
}
