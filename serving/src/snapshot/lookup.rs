//! A lookup table in memory: what is known about the members of dimensions.

use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash as _, Hasher};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use clio_lake::SoundFile;
use clio_proto::LOOKUP_KEY_COLUMN;

use super::columns::{column_as, offset, text_list};
use super::dictionary::{Dictionary, NULL};
use super::layout::Shape;

/// One version of a lookup table: the columns that the model uses, by row.
#[derive(Debug)]
pub(crate) struct LookupTable {
    /// The row of each key.
    rows: HashMap<Arc<str>, u32>,
    columns: BTreeMap<String, LookupColumn>,
}

/// A column of a lookup.
#[derive(Debug)]
pub(crate) struct LookupColumn {
    pub(crate) texts: Arc<Dictionary>,
    pub(crate) cells: LookupCells,
}

/// The codes of a column's strings, by row.
#[derive(Debug)]
pub(crate) enum LookupCells {
    /// One string per row, or [`NULL`].
    Single(Vec<u32>),
    /// The strings of row `i` are `codes[offsets[i]..offsets[i + 1]]`, sorted by code and distinct.
    Multi { offsets: Vec<usize>, codes: Vec<u32> },
}

impl LookupColumn {
    /// The codes of a row; empty if it is null.
    pub(crate) fn codes(&self, row: u32) -> &[u32] {
        let row = row as usize;
        match &self.cells {
            LookupCells::Single(codes) => {
                let codes = &codes[row..=row];
                if codes == [NULL] { &[] } else { codes }
            }
            LookupCells::Multi { offsets, codes } => &codes[offsets[row]..offsets[row + 1]],
        }
    }

    /// The string of a row; the first one if it has several.
    pub(crate) fn text(&self, row: u32) -> Option<&str> {
        self.codes(row).first().and_then(|code| self.texts.text(*code))
    }

    pub(crate) fn is_multi(&self) -> bool {
        matches!(self.cells, LookupCells::Multi { .. })
    }

    fn add_to(&self, sum: &mut impl Hasher) {
        self.texts.add_to(sum);
        match &self.cells {
            LookupCells::Single(codes) => codes.hash(sum),
            LookupCells::Multi { offsets, codes } => {
                offsets.hash(sum);
                codes.hash(sum);
            }
        }
    }

    fn size_bytes(&self) -> usize {
        let cells = match &self.cells {
            LookupCells::Single(codes) => codes.capacity() * size_of::<u32>(),
            LookupCells::Multi { offsets, codes } => {
                offsets.capacity() * size_of::<usize>() + codes.capacity() * size_of::<u32>()
            }
        };
        self.texts.size_bytes() + cells
    }
}

impl LookupTable {
    /// Decodes the files of one version.
    ///
    /// # Errors
    ///
    /// The problem, in words.
    pub(crate) fn decode(columns: &[String], files: Vec<SoundFile>) -> Result<Self, String> {
        let mut batches = Vec::new();
        for file in files {
            let names =
                std::iter::once(LOOKUP_KEY_COLUMN).chain(columns.iter().map(String::as_str));
            let read = file.columns(names, |_| false).map_err(|problem| problem.to_string())?;
            for batch in read {
                batches.push(batch.map_err(|problem| problem.to_string())?);
            }
        }
        let rows = decode_rows(&batches)?;
        let columns = columns
            .iter()
            .map(|column| Ok((column.clone(), decode_column(column, &batches)?)))
            .collect::<Result<_, String>>()?;
        Ok(Self { rows, columns })
    }

    /// The row of a key.
    pub(crate) fn row(&self, key: &str) -> Option<u32> {
        self.rows.get(key).copied()
    }

    /// A column that the model uses.
    pub(crate) fn column(&self, name: &str) -> Option<&LookupColumn> {
        self.columns.get(name)
    }

    /// Adds every column to a sum.
    pub(super) fn add_to(&self, sum: &mut impl Hasher) {
        self.columns.values().for_each(|column| column.add_to(sum));
    }

    pub(crate) fn size_bytes(&self) -> usize {
        let slot = size_of::<(Arc<str>, u32)>() + 1 + 2 * size_of::<usize>();
        let keys: usize = self.rows.keys().map(|key| key.len()).sum();
        let columns: usize = self.columns.values().map(LookupColumn::size_bytes).sum();
        self.rows.capacity() * slot + keys + columns
    }
}

fn decode_rows(batches: &[RecordBatch]) -> Result<HashMap<Arc<str>, u32>, String> {
    let mut rows = HashMap::new();
    let mut row = 0;
    for batch in batches {
        let keys = column_as(batch, LOOKUP_KEY_COLUMN, &DataType::Utf8)
            .map_err(|problem| problem.to_string())?;
        for key in keys.as_string::<i32>() {
            let key = key.ok_or_else(|| format!("row {row} has no key"))?;
            if rows.insert(Arc::from(key), row).is_some() {
                return Err(format!("key `{key}` occurs twice"));
            }
            row += 1;
        }
    }
    Ok(rows)
}

fn decode_column(column: &str, batches: &[RecordBatch]) -> Result<LookupColumn, String> {
    let multi = batches
        .first()
        .and_then(|batch| batch.column_by_name(column))
        .is_some_and(|array| Shape::of(array.data_type()) == Shape::Texts);
    let mut texts = Dictionary::new();
    let expected = if multi { text_list() } else { DataType::Utf8 };
    let arrays = batches
        .iter()
        .map(|batch| column_as(batch, column, &expected).map_err(|problem| problem.to_string()))
        .collect::<Result<Vec<_>, _>>()?;
    let cells = if multi {
        let (mut offsets, mut codes) = (vec![0], Vec::new());
        for array in &arrays {
            push_lists(array.as_ref(), &mut texts, &mut offsets, &mut codes);
        }
        LookupCells::Multi { offsets, codes }
    } else {
        let mut codes = Vec::new();
        for array in &arrays {
            let values = array.as_string::<i32>().iter();
            codes.extend(values.map(|text| text.map_or(NULL, |text| texts.intern(text))));
        }
        LookupCells::Single(codes)
    };
    Ok(LookupColumn { texts: Arc::new(texts), cells })
}

/// Appends the strings of each list, without nulls.
fn push_lists(
    lists: &dyn Array,
    texts: &mut Dictionary,
    offsets: &mut Vec<usize>,
    codes: &mut Vec<u32>,
) {
    let lists = lists.as_list::<i32>();
    let values = lists.values().as_string::<i32>();
    for (row, ends) in lists.value_offsets().windows(2).enumerate() {
        let start = codes.len();
        if lists.is_valid(row) {
            let elements = (offset(ends[0])..offset(ends[1])).filter(|at| values.is_valid(*at));
            codes.extend(elements.map(|at| texts.intern(values.value(at))));
            codes[start..].sort_unstable();
            let kept = start + dedup_sorted(&mut codes[start..]);
            codes.truncate(kept);
        }
        offsets.push(codes.len());
    }
}

/// Moves the distinct values of a sorted slice to its front and returns their number.
pub(crate) fn dedup_sorted(values: &mut [u32]) -> usize {
    let mut n_kept = 0;
    for at in 0..values.len() {
        if n_kept == 0 || values[n_kept - 1] != values[at] {
            values[n_kept] = values[at];
            n_kept += 1;
        }
    }
    n_kept
}
