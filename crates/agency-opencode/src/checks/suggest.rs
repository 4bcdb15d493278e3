//! Which command tests a repository, by its files. Reads only, and nothing outside of the worktree.

use serde_json::Value;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Larger is no file that somebody wrote to describe a build.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Files of `tests/` that are looked at.
const ENTRIES_MAX: usize = 2_000;

/// The first that fits; `None` where nothing does.
pub(super) fn suggested(worktree: &Path) -> Option<String> {
    let worktree = Worktree { root: worktree.canonicalize().ok()? };
    let candidates = [just, make, cargo, node, python, go, shell];
    candidates.iter().find_map(|candidate| candidate(&worktree))
}

struct Worktree {
    root: PathBuf,
}

impl Worktree {
    /// The file or directory of that name, wherever a link leads, as long as it stays inside.
    fn place(&self, name: impl AsRef<Path>) -> Option<PathBuf> {
        self.root.join(name).canonicalize().ok().filter(|place| place.starts_with(&self.root))
    }

    fn file(&self, name: impl AsRef<Path>) -> Option<PathBuf> {
        self.place(name).filter(|place| place.is_file())
    }

    fn has(&self, name: &str) -> bool {
        self.file(name).is_some()
    }

    fn read(&self, name: &str) -> Option<String> {
        let mut text = Vec::new();
        File::open(self.file(name)?).ok()?.take(FILE_BYTES_MAX).read_to_end(&mut text).ok()?;
        Some(String::from_utf8_lossy(&text).into_owned())
    }

    /// Names of files in `tests/`, sorted.
    fn tests(&self) -> Vec<String> {
        let entries = self.place("tests").and_then(|directory| fs::read_dir(directory).ok());
        let names = entries.into_iter().flatten().take(ENTRIES_MAX).filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(|name| self.file(Path::new("tests").join(name)).is_some()).collect();
        names.sort();
        names
    }
}

fn just(worktree: &Worktree) -> Option<String> {
    let text = ["justfile", "Justfile", ".justfile"].iter().find_map(|name| worktree.read(name))?;
    (text.lines().any(is_just_test) && is_on_path("just")).then(|| "just test".to_owned())
}

/// A recipe or an alias that can be run as `just test`: one whose parameters all have a default.
fn is_just_test(line: &str) -> bool {
    let line = line.strip_prefix('@').unwrap_or(line);
    if let Some((name, _target)) = line.strip_prefix("alias ").and_then(|line| line.split_once(":=")) {
        return name.trim() == "test";
    }
    match line.strip_prefix("test").and_then(|rest| rest.split_once(':')) {
        Some((parameters, body)) if !body.starts_with('=') && (parameters.is_empty() || parameters.starts_with(' ')) => {
            parameters.split_whitespace().all(|parameter| parameter.starts_with('*') || parameter.contains('='))
        }
        Some(_) | None => false,
    }
}

fn make(worktree: &Worktree) -> Option<String> {
    let text = ["GNUmakefile", "makefile", "Makefile"].iter().find_map(|name| worktree.read(name))?;
    text.lines().any(is_make_test).then(|| "make test".to_owned())
}

fn is_make_test(line: &str) -> bool {
    let rule = line.split_once(':').filter(|(_targets, rest)| !rest.trim_start_matches(':').starts_with('='));
    rule.is_some_and(|(targets, _rest)| !targets.starts_with(['\t', '#']) && targets.split_whitespace().any(|target| target == "test"))
}

fn cargo(worktree: &Worktree) -> Option<String> {
    worktree.has("Cargo.toml").then(|| "cargo test".to_owned())
}

fn node(worktree: &Worktree) -> Option<String> {
    let package: Value = serde_json::from_str(&worktree.read("package.json")?).ok()?;
    // What `npm init` writes fails and says so.
    package["scripts"]["test"].as_str().filter(|script| !script.trim().is_empty() && !script.contains("no test specified"))?;
    let manager = match worktree {
        _ if worktree.has("pnpm-lock.yaml") => "pnpm",
        _ if worktree.has("yarn.lock") => "yarn",
        _ => "npm",
    };
    Some(format!("{manager} test"))
}

fn python(worktree: &Worktree) -> Option<String> {
    let is_configured = ["pyproject.toml", "pytest.ini", "tox.ini"].iter().any(|name| worktree.has(name));
    let has_tests = || worktree.tests().iter().any(|name| name.starts_with("test_") && name.ends_with(".py"));
    (is_configured || has_tests()).then(|| "python3 -m pytest -q".to_owned())
}

fn go(worktree: &Worktree) -> Option<String> {
    worktree.has("go.mod").then(|| "go test ./...".to_owned())
}

/// `test.sh`, or the scripts in `tests/`, each of which must succeed.
fn shell(worktree: &Worktree) -> Option<String> {
    let is_script = |name: &str| worktree.file(name).is_some_and(|file| is_executable(&file));
    if is_script("test.sh") {
        return Some(run_script(worktree, "test.sh"));
    }
    let scripts = worktree.tests().into_iter().filter(|name| name.ends_with(".sh") && is_plain(name)).map(|name| format!("tests/{name}"));
    let scripts: Vec<String> = scripts.filter(|name| is_script(name)).map(|name| run_script(worktree, &name)).collect();
    (!scripts.is_empty()).then(|| scripts.join(" && "))
}

/// By the shell, unless the script names another interpreter.
fn run_script(worktree: &Worktree, name: &str) -> String {
    let first_line = worktree.read(name).unwrap_or_default().lines().next().unwrap_or_default().to_owned();
    let interpreter = first_line.strip_prefix("#!").map(str::trim_end);
    let is_for_shell = interpreter.is_none_or(|interpreter| interpreter.split(['/', ' ']).any(|word| word == "sh"));
    if is_for_shell { format!("sh {name}") } else { format!("./{name}") }
}

/// Whether the name means itself to a shell.
fn is_plain(name: &str) -> bool {
    !name.starts_with('-') && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| is_executable(&directory.join(OsStr::new(program))))
}

fn is_executable(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// What is suggested for these files. Those whose name ends in `.sh` can be executed.
    fn of(files: &[(&str, &str)]) -> Option<String> {
        let directory = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let file = directory.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, content).unwrap();
            let mode = if name.ends_with(".sh") { 0o755 } else { 0o644 };
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        }
        suggested(directory.path())
    }

    #[test]
    fn each_kind_of_repository_has_its_command() {
        for (files, command) in [
            (vec![("Makefile", ".PHONY: test\nbuild test: all\n\tcc x.c\n")], Some("make test")),
            (vec![("Makefile", ".PHONY: test\nCFLAGS:=test\ntest:=1\n\ttest: x\n")], None),
            (vec![("Cargo.toml", "[package]")], Some("cargo test")),
            (vec![("package.json", r#"{"scripts": {"test": "jest"}}"#)], Some("npm test")),
            (vec![("package.json", r#"{"scripts": {"test": "jest"}}"#), ("yarn.lock", "")], Some("yarn test")),
            (vec![("package.json", r#"{"scripts": {"test": "jest"}}"#), ("pnpm-lock.yaml", "")], Some("pnpm test")),
            (vec![("package.json", r#"{"scripts": {"test": "echo \"Error: no test specified\" && exit 1"}}"#)], None),
            (vec![("package.json", "{ no json"), ("go.mod", "module x")], Some("go test ./...")),
            (vec![("pyproject.toml", "")], Some("python3 -m pytest -q")),
            (vec![("tests/test_a.py", "")], Some("python3 -m pytest -q")),
            (vec![("tests/helper.py", "")], None),
            (vec![("test.sh", "echo ok")], Some("sh test.sh")),
            (vec![("test.sh", "#!/bin/sh -e\n")], Some("sh test.sh")),
            (vec![("test.sh", "#!/usr/bin/env bash\n")], Some("./test.sh")),
            (vec![("tests/b.sh", ""), ("tests/a.sh", "#!/bin/bash\n"), ("tests/$(c).sh", "")], Some("./tests/a.sh && sh tests/b.sh")),
            (vec![("README.md", "# Test")], None),
        ] {
            assert_eq!(of(&files).as_deref(), command, "{files:?}");
        }
    }

    #[test]
    fn the_nearer_to_what_people_type_comes_first() {
        let all = [("go.mod", ""), ("Cargo.toml", ""), ("test.sh", ""), ("Makefile", "test:\n\techo\n")];
        assert_eq!(of(&all).as_deref(), Some("make test"));
        assert_eq!(of(&all[..3]).as_deref(), Some("cargo test"));
    }

    #[test]
    fn a_recipe_counts_where_it_can_be_run_without_arguments() {
        for line in ["test:", "@test: build", "test *args:", "test filter='' +more='x': build", "alias test := check"] {
            assert!(is_just_test(line), "{line}");
        }
        for line in ["test name:", "test := 'x'", "tests:", "test-all:", "    test:", "alias t := test", "# test:"] {
            assert!(!is_just_test(line), "{line}");
        }
    }

    #[test]
    fn a_script_that_nobody_made_executable_is_no_test() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("test.sh"), "").unwrap();
        assert_eq!(suggested(directory.path()), None);
    }

    #[test]
    fn links_are_followed_only_inside_of_the_worktree() {
        let (worktree, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("Cargo.toml"), "").unwrap();
        fs::create_dir(outside.path().join("tests")).unwrap();
        fs::write(outside.path().join("tests/test_a.py"), "").unwrap();
        for name in ["Cargo.toml", "tests"] {
            symlink(outside.path().join(name), worktree.path().join(name)).unwrap();
        }
        assert_eq!(suggested(worktree.path()), None);
        fs::write(worktree.path().join("modules"), "").unwrap();
        symlink("modules", worktree.path().join("go.mod")).unwrap();
        assert_eq!(suggested(worktree.path()).as_deref(), Some("go test ./..."));
        assert_eq!(suggested(&worktree.path().join("missing")), None);
    }
}
