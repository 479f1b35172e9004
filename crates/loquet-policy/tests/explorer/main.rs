//! Every reachable state of small organizations, with the production function.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test may fail loudly, say how long it took, and one of these writes its file"
)]

mod actions;
mod administration;
mod altered;
mod asked;
mod guards;
mod happen;
mod pack;
mod promises;
mod search;
mod steps;
mod stories;
mod unpack;
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
fn promises_hold_for_one_administrator_whose_budget_a_thief_burns() {
    run("recovery codes, counters, links", guards::BURNT);
}

#[test]
fn promises_hold_for_two_administrators_who_move_each_other() {
    run("two administrators", CORE);
}

#[test]
fn promises_hold_against_a_thief_of_an_employee() {
    let space = Space {
        sessions: 2,
        victim: Some(1),
        roles: [A, E, E],
        people: false,
        losses: false,
        ..CORE
    };
    run("thief of an employee", space);
}

#[test]
fn promises_hold_for_three_accounts_in_outline() {
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

/// The larger spaces take minutes:
/// `cargo test -p loquet-policy --release --test explorer -- --ignored larger --nocapture`.
mod larger {
    use super::*;

    #[test]
    #[ignore = "a chore"]
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
    #[ignore = "a chore"]
    fn promises_hold_against_a_thief_of_an_employee_who_loses_phones() {
        let space = Space {
            sessions: 2,
            victim: Some(1),
            roles: [A, E, E],
            people: false,
            ..CORE
        };
        run("thief of an employee, with losses", space);
    }

    #[test]
    #[ignore = "a chore"]
    fn promises_hold_against_a_thief_of_an_administrator() {
        run(
            "thief of an administrator",
            Space {
                sessions: 2,
                victim: Some(1),
                ..CORE
            },
        );
    }

    #[test]
    #[ignore = "a chore"]
    fn promises_hold_under_the_strict_latch() {
        run(
            "strict latch",
            Space {
                strict: true,
                recovery_codes: true,
                people: false,
                ..CORE
            },
        );
    }

    #[test]
    #[ignore = "a chore"]
    fn promises_hold_for_three_administrators_in_outline() {
        run(
            "three administrators",
            Space {
                accounts: 3,
                core: true,
                ..CORE
            },
        );
    }
}
