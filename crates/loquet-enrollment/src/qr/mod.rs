//! The QR code: the matrix is laid out by the `qrcode` crate, the text divided here into shorter segments.

#[cfg(feature = "qr-png")]
mod png;
mod segment;
mod svg;
mod terminal;

use core::fmt;

use qrcode::{Color, EcLevel, QrCode};
use zeroize::Zeroizing;

pub use terminal::Theme;

/// The quiet zone that ISO/IEC 18004 §6.3.8 asks for on every side, in modules. It is painted white: on a dark page a
/// transparent one is none, and the code cannot be read.
pub const QUIET_ZONE: usize = 4;

/// 15 % of the codewords may be lost.
const LEVEL: EcLevel = EcLevel::M;

/// A QR code, ready to be shown.
///
/// Error correction is level M (15 %). More would need more modules, and at the same size on a screen smaller modules
/// read *worse* than a lower correction does: what a phone sees is blur, not dirt.
///
/// What three independent decoders read, in percent of 30 random accounts a cell (names in Latin, Arabic, Chinese, Greek,
/// Cyrillic and emoji), `rxing` / `rqrr` / Debian's `zbarimg`. None ever read anything wrong, and all three read all of
/// 2,000 further accounts from the picture as written, by turns at each scale (`zbarimg` from two pixels on). `cargo
/// xtask long` runs this again.
///
/// | pixels a module | as written | dark page | out of focus | turned 7° | upside down | grain | everything at once |
/// |---|---|---|---|---|---|---|---|
/// | 1 | 100 / 100 / 30 | 100 / 100 / 30 | 100 / 100 / 30 | 0 / 0 / 0 | 100 / 100 / 7 | 23 / 3 / 23 | 0 / 0 / 0 |
/// | 2 | 100 / 100 / 100 | 100 / 100 / 100 | 100 / 53 / 100 | 100 / 23 / 100 | 100 / 100 / 100 | 100 / 17 / 97 | 100 / 0 / 87 |
/// | 4 | 100 / 100 / 100 | 100 / 100 / 100 | 100 / 33 / 100 | 100 / 43 / 100 | 100 / 100 / 100 | 100 / 30 / 100 | 100 / 27 / 100 |
/// | 8 | 100 / 100 / 100 | 100 / 100 / 100 | 100 / 57 / 100 | 100 / 97 / 100 | 100 / 100 / 100 | 100 / 57 / 0 | 100 / 10 / 0 |
///
/// Four pixels a module are enough, eight are the default; `rqrr` has no correction for perspective and
/// grain, and `zbarimg` takes grain that is finer than its modules for modules. Phones do better.
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
/// The picture of a key URI *is* the secret. `Debug` shows the size only; whatever the writers return must not be
/// logged, cached or sent to another service. The matrix is wiped when dropped; what the `qrcode` crate used to compute
/// it is not, nor are the pictures.
#[derive(Clone, PartialEq, Eq)]
pub struct Qr {
    // INVARIANT: `side * side` cells, row by row, true where dark.
    cells: Zeroizing<Vec<bool>>,
    side: usize,
}

/// Why a text cannot be a QR code here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QrError {
    /// Longer than [`Qr::MAX_TEXT`].
    #[error(
        "{excess} bytes too long for a QR code: {length} bytes, at most {} fit",
        Qr::MAX_TEXT
    )]
    TooLong {
        /// Length in bytes.
        length: usize,
        /// By how many bytes it is too long.
        excess: usize,
    },
    /// A URI is ASCII; readers guess differently what other bytes mean.
    #[error("the text at byte {position} is not ASCII: escape it")]
    NotAscii {
        /// Byte offset of the first such character.
        position: usize,
    },
}

impl Qr {
    /// The longest text, in bytes: the limit of a key URI. (Level M of the largest symbol holds 2,331 bytes.)
    pub const MAX_TEXT: usize = crate::uri::MAX_URI;

    /// Lays out a text, usually [`KeyUri::expose`](crate::KeyUri::expose).
    ///
    /// # Errors
    /// [`QrError`] when the text is too long, and by how much, or not ASCII, and where.
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
        // The largest symbol has room to spare for MAX_TEXT bytes, so this error is for the type alone.
        Self::lay_out(text).map_err(|_| too_long(0))
    }

    fn lay_out(text: &str) -> Result<Self, qrcode::types::QrError> {
        let code = QrCode::with_bits(segment::encode(text.as_bytes(), LEVEL)?, LEVEL)?;
        let side = code.width();
        let colors = code.into_colors().into_iter();
        let cells = Zeroizing::new(colors.map(|color| color == Color::Dark).collect());
        Ok(Self { cells, side })
    }

    /// Modules on a side, without the quiet zone: 21 to 177.
    #[must_use]
    pub const fn modules(&self) -> usize {
        self.side
    }

    /// Pixels on a side of a picture, with the quiet zone.
    #[must_use]
    pub fn pixels(&self, scale: Scale) -> usize {
        self.framed().saturating_mul(scale.pixels())
    }

    /// Whether a module is dark; outside the symbol everything is light.
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

    /// Modules on a side with the quiet zone.
    const fn framed(&self) -> usize {
        self.side.saturating_add(QUIET_ZONE.saturating_mul(2))
    }

    /// As [`Qr::is_dark`], counted from the corner of the quiet zone.
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

/// Pixels a module, 1 to 64. Eight by default: what a phone reads from a screen at arm's length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scale(u8);

impl Scale {
    /// The most pixels a module: the largest symbol is then 11,840 pixels wide.
    pub const MAX: u8 = 64;

    /// Takes the pixels of one module's side.
    ///
    /// # Errors
    /// [`ScaleError`] unless `pixels` is in 1 to [`Scale::MAX`].
    pub const fn new(pixels: u8) -> Result<Self, ScaleError> {
        match pixels {
            1..=Self::MAX => Ok(Self(pixels)),
            pixels => Err(ScaleError { pixels }),
        }
    }

    /// Pixels a module.
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

/// A scale outside 1 to [`Scale::MAX`] pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{pixels} pixels a module asked for: 1 to {} are possible", Scale::MAX)]
pub struct ScaleError {
    /// What was asked for.
    pub pixels: u8,
}
