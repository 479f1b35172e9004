//! Devices that are remembered: forgetting them, and whether there are any.

use std::net::IpAddr;

use axum::response::{IntoResponse, Redirect, Response};
use loquet::device::Device;
use loquet::flow::{Forget, ForgetDevice, ForgetDevices, SwitchDevices};

use super::account;
use crate::fields::Fields;
use crate::host::Host;
use crate::parts::Trouble;
use crate::session::{Here, Stop, set_cookie};
use crate::views::devices::{self, Line};
use crate::{Language, Pages, Visit, countries, when};

const SWITCH: &str = "/admin/devices";

/// The devices of whoever is here, in words.
pub(super) fn lines(here: &Here, language: Language) -> Vec<Line> {
    let line = |device: &Device| {
        let network = match device.network.map(cut) {
            Some(network) => format!("{} {network}", language.say("Réseau", "Network")),
            None => language.say("Réseau inconnu", "Unknown network").to_owned(),
        };
        let country = device.country.as_deref();
        let country = country.map(|code| countries::name(code, language).unwrap_or(code));
        Line {
            number: device.number,
            is_this: here.standing.device == Some(device.number),
            from: match country {
                Some(country) => format!("{network}, {country}"),
                None => network,
            },
            first: when::day(device.first, language),
            last: when::moment(device.last, language),
        }
    };
    here.standing.devices.iter().map(line).collect()
}

/// What is kept of an address, as people write it who know no prefix lengths: `203.0.113.x`, `2001:db8:7:x`.
fn cut(network: IpAddr) -> String {
    match network {
        IpAddr::V4(v4) => {
            let [first, second, third, _] = v4.octets();
            format!("{first}.{second}.{third}.x")
        }
        IpAddr::V6(v6) => {
            let [first, second, third, ..] = v6.segments();
            format!("{first:x}:{second:x}:{third:x}:x")
        }
    }
}

pub(crate) async fn forget<H: Host>(
    pages: Pages<H>,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Stop> {
    let attempt = pages.attempt(&visit, &fields)?;
    let here = pages.person(&visit).await?;
    let Some(number) = fields.text("number", 5).ok().and_then(|it| it.parse().ok()) else {
        return Ok(pages.go("/account"));
    };
    let forget = ForgetDevice {
        stamp: here.stamp,
        number,
    };
    match pages
        .answer(&visit, &here, attempt, Ok(forget), &[], "")
        .await?
    {
        Ok(Forget::StillHere) => Ok(pages.go("/account?done=forgotten")),
        Ok(Forget::Over) => let_go(&pages, &here).await,
        Err(trouble) => account::draw(&pages, &visit, &here, Some(&trouble)).await,
    }
}

pub(crate) async fn forget_all<H: Host>(
    pages: Pages<H>,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Stop> {
    let attempt = pages.attempt(&visit, &fields)?;
    let here = pages.person(&visit).await?;
    let forget = ForgetDevices { stamp: here.stamp };
    match pages
        .answer(&visit, &here, attempt, Ok(forget), &[], "")
        .await?
    {
        Ok(()) => let_go(&pages, &here).await,
        Err(trouble) => account::draw(&pages, &visit, &here, Some(&trouble)).await,
    }
}

/// This browser's session is over, and its device's cookie worth nothing.
async fn let_go<H: Host>(pages: &Pages<H>, here: &Here) -> Result<Response, Stop> {
    let mut response = Redirect::to(pages.0.host.log_in()).into_response();
    let forget = pages.0.marking.forget_device(here.stamp.account());
    set_cookie(&mut response, forget);
    pages.let_go(here.key, response).await
}

async fn draw<H: Host>(
    pages: &Pages<H>,
    visit: &Visit,
    here: &Here,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = pages.setting(visit, trouble)?;
    let title = at.say("Appareils retenus", "Remembered devices");
    let body = devices::switch(&at, here.standing.devices_offered);
    pages
        .page_for(visit, here, trouble, title, true, body)
        .await
}

pub(crate) async fn show<H: Host>(pages: Pages<H>, visit: Visit) -> Result<Response, Stop> {
    let here = pages.enrolled_administrator(&visit).await?;
    draw(&pages, &visit, &here, None).await
}

pub(crate) async fn switch<H: Host>(
    pages: Pages<H>,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Stop> {
    let attempt = pages.attempt(&visit, &fields)?;
    let here = pages.enrolled_administrator(&visit).await?;
    let switch = SwitchDevices {
        stamp: here.stamp,
        on: fields.is_ticked("on"),
    };
    match pages
        .answer(&visit, &here, attempt, Ok(switch), &[], SWITCH)
        .await?
    {
        Ok(()) => Ok(pages.go(SWITCH)),
        Err(trouble) => draw(&pages, &visit, &here, Some(&trouble)).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_shown_without_their_length() {
        let shown = |text: &str| cut(text.parse().unwrap());
        assert_eq!(shown("203.0.113.0"), "203.0.113.x");
        assert_eq!(shown("2001:db8:7::"), "2001:db8:7:x");
        assert_eq!(shown("2001::"), "2001:0:0:x");
    }
}
