//! What users are told, where to, and what the link in a letter does: tests that every store runs.

use std::sync::Mutex;

use loquet::store::{BoxError, Store};
use loquet::{Address, Clock, Deliver, Letter, NextStep, NotMeLink, Refusal, RoleId, Start};
use loquet_policy::{Event, limits};

use crate::fixture::{ANNE, CHLOE, DENIS, Fixture, refusal};

/// Keeps what is delivered.
#[derive(Debug, Default)]
pub struct Mailbox(Mutex<Vec<Letter>>);

impl Deliver for Mailbox {
    async fn deliver(&self, letter: &Letter) -> Result<(), BoxError> {
        self.0.lock().unwrap().push(letter.clone());
        Ok(())
    }
}

/// Delivers what waits, and returns it.
pub async fn post(fixture: &Fixture) -> Vec<Letter> {
    let mailbox = Mailbox::default();
    let round = fixture.operator.deliver(&mailbox).await.unwrap();
    assert!(round.fault.is_none(), "{round:?}");
    let letters = mailbox.0.into_inner().unwrap();
    assert_eq!(round.letters as usize, letters.len());
    letters
}

/// Returns the letters to one user.
#[must_use]
pub fn to(letters: &[Letter], account: u64) -> Vec<&Letter> {
    let to = |letter: &&Letter| letter.to == account.into();
    letters.iter().filter(to).collect()
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

/// Runs all of them, each over a store of its own.
pub async fn all<S: Store>(mut store: impl FnMut() -> S) {
    replaced_address_receives_notices_for_14_days(Fixture::over(store()).await).await;
    address_change_needs_code_when_bound(Fixture::over(store()).await).await;
    not_me_link_destroys_enrollment(Fixture::over(store()).await).await;
    not_me_link_expires_after_seven_days(Fixture::over(store()).await).await;
    cancelled_mandate_is_told_to_covered_users(Fixture::over(store()).await).await;
}

/// The host's own change.
pub async fn replaced_address_receives_notices_for_14_days(fixture: Fixture) {
    let provision = fixture.mfa.provision();
    let set = |text: &str| provision.set_address(DENIS, address(text));
    assert!(set("denis@example.org").await.unwrap());
    assert!(!set("denis@example.org").await.unwrap(), "unchanged");
    assert!(post(&fixture).await.is_empty(), "no one to tell");

    assert!(set("thief@example.net").await.unwrap());
    let letters = post(&fixture).await;
    let told = to(&letters, DENIS);
    assert_eq!(told[0].event, Event::AddressChanged);
    let both = [address("thief@example.net"), address("denis@example.org")];
    assert_eq!(told[0].addresses, both);
    assert_eq!(told[0].organization, "À petits pas");

    // Everything, for 14 days, also what is delivered later than it happened.
    fixture.enabled().await;
    fixture.clock.advance(limits::ADDRESS_OVERLAP - limits::DAY);
    let session = fixture.log_in(DENIS).await.session;
    fixture.enroll(&session).await;
    fixture.clock.advance(2 * limits::DAY);
    let letters = post(&fixture).await;
    assert_eq!(to(&letters, DENIS)[0].addresses, both);
    let lost = fixture.mfa.report_lost(DENIS, Fixture::client());
    lost.await.unwrap();
    let letters = post(&fixture).await;
    assert_eq!(to(&letters, DENIS)[0].addresses, both[..1]);

    // So many changes that the owner's address would be pushed out are refused.
    for n in 0..7 {
        assert!(set(&format!("a{n}@example.net")).await.unwrap());
    }
    assert_eq!(
        refusal(set("a9@example.net").await),
        Refusal::TooManyAddresses
    );
    fixture.clock.advance(limits::ADDRESS_OVERLAP);
    assert!(set("a9@example.net").await.unwrap());
}

/// The owner's own change.
pub async fn address_change_needs_code_when_bound(fixture: Fixture) {
    let (phone, session) = fixture.enabled().await;
    let anne = fixture.user(&session).await;
    let account = fixture.mfa.account(&anne);
    let change =
        |typed: &str| account.change_address(address("anne@example.org"), typed.to_owned());
    assert_eq!(refusal(change("").await), Refusal::StepUp);
    let wrong = refusal(change(&fixture.wrong_code(&phone)).await);
    assert!(matches!(wrong, Refusal::WrongCode { .. }), "{wrong:?}");
    assert_eq!(account.overview().await.unwrap().address(), None);
    change(&fixture.code(&phone)).await.unwrap();
    let overview = account.overview().await.unwrap();
    assert_eq!(overview.address(), Some(&address("anne@example.org")));
    // Where nothing is bound, the password is all there is.
    let session = fixture.log_in(DENIS).await.session;
    let denis = fixture.user(&session).await;
    let account = fixture.mfa.account(&denis);
    let changed = account
        .change_address(address("denis@example.org"), "")
        .await;
    changed.unwrap();
}

/// "Ce n'était pas moi".
pub async fn not_me_link_destroys_enrollment(fixture: Fixture) {
    fixture.imposed().await;
    let thief = fixture.log_in(CHLOE).await.session;
    let (phone, thief) = fixture.enroll(&thief).await;
    let letters = post(&fixture).await;
    let letter = *to(&letters, CHLOE)
        .iter()
        .find(|letter| matches!(letter.event, Event::Bound { .. }))
        .unwrap();
    let link = letter.link.clone().unwrap();
    let owners = letters.iter().filter(|letter| letter.link.is_some());
    assert!(
        owners
            .clone()
            .all(|letter| matches!(letter.event, Event::Bound { .. }))
    );
    assert_eq!(owners.count(), 2, "Anne's and Chloé's, each her own");

    let report = |link: &str| {
        let (mfa, link) = (fixture.mfa.clone(), link.parse::<NotMeLink>().unwrap());
        async move { mfa.report_unrecognized(&link, Fixture::client()).await }
    };
    let text = link.expose();
    let (account, secret) = text.split_once('-').unwrap();
    let other = if secret.starts_with('A') { 'B' } else { 'A' };
    let rest: String = secret.chars().skip(1).collect();
    let forged = report(&format!("{account}-{other}{rest}")).await;
    assert_eq!(refusal(forged), Refusal::WrongLink);

    report(&text).await.unwrap();
    assert_eq!(
        refusal(fixture.authorize(&thief).await),
        Refusal::StaleLogIn
    );
    let login = fixture.log_in(CHLOE).await;
    assert_eq!(login.next, NextStep::Enroll, "it opens nothing");
    let half = login.session;
    let typed = fixture.code(&phone);
    assert!(fixture.verify(&half, &typed).await.is_err());
    let begun = fixture
        .mfa
        .begin_enrollment(&half, "", Fixture::client())
        .await;
    assert_eq!(refusal(begun).code(), "RESET_CODE_REQUIRED");
    assert_eq!(refusal(report(&text).await), Refusal::WrongLink);
    assert!(fixture.operator.verify_audit(CHLOE.into()).await.is_ok());
}

/// Seven days, and not a second more.
pub async fn not_me_link_expires_after_seven_days(fixture: Fixture) {
    fixture.enabled().await;
    let session = fixture.log_in(DENIS).await.session;
    fixture.enroll(&session).await;
    let letters = post(&fixture).await;
    let bound = |letter: &&&Letter| letter.link.is_some();
    let letter = *to(&letters, DENIS).iter().find(bound).unwrap();
    fixture.clock.advance(limits::BINDING_LINK);
    let link = letter.link.as_ref().unwrap();
    let late = fixture.mfa.report_unrecognized(link, Fixture::client());
    assert_eq!(refusal(late.await), Refusal::WrongLink);
}

/// A cancelled mandate covers no one any more; those whom it would have covered are told all the same.
pub async fn cancelled_mandate_is_told_to_covered_users(fixture: Fixture) {
    let (_, session) = fixture.enabled().await;
    let anne = fixture.user(&session).await;
    let admin = fixture.mfa.admin(&anne);
    let role = RoleId::STAFF;
    let date = fixture.clock.now().plus(30 * limits::DAY);
    admin.schedule_mandate(role, Start::At(date)).await.unwrap();
    let told = post(&fixture).await;
    admin.cancel_mandate(role).await.unwrap();
    let cancelled = post(&fixture).await;
    for (letters, event) in [
        (told, Event::MandateAnnounced { role, date }),
        (cancelled, Event::MandateCancelled { role }),
    ] {
        let is_told = |account| {
            let letters = to(&letters, account);
            letters.iter().any(|letter| letter.event == event)
        };
        assert!(is_told(ANNE) && is_told(CHLOE));
        assert!(!is_told(DENIS));
    }
}
