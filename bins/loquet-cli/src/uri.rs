//! `loquet uri`: what an app scans.

use clap::Args;
use loquet_enrollment::{App, KeyUri, Label, MAX_ACCOUNT, MAX_ISSUER, Parameters, compatible};
use serde_json::json;

use crate::failure::{Failure, Outcome};
use crate::input::Stdin;
use crate::key::{ParameterArguments, secret_from};
use crate::output;

/// The apps by the names they have on the command line.
const APPS: [(&str, App); 10] = [
    ("microsoft", App::MicrosoftAuthenticator),
    ("google-android", App::GoogleAndroid),
    ("google-ios", App::GoogleIos),
    ("apple", App::ApplePasswords),
    ("1password", App::OnePassword),
    ("authy", App::Authy),
    ("aegis", App::Aegis),
    ("freeotp", App::FreeOtp),
    ("bitwarden", App::Bitwarden),
    ("2fas", App::TwoFas),
];

#[derive(Args)]
pub(crate) struct Arguments {
    /// Who gives the secret: the service or its organization
    #[arg(long)]
    issuer: String,

    /// Whose secret it is: an e-mail address or a user name
    #[arg(long)]
    account: String,

    /// The shared secret in base32; `-` reads it from standard input
    #[arg(long, value_name = "BASE32")]
    secret: String,

    #[command(flatten)]
    parameters: ParameterArguments,

    /// An app that must show right codes with these parameters; may be repeated
    #[arg(long = "app", value_name = "APP", value_parser = app)]
    apps: Vec<App>,

    /// An object: `uri`
    #[arg(long)]
    json: bool,
}

impl Arguments {
    pub(crate) fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        // The label's own errors name the limit; these keep absurd sizes out of its hands.
        let issuer = stdin.resolve("--issuer", &self.issuer, MAX_ISSUER)?;
        let account = stdin.resolve("--account", &self.account, MAX_ACCOUNT)?;
        let secret = secret_from(&self.secret, stdin)?;
        let label =
            Label::new(&issuer, &account).map_err(|why| Failure::BadInput(why.to_string()))?;
        let parameters = self.parameters.read();
        let apps = if self.apps.is_empty() {
            that_work(&parameters)
        } else {
            self.apps.clone()
        };
        let uri = KeyUri::for_apps(&label, &secret, &parameters, &apps)
            .map_err(|why| Failure::BadInput(why.to_string()))?;
        if self.json {
            output::line(&json!({ "uri": uri.expose() }).to_string())?;
        } else {
            output::line(uri.expose())?;
        }
        Ok(Outcome::Done)
    }
}

/// The apps that show right codes; the others are noted, because no app tells.
fn that_work(parameters: &Parameters) -> Vec<App> {
    let report = compatible(parameters, &App::ALL);
    for fit in report.failures() {
        output::note(&fit.to_string());
    }
    report
        .apps
        .iter()
        .filter(|fit| fit.works())
        .map(|fit| fit.app)
        .collect()
}

fn app(name: &str) -> Result<App, String> {
    APPS.iter()
        .find(|(known, _)| *known == name)
        .map(|(_, app)| *app)
        .ok_or_else(|| {
            let known: Vec<&str> = APPS.iter().map(|(name, _)| *name).collect();
            format!("known apps are {}", known.join(", "))
        })
}
