//! What each command writes and whom it tells: scenes in which the last thing that is asked comes close to a rule, printed
//! to `scenes.txt`.
//!
//! After a change that is meant, write it anew and read the difference:
//! `cargo test -p loquet-policy --test rules -- --ignored write_the_scenes`.

/// A name, how the house begins, what the scene calls it, and what happens.
macro_rules! scenes {
    ($($name:literal $begin:ident $house:ident { $($happens:tt)* })*) => {
        vec![$(($name, || {
            let mut $house = House::$begin();
            $($happens)*
            $house
        })),*]
    };
}

mod enrollments;
mod organization;
mod people;
mod recoveries;
mod sessions;

use crate::house::*;
use loquet_policy::*;
use std::fmt::{Debug, Write};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rules/scenes/scenes.txt");
const NAMES: [&str; 4] = ["Anne", "Bruno", "Claire", "David"];

/// What is printed first, and the house as it stands after the last thing that was asked in it.
type Scene = (&'static str, fn() -> House);

pub fn scenes() -> Vec<Scene> {
    let mut all = organization::scenes();
    all.extend(sessions::scenes());
    all.extend(enrollments::scenes());
    all.extend(recoveries::scenes());
    all.extend(people::scenes());
    all
}

type Fields = Vec<(&'static str, String)>;

/// Field by field, so that a new one is missed here by the compiler.
fn account(account: &Account) -> Fields {
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
        binding_link,
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
        field("repudiation", binding_link),
    ];
    for (name, pending) in ["pending 1", "pending 2", "pending 3"]
        .into_iter()
        .zip(pendings)
    {
        fields.push(field(name, pending));
    }
    fields
}

fn organization(organization: &Organization) -> Fields {
    let Organization {
        id: _,
        preset,
        hardened,
        latch,
        roles,
        mandates,
        break_glass,
        options,
        scheduled,
    } = organization;
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

fn roster(roster: &Roster) -> Fields {
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

fn moved(text: &mut String, whose: &str, [before, after]: [Fields; 2]) {
    for ((name, was), (_, is)) in before.into_iter().zip(after) {
        if was != is {
            writeln!(text, "  {whose}, {name}\n    was {was}\n    is  {is}").unwrap();
        }
    }
}

fn printed(name: &str, house: &House) -> String {
    let (before, decision) = house.last.as_ref().unwrap();
    let mut text = format!("== {name} ==\n");
    match decision.answer {
        Ok(grant) => writeln!(text, "  {grant:?}"),
        Err(refusal) => writeln!(text, "  refused: {refusal:?}"),
    }
    .unwrap();
    let organizations = [&before.organization, &house.organization].map(self::organization);
    moved(&mut text, "the organization", organizations);
    moved(
        &mut text,
        "the list",
        [&before.roster, &house.roster].map(self::roster),
    );
    for (who, name) in NAMES.iter().enumerate() {
        moved(
            &mut text,
            name,
            [&before.accounts[who], &house.accounts[who]].map(account),
        );
    }
    let Changes {
        organization,
        roster,
        actor,
        subject,
    } = &decision.changes;
    let rows = [
        ("the organization", organization.is_some()),
        ("the list", roster.is_some()),
        ("the one who asks", actor.is_some()),
        ("the one it is about", subject.is_some()),
    ];
    let written: Vec<&str> = rows.iter().filter(|row| row.1).map(|row| row.0).collect();
    assert_eq!(written.is_empty(), decision.changes.is_empty());
    if !written.is_empty() {
        writeln!(text, "  written: {}", written.join(", ")).unwrap();
    }
    let name = |account| {
        let at = before.accounts.iter().position(|it| it.id == account);
        NAMES[at.unwrap()]
    };
    for Notice { to, event } in &decision.notices {
        let to = match to {
            Audience::Owner { account } => name(*account).to_owned(),
            Audience::Administrators => "the administrators".to_owned(),
            Audience::Covered { role } => format!("whom role {} covers", role.0),
        };
        writeln!(text, "  told to {to}: {event:?}").unwrap();
    }
    text
}

fn all_printed() -> String {
    let all = scenes().into_iter();
    let texts = all.map(|(name, play)| printed(name, &play()) + "\n");
    texts.collect()
}

#[test]
fn scenes_are_the_committed_ones() {
    let (kept, found) = (std::fs::read_to_string(FILE).unwrap(), all_printed());
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
fn write_the_scenes() {
    std::fs::write(FILE, all_printed()).unwrap();
}
