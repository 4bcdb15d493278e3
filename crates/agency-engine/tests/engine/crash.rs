//! A server that is killed anywhere goes on where it stood, and comes to the same end.
//!
//! Each scenario is run once as it is, which counts its crossings. Then it is run again for each of them and for both sides, killed there,
//! and started again over the same store and the same git; and once more, killed a second time while it recovers. Afterwards the checker of the
//! domain holds, and no attempt, commit or prompt is unaccounted for.

mod process;
mod scenarios;
mod words;
mod world;

pub(crate) use words::word_of;

use crate::support::crossings::Side;
use scenarios::Scenario;
use std::collections::BTreeSet;
use world::World;

/// A second kill comes at one of this many crossings of the life after the first; a recovery has fewer.
const SECOND_KILLS: usize = 31;

/// Kills it at each of its crossings, before and after.
fn kill_everywhere(scenario: &Scenario) {
    let crossings = run(scenario, &[]).len();
    assert!(crossings > 10, "{} crosses the border only {crossings} times", scenario.name);
    for number in 1..=crossings {
        for side in [Side::Before, Side::After] {
            run(scenario, &[(number, side)]);
            // Another place each time, on the other side; over a whole scenario that is every place of a recovery.
            let second = (number * 7 + usize::from(side == Side::After) * 3) % SECOND_KILLS + 1;
            let other_side = if side == Side::Before { Side::After } else { Side::Before };
            run(scenario, &[(number, side), (second, other_side)]);
        }
    }
}

/// Runs a scenario through as many lives as there are kills, and one more; answers what the first life crossed.
fn run(scenario: &Scenario, kills: &[(usize, Side)]) -> Vec<String> {
    let world = World::new(scenario);
    let mut lives = Vec::new();
    for kill in kills {
        let life = world.live(Some(*kill));
        let is_over = life.ended;
        lives.push(life);
        if is_over {
            break;
        }
    }
    if !lives.last().is_some_and(|life| life.ended) {
        lives.push(world.live(None));
    }
    if let Err(faults) = world.judge(&lives) {
        let lives: Vec<String> = lives.iter().map(|life| format!("  {}", life.crossed.join(" | "))).collect();
        panic!("{}, killed at {kills:?}:\n{faults}\nwhat each life crossed:\n{}", scenario.name, lives.join("\n"));
    }
    lives.swap_remove(0).crossed
}

macro_rules! killed_everywhere {
    ($($name:ident: $scenario:path;)+) => {
        $(
            #[test]
            fn $name() {
                kill_everywhere(&$scenario());
            }
        )+

        fn all_scenarios() -> Vec<Scenario> {
            vec![$($scenario()),+]
        }
    };
}

killed_everywhere! {
    a_review_round_survives_a_kill_anywhere: scenarios::review_round;
    a_check_that_fails_once_survives_a_kill_anywhere: scenarios::failing_check;
    a_gate_that_opens_again_survives_a_kill_anywhere: scenarios::gate_reopened;
    a_gate_that_sends_back_survives_a_kill_anywhere: scenarios::changes_by_a_person;
    a_budget_that_runs_out_and_is_raised_survives_a_kill_anywhere: scenarios::budget_raised;
    what_an_attempt_has_used_survives_a_kill_anywhere: scenarios::spent_and_paused;
    a_pause_at_once_survives_a_kill_anywhere: scenarios::paused_now;
    a_pause_after_the_attempt_survives_a_kill_anywhere: scenarios::paused_later;
    a_permission_that_holds_on_survives_a_kill_anywhere: scenarios::granted_and_revoked;
    a_message_to_a_running_agent_survives_a_kill_anywhere: scenarios::steered;
    a_cancellation_at_work_survives_a_kill_anywhere: scenarios::cancelled_at_work;
    a_cancellation_at_a_gate_survives_a_kill_anywhere: scenarios::cancelled_at_gate;
    a_failure_that_is_retried_by_a_person_survives_a_kill_anywhere: scenarios::retried;
    failures_that_pass_by_themselves_survive_a_kill_anywhere: scenarios::passing_failures;
    a_hand_off_that_is_asked_for_again_survives_a_kill_anywhere: scenarios::asked_again;
    a_reader_that_writes_survives_a_kill_anywhere: scenarios::sneaky_reader;
    a_question_about_finished_work_survives_a_kill_anywhere: scenarios::asked_about_its_work;
}

#[test]
fn a_kill_was_tried_around_every_event_that_the_machine_knows() {
    let mut met: BTreeSet<String> = BTreeSet::new();
    for scenario in all_scenarios() {
        met.extend(run(&scenario, &[]).iter().flat_map(|crossing| crossing.split(' ')).map(str::to_owned));
    }
    let missed: Vec<&str> = words::ALL.iter().copied().filter(|word| !met.contains(*word)).collect();
    assert!(missed.is_empty(), "no scenario brings these about, so no kill was tried around them: {missed:?}");
}
