//! Authenticators that people already use. Every store runs these scenarios.

use loquet::store::Store;
use loquet::{
    Algorithm, Config, Digits, Error, ImportedAuthenticator, NewAccount, NextStep, Period, Refusal,
    RoleId, Secret, Totp,
};

use crate::audit::{records, verified};
use crate::fixture::{ANNE, BRUNO, CHLOE, DENIS, Fixture, refusal};
use crate::letters::{post, to};

/// Runs all of them, each over a store of its own.
pub async fn all<S: Store>(mut store: impl FnMut() -> S) {
    macro_rules! each {
        ($($test:ident)*) => {
            $(Box::pin($test(Fixture::over(store()).await)).await;)*
        };
    }
    each! {
        imported_authenticators_keep_their_parameters
        known_last_step_spares_the_next_code
        import_brings_no_phone_back_after_a_reset
        key_of_another_account_is_refused
        awaited_import_keeps_the_password_out
        import_rests_until_enabling_takes_a_code
        weak_keys_are_taken_and_marked
        hostile_imports_are_refused
        owner_hears_of_an_import_where_the_host_says
    }
}

/// The app of another service.
#[derive(Clone)]
struct OldPhone {
    secret: Secret,
    totp: Totp,
}

impl OldPhone {
    fn new(byte: u8) -> Self {
        Self {
            secret: Secret::from([byte; 20]),
            totp: Totp::default(),
        }
    }

    /// The code so many periods ahead of now.
    fn code(&self, fixture: &Fixture, ahead: u64) -> String {
        let now = fixture.mfa.now().0 + ahead * self.totp.period.seconds();
        let key = self.secret.key(self.totp.algorithm);
        self.totp.generate(&key, now).to_string()
    }

    fn imported(&self) -> ImportedAuthenticator {
        ImportedAuthenticator::new(self.secret.clone()).totp(self.totp)
    }

    async fn import(&self, fixture: &Fixture, account: u64) -> Result<bool, Error> {
        let provision = fixture.mfa.provision();
        provision
            .import_authenticator(account, self.imported())
            .await
    }
}

/// The present code and the next may have been used; the one after is good, and once.
async fn imported_authenticators_keep_their_parameters(fixture: Fixture) {
    fixture.enabled().await;
    let mut account = 900;
    for algorithm in Algorithm::ALL {
        for (digits, seconds) in [(Digits::Six, 30), (Digits::Seven, 15), (Digits::Eight, 300)] {
            account += 1;
            let name = format!("user{account}@example.org");
            let new = NewAccount::new(account, &name).awaiting_import();
            let provision = fixture.mfa.provision();
            provision.ensure_account(new).await.unwrap();
            let mut phone = OldPhone::new(u8::try_from(account % 251).unwrap());
            let period = Period::new(seconds).unwrap();
            phone.totp = Totp {
                algorithm,
                digits,
                period,
                t0: 0,
            };
            assert!(phone.import(&fixture, account).await.unwrap());
            assert!(!phone.import(&fixture, account).await.unwrap(), "again");

            let login = fixture.log_in(account).await;
            assert_eq!(login.next, NextStep::SecondFactor);
            for used in [0, 1] {
                let code = phone.code(&fixture, used);
                let refused = refusal(fixture.verify(&login.session, &code).await);
                assert!(
                    matches!(refused, Refusal::AlreadyUsed { .. }),
                    "{refused:?}"
                );
            }
            fixture.clock.advance(seconds);
            let code = phone.code(&fixture, 1);
            let session = fixture.verify(&login.session, &code).await.unwrap().session;
            let again = refusal(fixture.verify(&session, &code).await);
            assert!(matches!(again, Refusal::AlreadyUsed { .. }), "{again:?}");
        }
    }
    let told = records(&fixture.operator, account).await;
    assert_eq!(told[0].1.what, "import_authenticator");
}

async fn known_last_step_spares_the_next_code(fixture: Fixture) {
    fixture.enabled().await;
    let phone = OldPhone::new(7);
    let present = phone.totp.step(fixture.mfa.now().0);
    let imported = phone.imported().last_step(Some(present - 1));
    let provision = fixture.mfa.provision();
    provision
        .import_authenticator(DENIS, imported)
        .await
        .unwrap();
    let login = fixture.log_in(DENIS).await;
    let code = phone.code(&fixture, 0);
    fixture.verify(&login.session, &code).await.unwrap();
}

async fn import_brings_no_phone_back_after_a_reset(fixture: Fixture) {
    let (anne, _) = fixture.enabled().await;
    let stolen = OldPhone::new(7);
    stolen.import(&fixture, DENIS).await.unwrap();
    let session = fixture.enter(ANNE, &anne).await;
    let administrator = fixture.user(&session).await;
    fixture.clock.advance(60);
    let code = fixture.code(&anne);
    let issued = fixture
        .mfa
        .admin(&administrator)
        .reset(DENIS, false, code)
        .await;
    let reset_code = issued.unwrap().reset_code;

    assert_eq!(
        refusal(stolen.import(&fixture, DENIS).await),
        Refusal::RetiredKey
    );
    let other = OldPhone::new(8);
    assert_eq!(
        refusal(other.import(&fixture, DENIS).await),
        Refusal::DifferentKey
    );
    let denis = fixture.log_in(DENIS).await.session;
    let typed = reset_code.expose();
    let begin = fixture
        .mfa
        .begin_enrollment(&denis, typed.as_str(), Fixture::client());
    let offer = begin.await.unwrap();
    fixture.confirm(&denis, &offer).await;
    assert_eq!(
        refusal(stolen.import(&fixture, DENIS).await),
        Refusal::RetiredKey
    );
    assert_eq!(
        refusal(other.import(&fixture, DENIS).await),
        Refusal::DifferentKey
    );
    // What was enrolled here is not replaced either.
    assert_eq!(
        refusal(other.import(&fixture, ANNE).await),
        Refusal::DifferentKey
    );
}

/// RFC 6238 §3: each prover has a secret of its own. A key stays another's after that account is deactivated.
async fn key_of_another_account_is_refused(fixture: Fixture) {
    let phone = OldPhone::new(7);
    phone.import(&fixture, DENIS).await.unwrap();
    assert_eq!(
        refusal(phone.import(&fixture, CHLOE).await),
        Refusal::KeyOfAnother
    );
    fixture.mfa.provision().deactivate(DENIS).await.unwrap();
    assert_eq!(
        refusal(phone.import(&fixture, CHLOE).await),
        Refusal::KeyOfAnother
    );
    let gone = refusal(OldPhone::new(8).import(&fixture, DENIS).await);
    assert!(matches!(gone, Refusal::IsDeactivated { .. }), "{gone:?}");
    let unknown = OldPhone::new(9).import(&fixture, 4_711).await;
    assert_eq!(refusal(unknown), Refusal::UnknownAccount);
}

async fn awaited_import_keeps_the_password_out(fixture: Fixture) {
    let new = NewAccount::new(900_u64, "eve@example.org").role(RoleId::STAFF);
    let provision = fixture.mfa.provision();
    provision
        .ensure_account(new.awaiting_import())
        .await
        .unwrap();
    fixture.enabled().await;
    let session = fixture.log_in(900).await.session;
    let refused = refusal(fixture.try_begin(&session).await);
    assert!(
        matches!(refused, Refusal::ResetCodeRequired(_)),
        "{refused:?}"
    );
    OldPhone::new(7).import(&fixture, 900).await.unwrap();
    assert_eq!(fixture.log_in(900).await.next, NextStep::SecondFactor);
}

async fn import_rests_until_enabling_takes_a_code(fixture: Fixture) {
    let phone = OldPhone::new(7);
    phone.import(&fixture, ANNE).await.unwrap();
    for (account, chain) in verified(&fixture.operator, None).await {
        assert!(chain.is_ok(), "{account}: {chain:?}");
    }
    let login = fixture.log_in(ANNE).await;
    assert_eq!(login.next, NextStep::Done);
    let anne = fixture.user(&login.session).await;
    let refused = fixture.mfa.admin(&anne).enable("").await;
    assert_eq!(refusal(refused.map(drop)), Refusal::NotFresh);

    fixture.clock.advance(60);
    let code = phone.code(&fixture, 0);
    let session = fixture.verify(&login.session, &code).await.unwrap().session;
    let anne = fixture.user(&session).await;
    fixture.enable(&anne).await;
    assert_eq!(fixture.log_in(ANNE).await.next, NextStep::SecondFactor);
}

async fn weak_keys_are_taken_and_marked(fixture: Fixture) {
    fixture.enabled().await;
    let weak = || ImportedAuthenticator::new(Secret::weak(&[7; 10]).unwrap());
    let provision = fixture.mfa.provision();
    assert!(provision.import_authenticator(DENIS, weak()).await.unwrap());
    let users = fixture
        .operator
        .users(fixture.mfa.organization_id().unwrap())
        .await;
    let denis = users
        .unwrap()
        .into_iter()
        .find(|user| user.account_id() == DENIS.into());
    assert!(denis.unwrap().replacement_is_advised());
    let other = ImportedAuthenticator::new(Secret::weak(&[8; 10]).unwrap());
    let refused = provision.import_authenticator(BRUNO, other).await;
    assert_eq!(refusal(refused), Refusal::WeakKey);
}

async fn hostile_imports_are_refused(fixture: Fixture) {
    let provision = fixture.mfa.provision();
    let phone = OldPhone::new(7);
    let present = phone.totp.step(fixture.mfa.now().0);
    for step in [present + 2, u64::MAX] {
        let imported = phone.imported().last_step(Some(step));
        let refused = provision.import_authenticator(DENIS, imported).await;
        let ahead = matches!(refused, Err(Error::Config(Config::ImportedStep { .. })));
        assert!(ahead, "{refused:?}");
    }
    for (seconds, t0) in [(14, 0), (301, 0), (3600, 0), (30, 1)] {
        let period = Period::new(seconds).unwrap();
        let totp = Totp {
            period,
            t0,
            ..Totp::default()
        };
        let imported = phone.imported().totp(totp);
        let refused = provision.import_authenticator(DENIS, imported).await;
        let named = matches!(
            refused,
            Err(Error::Config(
                Config::ImportedPeriod(_) | Config::ImportedT0(1)
            ))
        );
        assert!(named, "{refused:?}");
    }
    assert!(phone.import(&fixture, DENIS).await.unwrap());
}

async fn owner_hears_of_an_import_where_the_host_says(fixture: Fixture) {
    fixture.enabled().await;
    post(&fixture).await;
    let provision = fixture.mfa.provision();
    let (quiet, told) = (OldPhone::new(7), OldPhone::new(8));
    provision
        .import_authenticator(DENIS, quiet.imported())
        .await
        .unwrap();
    let imported = told.imported().tell_owner().optional();
    provision
        .import_authenticator(CHLOE, imported)
        .await
        .unwrap();
    let letters = post(&fixture).await;
    assert!(to(&letters, DENIS).is_empty());
    let events: Vec<_> = to(&letters, CHLOE)
        .iter()
        .map(|letter| letter.event)
        .collect();
    assert_eq!(events, [loquet::Event::Imported]);
    assert_eq!(
        fixture.log_in(CHLOE).await.next,
        NextStep::Done,
        "left optional"
    );
}
