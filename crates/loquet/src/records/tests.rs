//! What a row keeps and what it forgets.

use loquet_policy::{
    Authenticator, AuthenticatorId, OrgId, Pending, Purpose, RecoverySet, RoleSet, Scheduled,
    SecondFactor,
};

use loquet_otp::Secret;

use super::*;

const NOW: UnixTime = UnixTime(1_790_000_000);

fn organization() -> OrganizationRecord {
    OrganizationRecord::new(Organization::new(OrgId::from(9_u64)), "À petits pas")
}

fn set(organization: &mut OrganizationRecord, text: &str) {
    let rules = Rules::new(text.to_owned());
    let mut facts = organization.facts.clone();
    facts.options.access_rules = Some(rules.digest);
    organization.sync(facts, Some(&rules), NOW);
}

fn texts(organization: &OrganizationRecord) -> Vec<&str> {
    let rules = organization.rules.iter();
    rules.map(|rules| rules.text.as_str()).collect()
}

#[test]
fn present_and_three_past_rules_are_kept() {
    let mut organization = organization();
    for text in ["a", "b", "c", "d", "e"] {
        set(&mut organization, text);
    }
    assert_eq!(texts(&organization), ["b", "c", "d", "e"]);
    assert_eq!(organization.past.len(), 3);
    set(&mut organization, "d");
    assert_eq!(
        texts(&organization),
        ["c", "d", "e"],
        "once, though named twice"
    );
    assert_eq!(organization.rules_in_force(NOW), Some("d"));
}

#[test]
fn rules_put_in_force_drop_waiting_ones() {
    let mut organization = organization();
    let waits = |setting| Scheduled {
        setting,
        by: 1_u64.into(),
        due: NOW.plus(1),
    };
    let window = waits(Setting::EnrollmentWindow { seconds: 99 });
    let rules = waits(Setting::AccessRules {
        rules: None,
        opens: true,
    });
    organization.facts.scheduled = vec![window, rules];
    organization.put_in_force(None, NOW);
    assert_eq!(organization.facts.scheduled, [window]);
}

fn account(sessions: &[(u64, u64)]) -> Account {
    let mut account = Account::new(
        1_u64.into(),
        OrgId::from(9_u64),
        RoleSet::of(RoleId::MEMBER),
        NOW,
    );
    for (slot, (session, since)) in account.pendings.iter_mut().zip(sessions) {
        *slot = Some(Pending {
            purpose: Purpose::First,
            by: None,
            session: SessionId(*session),
            since: UnixTime(*since),
            wrong: 0,
            recovery: RecoverySet::EMPTY,
        });
    }
    account
}

fn held(secrets: &Secrets) -> Vec<(u64, u8)> {
    let first = |secret: &Secret| secret.expose().first().copied().unwrap_or_default();
    let pendings = secrets.pendings.iter();
    pendings
        .map(|held| (held.session.0, first(&held.secret)))
        .collect()
}

#[test]
fn each_enrollment_keeps_its_secret() {
    let mut secrets = Secrets::default();
    let fresh = |byte: u8| Secret::from([byte; 20]);
    let (none, one, two) = (
        account(&[]),
        account(&[(11, 1)]),
        account(&[(11, 1), (12, 2)]),
    );
    secrets.sync(&none, &one, None, &fresh(1));
    secrets.sync(&one, &two, None, &fresh(2));
    assert_eq!(held(&secrets), [(11, 1), (12, 2)]);
    // The second session rises, and goes on with what it began under its old id.
    let risen = account(&[(11, 1), (22, 2)]);
    secrets.sync(&two, &risen, None, &fresh(3));
    assert_eq!(held(&secrets), [(11, 1), (22, 2)]);
    // Another enrollment in the slot of one that ended is no continuation of it.
    let other = account(&[(11, 1), (33, 9)]);
    secrets.sync(&risen, &other, None, &fresh(4));
    assert_eq!(held(&secrets), [(11, 1), (33, 4)]);
    secrets.sync(&other, &none, None, &fresh(5));
    assert_eq!(held(&secrets), []);
}

#[test]
fn only_confirmed_secret_is_bound() {
    let mut secrets = Secrets::default();
    let fresh = |byte: u8| Secret::from([byte; 20]);
    let (none, one, two) = (
        account(&[]),
        account(&[(11, 1)]),
        account(&[(11, 1), (12, 2)]),
    );
    secrets.sync(&none, &one, None, &fresh(1));
    secrets.sync(&one, &two, None, &fresh(2));
    let mut bound = account(&[]);
    let id = AuthenticatorId(1);
    bound.second_factor = SecondFactor::of(Authenticator::new(id, NOW, 1));
    secrets.sync(&two, &bound, Some(SessionId(12)), &fresh(3));
    assert_eq!(secrets.bound.len(), 1);
    assert_eq!(secrets.bound[0].details.id, id);
    let secret = secrets.bound[0].secret.as_ref();
    assert_eq!(secret.unwrap().expose(), [2; 20]);
    assert_eq!(held(&secrets), []);
    secrets.sync(&bound, &none, None, &fresh(4));
    assert!(secrets.bound.is_empty());
}
