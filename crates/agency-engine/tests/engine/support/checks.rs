//! Commands that end as the test says.

use agency_domain::checks::{CheckEnd, CheckError, CheckNews, CheckRequest, CheckRunner, RunningCheck};
use async_trait::async_trait;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Mutex;

/// Exit codes of the commands to come; 0 when there are no more.
#[derive(Default)]
pub(crate) struct FakeChecks {
    codes: Mutex<VecDeque<i32>>,
}

impl FakeChecks {
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
        let code = self.codes.lock().unwrap().pop_front().unwrap_or(0);
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
