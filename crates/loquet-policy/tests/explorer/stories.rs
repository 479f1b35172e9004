//! Each guard is necessary: without it the explorer finds the way to a broken promise, and the
//! shortest is kept in `stories.txt`. To write it anew:
//! `cargo test -p loquet-policy --test explorer -- --ignored write_the_stories`.

use crate::CORE;
use crate::altered::{no_break_glass, refuse, without};
use crate::guards::{BURNT, guards};
use crate::search::{Broken, explore, way_back, way_back_for};
use crate::world::*;
use loquet_policy::*;

fn tell(guard: &str, broken: &Broken) -> String {
    let steps = broken
        .story
        .iter()
        .enumerate()
        .map(|(at, step)| format!("  {}. {step}\n", at + 1));
    format!(
        "Without the guard: {guard}\n{}  => {}\n\n",
        steps.collect::<String>(),
        broken.promise
    )
}

fn stories() -> String {
    let mut told = String::new();
    for (guard, space, engine, promise) in guards() {
        let broken = match explore(space, &engine) {
            Err(broken) => broken,
            Ok(_) => panic!("nothing breaks without the guard: {guard}"),
        };
        assert!(broken.promise.contains(promise), "{guard}: {broken:#?}");
        told += &tell(guard, &broken);
    }
    told += &locked_out_in_a_few_steps();
    told += &burnt_with_the_codes_in_hand();
    told
}

/// Two administrators are not enough: without break-glass one loses the phone and demotes the
/// other while still logged in.
fn locked_out_in_a_few_steps() -> String {
    let engine = without(no_break_glass);
    let space = Space {
        links: false,
        ..CORE
    };
    let mut explored = explore(space, &engine).unwrap_or_else(|broken| panic!("{broken:#?}"));
    let broken = way_back(&mut explored, &engine).expect_err("somebody is locked out");
    tell("there is a break-glass code", &broken)
}

/// Recovery codes open a disabled authenticator too. Shown without break-glass, since that would
/// be the other way back.
fn burnt_with_the_codes_in_hand() -> String {
    let holds_codes = |world: &World| {
        world.people[0].account.recovery.len() == 2 && world.people[0].paper == Who::Owner
    };
    let with = without(no_break_glass);
    let mut explored = explore(BURNT, &with).unwrap_or_else(|broken| panic!("{broken:#?}"));
    way_back_for(&mut explored, &with, holds_codes).unwrap_or_else(|broken| panic!("{broken:#?}"));
    let engine = without(|snapshot, command, now, fresh| match command {
        Command::UseRecoveryCode { .. }
            if matches!(snapshot.actor.authenticator, Authenticator::Disabled { .. }) =>
        {
            refuse(Refusal::Disabled { since: now })
        }
        _ => no_break_glass(snapshot, command, now, fresh),
    });
    let mut explored = explore(BURNT, &engine).unwrap_or_else(|broken| panic!("{broken:#?}"));
    let broken =
        way_back_for(&mut explored, &engine, holds_codes).expect_err("somebody is locked out");
    tell("recovery codes open a disabled authenticator", &broken)
}

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/explorer/stories.txt");

#[test]
fn every_guard_is_necessary() {
    let told = stories();
    let kept = std::fs::read_to_string(FILE).unwrap();
    assert!(
        told == kept,
        "the stories are others now, write them anew:\n{told}"
    );
}

#[test]
#[ignore = "writes the file that the other test compares with"]
fn write_the_stories() {
    std::fs::write(FILE, stories()).unwrap();
}
