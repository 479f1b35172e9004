//! Several authenticators of one account.

use loquet::testing::Phone;
use loquet::{AuthenticatorEntry, AuthenticatorId, Config, Error, MfaSession, Refusal};
use loquet_policy::{Event, Purpose, limits};

use crate::fixture::{ANNE, DENIS, Fixture, refusal};
use crate::letters::{post, to};

const FIRST: AuthenticatorId = AuthenticatorId(1);
const SECOND: AuthenticatorId = AuthenticatorId(2);

impl Fixture {
    /// Enrolls Denis, who adds a tablet.
    async fn denis_with_two(&self) -> (Phone, Phone, MfaSession) {
        let session = self.log_in(DENIS).await.session;
        let offer = self.begin(&session).await;
        let (phone, session) = self.confirm(&session, &offer).await;
        let denis = self.user(&session).await;
        let typed = self.code(&phone);
        let offer = self.mfa.account(&denis).add_authenticator(typed).await;
        let (tablet, session) = self.confirm(&session, &offer.unwrap()).await;
        (phone, tablet, session)
    }

    async fn listed(&self, session: &MfaSession) -> Vec<AuthenticatorEntry> {
        let denis = self.user(session).await;
        let overview = self.mfa.account(&denis).overview().await.unwrap();
        overview.authenticators().to_vec()
    }
}

/// Each logs in, a code of each is accepted once, and the owner is told.
pub async fn each_of_two_authenticators_logs_in(fixture: Fixture) {
    fixture.enabled().await;
    let (phone, tablet, session) = fixture.denis_with_two().await;
    let letters = post(&fixture).await;
    let told = Event::Bound {
        purpose: Purpose::Add,
        passkey: false,
    };
    assert!(
        to(&letters, DENIS)
            .iter()
            .any(|letter| letter.event == told)
    );
    let listed = fixture.listed(&session).await;
    let ids: Vec<_> = listed.iter().map(AuthenticatorEntry::id).collect();
    assert_eq!(ids, [FIRST, SECOND]);
    assert!(listed[0].settles().is_none() && listed[1].settles().is_some());

    for device in [&phone, &tablet, &phone] {
        let half = fixture.log_in(DENIS).await.session;
        let typed = fixture.code(device);
        fixture.verify(&half, &typed).await.unwrap();
        let half = fixture.log_in(DENIS).await.session;
        let again = refusal(fixture.verify(&half, &typed).await);
        assert!(matches!(again, Refusal::AlreadyUsed { .. }), "{again:?}");
    }
    // A wrong code costs a point for each of them.
    let before = fixture.failures(DENIS).await;
    let half = fixture.log_in(DENIS).await.session;
    let wrong = fixture.wrong_code(&phone);
    assert!(fixture.verify(&half, &wrong).await.is_err());
    assert_eq!(fixture.failures(DENIS).await, before + 2);
}

/// The new one proves log-ins alone for three days; then it removes the old one, whose codes and sessions end.
pub async fn added_authenticator_settles_before_it_removes(fixture: Fixture) {
    fixture.enabled().await;
    let (phone, tablet, session) = fixture.denis_with_two().await;
    let denis = fixture.user(&session).await;
    let account = || fixture.mfa.account(&denis);
    let early = account().remove_authenticator(FIRST, fixture.code(&tablet));
    let early = refusal(early.await);
    assert!(matches!(early, Refusal::NotSettled { .. }), "{early:?}");
    let own = account().remove_authenticator(FIRST, fixture.code(&phone));
    assert_eq!(refusal(own.await), Refusal::OtherCodeRequired);
    let none = account().remove_authenticator(AuthenticatorId(9), fixture.code(&phone));
    assert_eq!(refusal(none.await), Refusal::NoSuchAuthenticator);

    fixture.clock.advance(limits::SETTLING);
    let session = fixture.enter(DENIS, &tablet).await;
    let other = fixture.enter(DENIS, &phone).await;
    let denis = fixture.user(&session).await;
    let typed = fixture.code(&tablet);
    let removed = fixture.mfa.account(&denis);
    let removed = removed.remove_authenticator(FIRST, typed).await.unwrap();
    assert!(fixture.authorize(&other).await.is_err());
    let denis = fixture.user(&removed.session).await;
    let half = fixture.log_in(DENIS).await.session;
    let typed = fixture.code(&phone);
    assert!(fixture.verify(&half, &typed).await.is_err());
    fixture.enter(DENIS, &tablet).await;
    let last = fixture.mfa.account(&denis);
    let last = last
        .remove_authenticator(SECOND, fixture.code(&tablet))
        .await;
    assert_eq!(refusal(last), Refusal::AskAnotherAdmin);
    let letters = post(&fixture).await;
    let told = |letter: &loquet::Letter| letter.event == Event::AuthenticatorRemoved;
    assert!(to(&letters, DENIS).iter().any(|letter| told(letter)));
}

/// A name is kept with the authenticator, and takes a recent code.
pub async fn authenticators_have_names(fixture: Fixture) {
    fixture.enabled().await;
    let (phone, _, session) = fixture.denis_with_two().await;
    let denis = fixture.user(&session).await;
    let account = || fixture.mfa.account(&denis);
    for faulty in ["a".repeat(41).as_str(), "a\u{7}b", "\u{202e}ab"] {
        let faulty = account().rename_authenticator(SECOND, faulty).await;
        assert!(matches!(
            faulty,
            Err(Error::Config(Config::AuthenticatorName))
        ));
    }
    account()
        .rename_authenticator(SECOND, " Tablette ")
        .await
        .unwrap();
    let again = account().rename_authenticator(SECOND, "Tablette").await;
    assert_eq!(refusal(again), Refusal::Unchanged);
    let other = account().rename_authenticator(FIRST, "Tablette").await;
    let other = refusal(other);
    assert!(matches!(other, Refusal::NotSettled { .. }), "{other:?}");
    // Each is a record: thirty a day, of which one is made.
    for count in 1..limits::CHANGES_A_DAY {
        let name = format!("Tablette {count}");
        account().rename_authenticator(SECOND, &name).await.unwrap();
    }
    let more = account().rename_authenticator(SECOND, "Tablette").await;
    let wait = limits::DAY;
    assert_eq!(refusal(more), Refusal::TooManyChanges { wait });
    fixture.clock.advance(limits::RECENT + 1);
    let late = account().rename_authenticator(FIRST, "Téléphone").await;
    assert_eq!(refusal(late), Refusal::NotFresh);
    let session = fixture.enter(DENIS, &phone).await;
    let names: Vec<_> = fixture.listed(&session).await;
    let names: Vec<_> = names.iter().map(AuthenticatorEntry::name).collect();
    assert_eq!(names, ["", "Tablette 29"]);
}

/// One of two is reported lost: it alone is suspended. The link that undoes it takes a code of that one.
pub async fn one_of_two_is_reported_lost(fixture: Fixture) {
    fixture.enabled().await;
    let (phone, tablet, _) = fixture.denis_with_two().await;
    let which = fixture.mfa.report_lost(DENIS, Fixture::client()).await;
    assert_eq!(refusal(which), Refusal::NoSuchAuthenticator);
    let lost = fixture.mfa.report_one_lost(DENIS, FIRST, Fixture::client());
    lost.await.unwrap();
    let letters = post(&fixture).await;
    let link = to(&letters, DENIS).last().unwrap().link.unwrap();
    let half = fixture.log_in(DENIS).await.session;
    let typed = fixture.code(&phone);
    assert!(fixture.verify(&half, &typed).await.is_err());
    let session = fixture.enter(DENIS, &tablet).await;
    let listed = fixture.listed(&session).await;
    assert!(listed[0].suspended().is_some() && listed[1].suspended().is_none());

    let half = fixture.log_in(DENIS).await.session;
    let undo = |typed: String| {
        let client = Fixture::client();
        fixture.mfa.undo_report(&half, &link, typed, client)
    };
    assert!(undo(fixture.code(&tablet)).await.is_err());
    undo(fixture.code(&phone)).await.unwrap();
    fixture.enter(DENIS, &phone).await;
}

/// The link in the letter takes back what was added, and leaves the rest.
pub async fn unrecognized_authenticator_goes_alone(fixture: Fixture) {
    fixture.enabled().await;
    let (phone, tablet, _) = fixture.denis_with_two().await;
    let letters = post(&fixture).await;
    let link = to(&letters, DENIS).last().unwrap().link.unwrap();
    let report = fixture.mfa.report_unrecognized(&link, Fixture::client());
    report.await.unwrap();
    let half = fixture.log_in(DENIS).await.session;
    let typed = fixture.code(&tablet);
    assert!(fixture.verify(&half, &typed).await.is_err());
    fixture.enter(DENIS, &phone).await;
    assert!(fixture.mfa.log_in(ANNE, Fixture::client()).await.is_ok());
}
