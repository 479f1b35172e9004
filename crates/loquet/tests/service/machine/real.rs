//! The house itself, with what its people hold in their hands.

use std::collections::BTreeMap;

use super::model::{DAY, PEOPLE, START, Said};
use loquet::flow::{
    AddRole, Announce, BeginEnrollment, CancelMandate, Ceremony, CollectTicket, ConfirmEnrollment,
    EnableMfa, Entered, GiveCode, Leave, LogIn, LogOut, LogOutEverywhere, OpenBreakGlass, Rehire,
    RemoveRole, ReportLost, Reset, SwitchOff, SwitchOn, TicketFor,
};
use loquet::store::MemoryStore;
use loquet::testing::{Phone, TestClock};
use loquet::{
    AccountId, Clock, KeyRing, Level, NewAccount, OrgId, RoleId, Service, Stamp, UnixTime,
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
    tickets: BTreeMap<usize, String>,
    seal: String,
}

fn account(who: usize) -> AccountId {
    AccountId::from(who as u64 + 1)
}

fn name(level: Level) -> &'static str {
    match level {
        Level::HalfLogin => "HalfLogin",
        Level::RecoveryOnly => "RecoveryOnly",
        Level::EnrolOnly => "EnrolOnly",
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
        let ring = KeyRing::single(1, [7; 32]);
        let service = Service::with_clock(MemoryStore::new(), ring, clock.clone()).unwrap();
        runtime.block_on(async {
            let org = OrgId::from(9u64);
            service
                .ensure_organisation(org, "À petits pas")
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
            tickets: BTreeMap::new(),
            seal: String::new(),
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
    fn shown_seal(&self, stamp: &Stamp) -> Option<String> {
        let shown = self.runtime.block_on(self.service.propose_seal(stamp));
        shown.unwrap().ok().map(|seal| seal.expose().to_string())
    }

    fn glass(&self, stamp: &Stamp) -> Option<BreakGlass> {
        let standing = self.runtime.block_on(self.service.check(stamp, None));
        standing
            .unwrap()
            .ok()
            .map(|standing| standing.organisation.break_glass)
    }

    fn enter(&mut self, number: u64, entered: Entered) -> &'static str {
        self.stamps.insert(number, entered.stamp);
        name(entered.stamp.level())
    }

    fn hand_over(&mut self, whom: usize, ticket: TicketFor) -> &'static str {
        self.tickets
            .insert(whom, ticket.ticket.expose().to_string());
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
            Act::GiveCode => {
                let typed = self.code(ask.who, ask.code).into();
                let entered = self.run(GiveCode { stamp, typed })?;
                Ok(self.enter(number, entered))
            }
            Act::LogOut => self.run(LogOut { stamp }).map(|()| "done"),
            Act::LogOutEverywhere => self.run(LogOutEverywhere { stamp }).map(|()| "done"),
            Act::Begin(ticket) => self.begin(ask.who, ask.session, ticket),
            Act::Confirm => self.confirm(ask, number),
            Act::SwitchOn => {
                let typed = self.code(ask.who, ask.code).into();
                match self.run(SwitchOn { stamp, typed })? {
                    Some(entered) => Ok(self.enter(number, entered)),
                    None => Ok("done"),
                }
            }
            Act::SwitchOff => {
                let typed = self.code(ask.who, ask.code).into();
                self.run(SwitchOff { stamp, typed }).map(|()| "done")
            }
            _ => self.administer(ask, stamp),
        }
    }

    fn begin(&mut self, who: usize, session: u64, ticket: bool) -> Said {
        let stamp = self.stamps[&session];
        // Whoever was never given one shows something else.
        let known = self.tickets.get(&who).cloned();
        let ticket = match ticket {
            true => known.unwrap_or_else(|| "no ticket".into()),
            false => String::new(),
        }
        .into();
        let offer = self.run(BeginEnrollment { stamp, ticket })?;
        self.scanned.insert(session, Phone::scan(&offer).unwrap());
        Ok("done")
    }

    fn confirm(&mut self, ask: Ask, number: u64) -> Said {
        let Ask {
            who, session, code, ..
        } = ask;
        let stamp = self.stamps[&session];
        let typed = self.type_code(self.scanned.get(&session), code).into();
        let seal = self.shown_seal(&stamp);
        let before = self.glass(&stamp);
        let last_group = seal.as_ref().and_then(|seal| seal.rsplit('-').next());
        let seal_typed_back = last_group.unwrap_or_default().into();
        let entered = self.run(ConfirmEnrollment {
            stamp,
            typed,
            seal_typed_back,
        })?;
        let phone = self.scanned.remove(&session).unwrap();
        self.phones.insert(who, phone);
        let sealed = |glass| match glass {
            Some(BreakGlass::Sealed { seal, .. }) => Some(seal),
            Some(BreakGlass::Open { seal, .. }) => Some(seal),
            Some(BreakGlass::Opening { seal, .. }) => Some(seal),
            _ => None,
        };
        if sealed(before) != sealed(self.glass(&entered.stamp)) {
            self.seal = seal.unwrap();
        }
        Ok(self.enter(number, entered))
    }

    /// What administrators do for everybody.
    fn administer(&mut self, ask: Ask, stamp: Stamp) -> Said {
        let role = RoleId::EMPLOYEE;
        match ask.act {
            Act::Enable => {
                let seal = self.shown_seal(&stamp).unwrap_or_default();
                let typed_back = seal.rsplit('-').next().unwrap_or_default().into();
                self.run(EnableMfa { stamp, typed_back })?;
                self.seal = seal;
                Ok("done")
            }
            Act::Announce(days) => {
                let start = Start::At(self.clock.now().plus(days * DAY));
                let announce = Announce { stamp, role, start };
                self.run(announce).map(|_| "done")
            }
            Act::AnnounceNow => {
                let start = Start::Now { confirmed: true };
                let announce = Announce { stamp, role, start };
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
                let ticket = self.run(Reset {
                    stamp,
                    subject,
                    aloud: false,
                    typed,
                })?;
                Ok(self.hand_over(ask.whom, ticket))
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
            Act::Leave => self.run(Leave { stamp, subject }).map(|()| "done"),
            Act::Rehire => {
                let ticket = self.run(Rehire {
                    stamp,
                    subject,
                    roles: RoleSet::of(RoleId::EMPLOYEE),
                    typed,
                })?;
                Ok(self.hand_over(ask.whom, ticket))
            }
            other => panic!("{other:?} is asked of nobody"),
        }
    }

    /// The way back in without another administrator.
    fn break_glass(&mut self, ask: Ask) -> Said {
        let (account, typed) = (account(ask.who), self.seal.clone().into());
        if ask.act == Act::BreakGlass {
            return self.run(OpenBreakGlass { account, typed }).map(|_| "done");
        }
        let ticket = self.run(CollectTicket { account, typed })?;
        Ok(self.hand_over(ask.who, ticket))
    }
}
