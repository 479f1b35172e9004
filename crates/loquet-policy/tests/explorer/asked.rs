//! What an action asks of the engine.

use crate::actions::*;
use crate::world::*;
use loquet_policy::*;

const GOOD: CodeCheck = CodeCheck::Good {
    step: STEP + 1,
    offset: 0,
};
const WRONG: CodeCheck = CodeCheck::Wrong { behind: None };
pub const ACCESS: Access = Access::Allowed;

/// Who asks, in which session, about whom, and for what.
pub type Asked = (usize, Option<usize>, Option<usize>, Command);

/// `None` when the world does not let it happen (no phone, no paper).
pub fn asked(world: &World, action: Action) -> Option<Asked> {
    of_owner(world, action)
        .or_else(|| of_administrator(world, action))
        .or_else(|| of_host(action))
}

fn of_owner(world: &World, action: Action) -> Option<Asked> {
    let (access, check) = (ACCESS, WRONG);
    let (k, s, command) = match action {
        Action::LogOutEverywhere(k, s) => (k, s, Command::LogOutEverywhere),
        Action::VerifyCode(k, s) => {
            let code = good(world, k, s)?;
            (k, s, Command::VerifyCode { code, access })
        }
        Action::WrongCode(k, s, _) => {
            let vantage = vantage(world, k, s);
            let code = Submitted { check, vantage };
            (k, s, Command::VerifyCode { code, access })
        }
        Action::Begin(k, s, shown) => {
            let reset_code = match shown {
                Shown::Nothing => None,
                Shown::Right if world.people[k].reset_code == world.holder(k, s) => {
                    Some(reset_code(k))
                }
                Shown::Right => return None,
                Shown::Wrong => Some(digest(9, k, 0)),
            };
            let recovery = codes(k, 2);
            let command = Command::BeginEnrollment {
                reset_code,
                recovery,
                access,
            };
            (k, s, command)
        }
        Action::BeginReplacement(k, s) => {
            let (code, recovery) = (good(world, k, s)?, codes(k, 2));
            (k, s, Command::BeginReplacement { code, recovery })
        }
        Action::Confirm(k, s) => (k, s, confirm(k, GOOD)),
        Action::WrongConfirm(k, s, _) => (k, s, confirm(k, WRONG)),
        Action::TurnOn(k, s) => {
            let code = good(world, k, s)?;
            (k, s, Command::TurnOn { code })
        }
        Action::TurnOff(k, s) => {
            let code = good(world, k, s)?;
            (k, s, Command::TurnOff { code })
        }
        Action::UseRecoveryCode(k, s) => {
            let left = world.people[k].account.recovery.len();
            if left == 0 || world.people[k].paper != world.holder(k, s) {
                return None;
            }
            (k, s, recover(world, k, s, digest(4, k, left as u8 - 1)))
        }
        Action::WrongRecoveryCode(k, s, _) => (k, s, recover(world, k, s, digest(9, k, 1))),
        _ => return None,
    };
    Some((k, Some(s), None, command))
}

fn of_administrator(world: &World, action: Action) -> Option<Asked> {
    let (role, break_glass, typed_back) = (RoleId::EMPLOYEE, break_glass_code(), true);
    let announce = |start| Command::ScheduleMandate { role, start };
    let (k, s, j, command) = match action {
        Action::Enable(k, s) => (
            k,
            s,
            None,
            Command::Enable {
                break_glass,
                typed_back,
            },
        ),
        Action::ScheduleMandate(k, s) => {
            let start = Start::At(NOW.plus(limits::NOTICE));
            (k, s, None, announce(start))
        }
        Action::AnnounceNow(k, s) => (k, s, None, announce(Start::Now { confirmed: true })),
        Action::Cancel(k, s) => (k, s, None, Command::CancelMandate { role }),
        Action::RenewBreakGlassCode(k, s) => {
            let code = good(world, k, s)?;
            let command = Command::RenewBreakGlassCode {
                break_glass,
                typed_back,
                code,
            };
            (k, s, None, command)
        }
        Action::Reset(k, s, j) => {
            let command = Command::Reset {
                reset_code: reset_code(j),
                aloud: false,
                code: good(world, k, s)?,
            };
            (k, s, Some(j), command)
        }
        Action::Reactivate(k, s, j) => {
            let command = Command::Reactivate {
                roles: Role::Employee.set(),
                reset_code: reset_code(j),
                code: good(world, k, s)?,
            };
            (k, s, Some(j), command)
        }
        Action::Employ(k, s, j) => {
            let (check, vantage) = (CodeCheck::Absent, Vantage::Stranger);
            let code = Submitted { check, vantage };
            (k, s, Some(j), Command::AddRole { role, code })
        }
        Action::Promote(k, s, j) => {
            let (role, code) = (RoleId::ADMINISTRATOR, good(world, k, s)?);
            (k, s, Some(j), Command::AddRole { role, code })
        }
        Action::Demote(k, s, j) => {
            let role = RoleId::ADMINISTRATOR;
            (k, s, Some(j), Command::RemoveRole { role })
        }
        Action::Deactivate(k, s, j) => (k, s, Some(j), Command::Deactivate),
        _ => return None,
    };
    Some((k, Some(s), j, command))
}

fn of_host(action: Action) -> Option<Asked> {
    let break_glass = break_glass_code();
    let (k, command) = match action {
        Action::PasswordChanged(k) => (k, Command::PasswordChanged { by_owner: true }),
        Action::ReportLost(k) => (k, Command::ReportLost),
        Action::ReportUnrecognized(k) => (k, Command::ReportUnrecognized { link: link(k) }),
        Action::HostDeactivate(k) => (k, Command::HostDeactivate),
        Action::BreakGlass(k) => (k, Command::OpenBreakGlass { break_glass }),
        Action::WrongBreakGlassCode(k, _) => {
            let break_glass = digest(9, k, 2);
            (k, Command::OpenBreakGlass { break_glass })
        }
        Action::CollectResetCode(k) => {
            let reset_code = reset_code(k);
            (
                k,
                Command::CollectResetCode {
                    break_glass,
                    reset_code,
                },
            )
        }
        _ => return None,
    };
    Some((k, None, None, command))
}

fn vantage(world: &World, k: usize, s: usize) -> Vantage {
    match world.holder(k, s) {
        Who::Owner if s == 0 => Vantage::KnownDevice,
        _ => Vantage::Stranger,
    }
}

/// A good code of the active authenticator, if the one who holds this session has the phone.
fn good(world: &World, k: usize, s: usize) -> Option<Submitted> {
    let person = &world.people[k];
    let active = matches!(person.account.authenticator, Authenticator::Active { .. });
    (active && person.phone == world.holder(k, s)).then(|| Submitted {
        check: GOOD,
        vantage: vantage(world, k, s),
    })
}

fn recover(world: &World, k: usize, s: usize, code: Digest) -> Command {
    Command::UseRecoveryCode {
        code: Some(code),
        vantage: vantage(world, k, s),
        access: ACCESS,
    }
}

pub fn confirm(k: usize, check: CodeCheck) -> Command {
    Command::ConfirmEnrollment {
        check,
        link: link(k),
        break_glass: Some(break_glass_code()),
        access: ACCESS,
    }
}
