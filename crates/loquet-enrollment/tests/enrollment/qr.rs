//! QR codes: sizes, quiet zone, and that each output format draws the matrix.

use crate::users::{Random, key_uri, usual};
use loquet_enrollment::{KeyUri, Label, QUIET_ZONE, Qr, QrError, Scale, ScaleError, Theme};
use loquet_otp::Secret;

fn usual_qr() -> Qr {
    Qr::encode(usual().expose()).unwrap()
}

/// Returns whether a module is dark, counted from the corner of the quiet zone.
fn dark(qr: &Qr, column: usize, row: usize) -> bool {
    column >= QUIET_ZONE && row >= QUIET_ZONE && qr.is_dark(column - QUIET_ZONE, row - QUIET_ZONE)
}

fn several() -> Vec<Qr> {
    let mut random = Random(8);
    let mut all: Vec<Qr> = (0..20)
        .map(|_| Qr::encode(key_uri(&mut random).expose()).unwrap())
        .collect();
    all.push(Qr::encode("").unwrap());
    all.push(Qr::encode(&"x".repeat(Qr::MAX_TEXT)).unwrap());
    all
}

#[test]
fn matrix_has_three_finder_patterns() {
    for qr in several() {
        let side = qr.modules();
        assert_eq!(side % 4, 1);
        for (column, row) in [(0, 0), (side - 7, 0), (0, side - 7)] {
            let finder: String = (0..7)
                .map(|x| {
                    if qr.is_dark(column + x, row + 3) {
                        '#'
                    } else {
                        '.'
                    }
                })
                .collect();
            assert_eq!(finder, "#.###.#");
        }
        for (column, row) in [(side, 0), (0, side), (usize::MAX, usize::MAX)] {
            assert!(!qr.is_dark(column, row));
        }
    }
}

#[test]
fn omitted_defaults_save_two_versions() {
    let usual = usual();
    let verbose = format!("{}&algorithm=SHA1&digits=6&period=30", usual.expose());
    let (short, long) = (
        Qr::encode(usual.expose()).unwrap(),
        Qr::encode(&verbose).unwrap(),
    );
    // Each version adds four modules a side.
    assert!(
        short.modules() + 8 <= long.modules(),
        "{} and {}",
        short.modules(),
        long.modules()
    );
}

#[test]
fn segments_shorten_escaped_names() {
    // Two escaped digits take eleven bits instead of sixteen. In byte mode, 223 characters need version 11.
    let label = Label::new("مدرسة النور", "مريم1234@x.ca").unwrap();
    let uri = KeyUri::new(&label, &Secret::from(Random(1).bytes::<20>())).unwrap();
    assert_eq!(uri.expose().len(), 223);
    assert_eq!(Qr::encode(uri.expose()).unwrap().modules(), 53, "version 9");
}

/// Draws a path of `M`, a position, `h` and a length, independently of the crate's writer.
fn draw(path: &str, side: usize) -> Vec<bool> {
    let mut cells = vec![false; side * side];
    for run in path.split('M').skip(1) {
        let (position, length) = run.split_once('h').unwrap();
        let (x, y) = position.split_once(' ').unwrap();
        let row = y.strip_suffix(".5").expect("the middle of a row");
        let start = row.parse::<usize>().unwrap() * side + x.parse::<usize>().unwrap();
        cells[start..start + length.parse::<usize>().unwrap()].fill(true);
    }
    cells
}

#[test]
fn svg_draws_matrix_on_white_background() {
    for qr in several() {
        let svg = qr.svg("x");
        let side = qr.modules() + 2 * QUIET_ZONE;
        let ground = format!(
            r##"viewBox="0 0 {side} {side}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/>"##
        );
        assert!(svg.contains(&ground));
        let path = svg
            .rsplit_once(r##"<path stroke="#000" d=""##)
            .unwrap()
            .1
            .strip_suffix(r#""/></svg>"#)
            .unwrap();
        let cells = draw(path, side);
        for row in 0..side {
            for column in 0..side {
                assert_eq!(
                    cells[row * side + column],
                    dark(&qr, column, row),
                    "{column}, {row}"
                );
            }
        }
    }
}

#[test]
fn typical_svg_takes_under_six_kilobytes() {
    let svg = usual_qr().svg("Code QR pour votre application d'authentification");
    assert!(svg.len() <= 6 * 1024, "{} bytes", svg.len());
}

#[test]
fn alt_text_is_escaped() {
    let svg = usual_qr().svg("L'école \"du lac\" <b>&\u{0} é 🏫");
    assert!(
        svg.contains(
            r#"role="img" aria-label="L'école &quot;du lac&quot; &lt;b&gt;&amp;  é 🏫" viewBox"#
        ),
        "{svg}"
    );
}

#[test]
fn terminal_draws_matrix_in_every_theme() {
    for qr in several() {
        let side = qr.modules() + 2 * QUIET_ZONE;
        for theme in [Theme::Dark, Theme::Light, Theme::Ansi] {
            let text = qr.terminal(theme);
            assert_eq!(text.lines().count(), side.div_ceil(2));
            for (line, text) in text.lines().enumerate() {
                let text = match theme {
                    Theme::Ansi => text
                        .strip_prefix("\u{1b}[107;30m")
                        .unwrap()
                        .strip_suffix("\u{1b}[0m")
                        .unwrap(),
                    _ => text,
                };
                assert_eq!(text.chars().count(), side);
                for (column, block) in text.chars().enumerate() {
                    let (upper, lower) = match block {
                        '█' => (true, true),
                        '▀' => (true, false),
                        '▄' => (false, true),
                        ' ' => (false, false),
                        other => panic!("{other}"),
                    };
                    let paints_light = theme == Theme::Dark;
                    assert_eq!(upper != paints_light, dark(&qr, column, 2 * line));
                    assert_eq!(lower != paints_light, dark(&qr, column, 2 * line + 1));
                }
            }
        }
    }
}

#[test]
fn overlong_text_error_states_excess() {
    let text = "x".repeat(Qr::MAX_TEXT + 17);
    let error = Qr::encode(&text).unwrap_err();
    assert_eq!(
        error,
        QrError::TooLong {
            length: 2065,
            excess: 17
        }
    );
    assert_eq!(
        error.to_string(),
        "17 bytes too long for a QR code: 2065 bytes, at most 2048 fit"
    );
    // Texts that mix all modes take the most bits, and still fit.
    let mixed: String = "a1A".chars().cycle().take(Qr::MAX_TEXT).collect();
    assert!(Qr::encode(&mixed).is_ok());
}

#[test]
fn non_ascii_text_is_refused_with_position() {
    assert_eq!(Qr::encode("abé"), Err(QrError::NotAscii { position: 2 }));
}

#[test]
fn scale_is_limited_to_64_pixels() {
    assert_eq!(Scale::new(0), Err(ScaleError { pixels: 0 }));
    assert_eq!(Scale::new(65), Err(ScaleError { pixels: 65 }));
    let qr = usual_qr();
    assert_eq!(qr.pixels(Scale::default()), (qr.modules() + 8) * 8);
}

#[test]
fn debug_hides_modules() {
    let text = format!("{:?}", usual_qr());
    assert!(text.len() < 60 && text.contains("redacted"), "{text}");
}

#[cfg(feature = "qr-png")]
mod png {
    use base64::Engine;

    use super::{KeyUri, Label, Qr, Random, Scale, Secret, dark, several, usual_qr};

    #[test]
    fn typical_png_takes_at_most_700_bytes() {
        let png = usual_qr().png(Scale::default());
        assert!(png.len() <= 700, "{} bytes", png.len());
        // IHDR: bit depth 1 and color type 0, after signature, length, type, width and height.
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        assert_eq!(&png[24..26], [1, 0]);
    }

    #[test]
    fn accented_issuer_png_takes_at_most_900_bytes() {
        let label = Label::new("Mairie de Saint-Éloi", "marie.tremblay@mairie.example").unwrap();
        let uri = KeyUri::new(&label, &Secret::from(Random(1).bytes::<20>())).unwrap();
        let qr = Qr::encode(uri.expose()).unwrap();
        let png = qr.png(Scale::default());
        assert_eq!(qr.modules(), 49, "version 8");
        assert!(png.len() <= 900, "{} bytes", png.len());
    }

    #[test]
    fn png_draws_matrix_at_every_scale() {
        for (number, qr) in several().into_iter().enumerate() {
            let scale = Scale::new([1, 2, 3, 5, 8][number % 5]).unwrap();
            let decoded = image::load_from_memory(&qr.png(scale))
                .unwrap()
                .into_luma8();
            assert_eq!(usize::try_from(decoded.width()).unwrap(), qr.pixels(scale));
            for (x, y, pixel) in decoded.enumerate_pixels() {
                let module = |pixel: u32| usize::try_from(pixel).unwrap() / scale.pixels();
                assert_eq!(
                    pixel.0[0],
                    if dark(&qr, module(x), module(y)) {
                        0
                    } else {
                        255
                    }
                );
            }
        }
    }

    #[test]
    fn png_data_url_decodes_to_png() {
        let qr = usual_qr();
        let url = qr.png_data_url(Scale::default());
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(url.strip_prefix("data:image/png;base64,").unwrap());
        assert_eq!(bytes.unwrap(), qr.png(Scale::default()));
    }

    #[test]
    fn largest_png_is_drawn() {
        let qr = Qr::encode(&"x".repeat(2048)).unwrap();
        let png = qr.png(Scale::new(Scale::MAX).unwrap());
        assert!(image::load_from_memory(&png).is_ok());
    }
}
