//! What a subscriber and a recorder are told: enough for an operator, and no secret.
#![cfg(all(feature = "tracing", feature = "metrics"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly"
)]

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use loquet::store::MemoryStore;
use loquet_testkit::house::House;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Writes down everything that it is told, at every level.
#[derive(Clone, Default)]
struct Scribe(Arc<Mutex<String>>);

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Scribe {
    fn line(&self, metadata: &Metadata<'_>, visit: impl FnOnce(&mut Line<'_>)) {
        // The crates below have spans of their own; here it is about ours.
        let mut text = self.0.lock().unwrap();
        write!(text, "{} {}", metadata.level(), metadata.name()).unwrap();
        visit(&mut Line(&mut text));
        text.push('\n');
    }
}

impl Subscriber for Scribe {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("loquet")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        self.line(attributes.metadata(), |line| attributes.record(line));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Line(&mut self.0.lock().unwrap()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.line(event.metadata(), |line| event.record(line));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn spans_and_metrics_tell_what_happened_and_no_secret() {
    let scribe = Scribe::default();
    let recorder = DebuggingRecorder::new();
    let snapshots = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let canaries = tracing::subscriber::with_default(scribe.clone(), || {
        metrics::with_local_recorder(&recorder, || {
            runtime.block_on(async {
                let house = House::over(MemoryStore::new()).await;
                loquet_testkit::canaries::story(&house).await.0
            })
        })
    });
    let mut told = scribe.0.lock().unwrap().clone();
    for line in [
        "DEBUG loquet.ceremony what=\"log_in\" account=00000000000000000000000000000001\n",
        " verdict=\"GRANTED\"\n",
        " verdict=\"UNKNOWN_ACCOUNT\"\n",
        "what=\"reset\"",
    ] {
        assert!(told.contains(line), "{line:?} in {told}");
    }
    let mut granted = 0;
    for (key, _, _, value) in snapshots.snapshot().into_vec() {
        writeln!(told, "{key:?} {value:?}").unwrap();
        let name = key.key().name();
        let labels: Vec<_> = key.key().labels().map(|label| label.value()).collect();
        if name == "loquet_ceremonies_total" && labels.contains(&"GRANTED") {
            let DebugValue::Counter(count) = value else {
                panic!("{value:?}");
            };
            granted += count;
        }
    }
    assert!(granted > 15, "{told}");
    for name in [
        "loquet_ceremony_seconds",
        "loquet_letters_total",
        "loquet_notices_waiting",
    ] {
        assert!(told.contains(name), "{name}");
    }
    loquet_testkit::canaries::assert_absent(&canaries, "what an operator sees", told.as_bytes());
}
