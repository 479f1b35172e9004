//! Standard output and standard error, where a closed pipe is no panic.

use std::io::{self, ErrorKind, Write};

use crate::failure::Failure;

/// One line on standard output.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    write(|out| {
        out.write_all(text.as_bytes())?;
        out.write_all(b"\n")
    })
}

/// Text or bytes on standard output, as they are.
pub(crate) fn raw(bytes: &[u8]) -> Result<(), Failure> {
    write(|out| out.write_all(bytes))
}

fn write(action: impl FnOnce(&mut io::StdoutLock<'_>) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match action(&mut out).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(why) if why.kind() == ErrorKind::BrokenPipe => Err(Failure::OutputClosed),
        Err(why) => Err(Failure::io("standard output", why)),
    }
}

/// What was wrong, on standard error. When that is closed as well, it is lost.
pub(crate) fn complain(why: &str) {
    _ = writeln!(io::stderr(), "error: {why}");
}

/// Something worth knowing that stops nothing.
pub(crate) fn note(what: &str) {
    _ = writeln!(io::stderr(), "note: {what}");
}

/// Asks for a line of input; on standard error, so that standard output stays clean.
pub(crate) fn prompt(what: &str) {
    let mut err = io::stderr();
    _ = write!(err, "{what}: ").and_then(|()| err.flush());
}

/// How far something has come, drawn over what was drawn before.
pub(crate) fn progress(done: u64, of: u64) {
    const WIDTH: u64 = 40;
    let share = |width: u64| {
        done.min(of)
            .saturating_mul(width)
            .checked_div(of)
            .unwrap_or(width)
    };
    let full = "#".repeat(usize::try_from(share(WIDTH)).unwrap_or(0));
    let mut err = io::stderr();
    _ = write!(err, "\r[{full:.<40}] {:>3} %  {done} of {of}", share(100))
        .and_then(|()| err.flush());
}

/// How many are done, where it is not known of how many.
pub(crate) fn counted(done: u64) {
    let mut err = io::stderr();
    _ = write!(err, "\r{done} copied").and_then(|()| err.flush());
}

/// Ends the line that [`progress`] and [`counted`] draw.
pub(crate) fn progressed() {
    _ = writeln!(io::stderr());
}
