//! What a subscriber and a recorder are told: enough for an operator, and no secret.
#![cfg(all(feature = "tracing", feature = "metrics"))]

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use loquet::store::MemoryStore;
use loquet::{Deliver, DeliveryError, Letter};
use loquet_testkit::fixture::{ANNE, Fixture};
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata as Of,
    Recorder, SharedString, Unit,
};
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

impl Scribe {
    /// Runs a story, and writes down what it tells.
    fn watch<T>(&self, story: impl Future<Output = T>) -> T {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().unwrap();
        tracing::subscriber::with_default(self.clone(), || runtime.block_on(story))
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

/// Writes down every metric with its labels and values, in the order in which they come.
#[derive(Clone, Default)]
struct Register(Arc<Mutex<Vec<(Key, f64)>>>);

/// One metric of a register.
struct Entry(Register, Key);

impl Entry {
    fn note(&self, value: f64) {
        self.0.0.lock().unwrap().push((self.1.clone(), value));
    }
}

impl CounterFn for Entry {
    fn increment(&self, value: u64) {
        self.note(value as f64);
    }

    fn absolute(&self, value: u64) {
        self.note(value as f64);
    }
}

impl GaugeFn for Entry {
    fn increment(&self, value: f64) {
        self.note(value);
    }

    fn decrement(&self, value: f64) {
        self.note(-value);
    }

    fn set(&self, value: f64) {
        self.note(value);
    }
}

impl HistogramFn for Entry {
    fn record(&self, value: f64) {
        self.note(value);
    }
}

impl Register {
    fn entry(&self, key: &Key) -> Arc<Entry> {
        Arc::new(Entry(self.clone(), key.clone()))
    }
}

impl Recorder for Register {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Of<'_>) -> Counter {
        self.entry(key).into()
    }

    fn register_gauge(&self, key: &Key, _: &Of<'_>) -> Gauge {
        self.entry(key).into()
    }

    fn register_histogram(&self, key: &Key, _: &Of<'_>) -> Histogram {
        self.entry(key).into()
    }
}

#[test]
fn spans_and_metrics_hold_no_secret() {
    let scribe = Scribe::default();
    let recorder = Register::default();
    let canaries = metrics::with_local_recorder(&recorder, || {
        scribe.watch(async {
            let fixture = Fixture::over(MemoryStore::new()).await;
            loquet_testkit::canaries::story(&fixture).await.0
        })
    });
    let mut told = scribe.0.lock().unwrap().clone();
    for line in [
        "DEBUG loquet.operation name=\"log_in\" account=00000000000000000000000000000001\n",
        " verdict=\"GRANTED\"\n",
        " verdict=\"UNKNOWN_ACCOUNT\"\n",
        "name=\"reset\"",
    ] {
        assert!(told.contains(line), "{line:?} in {told}");
    }
    let mut granted = 0.0;
    for (key, value) in &*recorder.0.lock().unwrap() {
        writeln!(told, "{key:?} {value}").unwrap();
        let mut labels = key.labels().map(|label| label.value());
        if key.name() == "loquet_operations_total" && labels.any(|value| value == "GRANTED") {
            granted += value;
        }
    }
    assert!(granted > 15.0, "{told}");
    for name in [
        "loquet_operation_seconds",
        "loquet_letters_total",
        "loquet_notices_waiting",
    ] {
        assert!(told.contains(name), "{name}");
    }
    loquet_testkit::canaries::assert_absent(&canaries, "what an operator sees", told.as_bytes());
}

/// What a mail server can answer: its reply goes on with a line that looks like one of the log.
struct Refusing;

const FORGED: &str = "no such user\r\nINFO loquet.operation verdict=\"FORGED\"";

impl Deliver for Refusing {
    async fn deliver(&self, letter: &Letter) -> Result<(), DeliveryError> {
        Err(match letter.to == ANNE.into() {
            true => DeliveryError::Permanent(FORGED.into()),
            false => DeliveryError::Temporary(FORGED.into()),
        })
    }
}

/// OWASP ASVS 16.4.1.
#[test]
fn no_input_begins_a_line_of_log() {
    let scribe = Scribe::default();
    scribe.watch(async {
        let fixture = Fixture::over(MemoryStore::new()).await;
        let (_, session) = fixture.imposed().await;
        let (mfa, client) = (&fixture.mfa, Fixture::client());
        let anne = fixture.user(&session).await;
        let admin = mfa.admin(&anne);
        assert!(admin.set_access_rules(FORGED, FORGED).await.is_err());
        assert!(fixture.verify(&session, FORGED).await.is_err());
        let begun = mfa.begin_enrollment(&session, FORGED, client).await;
        assert!(begun.is_err());
        let found = mfa.provision().find(FORGED).await;
        assert_eq!(found.unwrap(), None);
        let round = fixture.operator.deliver(&Refusing).await.unwrap();
        assert!(round.failed > 0 && round.fault.is_some(), "{round:?}");
    });
    let told = scribe.0.lock().unwrap();
    assert!(told.contains("FORGED"), "what a mail server says is told");
    for line in told.lines() {
        assert!(!line.starts_with(FORGED.lines().last().unwrap()), "{told}");
    }
}
