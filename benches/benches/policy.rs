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
    Access, Account, AccountId, Authenticator, AuthenticatorId, BreakGlass, CodeCheck, CodeSource,
    Command, Digest, Fresh, Latch, Level, Mandate, MandateKind, MandateState, OrgId, Organization,
    Plan, PolicyChange, RoleId, RoleSet, Roster, SecondFactor, Session, SessionId, Snapshot,
    Submitted, UnixTime, current_level, decide, limits, what_if,
};

const NOW: UnixTime = UnixTime(1_790_000_000);

/// Who must, who may, who may not, as far as the questions below go. Times are seconds; a code's worth is evidence.
const RULES: &str = r#"
// The password alone is enough where nothing requires more.
permit(principal is Account, action == Action::"enter", resource is Organization)
when { principal.active && context.access == "allowed" };
forbid(principal is Account, action == Action::"enter", resource is Organization)
when { resource.enabled && principal.toggle };
forbid(principal in Role::"employee", action == Action::"enter", resource is Organization)
when { resource.enabled && resource has employees && resource.employees <= context.now };

// Where more is required and something is bound, the code is asked for.
permit(principal is Account, action == Action::"askCode", resource is Organization)
when { principal.active && context.access == "allowed" && resource.enabled && principal.authenticator == "active"
  && (principal.toggle || (principal in Role::"employee" && resource has employees && resource.employees <= context.now)) };

// A session with a code acts, while its account and its authenticator stand.
permit(principal is Account, action == Action::"act", resource is Organization)
when { principal.active && context.level == 2 && context.epoch == principal.epoch && principal.authenticator == "active" };

// A code finishes a log-in: unused, and not during a wait or past the budget.
permit(principal is Account, action == Action::"giveCode", resource is Organization)
when { principal.active && context.access == "allowed" && context.epoch == principal.epoch
  && context.now < context.since + 600 && principal.authenticator == "active"
  && context.good && context.step > principal.step };
forbid(principal is Account, action == Action::"giveCode", resource is Organization)
when { context.now < principal.until || principal.failures >= 80 };

// The owner switches off the question, with a fresh code, where nothing forbids it.
permit(principal is Account, action == Action::"switchOff", resource is Organization)
when { principal.active && context.level == 2 && context.epoch == principal.epoch && principal.toggle
  && principal.authenticator == "active" && context.good && context.step > principal.step };
forbid(principal is Account, action == Action::"switchOff", resource is Organization)
when { resource.strict || !resource.enabled };
forbid(principal in Role::"employee", action == Action::"switchOff", resource is Organization)
when { resource has employees };
forbid(principal is Account, action == Action::"switchOff", resource is Organization)
when { context.now < principal.until || principal.failures >= 80 };

// An administrator resets another, of no higher rank, with a fresh code, not in the first three days, five a day.
permit(principal in Role::"administrator", action == Action::"reset", resource is Account)
when { principal.active && resource.active && principal.organization == resource.organization
  && context.level == 2 && context.epoch == principal.epoch && principal.rank >= resource.rank
  && principal.authenticator == "active" && context.good && context.step > principal.step };
forbid(principal is Account, action == Action::"reset", resource is Account)
when { principal == resource };
forbid(principal is Account, action == Action::"reset", resource is Account)
when { (principal has promoted && context.now < principal.promoted + 259200 && context.othersEnrolled > 0)
  || principal.resetsToday >= 5 || context.now < principal.until || principal.failures >= 80 };
"#;

const ENTITIES: &str = r#"[
 {"uid": {"type": "Organization", "id": "1"}, "parents": [],
  "attrs": {"enabled": true, "strict": false, "employees": 1780000000}},
 {"uid": {"type": "Role", "id": "parent"}, "attrs": {}, "parents": []},
 {"uid": {"type": "Role", "id": "employee"}, "attrs": {}, "parents": []},
 {"uid": {"type": "Role", "id": "administrator"}, "attrs": {}, "parents": [{"type": "Role", "id": "employee"}]},
 {"uid": {"type": "Account", "id": "anne"}, "parents": [{"type": "Role", "id": "administrator"}],
  "attrs": {"organization": "1", "active": true, "rank": 2, "toggle": true, "authenticator": "active", "step": 100,
            "epoch": 1, "until": 0, "failures": 0, "resetsToday": 0}},
 {"uid": {"type": "Account", "id": "claire"}, "parents": [{"type": "Role", "id": "employee"}],
  "attrs": {"organization": "1", "active": true, "rank": 1, "toggle": true, "authenticator": "active", "step": 100,
            "epoch": 1, "until": 0, "failures": 0, "resetsToday": 0}},
 {"uid": {"type": "Account", "id": "david"}, "parents": [{"type": "Role", "id": "parent"}],
  "attrs": {"organization": "1", "active": true, "rank": 0, "toggle": false, "authenticator": "active", "step": 100,
            "epoch": 1, "until": 0, "failures": 0, "resetsToday": 0}},
 {"uid": {"type": "Account", "id": "edith"}, "parents": [{"type": "Role", "id": "parent"}],
  "attrs": {"organization": "1", "active": true, "rank": 0, "toggle": true, "authenticator": "active", "step": 100,
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
    by: AuthenticatorId(1),
    check: CodeCheck::Good {
        step: 101,
        offset: 0,
    },
    source: CodeSource::Stranger,
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

struct Fixture {
    organization: Organization,
    roster: Roster,
}

impl Fixture {
    fn new(administrators: &[&Account]) -> Self {
        let by = AccountId::from(1u64);
        let mut organization = Organization::new(OrgId::from(1u64));
        let since = UnixTime(1_780_000_000);
        organization.latch = Latch::Enabled { since, by };
        organization.break_glass = BreakGlass::Ready {
            break_glass: Digest::from_bytes([1; 32]),
            since,
            wrong: 0,
        };
        organization.mandates = vec![Mandate {
            role: RoleId::STAFF,
            kind: MandateKind::SecondFactor,
            by,
            state: MandateState::InForce { since },
        }];
        let mut roster = Roster::new(organization.id);
        for account in administrators {
            roster.admit(account);
        }
        Self {
            organization,
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
            organization: Some(&self.organization),
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
    let bound = Authenticator::new(AuthenticatorId(1), UnixTime(1_780_000_000), 100);
    account.second_factor = SecondFactor::of(bound);
    account.toggle = toggle;
    account.ever = true;
    account.epoch = 1;
    account
}

fn session(account: &Account, level: Level) -> Session {
    Session {
        passkey: false,
        account: account.id,
        id: SessionId(7),
        epoch: account.epoch,
        level,
        at: UnixTime(NOW.0 - 100),
    }
}

/// Both engines, and who asks them.
struct Both {
    fixture: Fixture,
    cedar: Cedar,
    anne: Account,
    claire: Account,
    david: Account,
    edith: Account,
}

const ORGANIZATION: &str = "Organization::\"1\"";

impl Both {
    fn new() -> Self {
        let anne = account(1, RoleId::ADMINISTRATOR, true);
        let bruno = account(5, RoleId::ADMINISTRATOR, true);
        Self {
            fixture: Fixture::new(&[&anne, &bruno]),
            cedar: Cedar::new(),
            anne,
            claire: account(2, RoleId::STAFF, true),
            david: account(3, RoleId::MEMBER, false),
            edith: account(4, RoleId::MEMBER, true),
        }
    }

    /// One question to both, which must answer alike. Ours allocates nothing where no notice is sent.
    fn compare(&self, title: &str, request: &Request, mut ours: impl FnMut() -> bool) {
        let decision = self.cedar.ask(request).decision();
        let allowed = decision == cedar_policy::Decision::Allow;
        assert_eq!(ours(), allowed, "{title}");
        let cedar = || black_box(&self.cedar).ask(black_box(request));
        let cases = vec![case("loquet-policy", ours), case("cedar-policy", cedar)];
        let table = compare(title, "cedar-policy", cases);
        table.target("loquet-policy", 0.05);
        if !title.ends_with("notice") {
            let rows = table.rows().iter();
            for row in rows.filter(|row| row.name == "loquet-policy") {
                assert_eq!(row.allocations, 0, "{title}: it allocates");
            }
        }
    }

    fn log_ins(&self) {
        let (code, access) = (CODE, ACCESS);
        let log_in = Command::LogIn { access };
        let snapshot = self.fixture.snapshot(&self.david, None, None);
        self.compare(
            "a log-in for which the password is enough",
            &Cedar::request("david", "enter", ORGANIZATION),
            || granted(&snapshot, &log_in),
        );
        let snapshot = self.fixture.snapshot(&self.claire, None, None);
        self.compare(
            "a log-in under a mandate, which asks for the code",
            &Cedar::request("claire", "askCode", ORGANIZATION),
            || granted(&snapshot, &log_in),
        );
        let half = session(&self.claire, Level::HalfLogin);
        let give = Command::VerifyCode { code, access };
        let snapshot = self.fixture.snapshot(&self.claire, Some(&half), None);
        self.compare(
            "a good code, with the account that is to be stored",
            &Cedar::request("claire", "giveCode", ORGANIZATION),
            || granted(&snapshot, &give),
        );
        let full = session(&self.claire, Level::Level2);
        let snapshot = self.fixture.snapshot(&self.claire, Some(&full), None);
        self.compare(
            "what a session is worth, on each request",
            &Cedar::request("claire", "act", ORGANIZATION),
            || current_level(black_box(&snapshot), NOW) == Ok(Level::Level2),
        );
    }

    fn changes(&self) {
        let off = Command::TurnOff { code: CODE };
        let full = session(&self.claire, Level::Level2);
        let snapshot = self.fixture.snapshot(&self.claire, Some(&full), None);
        self.compare(
            "switching off under a mandate, refused with its reason",
            &Cedar::request("claire", "switchOff", ORGANIZATION),
            || granted(&snapshot, &off),
        );
        let full = session(&self.edith, Level::Level2);
        let snapshot = self.fixture.snapshot(&self.edith, Some(&full), None);
        self.compare(
            "switching off a voluntary account, with its notice",
            &Cedar::request("edith", "switchOff", ORGANIZATION),
            || granted(&snapshot, &off),
        );
        let full = session(&self.anne, Level::Level2);
        let subject = Some(&self.claire);
        let snapshot = self.fixture.snapshot(&self.anne, Some(&full), subject);
        let reset = Command::Reset {
            reset_code: Digest::from_bytes([2; 32]),
            aloud: false,
            code: CODE,
        };
        self.compare(
            "an administrator resets an employee, with the notice",
            &Cedar::request("anne", "reset", "Account::\"claire\""),
            || granted(&snapshot, &reset),
        );
    }
}

fn granted(snapshot: &Snapshot<'_>, command: &Command) -> bool {
    black_box(decide(black_box(snapshot), black_box(command), NOW, FRESH))
        .answer
        .is_ok()
}

fn main() {
    let both = Both::new();
    both.log_ins();
    both.changes();
    let cedar = &both.cedar;
    compare(
        "what Cedar was spared above",
        "the decision alone",
        vec![
            case("the decision alone", {
                let request = Cedar::request("claire", "askCode", ORGANIZATION);
                move || cedar.ask(black_box(&request))
            }),
            case("with the request built from facts", || {
                cedar.ask(&Cedar::request("claire", "askCode", ORGANIZATION))
            }),
        ],
    );
    hundred_thousand(&both.fixture);
}

/// What a mandate for parents would do to an organization of 100,000 accounts.
fn hundred_thousand(fixture: &Fixture) {
    let accounts: Vec<Account> = (0..100_000u64)
        .map(|number| {
            let role = RoleId(u16::try_from(number % 3).unwrap());
            let mut account = account(number + 10, role, number % 7 == 0);
            if number % 2 == 0 {
                account.second_factor = SecondFactor::None;
                account.toggle = false;
            }
            account
        })
        .collect();
    let change = PolicyChange::Mandate {
        role: RoleId::MEMBER,
        kind: MandateKind::SecondFactor,
        date: NOW,
    };
    let by = AccountId::from(1u64);
    let plan = Plan {
        change,
        by,
        now: NOW,
    };
    let at = NOW.plus(limits::DAY);
    let ask = || what_if(&fixture.organization, plan, black_box(&accounts), at).count();
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
