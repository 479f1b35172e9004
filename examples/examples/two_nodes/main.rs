//! Two nodes behind one address, over one PostgreSQL database:
//! `cargo run -p loquet-examples --features postgres --example two_nodes -- postgres://postgres@localhost/postgres`.
//!
//! A log-in that began at one node goes on at the other; a code that is typed at both is accepted once; and when one of them
//! is killed, all who were logged in still are. For Loquet and for the shop all state is in the database. Everything lies in
//! the schema `two_nodes`, which is made anew and dropped at the end.
#![expect(clippy::print_stdout, reason = "an example tells what it does")]

mod browser;
mod shop;

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use loquet::testing::Phone;
use loquet::{Client, Keyring, Mfa, NewAccount, RoleId, UnixTime};
use loquet_postgres::{PostgresStore, migrate, pool_options};
use loquet_web::BoxError;
use sqlx::postgres::{PgConnectOptions, PgPool};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use browser::{Browser, Seen};
use shop::{Shop, USERS};

const SCHEMA: &str = "
    DROP SCHEMA IF EXISTS two_nodes CASCADE;
    CREATE SCHEMA two_nodes;
    CREATE TABLE shop_session (cookie bytea PRIMARY KEY, mfa bytea NOT NULL);";

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments
        .next()
        .or_else(|| std::env::var("DATABASE_URL").ok());
    let url = url.ok_or("name a database: postgres://USER@HOST/DATABASE")?;
    let options: PgConnectOptions = url.parse()?;
    let pool = pool_options()
        .connect_with(options.options([("search_path", "two_nodes")]))
        .await?;
    match arguments.next() {
        Some(number) => serve(pool, number).await,
        None => {
            let told = tell(&url, &pool).await;
            sqlx::raw_sql("DROP SCHEMA IF EXISTS two_nodes CASCADE")
                .execute(&pool)
                .await?;
            told
        }
    }
}

/// What a node is over the shared database. All have the same keys.
async fn open(pool: &PgPool) -> Result<Mfa, BoxError> {
    let mfa = Mfa::builder(PostgresStore::open(pool.clone()).await?)
        .keyring(Keyring::single(1, [7; 32]))
        .issuer("Shop");
    Ok(mfa.open().await?)
}

async fn serve(pool: PgPool, node: String) -> Result<(), BoxError> {
    let mfa = open(&pool).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let app = shop::app(Shop { mfa, pool, node });
    // A node ends with the process that started it, which then no longer holds the other end of its input.
    let end = || std::io::stdin().read_line(&mut String::new());
    let end = async move { drop(tokio::task::spawn_blocking(end).await) };
    let served = axum::serve(listener, app).with_graceful_shutdown(end);
    Ok(served.await?)
}

async fn tell(url: &str, pool: &PgPool) -> Result<(), BoxError> {
    sqlx::raw_sql(SCHEMA).execute(pool).await?;
    migrate(pool).await?;
    let mfa = open(pool).await?;
    let [ada, bob] = sign_up(&mfa).await?;
    let (mut one, two) = tokio::try_join!(Node::start(url, "1"), Node::start(url, "2"))?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let front = listener.local_addr()?;
    tokio::spawn(forward(listener, [one.address, two.address]));
    println!("Two nodes over one database, behind http://{front}.");

    // A code is good for a while before its time and after it; the present one was used at the enrollment.
    let next = move |phone: &Phone| {
        let now = mfa.now();
        phone.code(UnixTime(now.0.saturating_add(30)))
    };
    let mut desk = Browser::default();
    let said = desk.log_in(one.address, "ada").await?;
    println!("ada gives her password to node 1: {said}.");
    let said = desk.give(two.address, &next(&ada)).await?;
    println!("She gives the code to node 2: {said}.");
    for node in [one.address, two.address, front] {
        println!("  {}", desk.get(node).await?);
    }

    let (mut first, mut second) = (Browser::default(), Browser::default());
    first.log_in(one.address, "bob").await?;
    second.log_in(two.address, "bob").await?;
    println!("A code of bob's is typed at both nodes at the same time.");
    let code = next(&bob);
    let (first_said, second_said) = tokio::try_join!(
        first.give(one.address, &code),
        second.give(two.address, &code)
    )?;
    let (won, lost) = if first_said == "welcome" {
        (first, second_said)
    } else {
        (second, first_said)
    };
    let refusal = lost.split('"').find(|word| *word == "ALREADY_USED");
    let refusal = refusal.unwrap_or(&lost);
    println!("One was accepted, and the other refused: {refusal}.");

    kill_under_load(front, &mut one, vec![desk, won]).await
}

/// Creates the accounts, enables the second factor, and enrolls two phones.
async fn sign_up(mfa: &Mfa) -> Result<[Phone; 2], BoxError> {
    for (number, name) in (1_u64..).zip(USERS) {
        let role = if number == 1 {
            RoleId::ADMINISTRATOR
        } else {
            RoleId::MEMBER
        };
        let new = NewAccount::new(number, name).role(role);
        mfa.provision().ensure_account(new).await?;
    }
    let client = Client::default();
    let session = mfa.log_in(1_u64, client).await?.session;
    let user = mfa.authorize(&session, &client).await?;
    let code = mfa.admin(&user).propose_break_glass().await?;
    mfa.admin(&user).enable(code.last_group().as_str()).await?;
    Ok([enroll(mfa, 1).await?, enroll(mfa, 2).await?])
}

async fn enroll(mfa: &Mfa, user: u64) -> Result<Phone, BoxError> {
    let client = Client::default();
    let session = mfa.log_in(user, client).await?.session;
    let offer = mfa.begin_enrollment(&session, "", client).await?;
    let phone = Phone::scan(&offer)?;
    let code = phone.code(mfa.now());
    mfa.confirm_enrollment(&session, code, client).await?;
    Ok(phone)
}

/// All ask and ask again through the front, and in the midst of it a node is killed.
async fn kill_under_load(
    front: SocketAddr,
    node: &mut Node,
    mut browsers: Vec<Browser>,
) -> Result<(), BoxError> {
    for name in USERS.into_iter().skip(2) {
        let mut browser = Browser::default();
        browser.log_in(front, name).await?;
        browsers.push(browser);
    }
    println!(
        "{} users are logged in, and click without pause.",
        browsers.len()
    );
    let seen = Arc::new(Seen::default());
    let mut clicking = JoinSet::new();
    for browser in browsers {
        clicking.spawn(browser.click(front, Arc::clone(&seen)));
    }
    tokio::time::sleep(Duration::from_millis(700)).await;
    node.process.kill().await?;
    println!("Node 1 is killed.");
    let browsers = clicking.join_all().await;
    let [answered, broken, refused] =
        [&seen.answered, &seen.broken, &seen.refused].map(|count| count.load(Ordering::Relaxed));
    println!(
        "{answered} clicks were answered; {broken} had to be repeated, because their node was gone."
    );
    match refused {
        0 => println!("None was asked to log in again."),
        some => println!("{some} were asked to log in again."),
    }
    for mut browser in browsers {
        println!("  {}", browser.get(front).await?);
    }
    Ok(())
}

/// A process that is a node.
struct Node {
    address: SocketAddr,
    process: Child,
}

impl Node {
    async fn start(url: &str, number: &str) -> Result<Self, BoxError> {
        let mut process = Command::new(std::env::current_exe()?)
            .args([url, number])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let out = process.stdout.take().ok_or("a node says nothing")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).await?;
        Ok(Self {
            address: line.trim().parse()?,
            process,
        })
    }
}

/// The front: gives each connection to the next node, and to the other one where that does not answer.
async fn forward(listener: TcpListener, mut nodes: [SocketAddr; 2]) {
    while let Ok((mut from, _)) = listener.accept().await {
        nodes.reverse();
        tokio::spawn(async move {
            for node in nodes {
                if let Ok(mut to) = TcpStream::connect(node).await {
                    // A connection that breaks is the browser's to repeat.
                    drop(tokio::io::copy_bidirectional(&mut from, &mut to).await);
                    return;
                }
            }
        });
    }
}
