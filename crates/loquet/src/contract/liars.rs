//! The suite against stores that break one rule each: a changed rule still finds its fault here.

mod liar;

use super::run;
use liar::{Lie, liar};

#[test]
fn honest_store_passes() {
    run(|| liar(Lie::None)).unwrap();
}

#[test]
fn every_lie_is_found_by_its_rule() {
    for (lie, rule) in [
        (Lie::WritesWhatIsStale, "one_stale_row_stops_the_whole"),
        (Lie::AuditsWhatIsStale, "one_stale_row_stops_the_whole"),
        (
            Lie::WritesWhatIsNotExpected,
            "a_row_not_expected_is_not_written",
        ),
        (Lie::KeepsVersions, "every_write_raises_the_version_by_one"),
        (Lie::FoldsCase, "external_ids_are_unique"),
        (Lie::SwallowsSecondAuditRecords, "audit_is_only_appended"),
        (Lie::DeliversByReading, "notices_stay_until_delivered"),
        (Lie::CountsNoticesAnew, "notices_stay_until_delivered"),
        (Lie::ForgetsWithoutLimit, "attempts_are_forgotten_by_age"),
        (Lie::ForgetsWithoutAge, "attempts_are_forgotten_by_age"),
        (
            Lie::ForgetsAuditUnasked,
            "audit_is_forgotten_only_as_the_books_say",
        ),
        (
            Lie::KeepsAuditForEver,
            "audit_is_forgotten_only_as_the_books_say",
        ),
        (Lie::ReplacesOutcomes, "an_attempt_has_one_outcome"),
        (Lie::EndsAfterOnePage, "pages_join_without_a_gap"),
        (Lie::RepeatsTheLastRow, "pages_join_without_a_gap"),
        (Lie::AnnouncesAnEmptyPage, "pages_join_without_a_gap"),
        (Lie::CutsTextsAtNul, "hostile_texts_come_back_unchanged"),
        (Lie::CutsLongTexts, "hostile_texts_come_back_unchanged"),
        (Lie::WrapsNumbers, "large_numbers_are_exact_or_refused"),
        (Lie::ChecksBeforeItWrites, "one_of_many_wins"),
        (
            Lie::ChecksReadsBeforeItWrites,
            "each_change_sees_all_before_it",
        ),
        (
            Lie::WritesInTwoHalves,
            "a_dropped_commit_is_whole_or_absent",
        ),
        (Lie::LoadsRowByRow, "a_load_sees_one_moment"),
        (Lie::PassesFailuresOn, "a_hopeless_change_fails_alone"),
        (Lie::LosesEveryHundredth, "one_of_many_wins"),
        (Lie::SaysBusy, "absent_rows_are_left_out"),
    ] {
        let broken = run(|| liar(lie)).expect_err(rule);
        assert_eq!(broken.rule, rule, "{broken}");
    }
}
