//! QR codes. The `qrcode` crate lays out the matrix; the module `segments` divides the text into shorter segments than `qrcode` does.

#[cfg(feature = "qr-png")]
mod png;
mod segments;
mod svg;
mod terminal;

use core::fmt;

use qrcode::{Color, EcLevel, QrCode};
use zeroize::Zeroizing;

pub use terminal::Theme;

/// The quiet zone of ISO/IEC 18004 §6.3.8 on every side, in modules. It is painted white, because on a dark page a
/// transparent quiet zone makes the code unreadable.
pub const QUIET_ZONE: usize = 4;

/// Level M recovers up to 15 % of the codewords.
const LEVEL: EcLevel = EcLevel::M;

/// A QR code.
///
/// Error correction is level M (15 %). A higher level needs more modules, and smaller modules at the same size on the
/// screen are read *worse* than a lower level: phones see blur, not dirt.
///
/// The table shows the percentage of 30 random accounts (names in Latin, Arabic, Chinese, Greek, Cyrillic and emoji) that
/// three independent decoders read: `rxing` / `rqrr` / Debian's `zbarimg`. No decoder ever read anything wrong. All three
/// read all of 2,000 further accounts from the original picture, in turns at each scale (`zbarimg` from two pixels on).
/// `cargo xtask long` measures this again.
///
/// | pixels a module | original | dark page | out of focus | turned 7° | upside down | grain | everything at once |
/// |---|---|---|---|---|---|---|---|
/// | 1 | 100 / 100 / 30 | 100 / 100 / 30 | 100 / 100 / 30 | 0 / 0 / 0 | 100 / 100 / 7 | 23 / 3 / 23 | 0 / 0 / 0 |
/// | 2 | 100 / 100 / 100 | 100 / 100 / 100 | 100 / 53 / 100 | 100 / 23 / 100 | 100 / 100 / 100 | 100 / 17 / 97 | 100 / 0 / 87 |
/// | 4 | 100 / 100 / 100 | 100 / 100 / 100 | 100 / 33 / 100 | 100 / 43 / 100 | 100 / 100 / 100 | 100 / 30 / 100 | 100 / 27 / 100 |
/// | 8 | 100 / 100 / 100 | 100 / 100 / 100 | 100 / 57 / 100 | 100 / 97 / 100 | 100 / 100 / 100 | 100 / 57 / 0 | 100 / 10 / 0 |
///
/// Four pixels a module are enough; eight are the default. `rqrr` does not correct perspective and grain, and `zbarimg`
/// takes grain that is finer than the modules for modules. Phones do better.
///
/// ```
/// use loquet_enrollment::{Qr, Scale, Theme};
/// let qr = Qr::encode("otpauth://totp/Loquet:marie?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Loquet")?;
/// let page = format!("<figure>{}</figure>", qr.svg("Code QR pour votre application"));
/// assert_eq!(qr.pixels(Scale::default()), (qr.modules() + 8) * 8);
/// println!("{}", qr.terminal(Theme::Dark));
/// # assert!(page.len() < 6144);
/// # Ok::<(), loquet_enrollment::QrError>(())
/// ```
///
/// # Security
/// The picture of a key URI contains the secret. Do not log or cache pictures, or send them to another service. `Debug`
/// shows the size only. The matrix is wiped when dropped; pictures and the `qrcode` crate's working memory are not.
#[derive(Clone, PartialEq, Eq)]
pub struct Qr {
    // INVARIANT: `side * side` cells, row by row, true where dark.
    cells: Zeroizing<Vec<bool>>,
    side: usize,
}

/// The reason why a text cannot be a QR code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QrError {
    /// The text is longer than [`Qr::MAX_TEXT`].
    #[error(
        "{excess} bytes too long for a QR code: {length} bytes, at most {} fit",
        Qr::MAX_TEXT
    )]
    TooLong {
        /// The length in bytes.
        length: usize,
        /// The number of excess bytes.
        excess: usize,
    },
    /// The text is not ASCII. A URI is, and decoders disagree about other encodings.
    #[error("the text at byte {position} is not ASCII: escape it")]
    NotAscii {
        /// The byte offset of the first such character.
        position: usize,
    },
}

impl Qr {
    /// The longest text, in bytes: the limit of a key URI. (The largest symbol of level M holds 2,331 bytes.)
    pub const MAX_TEXT: usize = crate::key_uri::MAX_URI;

    /// Encodes a text, usually [`KeyUri::expose`](crate::KeyUri::expose).
    ///
    /// # Errors
    /// [`QrError`] if the text is too long or not ASCII.
    pub fn encode(text: &str) -> Result<Self, QrError> {
        let too_long = |excess| QrError::TooLong {
            length: text.len(),
            excess,
        };
        if let Some(excess) = text
            .len()
            .checked_sub(Self::MAX_TEXT)
            .filter(|&excess| excess > 0)
        {
            return Err(too_long(excess));
        }
        if let Some((position, _)) = text.char_indices().find(|(_, c)| !c.is_ascii()) {
            return Err(QrError::NotAscii { position });
        }
        // The largest symbol holds more than MAX_TEXT bytes, so this error never occurs.
        Self::lay_out(text).map_err(|_| too_long(0))
    }

    fn lay_out(text: &str) -> Result<Self, qrcode::types::QrError> {
        let code = QrCode::with_bits(segments::encode(text.as_bytes(), LEVEL)?, LEVEL)?;
        let side = code.width();
        let colors = code.into_colors().into_iter();
        let cells = Zeroizing::new(colors.map(|color| color == Color::Dark).collect());
        Ok(Self { cells, side })
    }

    /// Returns the modules on a side, without the quiet zone: 21 to 177.
    #[must_use]
    pub const fn modules(&self) -> usize {
        self.side
    }

    /// Returns the pixels on a side of a picture, with the quiet zone.
    #[must_use]
    pub fn pixels(&self, scale: Scale) -> usize {
        self.framed().saturating_mul(scale.pixels())
    }

    /// Returns whether a module is dark. Outside the symbol every module is light.
    #[must_use]
    pub fn is_dark(&self, column: usize, row: usize) -> bool {
        column < self.side
            && row
                .checked_mul(self.side)
                .and_then(|start| start.checked_add(column))
                .and_then(|at| self.cells.get(at))
                .copied()
                .unwrap_or(false)
    }

    /// Returns the modules on a side, with the quiet zone.
    const fn framed(&self) -> usize {
        self.side.saturating_add(QUIET_ZONE.saturating_mul(2))
    }

    /// Returns [`Qr::is_dark`] with coordinates from the corner of the quiet zone.
    fn is_dark_framed(&self, column: usize, row: usize) -> bool {
        match (column.checked_sub(QUIET_ZONE), row.checked_sub(QUIET_ZONE)) {
            (Some(column), Some(row)) => self.is_dark(column, row),
            _ => false,
        }
    }
}

impl fmt::Debug for Qr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Qr")
            .field("modules", &self.side)
            .field("cells", &"[redacted]")
            .finish()
    }
}

/// Pixels for each side of a module, 1 to 64. The default of eight suits a phone at arm's length from a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scale(u8);

impl Scale {
    /// The largest scale, at which the largest symbol is 11,840 pixels wide.
    pub const MAX: u8 = 64;

    /// Creates a scale from the pixels of one side of a module.
    ///
    /// # Errors
    /// [`ScaleError`] unless `pixels` is in 1 to [`Scale::MAX`].
    pub const fn new(pixels: u8) -> Result<Self, ScaleError> {
        match pixels {
            1..=Self::MAX => Ok(Self(pixels)),
            pixels => Err(ScaleError { pixels }),
        }
    }

    /// Returns the pixels of one side of a module.
    #[must_use]
    pub const fn pixels(self) -> usize {
        self.0 as usize
    }
}

impl Default for Scale {
    fn default() -> Self {
        Self(8)
    }
}

/// The error for a scale outside 1 to [`Scale::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{pixels} pixels a module requested: it must be 1 to {}", Scale::MAX)]
pub struct ScaleError {
    /// The requested pixels.
    pub pixels: u8,
}
