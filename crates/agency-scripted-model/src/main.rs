//! The scripted model as a program: for `just demo`, for `just dev` without a provider, and for trying things by hand.

use agency_scripted_model::{Options, Script, ScriptedModel};
use anyhow::Context;
use clap::Parser;
use std::path::PathBuf;

/// An OpenAI-compatible language model on 127.0.0.1 that plays scripts. For tests and demonstrations only.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The port; 0 takes any free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// A JSON file with the script. Without it, the model's id or a directive in the prompt names what is played.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Appends a line of JSON per request and per end of one. It holds whole prompts.
    #[arg(long, value_name = "FILE")]
    request_log: Option<PathBuf>,
    /// Writes an OpenCode configuration that leads to this model, before it says that it listens.
    #[arg(long, value_name = "FILE")]
    print_opencode_config: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let script = arguments.script.as_deref().map(Script::load).transpose()?.unwrap_or_default();
    let model = ScriptedModel::start(Options { script, port: arguments.port, request_log: arguments.request_log })?;
    if let Some(path) = arguments.print_opencode_config {
        let config = serde_json::to_string_pretty(&model.opencode_config())?;
        std::fs::write(&path, config + "\n").with_context(|| format!("writing {}", path.display()))?;
    }
    println!("scripted model listening on {}", model.base_url());
    model.wait();
    Ok(())
}
