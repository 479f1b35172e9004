//! Devices that are remembered: what is shown of them, and whether there are any.

use std::net::IpAddr;

use axum::response::Response;
use loquet::Device;

use crate::Language;
use crate::answer::NotTaken;
use crate::form::Form;
use crate::host::PagesHost;
use crate::parts::Trouble;
use crate::session::{Here, Stop};
use crate::views::devices::{self, Line};
use crate::{countries, when};

const SWITCH: &str = "/admin/devices";

/// The devices of the user, in words.
pub(super) fn lines<H>(here: &Here<H>, language: Language) -> Vec<Line> {
    let line = |device: &Device| Line {
        number: device.number,
        is_this: here.overview().this_device() == Some(device.number),
        from: place(device, language),
        first: when::day(device.first, language),
        last: when::moment(device.last, language),
    };
    here.overview().devices().iter().map(line).collect()
}

/// The network of a device, and the country where it is known.
pub(super) fn place(device: &Device, language: Language) -> String {
    let network = match device.network.map(cut) {
        Some(network) => format!("{} {network}", language.say("Réseau", "Network")),
        None => language.say("Réseau inconnu", "Unknown network").to_owned(),
    };
    match device.country.as_deref() {
        Some(code) => format!(
            "{network}, {}",
            countries::name(code, language).unwrap_or(code)
        ),
        None => network,
    }
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

async fn draw<H: PagesHost>(here: &Here<H>, trouble: Option<&Trouble>) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let title = at.say("Appareils retenus", "Remembered devices");
    let body = devices::switch(&at, here.organization().remembers_devices());
    here.page(trouble, title, true, body).await
}

pub(crate) async fn show<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    draw(&here, None).await
}

pub(crate) async fn switch<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let on = form.fields.is_ticked("on");
    let switched = here.admin(&form)?.remember_devices(on).await;
    match here
        .answer(switched.map_err(NotTaken::Mfa), &[], SWITCH)
        .await?
    {
        Ok(()) => Ok(here.go(SWITCH)),
        Err(trouble) => draw(&here, Some(&trouble)).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_shown_without_prefix_length() {
        let shown = |text: &str| cut(text.parse().unwrap());
        assert_eq!(shown("203.0.113.0"), "203.0.113.x");
        assert_eq!(shown("2001:db8:7::"), "2001:db8:7:x");
        assert_eq!(shown("2001::"), "2001:0:0:x");
    }
}
