//! SVG: one white square, one black path.

use core::fmt::Write;

use super::{QUIET_ZONE, Qr};
use crate::percent;

impl Qr {
    /// The code as an SVG element without a fixed size: it fills the box that the page gives it. One path draws all
    /// dark modules; a usual URI takes less than 6 KB.
    ///
    /// `alt` is what a screen reader says, in the reader's language; say there that the key can also be typed.
    ///
    /// # Security
    /// The picture is the secret. Serve it with `Cache-Control: no-store`.
    #[must_use]
    pub fn svg(&self, alt: &str) -> String {
        let side = self.framed();
        let mut svg = String::with_capacity(6144);
        svg.push_str(r#"<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label=""#);
        escape_into(alt, &mut svg);
        // Writing to a String cannot fail.
        _ = write!(
            svg,
            r##"" viewBox="0 0 {side} {side}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d=""##
        );
        self.path_into(&mut svg);
        svg.push_str("\"/></svg>");
        svg
    }

    /// [`Qr::svg`] as a `data:` URL for an `<img>`; the page's policy must then allow `img-src data:`.
    #[must_use]
    pub fn data_url(&self, alt: &str) -> String {
        let svg = self.svg(alt);
        let prefix = "data:image/svg+xml,";
        let mut url =
            String::with_capacity(prefix.len().saturating_add(percent::encoded_len(&svg)));
        url.push_str(prefix);
        percent::encode_into(&svg, &mut url);
        url
    }

    /// Every run of dark modules as a rectangle, each begun relative to the last: a third shorter than absolute.
    fn path_into(&self, path: &mut String) {
        let mut command = 'M';
        let mut from = (0_usize, 0_usize);
        for row in 0..self.side {
            let mut column = 0;
            while column < self.side {
                let run = (column..self.side)
                    .take_while(|&at| self.is_dark(at, row))
                    .count();
                if run > 0 {
                    let at = (
                        column.saturating_add(QUIET_ZONE),
                        row.saturating_add(QUIET_ZONE),
                    );
                    _ = write!(
                        path,
                        "{command}{} {}h{run}v1h-{run}z",
                        Step(from.0, at.0),
                        Step(from.1, at.1)
                    );
                    command = 'm';
                    from = at;
                }
                column = column.saturating_add(run.max(1));
            }
        }
    }
}

/// The signed way from one coordinate to another.
struct Step(usize, usize);

impl core::fmt::Display for Step {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.1.checked_sub(self.0) {
            Some(forward) => write!(f, "{forward}"),
            None => write!(f, "-{}", self.0.saturating_sub(self.1)),
        }
    }
}

/// Text for an attribute in double quotes. Control characters have no place in XML, escaped or not.
fn escape_into(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
}
