//! What a clock that was ahead has left behind.
//!
//! A time that lies ahead never makes anything recent or young ([`UnixTime::age`]). But a wait, a quota or a deadline
//! that was counted from it lasts too long, until the operator says that the clock is right again: then these functions
//! cut each time to what the right clock could have given.

use crate::{
    Account, Authenticator, AuthenticatorOrigin, BreakGlass, DailyQuota, Latch, MandateState,
    Organization, PresentSteps, SecondFactor, Status, Throttle, UnixTime, limits,
};

/// Cuts a time that was taken ahead of `now` to `now`. Returns whether it was.
fn cut(time: &mut UnixTime, now: UnixTime) -> bool {
    let ahead = time.age(now).is_none();
    if ahead {
        *time = now;
    }
    ahead
}

/// Cuts a deadline to the longest `wait` from `now` on.
fn cut_deadline(deadline: &mut UnixTime, wait: u64, now: UnixTime) {
    if *deadline > now.plus(wait).plus(limits::CLOCK_TOLERANCE) {
        *deadline = now.plus(wait);
    }
}

/// Ends a wait that is longer than any that begins now.
fn cut_throttle(throttle: &mut Throttle, now: UnixTime) {
    let longest = limits::WAIT_MAX.saturating_add(limits::CLOCK_TOLERANCE);
    if throttle.until > now.plus(longest) {
        throttle.until = now;
    }
}

impl Account {
    /// Returns the account without times that a clock was ahead for, once it is right again and `now` is. The same as
    /// before where there are none.
    ///
    /// Waits that are longer than any end. Quotas count from now on: what was used stays used for a day. A last step ahead
    /// of its `present` one becomes the next that the phone may show, so that codes which were accepted meanwhile are good a
    /// second time. Counts of failures stay.
    #[must_use]
    pub fn without_times_ahead(&self, present: &PresentSteps, now: UnixTime) -> Self {
        let mut account = self.clone();
        cut(&mut account.created, now);
        if let Some(promoted) = &mut account.promoted {
            cut(promoted, now);
        }
        if let Status::Deactivated { since } = &mut account.status {
            cut(since, now);
        }
        account.second_factor.cut(present, now);
        for throttle in account.attempts.throttles_mut() {
            cut_throttle(throttle, now);
        }
        let quotas = [
            &mut account.resets,
            &mut account.enrollments,
            &mut account.changes,
            &mut account.names,
        ];
        for DailyQuota { since, .. } in quotas.into_iter().chain([account.session_waits.begun()]) {
            cut(since, now);
        }
        if let Some(at) = &mut account.unsettled_proof {
            cut(at, now);
        }
        if let Some(author) = &mut account.recovery_author {
            cut(&mut author.since, now);
        }
        for link in &mut account.binding_links {
            cut_deadline(&mut link.expires, limits::BINDING_LINK, now);
            cut(&mut link.since, now);
        }
        if let Some(until) = &mut account.reports_refused_until {
            cut_deadline(until, limits::REPORTS_REFUSED, now);
        }
        if let Some(until) = &mut account.codes_until {
            let longest = limits::SETTLING.saturating_add(limits::CODES_AFTER_RESET);
            cut_deadline(until, longest, now);
        }
        for slot in &mut account.pendings {
            let ahead = |since: UnixTime| since.age(now).is_none();
            if slot.as_ref().is_some_and(|pending| ahead(pending.since)) {
                *slot = None;
            }
        }
        account.session_waits.cut(now);
        if let Some(change) = &mut account.address_change {
            cut(&mut change.first, now);
            if cut(&mut change.sent, now) {
                // Of that code it is not known how old it is.
                change.sent = UnixTime(now.0.saturating_sub(limits::ADDRESS_CODE));
            }
        }
        account
    }
}

impl SecondFactor {
    fn cut(&mut self, present: &PresentSteps, now: UnixTime) {
        match self {
            Self::None | Self::ResetDue { reset_code: None } => {}
            Self::Bound { authenticators } => {
                for (authenticator, present) in authenticators.iter_mut().zip(present) {
                    authenticator.cut(*present, now);
                }
            }
            Self::Disabled { since, .. } => {
                cut(since, now);
            }
            Self::ResetDue {
                reset_code: Some(reset_code),
            } => {
                let life = reset_code.expires.since(reset_code.issued);
                if cut(&mut reset_code.issued, now) {
                    reset_code.expires = now.plus(life);
                }
            }
        }
    }
}

impl Authenticator {
    fn cut(&mut self, present: u64, now: UnixTime) {
        cut(&mut self.since, now);
        if let Some(suspension) = &mut self.suspended {
            cut(&mut suspension.since, now);
        }
        self.step = self.step.min(self.next_step(present));
    }

    /// Returns the step of the next code that it may show. A phone that was slow may have been set right since, a token
    /// never is.
    pub(crate) fn next_step(&self, present: u64) -> u64 {
        let drift = match self.origin {
            AuthenticatorOrigin::Token => self.drift,
            AuthenticatorOrigin::Enrolled | AuthenticatorOrigin::Imported { .. } => {
                self.drift.max(0)
            }
            // Whose steps are seconds.
            AuthenticatorOrigin::Passkey { .. } => 0,
        };
        present
            .saturating_add(1)
            .saturating_add_signed(i64::from(drift))
    }
}

impl Organization {
    /// Returns the organization without times that a clock was ahead for, once it is right again and `now` is. What is in
    /// force stays so.
    #[must_use]
    pub fn without_times_ahead(&self, now: UnixTime) -> Self {
        let mut organization = self.clone();
        if let Latch::Enabled { since, .. } = &mut organization.latch {
            cut(since, now);
        }
        if let Some(hardened) = &mut organization.hardened {
            cut(&mut hardened.since, now);
        }
        for mandate in &mut organization.mandates {
            let (MandateState::Announced { since, .. } | MandateState::InForce { since }) =
                &mut mandate.state;
            cut(since, now);
        }
        cut(&mut organization.announcements.since, now);
        for change in &mut organization.scheduled {
            cut_deadline(&mut change.due, limits::WEAKENING, now);
        }
        if let Some(until) = &mut organization.resets_by_host_until {
            cut_deadline(until, limits::RESTORE_RESETS, now);
        }
        match &mut organization.break_glass {
            BreakGlass::Unset => {}
            BreakGlass::Ready { since, .. } => {
                cut(since, now);
            }
            BreakGlass::Void { until, .. } => {
                cut_deadline(until, limits::BREAK_GLASS_CODE_VOID, now);
            }
            BreakGlass::Opening { ready, .. } => cut_deadline(ready, limits::BREAK_GLASS, now),
            BreakGlass::Open { expires, .. } => {
                cut_deadline(expires, limits::BREAK_GLASS_RESET_CODE, now);
            }
        }
        organization
    }
}
