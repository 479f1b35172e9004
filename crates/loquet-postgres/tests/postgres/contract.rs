//! The contract of a store, and past advisories about replay, races and counters, tested on PostgreSQL.

use loquet::contract;

use crate::support::Postgres;

#[test]
fn store_contract_holds() {
    let postgres = Postgres::start();
    let runtime = &postgres.runtime;
    contract::run_on(|| postgres.store(), &|work| runtime.block_on(work)).unwrap();
}

#[test]
fn monotonic_columns_are_guarded() {
    let postgres = Postgres::start();
    let store = postgres.store();
    postgres
        .runtime
        .block_on(contract::guards_hold(&store))
        .unwrap();
}

#[test]
fn past_advisories_over_this_store() {
    let postgres = Postgres::start();
    postgres
        .runtime
        .block_on(loquet_testkit::advisories::all(|| postgres.store()));
}

#[test]
fn connection_lost_at_each_step() {
    let postgres = Postgres::start();
    postgres
        .runtime
        .block_on(loquet_testkit::cut::at_each_step(|| postgres.store()));
}
