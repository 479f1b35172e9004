//! PNG of one bit a pixel. `image` writes eight bits at least, so its own `png` crate is used directly.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{GrayImage, Luma};

use super::{Qr, Scale};

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

    /// The code as a PNG file of one bit a pixel: at most 700 bytes for a usual URI.
    ///
    /// # Security
    /// The picture is the secret. Serve it with `Cache-Control: no-store`.
    #[must_use]
    pub fn png(&self, scale: Scale) -> Vec<u8> {
        let side = self.pixels(scale);
        let mut rows = Vec::with_capacity(side.div_ceil(8).saturating_mul(side));
        for row in 0..self.framed() {
            let packed = self.packed_row(row, scale);
            for _ in 0..scale.pixels() {
                rows.extend_from_slice(&packed);
            }
        }
        let mut file = Vec::with_capacity(1024);
        let side = u32::try_from(side).unwrap_or(0);
        let written = write(&mut file, side, &rows);
        debug_assert!(
            written.is_ok(),
            "the buffer has the size that the header announces"
        );
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
        let pixels: Vec<bool> = (0..self.framed())
            .flat_map(|column| {
                core::iter::repeat_n(!self.is_dark_framed(column, row), scale.pixels())
            })
            .collect();
        pixels
            .chunks(8)
            .map(|eight| {
                let bits = eight
                    .iter()
                    .fold(0_u8, |byte, &white| byte.wrapping_shl(1) | u8::from(white));
                let missing = 8_u32.saturating_sub(u32::try_from(eight.len()).unwrap_or(8));
                bits.wrapping_shl(missing)
            })
            .collect()
    }
}

fn write(file: &mut Vec<u8>, side: u32, rows: &[u8]) -> Result<(), png::EncodingError> {
    let mut encoder = png::Encoder::new(file, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    // Measured over filters and levels: whole rows repeat, and the unfiltered repetition costs least. 570 bytes for a
    // URI of 105, where `Up` with the highest level takes 781; beyond level 3 only the time grows.
    encoder.set_deflate_compression(png::DeflateCompression::Level(3));
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rows)?;
    writer.finish()
}
