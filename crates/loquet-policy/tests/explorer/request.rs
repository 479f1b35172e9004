//! Translates an action into a command.

use crate::actions::*;
use crate::passkeys::{self, SIGNED};
use crate::world::*;
use loquet_policy::*;

pub const GOOD: CodeCheck = CodeCheck::Good {
    step: STEP + 1,
    offset: 0,
};
const WRONG: CodeCheck = CodeCheck::Wrong { behind: None };
pub const ACCESS: Access = Access::Allowed;

/// The actor, its session, the subject and the command.
pub type Request = (usize, Option<usize>, Option<usize>, Command);

/// Returns `None` if the world does not allow the action (no phone, no recovery codes).
pub fn request(world: &World, action: Action) -> Option<Request> {
    of_owner(world, action)
        .or_else(|| of_several(world, action))
        .or_else(|| of_administrator(world, action))
        .or_else(|| of_host(world, action))
}

fn of_owner(world: &World, action: Action) -> Option<Request> {
    let check = WRONG;
    let (k, s, command) = match action {
        Action::LogOutEverywhere(k, s) => (k, s, Command::LogOutEverywhere),
        Action::VerifyCode(k, s) => (k, s, give(good(world, k, s)?)),
        Action::WrongCode(k, s, _) => (
            k,
            s,
            give(Submitted {
                check,
                ..code(world, k, s)
            }),
        ),
        Action::Begin(k, s, shown) => {
            let reset_code = match shown {
                Shown::Nothing => None,
                Shown::Right if world.people[k].reset_code == world.holder(k, s) => {
                    Some(reset_code(k))
                }
                Shown::Right => return None,
                Shown::Wrong => Some(digest(9, k, 0)),
            };
            (k, s, begin(k, reset_code))
        }
        Action::BeginLast(k, s) => (k, s, begin(k, None)),
        Action::BeginReplacement(k, s) => {
            let (code, recovery) = (good(world, k, s)?, codes(k, 2));
            (k, s, Command::BeginReplacement { code, recovery })
        }
        Action::Confirm(k, s) if !is_third(world, k, s) => (k, s, confirm(world, k, GOOD)),
        Action::WrongConfirm(k, s, _) => (k, s, confirm(world, k, WRONG)),
        Action::ConfirmToken(k, s) if world.holder(k, s) == Who::Owner => {
            (k, s, confirm_token(world, k))
        }
        Action::TurnOn(k, s) => {
            let code = good(world, k, s)?;
            (k, s, Command::TurnOn { code })
        }
        Action::TurnOff(k, s) => {
            let code = good(world, k, s)?;
            (k, s, Command::TurnOff { code })
        }
        Action::UseRecoveryCode(k, s) => (k, s, recover(recovery_code(world, k, s)?)),
        Action::WrongRecoveryCode(k, s) => (k, s, recover(digest(9, k, 1))),
        Action::UndoReport(k, s, shown) => {
            let link = match shown {
                Shown::Right if world.reads_mail(k, s) => undo_link(k),
                Shown::Wrong => digest(9, k, 5),
                _ => return None,
            };
            (k, s, undo(world, k, s, Evidence::Link(link)))
        }
        Action::UndoReportByCode(k, s) => {
            let code = recovery_code(world, k, s)?;
            let evidence = Evidence::RecoveryCode(Some(code));
            (k, s, undo(world, k, s, evidence))
        }
        _ => return None,
    };
    Some((k, Some(s), None, command))
}

fn of_several(world: &World, action: Action) -> Option<Request> {
    let (k, s, command) = match action {
        Action::ConfirmPasskey(k, s) if !is_third(world, k, s) => (k, s, confirm(world, k, SIGNED)),
        Action::AnswerByCopy(k, s) => {
            let check = passkeys::COPIED;
            let held = world.people[k].held(world.holder(k, s), Authenticator::is_passkey)?;
            let (by, source) = (held.id, source(world, k, s));
            (k, s, give(Submitted { check, by, source }))
        }
        Action::BeginAddition(k, s) => {
            let two = world.people[k].account.second_factor.iter().count() > 1;
            // A passkey first, which adds where a code does not.
            let (person, holder) = (&world.people[k], world.holder(k, s));
            let passkey = |it: &Authenticator| it.is_active() && it.is_passkey();
            let code = match person.held(holder, passkey) {
                Some(held) => proof(world, (k, s), held),
                None => good(world, k, s)?,
            };
            if two && !world.space.passkeys {
                return None;
            }
            let passkeys = world.space.passkeys;
            (k, s, Command::BeginAddition { code, passkeys })
        }
        Action::Remove(k, s, authenticator) => {
            let other = good_besides(world, k, s, authenticator);
            let code = other.or_else(|| good(world, k, s))?;
            let command = Command::RemoveAuthenticator {
                authenticator,
                code,
            };
            (k, s, command)
        }
        Action::RenewRecoveryCodes(k, s) => (k, s, renew(code(world, k, s), k)),
        _ => return None,
    };
    Some((k, Some(s), None, command))
}

#[expect(clippy::too_many_lines, reason = "one command for each action")]
fn of_administrator(world: &World, action: Action) -> Option<Request> {
    let (role, break_glass, typed_back) = (RoleId::STAFF, break_glass_code(), true);
    let kind = world.kind();
    let schedule = |start| Command::ScheduleMandate { kind, role, start };
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
            (k, s, None, schedule(start))
        }
        Action::MandateNow(k, s) => (k, s, None, schedule(Start::Now { confirmed: true })),
        Action::CancelMandate(k, s) => (k, s, None, Command::CancelMandate { kind, role }),
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
        Action::UndoReportOf(k, s, j) => {
            let code = good(world, k, s)?;
            (k, s, Some(j), Command::UndoReportOf { code })
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
            let (check, source) = (CodeCheck::Absent, CodeSource::Stranger);
            let code = Submitted {
                check,
                by: BOUND,
                source,
            };
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

fn of_host(world: &World, action: Action) -> Option<Request> {
    let break_glass = break_glass_code();
    let (k, command) = match action {
        Action::PasswordChanged(k) => (k, Command::PasswordChanged { by_owner: true }),
        Action::ReportLost(k, _, authenticator) => {
            let link = undo_link(k);
            let command = Command::ReportLost {
                authenticator,
                link,
            };
            (k, command)
        }
        Action::ReportUnrecognized(k, which) => {
            let link = link(k, which);
            (k, Command::ReportUnrecognized { link })
        }
        Action::Import(k) => {
            let key = world.key_use(k);
            (k, import(key))
        }
        Action::AssignToken(k) => {
            // Each time another one.
            let key = ImportedKey::Unused;
            (k, Command::AssignToken { key })
        }
        Action::WithdrawToken(k) => (k, Command::WithdrawToken),
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

fn source(world: &World, k: usize, s: usize) -> CodeSource {
    match world.holder(k, s) {
        Who::Owner if s == 0 => CodeSource::KnownDevice,
        _ => CodeSource::Stranger,
    }
}

/// Returns a good code, if the holder of this session has the phone.
fn good(world: &World, k: usize, s: usize) -> Option<Submitted> {
    good_besides(world, k, s, AuthenticatorId(0))
}

/// Returns a good code of another authenticator than this one.
fn good_besides(world: &World, k: usize, s: usize, not: AuthenticatorId) -> Option<Submitted> {
    let (person, holder) = (&world.people[k], world.holder(k, s));
    let mut active = person.account.second_factor.active();
    let held = active.find(|it| it.id != not && person.phone(it) == holder)?;
    Some(proof(world, (k, s), held))
}

/// Returns what an authenticator shows: a code that is not used yet, or a signature.
fn proof(world: &World, (k, s): (usize, usize), held: &Authenticator) -> Submitted {
    Submitted {
        check: if held.is_passkey() { SIGNED } else { GOOD },
        by: held.id,
        source: source(world, k, s),
    }
}

/// Whether a confirmation would bind a third authenticator, which no state has here.
fn is_third(world: &World, k: usize, s: usize) -> bool {
    let person = &world.people[k];
    let own = person.sessions[s].map(|it| it.id);
    let mut pendings = person.account.pendings.iter().flatten();
    let adds = |it: &Pending| Some(it.session) == own && it.purpose == Purpose::Add;
    pendings.any(adds) && person.account.second_factor.iter().count() > 1
}

/// Returns the next recovery code, if the holder of this session has the codes.
fn recovery_code(world: &World, k: usize, s: usize) -> Option<Digest> {
    let left = world.people[k].account.recovery.len();
    let held = left > 0 && world.people[k].printed_codes == world.holder(k, s);
    held.then(|| digest(4, k, left as u8 - 1))
}

fn import(key: ImportedKey) -> Command {
    Command::ImportAuthenticator {
        key,
        weak: false,
        step: STEP,
        toggle: true,
        tell: true,
    }
}

fn begin(k: usize, reset_code: Option<Digest>) -> Command {
    Command::BeginEnrollment {
        reset_code,
        recovery: codes(k, 2),
        access: ACCESS,
    }
}

fn confirm_token(world: &World, k: usize) -> Command {
    let (step, drift) = (STEP + 1, 0);
    Command::ConfirmToken {
        pair: PairCheck::Good { step, drift },
        link: next_link(world, k),
        break_glass: Some(break_glass_code()),
        access: ACCESS,
    }
}

const fn give(code: Submitted) -> Command {
    let access = ACCESS;
    Command::VerifyCode { code, access }
}

fn renew(code: Submitted, k: usize) -> Command {
    let recovery = codes(k, 2);
    Command::RenewRecoveryCodes { code, recovery }
}

fn recover(code: Digest) -> Command {
    Command::UseRecoveryCode {
        code: Some(code),
        access: ACCESS,
    }
}

/// Undoes a report, with a good code where the holder of this session has the phone.
fn undo(world: &World, k: usize, s: usize, evidence: Evidence) -> Command {
    Command::UndoReport {
        evidence,
        code: code(world, k, s),
        access: ACCESS,
    }
}

/// Returns a code, which is good if the holder of this session has the phone, a suspended one first.
fn code(world: &World, k: usize, s: usize) -> Submitted {
    let (person, holder) = (&world.people[k], world.holder(k, s));
    let suspended = person.held(holder, |it| !it.is_active());
    let held = suspended.or_else(|| person.held(holder, |_| true));
    match held {
        Some(held) => proof(world, (k, s), held),
        None => Submitted {
            check: WRONG,
            by: BOUND,
            source: source(world, k, s),
        },
    }
}

/// Returns the link in the notice of the next enrollment.
fn next_link(world: &World, k: usize) -> Digest {
    let AuthenticatorId(last) = world.people[k].account.last_authenticator;
    link(k, AuthenticatorId(last + 1))
}

pub fn confirm(world: &World, k: usize, check: CodeCheck) -> Command {
    Command::ConfirmEnrollment {
        check,
        link: next_link(world, k),
        break_glass: Some(break_glass_code()),
        access: ACCESS,
    }
}
