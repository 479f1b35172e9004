//! Round trips through three independent decoders, over pictures as a camera takes them from a screen. The third decoder,
//! `zbarimg`, is used if it is installed (Debian: zbar-tools).
//!
//! The full table takes minutes: `cargo xtask long` prints it, or `cargo test --release -p loquet-enrollment --features
//! qr-png --test enrollment -- --ignored --nocapture`. By default each cell is tested with fewer users.

use crate::users::{Random, key_uri};
use image::{GrayImage, Luma};
use loquet_enrollment::{Import, Qr, Scale};

/// A distortion between the picture and the decoder.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Camera {
    /// The original picture.
    Plain,
    /// On a black page, where only the quiet zone keeps it readable.
    DarkPage,
    /// Out of focus: a Gaussian blur of 0.3 modules, which leaves a single module 80 % of its contrast.
    Blur,
    /// Turned by seven degrees.
    Turned,
    /// Upside down.
    UpsideDown,
    /// The grain of a sensor in poor light.
    Noise,
    /// Turned, out of focus, grainy, faded, and on a black page.
    Everything,
}

const CAMERAS: [Camera; 7] = [
    Camera::Plain,
    Camera::DarkPage,
    Camera::Blur,
    Camera::Turned,
    Camera::UpsideDown,
    Camera::Noise,
    Camera::Everything,
];

const SCALES: [u8; 4] = [1, 2, 4, 8];

/// Returns the picture that the PNG file shows.
fn picture(qr: &Qr, scale: u8) -> GrayImage {
    let file = qr.png(Scale::new(scale).unwrap());
    image::load_from_memory(&file).unwrap().into_luma8()
}

/// Puts the picture on a page.
fn page(image: &GrayImage, margin: u32, shade: u8) -> GrayImage {
    let side = image.width() + 2 * margin;
    GrayImage::from_fn(side, side, |x, y| {
        let inside = |at: u32| at.checked_sub(margin).filter(|&at| at < image.width());
        match (inside(x), inside(y)) {
            (Some(x), Some(y)) => *image.get_pixel(x, y),
            _ => Luma([shade]),
        }
    })
}

/// Rotates around the center with bilinear sampling, filling with the shade of the page.
fn turned(image: &GrayImage, degrees: f64, shade: u8) -> GrayImage {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let middle = f64::from(image.width() - 1) / 2.0;
    let at = |x: f64, y: f64| -> f64 {
        let inside = |v: f64| (0.0..f64::from(image.width())).contains(&v);
        if inside(x) && inside(y) {
            f64::from(image.get_pixel(x as u32, y as u32).0[0])
        } else {
            f64::from(shade)
        }
    };
    GrayImage::from_fn(image.width(), image.height(), |x, y| {
        let (dx, dy) = (f64::from(x) - middle, f64::from(y) - middle);
        let (x, y) = (middle + dx * cos + dy * sin, middle - dx * sin + dy * cos);
        let (fx, fy) = (x - x.floor(), y - y.floor());
        let (x, y) = (x.floor(), y.floor());
        let upper = at(x, y) * (1.0 - fx) + at(x + 1.0, y) * fx;
        let lower = at(x, y + 1.0) * (1.0 - fx) + at(x + 1.0, y + 1.0) * fx;
        Luma([(upper * (1.0 - fy) + lower * fy).round() as u8])
    })
}

fn noisy(image: &GrayImage, amplitude: i16, random: &mut Random) -> GrayImage {
    let mut image = image.clone();
    for pixel in image.pixels_mut() {
        let grain = (random.next() % (2 * amplitude as u64 + 1)) as i16 - amplitude;
        pixel.0[0] = (i16::from(pixel.0[0]) + grain).clamp(0, 255) as u8;
    }
    image
}

fn faded(image: &GrayImage) -> GrayImage {
    let mut image = image.clone();
    image
        .pixels_mut()
        .for_each(|pixel| pixel.0[0] = 60 + pixel.0[0] / 2);
    image
}

fn photograph(image: &GrayImage, scale: u8, camera: Camera, random: &mut Random) -> GrayImage {
    let margin = 8 * u32::from(scale);
    let blur = f32::from(scale) * 0.3;
    match camera {
        Camera::Plain => page(image, margin, 255),
        Camera::DarkPage => page(image, margin, 0),
        Camera::Blur => image::imageops::blur(&page(image, margin, 255), blur),
        Camera::Turned => turned(&page(image, margin, 255), 7.0, 255),
        Camera::UpsideDown => image::imageops::rotate180(&page(image, margin, 255)),
        Camera::Noise => noisy(&page(image, margin, 255), 70, random),
        Camera::Everything => {
            let picture = turned(&page(image, margin, 0), 4.0, 0);
            noisy(&faded(&image::imageops::blur(&picture, blur)), 12, random)
        }
    }
}

fn read_by_rxing(image: &GrayImage) -> Option<String> {
    let format = Some(rxing::BarcodeFormat::QR_CODE);
    let read = rxing::helpers::detect_in_luma(
        image.as_raw().clone(),
        image.width(),
        image.height(),
        format,
    );
    read.ok().map(|found| found.getText().to_owned())
}

fn read_by_rqrr(image: &GrayImage) -> Option<String> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let raw = image.as_raw();
    let mut prepared =
        rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| raw[y * width + x]);
    prepared
        .detect_grids()
        .iter()
        .find_map(|grid| grid.decode().ok())
        .map(|(_, text)| text)
}

/// Returns `None` if it is not installed.
fn read_by_zbarimg(image: &GrayImage) -> Option<Option<String>> {
    // Tests may run in parallel, in processes or threads.
    let name = format!("{}-{:?}", std::process::id(), std::thread::current().id());
    let file = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name + ".png");
    image.save(&file).unwrap();
    let output = std::process::Command::new("zbarimg")
        .args(["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"])
        .arg(&file)
        .output();
    std::fs::remove_file(&file).unwrap();
    let text = String::from_utf8(output.ok()?.stdout).unwrap();
    Some(Some(text.trim_end().to_owned()).filter(|text| !text.is_empty()))
}

/// Returns the text that each decoder read. The third may be missing.
fn read_by_all(image: &GrayImage) -> Vec<Option<String>> {
    [read_by_rxing(image), read_by_rqrr(image)]
        .into_iter()
        .chain(read_by_zbarimg(image))
        .collect()
}

/// How many pictures each decoder read, for one scale and one camera.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    people: u32,
    decoders: [u32; 3],
    /// The pictures that at least one decoder read.
    any: u32,
}

fn cell(scale: u8, camera: Camera, people: u32, random: &mut Random) -> Cell {
    let mut cell = Cell {
        people,
        ..Cell::default()
    };
    for _ in 0..people {
        let uri = key_uri(random);
        let drawn = picture(&Qr::encode(uri.expose()).unwrap(), scale);
        let read = read_by_all(&photograph(&drawn, scale, camera, random));
        for text in read.iter().flatten() {
            // A decoder may fail, but must never read another text.
            assert_eq!(text, uri.expose(), "{scale} px, {camera:?}");
            assert_eq!(Import::parse(text).unwrap().warnings, []);
        }
        for (count, text) in cell.decoders.iter_mut().zip(&read) {
            *count += u32::from(text.is_some());
        }
        cell.any += u32::from(read.iter().any(Option::is_some));
    }
    cell
}

/// Prints the table, and compares the cells with the documentation of `Qr`.
fn table(people: u32) {
    let mut random = Random(21);
    let mut broken = Vec::new();
    println!("px camera       rxing  rqrr zbarimg  any, in percent");
    for scale in SCALES {
        for camera in CAMERAS {
            let cell = cell(scale, camera, people, &mut random);
            let percent = |read: u32| f64::from(read) * 100.0 / f64::from(cell.people);
            let [rxing, rqrr, zbarimg] = cell.decoders.map(percent);
            println!(
                "{scale:>2} {:<12} {rxing:>5.0} {rqrr:>5.0} {zbarimg:>7.0} {:>4.0}",
                format!("{camera:?}"),
                percent(cell.any),
            );
            let promised = match (scale, camera) {
                (_, Camera::Plain | Camera::DarkPage | Camera::UpsideDown) => 100.0,
                // Not every picture is read, and one of two is already half.
                (8, Camera::Everything) | (2, _) if people < 30 => 0.0,
                (8, Camera::Everything) | (2, _) => 90.0,
                (4 | 8, _) => 100.0,
                _ => 0.0,
            };
            if percent(cell.any) < promised {
                broken.push((scale, camera, cell));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:?}");
}

#[test]
fn decoders_read_camera_pictures() {
    table(1);
}

#[test]
#[ignore = "takes minutes: 840 users, for the table in the documentation"]
fn decoders_read_camera_pictures_at_length() {
    table(30);
}

/// Texts in all modes, and switches between them.
#[test]
fn any_printable_text_round_trips() {
    let mut random = Random(24);
    let words = ["0123456789", "ABCDEFGHIJ%/:", "abcxyz~{}", "7", "Q", "q"];
    for _ in 0..60 {
        let mut text = String::from("x");
        for _ in 0..random.below(40) {
            let word = random.pick(&words);
            text.push_str(&word[..=random.below(word.len())]);
        }
        let qr = Qr::encode(&text).unwrap();
        let picture = picture(&qr, 2);
        assert_eq!(read_by_rxing(&picture).as_deref(), Some(&*text));
        assert_eq!(read_by_rqrr(&picture).as_deref(), Some(&*text));
    }
}

/// Reads the original pictures of many users, in the four scales by turns.
fn as_written(people: u32) {
    let mut random = Random(22);
    for scale in SCALES.into_iter().cycle().take(people as usize) {
        let uri = key_uri(&mut random);
        let picture = picture(&Qr::encode(uri.expose()).unwrap(), scale);
        // `zbarimg` interpolates between pixels, which needs at least two pixels a module.
        let decoders = if scale == 1 { 2 } else { 3 };
        for text in read_by_all(&picture).iter().take(decoders) {
            assert_eq!(text.as_deref(), Some(uri.expose()), "{scale:?}");
        }
    }
}

#[test]
fn every_decoder_reads_original_pictures() {
    as_written(40);
}

#[test]
#[ignore = "takes minutes: 2,000 users"]
fn every_decoder_reads_original_pictures_at_length() {
    as_written(2000);
}
