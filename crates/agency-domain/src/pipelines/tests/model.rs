//! Stories at random: whatever is asked of a pipeline, in whatever order, some things never happen.
//!
//! A story is a list of [`Wish`]es, of which most fit the moment and many do not. Each change is held against what a [`Witness`] has seen so
//! far, and against what must hold of any state. At the end somebody means well, and then every story must come to an end.

mod wishes;
mod witness;
mod work;

use super::table::row_of;
use super::*;
use proptest::collection::vec;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeMap;
use wishes::{Wish, wish};
use witness::Witness;
use work::{chains, well_meant};

/// Stories in one run: most commands are taken and refused many times over in them, in well under five seconds.
const STORIES: u32 = 256;
/// Wishes of a story; a whole chain takes about twenty.
const WISHES_MAX: usize = 60;
/// What well-meaning people and agents need at most to bring a story to its end.
const STEPS_TO_THE_END_MAX: usize = 40;

/// Of the stories that are the same each time: in chance ones, a rare command may well never get through.
const SEED: u64 = 20_261_130;

/// How often each command was taken, and refused.
type Counts = BTreeMap<&'static str, (u32, u32)>;

#[test]
fn whatever_is_asked_in_whatever_order_nothing_forbidden_happens_and_each_story_can_end() {
    // PROPTEST_CASES asks for more stories, PROPTEST_RNG_SEED for those of an earlier run.
    let seed = match Config::default().rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0),
    };
    tell_all(seed);
}

#[test]
fn in_the_same_stories_each_time_every_command_gets_through() {
    let counts = tell_all(SEED);
    let taken = |name: &str| counts.get(name).is_some_and(|(taken, _)| *taken > 0);
    let never: Vec<&str> = super::table::rows().into_iter().filter(|name| !taken(name)).collect();
    assert!(never.is_empty(), "no story ever got through: {never:?}");
}

/// Tells the stories of `seed`, and answers how often each command came in them.
fn tell_all(seed: u64) -> Counts {
    let asked = Config::default();
    let config = Config { cases: asked.cases.max(STORIES), rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..asked };
    let counts = RefCell::new(Counts::new());
    let story = (0..chains().len(), vec(wish(), 1..WISHES_MAX));
    let told =
        TestRunner::new(config).run(&story, |(chain, wishes)| tell(chain, &wishes, &mut counts.borrow_mut()).map_err(TestCaseError::fail));
    if let Err(error) = told {
        let (what, story) = match error {
            TestError::Abort(reason) => (reason, String::new()),
            TestError::Fail(reason, (chain, wishes)) => {
                let lines: Vec<String> = wishes.iter().map(|wish| format!("  {wish:?}")).collect();
                (reason, format!("\n\nThe shortest story that shows it, on chain {chain}:\n{}", lines.join("\n")))
            }
        };
        panic!("{what}{story}\n\nAgain with PROPTEST_RNG_SEED={seed}");
    }
    counts.into_inner()
}

/// Tells one story, or says what went wrong in it.
fn tell(chain: usize, wishes: &[Wish], counts: &mut Counts) -> Result<(), String> {
    let mut story = Story::over(chains().swap_remove(chain));
    let mut witness = Witness::of(&story.pipeline);
    for wish in wishes {
        if let Wish::Wait(seconds) = wish {
            story.now += std::time::Duration::from_secs(*seconds);
            continue;
        }
        let command = wish.command(&mut story);
        let (before, row) = (story.pipeline.clone(), row_of(&command));
        let (taken, refused) = counts.entry(row).or_default();
        match story.try_act(command.clone()) {
            Ok(events) => {
                *taken += 1;
                witness.look(&before, &story.pipeline, &events, story.now).map_err(|fault| format!("after {command:?}: {fault}"))?;
            }
            Err(_) => *refused += 1,
        }
    }
    mean_well(&mut story, &mut witness)?;
    witness.replayed(&story.pipeline)
}

/// From here on every attempt succeeds, and people say yes: it must end soon.
fn mean_well(story: &mut Story, witness: &mut Witness) -> Result<(), String> {
    for _ in 0..STEPS_TO_THE_END_MAX {
        if story.pipeline.status.is_final() {
            return Ok(());
        }
        let before = story.pipeline.clone();
        let command = well_meant(story);
        let events = story
            .try_act(command.clone())
            .map_err(|refused| format!("{:?} is next, and {command:?} is refused: {refused}", before.next()))?;
        witness.look(&before, &story.pipeline, &events, story.now)?;
    }
    Err(format!("it does not end: {:?}, next {:?}", story.pipeline.status, story.pipeline.next()))
}

impl Story {
    fn try_act(&mut self, command: Command) -> Result<Vec<Event>, Refused> {
        let events = decide(&self.pipeline, command, self.now)?;
        self.pipeline.apply_all(&events, self.now);
        Ok(events)
    }
}
