//! Scenes: what each command writes and which notices it sends, printed to `scenes.txt`. The last command of
//! a scene tests a limit of a rule.
//!
//! To update the file after an intended change, and then read the difference:
//! `cargo test -p loquet-policy --test rules -- --ignored write_the_scenes`.

/// A scene's name, its starting state, its variable and its commands.
macro_rules! scenes {
    ($($name:literal $begin:ident $fixture:ident { $($happens:tt)* })*) => {
        vec![$(($name, || {
            let mut $fixture = Fixture::$begin();
            $($happens)*
            $fixture
        })),*]
    };
}

mod enrollments;
mod imports;
mod organization;
mod passkeys;
mod people;
mod recoveries;
mod sessions;
mod several;
mod tokens;

use crate::fixture::*;
use loquet_policy::*;
use std::fmt::{Debug, Write};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rules/scenes/scenes.txt");
const NAMES: [&str; 4] = ["Anne", "Bruno", "Claire", "David"];

/// The name, and a function that returns the fixture after the last command.
type Scene = (&'static str, fn() -> Fixture);

pub fn scenes() -> Vec<Scene> {
    let mut all = organization::scenes();
    all.extend(sessions::scenes());
    all.extend(enrollments::scenes());
    all.extend(imports::scenes());
    all.extend(tokens::scenes());
    all.extend(several::scenes());
    all.extend(passkeys::scenes());
    all.extend(recoveries::scenes());
    all.extend(people::scenes());
    all
}

/// The links, in short.
struct Links<'a>(&'a [BindingLink]);

impl Debug for Links<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let links = self.0.iter();
        let shown = links.map(|it| (it.authenticator, &it.also, it.link, it.expires, it.since));
        f.debug_list().entries(shown).finish()
    }
}

type Fields = Vec<(&'static str, String)>;

/// Destructured, so that a new field is a compile error here.
#[expect(clippy::too_many_lines, reason = "one line for each field")]
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
        erased,
        awaits_import,
        awaits_token,
        second_factor,
        last_authenticator,
        pendings,
        epoch,
        attempts,
        resets,
        enrollments,
        changes,
        unsettled_proof,
        recovery,
        recovery_author,
        binding_links,
        session_waits,
        reports_refused_until,
        replace_advised,
        address_change,
        ..
    } = account;
    let mut fields = vec![
        field("roles", roles),
        field("status", status),
        field("created", created),
        field("promoted", promoted),
        field("toggle", toggle),
        field("ever", ever),
        field("erased", erased),
        field("awaits import", awaits_import),
        field("awaits token", awaits_token),
        field("second factor", second_factor),
        field("last authenticator", last_authenticator),
        field("epoch", epoch),
        field("attempts", attempts),
        field("resets", resets),
        field("enrollments", enrollments),
        field("changes", changes),
        field("unsettled proof", unsettled_proof),
        field("recovery", recovery),
        field("recovery author", recovery_author),
        field("binding links", &Links(binding_links)),
        field("session waits", session_waits),
        field("reports refused until", reports_refused_until),
        field("replace advised", replace_advised),
        field("address change", address_change),
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
        resets_by_host_until,
        announcements,
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
        field("resets by the host until", resets_by_host_until),
        field("announcements", announcements),
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

fn printed(name: &str, fixture: &Fixture) -> String {
    let (before, decision) = fixture.last.as_ref().unwrap();
    let mut text = format!("== {name} ==\n");
    match decision.answer {
        Ok(grant) => writeln!(text, "  {grant:?}"),
        Err(refusal) => writeln!(text, "  refused: {refusal:?}"),
    }
    .unwrap();
    let organizations = [&before.organization, &fixture.organization].map(self::organization);
    moved(&mut text, "the organization", organizations);
    moved(
        &mut text,
        "the roster",
        [&before.roster, &fixture.roster].map(self::roster),
    );
    for (who, name) in NAMES.iter().enumerate() {
        moved(
            &mut text,
            name,
            [&before.accounts[who], &fixture.accounts[who]].map(account),
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
        ("the roster", roster.is_some()),
        ("the actor", actor.is_some()),
        ("the subject", subject.is_some()),
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
            Audience::Covered { role } => format!("accounts covered by role {}", role.0),
        };
        writeln!(text, "  notice to {to}: {event:?}").unwrap();
    }
    text
}

fn all_printed() -> String {
    let mut text = String::new();
    let mut base = "";
    for (name, run) in scenes() {
        // A name with an ellipsis continues the last one without.
        let full = match name.strip_prefix('…') {
            Some(rest) => format!("{base}{rest}"),
            None => name.to_owned(),
        };
        if !name.starts_with('…') {
            base = name;
        }
        text += &printed(&full, &run());
        text.push('\n');
    }
    text
}

#[test]
fn scenes_match_committed_file() {
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
#[ignore = "writes the committed file"]
fn write_the_scenes() {
    std::fs::write(FILE, all_printed()).unwrap();
}
