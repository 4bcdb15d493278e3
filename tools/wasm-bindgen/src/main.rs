//! The `wasm-bindgen` command that Trunk calls, built from this workspace.
//!
//! The official command is not on every package registry, and its version must equal that of the `wasm-bindgen` crate
//! to the digit. Building it over `wasm-bindgen-cli-support` from our own Cargo.lock makes a difference impossible.
//! It knows the flags that Trunk passes and refuses all others, so that a new one is noticed rather than ignored.

use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use wasm_bindgen_cli_support::Bindgen;

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
        bindgen
            .input_path(&self.input)
            .typescript(self.typescript)
            .keep_debug(self.keep_debug)
            .demangle(self.demangle)
            .generate(&self.out_dir)
            .with_context(|| format!("cannot bind {}", self.input.display()))
    }
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
    fn an_unknown_flag_is_refused_by_name() {
        let error = parse(&["--target=web", "--out-dir=out", "in.wasm", "--weak-refs"]).unwrap_err();
        assert!(error.to_string().contains("--weak-refs"));
    }

    #[test]
    fn a_missing_output_directory_is_an_error() {
        assert!(parse(&["--target=web", "in.wasm"]).is_err());
    }
}
