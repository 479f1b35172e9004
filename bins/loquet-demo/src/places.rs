//! Where visitors are: a table of countries, and a way to appear from elsewhere on one's own machine.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use axum::extract::{ConnectInfo, Request};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use cookie::{Cookie, SameSite};
use loquet::Geo;
use loquet_ipfilter::{Country, DatabaseKind};
use loquet_web::{Fields, Language};
use maud::{Markup, html};

use crate::failure::Failure;

/// The page with the choice.
pub(crate) const PATH: &str = "/endroit";
const CHOICE: &str = "demo-endroit";

/// Places to appear from. The daycares' addresses are for documentation (RFC 5737); the others lie in networks that
/// providers of those countries have had for decades.
const PLACES: [(&str, &str, &str); 4] = [
    ("Garderie Laval", "Laval daycare", "203.0.113.7"),
    ("Garderie Rosemont", "Rosemont daycare", "198.51.100.23"),
    ("À la maison, au Québec", "At home, in Quebec", "24.48.1.20"),
    ("En voyage, en France", "Travelling, in France", "90.1.2.3"),
];

/// The table without `--countries`: enough to try it out, and nothing else.
const TOY: [(&str, &str); 4] = [
    ("24.48.0.0/16", "CA"),
    ("132.204.0.0/16", "CA"),
    ("90.0.0.0/9", "FR"),
    ("8.0.0.0/9", "US"),
];

/// The operator's table of countries, or four networks for trying out.
pub(crate) fn geo(file: Option<&Path>, now: u64) -> Result<Geo, Failure> {
    let Some(path) = file else {
        let entries = TOY
            .iter()
            .filter_map(|(network, code)| Some((network.parse().ok()?, Country::from_code(code)?)));
        return Ok(Geo::default().with_countries(now, entries));
    };
    let bad = |why: &dyn std::fmt::Display| {
        Failure::BadInput(format!("--countries {}: {why}", path.display()))
    };
    let bytes = std::fs::read(path).map_err(|why| bad(&why))?;
    let geo = Geo::default().with_mmdb(&bytes).map_err(|why| bad(&why))?;
    match geo.built(DatabaseKind::Country) {
        Some(_) => Ok(geo),
        None => Err(bad(&"it says nothing of countries")),
    }
}

/// The address that a visitor from this machine chose to appear from.
#[derive(Clone, Copy)]
pub(crate) struct Pretended(pub(crate) IpAddr);

/// Reads the choice, of visitors from this machine only.
pub(crate) async fn pretend(mut request: Request, next: Next) -> Response {
    let is_here = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .is_some_and(|peer| peer.0.ip().to_canonical().is_loopback());
    let chosen = request
        .headers()
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == CHOICE)
        .and_then(|cookie| place(cookie.value()));
    if let (true, Some(address)) = (is_here, chosen) {
        request.extensions_mut().insert(Pretended(address));
    }
    next.run(request).await
}

/// The address of a place, by its number from 1.
fn place(number: &str) -> Option<IpAddr> {
    let at = number.parse::<usize>().ok()?.checked_sub(1)?;
    PLACES.get(at)?.2.parse().ok()
}

/// Keeps the choice in a cookie that ends with the browser. Number 0 means the true address.
pub(crate) fn choose(fields: &Fields) -> Response {
    let number = fields.text("place", 4);
    let number = number.ok().filter(|number| place(number).is_some());
    let cookie = Cookie::build((CHOICE, number.unwrap_or("0")))
        .http_only(true)
        .same_site(SameSite::Strict)
        .path("/");
    let headers = [(SET_COOKIE, cookie.to_string())];
    (headers, Redirect::to(PATH)).into_response()
}

/// The choice, for the page's form.
pub(crate) fn choices(language: Language, now: Option<IpAddr>) -> Markup {
    html! {
        @for (number, (french, english, address)) in (1..).zip(PLACES) {
            button.button.plain.wide type="submit" name="place" value=(number) data-testid=(format!("place-{number}"))
                aria-pressed=(now.is_some_and(|now| now.to_string() == address)) {
                (language.say(french, english)) " · " (address)
            }
        }
        button.button.plain.wide type="submit" name="place" value="0" data-testid="place-0" {
            (language.say("Là où je suis vraiment", "Where I really am"))
        }
    }
}

/// A line with the visitor's address and a link to the choice.
pub(crate) fn line(language: Language, now: Option<IpAddr>) -> Markup {
    html! {
        p.small.soft {
            (language.say("Pour la démonstration, vous apparaissez depuis", "For the demonstration you appear from")) " "
            span data-testid="from" { @match now { Some(now) => (now), None => (language.say("une adresse inconnue", "an unknown address")) } } ". "
            a href=(PATH) { (language.say("Changer d’endroit", "Change place")) }
        }
    }
}
