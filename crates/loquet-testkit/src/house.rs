//! A childcare service to test in: two administrators, an employee and a parent, over any store.

use loquet::flow::{
    BeginEnrollment, Ceremony, ConfirmEnrollment, EnableMfa, Entered, LogIn, Offer,
    ScheduleMandate, VerifyCode,
};
use loquet::store::Store;
use loquet::testing::{Phone, TestClock};
use loquet::{
    AccountId, Clock, Keyring, Level, NewAccount, OrgId, Refusal, Refused, Request, RoleId,
    Service, Stamp, Standing,
};
use loquet_policy::{Attempts, Start};

/// An administrator.
pub const ANNE: u64 = 1;
/// The other administrator.
pub const BRUNO: u64 = 2;
/// An employee.
pub const CHLOE: u64 = 3;
/// A parent.
pub const DENIS: u64 = 4;
/// Where everybody is.
pub const HOME: &str = "203.0.113.7";

/// The house.
#[derive(Debug, Clone)]
pub struct House {
    /// Over the store under test.
    pub service: Service,
    /// Its clock.
    pub clock: TestClock,
    /// The organization.
    pub org: OrgId,
}

impl House {
    /// Moves in. A store that holds the house already is taken as it is.
    pub async fn over(store: impl Store) -> Self {
        Self::at(store, TestClock::at(1_790_000_000)).await
    }

    /// The same by a clock that others watch too.
    pub async fn at(store: impl Store, clock: TestClock) -> Self {
        let ring = Keyring::single(1, [7; 32]);
        let service = Service::with_clock(store, ring, clock.clone()).unwrap();
        let org = service
            .ensure_organization(OrgId::from(9_u64), "À petits pas")
            .await
            .unwrap();
        for (id, name, role) in [
            (ANNE, "anne", RoleId::ADMINISTRATOR),
            (BRUNO, "bruno", RoleId::ADMINISTRATOR),
            (CHLOE, "chloe", RoleId::EMPLOYEE),
            (DENIS, "denis", RoleId::PARENT),
        ] {
            let label = format!("{name}@example.org");
            service
                .ensure_account(
                    org,
                    NewAccount {
                        id: id.into(),
                        external_id: name,
                        label: &label,
                        roles: &[role],
                    },
                )
                .await
                .unwrap();
        }
        Self {
            service,
            clock,
            org,
        }
    }

    /// A new form, filled in at home.
    #[must_use]
    pub fn request() -> Request {
        Request::new(Some(HOME.parse().unwrap())).unwrap()
    }

    /// Runs a ceremony from a new form.
    ///
    /// # Errors
    /// The refusal.
    pub async fn run<C: Ceremony>(&self, ceremony: C) -> Result<C::Grant, Refused> {
        self.service
            .run(ceremony, &Self::request())
            .await
            .unwrap()
            .granted()
    }

    /// The password was right.
    pub async fn log_in(&self, account: u64) -> Entered {
        self.run(LogIn {
            account: account.into(),
        })
        .await
        .unwrap()
    }

    /// Types a code.
    ///
    /// # Errors
    /// The refusal.
    pub async fn give(&self, stamp: Stamp, typed: &str) -> Result<Entered, Refused> {
        let typed = typed.into();
        self.run(VerifyCode { stamp, typed }).await
    }

    /// The password was right, and so is the code.
    pub async fn enter(&self, account: u64, phone: &Phone) -> Stamp {
        let stamp = self.log_in(account).await.stamp;
        self.give(stamp, &self.code(phone)).await.unwrap().stamp
    }

    /// What a session is worth.
    pub async fn standing(&self, stamp: &Stamp) -> Standing {
        self.service.check(stamp, None).await.unwrap().unwrap()
    }

    /// Waits for a code that was not used yet. Once in a million two steps that follow each other have the same digits,
    /// which count as used with the first of them: such are waited for too.
    #[must_use]
    pub fn code(&self, phone: &Phone) -> String {
        loop {
            self.clock.advance(30);
            let now = self.clock.now().0;
            let [before, code, after] =
                [now - 30, now, now + 30].map(|at| phone.code(loquet::UnixTime(at)));
            if code != before && code != after {
                return code;
            }
        }
    }

    /// A code that is wrong now and a while before and after.
    #[must_use]
    pub fn wrong_code(&self, phone: &Phone) -> String {
        let now = self.clock.now();
        let shown: Vec<String> = (0..250)
            .map(|step| phone.code(loquet::UnixTime(now.0 + 60 - step * 30)))
            .collect();
        (0..1_000_000)
            .map(|n| format!("{n:06}"))
            .find(|code| !shown.contains(code))
            .unwrap()
    }

    /// Begins an enrollment that needs no reset code.
    pub async fn begin(&self, stamp: Stamp) -> Offer {
        let reset_code = "".into();
        self.run(BeginEnrollment { stamp, reset_code })
            .await
            .unwrap()
    }

    /// Scans, types the first code, is in.
    pub async fn enroll(&self, stamp: Stamp) -> (Phone, Stamp) {
        let offer = self.begin(stamp).await;
        self.confirm(stamp, &offer).await
    }

    /// Types the first code of what was offered.
    pub async fn confirm(&self, stamp: Stamp, offer: &Offer) -> (Phone, Stamp) {
        let phone = Phone::scan(offer).unwrap();
        let typed = self.code(&phone).into();
        let break_glass_typed_back = "".into();
        let bound = self
            .run(ConfirmEnrollment {
                stamp,
                typed,
                break_glass_typed_back,
            })
            .await
            .unwrap();
        assert_eq!(bound.stamp.level(), Level::Level2);
        (phone, bound.stamp)
    }

    /// Anne enables multi-factor log-in and enrolls.
    pub async fn enabled(&self) -> (Phone, Stamp) {
        let stamp = self.log_in(ANNE).await.stamp;
        let break_glass = self
            .service
            .propose_break_glass(&stamp)
            .await
            .unwrap()
            .unwrap();
        let typed_back = break_glass
            .expose()
            .rsplit('-')
            .next()
            .unwrap()
            .to_lowercase()
            .into();
        self.run(EnableMfa { stamp, typed_back }).await.unwrap();
        self.enroll(stamp).await
    }

    /// The same, and all employees must from now on.
    pub async fn imposed(&self) -> (Phone, Stamp) {
        let (phone, stamp) = self.enabled().await;
        let start = Start::Now { confirmed: true };
        self.run(ScheduleMandate {
            stamp,
            role: RoleId::EMPLOYEE,
            start,
        })
        .await
        .unwrap();
        (phone, stamp)
    }

    /// What wrong codes have used up of somebody's budget.
    pub async fn attempts(&self, account: u64) -> Attempts {
        let everybody = self.service.everybody(self.org).await.unwrap();
        let id = AccountId::from(account);
        everybody
            .iter()
            .find(|person| person.account.id == id)
            .unwrap()
            .account
            .attempts
    }
}

/// The rule that refused.
///
/// # Panics
/// When it was not refused by a rule.
pub fn rule<T: std::fmt::Debug>(answer: Result<T, Refused>) -> Refusal {
    match answer {
        Err(Refused::Rule(refusal)) => refusal,
        other => panic!("expected a rule's refusal, got {other:?}"),
    }
}
