//! The `agency` command that does what a request of the API does, for a shell.

use agency_contract::{Budget, CreatePipeline};

/// `agency run …` as it starts what the request would start, quoted for a POSIX shell. `None` for what the command has no words for: a chain of its
/// own, models for single agents, files that were sent without a path, a text with a zero byte.
pub fn run_command(request: &CreatePipeline) -> Option<String> {
    let template = request.template.as_deref()?;
    if request.steps.is_some() || !request.models.is_empty() || !request.attachments.is_empty() {
        return None;
    }
    let budget = request.budget.unwrap_or_default();
    let mut words = vec!["agency".to_owned(), "run".to_owned()];
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    for (flag, value) in [
        ("--repo", Some(request.repo.clone())),
        ("--template", Some(template.to_owned())),
        ("--title", given(&request.title)),
        ("--base", given(&request.base)),
        ("--branch", given(&request.branch)),
        ("--model", given(&request.model)),
    ]
    .into_iter()
    .chain(places("--skip", &request.skip))
    .chain(places("--ask-after", &request.ask_after))
    .chain(ceilings(&budget))
    {
        match value {
            // What looks like a flag has to be tied to its own.
            Some(value) if value.starts_with('-') => words.push(format!("{flag}={value}")),
            Some(value) => words.extend([flag.to_owned(), value]),
            None => {}
        }
    }
    words.extend(["--watch".to_owned(), "--".to_owned(), request.description.clone()]);
    shlex::try_join(words.iter().map(String::as_str)).ok()
}

/// Steps by their places, which the command counts from 1.
fn places(flag: &'static str, places: &[u32]) -> Option<(&'static str, Option<String>)> {
    let counted: Vec<_> = places.iter().map(|place| (place + 1).to_string()).collect();
    (!counted.is_empty()).then(|| (flag, Some(counted.join(","))))
}

fn ceilings(budget: &Budget) -> [(&'static str, Option<String>); 4] {
    [
        ("--tokens", budget.tokens.map(|tokens| tokens.to_string())),
        ("--money", budget.money.map(|money| money.to_string())),
        ("--minutes", budget.minutes.map(|minutes| minutes.to_string())),
        ("--attempts", budget.attempts.map(|attempts| attempts.to_string())),
    ]
}
