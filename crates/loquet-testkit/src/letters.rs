//! What users are told, where to, and what the link in a letter does: tests that every store runs.

use std::sync::Mutex;

use loquet::store::Store;
use loquet::testing::Phone;
use loquet::{
    AccountId, Clock, Deliver, DeliveryError, Letter, MandateKind, MfaSession, NextStep, NotMeLink,
    Refusal, RoleId, Start,
};
use loquet_policy::{Event, limits};

use crate::fixture::{ANNE, BRUNO, CHLOE, DENIS, Fixture, refusal};

/// Keeps what is delivered.
#[derive(Debug, Default)]
pub struct Mailbox(Mutex<Vec<Letter>>);

impl Mailbox {
    /// Returns what was delivered.
    #[must_use]
    pub fn into_letters(self) -> Vec<Letter> {
        self.0.into_inner().unwrap()
    }
}

impl Deliver for Mailbox {
    async fn deliver(&self, letter: &Letter) -> Result<(), DeliveryError> {
        self.0.lock().unwrap().push(letter.clone());
        Ok(())
    }
}

/// Delivers what waits, and returns it.
pub async fn post(fixture: &Fixture) -> Vec<Letter> {
    let mailbox = Mailbox::default();
    let round = fixture.operator.deliver(&mailbox).await.unwrap();
    assert!(round.fault.is_none(), "{round:?}");
    let letters = mailbox.into_letters();
    assert_eq!(round.letters as usize, letters.len());
    letters
}

/// Returns the letters to one user.
#[must_use]
pub fn to(letters: &[Letter], account: u64) -> Vec<&Letter> {
    let to = |letter: &&Letter| letter.to == account.into();
    letters.iter().filter(to).collect()
}

/// Runs all of them, each over a store of its own.
pub async fn all<S: Store>(mut store: impl FnMut() -> S) {
    not_me_link_destroys_enrollment(Fixture::over(store()).await).await;
    not_me_link_expires_after_seven_days(Fixture::over(store()).await).await;
    t55_late_letter_brings_no_expired_link(Fixture::over(store()).await).await;
    cancelled_mandate_is_told_to_covered_users(Fixture::over(store()).await).await;
    administrators_letters_name_their_colleague(Fixture::over(store()).await).await;
    each_reader_of_a_mandate_is_told_once(Fixture::over(store()).await).await;
    letter_about_brunos_failures(&Fixture::over(store()).await).await;
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
    let link = letter.link.unwrap();
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
    let begun = fixture.try_begin(&half).await;
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

/// T55: the owner is told all the same.
pub async fn t55_late_letter_brings_no_expired_link(fixture: Fixture) {
    fixture.enabled().await;
    let session = fixture.log_in(DENIS).await.session;
    fixture.enroll(&session).await;
    fixture.clock.advance(limits::BINDING_LINK);
    let letters = post(&fixture).await;
    let mut bound = to(&letters, DENIS).into_iter();
    let letter = bound.find(|it| matches!(it.event, Event::Bound { .. }));
    assert_eq!(letter.unwrap().link, None);
}

/// A cancelled mandate covers no one any more; those whom it would have covered are told all the same.
pub async fn cancelled_mandate_is_told_to_covered_users(fixture: Fixture) {
    let (_, session) = fixture.enabled().await;
    let anne = fixture.user(&session).await;
    let admin = fixture.mfa.admin(&anne);
    let role = RoleId::STAFF;
    let date = fixture.clock.now().plus(30 * limits::DAY);
    admin
        .schedule_mandate(role, MandateKind::SecondFactor, Start::At(date))
        .await
        .unwrap();
    let told = post(&fixture).await;
    admin
        .cancel_mandate(role, MandateKind::SecondFactor)
        .await
        .unwrap();
    let cancelled = post(&fixture).await;
    for (letters, event) in [
        (
            told,
            Event::MandateAnnounced {
                kind: MandateKind::SecondFactor,
                role,
                date,
            },
        ),
        (
            cancelled,
            Event::MandateCancelled {
                kind: MandateKind::SecondFactor,
                role,
            },
        ),
    ] {
        let is_told = |account| {
            let letters = to(&letters, account);
            letters.iter().any(|letter| letter.event == event)
        };
        assert!(is_told(ANNE) && is_told(CHLOE));
        assert!(!is_told(DENIS));
    }
}

/// What is told of a colleague's account says whose it is; the owner's own letter does not.
pub async fn administrators_letters_name_their_colleague(fixture: Fixture) {
    for letter in letters_about_bruno(&fixture).await {
        assert_eq!(letter.about.as_deref(), Some("bruno"), "{letter:?}");
    }
}

/// The same of an account that wrong codes disabled. Not among [`all`]: the SQLite store refuses the hundredth failure, as
/// its guard takes the disabled authenticator for a used step that was taken back.
pub async fn administrators_letter_names_whom_failures_disabled(fixture: Fixture) {
    let letter = letter_about_brunos_failures(&fixture).await;
    assert_eq!(letter.about.as_deref(), Some("bruno"), "{letter:?}");
}

/// Returns Anne's letters about what happened to the account of Bruno, her fellow administrator, where the event does not
/// name the account itself; about failures see [`letter_about_brunos_failures`].
pub async fn letters_about_bruno(fixture: &Fixture) -> Vec<Letter> {
    let (annes, _) = fixture.enabled().await;
    post(fixture).await;
    let mut about = Vec::new();

    let bruno = fixture.log_in(BRUNO).await.session;
    fixture.enroll(&bruno).await;
    let letters = post(fixture).await;
    let is_bound = |event: &Event| matches!(event, Event::Bound { .. });
    about.push(annes_letter(&letters, is_bound));
    let link = to(&letters, BRUNO).into_iter();
    let link = link.flat_map(|letter| &letter.link).next().unwrap();
    let report = fixture.mfa.report_unrecognized(link, Fixture::client());
    report.await.unwrap();
    let letters = post(fixture).await;
    about.push(annes_letter(&letters, |event| {
        *event == Event::ReportedUnrecognized
    }));

    let reset_code = reset_bruno(fixture, &annes).await;
    enroll_bruno(fixture, &reset_code).await;
    let lost = fixture.mfa.report_lost(BRUNO, Fixture::client());
    lost.await.unwrap();
    let letters = post(fixture).await;
    about.push(annes_letter(&letters, |event| {
        *event == Event::ReportedLost
    }));

    let session = fixture.enter(ANNE, &annes).await;
    let anne = fixture.user(&session).await;
    let typed = fixture.code(&annes);
    let undone = fixture.mfa.admin(&anne).undo_report(BRUNO, typed);
    undone.await.unwrap();
    let letters = post(fixture).await;
    about.push(annes_letter(&letters, |event| {
        *event == Event::ReportUndone
    }));
    about
}

/// Returns Anne's letter about the hundredth wrong code that was given for Bruno, her fellow administrator.
pub async fn letter_about_brunos_failures(fixture: &Fixture) -> Letter {
    fixture.enabled().await;
    let half = fixture.log_in(BRUNO).await.session;
    let (phone, mut session) = fixture.enroll(&half).await;
    // A good code ends the wait, and takes back no failure.
    for failures in 1..=limits::FAILURES {
        let wrong = fixture.wrong_code(&phone);
        let refused = refusal(fixture.verify(&session, &wrong).await);
        assert!(matches!(refused, Refusal::WrongCode { .. }), "{refused:?}");
        if failures % 5 == 0 && failures < limits::FAILURES {
            let good = fixture.code(&phone);
            session = fixture.verify(&session, &good).await.unwrap().session;
        }
    }
    let letters = post(fixture).await;
    annes_letter(&letters, |event| *event == Event::DisabledByFailures)
}

/// Anne's letter about this; Bruno's own is about his own account.
#[track_caller]
fn annes_letter(letters: &[Letter], is: impl Fn(&Event) -> bool) -> Letter {
    let find = |account| to(letters, account).into_iter().find(|it| is(&it.event));
    let own = find(BRUNO).unwrap();
    assert_eq!(own.about, None, "{own:?}");
    find(ANNE).unwrap().clone()
}

async fn reset_bruno(fixture: &Fixture, annes: &Phone) -> String {
    let session = fixture.enter(ANNE, annes).await;
    let anne = fixture.user(&session).await;
    let typed = fixture.code(annes);
    let admin = fixture.mfa.admin(&anne);
    let issued = admin.reset(BRUNO, false, typed).await.unwrap();
    issued.reset_code.expose().to_string()
}

async fn enroll_bruno(fixture: &Fixture, reset_code: &str) -> (Phone, MfaSession) {
    let session = fixture.log_in(BRUNO).await.session;
    let begun = fixture
        .mfa
        .begin_enrollment(&session, reset_code, Fixture::client());
    let offer = begun.await.unwrap();
    fixture.confirm(&session, &offer).await
}

/// Delivers to all but one.
struct AllBut(AccountId, Mailbox);

impl Deliver for AllBut {
    async fn deliver(&self, letter: &Letter) -> Result<(), DeliveryError> {
        if letter.to == self.0 {
            return Err(DeliveryError::Temporary("this mailbox is full".into()));
        }
        self.1.deliver(letter).await
    }
}

/// A letter that fails keeps no other reader's waiting, and those who were told are not told again.
pub async fn each_reader_of_a_mandate_is_told_once(fixture: Fixture) {
    let (_, session) = fixture.enabled().await;
    let anne = fixture.user(&session).await;
    let admin = fixture.mfa.admin(&anne);
    post(&fixture).await;
    let role = RoleId::STAFF;
    let covered = [ANNE, BRUNO, CHLOE];
    for failing in covered {
        let date = fixture.clock.now().plus(30 * limits::DAY);
        admin
            .schedule_mandate(role, MandateKind::SecondFactor, Start::At(date))
            .await
            .unwrap();
        let event = Event::MandateAnnounced {
            kind: MandateKind::SecondFactor,
            role,
            date,
        };
        for is_first in [true, false] {
            let mailer = AllBut(failing.into(), Mailbox::default());
            let round = fixture.operator.deliver(&mailer).await.unwrap();
            assert_eq!(round.waiting, 1, "{round:?}");
            assert!(round.fault.is_some(), "{round:?}");
            let letters = mailer.1.into_letters();
            for account in covered {
                let told = to(&letters, account).len();
                assert_eq!(told, usize::from(is_first && account != failing));
            }
            assert!(letters.iter().all(|letter| letter.event == event));
        }
        let letters = post(&fixture).await;
        assert_eq!(letters.len(), 1, "{letters:?}");
        assert_eq!(to(&letters, failing)[0].event, event);
        assert!(post(&fixture).await.is_empty());
        admin
            .cancel_mandate(role, MandateKind::SecondFactor)
            .await
            .unwrap();
        post(&fixture).await;
    }
}
