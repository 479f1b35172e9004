//! Where notices go, and what it takes to change that: tests that every store runs.

use std::collections::BTreeSet;
use std::sync::Mutex;

use loquet::store::Store;
use loquet::{
    Address, AddressState, Clock, Deliver, DeliveryError, DeliveryFailureKind, Letter, Refusal,
};
use loquet_policy::{Event, limits};

use crate::fixture::{ANNE, CHLOE, DENIS, Fixture, refusal};
use crate::letters::{post, to};

/// Reads an address.
#[must_use]
pub fn address(text: &str) -> Address {
    text.parse().unwrap()
}

/// Delivers to all but some addresses, and keeps what it delivered.
#[derive(Debug, Default)]
pub struct Mail {
    /// Refused for good.
    pub refused: BTreeSet<Address>,
    /// Refused for now.
    pub busy: BTreeSet<Address>,
    sent: Mutex<Vec<Letter>>,
    tries: Mutex<Vec<Address>>,
}

impl Mail {
    /// Delivers what waits. Returns the letters, and the round.
    pub async fn round(&self, fixture: &Fixture) -> (Vec<Letter>, loquet::Delivered) {
        let round = fixture.operator.deliver(self).await.unwrap();
        let letters = std::mem::take(&mut *self.sent.lock().unwrap());
        assert_eq!(round.letters as usize, letters.len());
        (letters, round)
    }
}

impl Deliver for Mail {
    async fn deliver(&self, letter: &Letter) -> Result<(), DeliveryError> {
        if let Some(address) = &letter.address {
            self.tries.lock().unwrap().push(address.clone());
            if self.refused.contains(address) {
                return Err(DeliveryError::Permanent("550 no such user".into()));
            }
            if self.busy.contains(address) {
                return Err(DeliveryError::Temporary("451 later".into()));
            }
        }
        self.sent.lock().unwrap().push(letter.clone());
        Ok(())
    }
}

fn addresses(letters: &[&Letter]) -> Vec<Address> {
    let addresses = letters.iter().map(|letter| letter.address.clone().unwrap());
    addresses.collect()
}

/// Types back the code that the host's change of an address sends, in a new session.
pub async fn change_address(fixture: &Fixture, account: u64, text: &str) {
    let provision = fixture.mfa.provision();
    assert!(provision.set_address(account, address(text)).await.unwrap());
    let code = code(&post(fixture).await, account);
    confirm(fixture, account, &code).await.unwrap();
}

/// The code that a letter brings to an account's new address.
#[must_use]
pub fn code(letters: &[Letter], account: u64) -> String {
    let mut codes = to(letters, account)
        .into_iter()
        .filter_map(|it| it.code.as_ref());
    codes.next().unwrap().expose().to_owned()
}

async fn confirm(fixture: &Fixture, account: u64, code: &str) -> Result<(), loquet::Error> {
    let session = fixture.log_in(account).await.session;
    let user = fixture.user(&session).await;
    fixture.mfa.account(&user).confirm_address(code).await
}

/// Runs all of them, each over a store of its own.
pub async fn all<S: Store>(mut store: impl FnMut() -> S) {
    replaced_address_receives_notices_for_14_days(Fixture::over(store()).await).await;
    address_change_needs_code_when_bound(Fixture::over(store()).await).await;
    new_address_counts_after_its_code(Fixture::over(store()).await).await;
    wrong_address_codes_are_counted(Fixture::over(store()).await).await;
    t30_each_address_is_its_own_delivery(Fixture::over(store()).await).await;
    t30_thiefs_address_cannot_silence_owner(Fixture::over(store()).await).await;
    failing_address_is_given_up_after_a_week(Fixture::over(store()).await).await;
}

/// The host's own changes.
pub async fn replaced_address_receives_notices_for_14_days(fixture: Fixture) {
    let provision = fixture.mfa.provision();
    let set = |text: &str| provision.set_address(DENIS, address(text));
    assert!(set("denis@example.org").await.unwrap());
    assert!(!set("denis@example.org").await.unwrap(), "unchanged");
    assert!(
        post(&fixture).await.is_empty(),
        "no former address to write to"
    );

    change_address(&fixture, DENIS, "thief@example.net").await;
    let letters = post(&fixture).await;
    let told = to(&letters, DENIS);
    let both = [address("denis@example.org"), address("thief@example.net")];
    assert_eq!(addresses(&told), both);
    assert!(told.iter().all(|it| it.event == Event::AddressChanged));
    assert_eq!(told[0].organization, "À petits pas");

    // Everything, for 14 days, also what is delivered later than it happened.
    fixture.enabled().await;
    fixture.clock.advance(limits::ADDRESS_OVERLAP - limits::DAY);
    let session = fixture.log_in(DENIS).await.session;
    fixture.enroll(&session).await;
    fixture.clock.advance(2 * limits::DAY);
    let letters = post(&fixture).await;
    assert_eq!(addresses(&to(&letters, DENIS)), both);
    let lost = fixture.mfa.report_lost(DENIS, Fixture::client());
    lost.await.unwrap();
    let letters = post(&fixture).await;
    assert_eq!(addresses(&to(&letters, DENIS)), both[1..]);
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
    assert!(account.overview().await.unwrap().addresses().is_empty());
    change(&fixture.code(&phone)).await.unwrap();
    let code = code(&post(&fixture).await, ANNE);
    account.confirm_address(code).await.unwrap();
    let overview = account.overview().await.unwrap();
    assert_eq!(overview.address(), Some(&address("anne@example.org")));
    // Where nothing is bound, the password is all there is: it must be recent.
    let session = fixture.log_in(DENIS).await.session;
    let denis = fixture.user(&session).await;
    let account = fixture.mfa.account(&denis);
    let change = || account.change_address(address("denis@example.org"), "");
    fixture.clock.advance(limits::RECENT + 1);
    assert_eq!(refusal(change().await), Refusal::PasswordRequired);
    let again = fixture.mfa.reauthenticated(&session, Fixture::client());
    let denis = fixture.user(&again.await.unwrap().session).await;
    let account = fixture.mfa.account(&denis);
    fixture.clock.advance(limits::RECENT);
    let changed = account.change_address(address("denis@example.org"), "");
    changed.await.unwrap();
}

/// Until the code of a new address is typed back, notices go to the old one, be it the owner or a thief who set the new
/// one. Only the first address that the host gives counts at once: it replaces none.
pub async fn new_address_counts_after_its_code(fixture: Fixture) {
    let session = fixture.log_in(DENIS).await.session;
    let user = fixture.user(&session).await;
    let denis = fixture.mfa.account(&user);
    // A session's first address is not the host's.
    let first = address("denis@example.org");
    denis.change_address(first.clone(), "").await.unwrap();
    let shown = denis.overview().await.unwrap();
    assert_eq!(shown.address(), None);
    let expires = Some(fixture.clock.now().plus(limits::ADDRESS_CODE));
    assert_eq!(
        shown.addresses()[0].state,
        AddressState::Pending { expires }
    );
    let letters = post(&fixture).await;
    assert_eq!(
        addresses(&to(&letters, DENIS)),
        std::slice::from_ref(&first)
    );
    denis.confirm_address(code(&letters, DENIS)).await.unwrap();
    assert_eq!(post(&fixture).await[0].event, Event::AddressChanged);

    let second = address("denis@example.com");
    let provision = fixture.mfa.provision();
    let set = || provision.set_address(DENIS, second.clone());
    assert!(set().await.unwrap());
    assert!(!set().await.unwrap(), "it waits already");
    assert_eq!(
        provision.address(DENIS.into()).await.unwrap(),
        Some(first.clone())
    );
    let letters = post(&fixture).await;
    let told = to(&letters, DENIS);
    assert_eq!(addresses(&told), [first.clone(), second.clone()]);
    assert!(told.iter().all(|it| it.event == Event::AddressChangeBegun));
    assert!(
        told[0].code.is_none(),
        "the code is the new address's alone"
    );
    denis.confirm_address(code(&letters, DENIS)).await.unwrap();
    let overview = denis.overview().await.unwrap();
    assert_eq!(overview.address(), Some(&second));
    assert!(matches!(
        overview.addresses()[0].state,
        AddressState::Former { .. }
    ));
    assert_eq!(post(&fixture).await.len(), 2);

    // A code that was not delivered in its ten minutes is not delivered at all.
    assert!(provision.set_address(DENIS, first.clone()).await.unwrap());
    fixture.clock.advance(limits::ADDRESS_CODE);
    let letters = post(&fixture).await;
    assert!(letters.iter().all(|it| it.code.is_none()), "{letters:?}");
    let state = AddressState::Pending { expires: None };
    let overview = denis.overview().await.unwrap();
    assert!(overview.addresses().iter().any(|it| it.state == state));
}

/// NIST SP 800-63B-4 §3.1.3.2: another code ends the one before it, and takes no wrong try back.
pub async fn wrong_address_codes_are_counted(fixture: Fixture) {
    let session = fixture.log_in(DENIS).await.session;
    let user = fixture.user(&session).await;
    let denis = fixture.mfa.account(&user);
    let change = || denis.change_address(address("denis@example.org"), "");
    change().await.unwrap();
    let old = code(&post(&fixture).await, DENIS);
    let confirm = |code: &str| denis.confirm_address(code.to_owned());
    assert_eq!(refusal(confirm("1234").await), Refusal::Malformed);
    fixture.clock.advance(1);
    change().await.unwrap();
    let new = code(&post(&fixture).await, DENIS);
    assert_ne!(old, new);
    for _ in 0..limits::ADDRESS_CODE_TRIES {
        let refused = refusal(confirm(&old).await);
        assert_eq!(refused, Refusal::WrongAddressCode);
    }
    assert_eq!(refusal(confirm(&new).await), Refusal::NoAddressCode);
    let wait = limits::DAY - 1;
    assert_eq!(
        refusal(change().await),
        Refusal::TooManyAddressCodes { wait }
    );
}

/// T30: what fails at one address is noted there, is shown, and holds up no other.
pub async fn t30_each_address_is_its_own_delivery(fixture: Fixture) {
    let provision = fixture.mfa.provision();
    let [first, second, third] = ["a@example.org", "b@example.net", "c@example.com"].map(address);
    provision.set_address(DENIS, first.clone()).await.unwrap();
    for text in ["b@example.net", "c@example.com"] {
        change_address(&fixture, DENIS, text).await;
        post(&fixture).await;
    }
    fixture.enabled().await;
    post(&fixture).await;
    let session = fixture.log_in(DENIS).await.session;
    let (_, session) = fixture.enroll(&session).await;
    let mail = Mail {
        refused: [first.clone()].into(),
        busy: [second.clone()].into(),
        ..Mail::default()
    };
    let (letters, round) = mail.round(&fixture).await;
    assert_eq!(
        addresses(&to(&letters, DENIS)),
        std::slice::from_ref(&third)
    );
    assert_eq!((round.failed, round.waiting), (1, 1), "{round:?}");
    assert!(round.fault.is_some());
    // The oldest is tried first, and none twice.
    let tries = std::mem::take(&mut *mail.tries.lock().unwrap());
    assert_eq!(tries, [first.clone(), second.clone(), third.clone()]);
    let (letters, round) = mail.round(&fixture).await;
    assert!(letters.is_empty() && round.waiting == 1, "{round:?}");
    assert_eq!(addresses(&to(&post(&fixture).await, DENIS)), [second]);

    let user = fixture.user(&session).await;
    let overview = fixture.mfa.account(&user).overview().await.unwrap();
    let users = fixture.operator.users(fixture.org).await.unwrap();
    let entry = users.iter().find(|it| it.account_id() == DENIS.into());
    for shown in [overview.addresses(), entry.unwrap().addresses()] {
        let failures = shown.iter().map(|it| it.failure.map(|it| it.kind));
        let refused = Some(DeliveryFailureKind::Refused);
        assert_eq!(failures.collect::<Vec<_>>(), [refused, None, None]);
    }
    // What arrives again is no failure any more.
    let lost = fixture.mfa.report_lost(DENIS, Fixture::client());
    lost.await.unwrap();
    post(&fixture).await;
    let users = fixture.operator.users(fixture.org).await.unwrap();
    let entry = users.iter().find(|it| it.account_id() == DENIS.into());
    let addresses = entry.unwrap().addresses();
    assert!(addresses.iter().all(|it| it.failure.is_none()));
    assert!(fixture.operator.verify_audit(DENIS.into()).await.is_ok());
}

/// T30: a thief of the password sets an address that answers 550, and enrolls. The owner hears of all of it, and the link
/// undoes it.
pub async fn t30_thiefs_address_cannot_silence_owner(fixture: Fixture) {
    let owners = address("chloe@example.org");
    let provision = fixture.mfa.provision();
    provision.set_address(CHLOE, owners.clone()).await.unwrap();
    fixture.enabled().await;
    post(&fixture).await;
    let mail = Mail {
        refused: [address("nobody@thief.example")].into(),
        ..Mail::default()
    };
    let thief = fixture.log_in(CHLOE).await.session;
    let user = fixture.user(&thief).await;
    let account = fixture.mfa.account(&user);
    let change = account.change_address(address("nobody@thief.example"), "");
    change.await.unwrap();
    let (mut letters, round) = mail.round(&fixture).await;
    assert_eq!((round.failed, round.waiting), (1, 0), "{round:?}");
    // The enrollment ends what the password alone began.
    fixture.enroll(&thief).await;
    letters.extend(mail.round(&fixture).await.0);
    let told = to(&letters, CHLOE);
    assert_eq!(addresses(&told), [owners.clone(), owners.clone()]);
    assert!(told.iter().any(|it| it.event == Event::AddressChangeBegun));
    let link = told.iter().find_map(|it| it.link.as_ref()).unwrap();
    let report = fixture.mfa.report_unrecognized(link, Fixture::client());
    report.await.unwrap();
    let present = provision.address(CHLOE.into()).await.unwrap();
    assert_eq!(present, Some(owners));
}

/// Seven days, and then the account says so.
pub async fn failing_address_is_given_up_after_a_week(fixture: Fixture) {
    let owners = address("denis@example.org");
    let provision = fixture.mfa.provision();
    provision.set_address(DENIS, owners.clone()).await.unwrap();
    let mail = Mail {
        busy: [owners.clone()].into(),
        ..Mail::default()
    };
    for n in 0..5 {
        let other = address(&format!("a{n}@example.net"));
        assert!(provision.set_address(DENIS, other).await.unwrap());
    }
    fixture.clock.advance(limits::ADDRESS_CODE);
    let round = mail.round(&fixture).await.1;
    assert_eq!((round.failed, round.waiting), (0, 5), "{round:?}");
    assert_eq!(mail.tries.lock().unwrap().len(), 3, "tries in a round");
    let week = 7 * limits::DAY - limits::ADDRESS_CODE;
    fixture.clock.advance(week - 1);
    let round = mail.round(&fixture).await.1;
    assert_eq!((round.failed, round.waiting), (0, 5), "{round:?}");
    fixture.clock.advance(1);
    let round = mail.round(&fixture).await.1;
    assert_eq!((round.failed, round.waiting), (5, 0), "{round:?}");
    let users = fixture.operator.users(fixture.org).await.unwrap();
    let entry = users.iter().find(|it| it.account_id() == DENIS.into());
    let failure = entry.unwrap().addresses()[0].failure.unwrap();
    assert_eq!(failure.kind, DeliveryFailureKind::TimedOut);
}
