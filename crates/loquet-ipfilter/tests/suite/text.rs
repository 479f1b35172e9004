//! The text form of rules: error positions, limits and output.
use loquet_ipfilter::{RuleFault, Rules, RulesError, TextFault};

#[track_caller]
fn refused(text: &str, line: u32, column: u32, message: &str) {
    let error: RulesError = Rules::parse_text(text).expect_err(text);
    assert_eq!(
        (error.line, error.column, error.fault.to_string().as_str()),
        (line, column, message),
        "{text:?}"
    );
}

const STARTS: &str =
    "expected `allow`, `deny`, `for tag`, `place`, `default`, `precedence` or `embedded`";
const NO_CONDITION: &str = "the rule has no condition; write `any` for every address";
const EVERYTHING: &str = "this is every address; write `any`, `any-v4` or `any-v6`";
const PRECEDENCE: &str = "expected `deny-overrides`, `most-specific` or `first-match`";
const COUNTRY: &str = "expected a country's two capital letters or `unknown`";
const ASN: &str = "expected the number of an autonomous system, without `AS`, or `unknown`";
const CLASS: &str =
    "expected `special`, `tunnel`, `anonymous`, `vpn`, `proxy`, `tor`, `hosting` or `unknown`";
const PLACE_ITEM: &str = "expected a network, `country` or `asn`";
const NAME: &str = "a name has 1 to 128 bytes and no quotation marks, control characters, byte-order marks or characters \
                    that change the direction of writing";
const CONDITIONS: &str = "expected a network, `any`, `any-v4`, `any-v6`, `private`, `loopback`, \
                          `link-local`, `unknown`, or a keyword before the name: `country`, `place`, `asn`, `class`, `device`";

#[test]
fn invalid_rule_is_refused_at_its_position() {
    for (text, line, column, message) in [
        ("permit 10.0.0.0/8", 1, 1, STARTS),
        ("\n  Allow 10.0.0.0/8", 2, 3, STARTS),
        ("\"allow\" 10.0.0.0/8", 1, 1, STARTS),
        ("allow", 1, 1, NO_CONDITION),
        ("for tag 1 allow # no one", 1, 11, NO_CONDITION),
        (
            "allow 10.0.0.0/8\r\ndeny 10.0.0.1/8",
            2,
            6,
            "host bits are set; the network is 10.0.0.0/8",
        ),
        ("allow 0.0.0.0/0", 1, 7, EVERYTHING),
        ("for 1 allow any", 1, 5, "expected `tag`"),
        ("for tag allow any", 1, 9, "expected the number of a tag"),
        (
            "for tag 1",
            1,
            10,
            "expected another tag, `allow` or `deny`",
        ),
        ("for tag 1 x", 1, 11, "expected `allow` or `deny`"),
    ] {
        refused(text, line, column, message);
    }
    for text in ["allow Canada", "allow from 192.0.2.1", "allow localhost"] {
        refused(text, 1, 7, CONDITIONS);
    }
}

#[test]
fn invalid_setting_is_refused_at_its_position() {
    for (text, line, column, message) in [
        ("default deny\ndefault allow", 2, 1, "already set above"),
        ("precedence first", 1, 12, PRECEDENCE),
        ("default maybe", 1, 9, "expected `allow` or `deny`"),
        ("default deny now", 1, 14, "expected the end of the line"),
        ("embedded yes", 1, 10, "expected `deny-only` or `trusted`"),
    ] {
        refused(text, line, column, message);
    }
}

#[test]
fn invalid_value_is_refused_at_its_position() {
    for (text, line, column, message) in [
        ("allow country ca", 1, 15, COUNTRY),
        ("allow country", 1, 14, COUNTRY),
        ("allow country device known", 1, 15, COUNTRY),
        ("allow country CA 10.0.0.0/8", 1, 18, COUNTRY),
        ("allow asn 4294967296", 1, 11, ASN),
        ("allow asn 007", 1, 11, ASN),
        ("allow class dark", 1, 13, CLASS),
        ("allow device old", 1, 14, "expected `known` or `unknown`"),
        ("allow country \"CA\"", 1, 15, COUNTRY),
    ] {
        refused(text, line, column, message);
    }
}

#[test]
fn invalid_place_is_refused_at_its_position() {
    for (text, line, column, message) in [
        (
            "place \"été\" = 10.0.0.0/33",
            1,
            24,
            "the length is greater than 32",
        ),
        (
            "allow place Laval",
            1,
            13,
            "expected the name of a place in quotation marks",
        ),
        ("allow \"Laval\"", 1, 7, "expected `place` before a name"),
        (
            "allow place \"Laval",
            1,
            13,
            "the quotation mark is not closed",
        ),
        (
            "allow any\nallow any place \"Laval\"",
            2,
            17,
            "no place is named \"Laval\"",
        ),
        (
            "place Laval = 10.0.0.0/8",
            1,
            7,
            "expected a name in quotation marks",
        ),
        ("place \"a\" 10.0.0.0/8", 1, 11, "expected `=`"),
        ("place \"a\" =", 1, 7, "the place \"a\" has no parts"),
        ("place \"\" = 10.0.0.0/8", 1, 7, NAME),
        (
            "place \"a\" = 10.0.0.0/8\nplace \"a\" = 11.0.0.0/8",
            2,
            7,
            "the place \"a\" is defined twice",
        ),
        ("place \"a\" = device known", 1, 13, PLACE_ITEM),
        ("place \"a\" = country \"CA\"", 1, 21, PLACE_ITEM),
        (
            "allow any\nallow any\nallow any place \"b\"",
            3,
            17,
            "no place is named \"b\"",
        ),
        ("place \"a\" = country", 1, 20, COUNTRY),
    ] {
        refused(text, line, column, message);
    }
}

#[track_caller]
fn networks(words: &str) -> String {
    let rules = Rules::parse_text(&format!("place \"p\" = {words}\nallow {words}")).unwrap();
    let [rule] = rules.rules() else {
        panic!("{words}")
    };
    let place = rules.place("p").unwrap().to_string();
    let text = rule.to_string().replace("allow ", "");
    assert_eq!(place, format!("place \"p\" = {text}"));
    text
}

#[test]
fn names_wildcards_and_ranges_become_networks() {
    for (words, expected) in [
        ("10.*", "10.0.0.0/8"),
        ("192.168.*", "192.168.0.0/16"),
        ("192.168.2.*", "192.168.2.0/24"),
        ("0.* 255.255.255.*", "0.0.0.0/8 255.255.255.0/24"),
        (
            "192.168.2.0-192.168.2.99",
            "192.168.2.0/26 192.168.2.64/27 192.168.2.96/30",
        ),
        ("198.51.100.7-198.51.100.7", "198.51.100.7/32"),
        ("2001:db8::-2001:db8::2", "2001:db8::/127 2001:db8::2/128"),
        ("::ffff:10.0.0.0-10.255.255.255", "10.0.0.0/8"),
        (
            "private",
            "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7",
        ),
        ("loopback", "127.0.0.0/8 ::1/128"),
        ("link-local 10.*", "169.254.0.0/16 fe80::/10 10.0.0.0/8"),
    ] {
        assert_eq!(networks(words), expected, "{words}");
    }
}

#[test]
fn invalid_wildcard_or_range_is_refused_at_its_position() {
    const WILDCARD: &str =
        "`*` stands for the last parts of an IPv4 address, as in `10.*` or `192.168.2.*`";
    const ADDRESS: &str = "not an IP address in full notation";
    const RANGE: &str =
        "the first address of the range is higher than the last, or of the other family";
    for word in [
        "*",
        "10*",
        "10.*.*",
        "10.1.2.3.*",
        ".*",
        "10..*",
        "256.*",
        "::ffff:10.*",
        "a.*",
    ] {
        refused(&format!("deny {word}"), 1, 6, WILDCARD);
    }
    refused("deny 10.2*", 1, 6, WILDCARD);
    refused("deny *.10", 1, 6, ADDRESS);
    refused(
        "deny 10.010.*",
        1,
        9,
        "leading zero: some programs would read this part as octal",
    );
    for (word, column, message) in [
        ("10.0.0.2-10.0.0.1", 6, RANGE),
        ("10.0.0.1-2001:db8::", 6, RANGE),
        ("0.0.0.0-255.255.255.255", 6, EVERYTHING),
        ("10.0.0.0/8-11.0.0.0", 6, ADDRESS),
        ("10.0.0.1-", 15, ADDRESS),
        ("-10.0.0.1", 6, ADDRESS),
        ("10.0.0.1-10.0.0", 15, ADDRESS),
        ("10.0.0.1-10.0.0.2-10.0.0.3", 15, ADDRESS),
        ("Private", 6, CONDITIONS),
        ("private-v4", 6, ADDRESS),
    ] {
        refused(&format!("deny {word}"), 1, column, message);
    }
}

/// The front of what several editors write, and two such files joined.
#[test]
fn t44_byte_order_mark_counts_at_start_only() {
    let text = "\u{feff}default deny\r\n\r\nallow 192.0.2.0/24\r\n# end\r\n";
    let plain = text.replace(['\u{feff}', '\r'], "");
    assert_eq!(Rules::parse_text(text), Rules::parse_text(&plain));
    refused("\u{feff}permit any", 1, 1, STARTS);
    refused(
        "\u{feff}allow 10.0.0.1/8",
        1,
        7,
        "host bits are set; the network is 10.0.0.0/8",
    );
    refused(
        "\u{feff}allow any\r\nallow place \"é\"",
        2,
        13,
        "no place is named \"é\"",
    );
    let mark = "a byte-order mark (U+FEFF) in the middle of the text: remove it";
    for (text, line, column) in [
        ("\u{feff}\u{feff}allow any", 1, 1),
        ("allow any\r\n\u{feff}allow 10.0.0.0/8", 2, 1),
        ("allow any\n\u{feff}# the second file", 2, 1),
        ("allow 10.0.0.0/8\u{feff}", 1, 17),
        ("place \"é\u{feff}a\" = any", 1, 9),
    ] {
        refused(text, line, column, mark);
    }
    let turned = "a character that changes the direction of writing, or ends a line: remove it";
    for (text, line, column) in [
        ("allow 10.0.0.1 # \u{202e}yna wolla\u{2066}", 1, 18),
        ("allow any\nplace \"x\u{202e}y\" = any", 2, 9),
        ("allow 10.0.0.1\u{2028}allow any", 1, 15),
    ] {
        refused(text, line, column, turned);
    }
}

#[test]
fn limits_are_exact() {
    let tags = |count: usize| {
        format!(
            "for tag {}allow any",
            (0..count).map(|n| format!("{n} ")).collect::<String>()
        )
    };
    assert!(Rules::parse_text(&tags(Rules::MAX_VALUES)).is_ok());
    let error = Rules::parse_text(&tags(Rules::MAX_VALUES + 1)).unwrap_err();
    assert_eq!(
        error.fault,
        TextFault::Rule(RuleFault::TooMany("values in one condition"))
    );
    let name = |len: usize| format!("place \"{}\" = 10.0.0.0/8", "a".repeat(len));
    assert!(Rules::parse_text(&name(Rules::MAX_NAME)).is_ok());
    assert_eq!(
        Rules::parse_text(&name(Rules::MAX_NAME + 1))
            .unwrap_err()
            .fault,
        TextFault::Rule(RuleFault::Name)
    );
}

#[test]
fn parsed_rules_display_as_written() {
    let text = "precedence first-match\ndefault allow\nembedded trusted\n\
        place \"Canada\" = country CA\nplace \"Garderie Laval\" = 203.0.113.0/28 198.51.100.7/32 asn 577 address any-v6\n\
        for tag 1 22 allow 10.0.0.0/8 2001:db8::/32 place \"Canada\" \"Garderie Laval\" country FR unknown asn 5 unknown \
        class special tor unknown device unknown known\ndeny unknown\ndeny any-v4 any-v6\n";
    assert_eq!(Rules::parse_text(text).unwrap().to_string(), text);
    let loose = "  deny\tany# all of them\r\n\r\n#x\n";
    assert_eq!(
        Rules::parse_text(loose).unwrap().to_string(),
        "precedence deny-overrides\ndefault deny\ndeny any-v4 any-v6\n"
    );
}

#[test]
fn default_settings_may_be_written() {
    let written = "embedded deny-only\nplace \"all\" = any\nallow place \"all\"";
    let again = Rules::parse_text(written).unwrap().to_string();
    assert_eq!(
        again,
        "precedence deny-overrides\ndefault deny\nplace \"all\" = any-v4 any-v6\nallow place \"all\"\n"
    );
}

#[test]
fn documented_lines_are_parsed() {
    let docs = include_str!("../../docs/rules.md");
    let sample = docs.split("```").nth(1).unwrap().trim_start_matches("text");
    assert_eq!(Rules::parse_text(sample).unwrap().rules().len(), 3);
    let starts = [
        "#",
        "precedence",
        "default",
        "embedded",
        "place",
        "allow",
        "deny",
        "for",
    ];
    let mut seen = std::collections::BTreeSet::new();
    for code in docs.split('`').skip(1).step_by(2) {
        let start = code.split(' ').next().unwrap();
        if !code.contains(' ') || !starts.contains(&start) {
            continue;
        }
        let places = "place \"Laval\" = any\nplace \"Canada\" = any\n";
        let text = if start == "place" {
            code.to_owned()
        } else {
            format!("{places}{code}")
        };
        assert!(Rules::parse_text(&text).is_ok(), "{code}");
        seen.insert(start);
    }
    assert_eq!(seen.len(), starts.len(), "{seen:?}");
}
