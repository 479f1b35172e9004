//! Users who log in again and again, in the benchmarks of the stores.

use std::sync::Arc;
use std::time::{Duration, Instant};

use loquet::store::Store;
use loquet::testing::{Phone, TestClock};
use loquet::{
    AccountId, Clock as _, Error, Keyring, LoginProgress, Mfa, MfaSession, NewAccount,
    PasskeyAnswer, Refusal, RoleId, Typed, UnixTime, limits,
};
use loquet_testkit::fixture::Fixture;
use loquet_testkit::pretend::Pretend;

use crate::passkeys::KEPT;

/// When the first of them enrolls.
pub const START: u64 = 1_790_000_000;

/// The middle of some measurements.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A user with a phone and a clock of their own, so that each may give a code of a new step at any time.
pub struct User {
    /// The service, by the user's clock.
    pub mfa: Mfa,
    clock: TestClock,
    /// The user's phone.
    pub phone: Phone,
    id: AccountId,
    /// The user's time.
    pub now: u64,
    passkeys: usize,
}

impl User {
    /// Gives the password, a step later than the last time.
    pub async fn enter(&mut self) -> MfaSession {
        self.now += 30;
        self.clock.set(self.now);
        let login = self.mfa.log_in(self.id, Fixture::client()).await;
        login.unwrap().session
    }

    /// Gives the code.
    pub async fn verify_code(&mut self, session: &MfaSession) -> MfaSession {
        loop {
            let code = self.phone.code(UnixTime(self.now));
            match self.mfa.verify_code(session, code, Fixture::client()).await {
                Ok(login) => return login.session,
                // Once in a million the next step has the same digits, and was the one accepted the time before.
                Err(Error::Refused(Refusal::AlreadyUsed { .. })) => {
                    self.now += 30;
                    self.clock.set(self.now);
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Does both.
    pub async fn log_in(&mut self) -> MfaSession {
        let session = self.enter().await;
        self.verify_code(&session).await
    }
}

impl User {
    /// Adds an authenticator; the user goes on with the phone.
    pub async fn add_authenticator(&mut self) {
        let session = self.log_in().await;
        let user = self.mfa.authorize(&session, &Fixture::client()).await;
        self.now += 30;
        self.clock.set(self.now);
        let code = self.phone.code(UnixTime(self.now));
        let account = self.mfa.account(user.as_ref().unwrap());
        let offer = account.add_authenticator(code).await.unwrap();
        let first = Phone::scan(&offer).unwrap().code(UnixTime(self.now));
        let confirmed = self
            .mfa
            .confirm_enrollment(&session, first, Fixture::client());
        confirmed.await.unwrap();
    }
}

/// Passkeys of a relying party that takes no time for cryptography. What is kept of each is as long as of a real one.
impl User {
    /// Adds a passkey once all that is bound has settled.
    pub async fn add_passkey(&mut self) {
        self.now += limits::SETTLING;
        let session = self.log_in().await;
        let user = self.mfa.authorize(&session, &Fixture::client()).await;
        self.now += 30;
        self.clock.set(self.now);
        // Beside a passkey, no code adds another.
        let proof = match self.progress(&session).await.passkey_request() {
            Some(asked) => answer("sign", asked, 0).into(),
            None => Typed::from(self.phone.code(UnixTime(self.now))),
        };
        let account = self.mfa.account(user.as_ref().unwrap());
        account.add_authenticator(proof).await.unwrap();
        self.now += 1;
        self.clock.set(self.now);
        let progress = self.progress(&session).await;
        let answer = answer(
            "create",
            progress.passkey_creation().unwrap(),
            self.passkeys,
        );
        let confirmed = self
            .mfa
            .confirm_enrollment(&session, answer, Fixture::client());
        confirmed.await.unwrap();
        self.passkeys += 1;
    }

    /// Gives the password, asks for what the page needs, and lets the first passkey answer.
    pub async fn log_in_with_passkey(&mut self) -> MfaSession {
        let session = self.enter().await;
        let progress = self.progress(&session).await;
        let answer = answer("sign", progress.passkey_request().unwrap(), 0);
        let login = self
            .mfa
            .verify_code(&session, answer, Fixture::client())
            .await;
        login.unwrap().session
    }

    async fn progress(&self, session: &MfaSession) -> LoginProgress {
        let progress = self.mfa.login_progress(session, &Fixture::client()).await;
        progress.unwrap()
    }
}

/// What passkey `number` of a user answers.
fn answer(word: &str, asked: &str, number: usize) -> PasskeyAnswer {
    PasskeyAnswer::new(format!("{word} {asked} {KEPT}{number} 0"))
}

/// What a task of a benchmark does again and again.
pub trait Worker: Send + 'static {
    /// Does it once.
    fn work(&mut self) -> impl Future<Output = ()> + Send;
}

impl Worker for User {
    async fn work(&mut self) {
        self.log_in().await;
    }
}

/// Lets so many of the workers, each a task of its own, work for a time; returns how often a second they did it.
pub async fn turn<W: Worker>(workers: &mut Vec<W>, count: usize, time: Duration) -> f64 {
    let begun = Instant::now();
    let tasks: Vec<_> = workers
        .drain(..count)
        .map(|mut worker| {
            tokio::spawn(async move {
                let mut done = 0;
                while begun.elapsed() < time {
                    worker.work().await;
                    done += 1;
                }
                (worker, done)
            })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        let (worker, own) = task.await.unwrap();
        workers.push(worker);
        done += own;
    }
    f64::from(done) / begun.elapsed().as_secs_f64()
}

/// Users who have enrolled, in a store of theirs.
pub async fn users(store: impl Store, count: usize) -> Vec<User> {
    let store = Arc::new(store);
    let fixture = Fixture::at(Arc::clone(&store), TestClock::at(START)).await;
    fixture.enabled().await;
    let mut enrolled = Vec::new();
    for number in 0..count as u64 {
        // Spread over the whole table, as real ids are.
        let id = AccountId::from(
            u128::from(number + 100).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835),
        );
        let name = format!("{number}@example.org");
        let account = NewAccount::new(id, &name).role(RoleId::MEMBER);
        fixture
            .mfa
            .provision()
            .ensure_account(account)
            .await
            .unwrap();
        let login = fixture.mfa.log_in(id, Fixture::client()).await.unwrap();
        enrolled.push((id, fixture.enroll(&login.session).await.0));
    }
    let now = fixture.clock.now().0;
    let mut users = Vec::new();
    for (id, phone) in enrolled {
        let clock = TestClock::at(now);
        let mfa = Mfa::builder(Arc::clone(&store))
            .keyring(Keyring::single(1, [7; 32]))
            .clock(clock.clone())
            .passkeys(Pretend("example.org"));
        users.push(User {
            mfa: mfa.open().await.unwrap(),
            clock,
            phone,
            id,
            now,
            passkeys: 0,
        });
    }
    users
}
