//! Who must use multi-factor log-in, who may, who may not, and why: a rule engine that is pure,
//! total and explored state by state.
//!
//! An organization *enables* multi-factor log-in once and for ever. Its administrators put a
//! *mandate* on a role, with notice; whoever is not covered chooses with a *switch* of their own.
//! A lost authenticator is reset by *another* administrator, never by oneself, and a sealed
//! *break-glass* code brings back an organization whose administrators are all locked out.
//!
//! [`decide`] takes everything that a decision reads (a [`Snapshot`]), what is asked for with its
//! evidence (a [`Command`]), and the time. It returns a [`Decision`]: a [`Grant`] or a
//! [`Refusal`], the rows to write in the same commit, and whom to tell. The engine knows no clock,
//! no randomness, no hash, no code and no address: those are evidence, which the caller computes.
//!
//! ```
//! use loquet_policy::*;
//! let mut organization = Organization::new(OrgId::from(1u64));
//! let anne = AccountId::from(1u64);
//! organization.latch = Latch::Enabled { since: UnixTime(0), by: anne };
//! organization.mandates.push(Mandate {
//!     role: RoleId::EMPLOYEE,
//!     by: anne,
//!     state: MandateState::InForce { since: UnixTime(0) },
//! });
//! let bruno = RoleSet::of(RoleId::EMPLOYEE);
//! let bruno = Account::new(AccountId::from(2u64), organization.id, bruno, UnixTime(0));
//! let snapshot = Snapshot {
//!     organization: Some(&organization),
//!     roster: None,
//!     actor: &bruno,
//!     session: None,
//!     subject: None,
//! };
//! let log_in = Command::LogIn { access: Access::Allowed };
//! let decision = decide(&snapshot, &log_in, UnixTime(60), Fresh { session: SessionId(9) });
//! // The password was correct, and the session may do nothing but enroll.
//! let codes: Vec<_> = explain(&decision).map(|reason| reason.code).collect();
//! assert_eq!(codes, ["ENROLL_ONLY", "MANDATE"]);
//! ```
//!
//! # What is proved
//! The test suite visits every reachable state of small organizations with [`decide`] itself, and
//! holds it to twelve promises in each state and on each step: no Level1 session where more is
//! required; nobody resets themself; nothing that was latched comes back; from every state
//! everybody can get back in. Each guard is taken out in turn, and must then be missed
//! (`tests/explorer/stories.txt`). Every command in every state stands in `tests/rules/grid/grid.txt`,
//! and what each writes and whom it tells in `tests/rules/scenes/scenes.txt`.
//!
//! `cargo xtask mutants loquet-policy` changes one operator or function at a time, and lists the changes
//! that no test notices. What guessing is worth stands in [`limits`].
//!
//! # Security
//! Two administrators who collude, and the operator of the database, are out of scope beyond
//! notices and the audit. Whoever calls must store the changes of a decision before its answer is
//! shown, those of a refusal too: a wrong code that is not counted is a free guess. A decision
//! depends on every row in its snapshot, so that the commit must check their versions.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

#[macro_use]
mod ids;
mod account;
mod attempts;
mod authority;
mod command;
mod decide;
mod decision;
mod explain;
pub mod limits;
mod organization;
mod recovery;
mod refusal;
mod requirement;
mod restore;
mod roles;
mod roster;
#[cfg(feature = "scenario")]
pub mod scenario;
mod session;
mod settings;
mod standing;
mod what_if;

pub use account::{
    Account, Authenticator, BindingLink, DisabledBy, Origin, Pending, Purpose, ResetCode, Status,
};
pub use attempts::{Attempts, Lane, ResetQuota, Vantage};
pub use authority::{may_administer, may_see_administration};
pub use command::{Access, CodeCheck, Command, Fresh, PairCheck, Start, Submitted};
pub use decide::{decide, is_due};
pub use decision::{Audience, Changes, Decision, Event, Grant, Notice, Snapshot};
pub use explain::{Reason, Rule, explain};
pub use ids::{AccountId, Digest, OrgId, ParseIdError, RoleId, SessionId, UnixTime};
pub use organization::{BreakGlass, Hardened, Latch, Mandate, MandateState, Organization, Preset};
pub use recovery::{RecoverySet, TooManyCodes};
pub use refusal::{Cause, Refusal};
pub use requirement::{Requirement, covers, may_turn, required};
pub use roles::{RoleDefinition, RoleSet, TooManyRoles};
pub use roster::{Administrator, Roster};
pub use session::{Assurance, Level, NextStep, Session, StampError};
pub use settings::{Options, Scheduled, Setting, SettingKind};
pub use standing::{rights, standing};
pub use what_if::{Difference, Entrance, Plan, PolicyChange, entrance, what_if};
