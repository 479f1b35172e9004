//! The actions that are possible in a world, and their sentences in stories.

pub use crate::engine::*;
use crate::world::*;
use loquet_policy::*;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shown {
    Nothing,
    Right,
    Wrong,
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nothing => "",
            Self::Right => " with the reset code",
            Self::Wrong => " with a wrong reset code",
        })
    }
}

/// An action. The first number is the account, the second is its session (0 is the owner's; 1 is the thief's,
/// if a thief knows the password), and the third is the account that the action is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    LogIn(usize, usize),
    /// Logs in, with a code if one is required.
    Enter(usize),
    /// Logs in, begins an enrollment with the reset code if there is one, and confirms it.
    Enroll(usize),
    /// The same, with a passkey.
    EnrollPasskey(usize),
    LogOut(usize, usize),
    LogOutEverywhere(usize, usize),
    PasswordChanged(usize),
    VerifyCode(usize, usize),
    /// The flag says whether the count is at the end of its class rather than at the start.
    WrongCode(usize, usize, bool),
    Begin(usize, usize, Shown),
    /// Begins the last enrollment of a day, without a reset code.
    BeginLast(usize, usize),
    BeginReplacement(usize, usize),
    BeginAddition(usize, usize),
    /// The first one or the second.
    Remove(usize, usize, AuthenticatorId),
    Confirm(usize, usize),
    WrongConfirm(usize, usize, bool),
    /// A new passkey, in place of the first code of an app.
    ConfirmPasskey(usize, usize),
    /// A copy of the passkey answers, which has counted less.
    AnswerByCopy(usize, usize),
    /// With two codes of the assigned hardware token.
    ConfirmToken(usize, usize),
    TurnOn(usize, usize),
    TurnOff(usize, usize),
    UseRecoveryCode(usize, usize),
    WrongRecoveryCode(usize, usize),
    RenewRecoveryCodes(usize, usize),
    /// The password alone was given.
    ReportLost(usize, usize, AuthenticatorId),
    /// With the link in the notice.
    UndoReport(usize, usize, Shown),
    /// With a recovery code in its place.
    UndoReportByCode(usize, usize),
    UndoReportOf(usize, usize, usize),
    ReportUnrecognized(usize, AuthenticatorId),
    Enable(usize, usize),
    ScheduleMandate(usize, usize),
    MandateNow(usize, usize),
    CancelMandate(usize, usize),
    RenewBreakGlassCode(usize, usize),
    Reset(usize, usize, usize),
    Employ(usize, usize, usize),
    Promote(usize, usize, usize),
    Demote(usize, usize, usize),
    Deactivate(usize, usize, usize),
    Reactivate(usize, usize, usize),
    HostDeactivate(usize),
    BreakGlass(usize),
    WrongBreakGlassCode(usize, bool),
    CollectResetCode(usize),
    /// The host imports the authenticator that the owner uses elsewhere.
    Import(usize),
    AssignToken(usize),
    WithdrawToken(usize),
    /// The owner loses the phone.
    LosePhone(usize),
    Wait(u64),
}

impl std::fmt::Display for Action {
    /// Writes a sentence of a story. The accounts are named in alphabetical order.
    #[expect(clippy::too_many_lines, reason = "one sentence for each action")]
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const NAMES: [&str; 3] = ["Anne", "Bruno", "Claire"];
        let who = |k: usize, s: usize| match s {
            0 => NAMES[k].to_owned(),
            _ => format!("The other session of {}", NAMES[k]),
        };
        match *self {
            Self::LogIn(k, s) => write!(f, "{} logs in with the password.", who(k, s)),
            Self::Enter(k) => write!(f, "{} logs in.", who(k, 0)),
            Self::Enroll(k) => write!(f, "{} logs in and enrolls.", who(k, 0)),
            Self::EnrollPasskey(k) => {
                write!(f, "{} logs in and registers a passkey.", who(k, 0))
            }
            Self::LogOut(k, s) => write!(f, "{} logs out.", who(k, s)),
            Self::LogOutEverywhere(k, s) => write!(f, "{} logs out everywhere.", who(k, s)),
            Self::PasswordChanged(k) => write!(f, "{}'s password is changed.", NAMES[k]),
            Self::VerifyCode(k, s) => write!(f, "{} submits a good code.", who(k, s)),
            Self::WrongCode(k, s, false) => write!(f, "{} submits a wrong code.", who(k, s)),
            Self::WrongCode(k, s, true) => write!(f, "{} submits many wrong codes.", who(k, s)),
            Self::Begin(k, s, shown) => write!(f, "{} begins an enrollment{shown}.", who(k, s)),
            Self::BeginLast(k, s) => write!(f, "{} begins many enrollments.", who(k, s)),
            Self::BeginReplacement(k, s) => write!(f, "{} begins a replacement.", who(k, s)),
            Self::BeginAddition(k, s) => write!(f, "{} begins an addition.", who(k, s)),
            Self::Remove(k, s, BOUND) => write!(f, "{} removes the older phone.", who(k, s)),
            Self::Remove(k, s, _) => write!(f, "{} removes the newer phone.", who(k, s)),
            Self::Confirm(k, s) => write!(f, "{} confirms an enrollment.", who(k, s)),
            Self::WrongConfirm(k, s, _) => {
                write!(f, "{} confirms an enrollment with a wrong code.", who(k, s))
            }
            Self::ConfirmPasskey(k, s) => write!(f, "{} registers a passkey.", who(k, s)),
            Self::AnswerByCopy(k, s) => {
                write!(f, "A copy of the passkey answers for {}.", who(k, s))
            }
            Self::ConfirmToken(k, s) => write!(f, "{} confirms the token.", who(k, s)),
            Self::TurnOn(k, s) => write!(f, "{} turns the second factor on.", who(k, s)),
            Self::TurnOff(k, s) => write!(f, "{} turns the second factor off.", who(k, s)),
            Self::UseRecoveryCode(k, s) => write!(f, "{} uses a recovery code.", who(k, s)),
            Self::WrongRecoveryCode(k, s) => {
                write!(f, "{} submits a wrong recovery code.", who(k, s))
            }
            Self::RenewRecoveryCodes(k, s) => write!(f, "{} renews the recovery codes.", who(k, s)),
            Self::ReportLost(k, 0, _) => write!(f, "{} reports the phone lost.", NAMES[k]),
            Self::ReportLost(k, ..) => write!(f, "The thief reports {}'s phone lost.", NAMES[k]),
            Self::UndoReport(k, s, Shown::Right) => {
                write!(f, "{} undoes the report with the link.", who(k, s))
            }
            Self::UndoReport(k, s, _) => {
                write!(f, "{} undoes the report with a wrong link.", who(k, s))
            }
            Self::UndoReportByCode(k, s) => {
                write!(f, "{} undoes the report with a recovery code.", who(k, s))
            }
            Self::UndoReportOf(k, s, j) => {
                write!(f, "{} undoes the report about {}.", who(k, s), NAMES[j])
            }
            Self::ReportUnrecognized(k, _) => {
                write!(f, "{} reports the enrollment as unrecognized.", NAMES[k])
            }
            Self::Enable(k, s) => write!(f, "{} enables multi-factor log-in.", who(k, s)),
            Self::ScheduleMandate(k, s) => {
                write!(f, "{} schedules the mandate.", who(k, s))
            }
            Self::MandateNow(k, s) => write!(f, "{} puts the mandate in force.", who(k, s)),
            Self::CancelMandate(k, s) => write!(f, "{} cancels the mandate.", who(k, s)),
            Self::RenewBreakGlassCode(k, s) => {
                write!(f, "{} renews the break-glass code.", who(k, s))
            }
            Self::Reset(k, s, j) => write!(f, "{} resets {}.", who(k, s), NAMES[j]),
            Self::Employ(k, s, j) => write!(f, "{} makes {} an employee.", who(k, s), NAMES[j]),
            Self::Promote(k, s, j) => {
                write!(f, "{} makes {} an administrator.", who(k, s), NAMES[j])
            }
            Self::Demote(k, s, j) => write!(f, "{} demotes {}.", who(k, s), NAMES[j]),
            Self::Deactivate(k, s, j) => write!(f, "{} deactivates {}.", who(k, s), NAMES[j]),
            Self::Reactivate(k, s, j) => write!(f, "{} reactivates {}.", who(k, s), NAMES[j]),
            Self::HostDeactivate(k) => write!(f, "The host deactivates {}.", NAMES[k]),
            Self::BreakGlass(k) => write!(f, "The host opens break-glass for {}.", NAMES[k]),
            Self::WrongBreakGlassCode(k, _) => write!(
                f,
                "The host tries a wrong break-glass code for {}.",
                NAMES[k]
            ),
            Self::CollectResetCode(k) => write!(f, "The host collects {}'s reset code.", NAMES[k]),
            Self::Import(k) => write!(f, "The host imports {}'s authenticator.", NAMES[k]),
            Self::AssignToken(k) => write!(f, "The host assigns a token to {}.", NAMES[k]),
            Self::WithdrawToken(k) => write!(f, "The host takes {}'s token back.", NAMES[k]),
            Self::LosePhone(k) => write!(f, "{} loses the phone.", NAMES[k]),
            Self::Wait(seconds) => write!(f, "{}.", span(seconds)),
        }
    }
}

fn span(seconds: u64) -> String {
    match seconds {
        0..3600 => format!("{} minutes pass", seconds / 60),
        limits::DAY => "1 day passes".to_owned(),
        _ => format!("{} days pass", seconds / limits::DAY),
    }
}

/// The ends of a recent code, a half log-in, a reset code and break-glass, the longest delays, and the
/// enrollment window.
pub const WAITS: [u64; 5] = [
    limits::RECENT + 1,
    limits::HALF_LOGIN,
    limits::DAY,
    limits::NOTICE,
    limits::ENROLLMENT_WINDOW,
];

impl Action {
    /// Returns who performs the action. The actions of a thief do not count as recovery.
    pub fn by(self, world: &World) -> Who {
        match self {
            Self::LogIn(k, s)
            | Self::LogOut(k, s)
            | Self::LogOutEverywhere(k, s)
            | Self::VerifyCode(k, s)
            | Self::WrongCode(k, s, _)
            | Self::Begin(k, s, _)
            | Self::BeginLast(k, s)
            | Self::BeginReplacement(k, s)
            | Self::BeginAddition(k, s)
            | Self::Remove(k, s, _)
            | Self::Confirm(k, s)
            | Self::WrongConfirm(k, s, _)
            | Self::ConfirmPasskey(k, s)
            | Self::AnswerByCopy(k, s)
            | Self::ConfirmToken(k, s)
            | Self::TurnOn(k, s)
            | Self::TurnOff(k, s)
            | Self::UseRecoveryCode(k, s)
            | Self::WrongRecoveryCode(k, s)
            | Self::RenewRecoveryCodes(k, s)
            | Self::ReportLost(k, s, _)
            | Self::UndoReport(k, s, _)
            | Self::UndoReportByCode(k, s)
            | Self::UndoReportOf(k, s, _)
            | Self::Enable(k, s)
            | Self::ScheduleMandate(k, s)
            | Self::MandateNow(k, s)
            | Self::CancelMandate(k, s)
            | Self::RenewBreakGlassCode(k, s)
            | Self::Reset(k, s, _)
            | Self::Employ(k, s, _)
            | Self::Promote(k, s, _)
            | Self::Demote(k, s, _)
            | Self::Deactivate(k, s, _)
            | Self::Reactivate(k, s, _) => world.holder(k, s),
            _ => Who::Owner,
        }
    }

    /// Returns every action that is tried in a space.
    pub fn all(space: &Space) -> Vec<Self> {
        if space.core {
            return Self::core(space);
        }
        let mut all: Vec<Self> = WAITS.map(Self::Wait).to_vec();
        if space.undone {
            all.push(Self::Wait(limits::REPORTS_REFUSED));
        }
        for k in 0..space.accounts {
            all.push(Self::PasswordChanged(k));
            for which in space.authenticators() {
                all.push(Self::ReportLost(k, 0, which));
                if space.victim == Some(k) {
                    all.push(Self::ReportLost(k, 1, which));
                }
                if space.links {
                    all.push(Self::ReportUnrecognized(k, which));
                }
            }
            all.extend([Self::BreakGlass(k), Self::CollectResetCode(k)]);
            if space.counters {
                all.extend([
                    Self::WrongBreakGlassCode(k, false),
                    Self::WrongBreakGlassCode(k, true),
                ]);
            }
            if space.losses {
                all.push(Self::LosePhone(k));
            }
            if space.imports {
                all.push(Self::Import(k));
            }
            if space.tokens {
                all.extend([Self::AssignToken(k), Self::WithdrawToken(k)]);
            }
            if space.people {
                all.push(Self::HostDeactivate(k));
            }
            for s in 0..space.sessions {
                all.extend(Self::in_session(space, k, s));
            }
        }
        all
    }

    fn in_session(space: &Space, k: usize, s: usize) -> Vec<Self> {
        let mut all = vec![
            Self::LogIn(k, s),
            Self::LogOut(k, s),
            Self::LogOutEverywhere(k, s),
            Self::VerifyCode(k, s),
            Self::TurnOn(k, s),
            Self::TurnOff(k, s),
            Self::Begin(k, s, Shown::Nothing),
            Self::Begin(k, s, Shown::Right),
            Self::BeginReplacement(k, s),
            Self::Confirm(k, s),
            Self::Enable(k, s),
            Self::ScheduleMandate(k, s),
            Self::MandateNow(k, s),
            Self::CancelMandate(k, s),
            Self::RenewBreakGlassCode(k, s),
        ];
        if space.undone {
            all.push(Self::UndoReport(k, s, Shown::Right));
            all.push(Self::UndoReport(k, s, Shown::Wrong));
        }
        if space.tokens {
            all.push(Self::ConfirmToken(k, s));
        }
        if space.passkeys {
            all.extend([Self::ConfirmPasskey(k, s), Self::AnswerByCopy(k, s)]);
        }
        if space.several {
            all.push(Self::BeginAddition(k, s));
            let each = space.authenticators().into_iter();
            all.extend(each.map(|which| Self::Remove(k, s, which)));
        }
        if space.counters {
            all.extend([Self::Begin(k, s, Shown::Wrong), Self::BeginLast(k, s)]);
            for late in [false, true] {
                all.extend([Self::WrongCode(k, s, late), Self::WrongConfirm(k, s, late)]);
            }
        }
        if space.recovery_codes {
            all.extend([Self::UseRecoveryCode(k, s), Self::WrongRecoveryCode(k, s)]);
            all.push(Self::RenewRecoveryCodes(k, s));
            if space.undone {
                all.push(Self::UndoReportByCode(k, s));
            }
        }
        // The own account is included, because it must be refused.
        for j in 0..space.accounts {
            all.push(Self::Reset(k, s, j));
            if space.undone {
                all.push(Self::UndoReportOf(k, s, j));
            }
            if space.people {
                all.extend([Self::Employ(k, s, j), Self::Promote(k, s, j)]);
                all.extend([Self::Demote(k, s, j), Self::Deactivate(k, s, j)]);
                all.push(Self::Reactivate(k, s, j));
            }
        }
        all
    }

    fn core(space: &Space) -> Vec<Self> {
        let mut all = vec![
            Self::Wait(limits::DAY),
            Self::Wait(limits::ENROLLMENT_WINDOW),
        ];
        for k in 0..space.accounts {
            all.extend([
                Self::Enter(k),
                Self::Enroll(k),
                Self::LogOut(k, 0),
                Self::ReportLost(k, 0, BOUND),
            ]);
            all.extend([
                Self::BreakGlass(k),
                Self::CollectResetCode(k),
                Self::HostDeactivate(k),
            ]);
            all.extend([Self::Enable(k, 0), Self::MandateNow(k, 0)]);
            if space.losses {
                all.push(Self::LosePhone(k));
            }
            if space.demanded {
                all.push(Self::EnrollPasskey(k));
            }
            for j in (0..space.accounts).filter(|j| *j != k) {
                all.extend([
                    Self::Reset(k, 0, j),
                    Self::Demote(k, 0, j),
                    Self::Deactivate(k, 0, j),
                ]);
            }
        }
        all
    }
}
