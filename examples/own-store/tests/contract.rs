//! The suite that every store must pass, and past advisories about replay, races and counters, over this store.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use own_store::OwnStore;
use tokio::runtime::Runtime;

fn each_time_a_new_one(runtime: &Runtime, folder: &Path) -> impl Fn() -> OwnStore {
    let stores = AtomicU32::new(0);
    let (handle, folder) = (runtime.handle().clone(), folder.to_owned());
    move || {
        let number = stores.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{number}.db"));
        std::thread::scope(|scope| {
            // Also called from inside the runtime, where nothing may block.
            let opened = scope.spawn(|| handle.block_on(OwnStore::open(&path)));
            opened.join().unwrap().unwrap()
        })
    }
}

#[test]
fn contract_holds() {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let make = each_time_a_new_one(&runtime, folder.path());
    loquet::contract::run_on(make, &|work| runtime.block_on(work)).unwrap();
}

#[test]
fn past_advisories_over_this_store() {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let make = each_time_a_new_one(&runtime, folder.path());
    runtime.block_on(loquet_testkit::advisories::all(make));
}

#[test]
fn connection_lost_at_each_step() {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let make = each_time_a_new_one(&runtime, folder.path());
    runtime.block_on(loquet_testkit::cut::at_each_step(make));
}
