//! What can be typed to hold a run in one's hands: pause, resume, retry, say, accept, answer; and budgets.

use agency_contract::{Budget, PermissionScope};
use clap::{Args, ValueEnum};

/// Ceilings; what is left out stays as it is, or as the template says.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Budget")]
pub(crate) struct BudgetArguments {
    /// Ceilings in one go: tokens=2000000,money=5,minutes=60,attempts=20
    #[arg(long, value_name = "CEILINGS", value_parser = parse_ceilings)]
    budget: Option<Budget>,
    /// Ceiling of tokens, of all kinds together
    #[arg(long)]
    tokens: Option<u64>,
    /// Ceiling of money, in US dollars
    #[arg(long)]
    money: Option<f64>,
    /// Ceiling of minutes of agents' and checks' time
    #[arg(long)]
    minutes: Option<u64>,
    /// Ceiling of attempts
    #[arg(long)]
    attempts: Option<u32>,
}

impl BudgetArguments {
    /// What was given; a flag of its own wins.
    pub(crate) fn ceilings(&self) -> Option<Budget> {
        let whole = self.budget.unwrap_or_default();
        let budget = Budget {
            tokens: self.tokens.or(whole.tokens),
            money: self.money.or(whole.money),
            minutes: self.minutes.or(whole.minutes),
            attempts: self.attempts.or(whole.attempts),
        };
        (budget != Budget::default()).then_some(budget)
    }
}

fn parse_ceilings(raw: &str) -> Result<Budget, String> {
    const SHAPE: &str = "write for example tokens=2000000,money=5,minutes=60,attempts=20";
    let mut budget = Budget::default();
    for ceiling in raw.split(',') {
        let (name, number) = ceiling.split_once('=').ok_or(SHAPE)?;
        let number = number.trim();
        let fault = || format!("{number:?} is no number of {name}; {SHAPE}");
        match name.trim() {
            "tokens" => budget.tokens = Some(number.parse().map_err(|_| fault())?),
            "money" => budget.money = Some(number.parse().map_err(|_| fault())?),
            "minutes" => budget.minutes = Some(number.parse().map_err(|_| fault())?),
            "attempts" => budget.attempts = Some(number.parse().map_err(|_| fault())?),
            other => return Err(format!("there is no ceiling {other:?}; {SHAPE}")),
        }
    }
    Ok(budget)
}

#[derive(Debug, Args)]
pub(crate) struct PauseArguments {
    pub(crate) id: i64,
    /// Interrupt the attempt under way; what it has changed is kept under a ref
    #[arg(long)]
    pub(crate) now: bool,
    /// Who pauses, for the audit log
    #[arg(long, env = "USER")]
    pub(crate) by: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ResumeArguments {
    pub(crate) id: i64,
    #[command(flatten)]
    pub(crate) budget: BudgetArguments,
    /// Who resumes, for the audit log
    #[arg(long, env = "USER")]
    pub(crate) by: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RetryArguments {
    pub(crate) id: i64,
    /// Number or agent of the step, as `agency show` prints them; the one that was attempted last where it is not given
    #[arg(long)]
    pub(crate) step: Option<String>,
    /// provider/model for this step from now on
    #[arg(long)]
    pub(crate) model: Option<String>,
    /// Sent to the step's agent
    #[arg(long, value_name = "TEXT")]
    pub(crate) instruction: Option<String>,
    /// Who retries, for the audit log
    #[arg(long, env = "USER")]
    pub(crate) by: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SayArguments {
    pub(crate) id: i64,
    /// What the agent should know
    pub(crate) text: String,
    /// Who says it, for the agent and the audit log
    #[arg(long, env = "USER")]
    pub(crate) by: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct AskArguments {
    pub(crate) id: i64,
    /// The question
    pub(crate) text: String,
    /// Number or agent of the step, as `agency show` prints them; the agent that finished last where it is not given
    #[arg(long)]
    pub(crate) step: Option<String>,
    /// Id of an earlier attempt of that step
    #[arg(long)]
    pub(crate) attempt: Option<i64>,
    /// Who asks, for the agent and the audit log
    #[arg(long, env = "USER")]
    pub(crate) by: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct AcceptArguments {
    pub(crate) id: i64,
    /// The criterion, for example AC-1
    pub(crate) criterion: String,
    /// Why it may be taken as met
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Who accepts, for the audit log
    #[arg(long, env = "USER")]
    pub(crate) by: Option<String>,
}

/// How far a permission reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scope {
    Once,
    /// The step whose agent asked, in each of its attempts
    Step,
    /// Every step of the pipeline
    Pipeline,
}

impl Scope {
    pub(crate) fn on_the_wire(self) -> Option<PermissionScope> {
        match self {
            Self::Once => None,
            Self::Step => Some(PermissionScope::Step),
            Self::Pipeline => Some(PermissionScope::Pipeline),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct AnswerArguments {
    /// Id of the request, as `agency inbox` lists it
    pub(crate) request: i64,
    /// Allow it, or answer a question (with --message)
    #[arg(long, required_unless_present_any = ["deny", "revoke"], conflicts_with_all = ["deny", "revoke"])]
    pub(crate) allow: bool,
    /// How far a permission reaches: this once, or in its step or the whole pipeline from now on
    #[arg(long, value_enum, default_value_t = Scope::Once, conflicts_with_all = ["deny", "revoke"])]
    pub(crate) scope: Scope,
    /// What is allowed from now on, as in 'cargo *' (repeatable); what `agency inbox` suggests where none is given
    #[arg(long = "pattern", value_name = "PATTERN", conflicts_with_all = ["deny", "revoke"])]
    pub(crate) patterns: Vec<String>,
    /// Deny it; the agent goes on without
    #[arg(long, conflicts_with = "revoke")]
    pub(crate) deny: bool,
    /// Take back what its answer allowed from then on
    #[arg(long)]
    pub(crate) revoke: bool,
    /// What the agent reads: the answer of a question, the reason of a denial
    #[arg(long, value_name = "TEXT")]
    pub(crate) message: Option<String>,
    /// Who answers, for the audit log
    #[arg(long, env = "USER")]
    pub(crate) by: Option<String>,
}
