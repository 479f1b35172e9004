//! Exact analysis: lock-out and differences.
use loquet_ipfilter::{Decision, DeviceTier, Tag, diff};

use crate::common::{filter, ip};

#[test]
fn lockout_is_proved_for_every_address() {
    let closed = filter("allow 10.0.0.0/8\ndeny 10.0.0.0/9\ndeny 10.128.0.0/9");
    assert_eq!(closed.allowed_somewhere(&[], DeviceTier::Known), None);
    let open = filter(
        "allow 10.0.0.0/8\ndeny 10.0.0.0/9\ndeny 10.128.0.0/10\nfor tag 1 allow 2600::/16\ndeny 10.192.0.0/10 device unknown",
    );
    assert_eq!(
        open.allowed_somewhere(&[], DeviceTier::Known),
        Some(ip("10.192.0.0"))
    );
    assert_eq!(open.allowed_somewhere(&[], DeviceTier::Unknown), None);
    assert_eq!(
        open.allowed_somewhere(&[Tag(1)], DeviceTier::Unknown),
        Some(ip("2600::"))
    );
}

#[test]
fn diff_counts_addresses_per_tag_and_device() {
    let before = filter("allow 203.0.113.0/24\nfor tag 1 allow 10.0.0.0/8\nallow 2600::/16");
    let after = filter(
        "allow 203.0.113.0/25\nfor tag 1 allow 10.0.0.0/8 device known\nallow 2600::/15\ndeny 203.0.113.5/32\nallow unknown",
    );
    let found = diff(&before, &after);
    assert_eq!(found.len(), 4);
    let untagged = &found[0];
    assert_eq!(
        (untagged.group.tag, untagged.group.device),
        (None, DeviceTier::Unknown)
    );
    let listed: Vec<String> = untagged
        .changes
        .iter()
        .map(|c| format!("{}-{} {}", c.first, c.last, c.after))
        .collect();
    assert_eq!(
        listed,
        [
            "203.0.113.5-203.0.113.5 deny",
            "203.0.113.128-203.0.113.255 deny",
            "2601::-2601:ffff:ffff:ffff:ffff:ffff:ffff:ffff allow",
        ]
    );
    assert_eq!((untagged.lost, untagged.gained), (129, 1 << 112));
    assert_eq!(untagged.changes[0].rule.map(|rule| rule.line), Some(4));
    assert_eq!(untagged.changes[1].rule, None);
    // The new deny rule may match an unknown address, so naming the unknown address does not allow it.
    assert_eq!(untagged.unknown_address, None);
    let named = diff(&filter("allow any"), &filter("allow any unknown"));
    assert_eq!(
        (named[0].unknown_address, named[0].changes.len()),
        (Some(Decision::Allow), 0)
    );
    assert!(!named[0].is_empty());
    assert_eq!(found[2].group.tag, Some(Tag(1)));
    assert_eq!(found[2].lost, 129 + (1 << 24));
    assert_eq!(found[3].group.device, DeviceTier::Known);
    assert_eq!(found[3].lost, 129);
    assert!(
        diff(&before, &before)
            .iter()
            .all(|difference| difference.is_empty())
    );
}

#[test]
fn diff_leaves_out_tunnels_and_mapped_addresses() {
    let all = diff(&filter("default deny"), &filter("default allow"));
    // All addresses except 6to4, Teredo, NAT64 (both prefixes), IPv4-compatible, IPv4-translated and mapped ones; `::` and
    // `::1` stay.
    let six: u128 = u128::MAX - (1 << 112) - (1 << 96) - (1 << 80) - 4 * (1 << 32) + 2 + 1;
    assert_eq!(all[0].gained, six + (1 << 32));
    let in_tunnel = diff(&filter("default deny"), &filter("allow 2002::/16"));
    assert!(in_tunnel[0].is_empty());
}

#[test]
fn diff_covers_devices_when_rules_name_them() {
    let plain = filter("allow any");
    let asked = |other: &str| {
        let found = diff(&plain, &filter(other));
        found
            .iter()
            .map(|one| (one.group.tag, one.group.device))
            .collect::<Vec<_>>()
    };
    let (unknown, known) = (DeviceTier::Unknown, DeviceTier::Known);
    assert_eq!(asked("allow any unknown"), [(None, unknown)]);
    assert_eq!(
        asked("for tag 3 allow any"),
        [(None, unknown), (Some(Tag(3)), unknown)]
    );
    assert_eq!(
        asked("allow any device known"),
        [(None, unknown), (None, known)]
    );
}
