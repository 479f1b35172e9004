//! What an operation shows the rules: what a typed code, a place, a session amount to.

use std::net::IpAddr;
use std::sync::Arc;

use loquet_ipfilter::{Decision, DeviceTier, Filter, Origin, Tag};
use loquet_otp::{Acceptance, Drift, Reach, Search, Secret, Totp, TypedCode, Verdict};
use loquet_policy::{
    Access, Account, Authenticator, AuthenticatorId, BreakGlass, CodeCheck, CodeSource, Level,
    PairCheck, Submitted, UnixTime, limits,
};

use crate::decide::{Case, Keys, Typed};
use crate::enrollment::codes::{BreakGlassCode, ResetCode};
use crate::hash;
use crate::records::{BoundSecret, OrganizationRecord};
use loquet_policy::Session;

/// The organization's access rules, ready to answer.
#[derive(Debug, Default, Clone)]
pub(crate) enum AccessCheck {
    /// There are rules that cannot be read.
    #[default]
    Unreadable,
    /// There are no rules.
    Open,
    /// These rules.
    Guarded(Arc<Filter>),
}

impl AccessCheck {
    pub(crate) fn access(
        &self,
        address: Option<IpAddr>,
        tags: &[Tag],
        device: DeviceTier,
    ) -> Access {
        match self {
            Self::Unreadable => Access::Unknown,
            Self::Open => Access::Allowed,
            Self::Guarded(filter) => {
                let origin = Origin {
                    address,
                    tags,
                    device,
                };
                if filter.decide(&origin) == Decision::Allow {
                    Access::Allowed
                } else if address.is_none() {
                    Access::Unknown
                } else {
                    Access::Denied
                }
            }
        }
    }
}

impl Case<'_> {
    /// Where this request comes from.
    pub(crate) fn origin<'t>(&self, tags: &'t [Tag]) -> Origin<'t> {
        Origin {
            address: self.attempt.client.address,
            tags,
            device: self.tier(),
        }
    }

    /// What the access rules say of this request by this person.
    pub(crate) fn access(&self) -> Access {
        self.access.access(
            self.attempt.client.address,
            &tags(&self.actor.facts),
            self.tier(),
        )
    }

    /// A live session at Level2 and a known device each have a wait of their own, and a share of the last twenty tries. One
    /// phished code would make a thief's device known: it counts as such once its owner had time to forget it.
    pub(crate) fn source(&self) -> CodeSource {
        match self.session {
            Some(session) if session.level == Level::Level2 => CodeSource::LiveSession {
                beside_devices: self.settled_devices().next().is_some(),
            },
            _ if self.is_on_settled_device() => CodeSource::KnownDevice,
            _ => CodeSource::Stranger,
        }
    }

    /// What a typed code amounts to, of an authenticator whose codes are accepted.
    pub(crate) fn submitted(&self, typed: &Typed) -> Submitted {
        self.submitted_of(typed, Authenticator::is_active)
    }

    /// What a typed code amounts to, of one of these authenticators, or the answer of a passkey. All of them are compared.
    pub(crate) fn submitted_of(
        &self,
        typed: &Typed,
        these: fn(&Authenticator) -> bool,
    ) -> Submitted {
        if let Some(answer) = typed.answer() {
            return self.answered(answer, these);
        }
        let source = self.source();
        let none = Submitted {
            check: check(typed, None, self.now, None, false),
            by: AuthenticatorId::default(),
            source,
        };
        let checked = self.bound(these).map(|(authenticator, held)| {
            let last = Some((authenticator.step, authenticator.drift));
            let is_token = authenticator.is_token();
            let secret = held.secret.as_ref().map(|it| (it, held.details.totp));
            let mut check = check(typed, secret, self.now, last, is_token);
            // The clock of a token cannot be set. How slow it is would tell a thief which codes are good next.
            if let CodeCheck::Wrong { behind } = &mut check
                && is_token
            {
                *behind = None;
            }
            let by = authenticator.id;
            Submitted { check, by, source }
        });
        checked.reduce(better).unwrap_or(none)
    }

    /// These authenticators that show codes, with their secrets.
    fn bound(
        &self,
        these: fn(&Authenticator) -> bool,
    ) -> impl Iterator<Item = (&Authenticator, &BoundSecret)> {
        let bound = self.actor.facts.second_factor.iter();
        bound
            .filter(move |it| these(it) && !it.is_passkey())
            .filter_map(|authenticator| {
                let mut held = self.actor.secrets.bound.iter();
                Some((
                    authenticator,
                    held.find(|it| it.details.id == authenticator.id)?,
                ))
            })
    }

    /// What a typed code of the enrollment that this session began amounts to.
    pub(crate) fn pending(&self, typed: &Typed) -> CodeCheck {
        let session = self.session.map(|session| session.id);
        let secret = session.and_then(|session| self.actor.secrets.pending(session));
        let secret = secret.map(|secret| (secret, Totp::default()));
        check(typed, secret, self.now, None, false)
    }

    /// What two consecutive codes of an authenticator amount to, and of which. The clock of a hardware token cannot be set:
    /// the search begins at its last drift.
    pub(crate) fn pair(&self, typed: &[Typed; 2]) -> (PairCheck, AuthenticatorId) {
        let none = check_pair(typed, (None, Totp::default()), self.now, (0, 0), None);
        let pairs = self.bound(Authenticator::is_active).map(|(it, held)| {
            let secret = (held.secret.as_ref(), held.details.totp);
            let drift = if it.is_token() { it.drift } else { 0 };
            let around = (drift, limits::DRIFT_MAX);
            let pair = check_pair(typed, secret, self.now, around, Some(it.step));
            (pair, it.id)
        });
        let pairs = pairs.reduce(|known, other| match (known.0, other.0) {
            (PairCheck::Good { .. }, _) | (_, PairCheck::Malformed) => known,
            (PairCheck::Used { .. }, PairCheck::Wrong) => known,
            _ => other,
        });
        pairs.unwrap_or((none, AuthenticatorId::default()))
    }

    /// What two consecutive codes of the assigned hardware token amount to.
    pub(crate) fn token_pair(&self, typed: &[Typed; 2]) -> PairCheck {
        let token = self.actor.secrets.token.as_ref();
        let secret = token.and_then(|token| token.secret.as_ref());
        let totp = token.map_or(Totp::default(), |token| token.totp);
        let around = (0, limits::TOKEN_REACH);
        check_pair(typed, (secret, totp), self.now, around, None)
    }

    /// The break-glass code that this session is shown: the same again until the organization's rules change, so that
    /// showing it needs no row.
    pub(crate) fn proposed_break_glass(&self) -> Option<BreakGlassCode> {
        Some(proposed_break_glass(
            self.keys,
            self.session?,
            self.organization?,
        ))
    }

    pub(crate) fn new_reset_code(&self) -> ResetCode {
        ResetCode::from_entropy(self.entropy.half_secret())
    }
}

/// See [`Case::proposed_break_glass`].
pub(crate) fn proposed_break_glass(
    keys: &Keys,
    session: &Session,
    organization: &OrganizationRecord,
) -> BreakGlassCode {
    let break_glass = match organization.facts.break_glass {
        BreakGlass::Unset => [0; 32],
        BreakGlass::Ready { break_glass, .. }
        | BreakGlass::Void { break_glass, .. }
        | BreakGlass::Opening { break_glass, .. }
        | BreakGlass::Open { break_glass, .. } => break_glass.to_bytes(),
    };
    let derived = hash::mac(
        &keys.break_glass,
        "break-glass",
        &[
            &session.account.to_bytes(),
            &session.id.0.to_be_bytes(),
            &organization.facts.id.to_bytes(),
            &break_glass,
        ],
    );
    BreakGlassCode::from_entropy(*hash::half(derived))
}

/// The groups that the access rules know a person by: the roles' numbers.
pub(crate) fn tags(account: &Account) -> Vec<Tag> {
    account
        .roles
        .iter()
        .map(|role| Tag(u32::from(role.0)))
        .collect()
}

/// What a typed code amounts to. `after` is the last accepted step and the drift; a token's code is good around the drift
/// alone, since that of the present step was shown by a fast token long ago.
fn check(
    typed: &Typed,
    secret: Option<(&Secret, Totp)>,
    now: UnixTime,
    after: Option<(u64, i8)>,
    is_token: bool,
) -> CodeCheck {
    if typed.is_empty() {
        return CodeCheck::Absent;
    }
    let totp = secret.map_or(Totp::default(), |(_, totp)| totp);
    let Some(code) = typed.code(totp.digits) else {
        return CodeCheck::Malformed;
    };
    let Some((secret, _)) = secret else {
        return CodeCheck::Wrong { behind: None };
    };
    let key = secret.key(totp.algorithm);
    let drift = after.map_or(0, |(_, drift)| i64::from(drift));
    let drift = Drift::new(drift).unwrap_or(Drift::NONE);
    let bound = after.map(|(step, _)| step);
    match totp.verify(
        &key,
        code,
        now.0,
        Acceptance {
            drift,
            after: bound,
            only_drifted: is_token,
            ..Acceptance::default()
        },
    ) {
        Verdict::Accepted(found) => CodeCheck::Good {
            step: found.step,
            // The window is a step each way.
            offset: i8::try_from(found.offset).unwrap_or_default(),
        },
        Verdict::AlreadyUsed { step, fresh_at } => CodeCheck::Used {
            step,
            wait: fresh_at.saturating_sub(now.0),
        },
        Verdict::Wrong => {
            let behind = totp.steps_behind(
                &key,
                code,
                now.0,
                Search {
                    reach: Reach::MAX,
                    after: bound,
                },
            );
            let minutes = behind.map(|steps| {
                let seconds = steps.saturating_mul(totp.period.seconds());
                u16::try_from(seconds.div_ceil(60)).unwrap_or(u16::MAX)
            });
            CodeCheck::Wrong { behind: minutes }
        }
    }
}

/// The one of two results that says more of a code: what it is rather than what it is not.
fn better(known: Submitted, other: Submitted) -> Submitted {
    if let (CodeCheck::Good { .. } | CodeCheck::Ambiguous { .. }, CodeCheck::Good { .. }) =
        (known.check, other.check)
    {
        let wait = limits::WAIT;
        let check = CodeCheck::Ambiguous { wait };
        return Submitted { check, ..known };
    }
    let worth = |it: &Submitted| match it.check {
        CodeCheck::Absent
        | CodeCheck::Malformed
        | CodeCheck::Signed { .. }
        | CodeCheck::NotSigned
        | CodeCheck::ChallengeOver => 0,
        CodeCheck::Wrong { behind: None } => 1,
        CodeCheck::Wrong { behind: Some(_) } => 2,
        CodeCheck::Used { .. } => 3,
        CodeCheck::Good { .. } | CodeCheck::Ambiguous { .. } => 4,
    };
    if worth(&other) > worth(&known) {
        other
    } else {
        known
    }
}

/// What two consecutive codes amount to, looked for at most so many steps from a drift. `used` is the last accepted step.
fn check_pair(
    typed: &[Typed; 2],
    (secret, totp): (Option<&Secret>, Totp),
    now: UnixTime,
    (drift, reach): (i8, i8),
    used: Option<u64>,
) -> PairCheck {
    let Some(codes) = parse_pair(&totp, typed) else {
        return PairCheck::Malformed;
    };
    let (Some(secret), Ok(reach)) = (secret, Reach::new(reach.unsigned_abs())) else {
        return PairCheck::Wrong;
    };
    let key = secret.key(totp.algorithm);
    let drift = i64::from(drift);
    // What a clock shows that is off by so much.
    let period = i64::try_from(totp.period.seconds()).unwrap_or(i64::MAX);
    let shown = now.0.saturating_add_signed(drift.saturating_mul(period));
    let search = |after| totp.resynchronize(&key, &codes, shown, Search { reach, after });
    if let Some(found) = search(used) {
        let drift = i8::try_from(found.drift.steps().saturating_add(drift));
        let step = found.step;
        return drift.map_or(PairCheck::Wrong, |drift| PairCheck::Good { step, drift });
    }
    match used.zip(search(None)) {
        Some((used, found)) => {
            let fresh_at = totp.starts_at(used.saturating_add(2));
            PairCheck::Used {
                step: found.step,
                wait: fresh_at.saturating_sub(shown),
            }
        }
        None => PairCheck::Wrong,
    }
}

fn parse_pair(totp: &Totp, typed: &[Typed; 2]) -> Option<[TypedCode; 2]> {
    let [first, second] = typed;
    Some([first.code(totp.digits)?, second.code(totp.digits)?])
}
