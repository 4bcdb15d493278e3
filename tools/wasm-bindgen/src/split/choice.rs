//! Which functions are for later.

use crate::parts::slots;
use anyhow::{Result, bail};
use std::collections::{HashMap, HashSet};
use walrus::ir::{Visitor, dfs_in_order};
use walrus::{ExportItem, FunctionId, FunctionKind, LocalFunction, Module};

/// Where in the names of functions the page's own modules begin.
const OWN: &str = "frontend::";
/// What of those is there for one page, where all else are pieces that several use.
const OF_A_PAGE: [&str; 2] = ["pages::", "app::"];
/// In instructions. The optimizer makes functions one that do the same, under the name of one of them; that happens to small ones, whose names say little
/// therefore.
const SIZE_MIN: u64 = 30;

/// The functions of `module` that are for later: those that are named after one of `names` and after no other page, and all that is reached through those
/// alone.
///
/// # Errors
/// No function is named after one of `names`: it has another name now, or the module carries none.
pub(super) fn later(module: &Module, names: &[String]) -> Result<HashSet<FunctionId>> {
    let full: HashMap<FunctionId, String> =
        module.funcs.iter().filter_map(|function| Some((function.id(), plain(function.name.as_ref()?)))).collect();
    if let Some(name) = names.iter().find(|name| !full.values().any(|full| full.contains(*name))) {
        bail!("no function is named after `{name}`: it has another name now, or the module was written without names");
    }
    let is_large = |id: FunctionId| matches!(&module.funcs.get(id).kind, FunctionKind::Local(function) if function.size() >= SIZE_MIN);
    let named: HashSet<FunctionId> =
        full.iter().filter(|(id, full)| is_large(**id) && is_for_later(full, names)).map(|(id, _)| *id).collect();
    let is_named = |id: FunctionId| named.contains(&id);
    let exported = module.exports.iter().filter_map(|export| if let ExportItem::Function(id) = export.item { Some(id) } else { None });
    let mut next: Vec<FunctionId> = slots(module)?.into_values().filter(|id| !is_named(*id)).chain(exported).chain(module.start).collect();
    let mut first: HashSet<FunctionId> = next.iter().copied().collect();
    while let Some(id) = next.pop() {
        let FunctionKind::Local(function) = &module.funcs.get(id).kind else { continue };
        next.extend(mentioned(function).into_iter().filter(|called| !is_named(*called) && first.insert(*called)));
    }
    Ok(module.funcs.iter_local().map(|(id, _)| id).filter(|id| !first.contains(id)).collect())
}

/// The name of a function without what tells one build of a crate from another: `core[c5930c85a12de822]::fmt::write`.
fn plain(name: &str) -> String {
    let mut pieces = name.split('[');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.split_once(']') {
            Some((hash, rest)) if !hash.is_empty() && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => plain.push_str(rest),
            _ => {
                plain.push('[');
                plain.push_str(piece);
            }
        }
    }
    plain
}

/// Whether the name of a function holds one of `names`, and nothing that belongs to another page.
fn is_for_later(full: &str, names: &[String]) -> bool {
    let paths = || full.match_indices(OWN).map(|(at, _)| &full[at..]);
    let is_named = |path: &str| names.iter().any(|name| path.starts_with(name.as_str()));
    let is_of_other_page = |path: &str| {
        let module = module_of(path);
        let is_above = names.iter().any(|name| name.strip_prefix(module).is_some_and(|inner| inner.starts_with("::")));
        OF_A_PAGE.iter().any(|part| module[OWN.len()..].starts_with(part)) && !is_named(path) && !is_above
    };
    paths().any(is_named) && !paths().any(is_of_other_page)
}

/// The module that a path begins with: `frontend::pages::pipeline` of `frontend::pages::pipeline::Open>`.
fn module_of(path: &str) -> &str {
    let mut end = 0;
    for piece in path.split("::") {
        let is_module = piece.starts_with(|first: char| first.is_ascii_lowercase())
            && piece.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_module {
            break;
        }
        end += piece.len() + "::".len();
    }
    path.get(..end.saturating_sub("::".len())).unwrap_or(path)
}

/// The functions that the body of `function` names.
pub(super) fn mentioned(function: &LocalFunction) -> HashSet<FunctionId> {
    #[derive(Default)]
    struct Mentioned(HashSet<FunctionId>);
    impl Visitor<'_> for Mentioned {
        fn visit_function_id(&mut self, function: &FunctionId) {
            self.0.insert(*function);
        }
    }
    let mut mentioned = Mentioned::default();
    dfs_in_order(&mut mentioned, function, function.entry_block());
    mentioned.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_without_the_hashes_of_crates() {
        let name = "<core[c5930c85a12de822]::slice::Iter<[u8; 4]> as frontend[f918f9868b637b3f]::ui::Rows<[_]>>::next";
        assert_eq!(plain(name), "<core::slice::Iter<[u8; 4]> as frontend::ui::Rows<[_]>>::next");
    }

    #[test]
    fn a_name_is_for_later_where_no_other_page_is_in_it() {
        let names = ["frontend::pages::settings".to_owned(), "frontend::app::palette::__component_finder".to_owned()];
        for (full, expected) in [
            ("<frontend::pages::settings::Settings as core::ops::FnOnce>::call_once", true),
            ("leptos::build::<frontend::ui::field::Field, frontend::app::palette::__component_finder::{closure#0}>", true),
            ("leptos::build::<frontend::app::palette::Entry, frontend::app::palette::__component_finder::{closure#0}>", true),
            ("leptos::build::<frontend::app::Shell, frontend::pages::settings::tokens::Tokens>", true),
            ("leptos::build::<frontend::pages::inbox::Gate, frontend::pages::settings::Row>", false),
            ("frontend::app::palette::__component_palette", false),
            ("frontend::ui::field", false),
            ("core::fmt::write", false),
        ] {
            assert_eq!(is_for_later(full, &names), expected, "{full}");
        }
    }
}
