//! What each command writes and whom it tells: printed to `effects.txt`, one scene after another.
//!
//! After a change that is meant, write it anew and read the difference:
//! `cargo test -p loquet-policy --test law -- --ignored write_the_effects`.

use crate::house::*;
use crate::scenes::scenes;
use loquet_policy::*;
use std::fmt::{Debug, Write};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/law/effects.txt");
const NAMES: [&str; 4] = ["Anne", "Bruno", "Claire", "David"];

/// Field by field, so that a new one is missed here by the compiler.
fn account(account: &Account) -> Vec<(&'static str, String)> {
    let Account {
        id: _,
        org: _,
        roles,
        status,
        created,
        promoted,
        toggle,
        ever,
        authenticator,
        pendings,
        epoch,
        attempts,
        resets,
        recovery,
        repudiation,
    } = account;
    let mut fields = vec![
        field("roles", roles),
        field("status", status),
        field("created", created),
        field("promoted", promoted),
        field("toggle", toggle),
        field("ever", ever),
        field("authenticator", authenticator),
        field("epoch", epoch),
        field("attempts", attempts),
        field("resets", resets),
        field("recovery", recovery),
        field("repudiation", repudiation),
    ];
    for (name, pending) in ["pending 1", "pending 2", "pending 3"]
        .into_iter()
        .zip(pendings)
    {
        fields.push(field(name, pending));
    }
    fields
}

fn organisation(organisation: &Organisation) -> Vec<(&'static str, String)> {
    let Organisation {
        id: _,
        preset,
        hardened,
        latch,
        roles,
        mandates,
        break_glass,
        options,
        scheduled,
    } = organisation;
    vec![
        field("preset", preset),
        field("hardened", hardened),
        field("latch", latch),
        field("roles", roles),
        field("mandates", mandates),
        field("break-glass", break_glass),
        field("options", options),
        field("scheduled", scheduled),
    ]
}

fn roster(roster: &Roster) -> Vec<(&'static str, String)> {
    let Roster {
        org: _,
        marks,
        administrators,
    } = roster;
    vec![
        field("marks", marks),
        field("administrators", administrators),
    ]
}

fn field(name: &'static str, value: &impl Debug) -> (&'static str, String) {
    (name, format!("{value:?}"))
}

fn moved(
    text: &mut String,
    whose: &str,
    before: Vec<(&'static str, String)>,
    after: Vec<(&'static str, String)>,
) {
    for ((name, was), (_, is)) in before.into_iter().zip(after) {
        if was != is {
            writeln!(text, "  {whose}, {name}\n    was {was}\n    is  {is}").unwrap();
        }
    }
}

fn effects() -> String {
    let mut text = String::new();
    for (name, scene) in scenes() {
        let mut house = House::new();
        let asked = scene(&mut house);
        house.notices.clear();
        let before = house.clone();
        let answer = match asked.whom {
            Some(whom) => house.about(asked.who, asked.session.unwrap(), whom, asked.command),
            None => house.ask(asked.who, asked.session, asked.command),
        };
        writeln!(text, "== {name} ==").unwrap();
        match answer {
            Ok(grant) => writeln!(text, "  {grant:?}").unwrap(),
            Err(refusal) => writeln!(text, "  refused: {refusal:?}").unwrap(),
        }
        moved(
            &mut text,
            "the organisation",
            organisation(&before.organisation),
            organisation(&house.organisation),
        );
        moved(
            &mut text,
            "the list",
            roster(&before.roster),
            roster(&house.roster),
        );
        for (who, name) in NAMES.iter().enumerate() {
            let (was, is) = (&before.accounts[who], &house.accounts[who]);
            moved(&mut text, name, account(was), account(is));
        }
        for notice in &house.notices {
            let to = match notice.to {
                Audience::Owner { account } => {
                    let at = before
                        .accounts
                        .iter()
                        .position(|it| it.id == account)
                        .unwrap();
                    NAMES[at].to_owned()
                }
                Audience::Administrators => "the administrators".to_owned(),
                Audience::Covered { role } => format!("whom role {} covers", role.0),
            };
            writeln!(text, "  told to {to}: {:?}", notice.event).unwrap();
        }
        text.push('\n');
    }
    text
}

#[test]
fn what_is_written_and_who_is_told_is_what_was_committed() {
    let (kept, found) = (include_str!("effects.txt"), effects());
    let mut scene = "";
    for (kept, found) in kept.lines().zip(found.lines()) {
        if found.starts_with("==") {
            scene = found;
        }
        assert_eq!(kept, found, "in the scene {scene}");
    }
    assert_eq!(kept.len(), found.len());
}

#[test]
#[ignore = "writes the file that the other test compares with"]
fn write_the_effects() {
    std::fs::write(FILE, effects()).unwrap();
}
