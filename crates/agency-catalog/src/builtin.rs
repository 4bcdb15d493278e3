//! The templates and agents that come with the binary.

use crate::files::Found;
use agency_domain::templates::{ItemKind, Source};
use std::collections::BTreeMap;

macro_rules! embedded {
    ($dir:literal, $($file:literal),+) => {
        [$(($file, include_str!(concat!("../builtin/", $dir, "/", $file)))),+]
    };
}

const TEMPLATES: [(&str, &str); 4] = embedded!("templates", "checked_fix.yaml", "full_feature.yaml", "plan_only.yaml", "quick_fix.yaml");
const AGENTS: [(&str, &str); 6] =
    embedded!("agents", "architect.md", "designer.md", "developer.md", "product-owner.md", "qa.md", "senior-reviewer.md");

pub(crate) fn files(kind: ItemKind) -> BTreeMap<String, Found> {
    let files: &[(&str, &str)] = match kind {
        ItemKind::Template => &TEMPLATES,
        ItemKind::Agent => &AGENTS,
    };
    let found = files.iter().map(|(file, text)| {
        let name = file.trim_end_matches(".md").trim_end_matches(".yaml");
        let found = Found { source: Source::BuiltIn, file: format!("built-in {file}"), text: Ok((*text).to_owned()) };
        (name.to_owned(), found)
    });
    found.collect()
}
