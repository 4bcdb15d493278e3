//! Every command in every state, in one table, and what holds after each one that is allowed.

use super::*;
use crate::checks::{CheckEnd, CheckRun};
use crate::pipelines::{AnsweredBy, AskKind, Observation, QuestionOutcome, Scope};
use crate::templates::CheckPlan;
use crate::testing::checker::state_faults;
use crate::{AskId, QuestionId, SteerId};
use std::time::Duration;

/// `+` is allowed and brings something about, `=` is allowed and changes nothing, `C` is refused as a conflict with the state, `D` because it was
/// decided before, `I` because the input does not fit, `N` because there is no such thing in this state.
const TABLE: &str = "
                      queued ready begun running finishing check planned gate by_user budget attention succeeded failed cancelled retrying
start                      +     C     C       C         C     C       C    C       C      C         C         C      C         C        C
begin an attempt           C     +     C       C         C     C       C    C       C      C         C         C      C         C        +
mark it running            N     C     +       C         C     +       C    C       C      C         C         C      C         C        C
mark it finishing          N     C     +       +         C     +       C    C       C      C         C         C      C         C        C
finish it                  N     C     +       +         +     +       C    C       C      C         C         C      C         C        C
report its usage           N     C     +       +         +     +       C    C       C      C         C         C      C         C        C
settle its usage           N     C     C       C         C     C       C    C       C      C         C         C      C         +        C
open the gate              C     C     C       C         C     C       +    C       C      C         C         C      C         C        C
decide it                  N     D     D       D         D     D       N    +       D      D         D         D      D         D        D
cancel                     +     +     +       +         +     +       +    +       +      +         +         C      C         C        +
pause                      +     +     +       +         +     +       +    C       C      C         C         C      C         C        +
pause now                  +     +     +       +         +     +       +    C       C      C         C         C      C         C        +
pause for the budget       C     =     C       C         C     C       =    C       C      C         C         C      C         C        =
resume                     C     C     C       C         C     C       C    C       +      +         +         C      C         C        C
change the budget          +     +     +       +         +     +       +    +       +      +         +         C      C         C        +
warn of the budget         +     +     +       +         +     +       +    +       +      +         +         =      =         =        +
retry                      C     C     C       C         C     C       C    +       +      +         +         +      +         +        C
steer                      +     +     +       +         +     +       +    +       +      +         +         C      C         C        +
mark it delivered          N     C     +       +         +     +       C    C       C      C         C         C      C         C        C
ask                        N     C     +       +         +     +       C    C       C      C         C         C      C         C        C
answer                     N     N     N       +         +     N       N    N       N      N         N         N      N         D        N
revoke                     N     N     N       +         +     N       N    N       N      N         N         N      N         C        N
ask a question             C     +     +       +         +     +       +    +       +      +         +         +      C         +        +
ask the newest             N     +     C       C         C     I       +    +       +      +         +         I      C         +        +
end a question             N     N     N       N         N     N       N    N       N      N         N         N      +         N        N
accept a criterion         N     +     +       +         +     +       +    +       +      +         +         C      C         C        +
remind                     N     =     =       =         =     =       N    +       =      =         =         =      =         =        =
open the gate again        C     +     C       C         C     C       C    C       C      C         C         C      C         C        C
fail                       +     +     +       +         +     +       +    +       +      +         +         C      C         C        +
observe                    +     +     +       +         +     +       +    +       +      +         +         +      +         +        +
";

const CHECK: StepId = StepId(4);
const JUDGE: StepId = StepId(5);
/// An id that nothing has.
const NOBODY: i64 = 99;

macro_rules! commands {
    ($story:ident: $($name:literal = $pattern:pat => $command:expr;)+) => {
        /// The row of a command. The match is exhaustive: a new command needs a row.
        pub(super) fn row_of(command: &Command) -> &'static str {
            match command {
                $($pattern => $name,)+
            }
        }

        /// One command of each row, as it fits the state best.
        fn commands($story: &Story) -> Vec<Command> {
            let rows = vec![$(($name, $command)),+];
            assert!(rows.iter().all(|(name, command)| row_of(command) == *name), "a row builds another row's command");
            rows.into_iter().map(|(_, command)| command).collect()
        }
    };
}

commands! { story:
    "start" = Command::Start => Command::Start;
    "begin an attempt" = Command::BeginAttempt(_) => Command::BeginAttempt(story.fitting_attempt());
    "mark it running" = Command::MarkRunning(_) => Command::MarkRunning(story.newest_attempt());
    "mark it finishing" = Command::MarkFinishing { .. } => Command::MarkFinishing { attempt: story.newest_attempt(), usage: used(3) };
    "finish it" = Command::FinishAttempt { .. } => story.fitting_end();
    "report its usage" = Command::ReportUsage { .. } => Command::ReportUsage { attempt: story.newest_attempt(), usage: used(3) };
    "settle its usage" = Command::SettleUsage { .. } => Command::SettleUsage { attempt: story.newest_attempt(), usage: Usage::default() };
    "open the gate" = Command::OpenApproval { .. } => Command::OpenApproval { step: GATE, approval: ApprovalId(NOBODY), digest: "digest".into() };
    "decide it" = Command::DecideApproval { .. } => decision(story.newest_gate(), Decision::Approve, None);
    "cancel" = Command::Cancel { .. } => Command::Cancel { by: kim() };
    "pause" = Command::Pause { now: false, .. } => Command::Pause { by: kim(), now: false };
    "pause now" = Command::Pause { now: true, .. } => Command::Pause { by: kim(), now: true };
    "pause for the budget" = Command::PauseForBudget { .. } => Command::PauseForBudget { step: DEVELOPER };
    "resume" = Command::Resume { .. } => Command::Resume { by: kim(), budget: more() };
    "change the budget" = Command::ChangeBudget { .. } => Command::ChangeBudget { by: kim(), budget: more() };
    "warn of the budget" = Command::WarnOfBudget { .. } => Command::WarnOfBudget { ceiling: crate::budgets::Ceiling::Attempts, percent: 90 };
    "retry" = Command::Retry { .. } => Command::Retry { by: kim(), step: None, model: None, instruction: Some((SteerId(NOBODY), "Again.".into())) };
    "steer" = Command::Steer { .. } => Command::Steer { steer: SteerId(NOBODY), text: "Smaller.".into(), by: kim() };
    "mark it delivered" = Command::MarkDelivered { .. } => Command::MarkDelivered { steer: SteerId(1), attempt: story.newest_attempt() };
    "ask" = Command::Ask { .. } => ask(AskId(NOBODY), story.newest_attempt(), story.now);
    "answer" = Command::Answer { .. } => Command::Answer { ask: AskId(1), allowed: true, message: None, by: AnsweredBy::Person(kim()), grant: None };
    "revoke" = Command::Revoke { .. } => Command::Revoke { ask: AskId(2), by: kim() };
    "ask a question" = Command::AskQuestion { attempt: None, .. } => question(QuestionId(NOBODY), None);
    "ask the newest" = Command::AskQuestion { attempt: Some(_), .. } => question(QuestionId(NOBODY), Some(story.newest_attempt()));
    "end a question" = Command::EndQuestion { .. } => end_of(QuestionId(1));
    "accept a criterion" = Command::AcceptCriterion { .. } =>
        Command::AcceptCriterion { criterion: "AC-1".into(), by: kim(), reason: "I heard it.".into() };
    "remind" = Command::Remind(_) => Command::Remind(story.newest_gate());
    "open the gate again" = Command::ReopenApproval { .. } =>
        Command::ReopenApproval { approval: story.newest_gate(), changed: vec!["diff".into()] };
    "fail" = Command::Fail(_) => Command::Fail(broken());
    "observe" = Command::Observe { .. } =>
        Command::Observe { step: None, attempt: None, what: Observation::ProcessesEnded { count: 1 } };
}

/// The names of all rows.
pub(super) fn rows() -> Vec<&'static str> {
    commands(&Story::of_all_kinds()).iter().map(row_of).collect()
}

fn kim() -> String {
    "kim".into()
}

fn more() -> Budget {
    Budget { attempts: Some(50), ..Budget::default() }
}

fn used(input: u64) -> Usage {
    Usage { tokens: crate::Tokens { input, ..crate::Tokens::default() }, cost: crate::Cost::Known(0.0) }
}

fn broken() -> FailureReason {
    FailureReason { code: ReasonCode::GitError, message: "The worktree is gone.".into(), hint: "Retry.".into() }
}

fn question(question: QuestionId, attempt: Option<AttemptId>) -> Command {
    Command::AskQuestion { question, step: None, attempt, text: "Why so?".into(), by: kim() }
}

fn end_of(question: QuestionId) -> Command {
    Command::EndQuestion { question, outcome: QuestionOutcome::Answered, text: "Because.".into(), usage: Usage::default() }
}

fn ask(ask: AskId, attempt: AttemptId, now: Timestamp) -> Command {
    let deadline = now + Duration::from_secs(60);
    Command::Ask {
        ask,
        attempt,
        kind: AskKind::Permission,
        subject: "bash".into(),
        patterns: vec!["make".into()],
        suggested: vec!["make *".into()],
        deadline,
    }
}

impl Story {
    /// architect, approval, developer, check, senior-reviewer; somebody has said something that nobody has been sent yet.
    fn of_all_kinds() -> Self {
        let name = |raw: &str| AgentName::parse(raw).unwrap();
        let agent = |raw: &str, on_changes_requested| StepPlan::of(StepKind::Agent { agent: name(raw), on_changes_requested });
        let check = CheckPlan { commands: vec!["make test".into()], timeout: Duration::from_secs(60), on_failure: None };
        let mut developer = agent("developer", None);
        developer.settings.writes = true;
        let mut story = Self::over(vec![
            agent("architect", None),
            StepPlan::of(StepKind::Approval { question: "Build this?".into(), remind_after: None }),
            developer,
            StepPlan::of(StepKind::Check(check)),
            agent("senior-reviewer", Some(ReviewLoop { back_to: name("developer"), max_rounds: 2 })),
        ]);
        story.act(Command::Steer { steer: SteerId(1), text: "Be brief.".into(), by: kim() });
        story
    }

    /// With the architect's attempt done.
    fn planned() -> Self {
        let mut story = Self::of_all_kinds();
        story.act(Command::Start);
        story.work(ARCHITECT, &json!({ "summary": "x", "outcome": "done", "criteria": [{ "id": "AC-1", "text": "It shouts." }] }));
        story
    }

    fn at_gate() -> Self {
        let mut story = Self::planned();
        story.gate();
        story
    }

    /// Up to the developer's attempt; each command a second after the one before.
    fn ready() -> Self {
        let mut story = Self::at_gate();
        let gate = story.newest_gate();
        story.now += Duration::from_secs(1);
        story.act(decision(gate, Decision::Approve, None));
        story.now += Duration::from_secs(1);
        story
    }

    fn begun() -> Self {
        let mut story = Self::ready();
        story.attempt(DEVELOPER);
        story
    }

    /// With a request that waits for an answer.
    fn running() -> Self {
        let mut story = Self::begun();
        let attempt = story.newest_attempt();
        story.act(Command::MarkRunning(attempt));
        story.act(ask(AskId(1), attempt, story.now));
        story.act(ask(AskId(2), attempt, story.now));
        let grant = Some((Scope::Step, Vec::new()));
        story.act(Command::Answer { ask: AskId(2), allowed: true, message: None, by: AnsweredBy::Person(kim()), grant });
        story
    }

    fn checking() -> Self {
        let mut story = Self::developed(&done());
        let new = story.fitting_attempt();
        story.act(Command::BeginAttempt(new));
        story
    }

    /// With the developer's attempt done.
    fn developed(arguments: &Value) -> Self {
        let mut story = Self::ready();
        story.work(DEVELOPER, arguments);
        story
    }

    fn then(mut self, command: impl FnOnce(&Self) -> Command) -> Self {
        let command = command(&self);
        self.last_id += 1;
        self.act(command);
        self
    }

    fn succeeded() -> Self {
        let met = json!([{ "id": "AC-1", "status": "met", "evidence": [{ "file": "src/a.rs" }] }]);
        let mut story = Self::developed(&json!({ "summary": "x", "outcome": "done", "criteria": met }));
        let new = story.fitting_attempt();
        story.act(Command::BeginAttempt(new));
        let end = story.fitting_end();
        story.act(end);
        story.work(JUDGE, &review("approved", 1));
        story
    }

    /// At the step where the chain stands, whatever it is.
    fn fitting_attempt(&self) -> NewAttempt {
        let step = self.pipeline.first_open_step().map_or(DEVELOPER, |step| step.id);
        let new = new_attempt(step, AttemptId(NOBODY));
        if step == CHECK { NewAttempt { conversation: None, ..new } } else { new }
    }

    fn fitting_end(&self) -> Command {
        let attempt = self.newest_attempt();
        let is_check = self.pipeline.attempt(attempt).is_some_and(|(step, _)| step.id == CHECK);
        let run = CheckRun { command: "make test".into(), end: CheckEnd::Exited { code: 0 }, duration_ms: 5, tail: String::new() };
        let result = if is_check { AttemptResult::Checked(vec![run]) } else { handed_off(attempt, &done()) };
        Command::FinishAttempt { attempt, usage: Usage::default(), result }
    }

    fn newest_attempt(&self) -> AttemptId {
        self.pipeline.attempts_in_order().last().map_or(AttemptId(NOBODY), |(_, attempt)| attempt.id)
    }

    fn newest_gate(&self) -> ApprovalId {
        self.pipeline.approvals.last().map_or(ApprovalId(NOBODY), |approval| approval.id)
    }
}

/// One pipeline in each state, by the name of its column.
fn states() -> Vec<(&'static str, Story)> {
    let failing = |class| {
        move |story: &Story| Command::FinishAttempt { attempt: story.newest_attempt(), usage: Usage::default(), result: failed(class) }
    };
    let one = Budget { attempts: Some(1), ..Budget::default() };
    vec![
        ("queued", Story::of_all_kinds()),
        ("ready", Story::ready()),
        ("begun", Story::begun()),
        ("running", Story::running()),
        ("finishing", Story::running().then(|story| Command::MarkFinishing { attempt: story.newest_attempt(), usage: Usage::default() })),
        ("check", Story::checking()),
        ("planned", Story::planned()),
        ("gate", Story::at_gate()),
        ("by_user", Story::ready().then(|_| Command::Pause { by: kim(), now: false })),
        (
            "budget",
            Story::ready().then(|_| Command::ChangeBudget { by: kim(), budget: one }).then(|_| Command::PauseForBudget { step: DEVELOPER }),
        ),
        ("attention", Story::developed(&json!({ "summary": "Which key?", "outcome": "blocked" }))),
        ("succeeded", Story::succeeded()),
        // Somebody waits for an answer.
        ("failed", Story::begun().then(failing(FailureClass::AgentError)).then(|_| question(QuestionId(1), None))),
        ("cancelled", Story::running().then(|_| Command::Cancel { by: kim() })),
        ("retrying", Story::begun().then(failing(FailureClass::ProviderUnavailable))),
    ]
}

/// What becomes of a command, as the table writes it. Where it is allowed, the state that it leaves must be sound, and must be what its events
/// make of the state before once they have been written and read.
fn outcome(story: &Story, command: Command) -> Result<&'static str, String> {
    let events = match decide(&story.pipeline, command, story.now) {
        Ok(events) => events,
        Err(refused) => {
            return Ok(match refused {
                Refused::Conflict(_) => "C",
                Refused::AlreadyDecided { .. } => "D",
                Refused::Stale => "S",
                Refused::Invalid { .. } => "I",
                Refused::NoSuch(_) => "N",
            });
        }
    };
    let mut after = story.pipeline.clone();
    after.apply_all(&events, story.now);
    let faults = state_faults(&after);
    if !faults.is_empty() {
        return Err(faults.join("; "));
    }
    let written = serde_json::to_string(&events).unwrap();
    let read: Vec<Event> = serde_json::from_str(&written).unwrap();
    let mut replayed = story.pipeline.clone();
    replayed.apply_all(&read, story.now);
    if replayed != after {
        return Err(format!("read again, its events make something else of it: {written}"));
    }
    Ok(if events.is_empty() { "=" } else { "+" })
}

#[test]
fn each_command_in_each_state_does_what_the_table_says() {
    let states = states();
    for (name, story) in &states {
        assert_eq!(state_faults(&story.pipeline), Vec::<String>::new(), "{name}");
    }
    let mut faults = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    for (index, command) in rows().into_iter().enumerate() {
        let mut row = format!("{command:21}");
        for (name, story) in &states {
            let cell = outcome(story, commands(story).swap_remove(index)).unwrap_or_else(|fault| {
                faults.push(format!("{command} in {name}: {fault}"));
                "!"
            });
            row.push_str(&format!(" {cell:>0$}", name.len()));
        }
        lines.push(row);
    }
    let header = states.iter().fold(" ".repeat(21), |line, (name, _)| line + " " + name);
    let found = format!("\n{header}\n{}\n", lines.join("\n"));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(found == TABLE, "the machine does otherwise; what it does:\n{found}");
}
