//! Two imports for the same account at once, by two services over one file: one binds, and the other says so.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::thread;

use loquet::{AccountId, Error, ImportedAuthenticator, Operator, Secret, wait};

use super::json_lines;
use super::moving::{code, now, takes};
use super::shop::Shop;
use super::sources::service;

/// Accounts that are raced for, one after the other.
const RACES: u32 = 100;

/// What a service answers.
#[derive(Debug, PartialEq)]
enum Answer {
    Imported,
    AlreadyThere,
    DifferentKey,
    Busy,
}

fn import(mfa: &Operator, number: u32, secret: &[u8]) -> Answer {
    let imported = ImportedAuthenticator::new(Secret::new(secret).unwrap());
    let account = u64::from(1000 + number);
    match wait(mfa.provision().import_authenticator(account, imported)) {
        Ok(true) => Answer::Imported,
        Ok(false) => Answer::AlreadyThere,
        Err(Error::Busy) => Answer::Busy,
        Err(Error::Refused(why)) if why.code() == "DIFFERENT_KEY" => Answer::DifferentKey,
        Err(other) => panic!("{number}: {other}"),
    }
}

/// Lets two services import at the same moments, one after the other for each account, and returns what each answered.
fn race(shop: &Shop, secret: fn(racer: u8, number: u32) -> Vec<u8>) -> Vec<[Answer; 2]> {
    let start = Barrier::new(2);
    let racers = [0, 1].map(|racer| (racer, shop.operator()));
    let [first, second] = thread::scope(|scope| {
        let threads = racers.each_ref().map(|(racer, mfa)| {
            let start = &start;
            scope.spawn(move || {
                let imports = (1..=RACES).map(|number| {
                    start.wait();
                    import(mfa, number, &secret(*racer, number))
                });
                imports.collect::<Vec<_>>()
            })
        });
        threads.map(|thread| thread.join().unwrap())
    });
    let pairs = first.into_iter().zip(second);
    pairs.map(|(one, other)| [one, other]).collect()
}

/// How many imports the audit log has of each account.
fn bound(shop: &Shop) -> BTreeMap<String, u32> {
    shop.json(&["audit", "verify"]);
    let export = shop.loquet(&["audit", "export"], None);
    let mut bound = BTreeMap::new();
    for record in json_lines(&export.stdout) {
        if record["what"] == "import_authenticator" && record["verdict"] == "GRANTED" {
            *bound.entry(record["actor_name"].to_string()).or_insert(0) += 1;
        }
    }
    bound
}

/// Exactly one of the two was imported, and the other was told this or to try again; whose it was is the account's.
fn one_wins(shop: &Shop, answers: &[[Answer; 2]], secret: fn(u8, u32) -> Vec<u8>, loser: &Answer) {
    let later = now() + 900;
    let mfa = service(shop, later);
    for (number, pair) in (1..).zip(answers) {
        let winner = pair.iter().position(|it| *it == Answer::Imported);
        let winner = winner.unwrap_or_else(|| panic!("{number}: {pair:?}"));
        let other = &pair[1 - winner];
        assert!(
            other == loser || *other == Answer::Busy,
            "{number}: {pair:?}"
        );
        let account = AccountId::from(u64::from(1000 + number));
        let [won, lost] = [winner, 1 - winner].map(|racer| {
            let secret = secret(u8::try_from(racer).unwrap(), number);
            code(&secret, later)
        });
        wait(async {
            if won != lost {
                assert!(!takes(&mfa, account, &lost).await, "{number}");
            }
            assert!(takes(&mfa, account, &won).await, "{number}");
        });
    }
    let bound = bound(shop);
    assert_eq!(bound.len(), RACES as usize);
    assert!(bound.values().all(|times| *times == 1), "{bound:?}");
}

#[test]
fn one_of_two_services_imports_a_key() {
    let shop = Shop::crowded(RACES);
    let secret = |_, number| format!("{number:020}").into_bytes();
    let answers = race(&shop, secret);
    one_wins(&shop, &answers, secret, &Answer::AlreadyThere);
}

#[test]
fn one_of_two_keys_is_imported() {
    let shop = Shop::crowded(RACES);
    let secret = |racer, number| format!("{racer} {number:018}").into_bytes();
    let answers = race(&shop, secret);
    one_wins(&shop, &answers, secret, &Answer::DifferentKey);
}
