//! Every reachable state of small organisations, with the production function.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test may fail loudly"
)]

mod actions;
mod promises;
mod search;
mod stories;
mod world;

use actions::Production;
use search::{explore, way_back};
use world::{Role, Space};

const A: Role = Role::Administrator;
const E: Role = Role::Employee;
const P: Role = Role::Parent;

const CORE: Space = Space {
    accounts: 2,
    sessions: 1,
    victim: None,
    recovery_codes: false,
    counters: false,
    strict: false,
    people: true,
    links: false,
    core: false,
    losses: true,
    roles: [A, A, A],
};

fn run(name: &str, space: Space) {
    let mut explored =
        explore(space, &Production).unwrap_or_else(|broken| panic!("{name}: {broken:#?}"));
    way_back(&mut explored, &Production).unwrap_or_else(|broken| panic!("{name}: {broken:#?}"));
    println!(
        "{name}: {} states, {} edges, {:.1?}",
        explored.len(),
        explored.edges,
        explored.time
    );
}

#[test]
fn promises_hold_for_two_administrators() {
    run("two administrators", CORE);
}

#[test]
fn promises_hold_for_a_parent() {
    run(
        "administrator and parent",
        Space {
            roles: [A, P, P],
            ..CORE
        },
    );
}

#[test]
fn promises_hold_against_a_thief() {
    run(
        "thief of an employee",
        Space {
            sessions: 2,
            victim: Some(1),
            roles: [A, E, E],
            people: false,
            ..CORE
        },
    );
}

#[test]
fn promises_hold_for_one_administrator_whose_budget_a_thief_burns() {
    run("recovery codes and counters", stories::BURNT);
}

#[test]
fn promises_hold_for_three_accounts() {
    run(
        "three accounts",
        Space {
            accounts: 3,
            roles: [A, A, E],
            core: true,
            ..CORE
        },
    );
}
