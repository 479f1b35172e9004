//! Everything that can happen in a world, and what it does.

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
            Self::Right => " with the reset code, if one is due",
            Self::Wrong => " with a wrong reset code",
        })
    }
}

/// One thing that happens. The first number is the account, the second its session (0 is the
/// owner's; 1 is the thief's if a thief knows the password), a third the account that it is
/// about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    LogIn(usize, usize),
    /// Log in, with a code if one is asked for.
    Enter(usize),
    /// Log in, begin an enrollment with whatever reset code there is, and confirm it.
    Enroll(usize),
    LogOut(usize, usize),
    LogOutEverywhere(usize, usize),
    PasswordChanged(usize),
    VerifyCode(usize, usize),
    /// With the count at the start of its class, or at its end.
    WrongCode(usize, usize, bool),
    Begin(usize, usize, Shown),
    BeginReplacement(usize, usize),
    Confirm(usize, usize),
    WrongConfirm(usize, usize, bool),
    TurnOn(usize, usize),
    TurnOff(usize, usize),
    UseRecoveryCode(usize, usize),
    WrongRecoveryCode(usize, usize, bool),
    ReportLost(usize),
    ReportUnrecognized(usize),
    Enable(usize, usize),
    ScheduleMandate(usize, usize),
    AnnounceNow(usize, usize),
    Cancel(usize, usize),
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
    /// The phone falls into the river.
    LosePhone(usize),
    Wait(u64),
}

impl std::fmt::Display for Action {
    /// A sentence of a story. The accounts are named in the order of the alphabet.
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
            Self::LogOut(k, s) => write!(f, "{} logs out.", who(k, s)),
            Self::LogOutEverywhere(k, s) => write!(f, "{} logs out everywhere.", who(k, s)),
            Self::PasswordChanged(k) => write!(f, "{}'s password is changed.", NAMES[k]),
            Self::VerifyCode(k, s) => write!(f, "{} gives a good code.", who(k, s)),
            Self::WrongCode(k, s, false) => write!(f, "{} gives a wrong code.", who(k, s)),
            Self::WrongCode(k, s, true) => write!(f, "{} gives many wrong codes.", who(k, s)),
            Self::Begin(k, s, shown) => write!(f, "{} begins an enrollment{shown}.", who(k, s)),
            Self::BeginReplacement(k, s) => write!(f, "{} begins a replacement.", who(k, s)),
            Self::Confirm(k, s) => write!(f, "{} confirms an enrollment.", who(k, s)),
            Self::WrongConfirm(k, s, _) => write!(f, "{} confirms with a wrong code.", who(k, s)),
            Self::TurnOn(k, s) => write!(f, "{} turns it on.", who(k, s)),
            Self::TurnOff(k, s) => write!(f, "{} turns it off.", who(k, s)),
            Self::UseRecoveryCode(k, s) => write!(f, "{} uses a recovery code.", who(k, s)),
            Self::WrongRecoveryCode(k, s, _) => {
                write!(f, "{} gives a wrong recovery code.", who(k, s))
            }
            Self::ReportLost(k) => write!(f, "{}'s phone is reported lost.", NAMES[k]),
            Self::ReportUnrecognized(k) => {
                write!(f, "{} disowns the enrollment.", NAMES[k])
            }
            Self::Enable(k, s) => write!(f, "{} enables multi-factor log-in.", who(k, s)),
            Self::ScheduleMandate(k, s) => {
                write!(f, "{} schedules the mandate.", who(k, s))
            }
            Self::AnnounceNow(k, s) => write!(f, "{} mandates the employees now.", who(k, s)),
            Self::Cancel(k, s) => write!(f, "{} cancels the mandate.", who(k, s)),
            Self::RenewBreakGlassCode(k, s) => {
                write!(f, "{} renews break-glass.", who(k, s))
            }
            Self::Reset(k, s, j) => write!(f, "{} resets {}.", who(k, s), NAMES[j]),
            Self::Employ(k, s, j) => write!(f, "{} makes {} an employee.", who(k, s), NAMES[j]),
            Self::Promote(k, s, j) => {
                write!(f, "{} makes {} an administrator.", who(k, s), NAMES[j])
            }
            Self::Demote(k, s, j) => write!(f, "{} demotes {}.", who(k, s), NAMES[j]),
            Self::Deactivate(k, s, j) => write!(f, "{} deactivates {}.", who(k, s), NAMES[j]),
            Self::Reactivate(k, s, j) => write!(f, "{} reactivates {}.", who(k, s), NAMES[j]),
            Self::HostDeactivate(k) => write!(f, "The host deletes {}.", NAMES[k]),
            Self::BreakGlass(k) => write!(f, "The host opens break-glass for {}.", NAMES[k]),
            Self::WrongBreakGlassCode(k, _) => write!(
                f,
                "The host tries a wrong break-glass code for {}.",
                NAMES[k]
            ),
            Self::CollectResetCode(k) => {
                write!(f, "The host collects the reset code for {}.", NAMES[k])
            }
            Self::LosePhone(k) => write!(f, "{} loses the phone.", NAMES[k]),
            Self::Wait(seconds) => write!(f, "{} pass.", span(seconds)),
        }
    }
}

fn span(seconds: u64) -> String {
    match seconds {
        0..3600 => format!("{} minutes", seconds / 60),
        _ => format!("{} days", seconds / limits::DAY),
    }
}

/// Long enough for a code to be old; for a half log-in; for a reset code and break-glass; for
/// everything that waits for days; for the enrollment window.
pub const WAITS: [u64; 5] = [
    limits::RECENT + 1,
    limits::HALF_LOGIN,
    limits::DAY,
    limits::NOTICE,
    limits::ENROLLMENT_WINDOW,
];

/// The engine, or the engine with one guard taken out.
pub trait Engine {
    fn decide(
        &self,
        snapshot: &Snapshot<'_>,
        command: &Command,
        now: UnixTime,
        fresh: Fresh,
    ) -> Decision {
        decide(snapshot, command, now, fresh)
    }

    fn standing(&self, snapshot: &Snapshot<'_>, now: UnixTime) -> Result<Level, Refusal> {
        standing(snapshot, now)
    }
}

pub struct Production;

impl Engine for Production {}

/// What came of an action: the world after it, if it is another, and the answer if anybody was
/// asked.
pub struct Outcome {
    pub world: Option<World>,
    pub now: UnixTime,
    pub answer: Option<Result<Grant, Refusal>>,
}

impl Action {
    /// Who does it: a thief's deeds are no way back for anybody.
    pub fn by(self, world: &World) -> Who {
        match self {
            Self::LogIn(k, s)
            | Self::LogOut(k, s)
            | Self::LogOutEverywhere(k, s)
            | Self::VerifyCode(k, s)
            | Self::WrongCode(k, s, _)
            | Self::Begin(k, s, _)
            | Self::BeginReplacement(k, s)
            | Self::Confirm(k, s)
            | Self::WrongConfirm(k, s, _)
            | Self::TurnOn(k, s)
            | Self::TurnOff(k, s)
            | Self::UseRecoveryCode(k, s)
            | Self::WrongRecoveryCode(k, s, _)
            | Self::Enable(k, s)
            | Self::ScheduleMandate(k, s)
            | Self::AnnounceNow(k, s)
            | Self::Cancel(k, s)
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

    /// Everything that could be tried in a space.
    pub fn all(space: &Space) -> Vec<Self> {
        if space.core {
            return Self::core(space);
        }
        let mut all: Vec<Self> = WAITS.map(Self::Wait).to_vec();
        for k in 0..space.accounts {
            all.extend([Self::PasswordChanged(k), Self::ReportLost(k)]);
            if space.links {
                all.push(Self::ReportUnrecognized(k));
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
            Self::AnnounceNow(k, s),
            Self::Cancel(k, s),
            Self::RenewBreakGlassCode(k, s),
        ];
        if space.counters {
            all.push(Self::Begin(k, s, Shown::Wrong));
            for late in [false, true] {
                all.extend([Self::WrongCode(k, s, late), Self::WrongConfirm(k, s, late)]);
            }
        }
        if space.recovery_codes {
            all.push(Self::UseRecoveryCode(k, s));
            if space.counters {
                all.extend([false, true].map(|late| Self::WrongRecoveryCode(k, s, late)));
            }
        }
        // Oneself included: that it is refused is the point.
        for j in 0..space.accounts {
            all.push(Self::Reset(k, s, j));
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
                Self::ReportLost(k),
            ]);
            all.extend([
                Self::BreakGlass(k),
                Self::CollectResetCode(k),
                Self::HostDeactivate(k),
            ]);
            all.extend([Self::Enable(k, 0), Self::AnnounceNow(k, 0)]);
            if space.losses {
                all.push(Self::LosePhone(k));
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
