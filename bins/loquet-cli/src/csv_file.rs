//! CSV files: a header line, then a row a line.

use csv::StringRecord;
use serde::de::DeserializeOwned;

use crate::input;

/// A row with the number of its line, or what is wrong with it.
type Row<T> = (u64, Result<T, String>);

/// The column names, each as `name` has it, and the rows with their line numbers. What is wrong with one row is told of
/// that row, without its line; the error is about the header line. Blanks around a field are left out, but not in the
/// column `exact`: another user may be called the same without them. A field of several lines is refused: no column needs one,
/// and an unclosed quote takes in whole rows.
pub(crate) fn rows<T: DeserializeOwned>(
    text: &str,
    name: impl Fn(&str) -> String,
    exact: &'static str,
) -> Result<(StringRecord, impl Iterator<Item = Row<T>>), String> {
    rows_where(text, name, exact, on_one_line)
}

/// As [`rows`], with fields that may go over several lines, as notes do.
pub(crate) fn rows_with_notes<T: DeserializeOwned>(
    text: &str,
) -> Result<(StringRecord, impl Iterator<Item = Row<T>>), String> {
    rows_where(text, str::to_owned, "", |_| Ok(()))
}

fn rows_where<T: DeserializeOwned>(
    text: &str,
    name: impl Fn(&str) -> String,
    exact: &'static str,
    is_right: fn(&str) -> Result<(), String>,
) -> Result<(StringRecord, impl Iterator<Item = Row<T>>), String> {
    let mut rows = csv::ReaderBuilder::new()
        .trim(csv::Trim::Headers)
        .from_reader(text.as_bytes());
    let headers = rows.headers().map_err(|why| said(&why))?;
    let headers: StringRecord = headers.iter().map(name).collect();
    let mut numbers = LineNumbers::of(text);
    let names = headers.clone();
    let rows = rows.into_records().map(move |record| {
        let line = numbers.of_record(match &record {
            Ok(record) => record.position(),
            Err(why) => why.position(),
        });
        let row = record.map_err(|why| said(&why)).and_then(|record| {
            record.iter().try_for_each(input::without_mark)?;
            record.iter().try_for_each(is_right)?;
            let fields = record.iter().zip(&names);
            let record: StringRecord = fields
                .map(|(field, name)| if name == exact { field } else { field.trim() })
                .collect();
            let row = record.deserialize(Some(&names));
            row.map_err(|why| in_its_column(&why, &names))
        });
        (line, row)
    });
    Ok((headers, rows))
}

fn on_one_line(field: &str) -> Result<(), String> {
    if field.contains(['\r', '\n']) {
        let why = "a field goes on in the next line: is the quote before it closed? What follows up to the next quote was \
                   not read";
        return Err(why.to_owned());
    }
    Ok(())
}

/// What is wrong with a field, after the name of its column.
fn in_its_column(why: &csv::Error, names: &StringRecord) -> String {
    let column = match why.kind() {
        csv::ErrorKind::Deserialize { err, .. } => err.field(),
        _ => None,
    };
    let column = column.and_then(|at| names.get(usize::try_from(at).ok()?));
    match column {
        Some(column) => format!("{}: {}", column.escape_debug(), said(why)),
        None => said(why),
    }
}

/// The error of a row, without the place that is told beside it.
fn said(why: &csv::Error) -> String {
    match why.kind() {
        csv::ErrorKind::Deserialize { err, .. } => err.kind().to_string(),
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("expected {expected_len} fields as in the first line, found {len}"),
        _ => why.to_string(),
    }
}

/// Numbers the lines of a CSV file. The reader's own numbers are those of the line before where lines end in CR LF, and
/// where blank lines come first.
struct LineNumbers<'t> {
    text: &'t str,
    /// The bytes that were counted, and the number of the line there.
    at: usize,
    line: u64,
}

impl<'t> LineNumbers<'t> {
    const fn of(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            line: 1,
        }
    }

    /// The line of the record that begins here, after the one that was asked for before.
    fn of_record(&mut self, position: Option<&csv::Position>) -> u64 {
        let start = position.map_or(0, csv::Position::byte);
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        let rest = self.text.as_bytes().iter().enumerate().skip(self.at);
        for (at, byte) in rest {
            if at >= start && !matches!(byte, b'\r' | b'\n') {
                break;
            }
            self.line = self.line.saturating_add(u64::from(*byte == b'\n'));
            self.at = at.saturating_add(1);
        }
        self.line
    }
}
