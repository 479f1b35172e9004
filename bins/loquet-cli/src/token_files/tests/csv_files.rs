//! Vendors' CSV.

use loquet::{Algorithm, Digits, Period};

use super::*;

/// "12345678901234567890".
const HEX: &str = "3132333435363738393031323334353637383930";
const BASE32: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

fn csv(text: &str) -> Vec<TokenRow> {
    rows(Format::Csv, text, None).unwrap()
}

#[test]
fn serial_and_seed_suffice() {
    let text = format!("Serial,Seed\r\nA-1,{HEX}\r\n\r\n\"A, 2\",{HEX}\r\n");
    let rows = csv(&text);
    assert_eq!(told(&rows[0]), (2, "A-1", Ok((KEY, Totp::default()))));
    assert_eq!(told(&rows[1]), (4, "A, 2", Ok((KEY, Totp::default()))));
}

/// The header line is that of Microsoft's "Upload hardware OATH tokens in CSV format".
#[test]
fn file_for_microsoft_entra_is_read() {
    let text = format!(
        "upn,serial number,secret key,time interval,manufacturer,model\n\
         helga@contoso.com,1234567,{},60,Contoso,HardwareKey\n",
        BASE32.to_lowercase()
    );
    let sixty = Totp {
        period: Period::new(60).unwrap(),
        ..Totp::default()
    };
    assert_eq!(told(&csv(&text)[0]), (2, "1234567", Ok((KEY, sixty))));
}

#[test]
fn columns_say_what_is_not_usual() {
    let text = "SERIAL NUMBER,Seed,Encoding,Algorithm,Digits,Period\n\
                1,MTIzNDU2Nzg5MDEyMzQ1Njc4OTA,base64,HMAC-SHA256,8,300\n";
    let all = Totp {
        algorithm: Algorithm::Sha256,
        digits: Digits::Eight,
        period: Period::new(300).unwrap(),
        t0: 0,
    };
    assert_eq!(told(&csv(text)[0]), (2, "1", Ok((KEY, all))));
}

#[test]
fn each_faulty_row_is_named_without_the_key() {
    for (row, why) in [
        (format!(",{HEX},,,,"), "serial number: it is missing"),
        (
            format!("a\u{7}b,{HEX},,,,"),
            "serial number: expected at most 64 bytes",
        ),
        (
            format!("{},{HEX},,,,", "1".repeat(65)),
            "serial number: expected at most 64",
        ),
        (
            format!("1,{HEX}0,,,,"),
            "seed: not pairs of hexadecimal digits",
        ),
        (
            format!("1,{BASE32},,,,"),
            "seed: not pairs of hexadecimal digits",
        ),
        (
            format!("1,{HEX},{HEX},,,"),
            "seed: the encoding is base32, hex or base64",
        ),
        ("1,,,,,".to_owned(), "the key is missing"),
        (
            format!("1,{},,,,", "31".repeat(15)),
            "key: a secret of 15 bytes: it must have 16 to 128",
        ),
        (
            format!("1,{HEX},,,,14"),
            "period: 14 s, where a token has 15 to 300 s",
        ),
        (
            format!("1,{HEX},,,,{HEX}"),
            "period: expected a whole number",
        ),
        (format!("1,{HEX},,,9,"), "digits: 9 digits"),
        (format!("1,{HEX},,MD5,,"), "algorithm: unknown algorithm"),
        (
            format!("1,{HEX}"),
            "expected 6 fields as in the first line, found 2",
        ),
    ] {
        let text = format!("serial,seed,encoding,algorithm,digits,period\n{row}\n");
        let said = fault(Format::Csv, &text, None);
        assert!(said.starts_with(why), "{row}: {said}");
        assert!(!said.contains("3132"), "{said}");
    }
}

#[test]
fn header_line_is_checked() {
    for (text, why) in [
        ("", "line 1: the column `serial` is missing"),
        // Without a header line: the key is not shown.
        (
            "1234567,31323334353637383930\n",
            "line 1: the column `serial` is missing; the first line names the columns",
        ),
        (
            "serial,period\n",
            "line 1: expected one column `seed` (hexadecimal) or `secret key` (base32)",
        ),
        ("serial,seed,secret key\n", "line 1: expected one column"),
        (
            "serial,Serial Number,seed\n",
            "line 1: the column `serial` occurs twice",
        ),
        (
            "serial,seed,color\n",
            "line 1: unknown column `color`; the columns are serial, seed, secret key, encoding",
        ),
    ] {
        let said = rows(Format::Csv, text, None).err().unwrap();
        assert!(said.starts_with(why), "{said}");
        assert!(!said.contains("3132"), "{said}");
    }
}
