//! The host's user management: many accounts at once, settings to begin with, and the right to be forgotten.

use std::sync::{Arc, Mutex};

use loquet::store::{
    Commit, Cursor, Fault, MemoryStore, Page, Query, RowKey, Store, Versioned, Writes,
};
use loquet::{
    AccountId, Address, Attempt, Config, Error, Keyring, Mfa, NewAccount, OrganizationSetting,
    Refusal, Role, RoleId, UnixTime,
};
use loquet_policy::limits;
use loquet_testkit::fixture::{ANNE, BRUNO, CHLOE, DENIS, Fixture, refusal};
use loquet_testkit::letters::post;

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

#[tokio::test]
async fn sync_reports_what_it_found() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let provision = fixture.mfa.provision();
    provision.deactivate(CHLOE).await.unwrap();
    let report = provision
        .sync_accounts([
            NewAccount::new(ANNE, "anne")
                .label("anne@example.org")
                .address(address("anne@example.org")),
            NewAccount::new(BRUNO, "bruno").label("bruno@example.org"),
            NewAccount::new(20_u64, "lea").address(address("lea@example.org")),
            NewAccount::new(21_u64, ""),
            NewAccount::new(22_u64, "nils").label("two\nlines"),
            NewAccount::new(23_u64, "lea"),
        ])
        .await
        .unwrap();
    assert_eq!((report.created, report.unchanged), (1, 2));
    assert_eq!(report.addresses, 1, "Anne's first one");
    assert_eq!(report.unlisted, ["denis"], "and no deactivated account");
    let rejected: Vec<_> = report
        .rejected
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(rejected, ["", "nils", "lea"]);
    assert!(report.rejected.iter().all(|(_, why)| !why.is_empty()));
    let lea = provision.find("lea").await.unwrap();
    assert_eq!(lea, Some(20_u64.into()));
    assert_eq!(provision.find("nils").await.unwrap(), None);

    // Again, and nothing changes; a role in the list is not given, and another name is no rename.
    let again = provision
        .sync_accounts([
            NewAccount::new(ANNE, "anne")
                .label("anne@example.org")
                .address(address("anne@example.org")),
            NewAccount::new(BRUNO, "bruno").label("bruno@example.org"),
            NewAccount::new(DENIS, "denis")
                .label("denis@example.org")
                .role(RoleId::ADMINISTRATOR),
            NewAccount::new(20_u64, "nora").address(address("nora@example.org")),
        ])
        .await
        .unwrap();
    assert_eq!((again.created, again.unchanged), (0, 3));
    assert_eq!(again.addresses, 0);
    let (name, why) = &again.rejected[0];
    assert!(name == "nora" && why.contains("\"lea\""), "{why}");
    assert_eq!(provision.find("lea").await.unwrap(), Some(20_u64.into()));
    assert!(again.rejected.len() == 1 && again.unlisted.is_empty());
    let users = fixture.operator.users(fixture.org).await.unwrap();
    let denis = users.iter().find(|user| user.external_id() == "denis");
    assert!(!denis.unwrap().roles().contains(RoleId::ADMINISTRATOR));
}

/// A reused id gives no user another one's account.
#[tokio::test]
async fn account_keeps_its_name_until_renamed() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let provision = fixture.mfa.provision();
    let lea = NewAccount::new(20_u64, "lea");
    provision.ensure_account(lea).await.unwrap();
    assert!(provision.deactivate(CHLOE).await.unwrap());
    let made = provision.ensure_account(NewAccount::new(20_u64, "nora"));
    assert!(matches!(
        made.await,
        Err(Error::Config(Config::OtherExternalId(_)))
    ));
    provision.rename(20_u64, "nora", "Nora").await.unwrap();
    let made = provision.ensure_account(NewAccount::new(20_u64, "nora"));
    assert_eq!(made.await.unwrap(), 20_u64.into());
    let taken = provision.rename(20_u64, "anne", "Anne").await;
    assert!(matches!(taken, Err(Error::Config(Config::ExternalIdTaken))));
    let gone = provision.rename(CHLOE, "chloe roy", "chloe").await;
    assert!(matches!(refusal(gone), Refusal::IsDeactivated { .. }));
}

#[tokio::test]
async fn new_administrator_is_rejected_once_enabled() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    fixture.enabled().await;
    let provision = fixture.mfa.provision();
    let new = || NewAccount::new(20_u64, "lea").role(RoleId::ADMINISTRATOR);
    let made = provision.ensure_account(new()).await;
    assert!(
        matches!(made, Err(Error::Config(Config::AdministratorAfterEnabling))),
        "{made:?}"
    );
    let report = provision.sync_accounts([new()]).await.unwrap();
    assert_eq!(report.rejected.len(), 1);
    let taken = NewAccount::new(21_u64, "anne");
    let taken = provision.ensure_account(taken).await;
    assert!(
        matches!(taken, Err(Error::Config(Config::ExternalIdTaken))),
        "{taken:?}"
    );
}

#[tokio::test]
async fn organization_begins_with_its_settings() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let provision = fixture.mfa.provision();
    let settings = [
        OrganizationSetting::RecoveryCodes { offered: true },
        OrganizationSetting::ResetCodeLife {
            seconds: limits::HOUR,
        },
    ];
    let id = 10_u64.into();
    let made = provision
        .ensure_organization_with(id, "Office", settings)
        .await;
    assert_eq!(made.unwrap(), id);
    let office = async || {
        let all = fixture.operator.organizations().await.unwrap();
        all.into_iter().find(|it| it.id() == id).unwrap()
    };
    assert_eq!(office().await.name(), "Office");
    assert!(office().await.offers_recovery_codes());
    assert_eq!(office().await.reset_code_life(), limits::HOUR);
    // An organization that is there keeps its own.
    let other = [OrganizationSetting::RecoveryCodes { offered: false }];
    let again = provision.ensure_organization_with(id, "Office", other);
    again.await.unwrap();
    assert!(office().await.offers_recovery_codes());
    let far = OrganizationSetting::ResetCodeLife {
        seconds: limits::RESET_CODE_MAX + 1,
    };
    let refused = provision
        .ensure_organization_with(11_u64.into(), "School", [far])
        .await;
    assert!(matches!(refusal(refused), Refusal::OutOfBounds { .. }));
    assert_eq!(fixture.operator.organizations().await.unwrap().len(), 2);
}

/// Keeps the last version of every row in readable form, and what waits in the outbox.
#[derive(Debug, Clone, Default)]
struct Rows {
    inner: Arc<MemoryStore>,
    last: Arc<Mutex<std::collections::BTreeMap<RowKey, String>>>,
}

impl Store for Rows {
    async fn load(&self, keys: &[RowKey]) -> Result<Vec<Versioned>, Fault> {
        self.inner.load(keys).await
    }

    async fn commit(&self, writes: Writes) -> Result<Commit, Fault> {
        let rows: Vec<_> = writes
            .put
            .iter()
            .map(|row| (row.key(), format!("{row:?}")))
            .collect();
        let done = self.inner.commit(writes).await?;
        if done == Commit::Done {
            self.last.lock().unwrap().extend(rows);
        }
        Ok(done)
    }

    async fn scan(&self, query: &Query, at: &Cursor) -> Result<Page, Fault> {
        self.inner.scan(query, at).await
    }

    async fn delivered(&self, notice: u64) -> Result<(), Fault> {
        self.inner.delivered(notice).await
    }

    async fn forget_attempts(&self, before: UnixTime, limit: u32) -> Result<u32, Fault> {
        self.inner.forget_attempts(before, limit).await
    }

    async fn forget_audit(&self, account: AccountId, limit: u32) -> Result<u32, Fault> {
        self.inner.forget_audit(account, limit).await
    }
}

impl Rows {
    /// Everything that the store holds, as text.
    async fn text(&self) -> String {
        let mut text: String = self.last.lock().unwrap().values().cloned().collect();
        let org = 9_u64.into();
        let queries = [
            Query::Organizations,
            Query::Accounts(org),
            Query::Outbox,
            Query::Audit(CHLOE.into()),
            Query::Audit(ANNE.into()),
        ];
        for query in queries {
            let page = self.inner.scan(&query, &Cursor::default()).await.unwrap();
            assert!(page.next.is_none(), "all of it is on one page");
            text += &format!("{:?}", page.items);
        }
        text
    }
}

/// The host's users may choose their names, and one of them the name that another account gets once it is erased.
#[tokio::test]
async fn t68_names_that_loquet_gives_are_refused() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let provision = fixture.mfa.provision();
    let id = AccountId::from(DENIS);
    for name in [format!("erased {id}"), format!("restored {id}")] {
        let new = NewAccount::new(90_u64, &name).label("mallory");
        let made = provision.ensure_account(new).await;
        assert!(matches!(
            made,
            Err(Error::Config(Config::ExternalIdReserved))
        ));
        let renamed = provision.rename(CHLOE, &name, "mallory").await;
        assert!(matches!(
            renamed,
            Err(Error::Config(Config::ExternalIdReserved))
        ));
    }
    let name = "no\u{7}bell";
    let made = NewAccount::new(90_u64, name).label("mallory");
    let made = provision.ensure_account(made).await;
    assert!(matches!(
        made,
        Err(Error::Config(Config::ControlCharacter(2)))
    ));
    assert!(provision.erase(DENIS).await.unwrap());
}

#[tokio::test]
async fn erased_account_leaves_nothing_personal() {
    let store = Rows::default();
    let fixture = Fixture::over(store.clone()).await;
    let (mfa, provision) = (&fixture.mfa, fixture.mfa.provision());
    let (_, session) = fixture.imposed().await;
    let anne = fixture.user(&session).await;
    mfa.admin(&anne).remember_devices(true).await.unwrap();
    let chloe = CHLOE.into();
    for text in ["chloe@example.com", "chloe.new@example.com"] {
        provision.set_address(chloe, address(text)).await.unwrap();
    }
    // An address of her own, so that it is found where it stands.
    let client = Fixture::client_at("192.0.2.77");
    let login = mfa.log_in(chloe, client).await.unwrap();
    let (phone, session) = fixture.enroll(&login.session).await;
    let half = fixture.log_in(CHLOE).await.session;
    let ticked = Attempt::new(client).remember_device(true);
    let typed = fixture.code(&phone);
    let login = mfa.verify_code(&half, typed, ticked).await.unwrap();
    let cookie = login.device.unwrap();
    let personal = ["chloe", "192.0.2.77"];
    let before = store.text().await;
    assert!(personal.iter().all(|text| before.contains(text)));

    provision.erase(chloe).await.unwrap();
    let after = store.text().await;
    assert!(!after.contains("chloe"), "{after}");
    let over = fixture.authorize(&session).await;
    assert_eq!(refusal(over).code(), "LOGIN_REFUSED");
    assert_eq!(provision.find("chloe").await.unwrap(), None);
    assert_eq!(provision.address(chloe).await.unwrap(), None);
    assert!(mfa.log_in(chloe, client.device(cookie)).await.is_err());
    // The chain is whole; its client addresses go with its records.
    let operator = &fixture.operator;
    assert!(operator.verify_audit(chloe).await.unwrap() > 0);
    let signed = operator.checkpoint().await.unwrap();
    let end = UnixTime(u64::MAX);
    operator.forget_audit(&signed, end).await.unwrap();
    assert!(!store.text().await.contains("192.0.2.77"));
    // What is still to be delivered names no one.
    let letters = post(&fixture).await;
    assert!(letters.iter().all(|letter| {
        let addresses = format!("{:?}", letter.address);
        !letter.external_id.contains("chloe") && !addresses.contains("chloe")
    }));
    // The name is free again, and twice is once.
    let new = NewAccount::new(20_u64, "chloe");
    provision.ensure_account(new).await.unwrap();
    provision.erase(chloe).await.unwrap();
}

#[tokio::test]
async fn roles_of_a_later_release_are_added() {
    let store = std::sync::Arc::new(MemoryStore::new());
    let open = |roles: Vec<Role>| {
        let builder = Mfa::builder(store.clone()).keyring(Keyring::single(1, [7; 32]));
        builder.issuer("Shop").roles(roles).open_operator()
    };
    let admin = || Role::administrator("admin").rank(9);
    let clerk = || Role::new(RoleId(10), "clerk").rank(1);
    for refused in [vec![admin(), admin()], vec![clerk()]] {
        let opened = open(refused).await.err().unwrap();
        assert!(matches!(opened, Error::Config(Config::Builder(_))));
    }
    let chief = Role::new(RoleId(11), "chief").rank(2);
    for (roles, proposed) in [
        (vec![admin(), clerk()], RoleId(10)),
        (vec![clerk(), admin(), chief], RoleId(11)),
        (vec![admin()], RoleId(11)),
    ] {
        let operator = open(roles).await.unwrap();
        let all = operator.organizations().await.unwrap();
        assert_eq!(all[0].proposed_role(), proposed);
    }
}
