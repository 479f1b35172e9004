//! Commands drawn from bytes, in any order and with any evidence, also where a clock steps or a row is missing: nothing
//! panics, and S3 and S4 hold. The fuzz target `policy_history` includes this file.

use crate::aim::{NEWEST, aimed};
use loquet_policy::*;

const PEOPLE: usize = 3;

struct World {
    organization: Organization,
    roster: Roster,
    accounts: [Account; PEOPLE],
    sessions: Vec<Session>,
    now: UnixTime,
}

/// What four bytes ask for.
#[derive(Clone, Copy)]
struct Draw {
    kind: u8,
    people: u8,
    evidence: u8,
    time: u8,
    now: UnixTime,
}

/// Gives one command for every four bytes.
pub fn check_history(bytes: &[u8]) {
    let mut world = World::new();
    for step in bytes.chunks_exact(4).take(250) {
        let &[kind, people, evidence, time] = step else {
            return;
        };
        world.pass(time);
        let now = world.now;
        world.step(Draw {
            kind,
            people,
            evidence,
            time,
            now,
        });
    }
}

impl World {
    /// Two administrators and a parent.
    fn new() -> Self {
        let organization = Organization::new(OrgId::from(1u64));
        let mut roster = Roster::new(organization.id);
        let administrator = RoleSet::new([RoleId::STAFF, RoleId::ADMINISTRATOR]).unwrap();
        let account = |(number, roles)| {
            let id = AccountId::from(number);
            Account::new(id, organization.id, roles, UnixTime(0))
        };
        let parent = RoleSet::of(RoleId::MEMBER);
        let accounts = [(1u64, administrator), (2, administrator), (3, parent)].map(account);
        for account in &accounts {
            roster.admit(account);
        }
        Self {
            organization,
            roster,
            accounts,
            sessions: Vec::new(),
            now: UnixTime(2_000_000_000),
        }
    }

    fn pass(&mut self, time: u8) {
        let now = self.now.0;
        self.now = UnixTime(match time {
            255 => u64::MAX - 1_000,
            254 => now.saturating_sub(limits::DAY),
            253 => 0,
            _ => now.saturating_add(match time % 8 {
                0..4 => 30,
                4 => 0,
                5 => 600,
                6 => limits::DAY,
                _ => u64::from(time) * limits::DAY / 8,
            }),
        });
    }

    fn step(&mut self, draw: Draw) {
        let (who, whom) = (
            usize::from(draw.people) % PEOPLE,
            usize::from(draw.people) / PEOPLE % PEOPLE,
        );
        let command = aimed(&draw.command(), &self.accounts[who]);
        let mut own = self.sessions.iter().rev();
        let back = usize::from(draw.people) / 9;
        let session = match back % 8 {
            7 => own.next(),
            back => own
                .filter(|session| session.account == self.accounts[who].id)
                .nth(back / 3),
        };
        let session = session.copied();
        let snapshot = Snapshot {
            organization: (draw.time != 200).then_some(&self.organization),
            roster: (draw.time != 201).then_some(&self.roster),
            actor: &self.accounts[who],
            session: session.as_ref(),
            subject: (whom != who).then(|| &self.accounts[whom]),
        };
        let fresh = Fresh {
            session: SessionId(self.sessions.len() as u64 + 1),
        };
        let decision = decide(&snapshot, &command, self.now, fresh);
        assert!(explain(&decision).count() > 0, "{command:?}");
        let before = (self.organization.clone(), self.accounts.clone());
        self.write(decision);
        self.keeps_s3(&before, &command);
        self.keeps_s4();
    }

    fn write(&mut self, decision: Decision) {
        let changes = decision.changes;
        for account in changes.store(&mut self.organization, &mut self.roster) {
            let id = account.id;
            let own = self.accounts.iter_mut().find(|known| known.id == id);
            *own.unwrap() = account;
        }
        self.sessions
            .extend(decision.answer.ok().and_then(|grant| grant.session()));
    }

    /// "Enabled", "mandate in force" and "an authenticator was bound" are never undone.
    fn keeps_s3(&self, before: &(Organization, [Account; PEOPLE]), command: &Command) {
        let (organization, accounts) = before;
        assert!(
            self.organization.is_enabled() >= organization.is_enabled(),
            "{command:?}"
        );
        let in_force = |mandate: &&Mandate| matches!(mandate.state, MandateState::InForce { .. });
        for mandate in organization.mandates.iter().filter(in_force) {
            let kept = self.organization.mandate(mandate.role, mandate.kind);
            assert!(kept.as_ref().is_some_and(in_force), "{command:?}");
        }
        for (before, after) in accounts.iter().zip(&self.accounts) {
            assert!(after.ever >= before.ever, "{command:?}");
        }
    }

    /// Level2 implies an active authenticator.
    fn keeps_s4(&self) {
        for session in &self.sessions {
            let mut accounts = self.accounts.iter();
            let account = accounts.find(|account| account.id == session.account);
            let snapshot = Snapshot {
                organization: Some(&self.organization),
                roster: Some(&self.roster),
                actor: account.unwrap(),
                session: Some(session),
                subject: None,
            };
            if current_level(&snapshot, self.now) == Ok(Level::Level2) {
                let bound = snapshot.actor.factor_at(self.now);
                assert!(matches!(bound, FactorState::Active), "{bound:?}");
            }
        }
    }
}

impl Draw {
    /// One of four secrets, so that the right one is often met.
    fn digest(self) -> Digest {
        Digest::from_bytes([self.evidence >> 4 & 3; 32])
    }

    fn code(self) -> Submitted {
        let step = self.now.0 / 30;
        let check = match self.evidence % 8 {
            0 => CodeCheck::Absent,
            1 => CodeCheck::Malformed,
            2 => CodeCheck::Wrong { behind: None },
            3 => CodeCheck::Wrong { behind: Some(9) },
            4 => CodeCheck::Used { step, wait: 30 },
            5 => CodeCheck::Good {
                step: step.saturating_sub(1),
                offset: -1,
            },
            _ => CodeCheck::Good { step, offset: 0 },
        };
        let source = if self.evidence & 8 == 0 {
            CodeSource::KnownDevice
        } else {
            CodeSource::Stranger
        };
        Submitted {
            check,
            by: NEWEST,
            source,
        }
    }

    fn access(self) -> Access {
        match self.evidence >> 6 {
            3 => Access::Denied,
            2 => Access::Unknown,
            _ => Access::Allowed,
        }
    }

    fn role(self) -> RoleId {
        let roles = [RoleId::MEMBER, RoleId::STAFF, RoleId::ADMINISTRATOR];
        let at = usize::from(self.evidence >> 4 & 3);
        roles.get(at).copied().unwrap_or(RoleId(77))
    }

    fn date(self) -> UnixTime {
        self.now.plus(u64::from(self.time) * limits::DAY / 4)
    }

    fn setting(self) -> Setting {
        let seconds = u64::from(self.time) * limits::HOUR;
        match self.evidence >> 4 & 3 {
            0 => Setting::RecoveryCodes {
                offered: self.time.is_multiple_of(2),
            },
            1 => Setting::ResetCodeLife { seconds },
            2 => Setting::EnrollmentWindow { seconds },
            _ => Setting::AccessRules {
                rules: Some(self.digest()),
                opens: self.time.is_multiple_of(2),
            },
        }
    }

    fn command(self) -> Command {
        match self.kind % 4 {
            0 => self.of_organization(),
            1 => self.of_log_in(),
            2 => self.of_enrollment(),
            _ => self.of_people(),
        }
    }

    fn of_organization(self) -> Command {
        let (role, code, break_glass) = (self.role(), self.code(), self.digest());
        let kinds = [MandateKind::Passkey, MandateKind::SecondFactor];
        let kind = kinds[usize::from(!self.time.is_multiple_of(3))];
        let typed_back = !self.time.is_multiple_of(8);
        match self.kind / 4 % 10 {
            0 | 1 => Command::Enable {
                break_glass,
                typed_back,
            },
            2 => Command::Harden,
            3 => Command::ScheduleMandate {
                kind,
                role,
                start: Start::Now {
                    confirmed: typed_back,
                },
            },
            4 => Command::ScheduleMandate {
                kind,
                role,
                start: Start::At(self.date()),
            },
            5 => Command::MoveMandate {
                kind,
                role,
                date: self.date(),
            },
            6 => Command::CancelMandate { kind, role },
            7 => Command::RenewBreakGlassCode {
                break_glass,
                typed_back,
                code,
            },
            8 => Command::ChangeSetting {
                setting: self.setting(),
                code,
            },
            _ => Command::CancelChange {
                kind: self.setting().kind(),
            },
        }
    }

    fn of_log_in(self) -> Command {
        let (code, access, step) = (self.code(), self.access(), self.now.0 / 30);
        match self.kind / 4 % 12 {
            0..4 => Command::LogIn { access },
            4..7 => Command::VerifyCode { code, access },
            7 => Command::Resynchronize {
                by: NEWEST,
                pair: match self.time % 4 {
                    0 => PairCheck::Malformed,
                    1 => PairCheck::Wrong,
                    2 => PairCheck::Used { step, wait: 30 },
                    _ => PairCheck::Good {
                        step,
                        drift: self.evidence.cast_signed(),
                    },
                },
                source: code.source,
                access,
            },
            8 => Command::LogOut,
            9 => Command::LogOutEverywhere,
            10 => Command::PasswordChanged {
                by_owner: self.time.is_multiple_of(2),
            },
            _ => Command::ApplyDue,
        }
    }

    fn of_enrollment(self) -> Command {
        let (code, access, link) = (self.code(), self.access(), self.digest());
        let some = (!self.time.is_multiple_of(4)).then_some(link);
        let recovery = RecoverySet::new(some).unwrap();
        match self.kind / 4 % 16 {
            0..4 => Command::BeginEnrollment {
                reset_code: some,
                recovery,
                access,
            },
            4..7 => Command::ConfirmEnrollment {
                check: code.check,
                link,
                break_glass: some,
                access,
            },
            7 => Command::BeginReplacement { code, recovery },
            8 => Command::CancelEnrollment,
            9 => Command::TurnOn { code },
            10 => Command::TurnOff { code },
            11 => Command::UseRecoveryCode { code: some, access },
            12 => Command::ReportLost {
                authenticator: NEWEST,
                link,
            },
            13 => Command::UndoReport {
                evidence: some.map_or(Evidence::RecoveryCode(some), Evidence::Link),
                code,
                access,
            },
            14 => Command::ChangeAddress { code, sent: link },
            _ => Command::ConfirmAddress { code: some },
        }
    }

    fn of_people(self) -> Command {
        let (code, role, reset_code) = (self.code(), self.role(), self.digest());
        match self.kind / 4 % 12 {
            0 => Command::Reset {
                reset_code,
                aloud: self.time.is_multiple_of(2),
                code,
            },
            1 => Command::UndoReportOf { code },
            2 => Command::AddRole { role, code },
            3 => Command::RemoveRole { role },
            4 => Command::Deactivate,
            5 => Command::Reactivate {
                roles: RoleSet::of(role),
                reset_code,
                code,
            },
            6 => Command::HostDeactivate,
            7 => Command::IssueResetCode { reset_code },
            8 => Command::OpenBreakGlass {
                break_glass: reset_code,
            },
            9 => Command::CollectResetCode {
                break_glass: reset_code,
                reset_code,
            },
            10 => Command::AppointAdministrator { reset_code },
            _ => Command::ReportUnrecognized { link: reset_code },
        }
    }
}

#[test]
fn any_history_keeps_s3_and_s4() {
    // SplitMix64: the same histories on every run.
    let mut state = 0_u64;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 27)) as u8
    };
    // Anne logs in, enables, enrolls, logs in with a code and puts the employees' mandate in force.
    let [log_in, enable, begin, confirm, verify, mandate] = [1, 0, 2, 18, 17, 12];
    let begun = [log_in, enable, begin, confirm, log_in, verify].into_iter();
    let mut begun: Vec<u8> = begun.flat_map(|kind| [kind, 0, 6, 1]).collect();
    begun.extend([mandate, 0, 22, 1]);
    for _ in 0..2_000 {
        let mut bytes = begun.clone();
        bytes.extend((0..100).map(|_| next()));
        check_history(&bytes);
    }
}
