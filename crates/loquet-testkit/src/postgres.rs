//! A PostgreSQL server of the test's own, on loopback, that ends with the test's process.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The superuser of the server; connections from this machine need no password.
pub const SUPERUSER: &str = "postgres";

/// A running server, with its cluster in a folder of its own. Dropped, or when this process ends, it is stopped, and the
/// folder is removed.
#[derive(Debug)]
pub struct Server {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    /// Who the server runs as, where the test is root: PostgreSQL refuses to be.
    user: Option<(u32, u32)>,
    /// Waits for the end of its input, which comes with the end of this process, and then clears up.
    guard: Option<Child>,
}

const GUARD: &str = r#"read -r _; "$1/pg_ctl" -D "$2" -m immediate -s stop; rm -rf "$2""#;

impl Server {
    /// Creates a cluster and starts it, with more settings as `postgresql.conf` has them, such as `max_connections = 300`.
    ///
    /// # Panics
    /// If PostgreSQL is not installed, or does not start.
    #[must_use]
    pub fn start(settings: &[&str]) -> Self {
        let user = (id("-u", None) == Some(0)).then(|| {
            let of = |what| id(what, Some(SUPERUSER)).unwrap();
            (of("-u"), of("-g"))
        });
        let port = free_port();
        let folder = std::env::temp_dir().join(format!("loquet-postgres-{port}"));
        fs::create_dir(&folder).unwrap();
        if let Some((user, group)) = user {
            chown(&folder, Some(user), Some(group)).unwrap();
        }
        let mut server = Self {
            programs: programs(),
            folder,
            port,
            user,
            guard: None,
        };
        let guard = server
            .command("sh")
            .args(["-c", GUARD, "sh"])
            .args([&server.programs, &server.folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        server.guard = Some(guard.unwrap());
        server.create(settings);
        server.run();
        server
    }

    fn create(&self, settings: &[&str]) {
        let mut initdb = self.command(self.programs.join("initdb"));
        initdb
            .args(["--no-sync", "--auth=trust", "--encoding=UTF8"])
            .args(["--locale=C.UTF-8", "--username", SUPERUSER, "--pgdata"])
            .arg(&self.folder);
        succeed(&mut initdb);
        let own = [
            "listen_addresses = '127.0.0.1'".to_owned(),
            "unix_socket_directories = ''".to_owned(),
            format!("port = {}", self.port),
        ];
        let path = self.folder.join("postgresql.conf");
        let lines = own
            .iter()
            .map(String::as_str)
            .chain(settings.iter().copied());
        let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
        lines.for_each(|line| writeln!(file, "{line}").unwrap());
    }

    /// Starts the server, after [`kill`](Self::kill) or [`stop`](Self::stop).
    ///
    /// # Panics
    /// If it does not start.
    pub fn run(&self) {
        const TRIES: u32 = 50;
        for _ in 0..TRIES {
            // After a kill the processes of the connections hold it up for a moment.
            if self.control(&["-w", "-l"], &["start"]) {
                return;
            }
            pause(Duration::from_millis(100));
        }
        panic!("the server did not start: {}", self.read("log"));
    }

    /// Stops the server; open connections are ended, and nothing is lost.
    pub fn stop(&self) {
        assert!(self.control(&["-m", "fast", "-w", "-l"], &["stop"]));
    }

    /// Ends the server and the processes of its connections at once, by SIGKILL.
    pub fn kill(&self) {
        let file = self.read("postmaster.pid");
        let id = file.lines().next().unwrap();
        let children = Command::new("pgrep").args(["-P", id]).output().unwrap();
        let children = String::from_utf8(children.stdout).unwrap();
        let mut kill = Command::new("kill");
        kill.args(["-KILL", id]).args(children.split_whitespace());
        // A child may have ended meanwhile.
        drop(kill.status());
    }

    #[expect(clippy::disallowed_methods, reason = "a file of the server's")]
    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap_or_default()
    }

    /// Calls `pg_ctl`; the last option before the log's path is `-l`.
    fn control(&self, before: &[&str], after: &[&str]) -> bool {
        self.command(self.programs.join("pg_ctl"))
            .arg("-s")
            .args(before)
            .arg(self.folder.join("log"))
            .arg("-D")
            .arg(&self.folder)
            .args(after)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    /// The address of a database of the server.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}@127.0.0.1:{}/{database}", self.port)
    }

    /// The folder of the cluster, which the server's user owns.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The port on which the server listens.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// A program of PostgreSQL's, such as `pg_dump`.
    #[must_use]
    pub fn tool(&self, name: &str) -> Command {
        Command::new(self.programs.join(name))
    }

    /// A program to run as the server's user.
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/");
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            drop(guard.wait());
        }
    }
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {told}");
}

/// The folder of the newest PostgreSQL.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let version = |folder: &PathBuf| -> Option<u32> { folder.file_name()?.to_str()?.parse().ok() };
    versions
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|folder| folder.join("bin/initdb").exists())
        .max_by_key(version)
        .unwrap_or_else(|| {
            panic!("there is no PostgreSQL server: install Debian's package `postgresql`")
        })
        .join("bin")
}

/// A port that is free now.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

fn id(what: &str, of: Option<&str>) -> Option<u32> {
    let output = Command::new("id").arg(what).args(of).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a process that starts tells nothing until it is asked"
)]
fn pause(time: Duration) {
    std::thread::sleep(time);
}
