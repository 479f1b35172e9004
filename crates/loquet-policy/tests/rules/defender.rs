//! An account under attack, with its phone, its owner and the production engine.

use crate::aim::{NEWEST, aimed};
use crate::fixture::ACCESS;
use loquet_policy::*;

const START: UnixTime = UnixTime(2_000_000_000);

/// Returns a pseudo-random number, the same for the same arguments.
pub fn mix(seed: u64, number: u64) -> u64 {
    let mut z = seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

pub struct Defender {
    pub organization: Organization,
    pub roster: Roster,
    pub account: Account,
    pub now: UnixTime,
    secret: u64,
    codes: u64,
    pub next: u64,
}

impl Defender {
    pub fn new(secret: u64, codes: u64, drift: i8) -> Self {
        let mut organization = Organization::new(OrgId::from(1u64));
        let by = AccountId::from(9u64);
        organization.latch = Latch::Enabled { since: START, by };
        organization.mandates = vec![Mandate {
            role: RoleId::STAFF,
            by,
            state: MandateState::InForce { since: START },
        }];
        let roles = RoleSet::of(RoleId::STAFF);
        let mut account = Account::new(AccountId::from(1u64), organization.id, roles, START);
        account.second_factor = SecondFactor::of(Authenticator {
            drift,
            ..Authenticator::new(AuthenticatorId(1), START, START.0 / 30)
        });
        Self {
            roster: Roster::new(organization.id),
            organization,
            account,
            now: START.plus(limits::DAY),
            secret,
            codes,
            next: 0,
        }
    }

    pub fn ask(&mut self, session: Option<&Session>, command: &Command) -> Result<Grant, Refusal> {
        let snapshot = Snapshot {
            organization: Some(&self.organization),
            roster: Some(&self.roster),
            actor: &self.account,
            session,
            subject: None,
        };
        self.next += 1;
        let fresh = Fresh {
            session: SessionId(self.next),
        };
        let command = aimed(command, &self.account);
        let decision = decide(&snapshot, &command, self.now, fresh);
        // Of several nodes that decide at the same time, the first to commit wins and the others decide
        // again, so that one node in sequence models them all.
        if let Some(account) = decision.changes.actor {
            self.account = account;
        }
        decision.answer
    }

    pub fn code(&self, step: u64) -> u64 {
        mix(self.secret, step) % self.codes
    }

    pub fn step(&self) -> u64 {
        self.now.0 / 30
    }

    pub fn last_and_drift(&self) -> (u64, i8) {
        let bound = self.account.second_factor.active().next();
        bound.map_or((0, 0), |it| (it.step, it.drift))
    }

    /// Returns the result of checking a code, in the window that `loquet` uses.
    pub fn check(&self, typed: u64, hints: bool) -> CodeCheck {
        let (last, drift) = self.last_and_drift();
        let (present, own) = (self.step(), self.step().saturating_add_signed(drift.into()));
        let window = [own + 1, own, own - 1, present];
        let matching = |step: &&u64| self.code(**step) == typed;
        let newest = |fresh: bool| {
            let steps = window.iter().filter(|step| (**step > last) == fresh);
            steps.filter(matching).max().copied()
        };
        match (newest(true), newest(false)) {
            (Some(step), _) => CodeCheck::Good { step, offset: 0 },
            (None, Some(step)) => CodeCheck::Used { step, wait: 30 },
            (None, None) => {
                let behind = (2..=120)
                    .find(|late| hints && self.code(present - late) == typed)
                    .map(|late| (late as u16).div_ceil(2));
                CodeCheck::Wrong { behind }
            }
        }
    }

    /// Returns the result of checking two codes, within the correctable four steps.
    pub fn pair(&self, typed: [u64; 2]) -> PairCheck {
        let (last, _) = self.last_and_drift();
        let present = self.step();
        (present - 4..=present + 3)
            .find(|step| *step > last && [self.code(*step), self.code(step + 1)] == typed)
            .map_or(PairCheck::Wrong, |step| PairCheck::Good {
                step: step + 1,
                drift: 0,
            })
    }

    pub fn log_in(&mut self) -> Option<Session> {
        match self.ask(None, &Command::LogIn { access: ACCESS }) {
            Ok(Grant::Session { session, .. }) if session.level == Level::HalfLogin => {
                Some(session)
            }
            _ => None,
        }
    }

    /// The owner's daily log-in with password and code.
    pub fn owner_enters(&mut self, source: CodeSource) -> bool {
        let Some(session) = self.log_in() else {
            return false;
        };
        let (last, drift) = self.last_and_drift();
        let step = self.step().saturating_add_signed(drift.into());
        if step <= last {
            return true;
        }
        let check = self.check(self.code(step), false);
        let code = Submitted {
            check,
            by: NEWEST,
            source,
        };
        let give = Command::VerifyCode {
            code,
            access: ACCESS,
        };
        self.ask(Some(&session), &give).is_ok()
    }
}
