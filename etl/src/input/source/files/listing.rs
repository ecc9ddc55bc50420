//! The files of a source: found through the object store, pruned by `dt=` folder, matched by name.

use std::sync::Arc;

use clio_proto::{FileSet, Format};
use datafusion::scalar::ScalarValue;
use futures::future::BoxFuture;
use jiff::civil::Date;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use url::{Position, Url};
use wildmatch::WildMatch;

use clio_lake::is_transient;

use super::FOLDER_COLUMN;
use super::compression::Compression;
use crate::epoch::number_of;
use crate::error::{ReadError, TableName};
use crate::input::source::{FILE_COLUMN, PIECE_DAY_COLUMN, PieceDays};

/// One file of a source or lookup: a piece of this origin.
#[derive(Debug, Clone)]
pub(super) struct SourceFile {
    pub(super) meta: ObjectMeta,
    /// The part of the file's address before its location: `/`, or `s3://bucket/`.
    pub(super) store: Arc<str>,
    /// The day of the `dt=` folder that the file is in.
    pub(super) folder_day: Option<Date>,
    /// The keys and values of its other `key=value` folders, outermost first.
    pub(super) partitions: Arc<[(String, Option<String>)]>,
}

impl SourceFile {
    /// The path by which messages name the file.
    pub(super) fn path(&self) -> String {
        format!("{}{}", self.store, self.meta.location)
    }

    /// Its path below a folder; `None` if it is elsewhere.
    pub(super) fn below(&self, root: &Path) -> Option<String> {
        let parts: Vec<_> = self.meta.location.prefix_match(root)?.collect();
        Some(parts.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join("/"))
    }

    /// Identifies the file in its current state, as one line: its path below `root`, its size, and its tag, or the
    /// time of its last change where the storage's tags are of no use.
    pub(super) fn identity(&self, root: &Path, url: &Url) -> String {
        let path = self.below(root).unwrap_or_else(|| self.meta.location.to_string());
        let age = match &self.meta.e_tag {
            // A local file's tag holds its inode, which a copy of the folder changes.
            Some(tag) if url.scheme() != "file" => tag.clone(),
            _ => self.meta.last_modified.timestamp_micros().to_string(),
        };
        format!("{path} {} {age}", self.meta.size)
    }

    fn file_name(&self) -> &str {
        self.meta.location.filename().unwrap_or_default()
    }

    /// The name without folder and extension.
    pub(super) fn stem(&self) -> &str {
        let name = self.file_name();
        let (name, _) = Compression::split(name);
        name.rsplit_once('.').map_or(name, |(stem, _)| stem)
    }

    pub(super) fn compression(&self) -> Option<Compression> {
        Compression::split(self.file_name()).1
    }

    /// Whether it is on a file system, where a file may change in place.
    pub(super) fn is_local(&self) -> bool {
        &*self.store == "/"
    }

    /// The value of one of the virtual columns.
    pub(super) fn virtual_value(&self, column: &str) -> ScalarValue {
        match column {
            FILE_COLUMN => ScalarValue::Utf8(Some(self.stem().to_owned())),
            FOLDER_COLUMN => ScalarValue::Utf8(self.folder_day.map(|day| day.to_string())),
            PIECE_DAY_COLUMN => ScalarValue::Date32(self.folder_day.map(number_of)),
            folder => {
                let found = self.partitions.iter().rev().find(|(name, _)| name == folder);
                ScalarValue::Utf8(found.and_then(|(_, value)| value.clone()))
            }
        }
    }
}

/// What is found at the address of a source or lookup.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The files to read, in the order of their paths.
    pub(super) files: Vec<SourceFile>,
    /// Paths of files that are not read, since their names do not end like those of the format.
    pub(super) left_out: Vec<String>,
}

/// Lists the files; at least one.
pub(super) async fn list(
    store: &dyn ObjectStore,
    name: &TableName,
    file_set: &FileSet,
    url: &Url,
    days: PieceDays,
) -> Result<Found, ReadError> {
    let failed = |reason: String, is_transient| ReadError::Storage {
        table: name.clone(),
        url: url.to_string(),
        reason,
        is_transient,
    };
    let root = Path::from_url_path(url.path()).map_err(|error| failed(error.to_string(), false))?;
    let name_of_store: Arc<str> = match url.scheme() {
        "file" => "/".into(),
        _ => format!("{}/", &url[..Position::BeforePath]).into(),
    };
    if !url.path().ends_with('/')
        && let Ok(meta) = store.head(&root).await
    {
        let partitions = Arc::default();
        let file = SourceFile { meta, store: name_of_store, folder_day: None, partitions };
        return Ok(Found { files: vec![file], left_out: Vec::new() });
    }
    let mut walk =
        Walk { store, name_of_store, days: &days, n_entries: 0, foreign: None, files: Vec::new() };
    walk.folder(root, None, Arc::default())
        .await
        .map_err(|error| failed(error.to_string(), is_transient(&error)))?;
    let Walk { n_entries, foreign, files, .. } = walk;
    if let Some(kind) = foreign {
        let reason = format!(
            "it is {kind} table, whose removed files would be counted too; write its rows as plain \
             files"
        );
        return Err(failed(reason, false));
    }
    if n_entries == 0 {
        return Err(ReadError::NoFiles { table: name.clone(), url: url.to_string() });
    }
    let wanted = Names::of(file_set);
    let n_files = files.len();
    let (mut files, others): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|file| wanted.match_name(file.file_name()));
    if files.is_empty() && n_files > 0 {
        return Err(ReadError::NoFileMatches {
            table: name.clone(),
            url: url.to_string(),
            n_files,
            expected: wanted.description,
        });
    }
    // An empty text file has no rows; an empty Parquet file is damaged, and will be reported.
    files.retain(|file| file.meta.size > 0 || file_set.format == Format::Parquet);
    files.sort_by(|a, b| a.meta.location.cmp(&b.meta.location));
    // Files that patterns exclude are excluded on purpose.
    let is_by_ending = file_set.patterns.is_empty();
    let mut left_out: Vec<String> =
        others.iter().filter(|_| is_by_ending).map(SourceFile::path).collect();
    left_out.sort_unstable();
    Ok(Found { files, left_out })
}

struct Walk<'a> {
    store: &'a dyn ObjectStore,
    name_of_store: Arc<str>,
    days: &'a PieceDays,
    /// Files and folders seen, whether used or not.
    n_entries: usize,
    /// Another kind of table, whose files are known only to its own log.
    foreign: Option<&'static str>,
    files: Vec<SourceFile>,
}

impl Walk<'_> {
    /// Collects a folder's files and those below it; `dt=` folders of other days are skipped.
    fn folder(
        &mut self,
        folder: Path,
        folder_day: Option<Date>,
        partitions: Arc<[(String, Option<String>)]>,
    ) -> BoxFuture<'_, object_store::Result<()>> {
        Box::pin(async move {
            let listed = self.store.list_with_delimiter(Some(&folder)).await?;
            self.n_entries += listed.common_prefixes.len() + listed.objects.len();
            for meta in listed.objects {
                if is_iceberg_metadata(&meta.location) {
                    self.foreign = Some("an Iceberg");
                }
                if !meta.location.filename().is_none_or(is_hidden) {
                    let store = Arc::clone(&self.name_of_store);
                    let partitions = Arc::clone(&partitions);
                    self.files.push(SourceFile { meta, store, folder_day, partitions });
                }
            }
            for folder in listed.common_prefixes {
                let name = folder.filename().unwrap_or_default();
                match name {
                    "_delta_log" => self.foreign = Some("a Delta"),
                    ".hoodie" => self.foreign = Some("a Hudi"),
                    _ => {}
                }
                if is_hidden(name) {
                    continue;
                }
                let day = name.strip_prefix("dt=").and_then(|text| text.parse::<Date>().ok());
                let is_wanted = match (day, self.days) {
                    (Some(day), Some(days)) => days.contains(&day),
                    _ => true,
                };
                if is_wanted {
                    let partitions = match partition(name) {
                        Some(own) => partitions.iter().cloned().chain([own]).collect(),
                        None => Arc::clone(&partitions),
                    };
                    self.folder(folder, day.or(folder_day), partitions).await?;
                }
            }
            Ok(())
        })
    }
}

/// The meaning of a folder `key=value`, as Hive and Spark write it; `dt` has a meaning of its own.
fn partition(folder: &str) -> Option<(String, Option<String>)> {
    let (key, value) = folder.split_once('=')?;
    if key.is_empty() || key == FOLDER_COLUMN {
        return None;
    }
    let is_null = value.is_empty() || value == "__HIVE_DEFAULT_PARTITION__";
    Some((unescaped(key), (!is_null).then(|| unescaped(value))))
}

/// Decodes text in which `%2F` stands for `/`.
fn unescaped(text: &str) -> String {
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::with_capacity(text.len()), 0);
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if bytes[at] == b'%' => {
                out.push(byte);
                at += 3;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// Whether a file describes an Iceberg table.
fn is_iceberg_metadata(path: &Path) -> bool {
    let mut parts: Vec<_> = path.parts().collect();
    let name = parts.pop();
    let is_description = name.is_some_and(|name| {
        name.as_ref().ends_with(".metadata.json") || name.as_ref() == "version-hint.text"
    });
    is_description && parts.last().is_some_and(|folder| folder.as_ref() == "metadata")
}

/// Logs and markers of other tools (`_delta_log`, `_SUCCESS`, `.crc`), as Spark and Hive define them.
pub(crate) fn is_hidden(name: &str) -> bool {
    name.starts_with(['_', '.'])
}

/// The name without its extensions, and the format that a model without `files` would read the file as; `None` if
/// none.
pub(crate) fn format_of(name: &str) -> Option<(&str, Format)> {
    let (plain, compression) = Compression::split(name);
    let (stem, ending) = plain.rsplit_once('.').filter(|_| !is_hidden(name))?;
    let format = match ending.to_ascii_lowercase().as_str() {
        "parquet" if compression.is_none() => Format::Parquet,
        "csv" => Format::Csv(clio_proto::CsvOptions::default()),
        "ndjson" | "jsonl" | "json" => Format::Ndjson,
        _ => return None,
    };
    Some((stem, format))
}

/// The names that files may have: in a pattern `*` is any text, `?` any character, everything else is literal.
struct Names {
    patterns: Vec<WildMatch>,
    description: String,
}

impl Names {
    fn of(file_set: &FileSet) -> Self {
        let endings: &[&str] = match file_set.format {
            Format::Parquet => &["*.parquet"],
            Format::Csv(_) => &["*.csv"],
            Format::Ndjson => &["*.ndjson", "*.jsonl", "*.json"],
        };
        let is_by_ending = file_set.patterns.is_empty();
        let mut globs = file_set.patterns.clone();
        if is_by_ending {
            globs.extend(endings.iter().map(|&ending| ending.to_owned()));
        }
        let description = globs.iter().map(|glob| format!("`{glob}`")).collect::<Vec<_>>();
        if is_by_ending && file_set.format != Format::Parquet {
            for ending in endings {
                let endings = Compression::ENDINGS.iter();
                globs.extend(endings.map(|(compression, _)| format!("{ending}{compression}")));
            }
        }
        // Some systems write extensions in capitals; patterns of the model are taken literally.
        let pattern = |glob: &String| match is_by_ending {
            true => WildMatch::new_case_insensitive(glob),
            false => WildMatch::new(glob),
        };
        let patterns = globs.iter().map(pattern).collect();
        Self { patterns, description: description.join(" or ") }
    }

    fn match_name(&self, name: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clio_proto::CsvOptions;

    fn file(path: &str) -> SourceFile {
        let meta = ObjectMeta {
            location: Path::from(path),
            last_modified: Default::default(),
            size: 1,
            e_tag: None,
            version: None,
        };
        SourceFile { meta, store: "/".into(), folder_day: None, partitions: Arc::default() }
    }

    #[test]
    fn a_stem_has_neither_folder_nor_endings() {
        assert_eq!(file("a/dt=2026-01-01/bts-2024.csv.gz").stem(), "bts-2024");
        assert_eq!(file("a/part-0.parquet").stem(), "part-0");
        assert_eq!(file("a/plain").stem(), "plain");
    }

    #[test]
    fn names_match_patterns_or_else_the_formats_ending() {
        let file_set = |patterns: &[&str], format| FileSet {
            url: String::new(),
            patterns: patterns.iter().map(|&pattern| pattern.to_owned()).collect(),
            format,
            columns: Vec::new(),
            types: Vec::new(),
            late_days: None,
            on_bad_rows: Default::default(),
        };
        let csv = || Format::Csv(CsvOptions::default());
        let by_ending = Names::of(&file_set(&[], csv()));
        assert!(by_ending.match_name("a.csv") && by_ending.match_name("a.csv.gz"));
        assert!(!by_ending.match_name("a.csv.bak") && !by_ending.match_name("acsv"));
        assert!(by_ending.match_name("A.CSV") && by_ending.match_name("a.csv.GZ"));
        let by_pattern = Names::of(&file_set(&["bts-*.txt", "?.csv"], csv()));
        assert!(by_pattern.match_name("bts-2024.txt") && by_pattern.match_name("x.csv"));
        assert!(!by_pattern.match_name("bts-2024.txt.gz") && !by_pattern.match_name("xy.csv"));
        assert!(!by_pattern.match_name("BTS-2024.txt") && by_pattern.match_name("é.csv"));
        assert_eq!(by_pattern.description, "`bts-*.txt` or `?.csv`");
        let by_letters = Names::of(&file_set(&["[ab].(c+)", "{a,b}", "\\d"], csv()));
        assert!(by_letters.match_name("[ab].(c+)") && by_letters.match_name("{a,b}"));
        assert!(by_letters.match_name("\\d") && !by_letters.match_name("a"));
    }
}
