//! What administrators do.

use loquet_policy::{AccountId, MandateKind, RoleId, Session, SettingKind, Start, UnixTime};

use crate::admin::UserEntry;
use crate::admin::WhatIf;
use crate::admin::organization::{
    CancelChange, CancelMandate, EnableMfa, Enabled, Imposed, MoveMandate, RenewBreakGlassCode,
    RulesChange, ScheduleMandate, SetAccessRules,
};
use crate::admin::settings::{Harden, OrganizationSetting, UpdateSettings};
use crate::admin::undo_rules::UndoRules;
use crate::audit::Record;
use crate::decide::{Operation, Typed};
use crate::devices::operations::SetDevicesRemembered;
use crate::enrollment::codes::BreakGlassCode;
use crate::error::{Config, Error};
use crate::mfa::Mfa;
use crate::session::Authorized;
use crate::session::attempt::Attempt;

/// What an administrator does; from [`Mfa::admin`]. The rules decide each time whether the user may. Each call is an
/// attempt of its own, unless [`idempotency_key`](Self::idempotency_key) makes it repeatable.
#[derive(Debug, Clone, Copy)]
pub struct AdminHandle<'a> {
    mfa: &'a Mfa,
    user: &'a Authorized,
    attempt: Attempt,
}

impl Mfa {
    /// Returns what an administrator may do in their organization.
    ///
    /// ```
    /// # async fn page(mfa: loquet::Mfa, user: loquet::Authorized) -> Result<(), loquet::Error> {
    /// for user in mfa.admin(&user).users().await? {
    ///     println!("{}: {:?}", user.external_id(), user.authenticator());
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn admin<'a>(&'a self, user: &'a Authorized) -> AdminHandle<'a> {
        AdminHandle {
            mfa: self,
            user,
            attempt: Attempt::new(user.client),
        }
    }
}

impl AdminHandle<'_> {
    /// Makes calls repeatable; see [`Attempt::idempotency_key`].
    #[must_use]
    pub fn idempotency_key(mut self, key: impl AsRef<[u8]>) -> Self {
        self.attempt = self.attempt.idempotency_key(key);
        self
    }

    pub(super) const fn session(self) -> Session {
        self.user.session
    }

    pub(super) async fn run<C: Operation>(self, operation: C) -> Result<C::Grant, Error> {
        self.mfa.run(operation, self.attempt.next()).await
    }

    /// Returns the break-glass code to show before [`enable`](Self::enable) or its renewal. A session gets the same
    /// code each time; nothing is stored until its last group is typed back.
    ///
    /// # Errors
    /// [`Error::Refused`] when the user is no administrator.
    pub async fn propose_break_glass(self) -> Result<BreakGlassCode, Error> {
        self.mfa
            .propose_break_glass(&self.session(), &self.user.client)
            .await
    }

    /// Enables multi-factor log-in for good. `last_group` is the last group of the break-glass code, typed back.
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa, user: loquet::Authorized, last_group: &str) -> Result<(), loquet::Error> {
    /// let code = mfa.admin(&user).propose_break_glass().await?; // for the page: show `code.expose()`
    /// mfa.admin(&user).enable(last_group).await?; // for the form: what was typed back
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `BREAK_GLASS_CODE_NOT_CONFIRMED`, `ALREADY_ENABLED` and others.
    pub async fn enable(self, last_group: impl Into<Typed>) -> Result<Enabled, Error> {
        let (session, typed_back) = (self.session(), last_group.into());
        self.run(EnableMfa {
            session,
            typed_back,
        })
        .await
    }

    /// Replaces the break-glass code, with a fresh code.
    ///
    /// # Errors
    /// [`Error::Refused`] with `BREAK_GLASS_CODE_NOT_CONFIRMED`, `WRONG_CODE` and others.
    pub async fn renew_break_glass_code(
        self,
        last_group: impl Into<Typed>,
        code: impl Into<Typed>,
    ) -> Result<(), Error> {
        self.run(RenewBreakGlassCode {
            session: self.session(),
            typed_back: last_group.into(),
            typed: code.into(),
        })
        .await
    }

    /// Requires multi-factor log-in of everyone with a role, or a passkey, from a date on. Needs a code given within five
    /// minutes; for a mandate of passkeys, the answer of the administrator's own passkey.
    ///
    /// Where a mandate demands a passkey, an account without one logs in with a code to add one, and does nothing else. Once it
    /// has one, no code logs it in. Who loses it comes back with a recovery code or a reset, and has three days, in which an app
    /// is enough, to get another.
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa, user: loquet::Authorized, date: loquet::UnixTime) -> Result<(), loquet::Error> {
    /// mfa.admin(&user).schedule_mandate(loquet::RoleId(10), loquet::MandateKind::SecondFactor, loquet::Start::At(date)).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `TOO_SOON` (the earliest date), `TOO_LATE`, `ALREADY_ANNOUNCED`, `NOT_FRESH`, `PASSKEY_REQUIRED` and others.
    pub async fn schedule_mandate(
        self,
        role: RoleId,
        kind: MandateKind,
        start: Start,
    ) -> Result<Imposed, Error> {
        let session = self.session();
        self.run(ScheduleMandate {
            session,
            role,
            kind,
            start,
        })
        .await
    }

    /// Moves the date of a mandate that is announced.
    ///
    /// # Errors
    /// [`Error::Refused`] with `NOTHING_ANNOUNCED`, `TOO_SOON`, `TOO_LATE`, `TOO_MANY_POSTPONEMENTS` and others.
    pub async fn move_mandate(
        self,
        role: RoleId,
        kind: MandateKind,
        date: UnixTime,
    ) -> Result<Imposed, Error> {
        let session = self.session();
        self.run(MoveMandate {
            session,
            role,
            kind,
            date,
        })
        .await
    }

    /// Cancels a mandate before its date. Afterwards there is no way back.
    ///
    /// # Errors
    /// [`Error::Refused`] with `NOTHING_ANNOUNCED`, `LATCHED` and others.
    pub async fn cancel_mandate(self, role: RoleId, kind: MandateKind) -> Result<(), Error> {
        let session = self.session();
        self.run(CancelMandate {
            session,
            role,
            kind,
        })
        .await
    }

    /// Sets the strict latch: no account can turn its second factor off any more. There is no way back.
    ///
    /// # Errors
    /// [`Error::Refused`].
    pub async fn harden(self) -> Result<(), Error> {
        let session = self.session();
        self.run(Harden { session }).await
    }

    /// Returns every account of the organization.
    ///
    /// # Errors
    /// [`Error::Refused`] when the user is no administrator.
    pub async fn users(self) -> Result<Vec<UserEntry>, Error> {
        let facts = self.mfa.administrator(self.user).await?;
        let organization = facts.organization.ok_or(Config::Missing("organization"))?;
        self.mfa.people(&organization.facts).await
    }

    /// Tells `each` audit record of an account of the organization, oldest first, with its number.
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa, user: loquet::Authorized) -> Result<(), loquet::Error> {
    /// mfa.admin(&user).audit(42_u64, |number, it| Ok(println!("{number}: {} {}", it.what, it.verdict))).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] when the user is no administrator, with `UNKNOWN_ACCOUNT` when there is no such account.
    /// [`Unavailable::Audit`](crate::Unavailable::Audit) names a record that is missing or not what was written: neither it
    /// nor what follows is told.
    pub async fn audit(
        self,
        account: impl Into<AccountId>,
        each: impl FnMut(u64, Record) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let account = account.into();
        self.user(account).await?;
        self.mfa.audit_of(account, each).await
    }

    /// Returns one account of the organization.
    ///
    /// # Errors
    /// [`Error::Refused`] when the user is no administrator, with `UNKNOWN_ACCOUNT` when there is no such account.
    pub async fn user(self, account: impl Into<AccountId>) -> Result<UserEntry, Error> {
        let facts = self.mfa.administrator(self.user).await?;
        self.mfa.entry(facts, account.into()).await
    }

    /// Changes a setting. One that weakens needs a fresh code (empty otherwise), is told to all administrators, and holds
    /// after 72 hours unless one of them [cancels](Self::cancel_change) it; [`OrganizationSetting`] says which do.
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa, user: loquet::Authorized) -> Result<(), loquet::Error> {
    /// mfa.admin(&user).update_setting(loquet::OrganizationSetting::RecoveryCodes { offered: false }, "").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `OUT_OF_BOUNDS`, `UNCHANGED`, `TOO_MANY_CHANGES`, `NOT_FRESH`, `WRONG_CODE` and others.
    pub async fn update_setting(
        self,
        setting: OrganizationSetting,
        code: impl Into<Typed>,
    ) -> Result<RulesChange, Error> {
        self.run(UpdateSettings {
            session: self.session(),
            choice: setting,
            typed: code.into(),
        })
        .await
    }

    /// Cancels a change that waits because it weakens.
    ///
    /// # Errors
    /// [`Error::Refused`] with `NOTHING_SCHEDULED` and others.
    pub async fn cancel_change(self, kind: SettingKind) -> Result<(), Error> {
        let session = self.session();
        self.run(CancelChange { session, kind }).await
    }

    /// Lets users have their devices remembered, or stops it; stopping also forgets every device. Before users can ask
    /// for it, tell them what will be kept: see [`devices`](crate::devices).
    ///
    /// # Errors
    /// [`Error::Refused`] with `UNCHANGED`, `NOT_FRESH`, `DEVICES_IN_RULES` (access rules, in force or waiting, have a
    /// condition on devices: change them first), `TOO_MANY_CHANGES` and others.
    pub async fn remember_devices(self, on: bool) -> Result<(), Error> {
        let session = self.session();
        self.run(SetDevicesRemembered { session, on }).await
    }

    /// Returns the text of the access rules in force; empty where there are none.
    ///
    /// # Errors
    /// [`Error::Refused`] when the user is no administrator.
    pub async fn access_rules(self) -> Result<String, Error> {
        self.mfa.access_rules(self.user).await
    }

    /// Sets the access rules (`loquet_ipfilter` has their grammar); an empty text removes them. Needs a fresh code once
    /// multi-factor log-in is enabled: what lets fewer clients in holds at once, and could shut out everyone else. Rules that
    /// may let more clients in hold after 72 hours; see [`loquet_ipfilter::opens`].
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa, user: loquet::Authorized, rules: &str) -> Result<(), loquet::Error> {
    /// println!("{} would lose access", mfa.admin(&user).what_if_access_rules(rules).await?.locked_out());
    /// mfa.admin(&user).set_access_rules(rules, "123 456").await?; // such as "allow 203.0.113.0/24\ndefault deny"
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Config`] with the line and column of a fault, or the limit that the rules exceed
    /// ([`MfaBuilder::rules_cost`](crate::MfaBuilder::rules_cost)); [`Error::Refused`] with `WOULD_LOCK_OUT` and others.
    pub async fn set_access_rules(
        self,
        text: &str,
        code: impl Into<Typed>,
    ) -> Result<RulesChange, Error> {
        let set = SetAccessRules::new(self.mfa, self.session(), text, code.into())?;
        let keep = set.keeper();
        let change = self.run(set).await?;
        if change == RulesChange::InForce {
            keep(self.mfa, self.user.organization());
        }
        Ok(change)
    }

    /// Says which users could no longer log in, under these rules, from addresses that they used in the last thirty
    /// days. It reads the audit records of every account, so do not call it often.
    ///
    /// # Errors
    /// As [`set_access_rules`](Self::set_access_rules).
    pub async fn what_if_access_rules(self, text: &str) -> Result<WhatIf, Error> {
        let rules = SetAccessRules::new(self.mfa, self.session(), text, Typed::default())?;
        self.mfa.what_if_rules(self.user, &rules).await
    }

    /// Returns until when the last change of the access rules can be [undone](Self::undo_access_rules).
    ///
    /// # Errors
    /// [`Error::Refused`] when the user is no administrator.
    pub async fn access_rules_undoable_until(self) -> Result<Option<UnixTime>, Error> {
        self.mfa.undoable_until(self.user).await
    }

    /// Undoes the last change of the access rules, at once. Possible within a day of that change.
    ///
    /// # Errors
    /// [`Error::Refused`] with `UNCHANGED`, `WOULD_LOCK_OUT`, `NOT_FRESH` and others.
    pub async fn undo_access_rules(self) -> Result<RulesChange, Error> {
        let limits = self.mfa.inner.filters.limits;
        self.run(UndoRules::new(self.session(), limits)).await
    }
}
