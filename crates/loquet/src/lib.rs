//! Multi-factor log-in that a service embeds.
//!
//! [`Mfa`] is built once over a [`store`] and cloned into every handler. After the host has checked a password,
//! [`Mfa::log_in`] begins an [`MfaSession`], which the host keeps in its own session; [`LoggedIn::next`] says whether a code
//! or an enrollment is owed; and on every request [`Mfa::authorize`] says who is there.
//!
//! ```
//! use loquet::{Client, Keyring, Mfa, NewAccount, NextStep, store::MemoryStore};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> { loquet::wait(async {
//!
//! let mfa = Mfa::builder(MemoryStore::new())       // or `SqliteStore::open("app.db")?`
//!     .keyring(Keyring::single(1, [7; 32]))        // or `Keyring::load_or_create("mfa.keys")?`
//!     .issuer("Shop")
//!     .open()
//!     .await?;
//! let marie = mfa.provision().ensure_account(NewAccount::new(42_u64, "marie@example.org")).await?;
//!
//! // The host has checked the password:
//! let client = Client::at("203.0.113.7".parse()?);
//! let login = mfa.log_in(marie, client).await?;
//! assert_eq!(login.next, NextStep::Done); // Marie has not turned the second factor on
//!
//! // On every request of the session:
//! let user = mfa.authorize(&login.session, &client).await?;
//! assert_eq!(user.external_id(), "marie@example.org");
//! # Ok(()) }) }
//! ```
//!
//! | what | where |
//! |---|---|
//! | logging in, enrolling, logging out | [`Mfa`] |
//! | "My account" | [`Mfa::account`] |
//! | administrators: mandates, resets, roles, settings, access rules | [`Mfa::admin`] |
//! | the host's user management | [`Mfa::provision`], [`Mfa::provision_in`] |
//! | maintenance, key rotation, backup, audit, break-glass | [`Operator`] |
//!
//! Every decision is made by a pure function, committed once, and only then told. Secrets are encrypted before a store
//! sees them ([`Keyring`]); every decision is recorded in an authenticated chain ([`audit`]).
//!
//! The words, and what stands beside the log-in form (sessions, API tokens, background jobs, roles, errors, tests), are in
//! the [`guide`]. How users keep their phones when a service that asks for codes already moves to Loquet is in [`moving`].
//! What the standards ask of a verifier, and which test holds it, is in [`conformance`].

// First, for its macros.
#[macro_use]
mod decide;

mod account;
mod admin;
pub mod audit;
mod blocking;
#[cfg(feature = "contract")]
pub mod contract;
pub mod devices;
pub mod disk;
mod edge;
mod enrollment;
mod error;
mod hash;
mod keyring;
mod lanes;
mod mfa;
pub mod observe;
mod operator;
mod passkey;
mod provision;
mod records;
mod roles;
mod session;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;

pub use account::address_code::AddressCode;
pub use account::addresses::{Address, AddressError};
pub use account::notice_addresses::{
    AddressState, DeliveryFailure, DeliveryFailureKind, NoticeAddress,
};
pub use account::{
    AccountHandle, AccountOverview, AuthenticatorEntry, AuthenticatorState, MAX_AUTHENTICATOR_NAME,
    OrganizationOverview, SessionEntry,
};
pub use admin::organization::{Enabled, Imposed, RulesChange};
pub use admin::settings::OrganizationSetting;
pub use admin::undo_rules::UNDO;
pub use admin::users::IssuedResetCode;
pub use admin::{AdminHandle, Affected, UserEntry, WhatIf};
pub use audit::{Checkpoint, CheckpointError, Verified};
pub use blocking::{Wait, wait};
pub use decide::{MAX_TYPED, Typed};
pub use devices::operations::Forget;
pub use devices::{Device, DeviceId};
pub use edge::{Clock, NoEntropy, SystemClock, random};
pub use enrollment::codes::{BreakGlassCode, NotMeLink, RecoveryCode, ResetCode};
pub use enrollment::operations::{NoOffer, Offer};
pub use enrollment::recovery::Recovering;
pub use enrollment::token::TokenOffer;
pub use error::{Config, Error, Unavailable};
pub use keyring::{Keyring, KeyringError};
pub use loquet_ipfilter::{CompileLimits, DeviceTier, Geo};
pub use loquet_otp::{Algorithm, Digits, Period, Secret, SecretError, Totp};
pub use loquet_policy::{
    Access, AccountId, Assurance, AuthenticatorId, BreakGlass, Cause, Event, Mandate, MandateKind,
    MandateState, NextStep, OrgId, Preset, Purpose, Reason, Refusal, Requirement, RoleDefinition,
    RoleId, RoleSet, Scheduled, SessionId, SessionLimits, Setting, SettingKind, Start, UnixTime,
    limits,
};
pub use mfa::{Mfa, MfaBuilder};
pub use operator::letter::{Deliver, Delivered, DeliveryError, Letter};
pub use operator::{KeyUse, Maintenance, Operator, RestoreOptions, Restored, Rotation};
pub use passkey::{
    Challenge, MAX_PASSKEY_ANSWER, NewPasskey, PasskeyAnswer, PasskeyUser, RelyingParty, Signed,
};
pub use provision::host_tx::HostTx;
pub use provision::{
    CommittingIn, HardwareToken, ImportedAuthenticator, NewAccount, Provision, ProvisionIn,
    SyncReport, TokenEntry, TokenState,
};
pub use roles::Role;
pub use session::attempt::{Attempt, Client};
pub use session::operations::LoggedIn;
pub use session::{Authorized, LoginProgress, MfaSession, SessionError};

/// The errors inside [`Config`], [`Unavailable`] and the parsers.
pub mod causes {
    pub use loquet_enrollment::{LabelError, OfferError, PrintedCodeError, QrError};
    pub use loquet_ipfilter::{CompileError, RulesError};
    pub use loquet_policy::{ParseIdError, ParseSessionError, TooManyRoles};
}

#[cfg(doc)]
#[doc = include_str!("../docs/guide.md")]
pub mod guide {}

#[cfg(doc)]
#[doc = include_str!("../docs/moving.md")]
pub mod moving {}

#[cfg(doc)]
#[doc = include_str!("../docs/conformance.md")]
pub mod conformance {}
