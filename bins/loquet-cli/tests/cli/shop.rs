//! What an operator does on the host, on the database of a small shop: keys, the audit log, backups.
use std::path::PathBuf;
use std::process::Output;

use loquet::flow::{BeginEnrollment, EnableMfa, LogIn};
use loquet::{Keyring, NewAccount, RoleId, Service};
use loquet_sqlite::SqliteStore;
use serde_json::Value;

use super::centre::run;
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
        std::fs::write(
            shop.key(),
            format!("# ours\n{}", *Keyring::line(1, &[7; 32])),
        )
        .unwrap();
        let service = shop.service();
        wait(async {
            let org = service
                .ensure_organization(1_u64.into(), "Shop")
                .await
                .unwrap();
            for (number, role) in [
                (1_u64, RoleId::ADMINISTRATOR),
                (2, RoleId::PARENT),
                (3, RoleId::PARENT),
            ] {
                let name = format!("person {number}");
                service
                    .ensure_account(
                        org,
                        NewAccount {
                            id: number.into(),
                            external_id: &name,
                            label: &name,
                            roles: &[role],
                        },
                    )
                    .await
                    .unwrap();
            }
            let stamp = enter(&service, 1).await;
            let break_glass = service.propose_break_glass(&stamp).await.unwrap().unwrap();
            let typed_back = break_glass.expose().rsplit('-').next().unwrap().into();
            run(&service, EnableMfa { stamp, typed_back }).await;
            for number in [1, 2] {
                let stamp = enter(&service, number).await;
                let reset_code = "".into();
                run(&service, BeginEnrollment { stamp, reset_code }).await;
            }
        });
        shop
    }

    pub(crate) fn db(&self) -> PathBuf {
        self.folder.path().join("shop.db")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.folder.path().join("shop.db.key")
    }

    /// A service as it starts: with the key file of this moment.
    pub(crate) fn service(&self) -> Service {
        let ring = Keyring::parse(&std::fs::read_to_string(self.key()).unwrap()).unwrap();
        Service::new(SqliteStore::open(self.db()).unwrap(), ring).unwrap()
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

pub(crate) async fn enter(service: &Service, account: u64) -> loquet::Stamp {
    let account = account.into();
    run(service, LogIn { account }).await.stamp
}
