//! After a restore: what was true at the backup's time may have been used up, revoked or replaced since, and nobody knows.

use crate::{Account, Authenticator, BreakGlass, Organization, RecoverySet, UnixTime};

/// How far a restore raises an epoch: further than anything raised it in the time that was lost, so that no session of
/// that time begins to count again.
const LEAP: u32 = 1 << 16;

impl Account {
    /// The account as it must stand once its store was put back to an earlier time. All sessions are over; reset codes,
    /// recovery codes and begun enrollments are void, since they may have been used or revoked in the meantime; and no
    /// code of the `present` step (RFC 6238 §4.2) or before counts, nor of the next one, which a fast clock may have shown
    /// already. What is required stays required, and what is bound stays bound.
    #[must_use]
    pub fn restored(&self, present: u64) -> Self {
        let mut account = self.clone();
        account.epoch = self.epoch.saturating_add(LEAP);
        account.recovery = RecoverySet::EMPTY;
        account.pendings = [const { None }; crate::limits::PENDINGS];
        match &mut account.authenticator {
            Authenticator::ResetDue { reset_code } => *reset_code = None,
            Authenticator::Active { step, drift, .. } => {
                let ahead = u64::try_from(*drift).unwrap_or(0).saturating_add(1);
                *step = (*step).max(present.saturating_add(ahead));
            }
            Authenticator::None | Authenticator::Disabled { .. } => {}
        }
        account
    }
}

impl Organization {
    /// The organization as it must stand once its store was put back: a break-glass under way begins anew. The envelope
    /// still opens: voiding it could lock everybody out for good.
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
            RoleSet::of(crate::RoleId::PARENT),
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
    fn sessions_codes_and_papers_of_before_are_void() {
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
    fn a_reset_code_is_void_and_the_account_still_needs_one() {
        let mut account = account();
        account.authenticator = Authenticator::ResetDue {
            reset_code: Some(ResetCode {
                origin: Origin::BreakGlass {
                    digest: Digest::from_bytes([2; 32]),
                },
                issued: UnixTime(1),
                expires: UnixTime(1000),
                wrong: 0,
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
    fn a_break_glass_under_way_is_sealed_again() {
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
