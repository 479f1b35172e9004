//! Shows that each guard is necessary: without it the search finds a broken promise, and the shortest story
//! is kept in `stories.txt`. To update the file:
//! `cargo test -p loquet-policy --test explorer -- --ignored write_the_stories`.

use crate::CORE;
use crate::altered::{no_break_glass, refuse, weakened};
use crate::guards::{EXHAUSTED, guards};
use crate::search::{Broken, check_recovery, check_recovery_for, explore};
use crate::world::*;
use loquet_policy::*;

fn story_text(guard: &str, broken: &Broken) -> String {
    let steps = broken
        .story
        .iter()
        .enumerate()
        .map(|(at, step)| format!("  {}. {step}\n", at + 1));
    format!(
        "Without the guard: {guard}\n{}  => {}\n\n",
        steps.collect::<String>(),
        broken.ensure
    )
}

fn stories() -> String {
    let mut told = String::new();
    for (guard, space, engine, ensure) in guards() {
        let broken = match explore(space, &engine) {
            Err(broken) => broken,
            Ok(_) => panic!("nothing breaks without the guard: {guard}"),
        };
        assert!(broken.ensure.contains(ensure), "{guard}: {broken:#?}");
        told += &story_text(guard, &broken);
    }
    told += &story_without_break_glass();
    told += &story_without_recovery_codes();
    told
}

/// Without break-glass, two administrators can lock themselves out: one loses the phone and the other is
/// removed.
fn story_without_break_glass() -> String {
    let engine = weakened(no_break_glass);
    let space = Space {
        links: false,
        ..CORE
    };
    let mut explored = explore(space, &engine).unwrap_or_else(|broken| panic!("{broken:#?}"));
    let broken = check_recovery(&mut explored, &engine).expect_err("an account is locked out");
    story_text("there is a break-glass code", &broken)
}

/// Recovery codes also work for a disabled authenticator. Break-glass, the other way to recover, is removed
/// here.
fn story_without_recovery_codes() -> String {
    let holds_codes = |world: &World| {
        world.people[0].account.recovery.len() == 2 && world.people[0].printed_codes == Who::Owner
    };
    let with = weakened(no_break_glass);
    let mut explored = explore(EXHAUSTED, &with).unwrap_or_else(|broken| panic!("{broken:#?}"));
    check_recovery_for(&mut explored, &with, holds_codes)
        .unwrap_or_else(|broken| panic!("{broken:#?}"));
    let engine = weakened(|snapshot, command, now, fresh| match command {
        Command::UseRecoveryCode { .. }
            if matches!(
                snapshot.actor.second_factor.state(),
                FactorState::Disabled { .. }
            ) =>
        {
            refuse(Refusal::Disabled { since: now })
        }
        _ => no_break_glass(snapshot, command, now, fresh),
    });
    let mut explored = explore(EXHAUSTED, &engine).unwrap_or_else(|broken| panic!("{broken:#?}"));
    let broken = check_recovery_for(&mut explored, &engine, holds_codes)
        .expect_err("an account is locked out");
    story_text("recovery codes open a disabled authenticator", &broken)
}

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/explorer/stories.txt");

#[test]
fn every_guard_is_necessary() {
    let told = stories();
    let kept = std::fs::read_to_string(FILE).unwrap();
    assert!(told == kept, "the stories differ, update the file:\n{told}");
}

#[test]
#[ignore = "writes the committed file"]
fn write_the_stories() {
    std::fs::write(FILE, stories()).unwrap();
}
