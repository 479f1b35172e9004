//! What people are told, where to, and what the link in a letter does: tests that every store runs.

use std::sync::Mutex;

use loquet::flow::{
    BeginEnrollment, CancelMandate, ChangeAddress, ReportUnrecognized, ScheduleMandate, SetAddress,
};
use loquet::store::{BoxError, Store};
use loquet::{Address, Deliver, Letter, Level, Refusal, Refused, RoleId};
use loquet_policy::{Event, Start, limits};

use crate::house::{ANNE, CHLOE, DENIS, House, rule};

/// Keeps what is delivered.
#[derive(Debug, Default)]
pub struct Mailbox(Mutex<Vec<Letter>>);

impl Deliver for Mailbox {
    async fn deliver(&self, letter: &Letter) -> Result<(), BoxError> {
        self.0.lock().unwrap().push(letter.clone());
        Ok(())
    }
}

/// Delivers what waits, and hands it over.
pub async fn post(house: &House) -> Vec<Letter> {
    let mailbox = Mailbox::default();
    let round = house.service.deliver(&mailbox).await.unwrap();
    assert!(round.fault.is_none(), "{round:?}");
    let letters = mailbox.0.into_inner().unwrap();
    assert_eq!(round.letters as usize, letters.len());
    letters
}

/// The letters to one person.
#[must_use]
pub fn to(letters: &[Letter], account: u64) -> Vec<&Letter> {
    let to = |letter: &&Letter| letter.to == account.into();
    letters.iter().filter(to).collect()
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

/// All of them, each over a store of its own.
pub async fn all<S: Store>(mut store: impl FnMut() -> S) {
    a_change_of_address_is_told_to_the_old_one_which_hears_on(House::over(store()).await).await;
    a_bound_owner_changes_the_address_with_a_fresh_code(House::over(store()).await).await;
    the_link_in_the_letter_destroys_what_was_enrolled(House::over(store()).await).await;
    the_link_in_the_letter_lives_seven_days(House::over(store()).await).await;
    a_cancelled_mandate_is_told_to_everybody_whom_it_would_have_covered(House::over(store()).await)
        .await;
}

/// The host's own change.
pub async fn a_change_of_address_is_told_to_the_old_one_which_hears_on(house: House) {
    let set = |text: &str| SetAddress {
        account: DENIS.into(),
        address: address(text),
    };
    house.run(set("denis@example.org")).await.unwrap();
    assert_eq!(
        rule(house.run(set("denis@example.org")).await),
        Refusal::Unchanged
    );
    assert!(post(&house).await.is_empty(), "nobody to tell");

    house.run(set("thief@example.net")).await.unwrap();
    let letters = post(&house).await;
    let told = to(&letters, DENIS);
    assert_eq!(told[0].event, Event::AddressChanged);
    let both = [address("thief@example.net"), address("denis@example.org")];
    assert_eq!(told[0].addresses, both);
    assert_eq!(told[0].organization, "À petits pas");

    // Everything, for 14 days, also what is delivered later than it happened.
    house.enabled().await;
    house.clock.advance(limits::ADDRESS_OVERLAP - limits::DAY);
    let stamp = house.log_in(DENIS).await.stamp;
    house.enroll(stamp).await;
    house.clock.advance(2 * limits::DAY);
    let letters = post(&house).await;
    assert_eq!(to(&letters, DENIS)[0].addresses, both);
    let stamp = house.log_in(DENIS).await.stamp;
    let lost = loquet::flow::ReportLost {
        account: stamp.account(),
    };
    house.run(lost).await.unwrap();
    let letters = post(&house).await;
    assert_eq!(to(&letters, DENIS)[0].addresses, both[..1]);

    // So many changes that the owner's address would be pushed out are refused.
    for n in 0..7 {
        house.run(set(&format!("a{n}@example.net"))).await.unwrap();
    }
    assert_eq!(
        house.run(set("a9@example.net")).await,
        Err(Refused::TooManyAddresses)
    );
    house.clock.advance(limits::ADDRESS_OVERLAP);
    house.run(set("a9@example.net")).await.unwrap();
}

/// The owner's own change.
pub async fn a_bound_owner_changes_the_address_with_a_fresh_code(house: House) {
    let (phone, stamp) = house.enabled().await;
    let change = |typed: &str| ChangeAddress {
        stamp,
        address: address("anne@example.org"),
        typed: typed.into(),
    };
    assert_eq!(rule(house.run(change("")).await), Refusal::StepUp);
    let wrong = house.wrong_code(&phone);
    let refusal = rule(house.run(change(&wrong)).await);
    assert!(matches!(refusal, Refusal::WrongCode { .. }), "{refusal:?}");
    let standing = house.standing(&stamp).await;
    assert_eq!(standing.address, None);
    let typed = house.code(&phone);
    house.run(change(&typed)).await.unwrap();
    let standing = house.standing(&stamp).await;
    assert_eq!(standing.address, Some(address("anne@example.org")));
    // Where nothing is bound, the password is all there is.
    let stamp = house.log_in(DENIS).await.stamp;
    let change = ChangeAddress {
        stamp,
        address: address("denis@example.org"),
        typed: "".into(),
    };
    house.run(change).await.unwrap();
}

/// "Ce n'était pas moi".
pub async fn the_link_in_the_letter_destroys_what_was_enrolled(house: House) {
    house.imposed().await;
    let thief = house.log_in(CHLOE).await.stamp;
    let (phone, thief) = house.enroll(thief).await;
    let letters = post(&house).await;
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

    let text = link.expose();
    let (account, secret) = text.split_once('-').unwrap();
    let other = if secret.starts_with('A') { 'B' } else { 'A' };
    let rest: String = secret.chars().skip(1).collect();
    let forged = format!("{account}-{other}{rest}");
    let forged = ReportUnrecognized::by(&forged.parse().unwrap());
    assert_eq!(rule(house.run(forged).await), Refusal::WrongLink);

    let read = text.parse().unwrap();
    house.run(ReportUnrecognized::by(&read)).await.unwrap();
    assert_eq!(
        house
            .service
            .check(&thief, None)
            .await
            .unwrap()
            .unwrap_err(),
        Refusal::StaleLogIn
    );
    let half = house.log_in(CHLOE).await.stamp;
    assert_eq!(half.level(), Level::EnrollOnly, "it opens nothing");
    assert!(house.give(half, &house.code(&phone)).await.is_err());
    let begin = BeginEnrollment {
        stamp: half,
        reset_code: "".into(),
    };
    assert_eq!(rule(house.run(begin).await).code(), "RESET_CODE_REQUIRED");
    assert_eq!(
        rule(house.run(ReportUnrecognized::by(&read)).await),
        Refusal::WrongLink
    );
    assert!(house.service.verify_audit(CHLOE.into()).await.is_ok());
}

/// Seven days, and not a second more.
pub async fn the_link_in_the_letter_lives_seven_days(house: House) {
    house.enabled().await;
    let stamp = house.log_in(DENIS).await.stamp;
    house.enroll(stamp).await;
    let letters = post(&house).await;
    let bound = |letter: &&&Letter| letter.link.is_some();
    let link = to(&letters, DENIS)
        .iter()
        .find(bound)
        .unwrap()
        .link
        .clone()
        .unwrap();
    house.clock.advance(limits::BINDING_LINK);
    assert_eq!(
        rule(house.run(ReportUnrecognized::by(&link)).await),
        Refusal::WrongLink
    );
}

/// A cancelled mandate covers nobody any more; they hear of it all the same.
pub async fn a_cancelled_mandate_is_told_to_everybody_whom_it_would_have_covered(house: House) {
    let (_, stamp) = house.enabled().await;
    let role = RoleId::EMPLOYEE;
    let date = loquet::Clock::now(&house.clock).plus(30 * limits::DAY);
    let start = Start::At(date);
    house
        .run(ScheduleMandate { stamp, role, start })
        .await
        .unwrap();
    let told = post(&house).await;
    house.run(CancelMandate { stamp, role }).await.unwrap();
    let cancelled = post(&house).await;
    for (letters, event) in [
        (told, Event::MandateAnnounced { role, date }),
        (cancelled, Event::MandateCancelled { role }),
    ] {
        for account in [ANNE, CHLOE] {
            assert!(
                to(&letters, account)
                    .iter()
                    .any(|letter| letter.event == event)
            );
        }
        assert!(
            !to(&letters, DENIS)
                .iter()
                .any(|letter| letter.event == event)
        );
    }
}
