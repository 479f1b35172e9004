//! What an operator does on the host, on the database of a small shop: keys, the audit log, backups.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

mod audit;
mod backup;
mod keys;

use std::path::PathBuf;
use std::process::{Command, Output};

use loquet::flow::{BeginEnrollment, EnableMfa, LogIn};
use loquet::{KeyRing, Request, RoleId, Service};
use loquet_sqlite::SqliteStore;
use serde_json::Value;

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
            format!("# ours\n{}", *KeyRing::line(1, &[7; 32])),
        )
        .unwrap();
        let service = shop.service();
        wait(async {
            let org = service
                .ensure_organisation(1_u64.into(), "Shop")
                .await
                .unwrap();
            for (number, role) in [
                (1_u64, RoleId::ADMINISTRATOR),
                (2, RoleId::PARENT),
                (3, RoleId::PARENT),
            ] {
                let name = format!("person {number}");
                service
                    .ensure_account(org, number.into(), &name, &name, [role])
                    .await
                    .unwrap();
            }
            let stamp = enter(&service, 1).await;
            let seal = service.propose_seal(&stamp).await.unwrap().unwrap();
            let typed_back = seal.expose().rsplit('-').next().unwrap().into();
            run(&service, EnableMfa { stamp, typed_back }).await;
            for number in [1, 2] {
                let stamp = enter(&service, number).await;
                let ticket = "".into();
                run(&service, BeginEnrollment { stamp, ticket }).await;
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
        let ring = KeyRing::parse(&std::fs::read_to_string(self.key()).unwrap()).unwrap();
        Service::new(SqliteStore::open(self.db()).unwrap(), ring).unwrap()
    }

    pub(crate) fn loquet(&self, words: &[&str], keys: Option<&str>) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loquet"));
        command.args(words).arg("--db").arg(self.db());
        command.env_remove("LOQUET_KEYS");
        if let Some(keys) = keys {
            command.env("LOQUET_KEYS", keys);
        }
        command.output().unwrap()
    }

    pub(crate) fn json(&self, words: &[&str]) -> Vec<Value> {
        let words: Vec<&str> = words.iter().copied().chain(["--json"]).collect();
        let output = self.loquet(&words, None);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

pub(crate) async fn run<C: loquet::flow::Ceremony>(service: &Service, ceremony: C) -> C::Grant {
    let request = Request::new(None).unwrap();
    service
        .run(ceremony, &request)
        .await
        .unwrap()
        .granted()
        .unwrap()
}

pub(crate) async fn enter(service: &Service, account: u64) -> loquet::Stamp {
    let account = account.into();
    run(service, LogIn { account }).await.stamp
}

pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

pub(crate) fn said(output: &Output) -> (Option<i32>, &str) {
    let out = std::str::from_utf8(&output.stdout).unwrap();
    let error = std::str::from_utf8(&output.stderr).unwrap();
    (
        output.status.code(),
        if out.is_empty() { error } else { out },
    )
}
