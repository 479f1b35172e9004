//! Operations beyond the usual path, over the memory store. SQLite runs the same ones.

use loquet::store::{MemoryStore, PAGE};
use loquet::{
    Clock, Deliver, DeliveryError, Letter, MandateKind, NewAccount, Refusal, RoleId, Start,
    UnixTime,
};
use loquet_policy::{Event, limits};
use loquet_testkit::addresses::code;
use loquet_testkit::fixture::{ANNE, BRUNO, CHLOE, DENIS, Fixture, refusal};
use loquet_testkit::flaky::{FlakyStore, Weather};
use loquet_testkit::letters::{Mailbox, post, to};

#[tokio::test]
async fn letters_over_memory() {
    loquet_testkit::letters::all(MemoryStore::new).await;
    let fixture = Fixture::over(MemoryStore::new()).await;
    loquet_testkit::letters::administrators_letter_names_whom_failures_disabled(fixture).await;
}

#[tokio::test]
async fn addresses_over_memory() {
    loquet_testkit::addresses::all(MemoryStore::new).await;
}

#[tokio::test]
async fn sessions_over_memory() {
    loquet_testkit::sessions::all(MemoryStore::new).await;
}

#[tokio::test]
async fn operations_over_memory() {
    loquet_testkit::operations::all(MemoryStore::new).await;
    loquet_testkit::imports::all(MemoryStore::new).await;
    loquet_testkit::tokens::all(MemoryStore::new).await;
}

/// What two nodes over one store say to one user, of the reminders alone.
async fn reminded(nodes: &[Fixture; 2], account: u64) -> Vec<Event> {
    let [one, two] = nodes;
    let (first, second) = tokio::join!(one.operator.apply_due(), two.operator.apply_due());
    first.unwrap();
    second.unwrap();
    let letters = post(one).await;
    to(&letters, account)
        .iter()
        .map(|letter| letter.event)
        .filter(|event| {
            matches!(
                event,
                Event::MandateReminder { .. } | Event::MandateInForce { .. }
            )
        })
        .collect()
}

#[tokio::test]
async fn reminders_come_once_from_two_nodes() {
    let store = FlakyStore::default();
    let one = Fixture::over(store.clone()).await;
    let two = Fixture::at(store, one.clock.clone()).await;
    let clock = one.clock.clone();
    let (_, session) = one.enabled().await;
    let anne = one.user(&session).await;
    let role = RoleId::STAFF;
    let date = clock.now().plus(20 * limits::DAY);
    let admin = one.mfa.admin(&anne);
    admin
        .schedule_mandate(role, MandateKind::SecondFactor, Start::At(date))
        .await
        .unwrap();
    let later = date.plus(10 * limits::DAY);
    admin
        .move_mandate(role, MandateKind::SecondFactor, later)
        .await
        .unwrap();
    let nodes = [one.clone(), two];
    let until = |moment: UnixTime| clock.advance(moment.0.saturating_sub(clock.now().0));
    let before = |days: u64| UnixTime(later.0.saturating_sub(days.saturating_mul(limits::DAY)));
    let reminder = Event::MandateReminder {
        kind: MandateKind::SecondFactor,
        role,
        date: later,
    };
    let force = Event::MandateInForce {
        kind: MandateKind::SecondFactor,
        role,
    };
    for (moment, said) in [
        (UnixTime(before(7).0.saturating_sub(1)), vec![]),
        (before(7), vec![reminder]),
        (before(7), vec![]),
        (before(6), vec![]),
        (before(1), vec![reminder]),
        (before(1), vec![]),
        (later, vec![force]),
        (later.plus(limits::DAY), vec![]),
    ] {
        until(moment);
        assert_eq!(reminded(&nodes, CHLOE).await, said, "{moment:?}");
    }
    assert!(reminded(&nodes, DENIS).await.is_empty());
    assert!(one.operator.verify_audit(ANNE.into()).await.is_ok());
}

/// Schedules a mandate of a role for a date so many seconds from now.
async fn scheduled(fixture: &Fixture, role: RoleId, seconds: u64) -> UnixTime {
    let (_, session) = fixture.enabled().await;
    let anne = fixture.user(&session).await;
    let date = fixture.clock.now().plus(seconds);
    let admin = fixture.mfa.admin(&anne);
    admin
        .schedule_mandate(role, MandateKind::SecondFactor, Start::At(date))
        .await
        .unwrap();
    date
}

#[tokio::test]
async fn overdue_reminders_are_sent_once() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let role = RoleId::STAFF;
    scheduled(&fixture, role, limits::NOTICE).await;
    post(&fixture).await;
    let apply_due = || fixture.operator.apply_due();
    assert_eq!(apply_due().await.unwrap(), 0, "just told");
    // No round for days: of two reminders that are due, one is said.
    fixture.clock.advance(limits::NOTICE.saturating_sub(60));
    assert_eq!(apply_due().await.unwrap(), 1);
    let letters = post(&fixture).await;
    assert_eq!(to(&letters, CHLOE).len(), 1);
    // At the date, from the node that is first.
    fixture.clock.advance(60);
    assert_eq!(apply_due().await.unwrap(), 1);
    let letters = post(&fixture).await;
    assert_eq!(
        to(&letters, CHLOE)[0].event,
        Event::MandateInForce {
            kind: MandateKind::SecondFactor,
            role
        }
    );
}

/// An administrator is told of what is about employees as one of them, and of what is about parents as an administrator:
/// once of each.
#[tokio::test]
async fn administrator_is_told_of_mandate_once() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let (_, session) = fixture.enabled().await;
    let anne = fixture.user(&session).await;
    post(&fixture).await;
    for (role, others) in [(RoleId::STAFF, CHLOE), (RoleId::MEMBER, DENIS)] {
        let date = fixture.clock.now().plus(20 * limits::DAY);
        let admin = fixture.mfa.admin(&anne);
        admin
            .schedule_mandate(role, MandateKind::SecondFactor, Start::At(date))
            .await
            .unwrap();
        let letters = post(&fixture).await;
        let told = Event::MandateAnnounced {
            kind: MandateKind::SecondFactor,
            role,
            date,
        };
        for account in [ANNE, BRUNO, others] {
            let events: Vec<Event> = to(&letters, account).iter().map(|it| it.event).collect();
            assert_eq!(events, [told], "account {account}, role {}", role.0);
        }
    }
}

#[tokio::test]
async fn owners_address_changes_are_bounded() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let session = fixture.log_in(DENIS).await.session;
    let denis = fixture.user(&session).await;
    let account = fixture.mfa.account(&denis);
    let change = |n: u32| account.change_address(format!("a{n}@example.org").parse().unwrap(), "");
    for n in 0..8 {
        change(n).await.unwrap();
        let code = code(&post(&fixture).await, DENIS);
        account.confirm_address(code).await.unwrap();
        post(&fixture).await;
    }
    assert_eq!(refusal(change(9).await), Refusal::TooManyAddresses);
    assert_eq!(refusal(change(7).await), Refusal::Unchanged);
}

/// A first address sends no notice, and hides nothing else.
#[tokio::test]
async fn first_address_hides_no_other_notice() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let role = RoleId::STAFF;
    scheduled(&fixture, role, limits::NOTICE).await;
    post(&fixture).await;
    fixture.clock.advance(limits::NOTICE);
    let address = "chloe@example.org".parse().unwrap();
    let provision = fixture.mfa.provision();
    assert!(provision.set_address(CHLOE, address).await.unwrap());
    let letters = post(&fixture).await;
    let events: Vec<Event> = to(&letters, CHLOE).iter().map(|it| it.event).collect();
    assert_eq!(
        events,
        [Event::MandateInForce {
            kind: MandateKind::SecondFactor,
            role
        }]
    );
}

/// A mailer that fails.
struct Strike;

impl Deliver for Strike {
    async fn deliver(&self, _: &Letter) -> Result<(), DeliveryError> {
        Err(DeliveryError::Temporary("no letters today".into()))
    }
}

#[tokio::test]
async fn undelivered_letters_wait() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    fixture.enabled().await;
    let round = fixture.operator.deliver(&Strike).await.unwrap();
    assert_eq!(round.letters, 0);
    assert!(round.waiting > 1, "{round:?}");
    let fault = round.fault.unwrap().to_string();
    assert!(fault.contains("no letters today"), "{fault}");
    let letters = post(&fixture).await;
    assert_eq!(u32::try_from(letters.len()).unwrap(), round.waiting);
}

/// More than a page of the outbox that cannot be delivered ends all the same.
#[tokio::test]
async fn undeliverable_outbox_is_read_once() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let (_, session) = fixture.enabled().await;
    let anne = fixture.user(&session).await;
    let admin = fixture.mfa.admin(&anne);
    let start = Start::At(fixture.clock.now().plus(limits::NOTICE));
    let provision = fixture.mfa.provision();
    for number in 1000..1000 + PAGE as u64 {
        let name = format!("user {number}");
        let new = NewAccount::new(number, &name).role(RoleId::STAFF);
        provision.ensure_account(new).await.unwrap();
    }
    admin
        .schedule_mandate(RoleId::STAFF, MandateKind::SecondFactor, start)
        .await
        .unwrap();
    let round = fixture.operator.deliver(&Strike).await.unwrap();
    assert!(usize::try_from(round.waiting).unwrap() > PAGE);
}

#[tokio::test]
async fn deactivated_user_is_told_of_no_mandate() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let (_, session) = fixture.enabled().await;
    let anne = fixture.user(&session).await;
    let provision = fixture.mfa.provision();
    provision.deactivate(CHLOE).await.unwrap();
    post(&fixture).await;
    let start = Start::At(fixture.clock.now().plus(limits::NOTICE));
    let admin = fixture.mfa.admin(&anne);
    let scheduled = admin
        .schedule_mandate(RoleId::STAFF, MandateKind::SecondFactor, start)
        .await;
    scheduled.unwrap();
    let letters = post(&fixture).await;
    assert!(to(&letters, CHLOE).is_empty(), "{letters:?}");
    assert!(!to(&letters, BRUNO).is_empty());
}

/// Where the answer to the commit that gives each reader a notice is lost, it is not made a second time.
#[tokio::test]
async fn mandate_notice_is_expanded_once() {
    let store = FlakyStore::default();
    let fixture = Fixture::over(store.clone()).await;
    scheduled(&fixture, RoleId::STAFF, limits::NOTICE + limits::DAY).await;
    store.expect(Weather::LoseAnswer);
    let mailbox = Mailbox::default();
    let round = fixture.operator.deliver(&mailbox).await.unwrap();
    assert!(round.fault.is_some() && round.waiting == 1, "{round:?}");
    let mut letters = mailbox.into_letters();
    letters.extend(post(&fixture).await);
    let is_announced = |it: &&Letter| matches!(it.event, Event::MandateAnnounced { .. });
    for account in [ANNE, BRUNO, CHLOE] {
        let told = to(&letters, account).into_iter();
        let told = told.filter(is_announced).count();
        assert_eq!(told, 1, "account {account}");
    }
    assert!(post(&fixture).await.is_empty());
}

#[tokio::test]
async fn audit_is_shown_to_its_owner_and_administrators() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let (_, session) = fixture.enabled().await;
    let (anne, denis) = (
        fixture.user(&session).await,
        fixture.user(&fixture.log_in(DENIS).await.session).await,
    );
    let mut own = Vec::new();
    let mut seen = Vec::new();
    let mfa = &fixture.mfa;
    let each = |_, record: loquet::audit::Record| {
        own.push(record);
        Ok(())
    };
    mfa.account(&denis).audit(each).await.unwrap();
    let each = |seq, record| {
        seen.push((seq, record));
        Ok(())
    };
    mfa.admin(&anne).audit(DENIS, each).await.unwrap();
    assert_eq!(seen.last().unwrap().1.what, "log_in");
    assert!(seen.iter().map(|(seq, _)| *seq).eq(1..=own.len() as u64));
    assert!(seen.iter().map(|(_, record)| record).eq(&own));
    let refused = mfa.admin(&denis).audit(ANNE, |_, _| Ok(())).await;
    assert_eq!(refusal(refused), Refusal::NotAdmin);
    let unknown = mfa.admin(&anne).audit(99_u64, |_, _| Ok(())).await;
    assert_eq!(refusal(unknown), Refusal::UnknownAccount);
}
