//! `loquet-policy` beside the same rules in Cedar: `cargo bench --features policy --bench policy`.
//!
//! Cedar is the policy language whose engine is proved and written in Rust; it answers allow or deny. The rules that
//! bear on each question stand in `RULES`, in its own words, and both engines must answer alike, which is asserted
//! first. Cedar is spared everything but the decision: policies are parsed, facts and request are built beforehand.
//! What building them costs a service whose facts change is shown beside it.

use std::hint::black_box;
use std::time::Instant;

use cedar_policy::{Authorizer, Context, Entities, EntityUid, PolicySet, Request, Response};
use loquet_benches::{case, compare};
use loquet_policy::{
    Access, Account, AccountId, Authenticator, BreakGlass, CodeCheck, Command, Digest, Fresh,
    Latch, Level, Mandate, MandateState, OrgId, Organisation, PolicyChange, RoleId, RoleSet,
    Roster, Session, SessionId, Snapshot, Submitted, UnixTime, Vantage, decide, limits, standing,
    what_if,
};

const NOW: UnixTime = UnixTime(1_790_000_000);

/// Who must, who may, who may not, as far as the questions below go. Times are seconds; a code's worth is evidence.
const RULES: &str = r#"
// The pass phrase alone is enough where nothing requires more.
permit(principal is Account, action == Action::"enter", resource is Organisation)
when { principal.active && context.access == "allowed" };
forbid(principal is Account, action == Action::"enter", resource is Organisation)
when { resource.enabled && principal.toggle };
forbid(principal in Role::"employee", action == Action::"enter", resource is Organisation)
when { resource.enabled && resource has employees && resource.employees <= context.now };

// Where more is required and something is bound, the code is asked for.
permit(principal is Account, action == Action::"askCode", resource is Organisation)
when { principal.active && context.access == "allowed" && resource.enabled && principal.authenticator == "active"
  && (principal.toggle || (principal in Role::"employee" && resource has employees && resource.employees <= context.now)) };

// A session with a code acts, while its account and its authenticator stand.
permit(principal is Account, action == Action::"act", resource is Organisation)
when { principal.active && context.level == 2 && context.epoch == principal.epoch && principal.authenticator == "active" };

// A code finishes a log-in: unused, and not during a wait or past the budget.
permit(principal is Account, action == Action::"giveCode", resource is Organisation)
when { principal.active && context.access == "allowed" && context.epoch == principal.epoch
  && context.now < context.since + 600 && principal.authenticator == "active"
  && context.good && context.step > principal.step };
forbid(principal is Account, action == Action::"giveCode", resource is Organisation)
when { context.now < principal.until || principal.failures >= 80 };

// The owner switches off the question, with a fresh code, where nothing forbids it.
permit(principal is Account, action == Action::"switchOff", resource is Organisation)
when { principal.active && context.level == 2 && context.epoch == principal.epoch && principal.toggle
  && principal.authenticator == "active" && context.good && context.step > principal.step };
forbid(principal is Account, action == Action::"switchOff", resource is Organisation)
when { resource.strict || !resource.enabled };
forbid(principal in Role::"employee", action == Action::"switchOff", resource is Organisation)
when { resource has employees };
forbid(principal is Account, action == Action::"switchOff", resource is Organisation)
when { context.now < principal.until || principal.failures >= 80 };

// An administrator resets another, of no higher rank, with a fresh code, not in the first three days, five a day.
permit(principal in Role::"administrator", action == Action::"reset", resource is Account)
when { principal.active && resource.active && principal.organisation == resource.organisation
  && context.level == 2 && context.epoch == principal.epoch && principal.rank >= resource.rank
  && principal.authenticator == "active" && context.good && context.step > principal.step };
forbid(principal is Account, action == Action::"reset", resource is Account)
when { principal == resource };
forbid(principal is Account, action == Action::"reset", resource is Account)
when { (principal has promoted && context.now < principal.promoted + 259200 && context.othersEnrolled > 0)
  || principal.resetsToday >= 5 || context.now < principal.until || principal.failures >= 80 };
"#;

const ENTITIES: &str = r#"[
 {"uid": {"type": "Organisation", "id": "1"}, "parents": [],
  "attrs": {"enabled": true, "strict": false, "employees": 1780000000}},
 {"uid": {"type": "Role", "id": "parent"}, "attrs": {}, "parents": []},
 {"uid": {"type": "Role", "id": "employee"}, "attrs": {}, "parents": []},
 {"uid": {"type": "Role", "id": "administrator"}, "attrs": {}, "parents": [{"type": "Role", "id": "employee"}]},
 {"uid": {"type": "Account", "id": "anne"}, "parents": [{"type": "Role", "id": "administrator"}],
  "attrs": {"organisation": "1", "active": true, "rank": 2, "toggle": true, "authenticator": "active", "step": 100,
            "epoch": 1, "until": 0, "failures": 0, "resetsToday": 0}},
 {"uid": {"type": "Account", "id": "claire"}, "parents": [{"type": "Role", "id": "employee"}],
  "attrs": {"organisation": "1", "active": true, "rank": 1, "toggle": true, "authenticator": "active", "step": 100,
            "epoch": 1, "until": 0, "failures": 0, "resetsToday": 0}},
 {"uid": {"type": "Account", "id": "david"}, "parents": [{"type": "Role", "id": "parent"}],
  "attrs": {"organisation": "1", "active": true, "rank": 0, "toggle": false, "authenticator": "active", "step": 100,
            "epoch": 1, "until": 0, "failures": 0, "resetsToday": 0}},
 {"uid": {"type": "Account", "id": "edith"}, "parents": [{"type": "Role", "id": "parent"}],
  "attrs": {"organisation": "1", "active": true, "rank": 0, "toggle": true, "authenticator": "active", "step": 100,
            "epoch": 1, "until": 0, "failures": 0, "resetsToday": 0}}
]"#;

/// What the request says beside who, what and whom.
const CONTEXT: &str = r#"{"now": 1790000000, "access": "allowed", "level": 2, "epoch": 1, "since": 1789999900,
  "good": true, "step": 101, "othersEnrolled": 1}"#;

const ACCESS: Access = Access::Allowed;
const FRESH: Fresh = Fresh {
    session: SessionId(8),
};
const CODE: Submitted = Submitted {
    check: CodeCheck::Good {
        step: 101,
        offset: 0,
    },
    vantage: Vantage::Stranger,
};

struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
}

impl Cedar {
    fn new() -> Self {
        Self {
            authorizer: Authorizer::new(),
            policies: RULES.parse().unwrap(),
            entities: Entities::from_json_str(ENTITIES, None).unwrap(),
        }
    }

    fn request(who: &str, does: &str, whom: &str) -> Request {
        let uid = |text: String| text.parse::<EntityUid>().unwrap();
        Request::new(
            uid(format!("Account::\"{who}\"")),
            uid(format!("Action::\"{does}\"")),
            uid(whom.to_owned()),
            Context::from_json_str(CONTEXT, None).unwrap(),
            None,
        )
        .unwrap()
    }

    fn ask(&self, request: &Request) -> Response {
        self.authorizer
            .is_authorized(request, &self.policies, &self.entities)
    }
}

struct House {
    organisation: Organisation,
    roster: Roster,
}

impl House {
    fn new(administrators: &[&Account]) -> Self {
        let by = AccountId::from(1u64);
        let mut organisation = Organisation::new(OrgId::from(1u64));
        let since = UnixTime(1_780_000_000);
        organisation.latch = Latch::Enabled { since, by };
        organisation.break_glass = BreakGlass::Sealed {
            seal: Digest::from_bytes([1; 32]),
            since,
            wrong: 0,
        };
        organisation.mandates = vec![Mandate {
            role: RoleId::EMPLOYEE,
            by,
            state: MandateState::InForce { since },
        }];
        let mut roster = Roster::new(organisation.id);
        for account in administrators {
            roster.admit(account);
        }
        Self {
            organisation,
            roster,
        }
    }

    fn snapshot<'a>(
        &'a self,
        actor: &'a Account,
        session: Option<&'a Session>,
        subject: Option<&'a Account>,
    ) -> Snapshot<'a> {
        Snapshot {
            organisation: Some(&self.organisation),
            roster: Some(&self.roster),
            actor,
            session,
            subject,
        }
    }
}

fn account(id: u64, role: RoleId, toggle: bool) -> Account {
    let mut account = Account::new(
        AccountId::from(id),
        OrgId::from(1u64),
        RoleSet::of(role),
        UnixTime(1_700_000_000),
    );
    account.authenticator = Authenticator::Active {
        since: UnixTime(1_780_000_000),
        step: 100,
        drift: 0,
        told: None,
    };
    account.toggle = toggle;
    account.ever = true;
    account.epoch = 1;
    account
}

fn session(account: &Account, level: Level) -> Session {
    Session {
        account: account.id,
        id: SessionId(7),
        epoch: account.epoch,
        level,
        at: UnixTime(NOW.0 - 100),
    }
}

/// One question to both engines.
fn beside_cedar(
    title: &str,
    cedar: &Cedar,
    request: &Request,
    allowed: bool,
    mut ours: impl FnMut() -> bool,
    no_allocation: bool,
) {
    let decision = cedar.ask(request).decision();
    assert_eq!(
        decision == cedar_policy::Decision::Allow,
        allowed,
        "{title}"
    );
    assert_eq!(ours(), allowed, "{title}");
    let table = compare(
        title,
        "cedar-policy",
        vec![
            case("loquet-policy", ours),
            case("cedar-policy", || black_box(cedar).ask(black_box(request))),
        ],
    );
    table.target("loquet-policy", 0.05);
    for row in table
        .rows()
        .iter()
        .filter(|row| row.name == "loquet-policy")
    {
        if no_allocation {
            assert_eq!(
                row.allocations, 0,
                "{title}: the path that allows allocates"
            );
        }
    }
}

fn main() {
    let anne = account(1, RoleId::ADMINISTRATOR, true);
    let bruno = account(5, RoleId::ADMINISTRATOR, true);
    let claire = account(2, RoleId::EMPLOYEE, true);
    let david = account(3, RoleId::PARENT, false);
    let edith = account(4, RoleId::PARENT, true);
    let house = House::new(&[&anne, &bruno]);
    let cedar = Cedar::new();
    let organisation = "Organisation::\"1\"";

    let granted = |snapshot: &Snapshot<'_>, command: &Command| {
        black_box(decide(black_box(snapshot), black_box(command), NOW, FRESH))
            .answer
            .is_ok()
    };

    let log_in = Command::LogIn { access: ACCESS };
    let snapshot = house.snapshot(&david, None, None);
    beside_cedar(
        "a log-in for which the pass phrase is enough",
        &cedar,
        &Cedar::request("david", "enter", organisation),
        true,
        || granted(&snapshot, &log_in),
        true,
    );
    let snapshot = house.snapshot(&claire, None, None);
    beside_cedar(
        "a log-in under a mandate, which asks for the code",
        &cedar,
        &Cedar::request("claire", "askCode", organisation),
        true,
        || granted(&snapshot, &log_in),
        true,
    );
    let half = session(&claire, Level::HalfLogin);
    let give = Command::GiveCode {
        code: CODE,
        access: ACCESS,
    };
    let snapshot = house.snapshot(&claire, Some(&half), None);
    beside_cedar(
        "a good code, with the account that is to be stored",
        &cedar,
        &Cedar::request("claire", "giveCode", organisation),
        true,
        || granted(&snapshot, &give),
        true,
    );
    let full = session(&claire, Level::Level2);
    let snapshot = house.snapshot(&claire, Some(&full), None);
    beside_cedar(
        "what a session is worth, on each request",
        &cedar,
        &Cedar::request("claire", "act", organisation),
        true,
        || standing(black_box(&snapshot), NOW) == Ok(Level::Level2),
        true,
    );
    let off = Command::SwitchOff { code: CODE };
    beside_cedar(
        "switching off under a mandate, refused with its reason",
        &cedar,
        &Cedar::request("claire", "switchOff", organisation),
        false,
        || granted(&snapshot, &off),
        true,
    );
    let full = session(&edith, Level::Level2);
    let snapshot = house.snapshot(&edith, Some(&full), None);
    beside_cedar(
        "switching off a voluntary account, with its notice",
        &cedar,
        &Cedar::request("edith", "switchOff", organisation),
        true,
        || granted(&snapshot, &off),
        false,
    );
    let full = session(&anne, Level::Level2);
    let snapshot = house.snapshot(&anne, Some(&full), Some(&claire));
    let reset = Command::Reset {
        ticket: Digest::from_bytes([2; 32]),
        aloud: false,
        code: CODE,
    };
    beside_cedar(
        "an administrator resets an employee, with the notices",
        &cedar,
        &Cedar::request("anne", "reset", "Account::\"claire\""),
        true,
        || granted(&snapshot, &reset),
        false,
    );

    compare(
        "what Cedar was spared above",
        "the decision alone",
        vec![
            case("the decision alone", {
                let request = Cedar::request("claire", "askCode", organisation);
                let cedar = &cedar;
                move || cedar.ask(black_box(&request))
            }),
            case("with the request built from facts", || {
                cedar.ask(&Cedar::request("claire", "askCode", organisation))
            }),
        ],
    );

    hundred_thousand(&house);
}

/// What a mandate for parents would do to an organisation of 100,000 accounts.
fn hundred_thousand(house: &House) {
    let accounts: Vec<Account> = (0..100_000u64)
        .map(|number| {
            let role = RoleId(u16::try_from(number % 3).unwrap());
            let mut account = account(number + 10, role, number % 7 == 0);
            if number % 2 == 0 {
                account.authenticator = Authenticator::None;
                account.toggle = false;
            }
            account
        })
        .collect();
    let change = PolicyChange::Mandate {
        role: RoleId::PARENT,
        date: NOW,
    };
    let by = AccountId::from(1u64);
    let ask = || {
        what_if(
            &house.organisation,
            change,
            by,
            NOW,
            black_box(&accounts),
            NOW.plus(limits::DAY),
        )
        .count()
    };
    let mut times: Vec<_> = (0..5)
        .map(|_| {
            let begun = Instant::now();
            let changed = ask();
            (begun.elapsed(), changed)
        })
        .collect();
    times.sort();
    let allocated = allocation_counter::measure(|| {
        black_box(ask());
    });
    println!(
        "\n## what if parents were mandated too, for 100,000 accounts\n\n{} log-ins would be others; {:.1?} (median of 5), {} allocations\ntarget < 1 s: {}",
        times[2].1,
        times[2].0,
        allocated.count_total,
        if times[2].0.as_secs() < 1 {
            "met"
        } else {
            "MISSED"
        },
    );
}
