//! The house itself, with what its people hold in their hands.

use std::collections::BTreeMap;

use super::model::{DAY, PEOPLE, START, Said};
use loquet::flow::{
    AddRole, BeginEnrollment, CancelMandate, Ceremony, CollectResetCode, ConfirmEnrollment,
    Deactivate, EnableMfa, Entered, IssuedResetCode, LogIn, LogOut, LogOutEverywhere,
    OpenBreakGlass, Reactivate, RemoveRole, ReportLost, Reset, ScheduleMandate, TurnOff, TurnOn,
    VerifyCode,
};
use loquet::store::MemoryStore;
use loquet::testing::{Phone, TestClock};
use loquet::{
    AccountId, Clock, Keyring, Level, NewAccount, OrgId, RoleId, Service, Stamp, UnixTime,
};
use loquet_policy::{BreakGlass, RoleSet, Start};
use loquet_testkit::house::House;
use loquet_testkit::policy_reference::{Act, Ask, Rank, Typed};
use tokio::runtime::Runtime;

/// The house, with what its people hold in their hands.
pub struct Real {
    runtime: Runtime,
    service: Service,
    clock: TestClock,
    stamps: BTreeMap<u64, Stamp>,
    phones: BTreeMap<usize, Phone>,
    /// Phones that scanned and were not confirmed yet, by session.
    scanned: BTreeMap<u64, Phone>,
    reset_codes: BTreeMap<usize, String>,
    break_glass: String,
}

fn account(who: usize) -> AccountId {
    AccountId::from(who as u64 + 1)
}

fn name(level: Level) -> &'static str {
    match level {
        Level::HalfLogin => "HalfLogin",
        Level::RecoveryOnly => "RecoveryOnly",
        Level::EnrollOnly => "EnrollOnly",
        Level::Level1 => "Level1",
        Level::Level2 => "Level2",
    }
}

impl Real {
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let clock = TestClock::at(START);
        let ring = Keyring::single(1, [7; 32]);
        let service = Service::with_clock(MemoryStore::new(), ring, clock.clone()).unwrap();
        runtime.block_on(async {
            let org = OrgId::from(9u64);
            service
                .ensure_organization(org, "À petits pas")
                .await
                .unwrap();
            for (who, rank) in PEOPLE.iter().enumerate() {
                let roles: &[RoleId] = match rank {
                    Rank::Parent => &[RoleId::PARENT],
                    Rank::Employee => &[RoleId::EMPLOYEE],
                    Rank::Administrator => &[RoleId::EMPLOYEE, RoleId::ADMINISTRATOR],
                };
                let name = format!("person{who}");
                service
                    .ensure_account(
                        org,
                        NewAccount {
                            id: account(who),
                            external_id: &name,
                            label: &name,
                            roles,
                        },
                    )
                    .await
                    .unwrap();
            }
        });
        Self {
            runtime,
            service,
            clock,
            stamps: BTreeMap::new(),
            phones: BTreeMap::new(),
            scanned: BTreeMap::new(),
            reset_codes: BTreeMap::new(),
            break_glass: String::new(),
        }
    }

    pub fn wait(&self, seconds: u64) {
        self.clock.advance(seconds);
    }

    pub fn verify_audit(&self) {
        for who in 0..PEOPLE.len() {
            let verified = self
                .runtime
                .block_on(self.service.verify_audit(account(who)));
            verified.unwrap();
        }
    }

    fn run<C: Ceremony>(&self, ceremony: C) -> Result<C::Grant, &'static str> {
        let settled = self
            .runtime
            .block_on(self.service.run(ceremony, &House::request()));
        settled.unwrap().granted().map_err(|refused| refused.code())
    }

    fn type_code(&self, phone: Option<&Phone>, code: Typed) -> String {
        match (code, phone) {
            (Typed::Nothing, _) => String::new(),
            (Typed::Good(step), Some(phone)) => phone.code(UnixTime(step * 30)),
            (Typed::Wrong, Some(phone)) => {
                let step = self.clock.now().0 / 30;
                let near: Vec<String> = (step - 2..=step + 2)
                    .map(|step| phone.code(UnixTime(step * 30)))
                    .collect();
                let all = (0..1_000_000).map(|number| format!("{number:06}"));
                all.into_iter().find(|code| !near.contains(code)).unwrap()
            }
            (Typed::Good(_) | Typed::Wrong, None) => "123456".into(),
        }
    }

    /// The code of somebody's bound phone.
    fn code(&self, who: usize, code: Typed) -> String {
        self.type_code(self.phones.get(&who), code)
    }

    /// The break-glass code that a session is shown, if it is shown one.
    fn shown_break_glass(&self, stamp: &Stamp) -> Option<String> {
        let shown = self
            .runtime
            .block_on(self.service.propose_break_glass(stamp));
        shown
            .unwrap()
            .ok()
            .map(|break_glass| break_glass.expose().to_string())
    }

    fn glass(&self, stamp: &Stamp) -> Option<BreakGlass> {
        let standing = self.runtime.block_on(self.service.check(stamp, None));
        standing
            .unwrap()
            .ok()
            .map(|standing| standing.organization.break_glass)
    }

    fn enter(&mut self, number: u64, entered: Entered) -> &'static str {
        self.stamps.insert(number, entered.stamp);
        name(entered.stamp.level())
    }

    fn hand_over(&mut self, whom: usize, reset_code: IssuedResetCode) -> &'static str {
        self.reset_codes
            .insert(whom, reset_code.reset_code.expose().to_string());
        "done"
    }

    /// Does it, and says what Loquet said.
    pub fn ask(&mut self, ask: Ask, number: u64) -> Said {
        let account = account(ask.who);
        match ask.act {
            Act::LogIn => {
                let entered = self.run(LogIn { account })?;
                return Ok(self.enter(number, entered));
            }
            Act::ReportLost => return self.run(ReportLost { account }).map(|()| "done"),
            Act::BreakGlass | Act::Collect => return self.break_glass(ask),
            _ => {}
        }
        let stamp = self.stamps[&ask.session];
        match ask.act {
            Act::VerifyCode => {
                let typed = self.code(ask.who, ask.code).into();
                let entered = self.run(VerifyCode { stamp, typed })?;
                Ok(self.enter(number, entered))
            }
            Act::LogOut => self.run(LogOut { stamp }).map(|()| "done"),
            Act::LogOutEverywhere => self.run(LogOutEverywhere { stamp }).map(|()| "done"),
            Act::Begin(reset_code) => self.begin(ask.who, ask.session, reset_code),
            Act::Confirm => self.confirm(ask, number),
            Act::TurnOn => {
                let typed = self.code(ask.who, ask.code).into();
                match self.run(TurnOn { stamp, typed })? {
                    Some(entered) => Ok(self.enter(number, entered)),
                    None => Ok("done"),
                }
            }
            Act::TurnOff => {
                let typed = self.code(ask.who, ask.code).into();
                self.run(TurnOff { stamp, typed }).map(|()| "done")
            }
            _ => self.administer(ask, stamp),
        }
    }

    fn begin(&mut self, who: usize, session: u64, reset_code: bool) -> Said {
        let stamp = self.stamps[&session];
        // Whoever was never given one shows something else.
        let known = self.reset_codes.get(&who).cloned();
        let reset_code = match reset_code {
            true => known.unwrap_or_else(|| "no reset code".into()),
            false => String::new(),
        }
        .into();
        let offer = self.run(BeginEnrollment { stamp, reset_code })?;
        self.scanned.insert(session, Phone::scan(&offer).unwrap());
        Ok("done")
    }

    fn confirm(&mut self, ask: Ask, number: u64) -> Said {
        let Ask {
            who, session, code, ..
        } = ask;
        let stamp = self.stamps[&session];
        let typed = self.type_code(self.scanned.get(&session), code).into();
        let break_glass = self.shown_break_glass(&stamp);
        let before = self.glass(&stamp);
        let last_group = break_glass
            .as_ref()
            .and_then(|break_glass| break_glass.rsplit('-').next());
        let break_glass_typed_back = last_group.unwrap_or_default().into();
        let entered = self.run(ConfirmEnrollment {
            stamp,
            typed,
            break_glass_typed_back,
        })?;
        let phone = self.scanned.remove(&session).unwrap();
        self.phones.insert(who, phone);
        let sealed = |glass| match glass {
            Some(BreakGlass::Ready { break_glass, .. }) => Some(break_glass),
            Some(BreakGlass::Open { break_glass, .. }) => Some(break_glass),
            Some(BreakGlass::Opening { break_glass, .. }) => Some(break_glass),
            _ => None,
        };
        if sealed(before) != sealed(self.glass(&entered.stamp)) {
            self.break_glass = break_glass.unwrap();
        }
        Ok(self.enter(number, entered))
    }

    /// What administrators do for everybody.
    fn administer(&mut self, ask: Ask, stamp: Stamp) -> Said {
        let role = RoleId::EMPLOYEE;
        match ask.act {
            Act::Enable => {
                let break_glass = self.shown_break_glass(&stamp).unwrap_or_default();
                let typed_back = break_glass.rsplit('-').next().unwrap_or_default().into();
                self.run(EnableMfa { stamp, typed_back })?;
                self.break_glass = break_glass;
                Ok("done")
            }
            Act::ScheduleMandate(days) => {
                let start = Start::At(self.clock.now().plus(days * DAY));
                let announce = ScheduleMandate { stamp, role, start };
                self.run(announce).map(|_| "done")
            }
            Act::AnnounceNow => {
                let start = Start::Now { confirmed: true };
                let announce = ScheduleMandate { stamp, role, start };
                self.run(announce).map(|_| "done")
            }
            Act::Cancel => self.run(CancelMandate { stamp, role }).map(|()| "done"),
            _ => self.help(ask, stamp),
        }
    }

    /// What administrators do for one person.
    fn help(&mut self, ask: Ask, stamp: Stamp) -> Said {
        let subject = account(ask.whom);
        let role = RoleId::ADMINISTRATOR;
        let typed = self.code(ask.who, ask.code).into();
        match ask.act {
            Act::Reset => {
                let reset_code = self.run(Reset {
                    stamp,
                    subject,
                    aloud: false,
                    typed,
                })?;
                Ok(self.hand_over(ask.whom, reset_code))
            }
            Act::Promote => self
                .run(AddRole {
                    stamp,
                    subject,
                    role,
                    typed,
                })
                .map(|()| "done"),
            Act::Demote => self
                .run(RemoveRole {
                    stamp,
                    subject,
                    role,
                })
                .map(|()| "done"),
            Act::Deactivate => self.run(Deactivate { stamp, subject }).map(|()| "done"),
            Act::Reactivate => {
                let reset_code = self.run(Reactivate {
                    stamp,
                    subject,
                    roles: RoleSet::of(RoleId::EMPLOYEE),
                    typed,
                })?;
                Ok(self.hand_over(ask.whom, reset_code))
            }
            other => panic!("{other:?} is asked of nobody"),
        }
    }

    /// The way back in without another administrator.
    fn break_glass(&mut self, ask: Ask) -> Said {
        let (account, typed) = (account(ask.who), self.break_glass.clone().into());
        if ask.act == Act::BreakGlass {
            return self.run(OpenBreakGlass { account, typed }).map(|_| "done");
        }
        let reset_code = self.run(CollectResetCode { account, typed })?;
        Ok(self.hand_over(ask.who, reset_code))
    }
}
