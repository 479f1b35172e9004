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
use loquet::{AccountId, Clock, KeyRing, Level, OrgId, RoleId, Service, Stamp, UnixTime};
use loquet_policy::{BreakGlass, RoleSet, Start};
use loquet_testkit::house::House;
use loquet_testkit::policy_reference::{Ask, Rank, Typed};
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
                    .ensure_account(org, account(who), &name, &name, roles.iter().copied())
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
        match ask {
            Ask::LogIn { who, .. } => {
                let account = account(who);
                let entered = self.run(LogIn { account })?;
                Ok(self.enter(number, entered))
            }
            Ask::GiveCode {
                who, session, code, ..
            } => {
                let typed = self.code(who, code).into();
                let stamp = self.stamps[&session];
                let entered = self.run(GiveCode { stamp, typed })?;
                Ok(self.enter(number, entered))
            }
            Ask::LogOut { session, .. } => {
                let stamp = self.stamps[&session];
                self.run(LogOut { stamp }).map(|()| "done")
            }
            Ask::LogOutEverywhere { session, .. } => {
                let stamp = self.stamps[&session];
                self.run(LogOutEverywhere { stamp }).map(|()| "done")
            }
            Ask::Begin {
                who,
                session,
                ticket,
            } => self.begin(who, session, ticket),
            Ask::Confirm {
                who, session, code, ..
            } => self.confirm(who, session, code, number),
            Ask::SwitchOn {
                who, session, code, ..
            } => {
                let typed = self.code(who, code).into();
                let stamp = self.stamps[&session];
                match self.run(SwitchOn { stamp, typed })? {
                    Some(entered) => Ok(self.enter(number, entered)),
                    None => Ok("done"),
                }
            }
            Ask::SwitchOff { who, session, code } => {
                let typed = self.code(who, code).into();
                let stamp = self.stamps[&session];
                self.run(SwitchOff { stamp, typed }).map(|()| "done")
            }
            Ask::ReportLost { who } => {
                let account = account(who);
                self.run(ReportLost { account }).map(|()| "done")
            }
            other => self.administer(other),
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

    fn confirm(&mut self, who: usize, session: u64, code: Typed, number: u64) -> Said {
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
    fn administer(&mut self, ask: Ask) -> Said {
        let role = RoleId::EMPLOYEE;
        match ask {
            Ask::Enable { session, .. } => {
                let stamp = self.stamps[&session];
                let seal = self.shown_seal(&stamp).unwrap_or_default();
                let typed_back = seal.rsplit('-').next().unwrap_or_default().into();
                self.run(EnableMfa { stamp, typed_back })?;
                self.seal = seal;
                Ok("done")
            }
            Ask::Announce { session, days, .. } => {
                let start = Start::At(self.clock.now().plus(days * DAY));
                let stamp = self.stamps[&session];
                let announce = Announce { stamp, role, start };
                self.run(announce).map(|_| "done")
            }
            Ask::AnnounceNow { session, .. } => {
                let start = Start::Now { confirmed: true };
                let stamp = self.stamps[&session];
                let announce = Announce { stamp, role, start };
                self.run(announce).map(|_| "done")
            }
            Ask::Cancel { session, .. } => {
                let stamp = self.stamps[&session];
                self.run(CancelMandate { stamp, role }).map(|()| "done")
            }
            other => self.help(other),
        }
    }

    /// What administrators do for one person.
    fn help(&mut self, ask: Ask) -> Said {
        match ask {
            Ask::Reset {
                who,
                session,
                whom,
                code,
            } => {
                let ticket = self.run(Reset {
                    stamp: self.stamps[&session],
                    subject: account(whom),
                    aloud: false,
                    typed: self.code(who, code).into(),
                })?;
                Ok(self.hand_over(whom, ticket))
            }
            Ask::Promote {
                who,
                session,
                whom,
                code,
            } => self
                .run(AddRole {
                    stamp: self.stamps[&session],
                    subject: account(whom),
                    role: RoleId::ADMINISTRATOR,
                    typed: self.code(who, code).into(),
                })
                .map(|()| "done"),
            Ask::Demote { session, whom, .. } => self
                .run(RemoveRole {
                    stamp: self.stamps[&session],
                    subject: account(whom),
                    role: RoleId::ADMINISTRATOR,
                })
                .map(|()| "done"),
            Ask::Leave { session, whom, .. } => self
                .run(Leave {
                    stamp: self.stamps[&session],
                    subject: account(whom),
                })
                .map(|()| "done"),
            Ask::Rehire {
                who,
                session,
                whom,
                code,
            } => {
                let ticket = self.run(Rehire {
                    stamp: self.stamps[&session],
                    subject: account(whom),
                    roles: RoleSet::of(RoleId::EMPLOYEE),
                    typed: self.code(who, code).into(),
                })?;
                Ok(self.hand_over(whom, ticket))
            }
            other => self.break_glass(other),
        }
    }

    /// The way back in without another administrator.
    fn break_glass(&mut self, ask: Ask) -> Said {
        match ask {
            Ask::BreakGlass { who } => {
                let (account, typed) = (account(who), self.seal.clone());
                self.run(OpenBreakGlass {
                    account,
                    typed: typed.into(),
                })
                .map(|_| "done")
            }
            Ask::Collect { who } => {
                let (account, typed) = (account(who), self.seal.clone());
                let ticket = self.run(CollectTicket {
                    account,
                    typed: typed.into(),
                })?;
                Ok(self.hand_over(who, ticket))
            }
            other => panic!("{other:?} is asked of nobody"),
        }
    }
}
