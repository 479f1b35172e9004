//! The guide "Moving an existing service": its commands, run, and what it promises, for some hundred users.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use loquet::{
    AccountId, Client, Error, Keyring, Mfa, NewAccount, NextStep, Operator, Refusal, Secret, Totp,
    wait,
};
use loquet_sqlite::SqliteStore;

use super::sources::{At, GUIDE, database, fixture, query, rows};

/// The secret of the administrator in the example.
const ADA: &[u8] = b"12345678901234567890";

/// A folder as the guide supposes it: the old database, the queries, and the new database with its key.
fn folder(accounts: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    database("django-otp", &path("app.db"));
    std::fs::write(path("users.sql"), query("users")).unwrap();
    std::fs::write(path("export.sql"), query("django-otp")).unwrap();
    super::write_key(&path("shop.db.key"), &Keyring::line(1, &[7; 32]));
    let mfa = service(folder.path(), now());
    for (number, name) in (1_u64..).zip(accounts) {
        wait(
            mfa.provision()
                .ensure_account(NewAccount::new(number, name)),
        )
        .unwrap();
    }
    folder
}

/// The service as it is at a time.
pub(crate) fn service(folder: &Path, time: u64) -> Operator {
    let builder = Mfa::builder(SqliteStore::open(folder.join("shop.db")).unwrap())
        .keyring(Keyring::single(1, [7; 32]))
        .clock(At(time));
    wait(builder.issuer("Shop").open_operator()).unwrap()
}

/// Each command of a part of the guide, and what the guide says it prints.
fn commands(part: &str) -> Vec<(&str, String)> {
    let blocks = part.split("```console\n").skip(1);
    let lines = blocks.flat_map(|block| block.split("```").next().unwrap().lines());
    let mut commands: Vec<(&str, String)> = Vec::new();
    for line in lines {
        match line.strip_prefix("$ ") {
            Some(command) => commands.push((command, String::new())),
            None => {
                let (_, printed) = commands.last_mut().unwrap();
                printed.push_str(line);
                printed.push('\n');
            }
        }
    }
    commands
}

/// Runs a command in a shell, and returns what it prints, the exit code first where it is not 0. The tests do not need the
/// program sqlite3: its place is taken by the library.
fn run(folder: &Path, command: &str) -> String {
    if let Some(words) = command.strip_prefix("sqlite3 app.db ") {
        let connection = rusqlite::Connection::open(folder.join("app.db")).unwrap();
        connection
            .pragma_update(None, "foreign_keys", false)
            .unwrap();
        match words.strip_prefix("< ") {
            Some(words) => {
                let (query, output) = words.split_once(" > ").unwrap();
                let query = std::fs::read_to_string(folder.join(query)).unwrap();
                std::fs::write(folder.join(output), rows(&connection, &query)).unwrap();
            }
            None => connection.execute_batch(words.trim_matches('"')).unwrap(),
        }
        return String::new();
    }
    let mut child = shell(folder, command);
    if command.starts_with("loquet mfa enable ") {
        return enable(child, ADA);
    }
    drop(child.stdin.take());
    let output = child.wait_with_output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8(printed).unwrap();
    match output.status.code() {
        Some(0) => printed,
        code => format!("? {}\n{printed}", code.unwrap()),
    }
}

fn shell(folder: &Path, command: &str) -> Child {
    let tool = Path::new(env!("CARGO_BIN_EXE_loquet")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", tool.display()))
        .env_remove("LOQUET_KEYS")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Types what an administrator types: the code of the imported phone, and the end of the break-glass code.
fn enable(mut child: Child, secret: &[u8]) -> String {
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "{}", code(secret, now())).unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut printed = String::new();
    for _ in 0..2 {
        stdout.read_line(&mut printed).unwrap();
    }
    let group = printed.trim_end().rsplit('-').next().unwrap();
    writeln!(stdin, "{group}").unwrap();
    stdout.read_to_string(&mut printed).unwrap();
    assert!(child.wait().unwrap().success(), "{printed}");
    printed
}

pub(crate) fn now() -> u64 {
    std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap()
        .as_secs()
}

/// What a phone shows.
pub(crate) fn code(secret: &[u8], time: u64) -> String {
    let totp = Totp::default();
    let key = Secret::weak(secret).unwrap().key(totp.algorithm);
    totp.generate(&key, time).to_string()
}

/// Whether a text is as the guide has it, where `[..]` stands for the rest of a line.
fn assert_printed(command: &str, printed: &str, expected: &str) {
    let (printed, expected) = (printed.trim_end(), expected.trim_end());
    let same = printed.lines().count() == expected.lines().count()
        && printed.lines().zip(expected.lines()).all(|(line, wanted)| {
            let start = wanted.strip_suffix("[..]");
            start.map_or(line == wanted, |start| line.starts_with(start))
        });
    assert!(
        same,
        "$ {command}\n{printed}\n--- the guide has:\n{expected}"
    );
}

/// A folder as the sections of the sources suppose it: of each source that encrypts, its exported file and its key.
fn exported() -> tempfile::TempDir {
    let people = ["ada", "bob", "carol"].map(|name| format!("{name}@example.org"));
    let names = ["ada", "bob", "1000", "1001", "1002"];
    let all: Vec<&str> = people.iter().map(String::as_str).chain(names).collect();
    let folder = folder(&all);
    let path = |name: &str| folder.path().join(name);
    for source in [
        "laravel",
        "privacyidea",
        "authelia",
        "rails",
        "attr-encrypted",
        "rodauth",
    ] {
        let old = database(source, &path(&format!("{source}.db")));
        let lines = rows(&old, &query(source));
        std::fs::write(path(&format!("{source}.jsonl")), lines).unwrap();
        let key = fixture(&format!("{source}.source-key"));
        std::fs::copy(key, path(&format!("{source}.key"))).unwrap();
    }
    std::fs::rename(path("privacyidea.key"), path("enckey")).unwrap();
    std::fs::write(path("other.key"), "k".repeat(32)).unwrap();
    let keys = std::fs::read_to_string(path("laravel.key")).unwrap();
    let (key, before) = keys.trim_end().split_once('\n').unwrap();
    let env = format!("APP_NAME=Shop\nAPP_KEY={key}\nAPP_PREVIOUS_KEYS={before}\n");
    std::fs::write(path(".env"), env).unwrap();
    let uri = |name: &str, letter: &str| {
        let secret = letter.repeat(32);
        format!(
            "otpauth://totp/Shop:{name}?secret={secret}&issuer=Shop&algorithm=SHA1&digits=6&period=30\n"
        )
    };
    let uris = uri("ada", "A") + &uri("bob", "B");
    std::fs::write(path("authelia.uris"), uris).unwrap();
    folder
}

/// A folder with the files of the tokens' vendor.
fn delivered() -> tempfile::TempDir {
    let folder = folder(&["gus"]);
    let pskc = include_str!("../pskc/figure6.xml").replace("pskc:hotp", "pskc:totp");
    let csv = "upn,serial number,secret key,time interval,manufacturer,model\n\
               ,2001,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJA,60,Example,One\n\
               ,2002,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJB,60,Example,One\n";
    for (name, content) in [
        ("tokens.xml", pskc.as_str()),
        ("psk.txt", "12345678901234567890123456789012\n"),
        ("tokens.csv", csv),
    ] {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

#[test]
fn commands_of_the_guide_print_what_it_says() {
    let (moving, sources) = GUIDE.split_once("\n# Sources\n").unwrap();
    let (moving, tokens) = moving.split_once("\n## Hardware tokens\n").unwrap();
    let (first, second, third) = (folder(&[]), delivered(), exported());
    for (folder, part, count) in [
        (&first, moving, 12),
        (&second, tokens, 5),
        (&third, sources, 10),
    ] {
        let commands = commands(part);
        for (command, expected) in &commands {
            assert_printed(command, &run(folder.path(), command), expected);
        }
        assert_eq!(commands.len(), count);
        // None is in the text alone, where nothing would run it.
        assert!(!part.contains("`loquet import "));
    }
    // The exported secrets are gone, and so is the old table's content.
    assert!(!std::fs::exists(first.path().join("authenticators.jsonl")).unwrap());
    let old = rusqlite::Connection::open(first.path().join("app.db")).unwrap();
    let left = old.query_row("SELECT count(*) FROM otp_totp_totpdevice", [], |row| {
        row.get(0)
    });
    assert_eq!(left, Ok(0));
}

fn secret(number: u32) -> Vec<u8> {
    format!("{number:020}").into_bytes()
}

/// Puts so many users of django-otp into the old database, each with a phone. The first half never used it there; the others have
/// just done so, and the last is the administrator. Two more have devices that are not exported: one that counts from another
/// time, and that of an inactive user.
fn fill(folder: &Path, users: u32, step: u64) {
    let mut old = rusqlite::Connection::open(folder.join("app.db")).unwrap();
    let transaction = old.transaction().unwrap();
    let tables = "DELETE FROM otp_totp_totpdevice; DELETE FROM auth_user";
    transaction.execute_batch(tables).unwrap();
    let user = "INSERT INTO auth_user VALUES (?, '!', NULL, ?, ?, '', '', 0, ?, '2024-01-01', '')";
    let device = "INSERT INTO otp_totp_totpdevice VALUES (?, 'phone', 1, ?, 30, ?, 6, 1, 0, ?, ?, 0, NULL, NULL, NULL)";
    for number in 1..=users + 2 {
        let (name, is_last) = (format!("user {number}"), number == users);
        let is_active = number < users + 2;
        transaction
            .execute(user, (number, is_last, name, is_active))
            .unwrap();
        let key: String = secret(number)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let last = match number {
            _ if number <= users / 2 => -1,
            _ if is_last => i64::try_from(step).unwrap() - 10,
            _ => i64::try_from(step).unwrap(),
        };
        let t0 = u32::from(number == users + 1);
        transaction
            .execute(device, (number, key, t0, last, number))
            .unwrap();
    }
    transaction.commit().unwrap();
}

/// A thief of the password cannot bind a phone.
async fn refuses_enrollment(mfa: &Mfa, account: AccountId) -> Refusal {
    let login = mfa.log_in(account, Client::default()).await.unwrap();
    let begun = mfa.begin_enrollment(&login.session, "", Client::default());
    match begun.await {
        Err(Error::Refused(refusal)) => refusal,
        _ => unreachable!("an enrollment began"),
    }
}

/// Whether a new log-in, which owes a code, takes this one.
pub(crate) async fn takes(mfa: &Mfa, account: AccountId, code: &str) -> bool {
    let login = mfa.log_in(account, Client::default()).await.unwrap();
    assert_eq!(login.next, NextStep::SecondFactor);
    let given = mfa.verify_code(&login.session, code, Client::default());
    given.await.is_ok()
}

/// Step 1 of the guide: each active user has an account, which the password alone enrolls nothing for.
fn make_accounts(folder: &Path, users: u32) -> BTreeMap<String, AccountId> {
    run(folder, "sqlite3 app.db < users.sql > users.jsonl");
    let told = run(folder, "loquet account sync users.jsonl --db shop.db");
    assert!(
        told.starts_with(&format!("{} created, ", users + 1)),
        "{told}"
    );
    let mfa = service(folder, now());
    let organization = wait(mfa.organizations()).unwrap()[0].id();
    let accounts: BTreeMap<_, _> = wait(mfa.users(organization))
        .unwrap()
        .iter()
        .map(|user| (user.external_id().to_owned(), user.account_id()))
        .collect();
    for account in accounts.values() {
        let reason = wait(refuses_enrollment(&mfa, *account)).code();
        assert_eq!(reason, "NOT_ENABLED");
    }
    accounts
}

/// A service with many users in django-otp moves in an evening: no user enrolls again, no thief of a password can enroll, and no
/// old code works twice.
fn move_in_an_evening(users: u32) {
    let folder = folder(&[]);
    let folder = folder.path();
    let step = now() / 30;
    fill(folder, users, step);
    let accounts = make_accounts(folder, users);

    run(folder, "sqlite3 app.db < export.sql > authenticators.jsonl");
    let import = "loquet import authenticators.jsonl --format jsonl --db shop.db";
    let would = format!("{users} would be imported, 0 there already, 0 refused\n");
    assert_eq!(run(folder, &format!("{import} --dry-run")), would);
    let done = format!("{users} imported, 0 there already, 0 refused\n");
    assert_eq!(run(folder, import), done);
    let as_administrator = format!("loquet mfa enable --db shop.db --as 'user {users}'");
    enable(shell(folder, &as_administrator), &secret(users));

    // Not before the import, and not in the step of the last code.
    let soon = now().max((step + 1) * 30);
    let times = [soon, soon + 5, soon + 90];
    let [mfa, waited, later] = times.map(|time| service(folder, time));
    for number in 1..users {
        let account = accounts[&format!("user {number}")];
        wait(async {
            let reason = refuses_enrollment(&mfa, account).await;
            assert_ne!(reason, Refusal::NotEnabled);
            let old = code(&secret(number), step * 30);
            assert!(!takes(&mfa, account, &old).await, "{number}");
            // Where django-otp knew no last code, all up to the import and the next one are used up.
            let (mfa, time) = if number > users / 2 {
                (&waited, times[1])
            } else {
                (&later, times[2])
            };
            let fresh = code(&secret(number), time);
            assert!(takes(mfa, account, &fresh).await, "{number}");
            assert!(!takes(mfa, account, &fresh).await, "{number}");
        });
    }
    // Whose device was not exported waits for an administrator.
    let left = accounts[&format!("user {}", users + 1)];
    let reason = wait(refuses_enrollment(&mfa, left)).code();
    assert_eq!(reason, "RESET_CODE_REQUIRED");
}

#[test]
fn large_service_moves_in_an_evening() {
    move_in_an_evening(300);
}

#[test]
#[ignore = "some minutes; `cargo xtask long` runs it"]
fn service_of_10_000_users_moves_in_an_evening() {
    move_in_an_evening(10_000);
}
