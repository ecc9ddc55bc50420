//! Which tables lie in files and folders that nobody has described: by format, by the shape of names, by columns.

use std::collections::BTreeSet;

use clio_proto::{CsvOptions, FileSet, Format};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::prelude::SessionContext;
use futures::future::BoxFuture;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use url::Url;

use crate::error::{EtlError, ProposeError, ReadError, TableName};
use crate::input::source::files::{format_of, is_hidden, store_of};
use crate::input::source::{Listed, Table, is_public};

/// The most shapes of names in one folder of which a file is opened.
const MAX_SHAPES: usize = 64;
/// How deep folders are entered.
const MAX_DEPTH: usize = 6;
/// Of two sets of columns that are one table's, so many of all names are in both.
const MIN_SHARED: f64 = 0.8;

/// Files that are one table.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// What it may be called.
    pub(super) name: String,
    /// A file or a folder.
    pub(super) url: Url,
    pub(super) patterns: Vec<String>,
    pub(super) format: Format,
    /// Somebody named this very file; else it lies in a folder that was named, maybe for the sake of others.
    pub(super) is_named: bool,
}

impl Found {
    /// As a model would declare it, at an address as it stands.
    pub(super) fn file_set(&self) -> FileSet {
        FileSet {
            url: self.url.to_string(),
            patterns: self.patterns.clone(),
            format: self.format.clone(),
            columns: Vec::new(),
            types: Vec::new(),
            late_days: None,
            on_bad_rows: clio_proto::OnBadRows::Fail,
        }
    }
}

/// Finds the tables of files and folders, and says which files of the folders could not be read.
pub(super) async fn find(
    ctx: &SessionContext,
    places: &[Url],
) -> Result<(Vec<Found>, Vec<String>), EtlError> {
    let (mut all, mut unread) = (Vec::new(), Vec::new());
    for place in places {
        let mut finder = Finder::new(ctx, place)?;
        finder.look(place).await?;
        all.append(&mut finder.found);
        unread.append(&mut finder.unread);
    }
    Ok((all, unread))
}

struct Finder<'a> {
    ctx: &'a SessionContext,
    store: std::sync::Arc<dyn ObjectStore>,
    place: Url,
    found: Vec<Found>,
    unread: Vec<String>,
}

/// Files of a folder whose names are alike.
struct Shape {
    /// With `*` where names differ.
    pattern: String,
    format: Format,
    first: Path,
    n_files: usize,
    columns: BTreeSet<String>,
}

impl<'a> Finder<'a> {
    fn new(ctx: &'a SessionContext, place: &Url) -> Result<Self, ReadError> {
        let address = |reason: String| ReadError::Address {
            what: "what to look at".to_owned(),
            url: place.to_string(),
            reason,
        };
        let store_url = ObjectStoreUrl::parse(&place[..url::Position::BeforePath])
            .map_err(|error| address(error.to_string()))?;
        let store = store_of(ctx, place, &store_url).map_err(address)?;
        Ok(Self { ctx, store, place: place.clone(), found: Vec::new(), unread: Vec::new() })
    }

    async fn look(&mut self, place: &Url) -> Result<(), EtlError> {
        let path = Path::from_url_path(place.path()).map_err(|error| failed(place, &error))?;
        if let Ok(meta) = self.store.head(&path).await {
            let name = meta.location.filename().unwrap_or_default();
            let Some((stem, format)) = read_as(name) else {
                let reason =
                    "its name ends in none of .parquet, .csv, .tsv, .ndjson, .jsonl, .json";
                return Err(failed(place, &reason));
            };
            let mut url = place.clone();
            let file = url.path().trim_end_matches('/').to_owned();
            url.set_path(&file);
            let name = stem.to_owned();
            // Patterns choose among the files of a folder: one that is named is read whatever its name.
            let patterns = Vec::new();
            self.found.push(Found { name, url, patterns, format, is_named: true });
            return Ok(());
        }
        let mut folder = place.clone();
        if !folder.path().ends_with('/') {
            folder.set_path(&format!("{}/", place.path()));
        }
        let n_before = self.found.len();
        self.folder(folder.clone(), MAX_DEPTH).await?;
        if self.found.len() == n_before && self.unread.is_empty() {
            let reason = "no file below it ends in .parquet, .csv, .tsv, .ndjson, .jsonl or .json";
            return Err(failed(&folder, &reason));
        }
        Ok(())
    }

    fn folder(&mut self, folder: Url, depth: usize) -> BoxFuture<'_, Result<(), EtlError>> {
        Box::pin(async move {
            let root =
                Path::from_url_path(folder.path()).map_err(|error| failed(&folder, &error))?;
            let listed = self.store.list_with_delimiter(Some(&root)).await;
            let listed = listed.map_err(|error| failed(&folder, &error))?;
            let mut files: Vec<Path> = listed.objects.into_iter().map(|it| it.location).collect();
            let mut below = Vec::new();
            for prefix in listed.common_prefixes {
                let name = prefix.filename().unwrap_or_default().to_owned();
                if is_hidden(&name) {
                    continue;
                }
                // Folders of days and of values are part of the table; others hold tables of their own.
                if name.contains('=') || name.chars().all(|c| c.is_ascii_digit() || c == '-') {
                    files.extend(self.first_file(prefix).await);
                } else if depth > 0 {
                    below.push(name);
                }
            }
            let mut shapes = self.shapes(&files).await?;
            let is_alone = below.is_empty();
            self.take(&folder, &mut shapes, is_alone);
            for name in below {
                let Ok(deeper) = folder.join(&format!("{name}/")) else { continue };
                self.folder(deeper, depth - 1).await?;
            }
            Ok(())
        })
    }

    /// Some file of a folder of values, if it has one that could be read.
    async fn first_file(&self, folder: Path) -> Option<Path> {
        let mut folder = folder;
        for _ in 0..MAX_DEPTH {
            let listed = self.store.list_with_delimiter(Some(&folder)).await.ok()?;
            let mut files: Vec<_> = listed.objects.into_iter().map(|it| it.location).collect();
            files.sort();
            let is_read = |file: &Path| read_as(file.filename().unwrap_or_default()).is_some();
            if let Some(file) = files.into_iter().find(is_read) {
                return Some(file);
            }
            folder = listed.common_prefixes.into_iter().min()?;
        }
        None
    }

    async fn shapes(&mut self, files: &[Path]) -> Result<Vec<Shape>, EtlError> {
        let mut shapes: Vec<Shape> = Vec::new();
        let mut files: Vec<_> = files.iter().collect();
        files.sort();
        for file in files {
            let name = file.filename().unwrap_or_default();
            let Some((stem, format)) = read_as(name) else { continue };
            let pattern = format!("{}{}", shape(stem), &name[stem.len()..]);
            if let Some(shape) = shapes.iter_mut().find(|shape| shape.pattern == pattern) {
                shape.n_files += 1;
            } else if shapes.len() < MAX_SHAPES {
                let (first, columns) = (file.clone(), BTreeSet::new());
                shapes.push(Shape { pattern, format, first, n_files: 1, columns });
            }
        }
        if shapes.len() > 1 {
            let mut read = Vec::new();
            for mut shape in shapes {
                match self.columns(&shape).await {
                    Ok(columns) => {
                        shape.columns = columns;
                        read.push(shape);
                    }
                    // Among the files of a folder there may be what is no table.
                    Err(error) if !error.is_transient() => {
                        self.unread.push(format!("{}: {error}", shape.pattern));
                    }
                    Err(error) => return Err(error),
                }
            }
            shapes = read;
        }
        Ok(shapes)
    }

    fn address_of(&self, file: &Path) -> Url {
        let mut url = self.place.clone();
        url.set_path(&format!("/{file}"));
        url
    }

    async fn columns(&self, shape: &Shape) -> Result<BTreeSet<String>, EtlError> {
        let url = self.address_of(&shape.first);
        let found = Found {
            name: shape.pattern.clone(),
            url: url.clone(),
            patterns: Vec::new(),
            format: shape.format.clone(),
            is_named: false,
        };
        let name = TableName::Source(found.name.clone());
        let listed = Listed::list(self.ctx, name, &found.file_set(), &url, None).await?;
        let files = listed.pieces.clone();
        let table = Table::of(self.ctx, listed, files.clone()).await?;
        let frame = table.frame(self.ctx, table.provider(files, 1))?;
        let names = frame.schema().fields().iter().map(|field| field.name().clone());
        Ok(names.filter(|name| is_public(name)).collect())
    }

    /// Puts shapes with the same columns together.
    fn take(&mut self, folder: &Url, shapes: &mut Vec<Shape>, is_alone: bool) {
        let mut groups: Vec<Vec<Shape>> = Vec::new();
        for shape in shapes.drain(..) {
            let is_same = |group: &&mut Vec<Shape>| {
                let first = &group[0];
                first.format == shape.format && are_alike(&first.columns, &shape.columns)
            };
            match groups.iter_mut().find(is_same) {
                Some(group) => group.push(shape),
                None => groups.push(vec![shape]),
            }
        }
        let is_alone = is_alone && groups.len() == 1;
        let all: Vec<Vec<String>> = groups
            .iter()
            .map(|group| group.iter().map(|shape| shape.pattern.clone()).collect())
            .collect();
        for (index, group) in groups.iter().enumerate() {
            let is_one_file = group.len() == 1 && group[0].n_files == 1;
            let first = &group[0];
            let is_foreign = !pattern_of_foreign(&first.pattern).is_empty();
            let folder_name = name_of_folder(folder);
            let found = if is_one_file && !is_alone {
                let url = self.address_of(&first.first);
                let stem = read_as(&first.pattern).map_or("", |(stem, _)| stem);
                let (name, format) = (stem.to_owned(), first.format.clone());
                Found { name, url, patterns: Vec::new(), format, is_named: false }
            } else {
                let others = all.iter().enumerate().filter(|(other, _)| *other != index);
                let others: Vec<&String> = others.flat_map(|(_, patterns)| patterns).collect();
                let patterns = collapse(&all[index], &others);
                let name = match patterns.as_slice() {
                    [one] if !is_alone => stem_of_pattern(one).unwrap_or(folder_name),
                    _ => folder_name,
                };
                let patterns = if is_alone && !is_foreign { Vec::new() } else { patterns };
                let (url, format) = (folder.clone(), first.format.clone());
                Found { name, url, patterns, format, is_named: false }
            };
            self.found.push(found);
        }
    }
}

fn failed(place: &Url, reason: &dyn std::fmt::Display) -> EtlError {
    ProposeError::NothingToLookAt { url: place.to_string(), reason: reason.to_string() }.into()
}

/// As the etl reads it by its name alone, and `.tsv` besides, which a model has to name.
fn read_as(name: &str) -> Option<(&str, Format)> {
    if let Some(stem) = name.strip_suffix(".tsv") {
        let options = CsvOptions { delimiter: b'\t', ..CsvOptions::default() };
        return (!is_hidden(name)).then_some((stem, Format::Csv(options)));
    }
    format_of(name)
}

/// The pattern that takes files whose ending is not that of their format.
fn pattern_of_foreign(name: &str) -> Vec<String> {
    if name.ends_with(".tsv") { vec!["*.tsv".to_owned()] } else { Vec::new() }
}

/// A name with one star for all from its first digit on: parts, dates and numbers differ there.
fn shape(stem: &str) -> String {
    match stem.find(|c: char| c.is_ascii_digit()) {
        Some(at) => format!("{}*", &stem[..at]),
        None => stem.to_owned(),
    }
}

fn are_alike(a: &BTreeSet<String>, b: &BTreeSet<String>) -> bool {
    let n_shared = a.intersection(b).count() as f64;
    let n_all = a.union(b).count() as f64;
    n_all == 0.0 || n_shared / n_all >= MIN_SHARED
}

/// Fewer patterns: those with the same first word become one, if it takes no file of another table.
fn collapse(patterns: &[String], others: &[&String]) -> Vec<String> {
    let first_word = |pattern: &str| -> Option<String> {
        let stem = read_as(pattern)?.0;
        let at = stem.find(['-', '_', '.'])?;
        Some(pattern[..=at].to_owned())
    };
    let mut collapsed: Vec<String> = Vec::new();
    for pattern in patterns {
        let wide = first_word(pattern).filter(|word| {
            let n_same = patterns.iter().filter(|other| other.starts_with(word.as_str())).count();
            n_same > 1 && !others.iter().any(|other| other.starts_with(word.as_str()))
        });
        let wide = match (wide, read_as(pattern)) {
            (Some(word), Some((stem, _))) => format!("{word}*{}", &pattern[stem.len()..]),
            _ => pattern.clone(),
        };
        if !collapsed.contains(&wide) {
            collapsed.push(wide);
        }
    }
    collapsed
}

fn stem_of_pattern(pattern: &str) -> Option<String> {
    let stem = read_as(pattern)?.0.trim_matches(|c: char| !c.is_alphanumeric());
    (!stem.is_empty()).then(|| stem.to_owned())
}

fn name_of_folder(folder: &Url) -> String {
    let mut parts = folder.path_segments().into_iter().flatten().filter(|part| !part.is_empty());
    let name = parts.next_back().unwrap_or("events");
    percent_decoded(name)
}

fn percent_decoded(text: &str) -> String {
    Path::from_url_path(text).map_or_else(|_| text.to_owned(), |path| path.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_table_share_a_pattern() {
        let strings =
            |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let items = "items-*.csv".to_owned();
        let found = collapse(
            &strings(&["bts-men.csv", "bts-women.csv", "random-men.csv", "random-women.csv"]),
            &[&items],
        );
        assert_eq!(found, ["bts-*.csv", "random-*.csv"]);
        // One pattern for both would take the items too.
        let found = collapse(&strings(&["x-a.csv", "x-b.csv"]), &[&"x-items.csv".to_owned()]);
        assert_eq!(found, ["x-a.csv", "x-b.csv"]);
        assert_eq!(shape("part-00001-abc"), "part-*");
        assert_eq!(shape("yellow_tripdata_2024-01"), "yellow_tripdata_*");
        assert_eq!(
            stem_of_pattern("yellow_tripdata_*.parquet").as_deref(),
            Some("yellow_tripdata")
        );
    }
}
