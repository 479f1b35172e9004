//! Log-ins at several nodes, while nodes are killed and rolled, connections cut, backends terminated, and the server killed
//! and restarted: `cargo xtask soak`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use loquet::testing::{Phone, TestClock};
use loquet::{
    AccountId, Attempt, Clock as _, Error, Keyring, Mfa, MfaSession, NewAccount, Refusal, RoleId,
    UnixTime,
};
use loquet_postgres::{PostgresStore, pool_options};
use loquet_testkit::fixture::{ANNE, Fixture};
use sqlx::postgres::{PgConnectOptions, PgPool};

use crate::proxy::Proxy;
use crate::support::Postgres;

const USERS: u64 = 24;
const NODES: usize = 3;
/// Longer than the server takes to come back.
const PATIENCE: Duration = Duration::from_secs(60);

/// A node: a store over a pool of its own, behind a proxy, and a service by each user's clock.
struct Node {
    proxy: Proxy,
    pool: PgPool,
    services: Vec<Mfa>,
}

/// A user with a phone, and a clock of their own so that each may give a code of a new step at any time.
struct User {
    id: AccountId,
    phone: Phone,
    clock: TestClock,
}

/// What all share.
struct World {
    direct: PgConnectOptions,
    port: u16,
    users: Vec<User>,
    nodes: RwLock<Vec<Arc<Node>>>,
    counts: Mutex<BTreeMap<&'static str, u64>>,
}

impl World {
    fn count(&self, what: &'static str) {
        *self.counts.lock().unwrap().entry(what).or_default() += 1;
    }

    /// Any node but a fixed one: the next request may come to another.
    fn node(&self, turn: usize) -> Arc<Node> {
        let nodes = self.nodes.read().unwrap();
        Arc::clone(&nodes[turn % nodes.len()])
    }

    async fn start_node(&self) -> Option<Arc<Node>> {
        let proxy = Proxy::before(self.port).await;
        let options = self.direct.clone().port(proxy.port);
        let pool = pool_options()
            .max_connections(8)
            .acquire_timeout(Duration::from_secs(2));
        let pool = pool.connect_with(options).await.ok()?;
        let store = Arc::new(PostgresStore::open(pool.clone()).await.ok()?);
        let mut services = Vec::new();
        for user in &self.users {
            let builder = Mfa::builder(Arc::clone(&store))
                .keyring(Keyring::single(1, [7; 32]))
                .clock(user.clock.clone());
            services.push(builder.open().await.ok()?.organization(9_u64.into()));
        }
        Some(Arc::new(Node {
            proxy,
            pool,
            services,
        }))
    }

    /// Starts a node, however long the server is away.
    async fn replacement(&self) -> Arc<Node> {
        loop {
            match self.start_node().await {
                Some(node) => return node,
                None => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// Asks again, at another node, while the answer is one after which that helps.
    async fn ask<T>(
        &self,
        user: usize,
        ask: impl AsyncFn(&Mfa) -> Result<T, Error>,
    ) -> Result<T, Refusal> {
        let begun = Instant::now();
        for turn in user.. {
            let node = self.node(turn);
            match ask(&node.services[user]).await {
                Ok(answer) => return Ok(answer),
                Err(Error::Refused(refusal)) => return Err(refusal),
                Err(Error::Busy) => self.count("busy, asked again"),
                Err(Error::Unavailable(_)) => self.count("unavailable, asked again"),
                Err(other) => panic!("a caller cannot act on this: {other:?}"),
            }
            assert!(begun.elapsed() < PATIENCE, "no answer in {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        unreachable!()
    }

    /// Types a code; whether it was accepted.
    async fn accepted(&self, user: usize, session: &MfaSession, code: &str, key: &str) -> bool {
        let attempt = Attempt::new(Fixture::client()).idempotency_key(key);
        let ended = self
            .ask(user, async |mfa| {
                mfa.verify_code(session, code, attempt).await
            })
            .await;
        match ended {
            Ok(_) => true,
            // The first answer was lost on its way.
            Err(Refusal::AlreadyCompleted) => {
                self.count("answers lost and found by the attempt");
                true
            }
            Err(Refusal::AlreadyUsed { .. } | Refusal::StaleLogIn) => false,
            Err(other) => panic!("{other:?}"),
        }
    }

    /// Logs in again and again, each code at two nodes at once: one accepts it.
    async fn log_in(&self, number: usize, end: Instant) -> u64 {
        let user = &self.users[number];
        let mut accepted = 0;
        while Instant::now() < end {
            let code = fresh(user);
            let log_in = async || {
                let login = self.ask(number, async |mfa| {
                    mfa.log_in(user.id, Fixture::client()).await
                });
                login.await.unwrap().session
            };
            let (one, other) = (log_in().await, log_in().await);
            let (first, second) = tokio::join!(
                self.accepted(number, &one, &code, "one"),
                self.accepted(number, &other, &code, "other")
            );
            assert!(
                first != second,
                "accepted at one: {first}, at the other: {second}"
            );
            accepted += 1;
        }
        // What was acknowledged last is used, whatever has happened since.
        let again = self.ask(number, async |mfa| {
            mfa.log_in(user.id, Fixture::client()).await
        });
        let session = again.await.unwrap().session;
        let code = user.phone.code(user.clock.now());
        assert!(!self.accepted(number, &session, &code, "again").await);
        accepted
    }
}

/// The code of a step that was not used yet.
fn fresh(user: &User) -> String {
    loop {
        user.clock.advance(30);
        let now = user.clock.now().0;
        let [before, code] = [now - 30, now].map(|at| user.phone.code(UnixTime(at)));
        // Once in a million two steps have the same digits.
        if code != before {
            return code;
        }
    }
}

/// A world with users who have enrolled, and its nodes.
async fn world(postgres: &Postgres) -> World {
    let pool = postgres.pool().await;
    let direct = (*pool.connect_options()).clone();
    let fixture = Fixture::over(PostgresStore::open(pool).await.unwrap()).await;
    fixture.enabled().await;
    let mut enrolled = Vec::new();
    for number in 0..USERS {
        let id = AccountId::from(100 + number);
        let name = format!("user {number}");
        let new = NewAccount::new(id, &name).role(RoleId::MEMBER);
        fixture.mfa.provision().ensure_account(new).await.unwrap();
        let session = fixture
            .mfa
            .log_in(id, Fixture::client())
            .await
            .unwrap()
            .session;
        enrolled.push((id, fixture.enroll(&session).await.0));
    }
    let now = fixture.clock.now().0;
    let user = |(id, phone)| User {
        id,
        phone,
        clock: TestClock::at(now),
    };
    let world = World {
        direct,
        port: postgres.server.port(),
        users: enrolled.into_iter().map(user).collect(),
        nodes: RwLock::default(),
        counts: Mutex::default(),
    };
    for _ in 0..NODES {
        let node = world.replacement().await;
        world.nodes.write().unwrap().push(node);
    }
    world
}

/// One thing that goes wrong.
async fn harm(world: &World, postgres: &Postgres, turn: usize) {
    let place = turn % NODES;
    match turn % 6 {
        0 => {
            world.count("nodes killed");
            world.node(place).proxy.cut_after(0);
            let new = world.replacement().await;
            world.nodes.write().unwrap()[place] = new;
        }
        1 => {
            world.count("nodes rolled");
            let new = world.replacement().await;
            let old = std::mem::replace(&mut world.nodes.write().unwrap()[place], new);
            tokio::time::sleep(Duration::from_millis(200)).await;
            old.pool.close().await;
        }
        2 | 3 => {
            world.count("connections cut");
            let bytes = i64::try_from(turn * 997 % 20_000).unwrap();
            world.node(place).proxy.cut_after(bytes);
        }
        4 => {
            world.count("times all backends terminated");
            let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
              WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
            if let Ok(pool) = PgPool::connect_with(postgres.options()).await {
                sqlx::query(sql).execute(&pool).await.ok();
            }
        }
        _ => {
            if turn % 12 == 5 {
                world.count("times the server was killed");
                postgres.server.kill();
            } else {
                world.count("times the server was restarted");
                postgres.server.stop();
            }
            postgres.server.run();
        }
    }
}

/// Logs in under harm for some time, and prints what happened.
fn soak_for(time: Duration) {
    let postgres = Postgres::with(&["max_connections = 200"]);
    let runtime = &postgres.runtime;
    let world = runtime.block_on(world(&postgres));
    let end = Instant::now() + time;
    let accepted: u64 = std::thread::scope(|scope| {
        let users: Vec<_> = (0..world.users.len())
            .map(|number| {
                let world = &world;
                scope.spawn(move || runtime.block_on(world.log_in(number, end)))
            })
            .collect();
        for turn in 0.. {
            std::thread::sleep(Duration::from_millis(700));
            if Instant::now() >= end {
                break;
            }
            runtime.block_on(harm(&world, &postgres, turn));
        }
        users.into_iter().map(|user| user.join().unwrap()).sum()
    });
    runtime.block_on(async {
        let pool = PgPool::connect_with(world.direct.clone()).await.unwrap();
        let store = PostgresStore::open(pool).await.unwrap();
        let fixture = Fixture::at(store, TestClock::at(1_800_000_000)).await;
        for user in &world.users {
            fixture.operator.verify_audit(user.id).await.unwrap();
        }
        fixture.operator.verify_audit(ANNE.into()).await.unwrap();
    });
    println!("| what | times |\n|---|---:|");
    println!("| codes accepted, each submitted at two nodes | {accepted} |");
    println!("| codes accepted twice, or lost after they were acknowledged | 0 |");
    for (what, times) in &*world.counts.lock().unwrap() {
        println!("| {what} | {times} |");
    }
    assert!(accepted > 0);
}

#[test]
fn codes_are_used_once_while_everything_fails() {
    soak_for(Duration::from_secs(10));
}

#[test]
#[ignore = "takes as long as LOQUET_SOAK_MINUTES says: `cargo xtask soak`"]
fn soak() {
    let minutes: u64 =
        std::env::var("LOQUET_SOAK_MINUTES").map_or(1, |minutes| minutes.parse().unwrap());
    soak_for(Duration::from_secs(60 * minutes));
}
