//! State after a restore from a backup: codes and sessions may have been used or revoked since the backup.

use crate::{Account, Authenticator, BreakGlass, Organization, RecoverySet, UnixTime};

/// How much a restore adds to an epoch: more than any other change could have added since the backup, so that
/// no lost session becomes valid again.
const LEAP: u32 = 1 << 16;

impl Account {
    /// Returns the account as it must be after its store was restored from a backup.
    ///
    /// All sessions are over. Reset codes, recovery codes and pending enrollments are void, since they may
    /// have been used or revoked in the meantime. Codes up to the `present` step (RFC 6238 §4.2) are used,
    /// and so is the next one, which a fast clock may have shown already. Requirements and authenticators
    /// stay.
    #[must_use]
    pub fn restored(&self, present: u64) -> Self {
        let mut account = self.clone();
        account.epoch = self.epoch.saturating_add(LEAP);
        account.recovery = RecoverySet::EMPTY;
        account.pendings = [const { None }; crate::limits::PENDINGS];
        account.address_change = None;
        match &mut account.authenticator {
            Authenticator::ResetDue { reset_code } => *reset_code = None,
            Authenticator::Active { step, drift, .. }
            | Authenticator::Suspended { step, drift, .. } => {
                let ahead = u64::try_from(*drift).unwrap_or(0).saturating_add(1);
                *step = (*step).max(present.saturating_add(ahead));
            }
            Authenticator::None | Authenticator::Disabled { .. } => {}
        }
        account
    }
}

impl Organization {
    /// Returns the organization as it must be after its store was restored. Break-glass that was opening or
    /// open is reset, and the code stays valid: to void it could lock out the organization permanently.
    #[must_use]
    pub fn restored(&self, now: UnixTime) -> Self {
        let mut organization = self.clone();
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Origin, Pending, Purpose, ResetCode};
    use crate::{AccountId, Digest, OrgId, RoleSet, SessionId};

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
            account.authenticator = Authenticator::Active {
                since: UnixTime(1),
                step,
                drift,
                told: None,
            };
            let restored = account.restored(100);
            assert!(
                matches!(restored.authenticator, Authenticator::Active { step, .. } if step == used),
                "{restored:?}"
            );
            assert!(restored.epoch > account.epoch + 10_000);
            assert!(restored.recovery.is_empty());
            assert!(restored.pendings.iter().all(Option::is_none));
            assert!(restored.toggle && restored.ever);
        }
    }

    #[test]
    fn restored_reset_code_is_void_but_required() {
        let mut account = account();
        account.authenticator = Authenticator::ResetDue {
            reset_code: Some(ResetCode {
                origin: Origin::BreakGlass {
                    digest: Digest::from_bytes([2; 32]),
                },
                issued: UnixTime(1),
                expires: UnixTime(1000),
            }),
        };
        let restored = account.restored(100);
        assert_eq!(
            restored.authenticator,
            Authenticator::ResetDue { reset_code: None }
        );
        account.epoch = u32::MAX;
        assert_eq!(account.restored(u64::MAX).epoch, u32::MAX);
    }

    #[test]
    fn open_break_glass_is_ready_after_restore() {
        let break_glass = Digest::from_bytes([3; 32]);
        let mut organization = Organization::new(OrgId::from(1_u64));
        assert_eq!(
            organization.restored(UnixTime(9)).break_glass,
            BreakGlass::Unset
        );
        organization.break_glass = BreakGlass::Open {
            break_glass,
            account: AccountId::from(1_u64),
            expires: UnixTime(1000),
        };
        assert_eq!(
            organization.restored(UnixTime(9)).break_glass,
            BreakGlass::Ready {
                break_glass,
                since: UnixTime(9),
                wrong: 0
            }
        );
    }
}
