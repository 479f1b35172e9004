#![allow(clippy::arithmetic_side_effects, reason = "a test may fail loudly")]

use loquet_policy::{
    Authenticator, AuthenticatorId, AuthenticatorOrigin, Authenticators, OrgId, RoleId, RoleSet,
    SecondFactor, limits,
};
use proptest::prelude::*;

use super::*;

const ANNE: u64 = 1;
const START: u64 = 1_790_000_000;

fn id(byte: u8) -> DeviceId {
    DeviceId::from_entropy([byte; 16])
}

fn log_in(number: u16, fresh: u8, address: &str, at: u64) -> LogIn {
    let address: IpAddr = address.parse().unwrap();
    let account = AccountId::from(ANNE);
    LogIn {
        account,
        number,
        fresh: id(fresh),
        address: Some(address),
        place: Some(place(&[1; 32], account, address)),
        country: None,
        now: UnixTime(START + at),
    }
}

fn find(devices: &Devices, fresh: u8, at: u64) -> Option<u16> {
    devices.find(id(fresh), ANNE.into(), UnixTime(START + at))
}

fn one() -> Devices {
    let mut devices = Devices::default();
    devices.remember(log_in(1, 10, "203.0.113.7", 0));
    devices
}

#[test]
fn former_cookie_counts_until_new_one_is_seen() {
    let mut devices = one();
    // The answer with cookie 11 is lost; 10 comes again.
    devices.enter(log_in(1, 11, "203.0.113.7", 1), Some(id(10)));
    assert_eq!(
        (find(&devices, 11, 1), find(&devices, 10, 1)),
        (Some(1), Some(1))
    );
    devices.enter(log_in(1, 12, "203.0.113.7", 2), Some(id(10)));
    assert_eq!(
        (find(&devices, 11, 2), find(&devices, 12, 2)),
        (None, Some(1))
    );
    // 12 is seen: from now on 10 is a stolen copy.
    devices.enter(log_in(1, 13, "203.0.113.7", 3), Some(id(12)));
    assert_eq!(
        (find(&devices, 10, 3), find(&devices, 12, 3)),
        (None, Some(1))
    );
}

#[test]
fn cookie_is_bound_to_its_account() {
    let devices = one();
    assert_eq!(
        devices.find(id(10), AccountId::from(2_u64), UnixTime(START)),
        None
    );
    assert_ne!(id(10).digest(ANNE.into()), id(10).digest(2_u64.into()));
}

/// Ten log-ins in turn, on devices that are remembered in turn, take one that has settled.
#[test]
fn t102_new_devices_push_out_new_ones() {
    let mut devices = Devices::default();
    for number in 1..=10 {
        let fresh = 10 + u8::try_from(number).unwrap();
        devices.remember(log_in(number, fresh, "203.0.113.7", u64::from(number)));
    }
    let later = limits::SETTLING + 10;
    for number in 11..=30 {
        let fresh = 10 + u8::try_from(number).unwrap();
        let at = later + u64::from(number);
        devices.remember(log_in(number, fresh, "198.51.100.9", at));
    }
    let left = devices.list(UnixTime(START + later + 30));
    let settled = left.iter().filter(|it| it.number <= 10);
    assert_eq!((left.len(), settled.count()), (MOST, 9));
}

#[test]
fn eleventh_device_replaces_the_least_recent() {
    let mut devices = Devices::default();
    for number in 1..=10 {
        devices.remember(log_in(
            number,
            10 + u8::try_from(number).unwrap(),
            "203.0.113.7",
            u64::from(number),
        ));
    }
    devices.enter(log_in(1, 90, "203.0.113.7", 11), Some(id(11)));
    devices.remember(log_in(11, 91, "203.0.113.7", 12));
    let now = UnixTime(START + 12);
    assert_eq!(devices.list(now).len(), MOST);
    assert!(
        devices.ended(session_on(2, [7; 8]), now),
        "its sessions end with it"
    );
    for number in [1, 3, 10, 11] {
        assert!(!devices.ended(session_on(number, [7; 8]), now), "{number}");
    }
}

#[test]
fn unused_device_is_forgotten_after_ninety_days() {
    let mut devices = one();
    assert_eq!(find(&devices, 10, RETENTION - 1), Some(1));
    assert_eq!(find(&devices, 10, RETENTION), None);
    assert!(devices.list(UnixTime(START + RETENTION)).is_empty());
    assert!(devices.is_overdue(Some(UnixTime(0)), UnixTime(START + RETENTION)));
    devices.lapse(UnixTime(START + RETENTION));
    assert!(devices.known.is_empty() && devices.places.is_empty());
    assert_eq!(devices.next(), Some(2), "a number is never used again");
}

#[test]
fn networks_are_ipv6_64_and_ipv4_24() {
    let is_new = |devices: &Devices, address: &str| {
        devices
            .clone()
            .enter(log_in(1, 20, address, 1), Some(id(10)))
            == Seen::NewPlace
    };
    let mut devices = one();
    assert!(!is_new(&devices, "203.0.113.250") && !is_new(&devices, "::ffff:203.0.113.9"));
    assert!(is_new(&devices, "203.0.112.7"));
    devices.enter(log_in(1, 20, "2001:db8:1:2::1", 1), Some(id(10)));
    assert!(!is_new(&devices, "2001:db8:1:2:aaaa:bbbb:cccc:dddd"));
    assert!(is_new(&devices, "2001:db8:1:3::1"));
    // Kept is less than that: /48 and /24.
    assert_eq!(
        devices.known[0].network,
        Some("2001:db8:1::".parse().unwrap())
    );
    assert_eq!(
        cut("203.0.113.7".parse().unwrap()),
        IpAddr::from([203, 0, 113, 0])
    );
}

#[test]
fn newest_twenty_networks_are_recognized() {
    let mut devices = one();
    for net in 0..40 {
        devices.enter(log_in(1, 20, &format!("198.51.{net}.1"), 1), None);
    }
    assert_eq!(devices.places.len(), PLACES);
    assert_eq!(
        devices.enter(log_in(1, 20, "198.51.39.9", 1), None),
        Seen::Expected
    );
    assert_eq!(
        devices.enter(log_in(1, 20, "198.51.3.9", 1), None),
        Seen::NewPlace
    );
}

#[test]
fn stopping_forgets_devices_and_ends_no_session() {
    let mut devices = one();
    let roles = RoleSet::new([RoleId::MEMBER]).unwrap();
    let account = Account::new(ANNE.into(), OrgId::from(9_u64), roles, UnixTime(START));
    let now = UnixTime(START + 1);
    devices.keep_since(None);
    assert!(devices.list(now).is_empty() && devices.places.is_empty());
    assert!(!devices.ended(session_on(1, [1; 8]), now));
    devices.sync(&account, &account, now);
    assert!(!devices.ended(session_on(1, [1; 8]), now), "nor later");
    let mut later = account.clone();
    later.epoch += 1;
    devices.sync(&account, &later, now);
    assert!(devices.spared.is_empty());
}

/// With phished codes a thief remembers a device, and with wrong ones takes the app away: the passkey's owner is rid of both.
#[test]
fn devices_are_forgotten_with_the_last_codes() {
    let roles = RoleSet::new([RoleId::MEMBER]).unwrap();
    let mut none = Account::new(ANNE.into(), OrgId::from(9_u64), roles, UnixTime(START));
    let bound = |number, origin| Authenticator {
        origin,
        ..Authenticator::new(AuthenticatorId(number), UnixTime(START), 0)
    };
    let app = bound(1, AuthenticatorOrigin::Enrolled);
    let (counter, backed_up) = (0, false);
    let passkey = bound(2, AuthenticatorOrigin::Passkey { counter, backed_up });
    let mut with = |all: &[Authenticator]| {
        let authenticators = Authenticators::new(all.iter().copied()).unwrap();
        none.second_factor = SecondFactor::Bound { authenticators };
        none.clone()
    };
    let (app_alone, both) = (with(&[app]), with(&[app, passkey]));
    let passkey_alone = with(&[passkey]);
    for (before, after, is_kept) in [
        (&both, &both, true),
        (&passkey_alone, &passkey_alone, true),
        (&passkey_alone, &both, true),
        (&both, &app_alone, true),
        (&both, &passkey_alone, false),
    ] {
        let mut devices = one();
        devices.sync(before, after, UnixTime(START + 1));
        assert_eq!(
            devices.list(UnixTime(START + 1)).len(),
            usize::from(is_kept)
        );
    }
}

#[test]
fn list_begins_with_most_recent_device() {
    let mut devices = one();
    devices.remember(log_in(2, 20, "198.51.100.7", 5));
    let newest = devices.list(UnixTime(START + 5)).remove(0);
    assert_eq!(newest.number, 2);
    devices.enter(
        LogIn {
            country: Some("CA".to_owned()),
            ..log_in(1, 11, "192.0.2.9", 9)
        },
        None,
    );
    let list = devices.list(UnixTime(START + 9));
    let numbers: Vec<u16> = list.iter().map(|device| device.number).collect();
    assert_eq!(numbers, [1, 2]);
    assert_eq!(list[0].country.as_deref(), Some("CA"));
    assert_eq!(list[0].network, Some("192.0.2.0".parse().unwrap()));
}

/// A session of the device sends a cookie that the client made up. It would let another browser in as the device.
#[test]
fn t67_invented_cookie_is_never_accepted() {
    let mut devices = one();
    devices.enter(log_in(1, 11, "203.0.113.7", 1), Some(id(99)));
    assert_eq!(
        (find(&devices, 99, 1), find(&devices, 11, 1)),
        (None, Some(1))
    );
}

#[test]
fn lapsed_device_never_returns() {
    let mut devices = one();
    let seen = devices.enter(log_in(1, 11, "203.0.113.7", RETENTION), None);
    assert_eq!(seen, Seen::Expected, "an account without devices");
    assert_eq!(find(&devices, 11, RETENTION), None);
    devices.remember(log_in(2, 20, "203.0.113.7", RETENTION));
    assert_eq!(devices.known.len(), 1);
}

#[test]
fn network_seen_again_is_kept_once() {
    let mut devices = one();
    for net in ["198.51.100.1", "203.0.113.9", "198.51.100.2"] {
        devices.enter(log_in(1, 20, net, 1), None);
    }
    let at = |net: &str| place(&[1; 32], ANNE.into(), net.parse().unwrap());
    assert_eq!(devices.places, [at("203.0.113.7"), at("198.51.100.1")]);
}

#[test]
fn with_the_last_device_its_networks_are_forgotten() {
    let mut devices = one();
    devices.remember(log_in(2, 20, "198.51.100.7", 5));
    devices.forget(1);
    assert!(!devices.places.is_empty());
    devices.forget(2);
    assert!(devices.places.is_empty() && devices.known.is_empty());
    let mut devices = one();
    devices.remember(log_in(2, 20, "198.51.100.7", 5));
    assert_eq!(devices.forget_all(), 2);
    assert!(devices.places.is_empty() && devices.known.is_empty());
}

#[test]
fn at_most_sixty_four_spared_devices_are_kept() {
    let mut devices = Devices::default();
    for number in 1..=80 {
        devices.remember(log_in(number, 10, "203.0.113.7", 0));
        devices.let_go();
    }
    assert_eq!(devices.spared, (17..=80).collect::<Vec<u16>>());
}

#[test]
fn networks_of_both_protocols_are_told_apart() {
    let at = |net: &str| place(&[1; 32], ANNE.into(), net.parse().unwrap());
    // The same number in 24 and in 64 bits.
    assert_ne!(at("203.0.113.7"), at("0:0:cb:71::1"));
    let places: std::collections::BTreeSet<u64> =
        (0..250).map(|net| at(&format!("198.51.{net}.1"))).collect();
    assert_eq!(places.len(), 250);
    assert!(places.iter().any(|place| *place > u64::MAX >> 1));
}

#[test]
fn cookie_reads_back_and_is_never_printed() {
    let cookie = id(0xA5);
    assert_eq!(cookie.expose().parse::<DeviceId>().unwrap(), cookie);
    assert_eq!(format!("{cookie:?}"), "DeviceId(..)");
    for bad in ["", "A5", &"g".repeat(32), &"0".repeat(33)] {
        assert!(bad.parse::<DeviceId>().is_err(), "{bad}");
    }
}

#[derive(Debug, Clone)]
enum Act {
    Remember(u8),
    Enter(u8, u8),
    Forget(u16),
    Wait(u32),
    LetGo,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => any::<u8>().prop_map(Act::Remember),
        3 => (any::<u8>(), any::<u8>()).prop_map(|(old, new)| Act::Enter(old, new)),
        2 => (1_u16..14).prop_map(Act::Forget),
        1 => (0_u32..10_000_000).prop_map(Act::Wait),
        1 => Just(Act::LetGo),
    ]
}

proptest! {
    /// Whatever happens: never more than the limits, numbers only grow, and a session on a forgotten device is over.
    #[test]
    fn forgotten_device_never_returns(acts in prop::collection::vec(act(), 0..60)) {
        let mut devices = Devices::default();
        let (mut at, mut gone, mut highest) = (0_u64, Vec::new(), 0);
        for act in acts {
            match act {
                Act::Remember(fresh) => {
                    let number = devices.next().unwrap();
                    prop_assert!(number > highest);
                    highest = number;
                    devices.remember(log_in(number, fresh, "203.0.113.7", at));
                }
                Act::Enter(old, new) => {
                    let number = find(&devices, old, at).unwrap_or(0);
                    devices.enter(log_in(number, new, "203.0.113.7", at), Some(id(old)));
                }
                Act::Forget(number) => {
                    if devices.known.iter().any(|device| device.number == number) {
                        gone.push(number);
                    }
                    devices.forget(number);
                }
                Act::Wait(seconds) => at += u64::from(seconds),
                Act::LetGo => devices.let_go(),
            }
            let now = UnixTime(START + at);
            prop_assert!(devices.known.len() <= MOST && devices.places.len() <= PLACES && devices.spared.len() <= SPARED);
            for number in &gone {
                prop_assert!(devices.ended(session_on(*number, [9; 8]), now));
            }
            prop_assert!(!devices.ended(session_on(0, [255; 8]), now), "a session on no device is none of their business");
        }
    }
}
