//! The programs that the tests need, and how they come onto the machine.

use std::path::Path;

use crate::command::{Done, cargo, output, program, run};

/// A Debian package and the file by which one sees that it is there.
const PACKAGES: [(&str, Sign); 6] = [
    ("chromium", Sign::Program("chromium")),
    ("chromium-driver", Sign::Program("chromedriver")),
    // An authenticator that shares no code with ours.
    ("oathtool", Sign::Program("oathtool")),
    // A reader of networks that shares no code with ours.
    ("python3", Sign::Program("python3")),
    // A QR reader that shares no code with ours.
    ("zbar-tools", Sign::Program("zbarimg")),
    // Without a font the screenshots show boxes, and the terminal's half blocks do not exist.
    (
        "fonts-dejavu-core",
        Sign::File("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
    ),
];

#[derive(Debug, Clone, Copy)]
enum Sign {
    Program(&'static str),
    File(&'static str),
}

impl Sign {
    fn is_there(self) -> bool {
        match self {
            Self::Program(name) => on_path(name),
            Self::File(path) => Path::new(path).exists(),
        }
    }
}

/// Installs the Debian packages that are missing, if this account may.
pub(crate) fn packages() -> Done {
    let missing: Vec<&str> = PACKAGES
        .iter()
        .filter(|(_, sign)| !sign.is_there())
        .map(|(package, _)| *package)
        .collect();
    if missing.is_empty() {
        println!("nothing is missing");
        return Ok(());
    }
    let by_hand = format!("apt-get install {}", missing.join(" "));
    if !on_path("apt-get") {
        return Err(format!(
            "{} missing, and this is not a Debian machine: install what gives {by_hand:?} there",
            missing.join(", ")
        ));
    }
    let is_root = output(&mut program("id", ["-u"])).is_some_and(|id| id.trim() == "0");
    let prefix: &[&str] = if is_root {
        &["env"]
    } else if output(&mut program("sudo", ["-n", "true"])).is_some() {
        &["sudo", "-n", "env"]
    } else {
        return Err(format!(
            "{} missing, and this account may not install packages: run `sudo {by_hand}`",
            missing.join(", ")
        ));
    };
    let apt = |arguments: &[&str]| {
        let (head, rest) = prefix.split_first().unwrap_or((&"env", &[]));
        let words = rest
            .iter()
            .copied()
            .chain(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"])
            .chain(arguments.iter().copied());
        run(&mut program(head, words))
    };
    // An index that is out of date names packages that are gone; one that cannot be renewed may do.
    if let Err(why) = apt(&["update"]) {
        println!("note: {why}; going on with the index that is here");
    }
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(&missing);
    apt(&install).map_err(|why| format!("{why}; install by hand: `sudo {by_hand}`"))
}

/// Installs a subcommand of cargo when it is missing.
pub(crate) fn subcommand(name: &str) -> Done {
    if on_path(name) {
        return Ok(());
    }
    println!("{name} is missing: building it");
    run(&mut cargo(["install", "--locked", "--quiet", name]))
}

/// Adds a component to a toolchain when it is missing.
pub(crate) fn component(name: &str, toolchain: &str) -> Done {
    let arguments = ["component", "add", "--toolchain", toolchain, name];
    run(&mut program("rustup", arguments))
}

/// The nightly toolchain's name as rustup has it; libFuzzer's flags and Miri exist only there.
pub(crate) fn nightly() -> Result<String, String> {
    let listed = output(&mut program("rustup", ["toolchain", "list"])).unwrap_or_default();
    listed
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .find(|name| name.starts_with("nightly"))
        .map(str::to_owned)
        .ok_or_else(|| {
            "no nightly toolchain is installed, and fuzzing and Miri need one: \
             run `rustup toolchain install nightly --profile minimal`"
                .to_owned()
        })
}

fn on_path(name: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}
