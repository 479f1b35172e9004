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
    /// An account with so many authenticators, of whose clocks the last was corrected by `drift` steps.
    pub fn new(secret: u64, codes: u64, drift: i8, authenticators: u16) -> Self {
        let mut organization = Organization::new(OrgId::from(1u64));
        let by = AccountId::from(9u64);
        organization.latch = Latch::Enabled { since: START, by };
        organization.mandates = vec![Mandate {
            kind: MandateKind::SecondFactor,
            role: RoleId::STAFF,
            by,
            state: MandateState::InForce { since: START },
        }];
        let roles = RoleSet::of(RoleId::STAFF);
        let mut account = Account::new(AccountId::from(1u64), organization.id, roles, START);
        let all = (1..=authenticators).map(|id| Authenticator {
            drift: if id == authenticators { drift } else { 0 },
            ..Authenticator::new(AuthenticatorId(id), START, START.0 / 30)
        });
        account.second_factor = SecondFactor::Bound {
            authenticators: Authenticators::new(all).unwrap(),
        };
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

    fn code(&self, of: AuthenticatorId, step: u64) -> u64 {
        let key = self.secret ^ (u64::from(of.0 - 1) << 48);
        mix(key, step) % self.codes
    }

    pub fn step(&self) -> u64 {
        self.now.0 / 30
    }

    fn authenticators(&self) -> impl Iterator<Item = &Authenticator> {
        self.account.second_factor.active()
    }

    /// Returns the result of checking a code, in the windows that `loquet` uses: a fresh code of any authenticator, or else a
    /// used one, or else one that none has shown.
    pub fn check(&self, typed: u64, hints: bool) -> (CodeCheck, AuthenticatorId) {
        let checked = self
            .authenticators()
            .map(|it| (self.check_one(it, typed), it.id));
        let rank = |check: CodeCheck| match check {
            CodeCheck::Good { .. } => 2,
            CodeCheck::Used { .. } => 1,
            _ => 0,
        };
        match checked.max_by_key(|(check, _)| rank(*check)) {
            Some((CodeCheck::Wrong { .. }, by)) => {
                let late = |late: &u64| {
                    let shown = |it: &Authenticator| self.code(it.id, self.step() - late) == typed;
                    hints && self.authenticators().any(shown)
                };
                let behind = (2..=120).find(late).map(|late| (late as u16).div_ceil(2));
                (CodeCheck::Wrong { behind }, by)
            }
            checked => checked.unwrap_or((CodeCheck::Wrong { behind: None }, NEWEST)),
        }
    }

    fn check_one(&self, of: &Authenticator, typed: u64) -> CodeCheck {
        let (present, own) = (
            self.step(),
            self.step().saturating_add_signed(of.drift.into()),
        );
        let window = [own + 1, own, own - 1, present];
        let matching = |step: &&u64| self.code(of.id, **step) == typed;
        let newest = |fresh: bool| {
            let steps = window.iter().filter(|step| (**step > of.step) == fresh);
            steps.filter(matching).max().copied()
        };
        match (newest(true), newest(false)) {
            (Some(step), _) => CodeCheck::Good { step, offset: 0 },
            (None, Some(step)) => CodeCheck::Used { step, wait: 30 },
            (None, None) => CodeCheck::Wrong { behind: None },
        }
    }

    /// Returns the result of checking two codes, within the correctable four steps.
    pub fn pair(&self, typed: [u64; 2]) -> (PairCheck, AuthenticatorId) {
        let present = self.step();
        for it in self.authenticators() {
            let shown = |step: u64| [self.code(it.id, step), self.code(it.id, step + 1)];
            let fresh = (present - 4..=present + 3).filter(|step| *step > it.step);
            if let Some(step) = fresh.into_iter().find(|step| shown(*step) == typed) {
                let (step, drift) = (step + 1, 0);
                return (PairCheck::Good { step, drift }, it.id);
            }
        }
        (PairCheck::Wrong, NEWEST)
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
        let Some(phone) = self.authenticators().next().copied() else {
            return false;
        };
        let step = self.step().saturating_add_signed(phone.drift.into());
        if step <= phone.step {
            return true;
        }
        let (check, by) = self.check(self.code(phone.id, step), false);
        let code = Submitted { check, by, source };
        let give = Command::VerifyCode {
            code,
            access: ACCESS,
        };
        self.ask(Some(&session), &give).is_ok()
    }
}
