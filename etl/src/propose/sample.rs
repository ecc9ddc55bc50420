//! Tables as far as they are looked at: some rows of some files.

use std::collections::BTreeSet;

use clio_proto::{CsvOptions, Format};
use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::logical_expr::ident;
use datafusion::prelude::SessionContext;
use url::Url;

use super::columns::{self, Column, Kind, NOTHING};
use super::tables::Found;
use super::words;
use crate::error::{During, EtlError, TableName};
use crate::input::source::files::{FOLDER_COLUMN, stem_of};
use crate::input::source::{FILE_COLUMN, Listed, Piece, Table, is_public};

/// The most files of a table of which rows are read.
pub(super) const MAX_FILES: usize = 8;
/// The most rows of a table that are read, in equal parts of each of these files, from its beginning.
pub(super) const MAX_ROWS: usize = 100_000;
/// The most different words in a place of file names for these to be values.
const MAX_WORDS: usize = 50;
const STEP: &str = "looking at a sample";

/// What is looked at, in words for people.
pub fn bound_of_looking() -> String {
    format!(
        "{} thousand rows of a table at most, from {} files at most",
        MAX_ROWS / 1_000,
        MAX_FILES
    )
}

/// A table with a sample of its rows.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) found: Found,
    pub(super) n_files: usize,
    pub(super) size_bytes: u64,
    /// All files lie in `dt=` folders.
    pub(super) has_folders: bool,
    pub(super) n_rows: usize,
    /// The sample is all there is.
    pub(super) is_whole: bool,
    pub(super) columns: Vec<Column>,
    /// Words in the places of file names, as columns whose names are the SQL of it.
    pub(super) parts: Vec<Column>,
    /// Words that stand for nothing, which a model has to name.
    pub(super) nothing: Vec<&'static str>,
}

impl Sample {
    /// Reads as much as the bounds allow.
    pub(super) async fn read(ctx: &SessionContext, found: Found) -> Result<Self, EtlError> {
        let mut found = found;
        let first = Self::read_as(ctx, &found, false).await;
        let first = match first {
            Ok(first) => Ok(first),
            Err(error) => Self::read_with_another_sign(ctx, &mut found).await.ok_or(error),
        };
        let mut first = first?;
        // Without times it is no table of events: each folder of a day is a whole state of what is known.
        if first.has_folders && !first.columns.iter().any(|it| matches!(it.kind, Kind::Time(_))) {
            first = Self::read_as(ctx, &found, true).await?;
        }
        // A file with one column, whose name holds another sign between fields, has that sign.
        let Format::Csv(_) = &found.format else { return Ok(first) };
        let only = first.columns.iter().filter(|column| column.name != FILE_COLUMN);
        let names: Vec<_> = only.map(|column| column.name.clone()).collect();
        let [name] = names.as_slice() else { return Ok(first) };
        let Some(sign) =
            [b';', b'\t', b'|'].into_iter().find(|&sign| name.contains(char::from(sign)))
        else {
            return Ok(first);
        };
        found.format = Format::Csv(CsvOptions { delimiter: sign, ..CsvOptions::default() });
        Self::read_as(ctx, &found, first.has_folders).await
    }

    /// Reads a CSV file that commas do not take apart: between its fields is another sign, and commas are in numbers.
    async fn read_with_another_sign(ctx: &SessionContext, found: &mut Found) -> Option<Self> {
        if !matches!(&found.format, Format::Csv(options) if *options == CsvOptions::default()) {
            return None;
        }
        for sign in [b';', b'\t', b'|'] {
            found.format = Format::Csv(CsvOptions { delimiter: sign, ..CsvOptions::default() });
            if let Ok(sample) = Self::read_as(ctx, found, false).await
                && sample.columns.iter().filter(|column| column.name != FILE_COLUMN).count() > 1
            {
                return Some(sample);
            }
        }
        None
    }

    async fn read_as(
        ctx: &SessionContext,
        found: &Found,
        is_last_day_alone: bool,
    ) -> Result<Self, EtlError> {
        let table_name = TableName::Source(found.name.clone());
        let base = Url::parse("file:///").expect("it is an address");
        let listed = Listed::list(ctx, table_name, &found.file_set(), &base, None).await?;
        let (n_files, has_folders) = (listed.pieces.len(), listed.is_by_day());
        let size_bytes = listed.pieces.iter().map(Piece::size_bytes).sum();
        let stems: Vec<String> =
            listed.pieces.iter().map(|file| stem_of(file).to_owned()).collect();
        let last_day = listed.pieces.iter().map(|file| file.day()).max().flatten();
        let is_read = |file: &&Piece| !is_last_day_alone || file.day() == last_day;
        let files: Vec<_> = listed.pieces.iter().filter(is_read).cloned().collect();
        let chosen = evenly(&files);
        let table = Table::of(ctx, listed, chosen.clone()).await?;
        let n_rows_each = MAX_ROWS / chosen.len().max(1);
        let mut is_whole = chosen.len() == files.len();
        let mut batches = Vec::new();
        let mut n_rows = 0;
        for file in chosen {
            let frame = table.frame(ctx, table.provider(vec![file], 1))?;
            let names = frame.schema().fields().iter().map(|field| field.name());
            let names = names.filter(|name| is_public(name) && *name != FOLDER_COLUMN);
            let shown: Vec<_> = names.map(ident).collect();
            let frame = frame.select(shown).during(STEP)?;
            let read =
                frame.limit(0, Some(n_rows_each)).during(STEP)?.collect().await.during(STEP)?;
            let n_read: usize = read.iter().map(RecordBatch::num_rows).sum();
            is_whole &= n_read < n_rows_each;
            n_rows += n_read;
            batches.extend(read);
        }
        let mut columns = columns::of_batches(&batches)?;
        let parts = parts(&columns, &stems);
        columns.retain(|column| column.name != FILE_COLUMN && !column.name.trim().is_empty());
        let nothing = match &found.format {
            Format::Csv(_) => nothing_of(&batches, &columns)?,
            Format::Parquet | Format::Ndjson => Vec::new(),
        };
        Ok(Self {
            name: words::name_of(&found.name),
            found: found.clone(),
            n_files,
            size_bytes,
            has_folders,
            n_rows,
            is_whole,
            columns,
            parts,
            nothing,
        })
    }

    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// Some of the files, from the first to the last.
fn evenly(files: &[Piece]) -> Vec<Piece> {
    let n_taken = files.len().min(MAX_FILES);
    let last = files.len().saturating_sub(1);
    let index = |taken: usize| if n_taken < 2 { 0 } else { taken * last / (n_taken - 1) };
    (0..n_taken).map(|taken| files[index(taken)].clone()).collect()
}

/// Words for nothing that stand among numbers and times.
fn nothing_of(batches: &[RecordBatch], columns: &[Column]) -> Result<Vec<&'static str>, EtlError> {
    let mut found = BTreeSet::new();
    for column in columns {
        if matches!(column.kind, Kind::Text | Kind::List | Kind::Parts(_) | Kind::Other) {
            continue;
        }
        for batch in batches {
            let Some(array) = batch.column_by_name(&column.name) else { continue };
            let texts = cast(array, &DataType::Utf8).during(STEP)?;
            let texts = texts.as_string::<i32>();
            let is_one = |text: &str| NOTHING.iter().position(|&nothing| nothing == text);
            found.extend(texts.iter().flatten().filter_map(is_one));
        }
    }
    Ok(found.into_iter().map(|index| NOTHING[index]).collect())
}

/// The words in each place of the files' names, where all have as many, and some place says something.
fn parts(columns: &[Column], stems: &[String]) -> Vec<Column> {
    let Some(file) = columns.iter().find(|column| column.name == FILE_COLUMN) else {
        return Vec::new();
    };
    if stems.len() < 2 {
        return Vec::new();
    }
    let is_word = |word: &str| !word.is_empty() && !word.contains(|c: char| c.is_ascii_digit());
    for sign in ['-', '_'] {
        let n_places = stems[0].split(sign).count();
        if n_places < 2 || stems.iter().any(|stem| stem.split(sign).count() != n_places) {
            continue;
        }
        let mut found = Vec::new();
        for place in 0..n_places {
            let word = |stem: &str| stem.split(sign).nth(place).unwrap_or_default().to_owned();
            let words: BTreeSet<_> = stems.iter().map(|stem| word(stem)).collect();
            if (2..=MAX_WORDS).contains(&words.len()) && words.iter().all(|word| is_word(word)) {
                let sql = format!("split_part({FILE_COLUMN}, '{sign}', {})", place + 1);
                let values = file.codes.iter().map(|&code| match code {
                    0 => None,
                    code => Some(word(&file.values[code as usize])),
                });
                found.push(Column::computed(sql, values));
            }
        }
        return found;
    }
    let words: BTreeSet<_> = stems.iter().collect();
    if (2..=MAX_WORDS).contains(&words.len()) && words.iter().all(|word| is_word(word)) {
        let mut whole = file.clone();
        whole.kind = Kind::Text;
        return vec![whole];
    }
    Vec::new()
}
