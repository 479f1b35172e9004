//! The article's sentences, in its order, as tests over the whole library: real operations, a store, a phone that shares
//! no code with us. What it says of buttons is tried in a browser (the demo's `tests/browser`).

mod beyond;
mod by_hand;
mod congratulations;
mod my_account;
mod set_up;

use loquet::store::MemoryStore;
use loquet::{MfaSession, NextStep, Offer};
use loquet_testkit::fixture::Fixture;

async fn fixture() -> Fixture {
    Fixture::over(MemoryStore::new()).await
}

/// What a user who logs in and must enroll is shown.
async fn offered(fixture: &Fixture, account: u64) -> (MfaSession, Offer) {
    let login = fixture.log_in(account).await;
    assert_eq!(login.next, NextStep::Enroll);
    let offer = fixture.begin(&login.session).await;
    (login.session, offer)
}

/// Every sentence stands above a test, in its order.
#[test]
fn no_sentence_is_missing_or_misplaced() {
    let sentences: Vec<&str> = include_str!("article.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    let tests = [
        include_str!("congratulations.rs"),
        include_str!("set_up.rs"),
        include_str!("by_hand.rs"),
        include_str!("my_account.rs"),
        include_str!("beyond.rs"),
    ];
    let mut quoted = Vec::new();
    let mut above = String::new();
    for line in tests.iter().flat_map(|test| test.lines()) {
        if let Some(words) = line.strip_prefix("/// ") {
            above.push_str(words);
            above.push(' ');
            continue;
        }
        if line == "#[tokio::test]" {
            let quotes = above.split("« ").skip(1);
            quoted.extend(quotes.filter_map(|quote| Some(quote.rsplit_once(" »")?.0.to_owned())));
        }
        above.clear();
    }
    assert_eq!(quoted, sentences);
}
