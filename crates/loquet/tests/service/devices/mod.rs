//! Devices that people have remembered, over the whole library.

mod steps;
mod worth;

use loquet::device::{DeviceId, MOST, RETENTION};
use loquet::flow::{
    Ceremony, Entered, Forget, ForgetDevice, ForgetDevices, LogIn, ReportLost, Reset,
    SetDevicesRemembered, VerifyCode,
};
use loquet::store::MemoryStore;
use loquet::testing::Phone;
use loquet::{Letter, Level, Refusal, Refused, Request, Stamp};
use loquet_policy::Event;
use loquet_testkit::house::{ANNE, CHLOE, HOME, House, rule};
use loquet_testkit::letters::post;

const AWAY: &str = "198.51.100.9";

/// A browser: an address, and the cookie of its device.
#[derive(Clone, Copy)]
struct Browser {
    address: &'static str,
    cookie: Option<DeviceId>,
    ticked: bool,
}

const NEW: Browser = Browser {
    address: HOME,
    cookie: None,
    ticked: false,
};
const TICKED: Browser = Browser {
    ticked: true,
    ..NEW
};

impl Browser {
    async fn run<C: Ceremony>(self, house: &House, ceremony: C) -> Result<C::Grant, Refused> {
        let request = Request {
            device: self.cookie,
            remember: self.ticked,
            ..Request::new(Some(self.address.parse().unwrap())).unwrap()
        };
        house
            .service
            .run(ceremony, &request)
            .await
            .unwrap()
            .granted()
    }

    /// The password was right.
    async fn enter(self, house: &House, account: u64) -> Stamp {
        let account = account.into();
        self.run(house, LogIn { account }).await.unwrap().stamp
    }

    async fn give(self, house: &House, stamp: Stamp, phone: &Phone) -> Entered {
        let typed = house.code(phone).into();
        self.run(house, VerifyCode { stamp, typed }).await.unwrap()
    }

    async fn log_in(self, house: &House, account: u64, phone: &Phone) -> Entered {
        let half = self.enter(house, account).await;
        assert_eq!(
            half.level(),
            Level::HalfLogin,
            "a known device never replaces a code"
        );
        self.give(house, half, phone).await
    }

    /// The same, and the cookie that the device has from then on.
    async fn cookie(self, house: &House, account: u64, phone: &Phone) -> DeviceId {
        let entered = self.log_in(house, account, phone).await;
        entered.device.unwrap()
    }

    const fn with(self, cookie: DeviceId) -> Self {
        Self {
            cookie: Some(cookie),
            ticked: false,
            ..self
        }
    }
}

/// Multi-factor log-in imposed, devices switched on, Chloé enrolled.
async fn house() -> (House, Phone, Phone, Stamp) {
    let house = House::over(MemoryStore::new()).await;
    let (anne, stamp) = house.imposed().await;
    house
        .run(SetDevicesRemembered { stamp, on: true })
        .await
        .unwrap();
    let chloe = house.log_in(CHLOE).await.stamp;
    let (phone, _) = house.enroll(chloe).await;
    (house, anne, phone, stamp)
}

async fn is_over(house: &House, stamp: &Stamp) -> bool {
    let address = Some(HOME.parse().unwrap());
    house.service.check(stamp, address).await.unwrap().is_err()
}

async fn letters(house: &House) -> Vec<(String, Event)> {
    let told = |letter: Letter| (letter.external_id, letter.event);
    post(house).await.into_iter().map(told).collect()
}

#[tokio::test]
async fn nothing_is_remembered_until_the_organization_and_the_person_wish_it() {
    let house = House::over(MemoryStore::new()).await;
    let (_, anne) = house.imposed().await;
    let stamp = house.log_in(CHLOE).await.stamp;
    let (phone, _) = house.enroll(stamp).await;
    // Ticked, but not offered.
    let entered = TICKED.log_in(&house, CHLOE, &phone).await;
    assert_eq!(entered.device, None);
    let standing = house.standing(&entered.stamp).await;
    assert!(standing.devices.is_empty() && !standing.devices_offered);
    // Offered, but not ticked.
    house
        .run(SetDevicesRemembered {
            stamp: anne,
            on: true,
        })
        .await
        .unwrap();
    let entered = NEW.log_in(&house, CHLOE, &phone).await;
    let standing = house.standing(&entered.stamp).await;
    assert!(entered.device.is_none() && standing.devices.is_empty() && standing.devices_offered);
    // Both.
    let entered = TICKED.log_in(&house, CHLOE, &phone).await;
    let standing = house.standing(&entered.stamp).await;
    assert!(entered.device.is_some());
    assert_eq!(standing.device, Some(standing.devices[0].number));
    assert_eq!(
        standing.devices[0].network,
        Some("203.0.113.0".parse().unwrap())
    );
}

#[tokio::test]
async fn only_an_administrator_with_a_recent_code_switches_devices_on() {
    let house = House::over(MemoryStore::new()).await;
    let early = house.log_in(ANNE).await.stamp;
    let switch = |stamp| SetDevicesRemembered { stamp, on: true };
    assert_eq!(rule(house.run(switch(early)).await), Refusal::NotEnabled);
    let (_, anne) = house.imposed().await;
    let chloe = house.log_in(CHLOE).await.stamp;
    assert_eq!(rule(house.run(switch(chloe)).await).code(), "ENROLL_ONLY");
    let (_, chloe) = house.enroll(chloe).await;
    assert_eq!(rule(house.run(switch(chloe)).await), Refusal::NotAdmin);
    house.clock.advance(301);
    assert_eq!(rule(house.run(switch(anne)).await), Refusal::NotFresh);
}

#[tokio::test]
async fn the_cookie_changes_at_each_log_in_and_an_old_copy_is_worth_nothing() {
    let (house, _, phone, _) = house().await;
    let first = TICKED.cookie(&house, CHLOE, &phone).await;
    let second = NEW.with(first).cookie(&house, CHLOE, &phone).await;
    assert_ne!(first, second);
    let third = NEW.with(second).log_in(&house, CHLOE, &phone).await;
    assert!(third.device.is_some());
    assert_eq!(
        NEW.with(first).log_in(&house, CHLOE, &phone).await.device,
        None
    );
    // A step-up is no log-in: the cookie stays.
    let typed = house.code(&phone).into();
    let stepped = NEW.with(third.device.unwrap()).run(
        &house,
        VerifyCode {
            stamp: third.stamp,
            typed,
        },
    );
    assert_eq!(stepped.await.unwrap().device, None);
    let standing = house.standing(&third.stamp).await;
    assert_eq!(standing.devices.len(), 1);
}

#[tokio::test]
async fn forgetting_a_device_ends_its_sessions_and_no_others() {
    let (house, _, phone, _) = house().await;
    let laptop = TICKED.log_in(&house, CHLOE, &phone).await;
    let again = NEW
        .with(laptop.device.unwrap())
        .log_in(&house, CHLOE, &phone)
        .await;
    let tablet = TICKED.log_in(&house, CHLOE, &phone).await;
    let elsewhere = NEW.log_in(&house, CHLOE, &phone).await;
    let half = NEW.with(again.device.unwrap()).enter(&house, CHLOE).await;
    let number = house.standing(&laptop.stamp).await.device.unwrap();

    let forget = |stamp, number| ForgetDevice { stamp, number };
    let answer = house.run(forget(tablet.stamp, number)).await.unwrap();
    assert_eq!(answer, Forget::StillHere);
    for stamp in [laptop.stamp, again.stamp, half] {
        assert!(is_over(&house, &stamp).await);
        assert_eq!(
            rule(house.give(stamp, &house.code(&phone)).await),
            Refusal::StaleLogIn
        );
    }
    assert!(!is_over(&house, &tablet.stamp).await && !is_over(&house, &elsewhere.stamp).await);
    assert_eq!(
        rule(house.run(forget(tablet.stamp, number)).await),
        Refusal::Unchanged
    );
    // The own one: the session that asks is over too.
    let own = house.standing(&tablet.stamp).await.device.unwrap();
    assert_eq!(
        house.run(forget(tablet.stamp, own)).await.unwrap(),
        Forget::Over
    );
    assert!(is_over(&house, &tablet.stamp).await && !is_over(&house, &elsewhere.stamp).await);
    assert_eq!(
        NEW.with(again.device.unwrap())
            .log_in(&house, CHLOE, &phone)
            .await
            .device,
        None
    );
}

#[tokio::test]
async fn forgetting_all_devices_ends_every_session() {
    let (house, _, phone, _) = house().await;
    let device = TICKED.log_in(&house, CHLOE, &phone).await;
    let other = NEW.log_in(&house, CHLOE, &phone).await;
    house
        .run(ForgetDevices { stamp: other.stamp })
        .await
        .unwrap();
    assert!(is_over(&house, &device.stamp).await && is_over(&house, &other.stamp).await);
    let told = letters(&house).await;
    assert!(
        told.contains(&("chloe".into(), Event::DevicesForgotten { count: 1 })),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_reset_and_a_loss_forget_the_devices() {
    let (house, anne_phone, phone, _) = house().await;
    let first = TICKED.cookie(&house, CHLOE, &phone).await;
    let anne = NEW.log_in(&house, ANNE, &anne_phone).await.stamp;
    let typed = house.code(&anne_phone).into();
    let reset = Reset {
        stamp: anne,
        subject: CHLOE.into(),
        aloud: false,
        typed,
    };
    house.run(reset).await.unwrap();
    let half = NEW.with(first).enter(&house, CHLOE).await;
    let standing = house.standing(&half).await;
    assert!(standing.devices.is_empty() && standing.device.is_none());

    let anne = TICKED.log_in(&house, ANNE, &anne_phone).await;
    house
        .run(ReportLost {
            account: ANNE.into(),
        })
        .await
        .unwrap();
    let half = house.log_in(ANNE).await.stamp;
    let standing = house.standing(&half).await;
    assert!(anne.device.is_some() && standing.devices.is_empty());
}

// L6
#[tokio::test]
async fn new_devices_and_new_places_are_told_to_those_who_have_devices_remembered() {
    let (house, _, phone, _) = house().await;
    letters(&house).await;
    NEW.log_in(&house, CHLOE, &phone).await;
    assert_eq!(
        letters(&house).await,
        [],
        "who remembers no device hears of none"
    );
    let cookie = TICKED.cookie(&house, CHLOE, &phone).await;
    assert_eq!(
        letters(&house).await,
        [("chloe".into(), Event::DeviceRemembered)]
    );
    Browser {
        address: AWAY,
        ..NEW
    }
    .log_in(&house, CHLOE, &phone)
    .await;
    assert_eq!(letters(&house).await, [("chloe".into(), Event::NewDevice)]);
    let neighbour = Browser {
        address: "203.0.113.99",
        ..NEW
    }
    .with(cookie);
    let cookie = neighbour.cookie(&house, CHLOE, &phone).await;
    assert_eq!(letters(&house).await, []);
    let away = Browser {
        address: AWAY,
        ..NEW
    };
    let cookie = away.with(cookie).cookie(&house, CHLOE, &phone).await;
    assert_eq!(letters(&house).await, [("chloe".into(), Event::NewPlace)]);
    away.with(cookie).log_in(&house, CHLOE, &phone).await;
    assert_eq!(letters(&house).await, []);
}

#[tokio::test]
async fn what_is_old_is_purged_and_so_is_everything_when_the_organization_stops() {
    let (house, anne_phone, phone, _) = house().await;
    let chloe = TICKED.log_in(&house, CHLOE, &phone).await;
    let count = |stamp| {
        let house = house.clone();
        async move {
            let standing = house.service.check(&stamp, None).await.unwrap();
            standing.map(|standing| standing.devices.len())
        }
    };
    assert_eq!(
        house.service.forget_old_devices(house.org).await.unwrap(),
        0
    );
    house.clock.advance(RETENTION);
    assert_eq!(
        house.service.forget_old_devices(house.org).await.unwrap(),
        1
    );
    assert_eq!(
        house.service.forget_old_devices(house.org).await.unwrap(),
        0
    );
    assert_eq!(count(chloe.stamp).await, Err(Refusal::StaleLogIn));

    let chloe = TICKED.log_in(&house, CHLOE, &phone).await;
    let anne = NEW.log_in(&house, ANNE, &anne_phone).await.stamp;
    house
        .run(SetDevicesRemembered {
            stamp: anne,
            on: false,
        })
        .await
        .unwrap();
    assert_eq!(
        house.service.forget_old_devices(house.org).await.unwrap(),
        1
    );
    // Nobody is thrown out by it, and nothing comes back.
    assert_eq!(count(chloe.stamp).await, Ok(0));
    house
        .run(SetDevicesRemembered {
            stamp: anne,
            on: true,
        })
        .await
        .unwrap();
    assert_eq!(
        NEW.with(chloe.device.unwrap())
            .log_in(&house, CHLOE, &phone)
            .await
            .device,
        None
    );
}

#[tokio::test]
async fn ten_devices_are_remembered_at_most() {
    let (house, _, phone, _) = house().await;
    let first = TICKED.log_in(&house, CHLOE, &phone).await;
    let mut last = first;
    for _ in 0..MOST {
        last = TICKED.log_in(&house, CHLOE, &phone).await;
    }
    let standing = house.standing(&last.stamp).await;
    assert_eq!(standing.devices.len(), MOST);
    assert!(is_over(&house, &first.stamp).await);
}

#[tokio::test]
async fn an_administrator_sees_nobody_elses_devices() {
    let (house, anne_phone, phone, _) = house().await;
    TICKED.log_in(&house, CHLOE, &phone).await;
    let anne = NEW.log_in(&house, ANNE, &anne_phone).await.stamp;
    let people = house.service.users(&anne).await.unwrap().unwrap();
    let shown = format!("{people:?}");
    assert!(
        shown.contains("chloe") && !shown.contains("203.0.113.0"),
        "{shown}"
    );
}
