//! Break-glass: the envelope with the code, for an organization whose last administrator lost the phone.

use loquet::Refusal;
use loquet_policy::{Event, limits};

use crate::fixture::{ANNE, BRUNO, Fixture, refusal};
use crate::letters::{post, to};

/// A stolen envelope is of no use while one administrator can log in.
pub async fn any_administrators_code_stops_break_glass(fixture: Fixture) {
    let session = fixture.log_in(ANNE).await.session;
    let break_glass = fixture.enable(&fixture.user(&session).await).await;
    let (phone, _) = fixture.enroll(&session).await;
    let bruno = fixture.log_in(BRUNO).await.session;
    fixture.enroll(&bruno).await;
    post(&fixture).await;
    let operator = &fixture.operator;
    let open = || operator.open_break_glass(BRUNO.into(), break_glass.as_str());
    let ready = open().await.unwrap();
    assert!(matches!(refusal(open().await), Refusal::AlreadyOpen { .. }));
    let letters = post(&fixture).await;
    let opening = Event::BreakGlassOpening {
        account: BRUNO.into(),
        ready,
    };
    for administrator in [ANNE, BRUNO] {
        assert!(
            to(&letters, administrator)
                .iter()
                .any(|letter| letter.event == opening)
        );
    }
    fixture.enter(ANNE, &phone).await;
    fixture.clock.advance(limits::BREAK_GLASS);
    let collected = operator.collect_reset_code(BRUNO.into(), break_glass.as_str());
    assert_eq!(refusal(collected.await).code(), "NO_BREAK_GLASS_CODE");
    let letters = post(&fixture).await;
    assert!(
        letters
            .iter()
            .any(|letter| letter.event == Event::BreakGlassCancelled { by: ANNE.into() })
    );
    // The code lies in its envelope again; ten wrong ones void it.
    for _ in 0..10 {
        let wrong = operator.open_break_glass(BRUNO.into(), "nonsense").await;
        assert_eq!(refusal(wrong), Refusal::WrongBreakGlassCode);
    }
    assert_eq!(refusal(open().await).code(), "NO_BREAK_GLASS_CODE");
}
