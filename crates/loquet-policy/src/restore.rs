//! State after a restore from a backup: codes and sessions may have been used or revoked since the backup, and what only
//! rises must not fall with it.

use crate::{
    Account, AccountId, BreakGlass, Digest, Latch, Mandate, MandateState, Organization,
    PresentSteps, Preset, RecoverySet, SecondFactor, SessionWaits, UnixTime,
};

/// How much a restore adds to an epoch: more than any other change could have added since the backup, so that
/// no lost session becomes valid again.
const LEAP: u32 = 1 << 16;

impl Account {
    /// Returns the account as it must be after its store was restored from a backup, in place of a store where it was
    /// `replaced`; `None` where that store cannot be read or does not have it.
    ///
    /// All sessions are over. Reset codes, recovery codes and pending enrollments are void, since they may
    /// have been used or revoked in the meantime. The authenticators, their failures and their last steps are those of the
    /// replaced store, or else a thief of the password could enroll where the owner has done so since the backup. Of each, the
    /// codes up to its `present` step (RFC 6238 §4.2) are used, and so is the next one, which a fast clock may have shown
    /// already. The roles, the status, the counts of a day and the change of address are those of the replaced store too.
    /// What only rises (the toggle, "ever bound", "erased") stays risen.
    #[must_use]
    pub fn restored(&self, replaced: Option<&Self>, present: &PresentSteps) -> Self {
        let last = replaced.unwrap_or(self);
        let mut account = self.clone();
        account.epoch = self.epoch.max(last.epoch).saturating_add(LEAP);
        account.recovery = RecoverySet::EMPTY;
        account.recovery_author = None;
        account.unsettled_proof = None;
        account.pendings = [const { None }; crate::limits::PENDINGS];
        account.session_waits = SessionWaits::default();
        account.toggle |= last.toggle;
        // An account that was deactivated or demoted since the backup stays so.
        account.roles = last.roles;
        account.status = last.status;
        account.promoted = last.promoted;
        account.ever |= last.ever;
        account.erased |= last.erased;
        account.attempts = last.attempts;
        account.resets = last.resets;
        account.enrollments = last.enrollments;
        account.changes = last.changes;
        account.names = last.names;
        account.binding_links.clone_from(&last.binding_links);
        account.reports_refused_until = last.reports_refused_until;
        account.replace_advised = last.replace_advised;
        account.codes_until = last.codes_until;
        account.address_change = last.address_change;
        account.second_factor = last.second_factor;
        account.last_authenticator = self.last_authenticator.max(last.last_authenticator);
        account.awaits_import = last.awaits_import;
        account.awaits_token = last.awaits_token;
        for (authenticator, present) in account.second_factor.iter_mut().zip(present) {
            authenticator.step = authenticator.step.max(authenticator.next_step(*present));
        }
        if let SecondFactor::ResetDue { reset_code } = &mut account.second_factor {
            *reset_code = None;
        }
        account
    }

    /// Returns the account as it must be where the replaced store cannot be read, and its organization was enabled there.
    /// The account enrolls with a reset code, because what it had bound is not known.
    #[must_use]
    pub fn restored_unknown(&self) -> Self {
        let mut account = self.restored(None, &PresentSteps::default());
        account.toggle = true;
        account.ever = true;
        account.second_factor = SecondFactor::ResetDue { reset_code: None };
        account.awaits_import = false;
        account
    }
}

impl Organization {
    /// Returns the organization as it must be after its store was restored, in place of a store where it was `replaced`.
    ///
    /// What cannot be undone stays: "enabled", the strict preset and mandates in force, with the break-glass code of the
    /// replaced store. Break-glass that was opening or open is reset, and the code stays valid: to void it could lock
    /// out the organization permanently. Of each setting the stricter value stays, and the access rules of the replaced
    /// store. Weakening changes that waited are dropped: they may have been cancelled since the backup, and their dates
    /// have passed.
    #[must_use]
    pub fn restored(&self, replaced: Option<&Self>, now: UnixTime) -> Self {
        let last = replaced.unwrap_or(self);
        let mut organization = self.clone();
        if let Latch::Enabled { .. } = last.latch {
            organization.latch = last.latch;
        }
        if last.preset == Preset::StrictLatch {
            (organization.preset, organization.hardened) = (last.preset, last.hardened);
        }
        let in_force = |mandate: &&Mandate| matches!(mandate.state, MandateState::InForce { .. });
        organization.mandates.clone_from(&last.mandates);
        for mandate in self.mandates.iter().filter(in_force) {
            organization.put_mandate(*mandate);
        }
        organization.options = self.options.stricter(&last.options);
        organization.scheduled.clear();
        organization.announcements = last.announcements;
        organization.resets_by_host_until = organization
            .resets_by_host_until
            .max(last.resets_by_host_until);
        if last.break_glass != BreakGlass::Unset {
            organization.break_glass = last.break_glass;
        }
        if let BreakGlass::Opening { break_glass, .. } | BreakGlass::Open { break_glass, .. } =
            organization.break_glass
        {
            organization.break_glass = BreakGlass::Ready {
                break_glass,
                since: now,
                wrong: 0,
            };
        }
        organization
    }

    /// Returns the organization as it must be where the replaced store cannot be read and the operator says that it was
    /// enabled there: enabled by `by` since `now`, with a new break-glass code, which is the way in. For
    /// [`RESTORE_RESETS`](crate::limits::RESTORE_RESETS) seconds the host may issue reset codes.
    #[must_use]
    pub fn restored_enabled(&self, by: AccountId, break_glass: Digest, now: UnixTime) -> Self {
        let mut organization = self.restored(None, now);
        if !organization.is_enabled() {
            organization.latch = Latch::Enabled { since: now, by };
        }
        organization.break_glass = BreakGlass::Ready {
            break_glass,
            since: now,
            wrong: 0,
        };
        organization.resets_by_host_until = Some(now.plus(crate::limits::RESTORE_RESETS));
        organization
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AccountId, Authenticator, AuthenticatorId, Digest, OrgId, RoleSet, SessionId};
    use crate::{MandateKind, Origin, Pending, Purpose, ResetCode, limits};

    fn account() -> Account {
        let mut account = Account::new(
            AccountId::from(1_u64),
            OrgId::from(1_u64),
            RoleSet::of(crate::RoleId::MEMBER),
            UnixTime(0),
        );
        account.epoch = 7;
        account.ever = true;
        account.toggle = true;
        account.recovery =
            RecoverySet::new([Digest::from_bytes([1; 32])]).unwrap_or(RecoverySet::EMPTY);
        account.pendings[0] = Some(Pending {
            purpose: Purpose::Replace,
            session: SessionId(1),
            by: None,
            since: UnixTime(5),
            wrong: 0,
            recovery: RecoverySet::EMPTY,
        });
        account
    }

    #[test]
    fn restored_account_voids_sessions_and_codes() {
        for (drift, step, used) in [(0, 10, 101), (3, 10, 104), (-3, 10, 101), (0, 500, 500)] {
            let mut account = account();
            let since = UnixTime(1);
            account.second_factor = SecondFactor::of(Authenticator {
                drift,
                ..Authenticator::new(AuthenticatorId(1), since, step)
            });
            let restored = account.restored(None, &[100; limits::AUTHENTICATORS]);
            let last = restored.second_factor.last_step();
            assert_eq!(last, Some(used), "{restored:?}");
            assert!(restored.epoch > account.epoch + 10_000);
            assert!(restored.recovery.is_empty());
            assert!(restored.pendings.iter().all(Option::is_none));
            assert!(restored.toggle && restored.ever);
        }
    }

    #[test]
    fn restored_reset_code_is_void_but_required() {
        let mut account = account();
        account.second_factor = SecondFactor::ResetDue {
            reset_code: Some(ResetCode {
                origin: Origin::BreakGlass {
                    digest: Digest::from_bytes([2; 32]),
                },
                issued: UnixTime(1),
                expires: UnixTime(1000),
            }),
        };
        let restored = account.restored(None, &[100; limits::AUTHENTICATORS]);
        assert_eq!(
            restored.second_factor,
            SecondFactor::ResetDue { reset_code: None }
        );
        account.epoch = u32::MAX;
        assert_eq!(
            account
                .restored(None, &[u64::MAX; limits::AUTHENTICATORS])
                .epoch,
            u32::MAX
        );
    }

    #[test]
    fn open_break_glass_is_ready_after_restore() {
        let break_glass = Digest::from_bytes([3; 32]);
        let mut organization = Organization::new(OrgId::from(1_u64));
        assert_eq!(
            organization.restored(None, UnixTime(9)).break_glass,
            BreakGlass::Unset
        );
        organization.break_glass = BreakGlass::Open {
            break_glass,
            account: AccountId::from(1_u64),
            expires: UnixTime(1000),
        };
        assert_eq!(
            organization.restored(None, UnixTime(9)).break_glass,
            BreakGlass::Ready {
                break_glass,
                since: UnixTime(9),
                wrong: 0
            }
        );
    }

    #[test]
    fn t66_restored_organization_drops_waiting_weakenings() {
        let mut backup = Organization::new(OrgId::from(1_u64));
        let mandate = |role, since| Mandate {
            kind: MandateKind::SecondFactor,
            role: crate::RoleId(role),
            by: AccountId::from(1_u64),
            state: MandateState::InForce {
                since: UnixTime(since),
            },
        };
        let setting = crate::Setting::EnrollmentWindow {
            seconds: 90 * crate::limits::DAY,
        };
        backup.scheduled.push(crate::Scheduled {
            setting,
            by: AccountId::from(1_u64),
            due: UnixTime(1000),
        });
        backup.options.recovery_codes = true;
        backup.options.access_rules = Some(Digest::from_bytes([4; 32]));
        backup.mandates = alloc::vec![mandate(1, 1)];
        let mut last = backup.clone();
        last.scheduled.clear();
        last.options.recovery_codes = false;
        last.options.enrollment_window = crate::limits::DAY;
        last.options.access_rules = None;
        last.options.reset_code_life += 1;
        let of_passkeys = Mandate {
            kind: MandateKind::Passkey,
            ..mandate(1, 3)
        };
        last.mandates = alloc::vec![mandate(0, 2), mandate(1, 1), of_passkeys, mandate(2, 2)];
        let restored = backup.restored(Some(&last), UnixTime(5000));
        let expected = crate::Options {
            enrollment_window: crate::limits::DAY,
            recovery_codes: false,
            ..backup.options
        };
        assert_eq!(restored.options, expected);
        assert_eq!(restored.scheduled, []);
        assert_eq!(restored.mandates, last.mandates, "sorted by role and kind");
        assert_eq!(backup.restored(None, UnixTime(5000)).scheduled, []);
    }
}
