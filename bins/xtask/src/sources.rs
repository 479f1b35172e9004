//! Tables of other software for the tests of `loquet import`, made by that software, and the guide's queries on PostgreSQL.

use std::fs;

use crate::command::{Done, program, root, run};

/// The scripts, in `bins/xtask/sources`, that write fixtures.
const FIXTURES: [&str; 3] = [
    "django_otp_fixture.py",
    "privacyidea_fixture.py",
    "documented_fixtures.py",
];

/// Installs the pinned software from PyPI below `target/`, lets it write the fixtures anew, and runs the queries of the guide on
/// PostgreSQL over the same rows.
pub(crate) fn sources() -> Done {
    let scripts = root().join("bins").join("xtask").join("sources");
    let fixtures = root().join("bins/loquet-cli/tests/sources");
    let guide = root().join("crates/loquet/docs/moving.md");
    let venv = root().join("target").join("sources-venv");
    let python = venv.join("bin").join("python");
    fs::create_dir_all(&fixtures).map_err(|why| format!("{}: {why}", fixtures.display()))?;
    run(program("python3", ["-m", "venv"]).arg(&venv))
        .map_err(|why| format!("{why}; it takes Python 3.11 or later with its module venv"))?;
    let requirements = scripts.join("requirements.txt");
    run(program(&python, ["-m", "pip", "install", "--quiet", "-r"]).arg(requirements))?;
    let script = |name: &str| {
        let mut command = program(&python, [scripts.join(name)]);
        command.arg(&fixtures).env("PYTHONDONTWRITEBYTECODE", "1");
        command
    };
    for name in FIXTURES {
        run(&mut script(name))?;
    }
    run(script("postgres_check.py").arg(guide))
}
