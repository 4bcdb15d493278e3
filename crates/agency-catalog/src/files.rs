//! Finding and reading the files of a directory that somebody else writes to.

use agency_domain::templates::{CatalogError, ItemKind, Source};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Where a repository keeps its own.
pub(crate) const REPOSITORY_DIR: &str = ".agency";
/// Longest file: far more than any prompt that a model reads with profit.
pub(crate) const FILE_BYTES_MAX: u64 = 256 * 1024;
/// Most files of one directory; each is read whenever the catalog is.
pub(crate) const FILES_MAX: usize = 500;

/// Where the files of a kind are, below a directory.
pub(crate) fn directory(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Template => "templates",
        ItemKind::Agent => "agents",
    }
}

pub(crate) fn extension(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Template => "yaml",
        ItemKind::Agent => "md",
    }
}

/// Extensions that people mean the same by; a file that is silently left out would be worse than an error.
fn is_misspelt(kind: ItemKind, extension: &str) -> bool {
    match kind {
        ItemKind::Template => extension.eq_ignore_ascii_case("yml") || (extension.eq_ignore_ascii_case("yaml") && extension != "yaml"),
        ItemKind::Agent => extension == "markdown" || (extension.eq_ignore_ascii_case("md") && extension != "md"),
    }
}

/// A file, with its text or the reason why there is none.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) source: Source,
    /// For people: within a repository from its top.
    pub(crate) file: String,
    pub(crate) text: Result<String, CatalogError>,
}

/// The files of a kind below `dir`, by stem. A link must not lead out of `within`.
pub(crate) fn read_dir(kind: ItemKind, source: Source, dir: &Path, within: Option<&Path>) -> Result<BTreeMap<String, Found>, CatalogError> {
    let dir = dir.join(directory(kind));
    let unreadable = |message: String| CatalogError::Unreadable { file: shown(&dir, within), message };
    let entries = match std::fs::read_dir(&dir) {
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Ok(BTreeMap::new());
        }
        Err(error) => return Err(unreadable(error.to_string())),
        Ok(entries) => entries,
    };
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path()).map_err(|error| unreadable(error.to_string()))).collect::<Result<_, _>>()?;
    paths.sort();
    if paths.len() > FILES_MAX {
        return Err(unreadable(format!("it holds more than {FILES_MAX} files: move some of them away")));
    }
    let mut by_name = BTreeMap::new();
    for path in paths {
        let (Some(stem), Some(found_extension)) = (path.file_stem(), path.extension().and_then(|extension| extension.to_str())) else {
            continue;
        };
        let file = shown(&path, within);
        let text = if found_extension == extension(kind) {
            read(&path, &file, within)
        } else if is_misspelt(kind, found_extension) {
            Err(broken(&file, format!("rename it, so that it ends in .{}", extension(kind))))
        } else {
            continue;
        };
        let name = stem.to_string_lossy().into_owned();
        // The well-named one of two, where somebody keeps both.
        if text.is_ok() || !by_name.contains_key(&name) {
            by_name.insert(name, Found { source, file, text });
        }
    }
    Ok(by_name)
}

fn read(path: &Path, file: &str, within: Option<&Path>) -> Result<String, CatalogError> {
    let unreadable = |error: std::io::Error| CatalogError::Unreadable { file: file.to_owned(), message: error.to_string() };
    let real = path.canonicalize().map_err(unreadable)?;
    if let Some(within) = within
        && !real.starts_with(within.canonicalize().map_err(unreadable)?)
    {
        return Err(broken(file, "it is a link that leads out of the repository: copy the file instead"));
    }
    // Opening a pipe would wait for its writer.
    if !real.metadata().map_err(unreadable)?.is_file() {
        return Err(broken(file, "it is not a regular file"));
    }
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(&real).map_err(unreadable)?;
    opened.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(broken(file, format!("it is larger than {} kB: shorten it", FILE_BYTES_MAX / 1024)));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        CatalogError::Broken {
            file: file.to_owned(),
            line: Some(line_after(before)),
            field: None,
            message: "it is not UTF-8 text: save it as UTF-8".into(),
        }
    })?;
    Ok(plain(&text))
}

/// Without the mark that some editors put before a text, and with `\n` between lines.
pub(crate) fn plain(text: &str) -> String {
    text.trim_start_matches('\u{feff}').replace("\r\n", "\n")
}

/// The line, from 1, that follows these bytes.
fn line_after(before: &[u8]) -> u32 {
    let breaks = before.iter().filter(|byte| **byte == b'\n').count();
    u32::try_from(breaks + 1).unwrap_or(u32::MAX)
}

fn broken(file: &str, message: impl Into<String>) -> CatalogError {
    CatalogError::Broken { file: file.to_owned(), line: None, field: None, message: message.into() }
}

fn shown(path: &Path, within: Option<&Path>) -> String {
    within.and_then(|top| path.strip_prefix(top).ok()).unwrap_or(path).display().to_string()
}
