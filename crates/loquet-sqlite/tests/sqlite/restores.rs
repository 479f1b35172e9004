//! What a restore makes of a backup whose store has moved on since, and can still be read.

use loquet::store::RowKey;
use loquet::testing::TestClock;
use loquet::{
    AccountId, Config, Error, ImportedAuthenticator, Keyring, MandateKind, Mfa, NewAccount,
    NextStep, OrganizationSetting, RestoreOptions, Restored, RoleId, Secret, Start, TokenState,
};
use loquet_policy::SettingKind;
use loquet_policy::limits::DAY;
use loquet_sqlite::{SqliteStore, backup};
use loquet_testkit::fixture::{ANNE, BRUNO, CHLOE, DENIS, Fixture, refusal};
use loquet_testkit::letters;
use loquet_testkit::tampered::Tampered;
use loquet_testkit::tokens::{self, Token};
use tempfile::TempDir;

/// A service over a file, and the place of its backup.
async fn begin() -> (TempDir, Fixture) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("a.db")).unwrap();
    let fixture = Fixture::at(store, TestClock::at(1_790_000_000)).await;
    (folder, fixture)
}

fn take_backup(folder: &TempDir) {
    let (db, copy) = (folder.path().join("a.db"), folder.path().join("a.backup"));
    backup(db, copy).unwrap();
}

/// The backup in the place of the store.
async fn restored(folder: &TempDir, replaced: &Fixture) -> (Fixture, Restored) {
    let store = SqliteStore::open(folder.path().join("a.backup")).unwrap();
    let fixture = Fixture::at(store, replaced.clock.clone()).await;
    let how = RestoreOptions::default().replaced(&replaced.operator);
    let done = fixture.operator.restored(how).await.unwrap();
    (fixture, done)
}

async fn offers_codes(fixture: &Fixture) -> bool {
    fixture.operator.apply_due().await.unwrap();
    let session = fixture.log_in(DENIS).await.session;
    let user = fixture.user(&session).await;
    let overview = fixture.mfa.account(&user).overview().await.unwrap();
    overview.organization().offers_recovery_codes()
}

/// A weakening waits when the backup is taken, and is cancelled after it. Its date has passed when the backup is restored.
#[tokio::test]
async fn t66_cancelled_weakening_is_not_restored() {
    let (folder, fixture) = begin().await;
    let (phone, _) = fixture.enabled().await;
    let session = fixture.enter(ANNE, &phone).await;
    let user = fixture.user(&session).await;
    let setting = OrganizationSetting::RecoveryCodes { offered: true };
    let admin = fixture.mfa.admin(&user);
    let typed = fixture.code(&phone);
    admin.update_setting(setting, typed).await.unwrap();
    take_backup(&folder);
    let cancelled = admin.cancel_change(SettingKind::RecoveryCodes).await;
    cancelled.unwrap();
    fixture.clock.advance(5 * DAY);
    let (restored, _) = restored(&folder, &fixture).await;
    assert!(!offers_codes(&restored).await);
}

/// A setting that was made stricter after the backup stays so, access rules with their text.
#[tokio::test]
async fn t66_stricter_settings_survive_a_restore() {
    let (folder, fixture) = begin().await;
    let (phone, session) = fixture.enabled().await;
    let anne = fixture.offering(&phone, &session).await;
    take_backup(&folder);
    let user = fixture.user(&anne).await;
    let setting = OrganizationSetting::RecoveryCodes { offered: false };
    let admin = fixture.mfa.admin(&user);
    admin.update_setting(setting, "").await.unwrap();
    let rules = "default deny\nallow 203.0.113.0/24\n";
    let code = fixture.code(&phone);
    admin.set_access_rules(rules, code).await.unwrap();
    let (restored, _) = restored(&folder, &fixture).await;
    assert!(!offers_codes(&restored).await);
    let elsewhere = Fixture::client_at("198.51.100.7");
    let denied = refusal(restored.mfa.log_in(DENIS, elsewhere).await);
    assert_eq!(denied.code(), "ACCESS_DENIED");
}

/// The backup's rules were not in force the day before: an undo must not open what was closed for months.
#[tokio::test]
async fn t66_rules_of_the_backup_cannot_be_undone_to() {
    let (folder, fixture) = begin().await;
    let (phone, session) = fixture.enabled().await;
    take_backup(&folder);
    let user = fixture.user(&session).await;
    let rules = "default deny\nallow 203.0.113.0/24\n";
    let code = fixture.code(&phone);
    let set = fixture.mfa.admin(&user).set_access_rules(rules, code);
    set.await.unwrap();
    fixture.clock.advance(60 * DAY);
    let (restored, _) = restored(&folder, &fixture).await;
    restored.clock.advance(60);
    let anne = restored.enter(ANNE, &phone).await;
    let anne = restored.user(&anne).await;
    let undone = restored.mfa.admin(&anne).undo_access_rules().await;
    assert_eq!(refusal(undone).code(), "UNCHANGED");
}

/// The owner moved to another address after the backup was taken.
#[tokio::test]
async fn t66_addresses_are_those_of_the_replaced_store() {
    let (folder, fixture) = begin().await;
    fixture.enabled().await;
    let address = |text: &str| text.parse::<loquet::Address>().unwrap();
    take_backup(&folder);
    let moved = address("denis.new@example.org");
    let provision = fixture.mfa.provision();
    let set = provision.set_address(DENIS, moved.clone()).await;
    assert!(set.unwrap());
    let (restored, _) = restored(&folder, &fixture).await;
    let users = restored.operator.users(restored.org).await.unwrap();
    let denis = users.iter().find(|user| user.account_id() == DENIS.into());
    let listed = denis.unwrap().addresses();
    assert!(listed.iter().any(|it| it.address == moved), "{listed:?}");
}

/// Only the replaced store has the account, and the backup gives its external id to another. Made again by the host, it
/// would enroll by the password alone.
#[tokio::test]
async fn t69_account_whose_name_is_taken_is_carried_over() {
    const OTHER: u64 = 77;
    let (folder, fixture) = begin().await;
    fixture.imposed().await;
    take_backup(&folder);
    let provision = fixture.mfa.provision();
    let renamed = provision.rename(DENIS, "denis.old", "Denis").await;
    renamed.unwrap();
    let new = NewAccount::new(OTHER, "denis").role(RoleId::STAFF);
    provision.ensure_account(new).await.unwrap();
    let session = fixture.log_in(OTHER).await.session;
    let (phone, _) = fixture.enroll(&session).await;
    let (restored, done) = restored(&folder, &fixture).await;
    let name = format!("restored {}", loquet::AccountId::from(OTHER));
    assert_eq!(done.renamed, [("denis".to_owned(), name.clone())]);
    assert_eq!(done.carried, [name]);
    let login = restored.log_in(OTHER).await;
    assert_eq!(login.next, NextStep::SecondFactor);
    restored.clock.advance(60);
    restored.enter(OTHER, &phone).await;
    let provision = restored.mfa.provision();
    let renamed = provision.rename(OTHER, "denis.new", "Denis").await;
    renamed.unwrap();
}

/// What the replaced store knows of tokens stands: one that was confirmed there is not free here, one that was taken back is.
#[tokio::test]
async fn tokens_of_the_replaced_store_stand() {
    let (folder, fixture) = begin().await;
    fixture.enabled().await;
    let [used, back, later] = ["1001", "1002", "1003"].map(Token::new);
    let provision = fixture.mfa.provision();
    provision.add_token(used.hardware()).await.unwrap();
    back.assign(&fixture, BRUNO).await.unwrap();
    let phone = ImportedAuthenticator::new(Secret::from([9; 20]));
    let imported = provision.import_authenticator(CHLOE, phone.clone());
    imported.await.unwrap();
    take_backup(&folder);
    provision.assign_token("1001", DENIS).await.unwrap();
    used.confirm(&fixture, DENIS).await;
    provision.withdraw_token("1002").await.unwrap();
    provision.add_token(later.hardware()).await.unwrap();
    // The key of an account that has another one when the store is replaced.
    let gone = ImportedAuthenticator::new(Secret::from([10; 20]));
    let new = NewAccount::new(77_u64, "eve");
    provision.ensure_account(new).await.unwrap();
    provision
        .import_authenticator(77_u64, gone.clone())
        .await
        .unwrap();
    provision.deactivate(77_u64).await.unwrap();

    let (restored, _) = restored(&folder, &fixture).await;
    let state = async |token: &Token| tokens::state(&restored, token).await.1;
    assert_eq!(state(&used).await, TokenState::InUse);
    assert_eq!(state(&back).await, TokenState::Free);
    assert_eq!(state(&later).await, TokenState::Free);
    let provision = restored.mfa.provision();
    for key in [phone, gone] {
        let other = provision.import_authenticator(ANNE, key).await;
        assert_eq!(refusal(other).code(), "KEY_OF_ANOTHER");
    }
    assert_eq!(restored.log_in(BRUNO).await.next, NextStep::Done);
    provision.assign_token("1002", BRUNO).await.unwrap();
    back.confirm(&restored, BRUNO).await;
}

/// An older backup is restored, then a newer one turns up: the store in between must not bring back what it still says.
#[tokio::test]
async fn t73_store_that_is_older_than_the_backup_is_refused() {
    let (folder, fixture) = begin().await;
    let (phone, session) = fixture.enabled().await;
    take_backup(&folder);
    let user = fixture.user(&session).await;
    let (admin, provision) = (fixture.mfa.admin(&user), fixture.mfa.provision());
    admin.deactivate(BRUNO).await.unwrap();
    provision.erase(DENIS).await.unwrap();
    let newer = folder.path().join("newer.backup");
    backup(folder.path().join("a.db"), &newer).unwrap();

    // The database is lost, and goes on from the older backup.
    let store = SqliteStore::open(folder.path().join("a.backup")).unwrap();
    let older = Fixture::at(store, fixture.clock.clone()).await;
    older
        .operator
        .restored(RestoreOptions::default())
        .await
        .unwrap();
    older.clock.advance(60);
    older.enter(ANNE, &phone).await;
    let store = SqliteStore::open(&newer).unwrap();
    let builder = Mfa::builder(store).keyring(Keyring::single(1, [7; 32]));
    let builder = builder.clock(fixture.clock.clone());
    let operator = builder.open_operator().await.unwrap();
    let restored = Fixture::of(&operator, fixture.org, fixture.clock.clone());
    let how = RestoreOptions::default().replaced(&older.operator);
    let refused = restored.operator.restored(how).await;
    assert!(
        matches!(refused, Err(Error::Config(Config::NotLater(_)))),
        "{refused:?}"
    );
    let enabled = [restored.org];
    let how = RestoreOptions::default().was_enabled(&enabled);
    restored.operator.restored(how).await.unwrap();
    for account in [BRUNO, DENIS] {
        let gone = restored.mfa.log_in(account, Fixture::client()).await;
        assert_eq!(refusal(gone).code(), "LOGIN_REFUSED");
    }
}

/// The link that undoes a report waits in the outbox when the store is replaced.
#[tokio::test]
async fn t74_letters_that_wait_survive_a_restore() {
    let (folder, fixture) = begin().await;
    fixture.enabled().await;
    let session = fixture.log_in(DENIS).await.session;
    let (phone, _) = fixture.enroll(&session).await;
    letters::post(&fixture).await;
    take_backup(&folder);
    let reported = fixture.mfa.report_lost(DENIS, Fixture::client());
    reported.await.unwrap();
    let (restored, _) = restored(&folder, &fixture).await;
    restored.clock.advance(60);
    let letters = letters::post(&restored).await;
    let mut letters = letters::to(&letters, DENIS).into_iter();
    let link = letters.find_map(|letter| letter.link).unwrap();
    let half = restored.log_in(DENIS).await;
    assert_eq!(half.next, NextStep::Recover);
    let (code, client) = (restored.code(&phone), Fixture::client());
    let undone = restored.mfa.undo_report(&half.session, &link, code, client);
    undone.await.unwrap();
}

/// A row that was put back in the store to be replaced does nothing there: the audit log says that it is an earlier one. A
/// restore does not believe it either.
#[tokio::test]
async fn t101_restore_believes_no_row_that_was_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("a.db")).unwrap();
    let live = Tampered::new(store);
    let fixture = Fixture::at(live.clone(), TestClock::at(1_790_000_000)).await;
    let (phone, _) = fixture.enabled().await;
    let session = fixture.log_in(BRUNO).await.session;
    fixture.enroll(&session).await;
    let (bruno, home) = (
        RowKey::Account(AccountId::from(BRUNO)),
        RowKey::Organization(fixture.org),
    );
    let before = [live.row(bruno).await, live.row(home).await];
    let anne = fixture.enter(ANNE, &phone).await;
    let user = fixture.user(&anne).await;
    let admin = fixture.mfa.admin(&user);
    admin.deactivate(BRUNO).await.unwrap();
    let date = fixture.mfa.now().plus(8 * DAY);
    admin
        .schedule_mandate(RoleId::STAFF, MandateKind::SecondFactor, Start::At(date))
        .await
        .unwrap();
    take_backup(&folder);

    let store = SqliteStore::open(folder.path().join("a.backup")).unwrap();
    let builder = Mfa::builder(store).keyring(Keyring::single(1, [7; 32]));
    let builder = builder.clock(fixture.clock.clone());
    let operator = builder.open_operator().await.unwrap();
    let backup = Fixture::of(&operator, fixture.org, fixture.clock.clone());
    let how = RestoreOptions::default().replaced(&fixture.operator);
    for earlier in before {
        live.put(earlier.row.clone(), earlier.version);
        let refused = backup.operator.restored(how).await;
        assert!(
            matches!(refused, Err(Error::Config(Config::ReplacedAltered(_)))),
            "{refused:?}"
        );
        live.undo();
    }
    backup.operator.restored(how).await.unwrap();
    let gone = backup.mfa.log_in(BRUNO, Fixture::client()).await;
    assert_eq!(refusal(gone).code(), "LOGIN_REFUSED");
}
