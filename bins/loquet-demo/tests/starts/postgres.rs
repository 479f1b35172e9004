//! Any number of demos on one PostgreSQL database.

use loquet_testkit::postgres::Server;

use super::*;
use phone::Phone;

#[allow(dead_code, reason = "the browser test uses the rest")]
#[path = "../browser/phone.rs"]
mod phone;

/// A server, and the key file that all demos on it share.
struct Shared {
    server: Server,
    folder: TempDir,
}

impl Shared {
    fn new() -> Self {
        Self {
            server: Server::start(&["fsync = off"]),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// The password is one that the server does not ask for.
    fn url(&self) -> String {
        let url = self.server.url("postgres");
        url.replace("postgres@", "postgres:quatre-canards@")
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("demo.key")
    }

    fn start(&self) -> Running {
        let (url, key) = (self.url(), self.key());
        start(Path::new(&url), &["--key", key.to_str().unwrap()])
    }

    fn refused(&self, database: &str, key: &Path) -> (i32, String) {
        let url = self.server.url(database);
        refused(Path::new(&url), &["--key", key.to_str().unwrap()])
    }
}

/// A browser, to which all demos are one service: it sends each its cookie.
#[derive(Default)]
struct Browser {
    cookie: String,
    page: String,
}

impl Browser {
    fn ask(&mut self, at: &Running, request: &str, body: &str) -> &str {
        let cookie = &self.cookie;
        let length = body.len();
        self.page = at.ask(&format!(
            "{request} HTTP/1.1\r\nHost: HOST\r\nOrigin: http://HOST\r\nConnection: close\r\nCookie: loquet={cookie}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
        ));
        if let Some((_, set)) = self.page.split_once("\r\nset-cookie: loquet=") {
            set.split(';').next().unwrap().clone_into(&mut self.cookie);
        }
        &self.page
    }

    fn get(&mut self, at: &Running, path: &str) -> &str {
        self.ask(at, &format!("GET {path}"), "")
    }

    /// Sends the form that was drawn last, which another demo may have drawn. Returns where that leads.
    fn submit(&mut self, at: &Running, path: &str, fields: &str) -> String {
        let (_, form) = self.page.split_once(&format!("action=\"{path}\"")).unwrap();
        let attempt = between(form, "name=\"attempt\" value=\"");
        let body = format!("attempt={attempt}&{fields}");
        let answer = self.ask(at, &format!("POST {path}"), &body);
        let head = answer.split("\r\n\r\n").next().unwrap();
        match head.split_once("\r\nlocation: ") {
            Some((_, to)) => to.lines().next().unwrap().to_owned(),
            None => answer.to_owned(),
        }
    }

    fn log_in(&mut self, at: &Running, password: &str) -> String {
        self.get(at, "/connexion");
        let fields = format!("login=Helene&password={password}");
        self.submit(at, "/connexion", &fields)
    }
}

fn between<'a>(text: &'a str, before: &str) -> &'a str {
    let (_, rest) = text.split_once(before).expect(before);
    rest.split('"').next().unwrap()
}

const PASSWORD: &str = "quatre+canards+au+soleil";

/// Logs in at one demo, and enables multi-factor log-in and enrolls at both by turns.
fn enroll(one: &Running, other: &Running) -> (Phone, Browser) {
    let mut browser = Browser::default();
    assert_eq!(browser.log_in(one, PASSWORD), "/");
    let page = browser.get(other, "/mfa/admin/enable");
    let code = between(page, "data-testid=\"break-glass\" data-text=\"");
    let group = format!("group={}", code.rsplit('-').next().unwrap());
    let to = browser.submit(one, "/mfa/admin/enable", &group);
    assert_eq!(to, "/mfa/enroll");
    browser.get(other, &to);
    browser.submit(one, "/mfa/enroll", "");
    let page = browser.get(other, "/mfa/enroll/key");
    let key = between(page, "data-text=\"").to_owned();
    let mut phone = Phone::scan(&format!("otpauth://totp/helene?secret={key}"));
    browser.get(one, "/mfa/enroll");
    let code = format!("code={}", fresh(&mut phone));
    browser.submit(other, "/mfa/enroll/confirm", &code);
    assert!(browser.get(one, "/").contains("Bonjour Hélène"));
    (phone, browser)
}

fn fresh(phone: &mut Phone) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    runtime.unwrap().block_on(phone.fresh())
}

#[test]
fn two_demos_are_one_service() {
    let shared = Shared::new();
    let (one, other) = std::thread::scope(|scope| {
        let one = scope.spawn(|| shared.start());
        let other = shared.start();
        (one.join().unwrap(), other)
    });
    let new = [&one, &other].map(|demo| demo.said["new"].as_bool().unwrap());
    assert!(new[0] != new[1], "one of them makes the tables: {new:?}");
    let named = one.said["database"].as_str().unwrap();
    assert_eq!(named, shared.server.url("postgres"));
    let mode = fs::metadata(shared.key()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let (mut phone, mut enrolled) = enroll(&one, &other);
    // The same code at both, at once.
    let mut halves = [Browser::default(), Browser::default()];
    for (browser, at) in halves.iter_mut().zip([&one, &other]) {
        assert_eq!(browser.log_in(at, PASSWORD), "/connexion");
        assert!(browser.get(at, "/connexion").contains("name=\"code\""));
    }
    let code = format!("code={}", fresh(&mut phone));
    let [first, second] = &mut halves;
    let ended = std::thread::scope(|scope| {
        let ended = scope.spawn(|| first.submit(&one, "/mfa/code", &code));
        let other = second.submit(&other, "/mfa/code", &code);
        [ended.join().unwrap(), other]
    });
    let won = ended.iter().position(|to| to == "/").unwrap();
    assert!(ended[1 - won].contains("déjà servi"), "{ended:?}");

    let (mut killed, left) = if won == 0 { (one, other) } else { (other, one) };
    killed.child.kill().unwrap();
    killed.child.wait().unwrap();
    for browser in [&mut halves[won], &mut enrolled] {
        assert!(browser.get(&left, "/").contains("Bonjour Hélène"));
    }
    assert_eq!(left.end(), 0);
    let again = shared.start();
    assert_eq!(again.said["new"], false);
    assert!(halves[won].get(&again, "/").contains("Bonjour Hélène"));
}

#[test]
fn unusable_databases_and_keys_are_named() {
    let shared = Shared::new();
    let (code, why) = shared.refused("none", &shared.key());
    assert_eq!(code, 3);
    assert!(why.contains("make it with createdb"), "{why}");
    assert!(!shared.key().exists());
    assert_eq!(shared.start().end(), 0);

    let other = shared.folder.path().join("other.key");
    let (code, why) = shared.refused("postgres", &other);
    assert!(
        code == 3 && why.contains("other.key: there is none"),
        "{why}"
    );
    assert!(!other.exists());
    let text = fs::read_to_string(shared.key()).unwrap();
    let text = text.replace(|c: char| c.is_ascii_digit(), "7");
    fs::copy(shared.key(), &other).unwrap();
    fs::write(&other, text).unwrap();
    let (code, why) = shared.refused("postgres", &other);
    assert!(code == 3 && why.contains("use the key file"), "{why}");

    shared.server.stop();
    let (code, why) = shared.refused("postgres", &shared.key());
    assert_eq!(code, 3);
    assert!(why.contains("Connection refused"), "{why}");
}

#[test]
fn flags_that_do_not_fit_are_refused() {
    let url = "postgresql://demo:secret@127.0.0.1:1/demo";
    let key = ["--key", "/nowhere/demo.key"];
    for (db, flags, expected) in [
        (url, &[][..], "needs --key FILE"),
        (url, &["--key", "k", "--fresh"], "make a new one"),
        ("demo.db", &key, "Leave --key out"),
        (
            "postgres://demo:secret@127.0.0.1:x/demo",
            &key,
            "Write it as",
        ),
    ] {
        let (code, why) = refused(Path::new(db), flags);
        assert_eq!(code, 2, "{why}");
        assert!(why.contains(expected) && !why.contains("secret"), "{why}");
    }
    let (code, why) = refused(Path::new(url), &key);
    assert!(code == 3 && !why.contains("secret"), "{why}");
}
