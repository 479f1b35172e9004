//! PNG of one bit a pixel. `image` writes eight bits at least, so its own `png` crate is used directly; what is deflated
//! in it is ours.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{GrayImage, Luma};
use zeroize::Zeroizing;

use super::{Qr, Scale, deflate};

impl Qr {
    /// The code as a picture of the `image` crate, to be placed on a letter or a badge.
    #[must_use]
    pub fn image(&self, scale: Scale) -> GrayImage {
        let side = u32::try_from(self.pixels(scale)).unwrap_or(0);
        let module = |pixel: u32| {
            usize::try_from(pixel)
                .unwrap_or(0)
                .div_euclid(scale.pixels())
        };
        GrayImage::from_fn(side, side, |x, y| {
            Luma([if self.is_dark_framed(module(x), module(y)) {
                0
            } else {
                255
            }])
        })
    }

    /// The code as a PNG file of one bit a pixel. At eight pixels a module, 500 bytes for a usual URI, at most 700 up to
    /// version 8; at four, three quarters of that.
    ///
    /// # Security
    /// The picture is the secret. Serve it with `Cache-Control: no-store`.
    #[must_use]
    pub fn png(&self, scale: Scale) -> Vec<u8> {
        let side = self.pixels(scale);
        // One byte before each row: no filter. Whole rows repeat, and differences would not.
        let width = side.div_ceil(8).saturating_add(1);
        let mut rows = Vec::with_capacity(width.saturating_mul(side));
        for row in 0..self.framed() {
            let packed = self.packed_row(row, scale);
            for _ in 0..scale.pixels() {
                rows.push(0);
                rows.extend_from_slice(&packed);
            }
        }
        let rows = Zeroizing::new(rows);
        let mut file = Vec::with_capacity(1024);
        let side = u32::try_from(side).unwrap_or(0);
        let written = write(&mut file, side, &deflate::zlib(&rows, width));
        debug_assert!(written.is_ok(), "a Vec takes all that is written");
        file
    }

    /// [`Qr::png`] as a `data:` URL for an `<img>`; the page's policy must then allow `img-src data:`.
    #[must_use]
    pub fn png_data_url(&self, scale: Scale) -> String {
        let mut url = String::from("data:image/png;base64,");
        STANDARD.encode_string(self.png(scale), &mut url);
        url
    }

    /// One row of pixels, eight to a byte, the leftmost in the highest bit, one for white.
    fn packed_row(&self, row: usize, scale: Scale) -> Vec<u8> {
        let mut packed = Vec::with_capacity(self.pixels(scale).div_ceil(8));
        let (mut byte, mut filled) = (0_u8, 0_u32);
        for column in 0..self.framed() {
            let white = u8::from(!self.is_dark_framed(column, row));
            for _ in 0..scale.pixels() {
                byte = byte.wrapping_shl(1) | white;
                filled = filled.wrapping_add(1) & 7;
                if filled == 0 {
                    packed.push(byte);
                }
            }
        }
        if filled > 0 {
            packed.push(byte.wrapping_shl(8_u32.saturating_sub(filled)));
        }
        packed
    }
}

fn write(file: &mut Vec<u8>, side: u32, stream: &[u8]) -> Result<(), png::EncodingError> {
    let mut encoder = png::Encoder::new(file, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header()?;
    writer.write_chunk(png::chunk::IDAT, stream)?;
    writer.finish()
}
