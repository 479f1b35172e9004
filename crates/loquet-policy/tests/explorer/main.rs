//! Visits every reachable state of small organizations with the production engine, and checks S1 to S14 (the
//! crate documentation states them).
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
    reason = "a test may panic and print its duration, and one of these writes a file"
)]

mod actions;
mod administration;
mod altered;
mod apply;
mod demanded;
mod engine;
mod guards;
mod imports;
mod pack;
mod passkeys;
mod promises;
mod request;
mod search;
mod several;
mod steps;
mod stories;
mod strangers;
mod tokens;
mod unpack;
mod world;

use actions::Production;
use search::{check_recovery, explore};
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
    undone: false,
    steals: false,
    mailbox: false,
    imports: false,
    tokens: false,
    several: false,
    passkeys: false,
    demanded: false,
    roles: [A, A, A],
};

fn run(name: &str, space: Space) {
    let mut explored =
        explore(space, &Production).unwrap_or_else(|broken| panic!("{name}: {broken:#?}"));
    check_recovery(&mut explored, &Production)
        .unwrap_or_else(|broken| panic!("{name}: {broken:#?}"));
    println!(
        "{name}: {} states, {} edges, {:.1?}",
        explored.len(),
        explored.edges,
        explored.time
    );
}

#[test]
fn promises_hold_when_thief_exhausts_failures() {
    run("recovery codes, counters, links", guards::EXHAUSTED);
}

#[test]
fn promises_hold_for_two_administrators() {
    run("two administrators", CORE);
}

#[test]
fn promises_hold_with_employees_password_stolen() {
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
fn promises_hold_when_thief_finds_the_phone() {
    run("thief of a password and the phone", guards::ROBBED);
}

#[test]
fn promises_hold_when_thief_reads_mail() {
    run("thief of a password and the mailbox", guards::WIRETAPPED);
}

#[test]
fn promises_hold_with_imported_authenticators() {
    run("imports", guards::MOVED);
    run(
        "imports, and a thief of the phone",
        guards::MOVED_AND_ROBBED,
    );
}

#[test]
fn promises_hold_with_hardware_tokens() {
    run("hardware tokens", guards::TOKENS);
}

#[test]
fn promises_hold_with_two_authenticators() {
    run("two authenticators", several::SEVERAL);
    run(
        "two authenticators, and a thief of the phone",
        several::SEVERAL_ROBBED,
    );
    run(
        "two authenticators, reports undone",
        several::SEVERAL_UNDONE,
    );
}

#[test]
fn promises_hold_with_passkeys() {
    run(
        "a passkey and a phone, and a thief of the older one",
        passkeys::PASSKEYS_ROBBED,
    );
    run(
        "a passkey, and a phone whose failures are used up",
        passkeys::PASSKEYS_EXHAUSTED,
    );
}

#[test]
fn promises_hold_with_passkeys_demanded() {
    run("passkeys demanded", demanded::DEMANDED);
    run(
        "passkeys demanded of two administrators",
        demanded::DEMANDED_OF_TWO,
    );
}

#[test]
fn promises_hold_when_administrators_undo_reports() {
    let space = Space {
        undone: true,
        people: false,
        ..CORE
    };
    run("reports undone by administrators", space);
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

/// The larger spaces take minutes:
/// `cargo test -p loquet-policy --release --test explorer -- --ignored larger --nocapture`.
mod larger {
    use super::*;

    #[test]
    #[ignore = "takes minutes"]
    fn promises_hold_with_a_parent() {
        run(
            "administrator and parent",
            Space {
                roles: [A, P, P],
                ..CORE
            },
        );
    }

    #[test]
    #[ignore = "takes minutes"]
    fn promises_hold_with_stolen_password_and_lost_phones() {
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
    #[ignore = "takes minutes"]
    fn promises_hold_with_passkeys_that_are_lost() {
        run("a passkey and a phone", passkeys::PASSKEYS);
    }

    #[test]
    #[ignore = "takes minutes"]
    fn promises_hold_with_two_accounts_hardware_tokens() {
        let space = Space {
            tokens: true,
            people: false,
            roles: [A, E, E],
            ..CORE
        };
        run("hardware tokens of two accounts", space);
    }

    #[test]
    #[ignore = "takes minutes"]
    fn promises_hold_with_administrators_password_stolen() {
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
    #[ignore = "takes minutes"]
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
    #[ignore = "takes minutes"]
    fn promises_hold_for_three_administrators() {
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
