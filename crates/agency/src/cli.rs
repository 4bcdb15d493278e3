//! What can be typed. The texts here are the command's help.

mod audit;
mod control;
mod run;

pub(crate) use audit::{AuditCommand, AuditFilter};
use clap::{Args, Parser, Subcommand, ValueEnum};
pub(crate) use control::{
    AcceptArguments, AnswerArguments, AskArguments, BudgetArguments, PauseArguments, ResumeArguments, RetryArguments, SayArguments,
};
pub(crate) use run::{RunArguments, TryArguments};
use std::path::PathBuf;

/// Runs a feature request through a chain of OpenCode agents, on a branch of its own.
#[derive(Debug, Parser)]
#[command(name = "agency", version, arg_required_else_help = true, propagate_version = true)]
pub(crate) struct Cli {
    /// The server to talk to
    #[arg(long, env = "AGENCY_URL", default_value = "http://127.0.0.1:8000", global = true)]
    pub(crate) server: String,
    /// An access token, where the server asks for one
    #[arg(long, env = "AGENCY_TOKEN", hide_env_values = true, global = true)]
    pub(crate) token: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the API, the events and the page until SIGINT or SIGTERM
    Serve {
        /// Settings file; agency.toml in the working directory where it is not given
        #[arg(long, env = "AGENCY_CONFIG")]
        config: Option<PathBuf>,
    },
    /// Start a pipeline and print its id
    Run(Box<RunArguments>),
    /// Try one agent: a pipeline of one step, in a small repository that is made for it
    Try(TryArguments),
    /// List pipelines, newest first
    List {
        /// Only these: queued, running, waiting_for_approval, paused, succeeded, failed, cancelled; several with commas
        #[arg(long)]
        status: Option<String>,
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
        /// Print what the API answers
        #[arg(long)]
        json: bool,
    },
    /// Show a pipeline with its steps and attempts
    Show {
        id: i64,
        /// Print what the API answers
        #[arg(long)]
        json: bool,
    },
    /// Follow a pipeline from its beginning, and print each step, hand-off, verdict and question
    ///
    /// Exit code: 0 succeeded, 1 failed or cancelled, 3 waiting for a person (with --exit-on-approval)
    #[command(verbatim_doc_comment)]
    Watch {
        id: i64,
        /// End with exit code 3 when the pipeline waits for an approval or is paused
        #[arg(long)]
        exit_on_approval: bool,
    },
    /// List what waits for you: approvals, what agents ask, paused pipelines
    Inbox,
    /// Answer what an agent asks
    Answer(AnswerArguments),
    /// Approve what waits
    Approve {
        /// Id of the approval
        id: i64,
        /// Sent to the next agent
        #[arg(long)]
        comment: Option<String>,
        /// Who decides, for the audit log
        #[arg(long, env = "USER")]
        by: Option<String>,
    },
    /// Send what waits back to an earlier step
    RequestChanges {
        /// Id of the approval
        id: i64,
        /// What shall change
        #[arg(long)]
        comment: String,
        /// Who decides, for the audit log
        #[arg(long, env = "USER")]
        by: Option<String>,
        /// Agent of the step to go back to; the nearest one where it is not given
        #[arg(long)]
        back_to: Option<String>,
    },
    /// Reject what waits, and end the pipeline
    Reject {
        /// Id of the approval
        id: i64,
        #[arg(long)]
        comment: Option<String>,
        /// Who decides, for the audit log
        #[arg(long, env = "USER")]
        by: Option<String>,
    },
    /// Pause a pipeline once the attempt under way has ended, or now
    Pause(PauseArguments),
    /// Go on with a paused pipeline, with a higher budget where it waits for one
    Resume(ResumeArguments),
    /// Begin a step afresh, and everything after it
    Retry(RetryArguments),
    /// Say something to the agent that works, or to the next one
    Say(SayArguments),
    /// Ask a step that has finished about its work, and print the answer
    ///
    /// It changes nothing: the answer is given by a session of its own that can only read.
    Ask(AskArguments),
    /// Take a criterion as met without evidence
    Accept(AcceptArguments),
    /// End a pipeline and its agent's processes
    Cancel { id: i64 },
    /// Print what a pipeline changed, as a unified diff
    Diff {
        id: i64,
        /// Only what this attempt changed
        #[arg(long)]
        attempt: Option<i64>,
    },
    /// List templates
    Templates {
        /// With this repository's own
        #[arg(long)]
        repo: Option<PathBuf>,
        /// Print what the API answers
        #[arg(long)]
        json: bool,
    },
    /// List agents
    Agents {
        /// With this repository's own
        #[arg(long)]
        repo: Option<PathBuf>,
        /// Print what the API answers
        #[arg(long)]
        json: bool,
    },
    /// Verify the audit log, and take it with you as a file
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Print a link that shows a pipeline to whoever opens it, for reading alone; revoke it with agency token revoke
    Share {
        id: i64,
        /// How many days it is good
        #[arg(long, default_value_t = 7)]
        days: u32,
        /// Whom it is for; the list of tokens names it by this
        #[arg(long)]
        name: Option<String>,
    },
    /// Make, list and revoke access tokens, for scripts and for this command
    #[command(subcommand)]
    Token(TokenCommand),
    /// Say what this machine has of what the server needs
    Doctor {
        #[arg(long, env = "AGENCY_CONFIG")]
        config: Option<PathBuf>,
    },
    /// Print the API's OpenAPI document
    Openapi,
    /// Print what others have written of this program, and on what terms
    Licenses,
    /// Show or change which migrations the database has
    Migrate {
        #[arg(value_enum, default_value_t = Step::Status)]
        step: Step,
        #[arg(long, env = "AGENCY_CONFIG")]
        config: Option<PathBuf>,
    },
    /// Run one pipeline on a small repository made for it, with the real OpenCode and a scripted model
    Demo(DemoArguments),
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token and print its secret, this once
    Create {
        /// What it is for; the audit log names who acts with it by this
        name: String,
        /// How many days it is good; until it is revoked where it is not given
        #[arg(long)]
        days: Option<u32>,
        /// Only for reading: whoever has it changes nothing
        #[arg(long)]
        read_only: bool,
        /// The code behind #sign-in= in the link that the server printed at its start, for the first token
        #[arg(long, env = "AGENCY_SIGN_IN_CODE", hide_env_values = true)]
        code: Option<String>,
    },
    /// List tokens, and the browsers that have signed in
    List {
        /// Print what the API answers
        #[arg(long)]
        json: bool,
    },
    /// Revoke a token, or sign a browser out
    Revoke { id: i64 },
}

#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    #[arg(long, default_value = "full_feature")]
    pub(crate) template: String,
    /// Keep the server up afterwards, to look at the result in the page
    #[arg(long)]
    pub(crate) keep_serving: bool,
    #[arg(long, env = "AGENCY_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// Print what is applied
    Status,
    /// Apply what is pending
    Up,
    /// Take the newest migration back, with everything that its tables hold
    Down,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_request_is_allowed_or_denied_and_never_both() {
        let parse = |line: &str| Cli::try_parse_from(line.split_whitespace());
        assert!(parse("agency answer 3").is_err());
        assert!(parse("agency answer 3 --allow --deny").is_err());
        let Ok(Cli { command: Command::Answer(answer), .. }) = parse("agency answer 3 --deny --message no") else { panic!() };
        assert!((answer.request, answer.allow, answer.message.as_deref()) == (3, false, Some("no")));
    }

    #[test]
    fn the_command_that_the_server_writes_for_a_request_asks_for_the_same() {
        let request = agency_contract::CreatePipeline {
            title: Some("--loud, isn't it".into()),
            description: "-Shout, \"$HOME\"\n\nin `two` lines".into(),
            repo: "/home/kim/my project".into(),
            template: Some("full_feature".into()),
            skip: vec![0, 2],
            ask_after: vec![3],
            base: Some("main".into()),
            branch: Some("agency/loud".into()),
            model: Some("mock/m1".into()),
            budget: Some(agency_contract::Budget { money: Some(2.5), attempts: Some(4), ..Default::default() }),
            ..Default::default()
        };
        let command = agency_server::run_command(&request).unwrap();
        let Ok(Cli { command: Command::Run(run), .. }) = Cli::try_parse_from(shlex::split(&command).unwrap()) else { panic!("{command}") };
        assert!(run.watch);
        let again = agency_contract::CreatePipeline {
            title: run.title,
            description: run.description.unwrap(),
            repo: run.repo.display().to_string(),
            template: Some(run.template),
            skip: run.skip.iter().map(|place| place.get() - 1).collect(),
            ask_after: run.ask_after.iter().map(|place| place.get() - 1).collect(),
            base: run.base,
            branch: run.branch,
            model: run.model,
            budget: run.budget.ceilings(),
            ..Default::default()
        };
        assert_eq!(again, request, "{command}");
        assert_eq!(agency_server::run_command(&agency_contract::CreatePipeline { steps: Some(Vec::new()), ..request }), None);
    }

    #[test]
    fn a_budget_can_be_given_in_one_go_or_ceiling_by_ceiling() {
        let parse = |line: &str| Cli::try_parse_from(line.split_whitespace());
        let Ok(Cli { command: Command::Resume(resume), .. }) = parse("agency resume 7 --tokens 500 --money 2.5") else { panic!() };
        assert_eq!(resume.budget.ceilings(), Some(agency_contract::Budget { tokens: Some(500), money: Some(2.5), ..Default::default() }));
        let Ok(Cli { command: Command::Run(run), .. }) = parse("agency run x --budget minutes=60,attempts=4 --attempts 5") else {
            panic!()
        };
        assert_eq!(run.budget.ceilings(), Some(agency_contract::Budget { minutes: Some(60), attempts: Some(5), ..Default::default() }));
        let Ok(Cli { command: Command::Run(run), .. }) = parse("agency run x") else { panic!() };
        assert_eq!(run.budget.ceilings(), None);
        for wrong in ["dollars=1", "tokens", "tokens=many", ""] {
            assert!(Cli::try_parse_from(["agency", "run", "x", "--budget", wrong]).is_err(), "{wrong}");
        }
    }
}
