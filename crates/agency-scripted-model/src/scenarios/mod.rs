//! The built-in scenarios: each has a name that is a model id and a directive (`[[mock:NAME]]`). Called by `choice`.

mod failures;
mod handoffs;
mod speech;
mod streams;
mod tools;

pub(crate) use handoffs::fenced;
pub(crate) use speech::text;

use crate::script::{Script, Step};

/// What a name stands for.
pub(crate) enum Scenario {
    /// The same steps for everybody.
    Steps(Vec<Step>),
    /// Rules for the agents of a chain.
    Script(Script),
}

/// Scripts for whole chains, by the model ids that play them.
const CHAINS: [ChainEntry; 6] = [
    ("demo", crate::demo::script),
    ("m1", crate::testing::generic),
    ("m1-unpriced", crate::testing::generic),
    ("slow-developer", crate::testing::slow_developer),
    ("two-rounds", crate::testing::two_rounds),
    ("never-approves", crate::testing::never_approves),
];

type ChainEntry = (&'static str, fn() -> Script);
type Entry = (&'static str, fn() -> Vec<Step>);

fn entries() -> impl Iterator<Item = &'static Entry> {
    [speech::SCENARIOS, tools::SCENARIOS, handoffs::SCENARIOS, failures::SCENARIOS, streams::SCENARIOS].into_iter().flatten()
}

/// The scenario of a name, if there is one.
pub(crate) fn find(name: &str) -> Option<Scenario> {
    let chain = CHAINS.iter().find(|(known, _script)| *known == name).map(|(_known, script)| Scenario::Script(script()));
    chain.or_else(|| entries().find(|(known, _steps)| *known == name).map(|(_known, steps)| Scenario::Steps(steps())))
}

/// All names: the chains first, then the scenarios. Each is a model id.
pub fn names() -> Vec<&'static str> {
    let chains = CHAINS.iter().map(|(name, _script)| *name);
    chains.chain(entries().map(|(name, _steps)| *name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_each_stands_for_something_that_can_be_said() {
        let mut names = names();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        for name in names {
            match find(name).unwrap() {
                Scenario::Steps(steps) => assert!(!steps.is_empty(), "{name}"),
                Scenario::Script(script) => assert!(!script.rules.is_empty(), "{name}"),
            }
        }
        assert!(find("no-such-scenario").is_none());
    }
}
