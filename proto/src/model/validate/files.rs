//! Where files are and how they are written: the keys that sources and lookups share.

use strum::VariantArray;

use super::{need, refuse};
use crate::model::files::FormatName;
use crate::model::problems::{Problems, choose};
use crate::model::raw::{Entry, Place, RawCsv, RawFiles};
use crate::model::{ColumnType, CsvOptions, FileSet, Format, OnBadRows};

/// The column that holds its file's name in every row.
const FILE_COLUMN: &str = "_file";

/// Whether a table must name its format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FormatKey {
    /// It must.
    Required,
    /// Otherwise the address's extension decides; without a known one it is Parquet.
    ByEnding,
}

/// Validates the keys of one table.
pub(super) fn validate(
    place: &Place,
    raw: &RawFiles,
    format_key: FormatKey,
    problems: &mut Problems,
) -> Option<FileSet> {
    let mend = "say where the files are: a file, or a folder that ends in `/`";
    let url = need(place, "url", &raw.url, mend, problems);
    let format = format(place, raw, format_key, problems);
    validate_patterns(place, raw, problems);
    validate_columns(place, raw, problems);
    let types = types(place, raw, problems);
    Some(FileSet {
        url: url?.clone(),
        format: format?,
        patterns: optional(&raw.files)?,
        columns: optional(&raw.columns)?,
        types: types?,
        late_days: None,
        on_bad_rows: OnBadRows::Fail,
    })
}

/// The value, or the empty default if there is none; `None` if it is wrong.
fn optional<T: Clone + Default>(entry: &Entry<T>) -> Option<T> {
    match entry {
        Entry::Absent => Some(T::default()),
        Entry::Bad => None,
        Entry::Given(at) => Some(at.value.clone()),
    }
}

fn format(
    place: &Place,
    raw: &RawFiles,
    format_key: FormatKey,
    problems: &mut Problems,
) -> Option<Format> {
    let mend = "say how the files are written: `parquet`, `csv` or `ndjson`";
    let name = match (&raw.format, format_key) {
        (Entry::Absent, FormatKey::ByEnding) => by_ending(raw.url.value()?),
        (entry, _) => {
            let written = need(place, "format", entry, mend, problems)?;
            let mut names = FormatName::VARIANTS.iter().copied();
            let Some(name) = names.find(|own| own.as_str() == written) else {
                let what = format!("`{written}` is not a format");
                let mend = choose(written, FormatName::VARIANTS.iter().map(|own| own.as_str()));
                problems.report(entry.line_or(place.line), place.key("format"), what, mend);
                return None;
            };
            name
        }
    };
    let format = match name {
        FormatName::Parquet => Format::Parquet,
        FormatName::Ndjson => Format::Ndjson,
        FormatName::Csv => {
            return match &raw.csv {
                Entry::Absent => Some(Format::Csv(CsvOptions::default())),
                Entry::Bad => None,
                Entry::Given(at) => csv(&at.value, problems).map(Format::Csv),
            };
        }
    };
    let what = format!("has no meaning for the format `{}`", name.as_str());
    refuse(place, "csv", &raw.csv, &what, "remove it, or set `format = \"csv\"`", problems);
    Some(format)
}

fn by_ending(url: &str) -> FormatName {
    let ending = url.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    match ending.as_deref() {
        Some("csv") => FormatName::Csv,
        Some("ndjson" | "jsonl" | "json") => FormatName::Ndjson,
        _ => FormatName::Parquet,
    }
}

fn csv(raw: &RawCsv, problems: &mut Problems) -> Option<CsvOptions> {
    let default = CsvOptions::default();
    let delimiter = byte(raw, "delimiter", &raw.delimiter, default.delimiter, problems);
    let quote = match &raw.quote {
        Entry::Absent => Some(default.quote),
        Entry::Given(at) if at.value.is_empty() => Some(None),
        entry => byte(raw, "quote", entry, b'"', problems).map(Some),
    };
    if let (Some(delimiter), Some(Some(quote))) = (delimiter, quote)
        && delimiter == quote
    {
        let line = raw.quote.line_or(raw.delimiter.line_or(raw.place.line));
        let what = "is the same character as the delimiter";
        problems.report(line, raw.place.key("quote"), what, "choose two different ones");
        return None;
    }
    Some(CsvOptions {
        header: match &raw.header {
            Entry::Absent => default.header,
            Entry::Bad => return None,
            Entry::Given(at) => at.value,
        },
        delimiter: delimiter?,
        quote: quote?,
        nulls: match &raw.null {
            Entry::Absent => default.nulls,
            Entry::Bad => return None,
            Entry::Given(at) => at.value.clone(),
        },
    })
}

fn byte(
    raw: &RawCsv,
    key: &str,
    entry: &Entry<String>,
    default: u8,
    problems: &mut Problems,
) -> Option<u8> {
    let at = match entry {
        Entry::Absent => return Some(default),
        Entry::Bad => return None,
        Entry::Given(at) => at,
    };
    match at.value.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r') => Some(*byte),
        _ => {
            let what = format!("{:?} is not one ASCII character", at.value);
            let mend = "write one character, such as `\";\"` or `\"\\t\"`";
            problems.report(at.line, raw.place.key(key), what, mend);
            None
        }
    }
}

fn validate_patterns(place: &Place, raw: &RawFiles, problems: &mut Problems) {
    if let (Some(at), Some(url)) = (raw.files.given(), raw.url.value())
        && !url.ends_with('/')
    {
        let what = format!("patterns choose among the files of a folder, but `{url}` is a file");
        let mend = format!("remove it, or write the folder as `url = \"{url}/\"`");
        problems.report(at.line, place.key("files"), what, mend);
    }
}

/// The declared types of the files' own columns.
fn types(
    place: &Place,
    raw: &RawFiles,
    problems: &mut Problems,
) -> Option<Vec<(String, ColumnType)>> {
    let at = match &raw.types {
        Entry::Absent => return Some(Vec::new()),
        Entry::Bad => return None,
        Entry::Given(at) => at,
    };
    let mut types = Vec::new();
    for (name, declared) in &at.value {
        let inner = declared.value.strip_prefix("list<").and_then(|it| it.strip_suffix('>'));
        let inner = inner.unwrap_or(&declared.value);
        match declared.value.parse::<ColumnType>() {
            Ok(found) if ColumnType::NAMES.contains(&inner) => types.push((name.clone(), found)),
            _ => {
                let key = place.key(&format!("types.{name}"));
                let what = format!("`{}` is not a column type", declared.value);
                let mend = format!("{}; for lists, `list<text>`", choose(inner, ColumnType::NAMES));
                problems.report(declared.line, key, what, mend);
            }
        }
    }
    (types.len() == at.value.len()).then_some(types)
}

fn validate_columns(place: &Place, raw: &RawFiles, problems: &mut Problems) {
    let Some(at) = raw.columns.given() else {
        return;
    };
    if at.value.iter().any(|(name, _)| name == FILE_COLUMN) {
        let what = format!("`{FILE_COLUMN}` already exists: it holds the file's name");
        problems.report(at.line, place.key("columns"), what, "choose another name");
    }
}
