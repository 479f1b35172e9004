//! Restoring each state of the grid over each other one.

use crate::fixture::*;
use crate::grid::actors::actors;
use crate::grid::states::{administrator, base, organizations};
use loquet_policy::*;

const NOW: UnixTime = UnixTime(2_000_000_000);
const PRESENT: u64 = 66_666_666;

fn in_force(organization: &Organization) -> Vec<RoleId> {
    let in_force = |mandate: &&Mandate| matches!(mandate.state, MandateState::InForce { .. });
    let mandates = organization.mandates.iter().filter(in_force);
    mandates.map(|mandate| mandate.role).collect()
}

/// The organization keeps a way in, and nothing that only rises has fallen.
fn stands(restored: &Organization, before: [&Organization; 2]) {
    for state in before {
        assert!(!state.is_enabled() || restored.is_enabled(), "{state:?}");
        for role in in_force(state) {
            assert!(in_force(restored).contains(&role), "{state:?}");
        }
        let strict = |organization: &Organization| organization.preset == Preset::StrictLatch;
        assert!(!strict(state) || strict(restored), "{state:?}");
    }
    let way_in = matches!(
        restored.break_glass,
        BreakGlass::Ready { .. } | BreakGlass::Void { .. }
    );
    assert_eq!(restored.is_enabled(), way_in, "{restored:?}");
}

#[test]
fn t37_restore_undoes_nothing_that_only_rises() {
    let organizations = organizations();
    let readable = || organizations.iter().filter_map(|(_, state)| state.as_ref());
    for backup in readable() {
        for replaced in readable() {
            stands(&backup.restored(Some(replaced), NOW), [backup, replaced]);
        }
        let by = AccountId::from(8u64);
        let unknown = backup.restored_enabled(by, Digest::from_bytes([9; 32]), NOW);
        stands(&unknown, [backup, &unknown]);
        assert!(unknown.is_enabled());
        assert!(!backup.is_enabled() || unknown.latch == backup.latch);
    }
    let accounts: Vec<Account> = actors()
        .into_iter()
        .map(|(_, prepare, _)| {
            let mut scene = base(None, administrator(2));
            prepare(&mut scene);
            scene.actor
        })
        .collect();
    for backup in &accounts {
        for replaced in &accounts {
            let restored = backup.restored(Some(replaced), &[PRESENT; limits::AUTHENTICATORS]);
            for state in [backup, replaced] {
                assert!(restored.epoch > state.epoch + 1_000);
                assert!(restored.ever || !state.ever);
                assert!(restored.toggle || !state.toggle);
                assert!(restored.erased || !state.erased);
            }
            assert!(restored.recovery.is_empty());
            assert!(restored.pendings.iter().all(Option::is_none));
            assert_eq!(restored.attempts, replaced.attempts);
            assert_eq!(restored.enrollments, replaced.enrollments);
            assert_eq!(restored.changes, replaced.changes);
            assert_eq!(restored.status, replaced.status);
            assert_eq!(restored.roles, replaced.roles);
            let (is, was) = (restored.second_factor, replaced.second_factor);
            assert_eq!(is.last_step().is_some(), was.last_step().is_some());
            let used = was.last_step().unwrap_or(0).max(PRESENT + 1);
            assert!(is.last_step().is_none_or(|step| step >= used));
            // Where nothing is left of an authenticator, no password binds another.
            let bare = is == SecondFactor::None && (backup.ever || replaced.ever);
            assert!(!bare || restored.ever);
        }
        let unknown = backup.restored_unknown();
        assert!(unknown.ever && unknown.toggle);
        let void = SecondFactor::ResetDue { reset_code: None };
        assert_eq!(unknown.second_factor, void);
    }
}

#[test]
fn t37_restore_keeps_strict_preset_and_its_author() {
    let plain = Organization::new(OrgId::from(1u64));
    let mut strict = plain.clone();
    let (since, by) = (NOW, AccountId::from(8u64));
    (strict.preset, strict.hardened) = (Preset::StrictLatch, Some(Hardened { since, by }));
    for (backup, replaced) in [(&plain, &strict), (&strict, &plain)] {
        let restored = backup.restored(Some(replaced), NOW);
        assert_eq!(restored.preset, strict.preset);
        assert_eq!(restored.hardened, strict.hardened);
    }
}

fn binding_link(since: UnixTime) -> BindingLink {
    BindingLink {
        also: Vec::new(),
        authenticator: AuthenticatorId(2),
        link: digest(LINK),
        expires: since,
        since,
    }
}

/// Every field in which the replaced store differs from its backup: what a restore keeps, and what it voids.
#[test]
fn t37_restore_keeps_what_happened_since_backup() {
    let mut fixture = Fixture::claire_reset();
    let claire = fixture.log_in(CLAIRE);
    fixture.begin(CLAIRE, claire, Some(99)).unwrap_err();
    let mut backup = fixture.accounts[CLAIRE].clone();
    assert!(!backup.session_waits.is_empty());
    backup.recovery = recovery_codes();
    let since = NOW;
    let active = |step| SecondFactor::of(Authenticator::new(AuthenticatorId(2), since, step));
    let throttle = Throttle {
        row: 7,
        until: since,
    };
    let replaced = Account {
        roles: RoleSet::of(PARENT),
        status: Status::Deactivated { since },
        promoted: Some(since),
        toggle: true,
        ever: true,
        erased: true,
        second_factor: active(1),
        last_authenticator: AuthenticatorId(2),
        epoch: backup.epoch + (1 << 20),
        attempts: Attempts {
            total: 9,
            stranger: throttle,
            known: throttle,
            live: throttle,
        },
        resets: DailyQuota { since, used: 1 },
        enrollments: DailyQuota { since, used: 2 },
        changes: DailyQuota { since, used: 3 },
        names: DailyQuota { since, used: 4 },
        binding_links: vec![binding_link(since)],
        reports_refused_until: Some(since),
        replace_advised: true,
        codes_until: Some(since),
        address_change: Some(AddressChange {
            by_host: false,
            code: digest(ADDRESS),
            sent: since,
            first: since,
            codes: 3,
            wrong: 4,
        }),
        ..backup.clone()
    };
    let restored = backup.restored(Some(&replaced), &[PRESENT; limits::AUTHENTICATORS]);
    let expected = Account {
        second_factor: active(PRESENT + 1),
        epoch: replaced.epoch + (1 << 16),
        recovery: RecoverySet::EMPTY,
        session_waits: SessionWaits::default(),
        ..replaced
    };
    assert_eq!(restored, expected);
}

/// After a restore in which nothing could be read the host issues reset codes for a week, and then no more.
#[test]
fn t37_host_issues_reset_codes_for_a_week() {
    let organization = Organization::new(OrgId::from(1u64));
    let anne = administrator(8);
    let code = Digest::from_bytes([9; 32]);
    let organization = organization.restored_enabled(anne.id, code, NOW);
    let mut roster = Roster::new(organization.id);
    let anne = anne.restored_unknown();
    roster.admit(&anne);
    let issue = |account: &Account, now| {
        let snapshot = Snapshot {
            organization: Some(&organization),
            roster: Some(&roster),
            actor: account,
            session: None,
            subject: None,
        };
        let reset_code = Digest::from_bytes([7; 32]);
        let session = SessionId(1);
        let command = Command::IssueResetCode { reset_code };
        decide(&snapshot, &command, now, Fresh { session })
    };
    let end = NOW.plus(limits::RESTORE_RESETS);
    let last = UnixTime(end.0 - 1);
    let issued = issue(&anne, last);
    assert!(matches!(issued.answer, Ok(Grant::ResetCodeIssued { .. })));
    let actor = issued.changes.actor.unwrap();
    assert!(matches!(
        actor.second_factor,
        SecondFactor::ResetDue {
            reset_code: Some(ResetCode {
                origin: Origin::Host { .. },
                ..
            })
        }
    ));
    assert_eq!(issue(&anne, end).answer, Err(Refusal::NotAdmin));
    let bound = administrator(8);
    assert_eq!(issue(&bound, NOW).answer, Err(Refusal::Unchanged));
}
