//! PNG with one bit a pixel. `image` draws, and `png` encodes: the encoder of `image` writes at least eight bits a pixel,
//! which doubles the file.

use core::iter;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{GrayImage, Luma};
use png::{BitDepth, ColorType, Encoder, EncodingError, Filter};

use super::{Qr, Scale};

const BLACK: Luma<u8> = Luma([0]);
const WHITE: Luma<u8> = Luma([255]);

impl Qr {
    /// Returns the code as a PNG file. At eight pixels a module, a typical URI takes less than 700 bytes.
    ///
    /// # Security
    /// The picture contains the secret. Serve it with `Cache-Control: no-store`.
    #[must_use]
    pub fn png(&self, scale: Scale) -> Vec<u8> {
        let written = encode(&self.draw(), scale);
        debug_assert!(written.is_ok(), "writing to a Vec cannot fail");
        written.unwrap_or_default()
    }

    /// Returns [`Qr::png`] as a `data:` URL for an `<img>`. The page's security policy must then allow `img-src data:`.
    #[must_use]
    pub fn png_data_url(&self, scale: Scale) -> String {
        let mut url = String::from("data:image/png;base64,");
        STANDARD.encode_string(self.png(scale), &mut url);
        url
    }

    /// Draws the picture at one pixel a module.
    fn draw(&self) -> GrayImage {
        let side = u32::try_from(self.framed()).unwrap_or(0);
        let module = |pixel| usize::try_from(pixel).unwrap_or(0);
        GrayImage::from_fn(side, side, |x, y| {
            if self.is_dark_framed(module(x), module(y)) {
                BLACK
            } else {
                WHITE
            }
        })
    }
}

/// Enlarges row by row, so that the picture is never in memory at eight bits a pixel, which could be 140 MB.
fn encode(picture: &GrayImage, scale: Scale) -> Result<Vec<u8>, EncodingError> {
    let mut rows = Vec::new();
    for row in picture.rows() {
        let enlarged = row.flat_map(|Luma([shade])| iter::repeat_n(*shade, scale.pixels()));
        let packed: Vec<u8> = enlarged
            .collect::<Vec<_>>()
            .chunks(8)
            .map(eight_pixels)
            .collect();
        for _ in 0..scale.pixels() {
            rows.extend_from_slice(&packed);
        }
    }
    let pixels = u32::try_from(scale.pixels()).unwrap_or(0);
    let side = picture.width().saturating_mul(pixels);
    let mut file = Vec::with_capacity(1024);
    let mut encoder = Encoder::new(&mut file, side, side);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    // Rows repeat, but filtered rows would not.
    encoder.set_filter(Filter::NoFilter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&rows)?;
    writer.finish()?;
    Ok(file)
}

/// Packs up to eight pixels into a byte, the leftmost in the highest bit, with 1 for white.
fn eight_pixels(pixels: &[u8]) -> u8 {
    let bits = (0..8_u32).rev().zip(pixels);
    bits.fold(0, |byte, (bit, pixel)| byte | (pixel & 1).wrapping_shl(bit))
}
