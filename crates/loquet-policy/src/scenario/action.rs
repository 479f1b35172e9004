//! Translates a step into a command.

use super::{ScenarioError, Step};
use crate::{
    Access, AuthenticatorId, CodeCheck, CodeSource, Command, Digest, Evidence, ImportedKey,
    MandateKind, PairCheck, RecoverySet, RoleId, RoleSet, Setting, SettingKind, Start, Submitted,
    UnixTime, limits,
};
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};

const BREAK_GLASS: Digest = Digest::from_bytes([1; 32]);
const RESET_CODE: Digest = Digest::from_bytes([2; 32]);
const LINK: Digest = Digest::from_bytes([3; 32]);
const WRONG: Digest = Digest::from_bytes([0; 32]);

/// A step, with what its command needs.
pub(super) struct ActionReader<'a> {
    pub(super) line: usize,
    pub(super) step: &'a Step,
    pub(super) roles: &'a BTreeMap<String, RoleId>,
    pub(super) now: UnixTime,
    /// The step of the code, which is not used yet.
    pub(super) number: u64,
    /// The authenticator of which it is a code.
    pub(super) by: AuthenticatorId,
    /// The authenticator that the action is about.
    pub(super) authenticator: AuthenticatorId,
    /// The number of recovery codes that the person has used.
    pub(super) used: u8,
}

type Found = Result<Option<Command>, ScenarioError>;

impl ActionReader<'_> {
    pub(super) fn command(&self, does: &str) -> Result<Command, ScenarioError> {
        let found = self.of_sessions(does)?;
        let found = found.or(self.of_enrollment(does)?);
        let found = found.or(self.of_organization(does)?);
        let found = found.or(self.of_people(does)?);
        found.ok_or_else(|| unknown(self.line, "action", does))
    }

    fn of_sessions(&self, does: &str) -> Found {
        let (access, code) = (self.access()?, self.code()?);
        let source = code.source;
        let undo = |evidence| Command::UndoReport {
            evidence,
            code,
            access,
        };
        Ok(Some(match does {
            "log in" => Command::LogIn { access },
            "log out" => Command::LogOut,
            "log out everywhere" => Command::LogOutEverywhere,
            "change password" => Command::PasswordChanged { by_owner: true },
            "give code" => Command::VerifyCode { code, access },
            "resynchronize" => Command::Resynchronize {
                pair: pair(code.check),
                by: self.by,
                source,
                access,
            },
            "use recovery code" => Command::UseRecoveryCode {
                code: match code.check {
                    CodeCheck::Good { .. } => Some(recovery_code(self.used)),
                    CodeCheck::Used { .. } => Some(recovery_code(0)),
                    CodeCheck::Wrong { .. } => Some(WRONG),
                    _ => None,
                },
                access,
            },
            "report lost" => Command::ReportLost {
                authenticator: self.authenticator,
                link: LINK,
            },
            "undo report" => undo(Evidence::Link(LINK)),
            "undo report with a wrong link" => undo(Evidence::Link(WRONG)),
            "undo report with a recovery code" => {
                undo(Evidence::RecoveryCode(Some(recovery_code(self.used))))
            }
            "report unrecognized" => Command::ReportUnrecognized { link: LINK },
            _ => return Ok(None),
        }))
    }

    fn of_enrollment(&self, does: &str) -> Found {
        let (access, code) = (self.access()?, self.code()?);
        // Each enrollment shows the same ten codes, so that the number of used ones is enough.
        let recovery = RecoverySet::new((0..10).map(recovery_code)).unwrap_or(RecoverySet::EMPTY);
        let begin = |reset_code| Command::BeginEnrollment {
            reset_code,
            recovery,
            access,
        };
        let confirm = |break_glass| Command::ConfirmEnrollment {
            check: code.check,
            link: LINK,
            break_glass,
            access,
        };
        Ok(Some(match does {
            "begin enrollment" => begin(Some(RESET_CODE)),
            "begin enrollment without reset code" => begin(None),
            "confirm enrollment" => confirm(Some(BREAK_GLASS)),
            "confirm enrollment without break-glass code" => confirm(None),
            "confirm token" => Command::ConfirmToken {
                pair: pair(code.check),
                link: LINK,
                break_glass: Some(BREAK_GLASS),
                access,
            },
            "cancel enrollment" => Command::CancelEnrollment,
            "begin replacement" => Command::BeginReplacement { code, recovery },
            "renew recovery codes" => Command::RenewRecoveryCodes { code, recovery },
            "begin addition" => Command::BeginAddition {
                code,
                passkeys: true,
            },
            "remove authenticator" => Command::RemoveAuthenticator {
                authenticator: self.authenticator,
                code,
            },
            "turn on" => Command::TurnOn { code },
            "turn off" => Command::TurnOff { code },
            _ => return Ok(None),
        }))
    }

    fn of_organization(&self, does: &str) -> Found {
        let code = self.code()?;
        let (break_glass, typed_back) = (BREAK_GLASS, true);
        let change = |setting| Command::ChangeSetting { setting, code };
        let offer = |offered| change(Setting::RecoveryCodes { offered });
        let stop = |kind| Command::CancelChange { kind };
        Ok(Some(match does {
            "enable" => Command::Enable {
                break_glass,
                typed_back,
            },
            "strict latch" => Command::Harden,
            "renew break-glass code" => Command::RenewBreakGlassCode {
                break_glass,
                typed_back,
                code,
            },
            "schedule mandate" => Command::ScheduleMandate {
                role: self.role()?,
                kind: self.demands()?,
                start: Start::At(self.in_days()?),
            },
            "mandate now" => Command::ScheduleMandate {
                role: self.role()?,
                kind: self.demands()?,
                start: Start::Now { confirmed: true },
            },
            "move mandate" => Command::MoveMandate {
                role: self.role()?,
                kind: self.demands()?,
                date: self.in_days()?,
            },
            "cancel mandate" => Command::CancelMandate {
                role: self.role()?,
                kind: self.demands()?,
            },
            "offer recovery codes" => offer(true),
            "stop recovery codes" => offer(false),
            "cancel recovery codes" => stop(SettingKind::RecoveryCodes),
            "set reset code life" => {
                let hours = self.needed(self.step.hours, "hours")?;
                let seconds = hours.saturating_mul(limits::HOUR);
                change(Setting::ResetCodeLife { seconds })
            }
            "cancel reset code life" => stop(SettingKind::ResetCodeLife),
            "set enrollment window" => {
                let days = self.needed(self.step.days, "days")?;
                let seconds = days.saturating_mul(limits::DAY);
                change(Setting::EnrollmentWindow { seconds })
            }
            "cancel enrollment window" => stop(SettingKind::EnrollmentWindow),
            _ => return Ok(None),
        }))
    }

    fn of_people(&self, does: &str) -> Found {
        let (code, reset_code) = (self.code()?, RESET_CODE);
        let reset = |aloud| Command::Reset {
            reset_code,
            aloud,
            code,
        };
        Ok(Some(match does {
            "reset" => reset(false),
            "reset aloud" => reset(true),
            "undo report of" => Command::UndoReportOf { code },
            "add role" => Command::AddRole {
                role: self.role()?,
                code,
            },
            "remove role" => Command::RemoveRole { role: self.role()? },
            "deactivate" => Command::Deactivate,
            "reactivate" => Command::Reactivate {
                roles: role_set(self.roles, self.line, &self.step.roles)?,
                reset_code,
                code,
            },
            "have an authenticator imported" => self.import(ImportedKey::Unused),
            "have it imported again" => self.import(ImportedKey::Present),
            "have a former authenticator imported" => self.import(ImportedKey::Former),
            "be assigned a token" => Command::AssignToken {
                key: ImportedKey::Unused,
            },
            "have the token taken back" => Command::WithdrawToken,
            "be deleted by the host" => Command::HostDeactivate,
            "be appointed by the host" => Command::AppointAdministrator { reset_code },
            "open break-glass" => Command::OpenBreakGlass {
                break_glass: BREAK_GLASS,
            },
            "open break-glass with a wrong code" => Command::OpenBreakGlass { break_glass: WRONG },
            "collect reset code" => Command::CollectResetCode {
                break_glass: BREAK_GLASS,
                reset_code,
            },
            _ => return Ok(None),
        }))
    }

    /// Of which the codes until now count as used.
    fn import(&self, key: ImportedKey) -> Command {
        Command::ImportAuthenticator {
            key,
            weak: false,
            step: self.number,
            toggle: true,
            tell: true,
        }
    }

    fn needed<T>(&self, value: Option<T>, field: &'static str) -> Result<T, ScenarioError> {
        let line = self.line;
        value.ok_or(ScenarioError::Missing { line, field })
    }

    fn role(&self) -> Result<RoleId, ScenarioError> {
        let name = self.needed(self.step.role.as_ref(), "role")?;
        find(self.roles, self.line, name)
    }

    fn demands(&self) -> Result<MandateKind, ScenarioError> {
        match self.step.demands.as_deref() {
            None | Some("second factor") => Ok(MandateKind::SecondFactor),
            Some("passkey") => Ok(MandateKind::Passkey),
            Some(other) => Err(unknown(self.line, "demands", other)),
        }
    }

    fn in_days(&self) -> Result<UnixTime, ScenarioError> {
        let days = self.needed(self.step.in_days, "in_days")?;
        Ok(self.now.plus(days.saturating_mul(limits::DAY)))
    }

    fn access(&self) -> Result<Access, ScenarioError> {
        Ok(match self.step.place.as_deref() {
            None | Some("allowed") => Access::Allowed,
            Some("denied") => Access::Denied,
            Some("unknown") => Access::Unknown,
            Some(other) => return Err(unknown(self.line, "place", other)),
        })
    }

    fn code(&self) -> Result<Submitted, ScenarioError> {
        let source = match self.step.from.as_deref() {
            None | Some("known device") => CodeSource::KnownDevice,
            Some("elsewhere") => CodeSource::Stranger,
            Some("live session") => CodeSource::LiveSession {
                beside_devices: false,
            },
            Some(other) => return Err(unknown(self.line, "from", other)),
        };
        let check = match self.step.code.as_deref() {
            None | Some("good") => CodeCheck::Good {
                step: self.number,
                offset: 0,
            },
            Some("wrong") => CodeCheck::Wrong { behind: None },
            Some("used") => CodeCheck::Used {
                step: 1,
                wait: limits::WAIT,
            },
            Some("malformed") => CodeCheck::Malformed,
            Some("none") => CodeCheck::Absent,
            Some("passkey") => self.signed(u32::try_from(self.number).unwrap_or(u32::MAX)),
            Some("copied passkey") => self.signed(1),
            Some("wrong passkey") => CodeCheck::NotSigned,
            Some(other) => return Err(unknown(self.line, "code", other)),
        };
        let by = self.by;
        Ok(Submitted { check, by, source })
    }
}

impl ActionReader<'_> {
    /// The answer of a passkey to a challenge of this second.
    const fn signed(&self, counter: u32) -> CodeCheck {
        CodeCheck::Signed {
            issued: self.now,
            counter,
            backed_up: false,
        }
    }
}

/// Two codes of which the later one amounts to this, on a clock that is two steps ahead.
const fn pair(check: CodeCheck) -> PairCheck {
    match check {
        CodeCheck::Good { step, .. } => PairCheck::Good { step, drift: 2 },
        CodeCheck::Used { step, wait } => PairCheck::Used { step, wait },
        CodeCheck::Wrong { .. } => PairCheck::Wrong,
        _ => PairCheck::Malformed,
    }
}

fn recovery_code(number: u8) -> Digest {
    Digest::from_bytes([number.saturating_add(100); 32])
}

pub(super) fn unknown(line: usize, what: &'static str, name: &str) -> ScenarioError {
    let name = name.to_string();
    ScenarioError::Unknown { line, what, name }
}

pub(super) fn find(
    roles: &BTreeMap<String, RoleId>,
    line: usize,
    name: &str,
) -> Result<RoleId, ScenarioError> {
    let role = roles.get(name).copied();
    role.ok_or_else(|| unknown(line, "role", name))
}

pub(super) fn role_set(
    roles: &BTreeMap<String, RoleId>,
    line: usize,
    names: &[String],
) -> Result<RoleSet, ScenarioError> {
    names.iter().try_fold(RoleSet::EMPTY, |set, name| {
        let more = set.with(find(roles, line, name)?);
        more.map_err(|_| ScenarioError::TooManyRoles { line })
    })
}
