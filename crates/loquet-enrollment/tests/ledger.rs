//! The key URI rows of the conformance ledger (numbered there from 25) and the rules of emission: what each asks for, what
//! we do where the texts disagree, and the tests that hold it.
//!
//! The texts are Google's wiki (Key Uri Format), draft-linuxgemini-otpauth-uri and draft-andesco-otpauth-uri.

const ROWS: [(&str, &[&str]); 19] = [
    (
        "25: the type is totp or hotp; written in lower case, read in any",
        &[
            "p6_scheme_and_type_are_lower_case_and_algorithms_upper_case",
            "any_case_of_scheme_type_and_parameter_names_is_read",
        ],
    ),
    (
        "26: one colon divides the raw label; more are read with a warning where one draft refuses",
        &[
            "p5_prefix_and_parameter_are_the_same_text_and_one_literal_colon_divides",
            "the_label_is_split_raw_at_its_first_colon_escaped_or_not",
        ],
    ),
    (
        "27: one secret, base32 in upper case without padding; read in any spelling",
        &[
            "p2_twenty_bytes_become_32_upper_case_symbols_without_padding",
            "secrets_are_read_in_any_spelling",
        ],
    ),
    (
        "28: prefix and parameter are both written; a contradiction never refuses, and the parameter counts",
        &[
            "p5_prefix_and_parameter_are_the_same_text_and_one_literal_colon_divides",
            "a_contradicting_issuer_is_a_warning_and_the_parameter_counts",
        ],
    ),
    (
        "29: SHA1, SHA256, SHA512; anything else is refused and never replaced",
        &["an_unknown_algorithm_is_refused_and_never_replaced"],
    ),
    (
        "30: 6 to 8 digits, 7 too (Yubico); anything else is refused",
        &["digits_outside_six_to_eight_are_refused_in_place"],
    ),
    (
        "31: hotp needs a counter, and a period means nothing to it",
        &[
            "hotp_needs_a_counter_of_64_bits",
            "hotp_says_its_counter_even_when_it_is_zero",
        ],
    ),
    (
        "32: a known parameter twice is refused",
        &["duplicates_of_known_parameters_are_refused_and_of_unknown_ones_ignored"],
    ),
    (
        "33: unknown parameters are ignored",
        &["duplicates_of_known_parameters_are_refused_and_of_unknown_ones_ignored"],
    ),
    (
        "34: the URI is never logged",
        &[
            "p9_default_parameters_are_left_out_and_the_debug_text_shows_nothing",
            "the_debug_text_shows_no_secret",
        ],
    ),
    (
        "P1: other parameters only for named apps that honour them",
        &[
            "p1_other_parameters_need_the_apps_to_be_named",
            "p1_an_app_that_would_show_wrong_codes_is_an_error",
        ],
    ),
    (
        "P2: 20 bytes, 32 symbols",
        &["p2_twenty_bytes_become_32_upper_case_symbols_without_padding"],
    ),
    (
        "P3: %20, never a plus sign",
        &["p3_a_blank_is_percent_20_and_never_a_plus"],
    ),
    (
        "P4: no sign that apps read differently",
        &[
            "p4_a_plus_in_an_address_is_escaped_and_in_an_issuer_refused",
            "the_error_names_the_character_and_its_place",
        ],
    ),
    (
        "P5: Issuer:account and issuer=",
        &["p5_prefix_and_parameter_are_the_same_text_and_one_literal_colon_divides"],
    ),
    (
        "P6: the case of scheme, type and algorithm",
        &["p6_scheme_and_type_are_lower_case_and_algorithms_upper_case"],
    ),
    (
        "P7: the account is never empty",
        &["p7_neither_name_is_ever_empty"],
    ),
    (
        "P8: one code confirms, and its step is consumed",
        &["p8_the_first_right_code_confirms_and_its_step_is_consumed"],
    ),
    (
        "P9: no outside service sees the URI",
        &["p9_default_parameters_are_left_out_and_the_debug_text_shows_nothing"],
    ),
];

#[test]
fn every_row_is_held_by_tests_that_exist() {
    let sources = [
        include_str!("emission.rs"),
        include_str!("import.rs"),
        include_str!("pending.rs"),
        include_str!("../src/label.rs"),
    ]
    .concat();
    for (row, tests) in ROWS {
        assert!(!tests.is_empty(), "{row}");
        for test in tests {
            let declared = format!("#[test]\nfn {test}()");
            let in_module = format!("#[test]\n    fn {test}()");
            assert!(
                sources.contains(&declared) || sources.contains(&in_module),
                "{row}: no test {test}"
            );
        }
    }
}
