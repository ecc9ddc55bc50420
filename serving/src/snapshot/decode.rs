//! From a file of cells to a chunk, with all checks that are possible for one file.

use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::datatypes::DataType;
use clio_lake::{CellFile, SoundFile};

use super::chunk::{Chunk, KeyColumn, LocalChunk};
use super::columns::{column_as, offset, text_list};
use super::dictionary::{NULL, SetDictionary, Vocabulary};
use super::layout::{DimensionLayout, Layout};
use super::marginal::{marginals, united_over_others};
use super::measure::{MeasureColumn, check_values};
use super::projection::KeptRows;
use crate::config::MarginalLimits;
use crate::error::FileProblem;

/// Decodes what is held of one file.
pub(crate) fn decode_file(
    layout: &Layout,
    file: CellFile,
    sound: SoundFile,
    kept: &KeptRows,
    limits: &MarginalLimits,
) -> Result<LocalChunk, FileProblem> {
    let columns = layout.column_names().chain(kept.columns_beside(layout));
    let (mut batches, mut n_rows) = (Vec::new(), 0);
    for batch in sound.columns(columns, |column| layout.is_measure(column))? {
        let batch = batch?;
        n_rows += batch.num_rows();
        batches.push(kept.of(batch)?);
    }
    if let Some(expected) = file.n_rows.filter(|expected| *expected != n_rows) {
        return Err(FileProblem::RowCount { expected, found: n_rows });
    }
    let n_rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let n_rows = u32::try_from(n_rows).map_err(|_| FileProblem::TooLarge { what: "rows" })?;

    let mut keys = Vec::with_capacity(layout.dimensions.len());
    let mut vocabularies = Vec::with_capacity(layout.dimensions.len());
    for dimension in &layout.dimensions {
        let (codes, vocabulary) = match dimension.is_left_out {
            true => (Vec::new(), Vocabulary::new(dimension.multi)),
            false => decode_keys(dimension, &batches)?,
        };
        keys.push(KeyColumn::new(codes, vocabulary.n_cell_codes()));
        vocabularies.push(vocabulary);
    }
    let mut measures = Vec::with_capacity(layout.measures.len());
    for measure in &layout.measures {
        measures.push(MeasureColumn::decode(measure, &batches, n_rows)?);
    }
    check_values(layout, &measures, n_rows)?;
    let size_bytes = keys.iter().map(KeyColumn::size_bytes).sum::<usize>()
        + measures.iter().map(MeasureColumn::size_bytes).sum::<usize>();
    drop(batches);
    let mut chunk = Chunk { file, n_rows, keys, measures, marginals: Vec::new(), size_bytes };
    if layout.dimensions.iter().any(|dimension| dimension.is_left_out) {
        chunk = united_over_others(&chunk, layout)?;
    }
    chunk.marginals = marginals(&chunk, layout, limits)?;
    chunk.size_bytes += chunk.marginals.iter().map(|own| own.chunk.size_bytes).sum::<usize>();
    Ok(LocalChunk { chunk, vocabularies })
}

fn decode_keys(
    dimension: &DimensionLayout,
    batches: &[RecordBatch],
) -> Result<(Vec<u32>, Vocabulary), FileProblem> {
    let mut vocabulary = Vocabulary::new(dimension.multi);
    let mut codes = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    for batch in batches {
        if dimension.multi {
            let lists = column_as(batch, &dimension.name, &text_list())?;
            push_set_codes(&dimension.name, lists.as_ref(), &mut vocabulary, &mut codes)?;
        } else {
            let texts = column_as(batch, &dimension.name, &DataType::Utf8)?;
            push_member_codes(texts.as_string(), &mut vocabulary, &mut codes);
        }
    }
    Ok((codes, vocabulary))
}

fn push_member_codes(texts: &StringArray, vocabulary: &mut Vocabulary, codes: &mut Vec<u32>) {
    let mut last = None;
    for text in texts {
        // Cells are sorted, so that most values equal the previous one.
        let code = match (text, last) {
            (None, _) => NULL,
            (Some(text), Some((before, code))) if text == before => code,
            (Some(text), _) => vocabulary.members.intern(text),
        };
        last = text.map(|text| (text, code));
        codes.push(code);
    }
}

fn push_set_codes(
    column: &str,
    lists: &dyn Array,
    vocabulary: &mut Vocabulary,
    codes: &mut Vec<u32>,
) -> Result<(), FileProblem> {
    let lists = lists.as_list::<i32>();
    let texts = lists.values().as_string::<i32>();
    let sets = vocabulary.sets.get_or_insert_with(SetDictionary::new);
    let mut members = Vec::new();
    for (at, ends) in lists.value_offsets().windows(2).enumerate() {
        let row = codes.len();
        members.clear();
        let (start, end) = match lists.is_null(at) {
            true => (0, 0),
            false => (offset(ends[0]), offset(ends[1])),
        };
        for element in start..end {
            if texts.is_null(element) {
                return Err(FileProblem::Null { column: column.to_owned(), row });
            }
            let text = texts.value(element);
            if element > start && texts.value(element - 1) >= text {
                return Err(FileProblem::Unsorted { column: column.to_owned(), row });
            }
            members.push(vocabulary.members.intern(text));
        }
        members.sort_unstable();
        codes.push(sets.intern(&members));
    }
    Ok(())
}
