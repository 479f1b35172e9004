//! What an operator does on the host, on the database of a small shop: keys, the audit log, backups.
use std::path::PathBuf;
use std::process::Output;

use loquet::{
    Client, Deliver, DeliveryError, Keyring, Letter, Mfa, MfaSession, NewAccount, Operator, RoleId,
};
use loquet_sqlite::{HostTransaction, SqliteStore};
use rusqlite::Connection;
use serde_json::Value;

use super::{json_lines, wait};

pub(crate) struct Shop {
    pub(crate) folder: tempfile::TempDir,
}

impl Shop {
    /// With two accounts that have a secret each, and one without.
    pub(crate) fn new() -> Self {
        let shop = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let text = format!("# ours\n{}", *Keyring::line(1, &[7; 32]));
        super::write_key(&shop.key(), &text);
        let mfa = shop.operator();
        let client = Client::default();
        wait(async {
            for (number, role) in [
                (1_u64, RoleId::ADMINISTRATOR),
                (2, RoleId::MEMBER),
                (3, RoleId::MEMBER),
            ] {
                let name = format!("person {number}");
                let new = NewAccount::new(number, &name).role(role);
                mfa.provision().ensure_account(new).await.unwrap();
            }
            let session = log_in(&mfa, 1).await;
            let user = mfa.authorize(&session, &client).await.unwrap();
            let admin = mfa.admin(&user);
            let shown = admin.propose_break_glass().await.unwrap().expose();
            let last_group = shown.rsplit('-').next().unwrap();
            admin.enable(last_group).await.unwrap();
            for number in [1, 2] {
                let session = log_in(&mfa, number).await;
                mfa.begin_enrollment(&session, "", client).await.unwrap();
            }
        });
        shop
    }

    /// As [`new`](Self::new), and with users who have nothing bound: `user 1` is the account 1001, and so on.
    pub(crate) fn crowded(users: u32) -> Self {
        let shop = Self::new();
        let mfa = shop.operator();
        let mut connection = Connection::open(shop.db()).unwrap();
        for some in (1..=users).collect::<Vec<_>>().chunks(1000) {
            let transaction = connection.transaction().unwrap();
            let mut transaction = HostTransaction::from(transaction);
            for number in some {
                let name = format!("user {number}");
                let new = NewAccount::new(u64::from(1000 + number), &name);
                let mut provision = mfa.provision_in(&mut transaction);
                wait(provision.ensure_account(new)).unwrap();
            }
            transaction.into_inner().commit().unwrap();
        }
        shop
    }

    /// Writes a file beside the database, and returns its path.
    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn db(&self) -> PathBuf {
        self.folder.path().join("shop.db")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.folder.path().join("shop.db.key")
    }

    /// A service as it starts: with the key file of this moment.
    pub(crate) fn operator(&self) -> Operator {
        let keyring = Keyring::parse(&std::fs::read_to_string(self.key()).unwrap()).unwrap();
        let builder = Mfa::builder(SqliteStore::open(self.db()).unwrap()).keyring(keyring);
        wait(builder.issuer("Shop").open_operator()).unwrap()
    }

    /// Delivers what waits, so that no notice needs its key any longer.
    pub(crate) fn deliver(&self) {
        struct Mailer;
        impl Deliver for Mailer {
            async fn deliver(&self, _: &Letter) -> Result<(), DeliveryError> {
                Ok(())
            }
        }
        let round = wait(self.operator().deliver(&Mailer)).unwrap();
        assert_eq!(round.waiting, 0);
    }

    pub(crate) fn loquet(&self, words: &[&str], keys: Option<&str>) -> Output {
        let mut command = super::loquet(words);
        command.arg("--db").arg(self.db());
        if let Some(keys) = keys {
            command.env("LOQUET_KEYS", keys);
        }
        command.output().unwrap()
    }

    pub(crate) fn json(&self, words: &[&str]) -> Vec<Value> {
        let words: Vec<&str> = words.iter().copied().chain(["--json"]).collect();
        let output = self.loquet(&words, None);
        assert!(output.status.success(), "{output:?}");
        json_lines(&output.stdout)
    }
}

pub(crate) async fn log_in(mfa: &Mfa, account: u64) -> MfaSession {
    let login = mfa.log_in(account, Client::default());
    login.await.unwrap().session
}
