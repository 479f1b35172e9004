//! The picture of `loquet qr` is read back by a decoder that shares no code with it.
use std::process::Output;

const URI: &str =
    "otpauth://totp/Loquet:marie@x.ca?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Loquet";

fn qr(arguments: &[&str]) -> Output {
    super::loquet(&["qr", "--uri", URI])
        .args(arguments)
        .output()
        .unwrap()
}

fn read(picture: image::GrayImage) -> String {
    let mut prepared = rqrr::PreparedImage::prepare(picture);
    let grids = prepared.detect_grids();
    assert_eq!(grids.len(), 1, "one QR code in the picture");
    grids.first().unwrap().decode().unwrap().1
}

#[test]
fn png_file_holds_uri_and_is_private() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("code.png");
    let output = qr(&["--format", "png", "--out", path.to_str().unwrap()]);
    assert!(
        output.status.success() && output.stdout.is_empty(),
        "{output:?}"
    );
    assert_eq!(read(image::open(&path).unwrap().to_luma8()), URI);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn png_goes_through_a_pipe() {
    let output = qr(&["--format", "png", "--scale", "3"]);
    let picture = image::load_from_memory(&output.stdout).unwrap();
    assert_eq!(read(picture.to_luma8()), URI);
}

#[test]
fn terminal_blocks_hold_uri() {
    let output = qr(&["--theme", "light"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
    let width = u32::try_from(lines.first().unwrap().len()).unwrap();
    let height = u32::try_from(lines.len()).unwrap();
    const PIXELS: u32 = 8;
    let picture = image::GrayImage::from_fn(width * PIXELS, height * 2 * PIXELS, |x, y| {
        let (column, row) = (x / PIXELS, y / PIXELS);
        let line = lines.get(usize::try_from(row / 2).unwrap()).unwrap();
        let cell = line.get(usize::try_from(column).unwrap()).unwrap();
        let dark = match (cell, row % 2) {
            ('█', _) | ('▀', 0) | ('▄', 1) => true,
            (' ' | '▀' | '▄', _) => false,
            (other, _) => unreachable!("{other:?} is no half block"),
        };
        image::Luma([if dark { 0 } else { 255 }])
    });
    assert_eq!(read(picture), URI);
}

#[test]
fn json_carries_picture_or_names_file() {
    let svg: serde_json::Value =
        serde_json::from_slice(&qr(&["--format", "svg", "--json"]).stdout).unwrap();
    assert_eq!(svg["format"], "svg");
    assert!(svg["picture"].as_str().unwrap().starts_with("<svg "));

    let png: serde_json::Value =
        serde_json::from_slice(&qr(&["--format", "png", "--json"]).stdout).unwrap();
    assert!(
        png["picture"]
            .as_str()
            .unwrap()
            .starts_with("data:image/png;base64,")
    );

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("code.svg");
    let path = path.to_str().unwrap();
    let file: serde_json::Value =
        serde_json::from_slice(&qr(&["--format", "svg", "--out", path, "--json"]).stdout).unwrap();
    assert_eq!(file["out"], path);
}
