//! SVG: one white square, one black path.

use core::fmt::Write;

use super::{QUIET_ZONE, Qr};
use crate::percent;

impl Qr {
    /// The code as an SVG element without a fixed size: it fills the box that the page gives it. One path follows the
    /// outlines of the dark areas, so that no renderer leaves hairlines between modules; a usual URI takes less than
    /// 6 KB.
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
            r##"" viewBox="0 0 {side} {side}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/>"##
        );
        svg.push_str(r#"<path fill-rule="evenodd" d=""#);
        Outlines::of(self).write(&mut svg);
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
}

/// A corner of a module, counted from the upper left corner of the symbol.
type Corner = (usize, usize);

/// One step along the edge of a module.
#[derive(Clone, Copy)]
enum Way {
    Right,
    Left,
    Down,
    Up,
}

impl Way {
    const fn from(self, (x, y): Corner) -> Corner {
        match self {
            Self::Right => (x.wrapping_add(1), y),
            Self::Left => (x.wrapping_sub(1), y),
            Self::Down => (x, y.wrapping_add(1)),
            Self::Up => (x, y.wrapping_sub(1)),
        }
    }
}

/// The edges between dark and light, walked once each.
///
/// Every corner touches an even number of them, so a walk that turns wherever it can ends where it began, and with the
/// even-odd rule it does not matter how the edges are shared out among the walks.
struct Outlines<'a> {
    qr: &'a Qr,
    // One cell for each corner: whether the edge to its right, and the one below it, was walked.
    walked: Vec<(bool, bool)>,
}

impl<'a> Outlines<'a> {
    fn of(qr: &'a Qr) -> Self {
        let corners = qr.side.saturating_add(1).saturating_pow(2);
        Self {
            qr,
            walked: vec![(false, false); corners],
        }
    }

    fn write(mut self, path: &mut String) {
        let mut command = 'M';
        // The quiet zone shifts the first point; all others are relative to the one before.
        let mut last = (
            0_usize.wrapping_sub(QUIET_ZONE),
            0_usize.wrapping_sub(QUIET_ZONE),
        );
        for y in 0..=self.qr.side {
            for x in 0..self.qr.side {
                if self.is_open((x, y), Way::Right) {
                    _ = write!(
                        path,
                        "{command}{} {}",
                        x.wrapping_sub(last.0).cast_signed(),
                        y.wrapping_sub(last.1).cast_signed()
                    );
                    command = 'm';
                    last = (x, y);
                    self.walk((x, y), path);
                }
            }
        }
    }

    /// Follows one outline from a corner until it comes back. `z` draws the last piece.
    fn walk(&mut self, mut at: Corner, path: &mut String) {
        let mut down = 0_isize;
        loop {
            let right = self.run(&mut at, [Way::Right, Way::Left]);
            if right == 0 {
                break path.push('z');
            }
            if down != 0 {
                _ = write!(path, "v{down}");
            }
            _ = write!(path, "h{right}");
            down = self.run(&mut at, [Way::Down, Way::Up]);
        }
    }

    /// Walks straight on to the next corner of the outline; the length is negative the second way.
    fn run(&mut self, at: &mut Corner, [forth, back]: [Way; 2]) -> isize {
        let (way, step) = if self.is_open(*at, forth) {
            (forth, 1)
        } else {
            (back, -1)
        };
        let mut length = 0_isize;
        while self.is_open(*at, way) {
            if let Some(walked) = self.edge(*at, way) {
                *walked = true;
            }
            *at = way.from(*at);
            length = length.wrapping_add(step);
            let turns = match way {
                Way::Right | Way::Left => [Way::Down, Way::Up],
                Way::Down | Way::Up => [Way::Right, Way::Left],
            };
            if turns.into_iter().any(|turn| self.divides(*at, turn)) {
                break;
            }
        }
        length
    }

    fn is_open(&mut self, at: Corner, way: Way) -> bool {
        self.divides(at, way) && self.edge(at, way).is_some_and(|walked| !*walked)
    }

    /// Whether dark lies on one side of the edge and light on the other.
    fn divides(&self, at: Corner, way: Way) -> bool {
        let (x, y) = match way {
            Way::Right | Way::Down => at,
            Way::Left | Way::Up => way.from(at),
        };
        let other = match way {
            Way::Right | Way::Left => Way::Up.from((x, y)),
            Way::Down | Way::Up => Way::Left.from((x, y)),
        };
        self.qr.is_dark(x, y) != self.qr.is_dark(other.0, other.1)
    }

    fn edge(&mut self, at: Corner, way: Way) -> Option<&mut bool> {
        let (x, y) = match way {
            Way::Right | Way::Down => at,
            Way::Left | Way::Up => way.from(at),
        };
        let cell = y
            .checked_mul(self.qr.side.saturating_add(1))?
            .checked_add(x)?;
        let (right, below) = self.walked.get_mut(cell)?;
        Some(match way {
            Way::Right | Way::Left => right,
            Way::Down | Way::Up => below,
        })
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
