//! The manual, run line by line: what these files show is what the program prints.
//!
//! `TRYCMD=overwrite cargo test -p loquet-cli` writes what it prints now; read the difference.

#[test]
fn transcripts_match() {
    trycmd::TestCases::new()
        .case("tests/cmd/*.md")
        .case("tests/cmd/*.toml");
}
