//! Published lists: parsed as a whole or refused.
use loquet_ipfilter::{ImportError, ImportFault, ImportLimits, ListFormat, PrefixError, import};

fn lines(text: &str) -> Result<Vec<String>, ImportError> {
    read(text, ListFormat::Lines, &ImportLimits::default())
}

fn read(text: &str, format: ListFormat, limits: &ImportLimits) -> Result<Vec<String>, ImportError> {
    import(text, format, limits).map(|networks| networks.iter().map(ToString::to_string).collect())
}

#[test]
fn lines_may_be_networks_addresses_or_ranges() {
    let text = "; Spamhaus style\n1.10.16.0/20 ; SBL256894\r\n\n# hash\n2001:db8::/32# glued\n  1.2.3.4\t\n1.2.3.4\n\
                10.0.0.1-10.0.0.6\n10.0.0.9-10.0.0.9\n10.1.0.0 - 10.1.0.255\n::ffff:9.0.0.0-::ffff:9.0.0.1\n2600::-2600::3\n";
    assert_eq!(
        lines(text).unwrap(),
        [
            "1.2.3.4/32",
            "1.10.16.0/20",
            "9.0.0.0/31",
            "10.0.0.1/32",
            "10.0.0.2/31",
            "10.0.0.4/31",
            "10.0.0.6/32",
            "10.0.0.9/32",
            "10.1.0.0/24",
            "2001:db8::/32",
            "2600::/126",
        ]
    );
}

#[test]
fn list_with_one_bad_line_is_refused() {
    let at = |text: &str| lines(text).unwrap_err();
    let bad = |line, fault| ImportError {
        line,
        fault: ImportFault::Prefix(fault),
    };
    assert_eq!(
        at("10.0.0.0/8\n10.0.0.0/33"),
        bad(2, PrefixError::TooLong { offset: 9, max: 32 })
    );
    assert_eq!(at("0.0.0.0/0"), bad(1, PrefixError::Everything));
    assert_eq!(
        at("\n\n010.0.0.0/8"),
        bad(3, PrefixError::LeadingZero { offset: 0 })
    );
    assert_eq!(
        at("10.0.0.0/8 permit"),
        bad(1, PrefixError::Length { offset: 9 })
    );
    for text in ["10.0.0.2-10.0.0.1", "10.0.0.1-2600::", "2600::1-2600::"] {
        assert_eq!(
            at(text),
            ImportError {
                line: 1,
                fault: ImportFault::Range
            },
            "{text}"
        );
    }
    for text in [
        "0.0.0.0-255.255.255.255",
        "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ] {
        assert_eq!(
            at(text),
            ImportError {
                line: 1,
                fault: ImportFault::Everything
            },
            "{text}"
        );
    }
    for text in ["", "# nothing\n;\n"] {
        assert_eq!(
            at(text),
            ImportError {
                line: 0,
                fault: ImportFault::Empty
            }
        );
    }
}

#[test]
fn geofeed_gives_first_field_of_each_line() {
    let apple = "172.224.226.0/27,GB,GB-EN,London,\r\n2a02:26f7:b3c4::/64,CA,CA-QC,Montr\u{e9}al,\r\n# end\n192.0.2.1\n";
    let geofeed = |text: &str| read(text, ListFormat::Geofeed, &ImportLimits::default());
    let expected = ["172.224.226.0/27", "192.0.2.1/32", "2a02:26f7:b3c4::/64"];
    assert_eq!(geofeed(apple).unwrap(), expected);
    assert_eq!(
        geofeed("192.0.2.0/24,CA,,,\nprefix,country")
            .unwrap_err()
            .line,
        2
    );
    assert_eq!(geofeed(",CA,,,\n").unwrap_err().fault, ImportFault::Empty);
}

#[test]
fn t44_list_may_begin_with_byte_order_mark() {
    assert_eq!(lines("\u{feff}10.0.0.0/8\r\n").unwrap(), ["10.0.0.0/8"]);
    for text in [
        "10.0.0.0/8\n\u{feff}11.0.0.0/8",
        "\u{feff}\n10.0.0.0-\u{feff}10.0.0.1",
    ] {
        let error = lines(text).unwrap_err();
        assert_eq!((error.line, error.fault), (2, ImportFault::ByteOrderMark));
    }
}

fn many(count: u32) -> String {
    let network = |n| format!("10.{}.{}.0/24\n", n / 256, n % 256);
    (0..count).map(network).collect()
}

fn within(text: &str, limits: ImportLimits) -> Result<usize, ImportFault> {
    let list = read(text, ListFormat::Lines, &limits);
    list.map(|list| list.len()).map_err(|error| error.fault)
}

#[test]
fn list_size_and_length_are_limited() {
    let text = many(300);
    let default = ImportLimits::default();
    let exact = ImportLimits {
        bytes: text.len(),
        networks: 300,
        previous: Some(200),
    };
    assert_eq!(within(&text, exact), Ok(300));
    let bytes = text.len() - 1;
    assert_eq!(
        within(&text, ImportLimits { bytes, ..default }),
        Err(ImportFault::TooMuch(bytes, "bytes"))
    );
    let networks = 299;
    assert_eq!(
        within(
            &text,
            ImportLimits {
                networks,
                ..default
            }
        ),
        Err(ImportFault::TooMuch(networks, "networks"))
    );
}

#[test]
fn sudden_growth_is_refused() {
    for (count, before, is_read) in [
        (300, 150, true),
        (300, 149, false),
        (101, 1, true),
        (101, 0, false),
    ] {
        let limits = ImportLimits {
            previous: Some(before),
            ..ImportLimits::default()
        };
        let after = count as usize;
        let expected = match is_read {
            true => Ok(after),
            false => Err(ImportFault::Growth { before, after }),
        };
        assert_eq!(within(&many(count), limits), expected);
    }
}

#[cfg(feature = "json")]
mod json {
    use super::*;

    fn json(text: &str, format: ListFormat) -> Result<Vec<String>, ImportError> {
        read(text, format, &ImportLimits::default())
    }

    #[test]
    fn json_array_parses_like_lines() {
        let text = "[\n  \"10.0.0.0/8\",\n  \"10.0.0.1-10.0.0.2\",\n  \"2600::1\"\n]";
        let read = json(text, ListFormat::JsonArray).unwrap();
        assert_eq!(
            read,
            ["10.0.0.0/8", "10.0.0.1/32", "10.0.0.2/32", "2600::1/128"]
        );
        let error = json(
            "[\n  \"10.0.0.0/8\",\n  \"10.0.0.1/8\"\n]",
            ListFormat::JsonArray,
        )
        .unwrap_err();
        assert_eq!(error.line, 3);
        let error = json("[\n  \"10.0.0.0/8\",\n  7\n]", ListFormat::JsonArray).unwrap_err();
        assert!(
            matches!(
                error,
                ImportError {
                    line: 3,
                    fault: ImportFault::Json(_)
                }
            ),
            "{error}"
        );
        assert_eq!(
            json("[]", ListFormat::JsonArray).unwrap_err().fault,
            ImportFault::Empty
        );
    }

    #[test]
    fn aws_file_gives_both_families() {
        let text = r#"{
  "syncToken": "1",
  "prefixes": [
    { "ip_prefix": "3.5.140.0/22", "region": "ap-northeast-2", "service": "AMAZON" }
  ],
  "ipv6_prefixes": [
    { "ipv6_prefix": "2600:1f14::/35", "region": "us-west-2", "service": "EC2" }
  ]
}"#;
        assert_eq!(
            json(text, ListFormat::AwsIpRanges).unwrap(),
            ["3.5.140.0/22", "2600:1f14::/35"]
        );
        assert_eq!(
            json(&text.replace("/22", "/12"), ListFormat::AwsIpRanges)
                .unwrap_err()
                .line,
            4
        );
        assert!(
            json(
                &text.replace("\"ipv6_prefixes\"", "\"six\""),
                ListFormat::AwsIpRanges
            )
            .is_err()
        );
    }

    const GOOGLE: &str = r#"{"syncToken":"1","creationTime":"2026-11-01T00:00:00","prefixes":[
            {"ipv4Prefix":"34.1.208.0/20","service":"Google Cloud","scope":"africa-south1"},
            {"ipv6Prefix":"2600:1900:8000::/44","service":"Google Cloud","scope":"africa-south1"}]}"#;
    const AZURE: &str = r#"{"changeNumber":399,"cloud":"Public","values":[
            {"name":"ActionGroup","id":"ActionGroup","properties":{"changeNumber":43,"region":"",
             "addressPrefixes":["4.145.74.52/30","2603:1000:4:402::178/125"],"networkFeatures":["API"]}},
            {"name":"AzureCloud","id":"AzureCloud","properties":{"addressPrefixes":["4.145.74.52/30"]}}]}"#;
    const CLOUDFLARE: &str = r#"{"result":{"ipv4_cidrs":["173.245.48.0/20"],"ipv6_cidrs":["2400:cb00::/32"],
            "etag":"38f79d050aa027e3be3865e495dcc9bc"},"success":true,"errors":[],"messages":[]}"#;
    const FASTLY: &str = r#"{"addresses":["23.235.32.0/20"],"ipv6_addresses":["2a04:4e40::/32"]}"#;
    const GITHUB: &str = r#"{"verifiable_password_authentication":false,
            "ssh_key_fingerprints":{"SHA256_RSA":"uNiVztksCsDhcc0u9e8BrqXVaP4"},
            "ssh_keys":["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"],
            "hooks":["192.30.252.0/22"],"web":["2a0a:a440::/29"],"domains":{"website":["*.github.com"]}}"#;

    #[test]
    fn providers_documents_give_their_networks() {
        for (format, text, expected) in [
            (
                ListFormat::Google,
                GOOGLE,
                ["34.1.208.0/20", "2600:1900:8000::/44"],
            ),
            (
                ListFormat::AzureServiceTags,
                AZURE,
                ["4.145.74.52/30", "2603:1000:4:402::178/125"],
            ),
            (
                ListFormat::Cloudflare,
                CLOUDFLARE,
                ["173.245.48.0/20", "2400:cb00::/32"],
            ),
            (
                ListFormat::Fastly,
                FASTLY,
                ["23.235.32.0/20", "2a04:4e40::/32"],
            ),
            (
                ListFormat::GithubMeta,
                GITHUB,
                ["192.30.252.0/22", "2a0a:a440::/29"],
            ),
        ] {
            assert_eq!(json(text, format).unwrap(), expected, "{format:?}");
            assert_eq!(
                json(&format!("\u{feff}{text}\r\n"), format).unwrap(),
                expected
            );
            // Each publisher's document is refused in the place of another's.
            for other in [ListFormat::AwsIpRanges, ListFormat::JsonArray] {
                assert!(json(text, other).is_err(), "{format:?} as {other:?}");
            }
            let bad = text
                .replace("/20", "/12")
                .replace("/30", "/8")
                .replace("/22", "/3");
            let error = json(&bad, format).unwrap_err();
            assert!(
                matches!(error.fault, ImportFault::Prefix(_)) && error.line > 0,
                "{error}"
            );
            let cut = &text[..text.len() - 1];
            assert!(matches!(
                json(cut, format).unwrap_err().fault,
                ImportFault::Json(_)
            ));
        }
    }

    #[test]
    fn unknown_part_of_document_is_not_skipped() {
        let scope = GOOGLE.replace("ipv6Prefix", "ipv7Prefix");
        let error = json(&scope, ListFormat::Google).unwrap_err().to_string();
        assert!(
            error.contains("neither `ipv4Prefix` nor `ipv6Prefix`"),
            "{error}"
        );
        // A new list of something other than networks is not skipped.
        let added = GITHUB.replace("\"hooks\"", "\"names\":[\"octocat\"],\"hooks\"");
        let error = json(&added, ListFormat::GithubMeta).unwrap_err();
        assert!(matches!(error.fault, ImportFault::Prefix(_)), "{error}");
    }

    #[test]
    fn t44_byte_order_mark_inside_json_is_named() {
        for text in [
            "[\"10.0.0.0/8\",\n\u{feff}\"11.0.0.0/8\"]",
            "[\n\"\u{feff}10.0.0.0/8\"]",
        ] {
            let error = json(text, ListFormat::JsonArray).unwrap_err();
            assert_eq!((error.line, error.fault), (2, ImportFault::ByteOrderMark));
        }
        let one = r#"{"cidr":"1.10.16.0/20"}"#;
        let end = r#"{"type":"metadata","records":1}"#;
        let drop = |text: String| json(&text, ListFormat::SpamhausDrop);
        assert!(drop(format!("\u{feff}{one}\r\n{end}\r\n")).is_ok());
        let joined = drop(format!("{one}\n\u{feff}{end}")).unwrap_err();
        assert_eq!((joined.line, joined.fault), (2, ImportFault::ByteOrderMark));
    }

    #[test]
    fn truncated_spamhaus_list_is_refused() {
        let one = r#"{"cidr":"1.10.16.0/20","sblid":"SBL256894","rir":"apnic"}"#;
        let two = r#"{"cidr":"2.56.0.0/16","sblid":"SBL1","rir":"ripe"}"#;
        let end = |records| {
            format!(
                r#"{{"type":"metadata","timestamp":1,"size":2,"records":{records},"terms":"x"}}"#
            )
        };
        let drop = |text: String| json(&text, ListFormat::SpamhausDrop);
        assert_eq!(
            drop(format!("{one}\n{two}\n{}\n", end(2))).unwrap(),
            ["1.10.16.0/20", "2.56.0.0/16"]
        );
        let cut = drop(format!("{one}\n{}", end(2))).unwrap_err();
        assert_eq!(
            cut.fault,
            ImportFault::Count {
                counted: 2,
                found: 1
            }
        );
        assert!(matches!(
            drop(format!("{one}\n{two}")).unwrap_err().fault,
            ImportFault::Json(_)
        ));
        assert_eq!(
            drop(format!("{one}\n{}\n{two}", end(1))).unwrap_err().line,
            3
        );
        assert_eq!(
            drop(format!("{one}\n{}\n{}", end(1), end(1)))
                .unwrap_err()
                .line,
            3
        );
        assert_eq!(
            drop(format!("{one}\n{{\"cidr\":\"1.2.3.4/8\"}}"))
                .unwrap_err()
                .line,
            2
        );
        assert_eq!(
            drop(format!("{one}\n{}", end(1).replace("metadata", "meta")))
                .unwrap_err()
                .line,
            2
        );
    }
}
