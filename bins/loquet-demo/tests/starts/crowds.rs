//! What strangers can take: connections, time and memory.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;

use super::*;

/// Starts the demo where a process may have so many files.
fn start_with_files(db: &Path, files: u32) -> Running {
    let mut shell = Command::new("sh");
    let script = format!("ulimit -n {files} && exec \"$0\" \"$@\"");
    let demo = demo(db, &[]);
    shell.arg("-c").arg(script).arg(demo.get_program());
    shell.args(demo.get_args());
    running(shell)
}

#[test]
fn three_hundred_open_sockets_stop_no_log_in() {
    let (_folder, db) = folder();
    let demo = start_with_files(&db, 256);
    let asked = Instant::now();
    // Of ten strangers.
    let from = |number: u8| [127, 0, 0, 2 + number % 10];
    let idle: Vec<_> = (0..150)
        .map(|number| demo.send_from(from(number), ""))
        .collect();
    let half = "POST /connexion HTTP/1.1\r\nHost: HOST\r\nCook";
    let mut slow: Vec<_> = (0..150)
        .map(|number| demo.send_from(from(number), half))
        .collect();
    let status = demo.log_in("helene", "quatre+canards+au+soleil");
    assert_eq!(status, ADMITTED);
    // Each gave its place back after five seconds, and is told nothing but the end.
    assert!(asked.elapsed() < Duration::from_secs(25), "{asked:?}");
    let mut rest = Vec::new();
    let last = slow.pop().unwrap().read_to_end(&mut rest);
    assert!(last.is_err() || !rest.starts_with(b"HTTP/1.1 200"));
    drop(idle);
    assert_eq!(demo.end(), 0);
}

#[test]
fn sockets_of_one_address_leave_places_for_others() {
    let (_folder, db) = folder();
    let demo = start(&db, &[]);
    let asked = Instant::now();
    let stranger = [127, 0, 0, 2];
    let mut idle: Vec<_> = (0..150).map(|_| demo.send_from(stranger, "")).collect();
    let status = demo.log_in("helene", "quatre+canards+au+soleil");
    assert_eq!(status, ADMITTED);
    // What is too much is closed before the five seconds of an idle connection are over.
    let mut rest = Vec::new();
    drop(idle.pop().unwrap().read_to_end(&mut rest));
    assert!(rest.is_empty() && asked.elapsed() < Duration::from_secs(5));
}

#[test]
fn log_in_without_a_place_is_not_counted() {
    let (_folder, db) = folder();
    let demo = start(&db, &[]);
    let (to, form) = (demo.address(), form_of("helene", "wrong"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let statuses = runtime.block_on(async {
        let mut tries = JoinSet::new();
        for _ in 0..32 {
            let form = form.clone();
            tries.spawn(async move { post([127, 0, 0, 2], to, "", &form).await });
        }
        tries.join_all().await
    });
    let count = |status| statuses.iter().filter(|it| it.starts_with(status)).count();
    let (wrong, busy, too_many) = (count(WRONG), count(BUSY), count(TOO_MANY));
    assert_eq!(wrong + busy + too_many, 32, "{statuses:?}");
    // A name gets 20 tries: fewer were counted where none was refused for their number.
    assert!(
        busy > 0 && (too_many == 0 || wrong >= 20),
        "{wrong} {busy} {too_many}"
    );
}

#[test]
fn connection_between_requests_ends_in_time() {
    let (_folder, db) = folder();
    let demo = start(&db, &[]);
    let get = "GET /connexion HTTP/1.1\r\nHost: HOST\r\n\r\n";
    let asked = Instant::now();
    let answer = answer(demo.send(get));
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let took = asked.elapsed().as_secs();
    assert!((4..15).contains(&took), "{took} s");
}

#[test]
fn stranger_elsewhere_does_not_lock_a_name() {
    let (_folder, db) = folder();
    let demo = start(&db, &[]);
    let many: Vec<String> = (0..25).map(|_| demo.log_in("helene", "wrong")).collect();
    assert!(many.iter().any(|status| status == TOO_MANY));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let form = form_of("helene", "quatre+canards+au+soleil");
    let answer = runtime.block_on(post([127, 0, 0, 2], demo.address(), "", &form));
    assert!(answer.starts_with(ADMITTED), "{answer}");
    // To pretend another place gives no new tries.
    let cookie = "Cookie: demo-endroit=3\r\n";
    let answer = runtime.block_on(post([127, 0, 0, 1], demo.address(), cookie, &form));
    assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
}

fn form_of(login: &str, password: &str) -> String {
    let id = "ab".repeat(16);
    format!("attempt={id}&login={login}&password={password}")
}

/// Sends the log-in form from an address of the loopback network.
async fn post(from: [u8; 4], to: SocketAddr, cookie: &str, form: &str) -> String {
    let mut stream = connect(from, to).await;
    let request = format!(
        "POST /connexion HTTP/1.1\r\nHost: {to}\r\nOrigin: http://{to}\r\nConnection: close\r\n{cookie}\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // What is refused before it was read whole may end in a reset.
    drop(stream.read_to_string(&mut answer).await);
    answer
}

/// The most memory that a process had resident, in MiB.
fn peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
    kilobytes.parse::<u64>().unwrap() / 1024
}

/// Strangers send 4,000 log-ins under known and unknown names, 64 at a time, each from another address; some of the forms
/// are too long. Another 200 connections lie idle.
#[test]
#[ignore = "takes minutes; `cargo xtask memory` runs it"]
#[expect(clippy::print_stdout, reason = "people read what was measured")]
fn crowd_is_served_in_120_mib() {
    let (_folder, db) = folder();
    let demo = start(&db, &[]);
    let to = demo.address();
    let before = peak(demo.child.id());
    let idle: Vec<_> = (0..200)
        .map(|number| demo.send_from([127, 3, 0, 1 + number % 10], ""))
        .collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (known, unknown) = runtime.block_on(async {
        let mut crowd = JoinSet::new();
        for task in 0..64_u8 {
            crowd.spawn(async move {
                for number in 1..=62_u8 {
                    let login = ["helene", &format!("unknown{task}x{number}")]
                        [usize::from(number % 2)]
                    .to_owned();
                    let long = "x".repeat(if number % 8 == 0 { 200_000 } else { 100 });
                    post([127, 1, task, number], to, "", &form_of(&login, &long)).await;
                }
            });
        }
        while let Some(ended) = crowd.join_next().await {
            ended.unwrap();
        }
        // Alone on the machine: what a name costs.
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for number in 1..=41_u8 {
            for (login, times) in [("helene", &mut known), ("unknown", &mut unknown)] {
                let asked = Instant::now();
                post([127, 2, 0, number], to, "", &form_of(login, "wrong")).await;
                times.push(asked.elapsed());
            }
        }
        (median(known), median(unknown))
    });
    drop(idle);
    let after = peak(demo.child.id());
    println!(
        "resident: {before} MiB at the start, {after} MiB at most; known {known:?}, unknown {unknown:?}"
    );
    assert!(after <= 120, "{after} MiB");
    let ratio = known.as_secs_f64() / unknown.as_secs_f64();
    assert!((0.8..1.25).contains(&ratio), "{ratio}");
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
