//! Which addresses receive what, and since when.

use proptest::prelude::*;

use super::*;

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

#[test]
fn old_address_is_forgotten_at_next_change() {
    let mut addresses = Addresses::default();
    for (name, at) in [("a@b", 0), ("b@b", 1)] {
        addresses.change(&address(name), UnixTime(at));
    }
    let over = 1 + ADDRESS_OVERLAP + GIVE_UP;
    addresses.change(&address("c@b"), UnixTime(over - 1));
    assert_eq!(addresses.0.len(), 3, "a second before");
    addresses.change(&address("d@b"), UnixTime(over));
    assert_eq!(addresses.0.len(), 3);
    let is_kept = |name: &str| {
        let mut entries = addresses.0.iter();
        entries.any(|entry| entry.address == address(name))
    };
    assert!(!is_kept("a@b") && is_kept("b@b"));
}

#[test]
fn old_address_is_told_for_fourteen_days() {
    let mut addresses = Addresses::default();
    assert_eq!(addresses.recipients(UnixTime(0)), []);
    let (old, new) = (address("old@example.org"), address("new@example.org"));
    addresses.change(&old, UnixTime(0));
    addresses.change(&new, UnixTime(1000));
    let end = 1000 + 14 * 86_400;
    assert_eq!(
        addresses.recipients(UnixTime(end - 1)),
        [old.clone(), new.clone()]
    );
    assert_eq!(
        addresses.recipients(UnixTime(end)),
        std::slice::from_ref(&new)
    );
    // Back again: it is the present one, and recipients once.
    addresses.change(&old, UnixTime(2000));
    assert_eq!(addresses.recipients(UnixTime(2000)), [old.clone(), new]);
    assert_eq!(addresses.present(), Some(&old));
    assert_eq!(addresses.list(None, UnixTime(2000)).len(), 2);
}

#[test]
fn address_that_comes_back_stays_the_oldest() {
    let (owners, thiefs) = (address("owner@b"), address("thief@b"));
    let mut addresses = Addresses::default();
    addresses.change(&owners, UnixTime(10));
    addresses.change(&thiefs, UnixTime(30));
    let back = UnixTime(30 + 13 * 86_400);
    addresses.change(&owners, back);
    // The first entry's time is over; the address heard without a gap.
    let later = back.plus(2 * 86_400);
    assert_eq!(addresses.recipients(later), [owners, thiefs]);
}

#[test]
fn address_of_binding_time_survives_its_return() {
    let (owners, thiefs) = (address("owner@b"), address("thief@b"));
    let mut addresses = Addresses::default();
    for (address, at) in [(&owners, 10), (&thiefs, 30), (&owners, 40)] {
        addresses.change(address, UnixTime(at));
    }
    let mut reverted = addresses.clone();
    reverted.revert(UnixTime(20));
    assert_eq!(
        reverted.recipients(UnixTime(50)),
        std::slice::from_ref(&owners)
    );
    assert_eq!(reverted.present(), Some(&owners));
    // The owner enrolled between the two changes: what counted then counts again.
    addresses.revert(UnixTime(35));
    assert_eq!(addresses.present(), Some(&thiefs));
    assert_eq!(addresses.recipients(UnixTime(50)), [owners, thiefs]);
}

#[test]
fn changes_since_a_time_are_taken_back() {
    let mut addresses = Addresses::default();
    for (name, at) in [("a@b", 0), ("b@b", 10), ("thief@b", 20), ("thief2@b", 30)] {
        addresses.change(&address(name), UnixTime(at));
    }
    addresses.begin(&address("thief3@b"));
    addresses.revert(UnixTime(20));
    let left = [address("a@b"), address("b@b")];
    assert_eq!(addresses.recipients(UnixTime(40)), left);
    assert_eq!(addresses.present(), Some(&left[1]));
    assert_eq!(addresses.pending(), None);
}

#[test]
fn pending_address_receives_nothing_until_confirmed() {
    let (old, new) = (address("old@example.org"), address("new@example.org"));
    let mut addresses = Addresses::default();
    addresses.change(&old, UnixTime(0));
    addresses.begin(&address("typo@example.org"));
    addresses.begin(&new);
    assert_eq!(
        addresses.recipients(UnixTime(5)),
        std::slice::from_ref(&old)
    );
    assert_eq!(addresses.present(), Some(&old));
    assert_eq!(addresses.pending(), Some(&new));
    addresses.confirm(UnixTime(9));
    assert_eq!(addresses.recipients(UnixTime(9)), [old, new.clone()]);
    assert_eq!(
        (addresses.present(), addresses.pending()),
        (Some(&new), None)
    );
    let before = addresses.clone();
    addresses.confirm(UnixTime(10));
    assert_eq!(addresses, before, "nothing to confirm");
}

/// What is stored must be read by every later version.
#[test]
fn stored_addresses_are_stable() {
    let mut addresses = Addresses::default();
    addresses.change(&address("a@b"), UnixTime(1));
    addresses.change(&address("b@b"), UnixTime(2));
    addresses.begin(&address("c@b"));
    let (at, kind) = (UnixTime(3), DeliveryFailureKind::TimedOut);
    addresses.note(&address("a@b"), Some(DeliveryFailure { at, kind }));
    let stored = r#"[{"address":"a@b","since":1,"until":1209602,"failure":{"at":3,"kind":"timed_out"}},{"address":"b@b","since":2},{"address":"c@b","pending":true}]"#;
    assert_eq!(serde_json::to_string(&addresses).unwrap(), stored);
    assert_eq!(
        serde_json::from_str::<Addresses>(stored).unwrap(),
        addresses
    );
}

proptest! {
    #[test]
    fn old_address_stays_until_its_time(changes in proptest::collection::vec((0_u8..12, 0_u64..400_000), 1..60)) {
        let mut addresses = Addresses::default();
        let mut now: u64 = 0;
        let mut replaced: Vec<(Address, u64)> = Vec::new();
        for (who, wait) in changes {
            now = now.saturating_add(wait);
            if !addresses.has_room(UnixTime(now)) {
                continue;
            }
            let new = address(&format!("a{who}@b"));
            if let Some(before) = addresses.present().filter(|before| **before != new) {
                replaced.push((before.clone(), now.saturating_add(14 * 86_400)));
            }
            addresses.begin(&new);
            addresses.confirm(UnixTime(now));
            let recipients = addresses.recipients(UnixTime(now));
            prop_assert!(recipients.len() <= MAX_RECIPIENTS);
            prop_assert_eq!(addresses.present(), Some(&new));
            prop_assert!(recipients.contains(&new));
            for (old, until) in &replaced {
                prop_assert!(now >= *until || recipients.contains(old));
            }
        }
    }
}
