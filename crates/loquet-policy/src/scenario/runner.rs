//! Runs a scenario: an organization, its people, their sessions and a clock.

use super::action::{ActionReader, find, role_set, unknown};
use super::{Failed, Located, NamedRole, Played, Run, Scenario, ScenarioError, Step};
use crate::{
    Account, AccountId, AuthenticatorId, Decision, Fresh, Grant, OrgId, Organization, Reason,
    RoleDefinition, RoleId, Roster, Session, SessionId, Snapshot, UnixTime, current_level, decide,
    explain, limits,
};
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

struct Runner {
    roles: BTreeMap<String, RoleId>,
    organization: Organization,
    roster: Roster,
    people: BTreeMap<String, Participant>,
    now: UnixTime,
    /// The next unused step, session id and recovery code.
    next: u64,
}

/// A person, with sessions by name. The unnamed session is the newest.
struct Participant {
    account: Account,
    sessions: BTreeMap<String, Session>,
}

pub(super) fn run(scenario: &Scenario) -> Result<Run, ScenarioError> {
    let mut runner = Runner::new(scenario)?;
    let mut run = Run::default();
    for (number, located) in (1..).zip(&scenario.steps) {
        let step = &located.value;
        let days = step.wait_days.saturating_mul(limits::DAY);
        runner.now = runner.now.plus(days).plus(step.wait_seconds);
        let Some(does) = &step.does else {
            continue;
        };
        // A mistyped code must not look like a failure of the rules.
        if let Some(code) = step
            .expect
            .iter()
            .chain(&step.because)
            .find(|it| !is_code(it))
        {
            return Err(unknown(located.line, "answer", code));
        }
        for _ in 0..step.times.unwrap_or(1) {
            let reasons = runner.step(located, does)?;
            let (first, further) = match reasons.split_first() {
                Some((first, further)) => (first.code, further),
                None => ("", [].as_slice()),
            };
            let granted = LEVELS.contains(&first) || first == "GRANTED";
            let as_expected = step.expect.as_ref().map_or(granted, |code| code == first);
            let explained = |code: &String| further.iter().any(|reason| reason.code == code);
            if !as_expected || !step.because.iter().all(explained) {
                let mut expected = step.expect.clone();
                if as_expected {
                    let because = step.because.join(", ");
                    expected = Some(alloc::format!("{first} because of {because}"));
                }
                run.failed = Some(Failed {
                    line: located.line,
                    step: number,
                    expected,
                    found: reasons,
                });
                return Ok(run);
            }
            run.played.push(Played {
                step: number,
                line: located.line,
                reasons,
            });
        }
    }
    Ok(run)
}

const LEVELS: [&str; 5] = [
    "LEVEL_1",
    "LEVEL_2",
    "HALF_LOGIN",
    "RECOVERY_ONLY",
    "ENROLL_ONLY",
];

/// Returns whether [`explain()`] can give this code.
fn is_code(code: &str) -> bool {
    let mut codes = include_str!("../reasons.md")
        .lines()
        .filter_map(|line| line.split('`').nth(1));
    codes.any(|known| known == code)
}

/// Returns the numbers of all roles by name, and the file's own definitions.
fn define(
    named: &[Located<NamedRole>],
) -> Result<(BTreeMap<String, RoleId>, Vec<RoleDefinition>), ScenarioError> {
    let defaults = [
        ("parent", RoleId::MEMBER),
        ("employee", RoleId::STAFF),
        ("administrator", RoleId::ADMINISTRATOR),
    ];
    let defaults = defaults.map(|(name, id)| (name.to_string(), id));
    let mut roles = BTreeMap::from(defaults);
    for Located { line, value: role } in named {
        let name = role.name.clone();
        // A default role may be given another rank.
        let known = roles.insert(name.clone(), RoleId(role.id));
        if known.is_some_and(|known| known != RoleId(role.id)) {
            return Err(ScenarioError::Twice { line: *line, name });
        }
    }
    let mut definitions = Vec::new();
    for Located { line, value: role } in named {
        let implies = role.implies.as_ref();
        let implies = implies.map(|name| find(&roles, *line, name)).transpose()?;
        definitions.push(RoleDefinition {
            id: RoleId(role.id),
            rank: role.rank,
            implies,
        });
    }
    Ok((roles, definitions))
}

impl Runner {
    fn new(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let (roles, definitions) = define(&scenario.roles)?;
        let mut organization = Organization::new(OrgId::from(1u64)).with_roles(definitions);
        organization.preset = scenario.preset;
        let chosen = &scenario.options;
        let options = &mut organization.options;
        options.recovery_codes = chosen.recovery_codes;
        if let Some(hours) = chosen.reset_code_life_hours {
            options.reset_code_life = hours.saturating_mul(limits::HOUR);
        }
        if let Some(days) = chosen.enrollment_window_days {
            options.enrollment_window = days.saturating_mul(limits::DAY);
        }
        let mut roster = Roster::new(organization.id);
        let mut people = BTreeMap::new();
        for (
            number,
            Located {
                line,
                value: person,
            },
        ) in (1u64..).zip(&scenario.people)
        {
            let held = role_set(&roles, *line, &person.roles)?;
            let account = Account::new(AccountId::from(number), organization.id, held, UnixTime(0));
            roster.admit(&account);
            let participant = Participant {
                account,
                sessions: BTreeMap::new(),
            };
            let name = person.name.clone();
            if people.insert(name.clone(), participant).is_some() {
                return Err(ScenarioError::Twice { line: *line, name });
            }
        }
        Ok(Self {
            roles,
            organization,
            roster,
            people,
            now: UnixTime(365 * limits::DAY),
            next: 1,
        })
    }

    /// Runs a step and returns the reasons of its answer.
    fn step(&mut self, located: &Located<Step>, does: &str) -> Result<Vec<Reason>, ScenarioError> {
        let Located { line, value: step } = located;
        let missing = |field| ScenarioError::Missing { line: *line, field };
        self.next = self.next.saturating_add(1);
        let who = step.who.as_ref().ok_or_else(|| missing("who"))?;
        let person = |name: &String| {
            let person = self.people.get(name);
            person.ok_or_else(|| unknown(*line, "person", name))
        };
        let actor = person(who)?;
        let subject = step.whom.as_ref().map(person).transpose()?;
        let name = step.session.clone().unwrap_or_default();
        let session = match actor.sessions.get(&name) {
            None if step.session.is_some() && does != "log in" => {
                return Err(unknown(*line, "session", &name));
            }
            session => session,
        };
        let snapshot = Snapshot {
            organization: Some(&self.organization),
            roster: Some(&self.roster),
            actor: &actor.account,
            session,
            subject: subject.map(|subject| &subject.account),
        };
        if does == "act" {
            let reason = match current_level(&snapshot, self.now) {
                Ok(level) => level.reason(),
                Err(refusal) => refusal.reason(),
            };
            let required = crate::required(Some(&self.organization), &actor.account, self.now);
            return Ok(core::iter::once(reason).chain(required.reasons()).collect());
        }
        let used = limits::RECOVERY_CODES.saturating_sub(actor.account.recovery.len());
        let newest = actor.account.second_factor.iter().last();
        let newest = newest.map_or(AuthenticatorId::default(), |it| it.id);
        let action = ActionReader {
            line: *line,
            step,
            roles: &self.roles,
            now: self.now,
            number: self.next,
            by: step.with.map_or(newest, AuthenticatorId),
            authenticator: step.authenticator.map_or(newest, AuthenticatorId),
            used: u8::try_from(used).unwrap_or(u8::MAX),
        };
        let command = action.command(does)?;
        if command.reads_subject() && subject.is_none() {
            return Err(missing("whom"));
        }
        let session = SessionId(self.next);
        let decision = decide(&snapshot, &command, self.now, Fresh { session });
        let reasons = explain(&decision).collect();
        self.write(step, who, decision);
        Ok(reasons)
    }

    /// Stores the changes of a decision and the session that it granted.
    fn write(&mut self, step: &Step, who: &str, decision: Decision) {
        for account in decision
            .changes
            .store(&mut self.organization, &mut self.roster)
        {
            let mut people = self.people.values_mut();
            if let Some(person) = people.find(|person| person.account.id == account.id) {
                person.account = account;
            }
        }
        let (Ok(grant), Some(person)) = (decision.answer, self.people.get_mut(who)) else {
            return;
        };
        let name = step.session.clone().unwrap_or_default();
        if let Some(session) = grant.session() {
            person.sessions.insert(name, session);
            person.sessions.insert(String::new(), session);
        } else if grant == Grant::LoggedOut {
            person.sessions.remove(&name);
            person.sessions.remove("");
        }
    }
}
