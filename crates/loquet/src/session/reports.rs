//! Reports: a lost authenticator, and an enrollment that the owner does not recognize.

use loquet_policy::{AccountId, AuthenticatorId, Command, Evidence, Refusal, Session};

use crate::decide::{Case, Typed, done};
use crate::enrollment::codes::NotMeLink;
use crate::enrollment::recovery::recovery_code;
use crate::error::Error;
use crate::mfa::Mfa;
use crate::session::MfaSession;
use crate::session::attempt::Attempt;
use crate::session::operations::{LoggedIn, entered};
use crate::store::MetadataId;

/// "I lost my phone": the authenticator is suspended and every session ends.
#[derive(Debug, Clone, Copy, Hash)]
struct ReportLost {
    account: AccountId,
    /// `None`: the only one.
    authenticator: Option<AuthenticatorId>,
}

of_host!(ReportLost; "report_lost", (), done, |this, case| {
    let mut active = case.actor.facts.second_factor.active().map(|it| it.id);
    let only = active.next().filter(|_| active.next().is_none());
    Command::ReportLost {
        // Where there is none the rules say why, and of several none is meant.
        authenticator: this.authenticator.or(only).unwrap_or_default(),
        link: next_link(case).digest(),
    }
});

/// The link in the letter about what this decision does: it begins an epoch.
pub(crate) fn next_link(case: &Case<'_>) -> NotMeLink {
    let account = &case.actor.facts;
    NotMeLink::derive(case.keys, account.id, account.epoch.wrapping_add(1))
}

/// "I did not lose it": the authenticator is active again.
#[derive(Debug, Clone, Hash)]
struct UndoReport {
    session: Session,
    shown: Shown,
    typed: Typed,
}

/// What is shown besides the code.
#[derive(Debug, Clone, Hash)]
enum Shown {
    Link(NotMeLink),
    RecoveryCode(Typed),
}

in_session!(UndoReport, const GIVES_CODE; "undo_report", LoggedIn, entered, |this, case| {
    Command::UndoReport {
        evidence: match &this.shown {
            Shown::Link(link) => Evidence::Link(link.digest()),
            Shown::RecoveryCode(typed) => Evidence::RecoveryCode(recovery_code(typed)),
        },
        code: case.submitted_of(&this.typed, |it| !it.is_active()),
        access: case.access(),
    }
});

/// "That enrollment was not me". It opens nothing: the authenticator is destroyed with all that came from it; where none is
/// left, the next one needs an administrator's reset code.
#[derive(Debug, Clone, Copy, Hash)]
struct ReportUnrecognized {
    account: AccountId,
    link: NotMeLink,
}

of_host!(
    ReportUnrecognized;
    "report_unrecognized",
    (),
    done,
    |this, _case| {
        Command::ReportUnrecognized {
            link: this.link.digest(),
        }
    },
    |this, case, effects| {
        if let Some(link) = case.actor.facts.binding_link(&this.link.digest(), case.now) {
            // With the authenticator goes what it confirmed, or one before it that it replaced.
            effects.actor.addresses.revert(link.since);
            // And the devices that its codes may have remembered.
            effects.actor.devices.forget_all();
        }
    }
);

/// Reports.
impl Mfa {
    /// Suspends an authenticator that its owner has lost, and ends every session. The host first checks the password, no
    /// more. Therefore the owner can undo the report with the phone and either the link in its letter or a recovery code
    /// ([`undo_report`](Self::undo_report)), and so can another administrator. Undone or not, other reports are then refused for
    /// [`REPORTS_REFUSED`](loquet_policy::limits::REPORTS_REFUSED) seconds, or until the password is changed.
    ///
    /// # Errors
    /// [`Error::Refused`] with `NO_AUTHENTICATOR`, `REPORTS_REFUSED` and others, and with `NO_SUCH_AUTHENTICATOR` where there are
    /// several, of which [`report_one_lost`](Self::report_one_lost) names one.
    pub async fn report_lost(
        &self,
        account: impl Into<AccountId>,
        attempt: impl Into<Attempt>,
    ) -> Result<(), Error> {
        let (account, authenticator) = (account.into(), None);
        let lost = ReportLost {
            account,
            authenticator,
        };
        self.run(lost, attempt.into()).await
    }

    /// The same of one of several authenticators ([`AccountOverview::authenticators`](crate::AccountOverview::authenticators)).
    /// The others stay as they are, and log in.
    ///
    /// # Errors
    /// As for [`report_lost`](Self::report_lost).
    pub async fn report_one_lost(
        &self,
        account: impl Into<AccountId>,
        authenticator: AuthenticatorId,
        attempt: impl Into<Attempt>,
    ) -> Result<(), Error> {
        let lost = ReportLost {
            account: account.into(),
            authenticator: Some(authenticator),
        };
        self.run(lost, attempt.into()).await
    }

    /// Undoes a report of loss, with the link in its letter and a code of the suspended authenticator, after the password.
    /// The session that is returned replaces the old one.
    ///
    /// ```
    /// # use loquet::*; async fn f(mfa: Mfa, session: MfaSession, link: NotMeLink, client: Client) -> Result<(), Error> {
    /// let login = mfa.undo_report(&session, &link, "123 456", client).await?; // keep `login.session`
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `WRONG_LINK`, `WRONG_CODE`, `UNCHANGED` where nothing is suspended, and others.
    pub async fn undo_report(
        &self,
        session: &MfaSession,
        link: &NotMeLink,
        code: impl Into<Typed>,
        attempt: impl Into<Attempt>,
    ) -> Result<LoggedIn, Error> {
        let undo = UndoReport {
            session: self.verified(session).await?,
            shown: Shown::Link(*link),
            typed: code.into(),
        };
        self.run(undo, attempt.into()).await
    }

    /// Undoes a report of loss with a recovery code in place of the link, for an owner who no longer reads that mail. The
    /// recovery code is used up.
    ///
    /// # Errors
    /// As for [`undo_report`](Self::undo_report), and `WRONG_RECOVERY_CODE` or `NOT_OFFERED`.
    pub async fn undo_report_with_recovery_code(
        &self,
        session: &MfaSession,
        recovery_code: impl Into<Typed>,
        code: impl Into<Typed>,
        attempt: impl Into<Attempt>,
    ) -> Result<LoggedIn, Error> {
        let undo = UndoReport {
            session: self.verified(session).await?,
            shown: Shown::RecoveryCode(recovery_code.into()),
            typed: code.into(),
        };
        self.run(undo, attempt.into()).await
    }

    /// "That enrollment was not me", by the link in its letter. It opens nothing: the authenticator is destroyed, every
    /// session ends, and the next enrollment needs an administrator's reset code.
    ///
    /// The sender needs neither password nor session. An invented link is refused by computation alone, for known and
    /// unknown accounts alike; one that is used or over, after one read. Both are only counted
    /// ([`Operator::rejections_of_invented_links`](crate::Operator::rejections_of_invented_links)).
    ///
    /// # Errors
    /// [`Error::Refused`] with `WRONG_LINK` and others.
    pub async fn report_unrecognized(
        &self,
        link: &NotMeLink,
        attempt: impl Into<Attempt>,
    ) -> Result<(), Error> {
        if !self.may_be_due(link).await? {
            self.add_rejection(MetadataId::INVENTED_LINKS);
            return Err(Refusal::WrongLink.into());
        }
        let (account, link) = (link.account(), *link);
        let report = ReportUnrecognized { account, link };
        self.run(report, attempt.into()).await
    }

    /// Whether a letter had this link and it is still good. One that no letter had is told by computation alone; one that is
    /// used or over, by reading a row. Neither takes a lane.
    async fn may_be_due(&self, link: &NotMeLink) -> Result<bool, Error> {
        if !link.is_genuine(&self.unlock().await?.keys) {
            return Ok(false);
        }
        let (person, now) = (self.own_person(link.account()).await?, self.now());
        let digest = link.digest();
        Ok(person.is_some_and(|person| person.facts.binding_link(&digest, now).is_some()))
    }
}
