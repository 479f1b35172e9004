//! Decides who must use multi-factor log-in, who may, and who may change that. A pure rule engine: no clock,
//! no randomness, no I/O.
//!
//! The second factor is a time-based one-time password (RFC 6238). The rules follow NIST SP 800-63B-4 where
//! it has requirements for binding, throttling, recovery and revocation. [`limits`] gives each number with
//! its source.
//!
//! # What it decides
//! [`decide()`] takes the stored rows that matter (a [`Snapshot`]), a [`Command`] with its evidence, and the
//! time. It returns a [`Decision`]: a [`Grant`] or a [`Refusal`], the rows to write in the same commit, and
//! the notices to send. The caller checks passwords and codes, hashes secrets, and passes the results as
//! evidence, for example [`CodeCheck::Good`].
//!
//! # Words
//! | word | meaning |
//! |---|---|
//! | *organization* | the unit that has rules and administrators of its own; an account belongs to exactly one |
//! | *latch* | multi-factor log-in is enabled for an organization once and cannot be disabled again |
//! | *mandate* | a role must use multi-factor log-in, from a date that is announced at least 7 days ahead |
//! | *toggle* | the owner's own choice to require a second factor, where no mandate requires it |
//! | *authenticator* | the shared secret in an authenticator app, or a passkey; *bound* by an *enrollment*, which its first code or answer confirms; an account has up to three apps and hardware tokens, and five passkeys |
//! | *reset code* | a code that another administrator gives to a user who lost the authenticator; it permits one new enrollment |
//! | *recovery code* | a printed single-use code with which the owner starts a new enrollment |
//! | *break-glass* | a code, kept outside the system, that readmits one administrator after 24 hours when no administrator can log in |
//! | *epoch* | a counter of the account; a new epoch ends all of its sessions |
//! | *Level1*, *Level2* | a session with full rights, after the password alone (AAL1), or after password and code (AAL2) |
//!
//! # Example
//! ```
//! use loquet_policy::*;
//!
//! let mut organization = Organization::new(OrgId::from(1u64));
//! let anne = AccountId::from(1u64);
//! organization.latch = Latch::Enabled { since: UnixTime(0), by: anne };
//! organization.mandates.push(Mandate {
//!     role: RoleId::STAFF,
//!     kind: MandateKind::SecondFactor,
//!     by: anne,
//!     state: MandateState::InForce { since: UnixTime(0) },
//! });
//! let employee = RoleSet::of(RoleId::STAFF);
//! let bruno = Account::new(AccountId::from(2u64), organization.id, employee, UnixTime(0));
//!
//! let snapshot = Snapshot {
//!     organization: Some(&organization),
//!     roster: None,
//!     actor: &bruno,
//!     session: None,
//!     subject: None,
//! };
//! let log_in = Command::LogIn { access: Access::Allowed };
//! let decision = decide(&snapshot, &log_in, UnixTime(60), Fresh { session: SessionId(9) });
//!
//! // The password was correct, but the mandate requires an enrollment first.
//! let codes: Vec<_> = explain(&decision).map(|reason| reason.code).collect();
//! assert_eq!(codes, ["ENROLL_ONLY", "MANDATE"]);
//! ```
//!
//! # What is proved
//! The tests visit every reachable state of small organizations with [`decide()`] itself: two accounts with two
//! sessions each and a thief who knows a password, or three accounts with fewer commands. In each state and on
//! each step they check these promises:
//!
//! - S1: a Level1 session exists only where no second factor is required, and where a passkey is, a session has
//!   rights only through one, or within three days of a reset or a recovery ([`limits::CODES_AFTER_RESET`]).
//! - S2: an administrator cannot reset, promote, demote or deactivate their own account.
//! - S3: "enabled", "mandate in force" and "an authenticator was bound" are never undone.
//! - S4: Level2 implies an active authenticator.
//! - S5: a deactivated account has no session and no secret.
//! - S6: an enabled organization has a break-glass code, and no command removes its last enrolled
//!   administrator, nor the last who has the passkey that is required.
//! - S7: from every state, each active account can get back in, by its owner, another administrator or
//!   break-glass.
//! - S8: no command lowers the requirement while a mandate covers the account.
//! - S9: a pending enrollment satisfies nothing, and only the session that began it can show or confirm it.
//! - S10: a reset never lowers the requirement.
//! - S11: the outcome of a code is not revealed before its commit. The `loquet` crate keeps this one.
//! - S12: a code, a reset code and a recovery code are each used at most once.
//! - S13: for three days an authenticator that was added, put in place of another or bound with recovery codes of
//!   that age proves log-ins alone ([`limits::SETTLING`]). Beside a passkey that has settled no code changes what
//!   is bound, turns the second factor off or redirects the notices; where a passkey is required and one is bound, no
//!   code counts at all.
//! - S14: an owner does not remove the last authenticator, nor the last passkey where one is required.
//!
//! Each guard is shown to be necessary: the tests remove it, find the shortest way to a broken promise, and
//! keep that story in `tests/explorer/stories.txt`. `tests/rules/grid/grid.txt` lists the answer to every
//! command in every state, and `tests/rules/scenes/scenes.txt` lists what each command writes and which
//! notices it sends. A second implementation, which keeps only a log, is compared on random traces. `cargo
//! xtask mutants loquet-policy` lists the code changes that no test detects.
//!
//! # Security
//! Store the changes of a decision before its answer is shown, also those of a refusal: a wrong code that is
//! not counted is a free guess. Check the versions of all rows in the snapshot when committing. Two colluding
//! administrators, and the operator of the database, are out of scope beyond notices and the audit log.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

#[macro_use]
mod ids;
mod account;
mod address_change;
mod attempts;
mod authenticator;
mod authority;
mod clock;
mod command;
mod decide;
mod decision;
mod evidence;
mod explain;
mod level;
pub mod limits;
mod notice;
mod organization;
mod pending;
mod recovery;
mod refusal;
mod requirement;
mod restore;
mod roles;
mod roster;
#[cfg(feature = "scenario")]
pub mod scenario;
mod second_factor;
mod session;
mod session_limits;
mod settings;
mod what_if;

pub use account::{Account, Status};
pub use address_change::AddressChange;
pub use attempts::{Attempts, CodeSource, DailyQuota, SessionWaits, Throttle};
pub use authenticator::{
    Authenticator, AuthenticatorOrigin, Authenticators, PresentSteps, Suspension,
};
pub use authority::{
    may_administer, may_create, may_end_sessions, may_enter, may_erase, may_lend_name, may_rename,
    may_see_administration, may_see_break_glass_code, require_code_within, require_settled,
};
pub use command::{Command, Start};
pub use decide::{decide, is_due};
pub use decision::{Changes, Decision, Grant, Snapshot};

pub use evidence::{Access, CodeCheck, Evidence, Fresh, ImportedKey, PairCheck, Submitted};
pub use explain::{Reason, Rule, explain};
pub use ids::{
    AccountId, AuthenticatorId, Digest, OrgId, ParseIdError, RoleId, SessionId, UnixTime,
};
pub use level::{accepts_codes, current_level, rights};
pub use notice::{Audience, Event, Notice};
pub use organization::{
    BreakGlass, Hardened, Latch, Mandate, MandateKind, MandateState, Organization, Preset,
};
pub use pending::{BindingLink, Pending, Purpose, RecoveryAuthor};
pub use recovery::{RecoverySet, TooManyCodes};
pub use refusal::{Cause, Refusal};
pub use requirement::{Requirement, covers, may_turn_on_or_off, required};
pub use roles::{RoleDefinition, RoleSet, TooManyRoles};
pub use roster::{Administrator, Roster};
pub use second_factor::{DisabledBy, FactorState, Origin, ResetCode, SecondFactor};
pub use session::{Assurance, Level, NextStep, ParseSessionError, Session};
pub use session_limits::SessionLimits;
pub use settings::{Options, Scheduled, Setting, SettingKind};
pub use what_if::{Difference, NextLogIn, Plan, PolicyChange, next_log_in, what_if};
