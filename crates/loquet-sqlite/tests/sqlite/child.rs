//! Child processes: this program, started again with a task.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};

/// The environment variable with the task.
pub(crate) const TASK: &str = "LOQUET_SQLITE_TASK";

/// This program with a task.
pub(crate) struct Child {
    pub(crate) command: Command,
    pub(crate) program: PathBuf,
}

pub(crate) fn child(task: &str, path: &Path) -> Child {
    let program = env::current_exe().unwrap();
    let mut command = Command::new(&program);
    command.args([
        "--exact",
        "processes::child_process",
        "--nocapture",
        "--quiet",
    ]);
    command.env(TASK, format!("{task} {}", path.to_str().unwrap()));
    Child { command, program }
}

impl Child {
    /// Runs the child as a user who owns no file here. If this user cannot change users, it is unprivileged already.
    #[cfg(unix)]
    pub(crate) fn unprivileged(mut self) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        use std::os::unix::process::CommandExt as _;

        const UNPRIVILEGED: u32 = 65534;
        let folder = tempfile::tempdir().unwrap();
        let locked = folder.path().join("locked");
        fs::write(&locked, "").unwrap();
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
        if fs::read(&locked).is_ok() {
            // A copy that every user may read and run.
            let program = env::temp_dir().join(format!("loquet-sqlite-{}", process::id()));
            fs::copy(&self.program, &program).unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
            let mut command = Command::new(&program);
            command.args(self.command.get_args());
            command.envs(
                self.command
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            );
            command.uid(UNPRIVILEGED).current_dir("/");
            self = Self { command, program };
        }
        self
    }

    /// Returns the lines that it prints with [`say`](crate::processes::say), or `None` if it cannot be started.
    pub(crate) fn output(mut self) -> Option<String> {
        let output = self.command.stderr(Stdio::inherit()).output().ok();
        if self.program.parent() == Some(&env::temp_dir()) {
            fs::remove_file(&self.program).unwrap();
        }
        let said = String::from_utf8(output?.stdout).unwrap();
        let words = said
            .lines()
            .filter_map(|line| line.strip_prefix("> "))
            .collect::<Vec<_>>();
        assert!(!words.is_empty(), "the child printed nothing: {said:?}");
        Some(words.join("\n"))
    }
}
