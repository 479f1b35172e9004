//! Commands in the states in which they write or tell something, or come close to it.

mod enrollments;
mod organisation;
mod people;
mod recoveries;
mod sessions;

use crate::house::*;
use loquet_policy::*;

pub struct Asked {
    pub who: usize,
    pub session: Option<Session>,
    pub whom: Option<usize>,
    pub command: Command,
}

type Scene = fn(&mut House) -> Asked;

const ACCESS: Access = Access::Allowed;
const EMPLOYEE: RoleId = RoleId::EMPLOYEE;
const PARENT: RoleId = RoleId::PARENT;
const ADMINISTRATOR: RoleId = RoleId::ADMINISTRATOR;
const OFFER: Setting = Setting::RecoveryCodes { offered: true };
const LONGER: Setting = Setting::TicketLife {
    seconds: 2 * limits::DAY,
};
const WIDER: Setting = Setting::EnrollmentWindow {
    seconds: 20 * limits::DAY,
};
const NARROWER: Setting = Setting::EnrollmentWindow {
    seconds: 2 * limits::DAY,
};

fn ask(who: usize, session: Session, command: Command) -> Asked {
    Asked {
        who,
        session: Some(session),
        whom: None,
        command,
    }
}

fn about(who: usize, session: Session, whom: usize, command: Command) -> Asked {
    Asked {
        whom: Some(whom),
        ..ask(who, session, command)
    }
}

fn host(who: usize, command: Command) -> Asked {
    Asked {
        who,
        session: None,
        whom: None,
        command,
    }
}

/// Enabled, and Anne has given a code.
fn anne(house: &mut House) -> Session {
    *house = House::enabled();
    house.enter(ANNE)
}

fn announce(house: &mut House, session: Session, role: RoleId, days: u64) {
    let start = Start::At(house.now.plus(days * limits::DAY));
    let command = Command::Announce { role, start };
    house.ask(ANNE, Some(session), command).unwrap();
}

fn change(house: &mut House, session: Session, setting: Setting) -> Command {
    let code = house.good();
    let command = Command::Change { setting, code };
    house.ask(ANNE, Some(session), command).unwrap();
    Command::Change {
        setting,
        code: house.good(),
    }
}

fn weaken(house: &mut House, setting: Setting) -> Command {
    Command::Change {
        setting,
        code: house.good(),
    }
}

fn reset(house: &mut House, aloud: bool) -> Command {
    Command::Reset {
        ticket: digest(TICKET),
        aloud,
        code: house.good(),
    }
}

fn give(house: &mut House) -> Command {
    Command::GiveCode {
        code: house.good(),
        access: ACCESS,
    }
}

fn wrong(vantage: Vantage) -> Command {
    let check = CodeCheck::Wrong { behind: None };
    let code = Submitted { check, vantage };
    Command::GiveCode {
        code,
        access: ACCESS,
    }
}

fn confirm(house: &mut House) -> Command {
    Command::ConfirmEnrollment {
        check: house.good().check,
        link: digest(LINK),
        seal: Some(digest(SEAL)),
        access: ACCESS,
    }
}

fn replace(house: &mut House) -> Command {
    Command::BeginReplacement {
        code: house.good(),
        recovery: RecoverySet::EMPTY,
    }
}

fn recover(code: u8, access: Access) -> Command {
    Command::UseRecoveryCode {
        code: Some(digest(code)),
        vantage: Vantage::Stranger,
        access,
    }
}

fn begin(ticket: Option<u8>, access: Access) -> Command {
    Command::BeginEnrollment {
        ticket: ticket.map(digest),
        recovery: RecoverySet::new((10..20).map(digest)).unwrap(),
        access,
    }
}

fn open() -> Command {
    Command::BreakGlass { seal: digest(SEAL) }
}

fn collect(seal: u8) -> Command {
    Command::CollectTicket {
        seal: digest(seal),
        ticket: digest(TICKET),
    }
}

/// Recovery codes are offered, and somebody enrolls with ten of them.
fn with_codes(house: &mut House, who: usize) -> Session {
    *house = House::enabled();
    house.organisation.options.recovery_codes = true;
    if who == ANNE {
        let anne = house.enter(ANNE);
        let command = Command::BeginReplacement {
            code: house.good(),
            recovery: RecoverySet::new((10..20).map(digest)).unwrap(),
        };
        house.ask(ANNE, Some(anne), command).unwrap();
        return house.confirm(ANNE, anne).unwrap();
    }
    house.enroll(who)
}

/// A voluntary account that is bound and switched off, at Level1.
fn switched_off(house: &mut House, who: usize) -> Session {
    let session = house.enter(who);
    let code = house.good();
    house
        .ask(who, Some(session), Command::SwitchOff { code })
        .unwrap();
    house.log_in(who)
}

pub fn scenes() -> Vec<(&'static str, Scene)> {
    let mut all = organisation::scenes();
    all.extend(sessions::scenes());
    all.extend(enrollments::scenes());
    all.extend(recoveries::scenes());
    all.extend(people::scenes());
    all
}
