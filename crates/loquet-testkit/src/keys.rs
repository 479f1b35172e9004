//! Keys, over any store: a wrong ring is refused at start, rotation goes on beside log-ins, a retired key is not missed.

use loquet::flow::LogIn;
use loquet::seal::SealError;
use loquet::store::Store;
use loquet::testing::{Phone, TestClock};
use loquet::{Keyring, NewAccount, Resealed, Service, ServiceError};

use crate::house::{ANNE, BRUNO, CHLOE, DENIS, House};

/// The house's own key, and the one that follows it.
fn ring(lines: &[&str]) -> Keyring {
    let known = |line: &&str| match *line {
        "1" => Keyring::line(1, &[7; 32]).to_string(),
        "2" => Keyring::line(2, &[8; 32]).to_string(),
        "2 waiting" => Keyring::line(2, &[8; 32]).trim_end().to_owned() + " waiting\n",
        other => panic!("no such line: {other}"),
    };
    Keyring::parse(&lines.iter().map(known).collect::<String>()).unwrap()
}

/// All of it; `fresh` makes an empty store, and gives what opens it again and again.
pub async fn all<S: Store, O: Fn() -> S>(mut fresh: impl FnMut() -> O) {
    a_wrong_or_missing_key_is_refused_at_start(fresh()).await;
    keys_are_rotated_beside_log_ins_and_the_old_one_is_retired(fresh()).await;
    a_rotation_that_was_cut_off_goes_on(fresh()).await;
}

async fn refusal<S: Store>(store: S, keys: Keyring) -> SealError {
    match Service::open(store, keys).await {
        Err(ServiceError::Keys(why)) => why,
        other => panic!("expected a refusal of the keys, got {other:?}"),
    }
}

async fn a_wrong_or_missing_key_is_refused_at_start<S: Store>(open: impl Fn() -> S) {
    let house = House::over(open()).await;
    let wrong = Keyring::single(1, [9; 32]);
    assert_eq!(refusal(open(), wrong.clone()).await, SealError::DoesNotOpen);
    assert_eq!(
        refusal(open(), ring(&["2"])).await,
        SealError::MissingKey(1)
    );
    assert!(Service::open(open(), ring(&["1"])).await.is_ok());
    // Without that look at start the first request finds out, and nothing is decided.
    let careless = Service::new(open(), wrong.clone()).unwrap();
    let log_in = LogIn {
        account: DENIS.into(),
    };
    let answer = careless.run(log_in, &House::request()).await;
    assert!(matches!(answer, Err(ServiceError::Keys(_))), "{answer:?}");
    assert_eq!(house.service.verify_audit(DENIS.into()).await.unwrap(), 0);
    let changed = house.service.change_keys(wrong).await;
    assert!(matches!(changed, Err(ServiceError::Keys(_))), "{changed:?}");
    house.log_in(DENIS).await;
}

async fn keys_are_rotated_beside_log_ins_and_the_old_one_is_retired<S: Store>(
    open: impl Fn() -> S,
) {
    let house = House::over(open()).await;
    let (phone, _) = house.imposed().await;
    let mut phones = vec![(ANNE, phone)];
    for account in [BRUNO, CHLOE] {
        let half = house.log_in(account).await.stamp;
        phones.push((account, house.enroll(half).await.0));
    }
    let under = |service: &Service| {
        let service = service.clone();
        async move {
            let sealed = service.sealed().await.unwrap();
            let count = |key| sealed.under.get(&key).copied().unwrap_or(0);
            (count(1), count(2), sealed.root)
        }
    };
    assert_eq!(under(&house.service).await, (3, 0, 1));

    // First every process learns the new key, and none seals under it.
    house
        .service
        .change_keys(ring(&["1", "2 waiting"]))
        .await
        .unwrap();
    let rotating = Service::with_clock(open(), ring(&["1", "2"]), house.clock.clone()).unwrap();
    let (resealed, ()) = tokio::join!(rotating.reseal(|_| {}), async {
        for (account, phone) in &phones {
            let stamp = house.log_in(*account).await.stamp;
            assert!(house.give(stamp, &house.code(phone)).await.is_ok());
        }
    });
    assert_eq!(resealed.unwrap().seen, 4);
    // Whoever logged in meanwhile was sealed under the old key again, which is seen.
    let (fell_back, _, root) = under(&rotating).await;
    assert_eq!(root, 2);
    assert_eq!(rotating.sealed().await.unwrap().outdated, fell_back);

    // Then every process seals under it, and the old one goes.
    house.service.change_keys(ring(&["1", "2"])).await.unwrap();
    let again = rotating.reseal(|_| {}).await.unwrap();
    assert_eq!(
        again,
        Resealed {
            seen: 4,
            anew: fell_back
        }
    );
    assert_eq!(under(&rotating).await, (0, 3, 2));
    assert!(!rotating.sealed().await.unwrap().needs(1));
    house.service.change_keys(ring(&["2"])).await.unwrap();
    assert_eq!(
        refusal(open(), ring(&["1"])).await,
        SealError::MissingKey(2)
    );

    everybody_logs_in_under_the_new_key(open, &house, &phones).await;
}

async fn everybody_logs_in_under_the_new_key<S: Store>(
    open: impl Fn() -> S,
    house: &House,
    phones: &[(u64, Phone)],
) {
    assert!(Service::open(open(), ring(&["2"])).await.is_ok());
    let alone = House {
        service: Service::with_clock(open(), ring(&["2"]), house.clock.clone()).unwrap(),
        ..house.clone()
    };
    for (account, phone) in phones {
        assert!(alone.service.verify_audit((*account).into()).await.unwrap() > 2);
        let stamp = alone.log_in(*account).await.stamp;
        assert!(alone.give(stamp, &alone.code(phone)).await.is_ok());
    }
}

async fn a_rotation_that_was_cut_off_goes_on<S: Store>(open: impl Fn() -> S) {
    const HOUSES: u64 = 4;
    let clock = TestClock::at(1_790_000_000);
    let service = Service::with_clock(open(), ring(&["1"]), clock.clone()).unwrap();
    for number in 1..=HOUSES {
        let org = service
            .ensure_organization(number.into(), "House")
            .await
            .unwrap();
        let id = (100 + number).into();
        let roles = [loquet::RoleId::ADMINISTRATOR];
        service
            .ensure_account(
                org,
                NewAccount {
                    id,
                    external_id: "ada",
                    label: "ada",
                    roles: &roles,
                },
            )
            .await
            .unwrap();
        let house = House {
            service: service.clone(),
            clock: clock.clone(),
            org,
        };
        let stamp = house.log_in(100 + number).await.stamp;
        let seal = service.propose_break_glass(&stamp).await.unwrap().unwrap();
        let typed_back = seal.expose().rsplit('-').next().unwrap().into();
        house
            .run(loquet::flow::EnableMfa { stamp, typed_back })
            .await
            .unwrap();
        house.enroll(stamp).await;
    }
    let rotating = Service::with_clock(open(), ring(&["1", "2"]), clock).unwrap();
    let cut_off = rotating.clone();
    let power_cut = |done: Resealed| assert!(done.seen < 2, "the power is cut: this is meant");
    let cut = tokio::spawn(async move { cut_off.reseal(power_cut).await }).await;
    assert!(cut.is_err(), "{cut:?}");
    let left = rotating.sealed().await.unwrap();
    assert!(
        left.needs(1) && (1..HOUSES).contains(&left.outdated),
        "{left:?}"
    );
    let rest = rotating.reseal(|_| {}).await.unwrap();
    assert_eq!(
        rest,
        Resealed {
            seen: HOUSES,
            anew: left.outdated
        }
    );
    assert_eq!(rotating.reseal(|_| {}).await.unwrap().anew, 0);
    assert!(!rotating.sealed().await.unwrap().needs(1));
}
