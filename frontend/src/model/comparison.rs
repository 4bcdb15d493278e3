//! Two pipelines side by side, in words.

use agency_contract::{ChangedLines, ComparedFile};

/// The class of a cell, and what is read to those who do not see it.
pub fn mark(is_better: bool) -> (&'static str, &'static str) {
    if is_better { ("better", "(better)") } else { ("", "") }
}

/// What either changed in a file, and whether the same came out.
pub fn file_cells(file: &ComparedFile) -> [String; 3] {
    let changed =
        |lines: Option<ChangedLines>| lines.map_or_else(|| "as it was".to_owned(), |lines| format!("+{} −{}", lines.added, lines.removed));
    [changed(file.left), changed(file.right), if file.same { "the same" } else { "differs" }.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_each_did_to_it() {
        let file = ComparedFile { path: "a".into(), left: Some(ChangedLines { added: 3, removed: 1 }), right: None, same: false };
        assert_eq!(file_cells(&file), ["+3 −1", "as it was", "differs"]);
        assert_eq!(file_cells(&ComparedFile { same: true, ..file })[2], "the same");
        assert_eq!([mark(true).0, mark(false).0], ["better", ""]);
    }
}
