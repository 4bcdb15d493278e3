//! The short diff that a tool leaves, read with patience: it has headers of its own, may be of several files, may have lost its middle where it
//! was long, and may be no diff at all. Whatever is not understood stays as a line without a number.

use super::unified::{new_file, ranges};
use agency_contract::{DiffFile, DiffHunk, DiffLine, DiffLineKind};

/// What begins a file, and what stands before its first hunk.
const FILE_STARTS: [&str; 2] = ["Index: ", "diff "];
const HEADERS: [&str; 8] = ["--- ", "+++ ", "===", "index ", "new file", "deleted file", "old mode ", "new mode "];

/// The files of a tool's diff; text that is no diff is one file of context lines.
pub(crate) fn files_of_tool(text: &str) -> Vec<DiffFile> {
    if !text.lines().any(|line| ranges(line).is_some()) {
        return plain(text);
    }
    let mut reader = Reader { files: Vec::new(), at: At::Head };
    for line in text.lines() {
        reader.take(line);
    }
    reader.files
}

fn plain(text: &str) -> Vec<DiffFile> {
    let mut reader = Reader { files: Vec::new(), at: At::Head };
    text.lines().for_each(|line| reader.put(DiffLineKind::Context, None, None, line));
    reader.files
}

#[derive(Clone, Copy)]
enum At {
    /// Before the first hunk of a file.
    Head,
    Hunk(Place),
    /// Behind a piece that was cut out: which lines these are is not known.
    Cut,
}

/// The next line and how many are left, before and after.
#[derive(Clone, Copy)]
struct Place {
    old: (u32, u32),
    new: (u32, u32),
}

struct Reader {
    files: Vec<DiffFile>,
    at: At,
}

impl Reader {
    fn take(&mut self, line: &str) {
        // Every line of a hunk has its mark before it, so that none of these is one.
        if let Some((old, new)) = ranges(line) {
            self.file().hunks.push(DiffHunk { header: line.to_owned(), lines: Vec::new() });
            self.at = At::Hunk(Place { old, new });
            return;
        }
        if let Some(start) = FILE_STARTS.iter().find(|start| line.starts_with(**start)) {
            self.files.push(new_file(""));
            self.set_path(&line[start.len()..]);
            self.at = At::Head;
            return;
        }
        match self.at {
            At::Head => self.take_header(line),
            At::Hunk(place) => self.take_in_hunk(line, place),
            At::Cut => self.take_marked(line),
        }
    }

    fn take_header(&mut self, line: &str) {
        if let Some(path) = line.strip_prefix("--- ").or_else(|| line.strip_prefix("+++ ")) {
            self.set_path(path);
        } else if !HEADERS.iter().any(|start| line.starts_with(start)) && !line.trim().is_empty() {
            self.put(DiffLineKind::Context, None, None, line);
        }
    }

    fn take_in_hunk(&mut self, line: &str, Place { old, new }: Place) {
        if line.starts_with('\\') {
            return;
        }
        if old.1 == 0 && new.1 == 0 {
            return self.take_between(line);
        }
        let (kind, text) = marked(line);
        if text == line && !line.is_empty() {
            self.at = At::Cut;
            return self.put(kind, None, None, line);
        }
        let (has_old, has_new) = (kind != DiffLineKind::Added, kind != DiffLineKind::Removed);
        self.put(kind, has_old.then_some(old.0), has_new.then_some(new.0), text);
        let step = |(line, left): (u32, u32), has: bool| if has { (line.saturating_add(1), left.saturating_sub(1)) } else { (line, left) };
        self.at = At::Hunk(Place { old: step(old, has_old), new: step(new, has_new) });
    }

    /// Behind a hunk that is complete.
    fn take_between(&mut self, line: &str) {
        if line.starts_with("--- ") {
            self.files.push(new_file(""));
            self.at = At::Head;
            self.take_header(line);
        } else if !line.is_empty() {
            self.take_marked(line);
        }
    }

    fn take_marked(&mut self, line: &str) {
        if !line.starts_with('\\') {
            let (kind, text) = marked(line);
            self.put(kind, None, None, text);
        }
    }

    fn put(&mut self, kind: DiffLineKind, old_line: Option<u32>, new_line: Option<u32>, text: &str) {
        let file = self.file();
        file.lines += 1;
        file.additions += u32::from(kind == DiffLineKind::Added);
        file.deletions += u32::from(kind == DiffLineKind::Removed);
        if file.hunks.is_empty() {
            file.hunks.push(DiffHunk { header: String::new(), lines: Vec::new() });
        }
        let lines = file.hunks.last_mut().map(|hunk| &mut hunk.lines);
        lines.expect("there is one").push(DiffLine { kind, old_line, new_line, text: text.to_owned() });
    }

    fn file(&mut self) -> &mut DiffFile {
        if self.files.is_empty() {
            self.files.push(new_file(""));
        }
        self.files.last_mut().expect("there is one")
    }

    /// Names end with a tab and a note, and those of git begin with the side.
    fn set_path(&mut self, raw: &str) {
        let path = raw.split('\t').next().unwrap_or_default().trim();
        if path != "/dev/null" {
            let path = path.strip_prefix("a/").or_else(|| path.strip_prefix("b/")).unwrap_or(path);
            self.file().path = path.to_owned();
        }
    }
}

/// The line without its mark; as it is where it has none.
fn marked(line: &str) -> (DiffLineKind, &str) {
    match line.as_bytes().first() {
        Some(b'+') => (DiffLineKind::Added, &line[1..]),
        Some(b'-') => (DiffLineKind::Removed, &line[1..]),
        Some(b' ') => (DiffLineKind::Context, &line[1..]),
        Some(_) | None => (DiffLineKind::Context, line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line as `old new mark text`.
    fn lines(file: &DiffFile) -> Vec<String> {
        let number = |number: Option<u32>| number.map_or("-".to_owned(), |number| number.to_string());
        let mark = |kind| match kind {
            DiffLineKind::Added => '+',
            DiffLineKind::Removed => '-',
            DiffLineKind::Context => '=',
        };
        let all = file.hunks.iter().flat_map(|hunk| &hunk.lines);
        all.map(|line| format!("{} {} {} {}", number(line.old_line), number(line.new_line), mark(line.kind), line.text)).collect()
    }

    #[test]
    fn a_tools_diff_has_numbers_counts_and_a_path() {
        let text = "Index: /work/tree/src/a.rs\n===================================================================\n\
--- /work/tree/src/a.rs\n+++ /work/tree/src/a.rs\n@@ -7,3 +7,5 @@\n one\n-two\n+zwei\n+drei\n+++ kept\n \n\\ No newline at end of file\n";
        let files = files_of_tool(text);
        assert_eq!(files.len(), 1);
        assert_eq!((files[0].path.as_str(), files[0].additions, files[0].deletions, files[0].lines), ("/work/tree/src/a.rs", 3, 1, 6));
        assert_eq!(lines(&files[0]), ["7 7 = one", "8 - - two", "- 8 + zwei", "- 9 + drei", "- 10 + ++ kept", "9 11 = "]);
    }

    #[test]
    fn a_patch_of_several_files_keeps_them_apart() {
        let text = "Index: a\n===\n--- a\n+++ a\n@@ -1,1 +1,1 @@\n--- x\n+++ y\n\nIndex: b.rs\n=====\n--- b.rs\t(old)\n+++ b.rs\n@@ -4,1 +4,2 @@ fn f()\n s\n+t\n\
\n--- c\n+++ c\n@@ -1 +1 @@\n-u\n+v\n";
        let files = files_of_tool(text);
        let shown: Vec<_> = files.iter().map(|file| (file.path.as_str(), lines(file))).collect();
        let strings = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect::<Vec<_>>();
        assert_eq!(
            shown,
            [
                ("a", strings(&["1 - - -- x", "- 1 + ++ y"])),
                ("b.rs", strings(&["4 4 = s", "- 5 + t"])),
                ("c", strings(&["1 - - u", "- 1 + v"]))
            ]
        );
    }

    #[test]
    fn behind_a_cut_lines_have_no_numbers_until_the_next_hunk() {
        let text = "--- a\n+++ a\n@@ -1,9 +1,9 @@\n one\n-tw\n[… 70000 bytes are left out here …]\nght\n-eight\n--- ate\n@@ -20,1 +20,1 @@\n-x\n+y\n";
        let files = files_of_tool(text);
        let expected = [
            "1 1 = one",
            "2 - - tw",
            "- - = [… 70000 bytes are left out here …]",
            "- - = ght",
            "- - - eight",
            "- - - -- ate",
            "20 - - x",
            "- 20 + y",
        ];
        assert_eq!((files.len(), lines(&files[0])), (1, expected.map(str::to_owned).to_vec()));
    }

    #[test]
    fn text_that_is_no_diff_is_kept_to_the_letter() {
        let files = files_of_tool("--- a\n+ hello\n\n@@ nothing\n");
        assert_eq!((files.len(), files[0].additions, files[0].hunks[0].header.as_str()), (1, 0, ""));
        assert_eq!(lines(&files[0]), ["- - = --- a", "- - = + hello", "- - = ", "- - = @@ nothing"]);
        assert_eq!(lines(&files_of_tool("before\n@@ -1 +1 @@\n-a\n+b\nafter\n")[0]), ["- - = before", "1 - - a", "- 1 + b", "- - = after"]);
    }
}
