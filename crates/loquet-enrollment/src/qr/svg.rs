//! SVG: a white square, and a black path with one stroke for each run of dark modules.

use core::fmt::Write;

use super::{QUIET_ZONE, Qr};

impl Qr {
    /// Returns the code as an SVG element without a fixed size, so that it fills the box that the page gives it. A
    /// typical URI takes less than 6 KB.
    ///
    /// A screen reader reads `alt`. Write it in the user's language, and say that the key can also be typed.
    ///
    /// # Security
    /// The picture contains the secret. Serve it with `Cache-Control: no-store`.
    #[must_use]
    pub fn svg(&self, alt: &str) -> String {
        let side = self.framed();
        let mut svg = String::with_capacity(6144);
        svg.push_str(r#"<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label=""#);
        escape_into(alt, &mut svg);
        // Writing to a `String` cannot fail.
        _ = write!(
            svg,
            r##"" viewBox="0 0 {side} {side}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/>"##
        );
        svg.push_str(r##"<path stroke="#000" d=""##);
        self.runs_into(&mut svg);
        svg.push_str("\"/></svg>");
        svg
    }

    /// Appends a stroke along the middle of each run of dark modules. A stroke is one module wide.
    fn runs_into(&self, path: &mut String) {
        for (y, row) in (QUIET_ZONE..).zip(self.cells.chunks(self.side.max(1))) {
            let mut x = QUIET_ZONE;
            for run in row.chunk_by(|one, next| one == next) {
                if run.first() == Some(&true) {
                    _ = write!(path, "M{x} {y}.5h{}", run.len());
                }
                x = x.saturating_add(run.len());
            }
        }
    }
}

/// Escapes text for an attribute in double quotes. Control characters are not allowed in XML, not even escaped.
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
