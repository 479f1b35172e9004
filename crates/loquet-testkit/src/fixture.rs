//! A daycare service to test: two administrators, an employee and a parent, over any store.

use loquet::store::Store;
use loquet::testing::{Phone, TestClock};
use loquet::{
    AccountId, Assurance, Authorized, Client, Clock, Error, Keyring, LoggedIn, LoginProgress,
    MandateKind, Mfa, MfaBuilder, MfaSession, NewAccount, Offer, Operator, OrgId, Refusal, RoleId,
    Start, UnixTime,
};

use crate::pretend::Pretend;

/// An administrator.
pub const ANNE: u64 = 1;
/// The other administrator.
pub const BRUNO: u64 = 2;
/// An employee.
pub const CHLOE: u64 = 3;
/// A parent.
pub const DENIS: u64 = 4;
/// The address of every client.
pub const HOME: &str = "203.0.113.7";

/// One organization with four accounts.
#[derive(Debug, Clone)]
pub struct Fixture {
    /// The service for the organization, over the store under test.
    pub mfa: Mfa,
    /// The operator of the organization.
    pub operator: Operator,
    /// Its clock.
    pub clock: TestClock,
    /// The organization.
    pub org: OrgId,
}

impl Fixture {
    /// Creates the organization and its accounts. What the store holds already stays as it is.
    pub async fn over(store: impl Store) -> Self {
        Self::at(store, TestClock::at(1_790_000_000)).await
    }

    /// Does the same with a clock that others read too.
    pub async fn at(store: impl Store, clock: TestClock) -> Self {
        Self::built(Mfa::builder(store), clock).await
    }

    /// Does the same in a service that takes passkeys.
    pub async fn with_passkeys(store: impl Store) -> Self {
        let builder = Mfa::builder(store).passkeys(Pretend("example.org"));
        Self::built(builder, TestClock::at(1_790_000_000)).await
    }

    async fn built(builder: MfaBuilder, clock: TestClock) -> Self {
        let operator = builder
            .keyring(Keyring::single(1, [7; 32]))
            .clock(clock.clone())
            .open_operator()
            .await
            .unwrap();
        let org = operator
            .provision()
            .ensure_organization(OrgId::from(9_u64), "À petits pas")
            .await
            .unwrap();
        let fixture = Self::of(&operator, org, clock);
        for (id, name, role) in [
            (ANNE, "anne", RoleId::ADMINISTRATOR),
            (BRUNO, "bruno", RoleId::ADMINISTRATOR),
            (CHLOE, "chloe", RoleId::STAFF),
            (DENIS, "denis", RoleId::MEMBER),
        ] {
            let label = format!("{name}@example.org");
            let account = NewAccount::new(id, name).label(&label).role(role);
            fixture
                .mfa
                .provision()
                .ensure_account(account)
                .await
                .unwrap();
        }
        fixture
    }

    /// Returns the fixture of an organization that is there already.
    #[must_use]
    pub fn of(operator: &Operator, org: OrgId, clock: TestClock) -> Self {
        let operator = operator.of_organization(org);
        Self {
            mfa: operator.mfa().clone(),
            operator,
            clock,
            org,
        }
    }

    /// Returns the client at [`HOME`].
    #[must_use]
    pub fn client() -> Client {
        Self::client_at(HOME)
    }

    /// Returns a client at another address.
    #[must_use]
    pub fn client_at(address: &str) -> Client {
        Client::at(address.parse().unwrap())
    }

    /// Logs an account in: the password was right.
    pub async fn log_in(&self, account: u64) -> LoggedIn {
        self.mfa.log_in(account, Self::client()).await.unwrap()
    }

    /// Types a code.
    ///
    /// # Errors
    /// The refusal.
    pub async fn verify(&self, session: &MfaSession, typed: &str) -> Result<LoggedIn, Error> {
        self.mfa.verify_code(session, typed, Self::client()).await
    }

    /// Logs an account in with its password and a code.
    pub async fn enter(&self, account: u64, phone: &Phone) -> MfaSession {
        let session = self.log_in(account).await.session;
        let login = self.verify(&session, &self.code(phone)).await;
        login.unwrap().session
    }

    /// Authorizes a session with full rights.
    pub async fn user(&self, session: &MfaSession) -> Authorized {
        self.authorize(session).await.unwrap()
    }

    /// Authorizes a session.
    ///
    /// # Errors
    /// The refusal.
    pub async fn authorize(&self, session: &MfaSession) -> Result<Authorized, Error> {
        self.mfa.authorize(session, &Self::client()).await
    }

    /// Returns how far a log-in has come.
    pub async fn progress(&self, session: &MfaSession) -> LoginProgress {
        let progress = self.mfa.login_progress(session, &Self::client()).await;
        progress.unwrap()
    }

    /// Waits for a code that was not used yet. Once in a million two steps that follow each other have the same digits,
    /// which count as used with the first of them: such are waited for too.
    #[must_use]
    pub fn code(&self, phone: &Phone) -> String {
        loop {
            self.clock.advance(30);
            let now = self.clock.now().0;
            let [before, code, after] =
                [now - 30, now, now + 30].map(|at| phone.code(UnixTime(at)));
            if code != before && code != after {
                return code;
            }
        }
    }

    /// Returns a code that is wrong now and a while before and after.
    #[must_use]
    pub fn wrong_code(&self, phone: &Phone) -> String {
        let now = self.clock.now();
        let shown: Vec<String> = (0..250)
            .map(|step| phone.code(UnixTime(now.0 + 60 - step * 30)))
            .collect();
        (0..1_000_000)
            .map(|n| format!("{n:06}"))
            .find(|code| !shown.contains(code))
            .unwrap()
    }

    /// Begins an enrollment that needs no reset code.
    pub async fn begin(&self, session: &MfaSession) -> Offer {
        let begun = self.mfa.begin_enrollment(session, "", Self::client()).await;
        begun.unwrap()
    }

    /// Enrolls a phone, which completes the log-in.
    pub async fn enroll(&self, session: &MfaSession) -> (Phone, MfaSession) {
        let offer = self.begin(session).await;
        self.confirm(session, &offer).await
    }

    /// Types the first code of what was offered.
    pub async fn confirm(&self, session: &MfaSession, offer: &Offer) -> (Phone, MfaSession) {
        let phone = Phone::scan(offer).unwrap();
        let typed = self.code(&phone);
        let confirmed = self
            .mfa
            .confirm_enrollment(session, typed, Self::client())
            .await;
        let session = confirmed.unwrap().session;
        assert_eq!(self.user(&session).await.assurance(), Assurance::Aal2);
        (phone, session)
    }

    /// Enables multi-factor log-in and returns the break-glass code.
    pub async fn enable(&self, administrator: &Authorized) -> String {
        let admin = self.mfa.admin(administrator);
        let break_glass = admin.propose_break_glass().await.unwrap();
        let break_glass = break_glass.expose().to_string();
        let last_group = break_glass.rsplit('-').next().unwrap().to_lowercase();
        admin.enable(last_group).await.unwrap();
        break_glass
    }

    /// Lets Anne enable multi-factor log-in and enroll.
    pub async fn enabled(&self) -> (Phone, MfaSession) {
        let session = self.log_in(ANNE).await.session;
        self.enable(&self.user(&session).await).await;
        self.enroll(&session).await
    }

    /// Does the same, and requires a second factor of all employees from now on.
    pub async fn imposed(&self) -> (Phone, MfaSession) {
        let (phone, session) = self.enabled().await;
        let anne = self.user(&session).await;
        let start = Start::Now { confirmed: true };
        self.mfa
            .admin(&anne)
            .schedule_mandate(RoleId::STAFF, MandateKind::SecondFactor, start)
            .await
            .unwrap();
        (phone, session)
    }

    /// Returns how many wrong codes count against an account's authenticator.
    pub async fn failures(&self, account: u64) -> u8 {
        let users = self.operator.users(self.org).await.unwrap();
        let id = AccountId::from(account);
        let user = users.iter().find(|user| user.account_id() == id);
        user.unwrap().failures()
    }
}

/// Returns why the rules refused.
///
/// # Panics
/// When they did not refuse.
pub fn refusal<T: std::fmt::Debug>(answer: Result<T, Error>) -> Refusal {
    match answer {
        Err(Error::Refused(refusal)) => refusal,
        other => panic!("expected a refusal, got {other:?}"),
    }
}
