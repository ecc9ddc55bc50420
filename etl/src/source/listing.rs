//! The files of a source: found through the object store, pruned by `dt=` folder, matched by name.

use std::ops::RangeInclusive;
use std::sync::Arc;

use clio_proto::{FileSet, Format};
use datafusion::datasource::file_format::file_compression_type::FileCompressionType;
use datafusion::scalar::ScalarValue;
use futures::future::BoxFuture;
use jiff::civil::Date;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use regex::Regex;
use url::{Position, Url};

use clio_lake::is_transient;

use crate::error::{EtlError, TableName};
use crate::rollup::number_of;

/// The endings of compressed files, which any text format may carry behind its own.
const COMPRESSIONS: [(&str, FileCompressionType); 4] = [
    (".gz", FileCompressionType::GZIP),
    (".bz2", FileCompressionType::BZIP2),
    (".xz", FileCompressionType::XZ),
    (".zst", FileCompressionType::ZSTD),
];

/// The days of the `dt=` folders that are read; `None` for all. Files outside of such folders always are.
pub(crate) type FolderDays = Option<RangeInclusive<Date>>;

/// One file of a source or lookup.
#[derive(Debug, Clone)]
pub(crate) struct SourceFile {
    pub(crate) meta: ObjectMeta,
    /// What stands before the file's location in its address: `/`, or `s3://bucket/`.
    pub(crate) store: Arc<str>,
    /// The day of the `dt=` folder that the file lies in.
    pub(crate) folder_day: Option<Date>,
}

impl SourceFile {
    /// The path, as messages name the file.
    pub(crate) fn path(&self) -> String {
        format!("{}{}", self.store, self.meta.location)
    }

    /// What tells the file from any other state of it, as one line: where it lies below `root`, its size,
    /// and its tag, or the time of its last change where the storage's tags are of no use.
    pub(crate) fn identity(&self, root: &Path, url: &Url) -> String {
        let below: Option<Vec<_>> = self.meta.location.prefix_match(root).map(Iterator::collect);
        let path = below.map_or_else(
            || self.meta.location.to_string(),
            |parts| parts.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join("/"),
        );
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

    /// The name without folder and ending.
    pub(crate) fn stem(&self) -> &str {
        let name = self.file_name();
        let name = COMPRESSIONS.iter().find_map(|(end, _)| name.strip_suffix(end)).unwrap_or(name);
        name.rsplit_once('.').map_or(name, |(stem, _)| stem)
    }

    pub(crate) fn compression(&self) -> FileCompressionType {
        let name = self.file_name();
        COMPRESSIONS
            .iter()
            .find(|(end, _)| name.ends_with(end))
            .map_or(FileCompressionType::UNCOMPRESSED, |(_, compression)| *compression)
    }

    /// The value of one of the virtual columns.
    pub(crate) fn virtual_value(&self, column: &str) -> ScalarValue {
        match column {
            super::FILE_COLUMN => ScalarValue::Utf8(Some(self.stem().to_owned())),
            super::FOLDER_COLUMN => ScalarValue::Utf8(self.folder_day.map(|day| day.to_string())),
            _ => ScalarValue::Date32(self.folder_day.map(number_of)),
        }
    }
}

/// Lists the files in the order of their paths; at least one.
pub(super) async fn list(
    store: &dyn ObjectStore,
    name: &TableName,
    file_set: &FileSet,
    url: &Url,
    days: FolderDays,
) -> Result<Vec<SourceFile>, EtlError> {
    let failed = |reason: String, passes| EtlError::Storage {
        table: name.clone(),
        url: url.to_string(),
        reason,
        passes,
    };
    let root = Path::from_url_path(url.path()).map_err(|error| failed(error.to_string(), false))?;
    let name_of_store: Arc<str> = match url.scheme() {
        "file" => "/".into(),
        _ => format!("{}/", &url[..Position::BeforePath]).into(),
    };
    if !url.path().ends_with('/')
        && let Ok(meta) = store.head(&root).await
    {
        return Ok(vec![SourceFile { meta, store: name_of_store, folder_day: None }]);
    }
    let mut walk = Walk {
        store,
        name_of_store,
        days: &days,
        n_entries: 0,
        is_delta_table: false,
        files: Vec::new(),
    };
    walk.folder(root, None)
        .await
        .map_err(|error| failed(error.to_string(), is_transient(&error)))?;
    let Walk { n_entries, is_delta_table, mut files, .. } = walk;
    if is_delta_table {
        let reason = "it is a Delta table, whose removed files would be counted too; write its \
                      rows as plain files";
        return Err(failed(reason.to_owned(), false));
    }
    if n_entries == 0 {
        return Err(EtlError::NothingThere { table: name.clone(), url: url.to_string() });
    }
    let wanted = Names::of(file_set);
    let n_files = files.len();
    files.retain(|file| wanted.match_name(file.file_name()));
    if files.is_empty() && n_files > 0 {
        return Err(EtlError::NoFileMatches {
            table: name.clone(),
            url: url.to_string(),
            n_files,
            expected: wanted.description,
        });
    }
    // An empty text holds no rows; an empty Parquet file is a damaged one, and will be named.
    files.retain(|file| file.meta.size > 0 || file_set.format == Format::Parquet);
    files.sort_by(|a, b| a.meta.location.cmp(&b.meta.location));
    Ok(files)
}

struct Walk<'a> {
    store: &'a dyn ObjectStore,
    name_of_store: Arc<str>,
    days: &'a FolderDays,
    /// Files and folders seen, whether taken or not.
    n_entries: usize,
    is_delta_table: bool,
    files: Vec<SourceFile>,
}

impl Walk<'_> {
    /// Takes a folder's files and those below it; a `dt=` folder of another day is not entered.
    fn folder(
        &mut self,
        folder: Path,
        folder_day: Option<Date>,
    ) -> BoxFuture<'_, object_store::Result<()>> {
        Box::pin(async move {
            let listed = self.store.list_with_delimiter(Some(&folder)).await?;
            self.n_entries += listed.common_prefixes.len() + listed.objects.len();
            for meta in listed.objects {
                if !meta.location.filename().is_none_or(is_hidden) {
                    let store = Arc::clone(&self.name_of_store);
                    self.files.push(SourceFile { meta, store, folder_day });
                }
            }
            for folder in listed.common_prefixes {
                let name = folder.filename().unwrap_or_default();
                self.is_delta_table |= name == "_delta_log";
                if is_hidden(name) {
                    continue;
                }
                let day = name.strip_prefix("dt=").and_then(|text| text.parse::<Date>().ok());
                let is_wanted = match (day, self.days) {
                    (Some(day), Some(days)) => days.contains(&day),
                    _ => true,
                };
                if is_wanted {
                    self.folder(folder, day.or(folder_day)).await?;
                }
            }
            Ok(())
        })
    }
}

/// Logs and marks of other tools (`_delta_log`, `_SUCCESS`, `.crc`), as Spark and Hive see it.
fn is_hidden(name: &str) -> bool {
    name.starts_with(['_', '.'])
}

/// Which names the files have.
struct Names {
    patterns: Vec<Regex>,
    description: String,
}

impl Names {
    fn of(file_set: &FileSet) -> Self {
        let endings: &[&str] = match file_set.format {
            Format::Parquet => &["*.parquet"],
            Format::Csv(_) => &["*.csv"],
            Format::Ndjson => &["*.ndjson", "*.jsonl", "*.json"],
        };
        let mut globs = file_set.patterns.clone();
        if globs.is_empty() {
            globs.extend(endings.iter().map(|&ending| ending.to_owned()));
        }
        let description = globs.iter().map(|glob| format!("`{glob}`")).collect::<Vec<_>>();
        if file_set.patterns.is_empty() && file_set.format != Format::Parquet {
            for ending in endings {
                globs.extend(COMPRESSIONS.map(|(compression, _)| format!("{ending}{compression}")));
            }
        }
        let patterns = globs.iter().filter_map(|glob| Regex::new(&glob_regex(glob)).ok()).collect();
        Self { patterns, description: description.join(" or ") }
    }

    fn match_name(&self, name: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.is_match(name))
    }
}

/// `*` is any text, `?` any character; everything else is itself.
fn glob_regex(glob: &str) -> String {
    let inner: String = glob
        .chars()
        .map(|letter| match letter {
            '*' => ".*".to_owned(),
            '?' => ".".to_owned(),
            other => regex::escape(other.encode_utf8(&mut [0; 4])),
        })
        .collect();
    format!("^{inner}$")
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
        SourceFile { meta, store: "/".into(), folder_day: None }
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
            on_bad_rows: Default::default(),
        };
        let csv = || Format::Csv(CsvOptions::default());
        let by_ending = Names::of(&file_set(&[], csv()));
        assert!(by_ending.match_name("a.csv") && by_ending.match_name("a.csv.gz"));
        assert!(!by_ending.match_name("a.csv.bak") && !by_ending.match_name("acsv"));
        let by_pattern = Names::of(&file_set(&["bts-*.txt", "?.csv"], csv()));
        assert!(by_pattern.match_name("bts-2024.txt") && by_pattern.match_name("x.csv"));
        assert!(!by_pattern.match_name("bts-2024.txt.gz") && !by_pattern.match_name("xy.csv"));
        assert_eq!(by_pattern.description, "`bts-*.txt` or `?.csv`");
    }
}
