//! The command `agency`: serves, and is a thin client of the server's API for everything else.

mod cli;
mod client;
mod commands;
mod output;
mod stream;

use clap::Parser;
use cli::{Cli, Command};
use client::Client;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match carry_out(Cli::parse()).await {
        Ok(code) => code,
        // Whoever reads us has seen enough.
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("agency: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn carry_out(cli: Cli) -> anyhow::Result<ExitCode> {
    let client = Client::new(&cli.server, cli.token)?;
    match cli.command {
        Command::Serve { config } => commands::serve::serve(config).await,
        Command::Run(arguments) => commands::run::run(&client, *arguments).await,
        Command::Try(arguments) => commands::run::try_agent(&client, arguments).await,
        Command::List { status, limit, json } => commands::list::list(&client, status, limit, json).await,
        Command::Show { id, json } => commands::show::show(&client, id, json).await,
        Command::Watch { id, exit_on_approval } => commands::watch::watch(&client, id, exit_on_approval).await,
        Command::Inbox => commands::inbox::inbox(&client).await,
        Command::Answer(arguments) => commands::inbox::answer(&client, arguments).await,
        Command::Approve { id, comment, by } => commands::approvals::approve(&client, id, comment, by).await,
        Command::RequestChanges { id, comment, by, back_to } => {
            commands::approvals::request_changes(&client, id, comment, by, back_to).await
        }
        Command::Reject { id, comment, by } => commands::approvals::reject(&client, id, comment, by).await,
        Command::Pause(arguments) => commands::control::pause(&client, arguments).await,
        Command::Resume(arguments) => commands::control::resume(&client, arguments).await,
        Command::Retry(arguments) => commands::control::retry(&client, arguments).await,
        Command::Say(arguments) => commands::control::send(&client, arguments).await,
        Command::Ask(arguments) => commands::ask::ask(&client, arguments).await,
        Command::Accept(arguments) => commands::control::accept(&client, arguments).await,
        Command::Cancel { id } => commands::show::cancel(&client, id).await,
        Command::Diff { id, attempt } => commands::show::diff(&client, id, attempt).await,
        Command::Templates { repo, json } => commands::list::templates(&client, repo, json).await,
        Command::Agents { repo, json } => commands::list::agents(&client, repo, json).await,
        Command::Audit(command) => commands::audit::audit(&client, command).await,
        Command::Share { id, days, name } => commands::token::share(&client, id, days, name).await,
        Command::Token(command) => commands::token::token(&client, command).await,
        Command::Doctor { config } => commands::serve::doctor(config).await,
        Command::Openapi => commands::serve::openapi(),
        Command::Licenses => commands::serve::licenses(),
        Command::Migrate { step, config } => commands::serve::migrate(step, config).await,
        Command::Demo(arguments) => commands::demo::demo(arguments).await,
    }
}
