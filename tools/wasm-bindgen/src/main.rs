//! The `wasm-bindgen` command that Trunk calls, built from this workspace.
//!
//! The official command is not on every package registry, and its version must equal that of the `wasm-bindgen` crate
//! to the digit. Building it over `wasm-bindgen-cli-support` from our own Cargo.lock makes a difference impossible.
//! Names that only the module and its JavaScript share are made short, and streams that nothing uses are left out.
//! It knows the flags that Trunk passes and refuses all others, so that a new one is noticed rather than ignored.

use anyhow::{Context, Result, bail};
use std::collections::HashMap;
use std::path::PathBuf;
use wasm_bindgen_cli_support::{Bindgen, Output};

fn main() -> Result<()> {
    match Request::parse(std::env::args().skip(1))? {
        Request::Version => println!("wasm-bindgen {}", wasm_bindgen_shared::version()),
        Request::Generate(job) => job.run()?,
    }
    Ok(())
}

/// What the command line asks for.
#[derive(Debug, PartialEq)]
enum Request {
    Version,
    Generate(Job),
}

/// One module to bind. Only the `web` target exists here.
#[derive(Debug, PartialEq)]
struct Job {
    input: PathBuf,
    out_dir: PathBuf,
    out_name: Option<String>,
    typescript: bool,
    keep_debug: bool,
    demangle: bool,
}

impl Request {
    /// Reads `--flag=value` arguments, the form that Trunk writes.
    fn parse(arguments: impl Iterator<Item = String>) -> Result<Self> {
        let (mut input, mut out_dir, mut out_name) = (None, None, None);
        let (mut typescript, mut keep_debug, mut demangle) = (true, false, true);
        for argument in arguments {
            let (flag, value) = argument.split_once('=').unwrap_or((&argument, ""));
            match flag {
                "--version" | "-V" => return Ok(Self::Version),
                "--target" if value == "web" => {}
                "--target" => bail!("the target is `{value}`, but this tool makes `web` only"),
                "--out-dir" => out_dir = Some(PathBuf::from(value)),
                "--out-name" => out_name = Some(value.to_owned()),
                "--no-typescript" => typescript = false,
                "--keep-debug" => keep_debug = true,
                "--no-demangle" => demangle = false,
                unknown if unknown.starts_with('-') => bail!("this tool does not know the flag `{unknown}`"),
                path => input = Some(PathBuf::from(path)),
            }
        }
        Ok(Self::Generate(Job {
            input: input.context("the path of a wasm module is missing")?,
            out_dir: out_dir.context("--out-dir is missing")?,
            out_name,
            typescript,
            keep_debug,
            demangle,
        }))
    }
}

impl Job {
    fn run(&self) -> Result<()> {
        let mut bindgen = Bindgen::new();
        bindgen.web(true)?.omit_default_module_path(false);
        if let Some(name) = &self.out_name {
            bindgen.out_name(name);
        }
        let bound = bindgen.input_path(&self.input).typescript(self.typescript).keep_debug(self.keep_debug).demangle(self.demangle);
        let mut output = bound.generate_output().with_context(|| format!("cannot bind {}", self.input.display()))?;
        forget_streams(&mut output);
        let short = shorten_imports(&mut output);
        output.emit(&self.out_dir)?;
        let stem = self.out_name.as_deref().or_else(|| self.input.file_stem()?.to_str()).context("the module has no name")?;
        let glue = self.out_dir.join(stem).with_extension("js");
        let text = std::fs::read_to_string(&glue).with_context(|| format!("cannot read {}", glue.display()))?;
        std::fs::write(&glue, renamed(&text, &short)).with_context(|| format!("cannot write {}", glue.display()))
    }
}

/// Leaves out what a server function's streams would be read through, some 20 kB of code that nothing in the page calls: an export would keep it.
/// The classes in the JavaScript that call it are never made.
fn forget_streams(output: &mut Output) {
    let exports = &mut output.wasm_mut().exports;
    let unused: Vec<_> = exports.iter().filter(|export| export.name.contains("intounderlying")).map(walrus::Export::id).collect();
    for id in unused {
        exports.delete(id);
    }
}

/// Gives each imported function a name of a letter or two in place of one that ends in sixteen digits which no compression shortens. Answers the
/// new names by the old ones.
fn shorten_imports(output: &mut Output) -> HashMap<String, String> {
    let imports = output.wasm_mut().imports.iter_mut().filter(|import| import.name.starts_with("__wb"));
    imports.enumerate().map(|(number, import)| (std::mem::replace(&mut import.name, short_name(number)), short_name(number))).collect()
}

/// `$a`, `$b`, … `$z`, `$ba`, …: nothing else in the JavaScript is called so.
fn short_name(mut number: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'a' + u8::try_from(number % 26).expect("below 26")));
        number /= 26;
        if number == 0 {
            break;
        }
    }
    letters.push('$');
    letters.iter().rev().collect()
}

/// `text` with every word that has a short name called by it.
fn renamed(text: &str, short: &HashMap<String, String>) -> String {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = is_of_word(first);
        let end = rest.find(|c| is_of_word(c) != is_word).unwrap_or(rest.len());
        let (token, after) = rest.split_at(end);
        result.push_str(short.get(token).map_or(token, String::as_str));
        rest = after;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Request> {
        Request::parse(arguments.iter().map(ToString::to_string))
    }

    #[test]
    fn the_arguments_that_trunk_passes_are_understood() {
        let request = parse(&["--target=web", "--out-dir=out", "--out-name=page", "in.wasm", "--no-typescript"]).unwrap();
        let job = Job {
            input: "in.wasm".into(),
            out_dir: "out".into(),
            out_name: Some("page".into()),
            typescript: false,
            keep_debug: false,
            demangle: true,
        };
        assert_eq!(request, Request::Generate(job));
    }

    #[test]
    fn whole_words_are_called_by_their_short_names_and_nothing_else() {
        let short = HashMap::from([("__wbg_add_1f".to_owned(), "$a".to_owned())]);
        let text = "imports.__wbg_add_1f = f; __wbg_add_1f2 + x__wbg_add_1f(é)";
        assert_eq!(renamed(text, &short), "imports.$a = f; __wbg_add_1f2 + x__wbg_add_1f(é)");
    }

    #[test]
    fn no_two_numbers_have_the_same_short_name() {
        let names: std::collections::HashSet<String> = (0..2_000).map(short_name).collect();
        assert_eq!(names.len(), 2_000);
        assert_eq!([0, 25, 26].map(short_name), ["$a", "$z", "$ba"]);
    }

    #[test]
    fn an_unknown_flag_is_refused_by_name() {
        let error = parse(&["--target=web", "--out-dir=out", "in.wasm", "--weak-refs"]).unwrap_err();
        assert!(error.to_string().contains("--weak-refs"));
    }

    #[test]
    fn a_missing_output_directory_is_an_error() {
        assert!(parse(&["--target=web", "in.wasm"]).is_err());
    }
}
