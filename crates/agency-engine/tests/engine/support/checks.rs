//! Commands that end as the test says.

use agency_domain::checks::{CheckEnd, CheckError, CheckNews, CheckRequest, CheckRunner, RunningCheck};
use async_trait::async_trait;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Mutex;

/// Exit codes of the commands to come; when there are no more, what the script says, or 0.
#[derive(Default)]
pub(crate) struct FakeChecks {
    codes: Mutex<VecDeque<i32>>,
    script: Option<Box<dyn Fn() -> i32 + Send + Sync>>,
}

impl FakeChecks {
    /// Asks at each command with what it exits.
    pub(crate) fn following(script: Box<dyn Fn() -> i32 + Send + Sync>) -> Self {
        Self { script: Some(script), ..Self::default() }
    }

    pub(crate) fn fail_once(&self, code: i32) {
        self.codes.lock().unwrap().push_back(code);
    }
}

#[async_trait]
impl CheckRunner for FakeChecks {
    async fn suggested(&self, _worktree: &Path) -> Option<String> {
        None
    }

    async fn start(&self, request: CheckRequest) -> Result<Box<dyn RunningCheck>, CheckError> {
        let code = self.codes.lock().unwrap().pop_front().unwrap_or_else(|| self.script.as_ref().map_or(0, |script| script()));
        let news = [CheckNews::Output(format!("$ {}\nexit {code}\n", request.command)), CheckNews::Ended(CheckEnd::Exited { code })];
        Ok(Box::new(FakeCheck(news.into())))
    }
}

struct FakeCheck(VecDeque<CheckNews>);

#[async_trait]
impl RunningCheck for FakeCheck {
    async fn next(&mut self) -> CheckNews {
        self.0.pop_front().expect("asked after the end")
    }
}
