//! CSV by the `csv` crate, a record at a time.

use clio_proto::CsvOptions;
use csv::{ReaderBuilder, StringRecord};
use datafusion::common::{DataFusionError, Result};

use super::text::{self, of_file};
use super::{Opened, Rows, Value};
use crate::error::Place;

pub(super) fn read(opened: &Opened<'_>, options: &CsvOptions) -> Result<()> {
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).delimiter(options.delimiter);
    match options.quote {
        Some(quote) => builder.quote(quote),
        None => builder.quoting(false),
    };
    let mut reader = builder.from_reader(of_file(opened)?);
    let mut record = StringRecord::new();
    let next = |reader: &mut csv::Reader<_>, record: &mut StringRecord| {
        let read = reader.read_record(record);
        read.map_err(|error| failed(opened, error))
    };
    let mut is_read = next(&mut reader, &mut record)?;
    let names: Vec<String> = match options.header {
        true => record.iter().map(str::to_owned).collect(),
        false => (1..=record.len()).map(|number| format!("column_{number}")).collect(),
    };
    if options.header && is_read {
        is_read = next(&mut reader, &mut record)?;
    }
    let at: Vec<Option<usize>> =
        opened.wanted().map(|field| names.iter().position(|name| name == field.name())).collect();
    let mut rows = Rows::new(opened);
    while is_read {
        let line = record.position().map_or(0, csv::Position::line);
        let value = |column: usize, _: &str| match at[column].and_then(|at| record.get(at)) {
            Some(field) if !options.nulls.iter().any(|null| null == field) => {
                Value::Text(field.to_owned())
            }
            Some(_) | None => Value::Null,
        };
        if !rows.push(line, value)? {
            return Ok(());
        }
        is_read = next(&mut reader, &mut record)?;
    }
    rows.flush().map(|_| ())
}

fn failed(opened: &Opened<'_>, error: csv::Error) -> DataFusionError {
    let place = error.position().map_or(Place::Unknown, |at| Place::Line(at.line()));
    let reason = error.to_string();
    match error.into_kind() {
        csv::ErrorKind::Io(error) => text::failed(opened, error),
        _ => opened.bad_row(place, reason),
    }
}
