//! Who must use multi-factor log-in, who may, who may not, and why.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

#[macro_use]
mod ids;
mod account;
mod attempts;
mod command;
mod decide;
mod decision;
mod explain;
pub mod limits;
mod organisation;
mod refusal;
mod requirement;
mod roles;
mod session;
mod standing;
mod what_if;

pub use account::{
    Account, Authenticator, DisabledBy, Origin, Pending, Purpose, RecoverySet, Repudiation, Status,
    Ticket, TooManyCodes,
};
pub use attempts::{Attempts, Lane, ResetQuota, Vantage};
pub use command::{Access, CodeCheck, Command, Fresh, PairCheck, Start, Submitted};
pub use decide::{decide, throttle};
pub use decision::{Audience, Changes, Decision, Event, Grant, Notice, Snapshot};
pub use explain::{Reason, Rule, explain};
pub use ids::{AccountId, Digest, OrgId, ParseIdError, RoleId, SessionId, UnixTime};
pub use organisation::{
    Administrator, BreakGlass, Latch, Mandate, MandateState, Options, Organisation, Preset, Roster,
    Scheduled, Setting, SettingKind,
};
pub use refusal::Refusal;
pub use requirement::{Requirement, RollCall, may_switch_off, required, roll_call};
pub use roles::{RoleDefinition, RoleSet, TooManyRoles};
pub use session::{Level, Session, StampError};
pub use standing::standing;
pub use what_if::{Difference, Entrance, PolicyChange, entrance, what_if};
