//! Where a scenario is played: an organisation, its people, their sessions, and a clock.

use super::{Failed, Played, Run, Scenario, ScenarioError, Step, Told};
use crate::{
    Access, Account, AccountId, Changes, CodeCheck, Command, Digest, Fresh, Grant, OrgId,
    Organisation, PairCheck, Preset, Reason, RecoverySet, RoleDefinition, RoleId, RoleSet, Roster,
    Session, SessionId, Setting, SettingKind, Snapshot, Start, Submitted, UnixTime, Vantage,
    decide, explain, limits, standing,
};
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

const SEAL: Digest = Digest::from_bytes([1; 32]);
const TICKET: Digest = Digest::from_bytes([2; 32]);
const LINK: Digest = Digest::from_bytes([3; 32]);
const WRONG: Digest = Digest::from_bytes([0; 32]);

struct Stage {
    roles: BTreeMap<String, RoleId>,
    organisation: Organisation,
    roster: Roster,
    people: BTreeMap<String, Player>,
    now: UnixTime,
    /// Steps of the phones, session ids and recovery codes: never the same twice.
    next: u64,
}

/// Somebody on the stage, with their sessions by name; the unnamed one is their newest.
struct Player {
    account: Account,
    sessions: BTreeMap<String, Session>,
    /// Of the present set, how many recovery codes were used.
    used: u8,
}

pub(super) fn play(scenario: &Scenario) -> Result<Run, ScenarioError> {
    let mut stage = Stage::set(scenario)?;
    let mut run = Run::default();
    for (number, told) in (1..).zip(&scenario.steps) {
        let step = &told.what;
        let days = step.wait_days.saturating_mul(limits::DAY);
        stage.now = stage.now.plus(days).plus(step.wait_seconds);
        let Some(does) = &step.does else {
            continue;
        };
        // A mistyped code would fail as if the rules were wrong.
        if let Some(code) = step
            .expect
            .iter()
            .chain(&step.because)
            .find(|it| !is_code(it))
        {
            return Err(unknown(told.line, "answer", code));
        }
        for _ in 0..step.times.unwrap_or(1) {
            let reasons = stage.step(told, does)?;
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
                    line: told.line,
                    step: number,
                    expected,
                    found: reasons,
                });
                return Ok(run);
            }
            run.played.push(Played {
                step: number,
                line: told.line,
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
    "ENROL_ONLY",
];

/// Whether [`explain`] ever gives it: the table of its documentation has every code.
fn is_code(code: &str) -> bool {
    let mut codes = include_str!("../reasons.md")
        .lines()
        .filter_map(|line| line.split('`').nth(1));
    codes.any(|known| known == code)
}

fn unknown(line: usize, what: &'static str, name: &str) -> ScenarioError {
    let name = name.to_string();
    ScenarioError::Unknown { line, what, name }
}

impl Stage {
    fn set(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let article = [
            ("parent", RoleId::PARENT),
            ("employee", RoleId::EMPLOYEE),
            ("administrator", RoleId::ADMINISTRATOR),
        ];
        let mut roles: BTreeMap<String, RoleId> = article
            .into_iter()
            .map(|(name, id)| (name.to_string(), id))
            .collect();
        for Told { line, what: role } in &scenario.roles {
            let name = role.name.clone();
            // Another rank for one of the article's roles is no second role of that name.
            let known = roles.insert(name.clone(), RoleId(role.id));
            if known.is_some_and(|known| known != RoleId(role.id)) {
                return Err(ScenarioError::Twice { line: *line, name });
            }
        }
        let mut definitions = Vec::new();
        for Told { line, what: role } in &scenario.roles {
            let implies = role.implies.as_ref();
            let implies = implies.map(|name| find(&roles, *line, name)).transpose()?;
            definitions.push(RoleDefinition {
                id: RoleId(role.id),
                rank: role.rank,
                implies,
            });
        }
        let mut organisation = Organisation::new(OrgId::from(1u64)).with_roles(definitions);
        organisation.preset = scenario.preset;
        let chosen = &scenario.options;
        let options = &mut organisation.options;
        options.recovery_codes = chosen.recovery_codes;
        if let Some(hours) = chosen.ticket_life_hours {
            options.ticket_life = hours.saturating_mul(limits::HOUR);
        }
        if let Some(days) = chosen.enrollment_window_days {
            options.enrollment_window = days.saturating_mul(limits::DAY);
        }
        let mut roster = Roster::new(organisation.id);
        let mut people = BTreeMap::new();
        for (number, Told { line, what: person }) in (1u64..).zip(&scenario.people) {
            let held = role_set(&roles, *line, &person.roles)?;
            let account = Account::new(AccountId::from(number), organisation.id, held, UnixTime(0));
            roster.admit(&account);
            let (sessions, used) = (BTreeMap::new(), 0);
            let player = Player {
                account,
                sessions,
                used,
            };
            let name = person.name.clone();
            if people.insert(name.clone(), player).is_some() {
                return Err(ScenarioError::Twice { line: *line, name });
            }
        }
        Ok(Self {
            roles,
            organisation,
            roster,
            people,
            now: UnixTime(365 * limits::DAY),
            next: 1,
        })
    }

    /// Does it, and says what the engine said.
    fn step(&mut self, told: &Told<Step>, does: &str) -> Result<Vec<Reason>, ScenarioError> {
        let Told { line, what: step } = told;
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
            organisation: Some(&self.organisation),
            roster: Some(&self.roster),
            actor: &actor.account,
            session,
            subject: subject.map(|subject| &subject.account),
        };
        if does == "act" {
            let reason = match standing(&snapshot, self.now) {
                Ok(level) => level.reason(),
                Err(refusal) => refusal.reason(),
            };
            let required = crate::required(Some(&self.organisation), &actor.account, self.now);
            return Ok(core::iter::once(reason).chain(required.reasons()).collect());
        }
        let command = self.command(told, does, actor)?;
        if command.reads_subject() && subject.is_none() {
            return Err(missing("whom"));
        }
        let fresh = Fresh {
            session: SessionId(self.next),
        };
        let decision = decide(&snapshot, &command, self.now, fresh);
        let reasons = explain(&decision).collect();
        let recovered = matches!(decision.answer, Ok(Grant::Recovering { .. }));
        let bound = matches!(decision.answer, Ok(Grant::Bound { .. }));
        let opened = match decision.answer {
            Ok(
                Grant::Session { session, .. }
                | Grant::Bound { session, .. }
                | Grant::Recovering { session, .. },
            ) => Some(Some(session)),
            Ok(Grant::LoggedOut) => Some(None),
            _ => None,
        };
        let Changes {
            organisation,
            roster,
            actor,
            subject,
        } = decision.changes;
        if let Some(organisation) = organisation {
            self.organisation = organisation;
        }
        if let Some(roster) = roster {
            self.roster = roster;
        }
        if let (Some(account), Some(whom)) = (subject, &step.whom)
            && let Some(person) = self.people.get_mut(whom)
        {
            person.account = account;
        }
        if let Some(person) = self.people.get_mut(who) {
            if let Some(account) = actor {
                person.account = account;
            }
            person.used = match bound {
                true => 0,
                false => person.used.saturating_add(u8::from(recovered)),
            };
            match opened {
                Some(Some(session)) => {
                    person.sessions.insert(name, session);
                    person.sessions.insert(String::new(), session);
                }
                Some(None) => {
                    person.sessions.remove(&name);
                    person.sessions.remove("");
                }
                None => {}
            }
        }
        Ok(reasons)
    }

    fn command(
        &self,
        Told { line, what: step }: &Told<Step>,
        does: &str,
        actor: &Player,
    ) -> Result<Command, ScenarioError> {
        let line = *line;
        let missing = |field| ScenarioError::Missing { line, field };
        let role = || {
            let name = step.role.as_ref().ok_or_else(|| missing("role"))?;
            find(&self.roles, line, name)
        };
        let in_days = || {
            let days = step.in_days.ok_or_else(|| missing("in_days"))?;
            Ok(self.now.plus(days.saturating_mul(limits::DAY)))
        };
        let access = match step.place.as_deref() {
            None | Some("allowed") => Access::Allowed,
            Some("denied") => Access::Denied,
            Some("unknown") => Access::Unknown,
            Some(other) => return Err(unknown(line, "place", other)),
        };
        let vantage = match step.from.as_deref() {
            None | Some("known device") => Vantage::KnownDevice,
            Some("elsewhere") => Vantage::Stranger,
            Some("live session") => Vantage::LiveSession,
            Some(other) => return Err(unknown(line, "from", other)),
        };
        let (number, wait) = (self.next, limits::WAIT);
        let check = match step.code.as_deref() {
            None | Some("good") => CodeCheck::Good {
                step: number,
                offset: 0,
            },
            Some("wrong") => CodeCheck::Wrong { behind: None },
            Some("used") => CodeCheck::Used { step: 1, wait },
            Some("malformed") => CodeCheck::Malformed,
            Some("none") => CodeCheck::Absent,
            Some(other) => return Err(unknown(line, "code", other)),
        };
        let code = Submitted { check, vantage };
        let ticket = TICKET;
        // The first enrollment shows ten codes; which are used up is known from how many were.
        let recovery = RecoverySet::new((0..10).map(recovery_code)).unwrap_or(RecoverySet::EMPTY);
        let change = |setting| Command::Change { setting, code };
        let stop = |kind| Command::CancelChange { kind };
        let confirm = |seal| Command::ConfirmEnrollment {
            check,
            link: LINK,
            seal,
            access,
        };
        Ok(match does {
            "log in" => Command::LogIn { access },
            "log out" => Command::LogOut,
            "log out everywhere" => Command::LogOutEverywhere,
            "change pass phrase" => Command::PassPhraseChanged { by_owner: true },
            "give code" => Command::GiveCode { code, access },
            "resynchronise" => Command::Resynchronise {
                pair: match check {
                    CodeCheck::Good { step, .. } => PairCheck::Good { step, drift: 2 },
                    CodeCheck::Used { step, wait } => PairCheck::Used { step, wait },
                    CodeCheck::Wrong { .. } => PairCheck::Wrong,
                    CodeCheck::Malformed | CodeCheck::Absent => PairCheck::Malformed,
                },
                vantage,
                access,
            },
            "use recovery code" => Command::UseRecoveryCode {
                code: match check {
                    CodeCheck::Good { .. } => Some(recovery_code(actor.used)),
                    CodeCheck::Used { .. } => Some(recovery_code(0)),
                    CodeCheck::Wrong { .. } => Some(WRONG),
                    CodeCheck::Malformed | CodeCheck::Absent => None,
                },
                vantage,
                access,
            },
            "report lost" => Command::ReportLost,
            "repudiate" => Command::Repudiate { link: LINK },
            "begin enrollment" | "begin enrollment without ticket" => Command::BeginEnrollment {
                ticket: (does == "begin enrollment").then_some(ticket),
                recovery,
                access,
            },
            "confirm enrollment" => confirm(Some(SEAL)),
            "confirm enrollment without seal" => confirm(None),
            "abandon enrollment" => Command::AbandonEnrollment,
            "begin replacement" => Command::BeginReplacement { code, recovery },
            "remove authenticator" => Command::RemoveAuthenticator,
            "switch on" => Command::SwitchOn { code },
            "switch off" => Command::SwitchOff { code },
            "enable" => Command::Enable {
                seal: SEAL,
                typed_back: true,
            },
            "disable" => Command::Disable,
            "strict latch" => Command::SetPreset {
                preset: Preset::StrictLatch,
            },
            "standard" => Command::SetPreset {
                preset: Preset::Standard,
            },
            "renew seal" => Command::RenewSeal {
                seal: SEAL,
                typed_back: true,
                code,
            },
            "announce" => Command::Announce {
                role: role()?,
                start: Start::At(in_days()?),
            },
            "mandate now" => Command::Announce {
                role: role()?,
                start: Start::Now { confirmed: true },
            },
            "move mandate" => Command::MoveMandate {
                role: role()?,
                date: in_days()?,
            },
            "cancel mandate" => Command::CancelMandate { role: role()? },
            "lift mandate" => Command::LiftMandate { role: role()? },
            "offer recovery codes" => change(Setting::RecoveryCodes { offered: true }),
            "stop recovery codes" => change(Setting::RecoveryCodes { offered: false }),
            "cancel recovery codes" => stop(SettingKind::RecoveryCodes),
            "set ticket life" => {
                let hours = step.hours.ok_or_else(|| missing("hours"))?;
                let seconds = hours.saturating_mul(limits::HOUR);
                change(Setting::TicketLife { seconds })
            }
            "cancel ticket life" => stop(SettingKind::TicketLife),
            "set enrollment window" => {
                let days = step.days.ok_or_else(|| missing("days"))?;
                let seconds = days.saturating_mul(limits::DAY);
                change(Setting::EnrollmentWindow { seconds })
            }
            "cancel enrollment window" => stop(SettingKind::EnrollmentWindow),
            "reset" | "reset aloud" => Command::Reset {
                ticket,
                aloud: does == "reset aloud",
                code,
            },
            "add role" => Command::AddRole {
                role: role()?,
                code,
            },
            "remove role" => Command::RemoveRole { role: role()? },
            "let go" => Command::Leave,
            "re-hire" => Command::Rehire {
                roles: role_set(&self.roles, line, &step.roles)?,
                ticket,
                code,
            },
            "be deleted by the host" => Command::HostLeave,
            "break glass" => Command::BreakGlass { seal: SEAL },
            "break glass with a wrong seal" => Command::BreakGlass { seal: WRONG },
            "collect ticket" => Command::CollectTicket { seal: SEAL, ticket },
            other => return Err(unknown(line, "deed", other)),
        })
    }
}

fn recovery_code(number: u8) -> Digest {
    Digest::from_bytes([number.saturating_add(100); 32])
}

fn find(
    roles: &BTreeMap<String, RoleId>,
    line: usize,
    name: &str,
) -> Result<RoleId, ScenarioError> {
    let role = roles.get(name).copied();
    role.ok_or_else(|| unknown(line, "role", name))
}

fn role_set(
    roles: &BTreeMap<String, RoleId>,
    line: usize,
    names: &[String],
) -> Result<RoleSet, ScenarioError> {
    names.iter().try_fold(RoleSet::EMPTY, |set, name| {
        let more = set.with(find(roles, line, name)?);
        more.map_err(|_| ScenarioError::TooManyRoles { line })
    })
}
