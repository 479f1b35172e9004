//! How the program ends.

use std::process::ExitCode;

use crate::failure::{Failure, Outcome, Refused};
use crate::output;

/// Tells what is left to tell, and gives the exit code.
pub(crate) fn exit(ended: Result<Outcome, Failure>, json: bool) -> ExitCode {
    let told = match ended {
        Err(Failure::Refused(Refused { object, .. })) if json => output::line(&object.to_string()),
        Err(Failure::Refused(Refused { text, .. })) => output::line(&text),
        Ok(outcome) => return outcome.code(),
        Err(other) => Err(other),
    };
    match told {
        Ok(()) | Err(Failure::Refused(_)) => ExitCode::from(1),
        Err(Failure::OutputClosed) => ExitCode::SUCCESS,
        Err(Failure::BadInput(why)) => {
            output::complain(&why);
            ExitCode::from(2)
        }
        Err(Failure::Io(why)) => {
            output::complain(&why);
            ExitCode::from(3)
        }
    }
}

impl Outcome {
    fn code(self) -> ExitCode {
        match self {
            Self::Done => ExitCode::SUCCESS,
            Self::Refused => ExitCode::from(1),
        }
    }
}
