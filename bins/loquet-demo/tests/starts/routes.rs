//! Every route of the demo's own, and what a stranger can have of it. Those of the pages are listed in `loquet-web`.

use rusqlite::{Connection, OpenFlags};

use super::*;

/// The path, the status of GET and of POST. A stranger's request reads at most 4 KiB of a form and writes nothing; a log-in
/// fills the memory of one hash, of which four are there, whether or not an account has the name.
const ROUTES: [(&str, u16, u16); 5] = [
    ("/", 303, 405),
    ("/connexion", 200, 422),
    ("/connexion/encore", 200, 422),
    ("/endroit", 200, 303),
    ("/nothing-here", 404, 404),
];

#[test]
fn t48_every_route_of_the_demo_is_listed() {
    let pages = include_str!("../../src/pages.rs");
    let routes = pages.split(".route(").skip(1);
    let routes: Vec<&str> = routes.map(|rest| rest.split(',').next().unwrap()).collect();
    let said = ["\"/\"", "LOG_IN", "AGAIN", "places::PATH"];
    assert_eq!(routes, said, "say in ROUTES what each costs a stranger");
    assert_eq!(routes.len() + 1, ROUTES.len(), "and the fallback");
}

/// How many rows each table of the database has.
fn rows(db: &Path) -> Vec<(String, i64)> {
    let connection = Connection::open_with_flags(db, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    let mut tables = connection.prepare(sql).unwrap();
    let names = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let count = |name: String| {
        let sql = format!("SELECT count(*) FROM \"{name}\"");
        let count = connection.query_row(&sql, [], |row| row.get(0)).unwrap();
        (name, count)
    };
    names.map(|name| count(name.unwrap())).collect()
}

fn status(answer: &str) -> u16 {
    answer
        .get(9..12)
        .and_then(|it| it.parse().ok())
        .unwrap_or(0)
}

#[test]
fn page_elsewhere_reaches_nothing_by_rebinding_its_name() {
    let (_folder, db) = folder();
    let demo = start(&db, &[]);
    for path in ["/", "/connexion", "/mfa/account", "/mfa/static/loquet.css"] {
        for (host, is_own) in [("evil.example", false), ("localhost:1", true)] {
            let answer = demo.ask(&format!(
                "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            ));
            assert_eq!(status(&answer) != 421, is_own, "{path} of {host}: {answer}");
        }
    }
}

#[test]
fn t48_strangers_write_nothing_in_the_demo() {
    let (_folder, db) = folder();
    let demo = start(&db, &[]);
    let before = rows(&db);
    assert!(before.len() > 4, "{before:?}");
    let head = "Host: HOST\r\nOrigin: http://HOST\r\nConnection: close\r\n";
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    for (path, get, post) in ROUTES {
        for cookie in ["", "Cookie: loquet=abababababababababababababababab\r\n"] {
            let answer = demo.ask(&format!("GET {path} HTTP/1.1\r\n{head}{cookie}\r\n"));
            assert_eq!(status(&answer), get, "GET {path}: {answer}");
            let form = format!(
                "attempt={}&login=helene&password=wrong&place=1",
                "ab".repeat(16)
            );
            let length = form.len();
            let answer = demo.ask(&format!(
                "POST {path} HTTP/1.1\r\n{head}{cookie}{kind}Content-Length: {length}\r\n\r\n{form}"
            ));
            assert_eq!(status(&answer), post, "POST {path}: {answer}");
            assert!(!answer.contains("\r\nset-cookie: loquet"), "{answer}");
            let long = form.clone() + &"x".repeat(5000 - form.len());
            let answer = demo.ask(&format!(
                "POST {path} HTTP/1.1\r\n{head}{cookie}{kind}Content-Length: 5000\r\n\r\n{long}"
            ));
            let refused = if post == 405 || post == 404 {
                post
            } else {
                413
            };
            assert_eq!(status(&answer), refused, "long POST {path}: {answer}");
        }
    }
    // Not even when the housekeeping, every five seconds, wrote down what it counted.
    std::thread::sleep(Duration::from_secs(6));
    let new: Vec<_> = rows(&db)
        .into_iter()
        .filter(|row| !before.contains(row))
        .collect();
    let is_counted = |(name, count): &(String, i64)| {
        before
            .iter()
            .any(|(table, old)| table == name && count - old <= 1)
            && name.contains("metadata")
    };
    assert!(new.iter().all(is_counted), "{before:?} became {new:?}");
}
