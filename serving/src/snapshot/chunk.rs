//! One file of cells in memory: immutable, shared by every snapshot that holds the file.

use std::hash::{Hash as _, Hasher};

use roaring::RoaringBitmap;

use super::dictionary::{Dictionary, NULL, SetDictionary, Vocabulary};
use super::dimensions::Dimensions;
use super::measure::MeasureColumn;
use super::sums::add_bitmap;
use clio_lake::CellFile;

/// The cells of one file, by column.
///
/// Always true: every column has `n_rows` entries, and every code is in one of the snapshot's vocabularies. Takes 4
/// bytes per row and dimension for codes, about 2 more for bitmaps, 8 per additive measure, and the bytes of
/// [`SketchArena`](super::SketchArena).
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) file: CellFile,
    pub(crate) n_rows: u32,
    /// One for each dimension, in the model's order.
    pub(crate) keys: Vec<KeyColumn>,
    /// One for each stored measure, in the model's order.
    pub(crate) measures: Vec<MeasureColumn>,
    /// The same cells over fewer dimensions.
    pub(crate) marginals: Vec<Marginal>,
    /// Including the marginals.
    pub(crate) size_bytes: usize,
}

impl Chunk {
    /// The smallest set of cells that tells as much about these dimensions as all do: a marginal's, or the file's own.
    pub(crate) fn narrowest(&self, dimensions: Dimensions) -> &Self {
        let wide_enough = self.marginals.iter().filter(|own| dimensions.are_in(own.dimensions));
        let narrowest = wide_enough.min_by_key(|own| own.chunk.n_rows);
        narrowest.map_or(self, |marginal| &marginal.chunk)
    }
}

/// The cells of a file united over all dimensions but some.
#[derive(Debug)]
pub(crate) struct Marginal {
    /// The remaining dimensions.
    pub(crate) dimensions: Dimensions,
    pub(crate) chunk: Chunk,
}

/// The codes of one dimension: of members, or of sets if a cell holds a set.
#[derive(Debug)]
pub(crate) struct KeyColumn {
    pub(crate) codes: Vec<u32>,
    /// The codes that occur, sorted, each with the rows where it occurs.
    index_codes: Vec<u32>,
    index_rows: Vec<RoaringBitmap>,
}

impl KeyColumn {
    /// Indexes codes below `n_codes`.
    pub(crate) fn new(codes: Vec<u32>, n_codes: usize) -> Self {
        let mut by_code = vec![RoaringBitmap::new(); n_codes];
        for (row, code) in (0_u32..).zip(&codes) {
            by_code[*code as usize].try_push(row).expect("rows are counted upwards");
        }
        let (mut index_codes, mut index_rows) = (Vec::new(), Vec::new());
        for (code, mut rows) in (0_u32..).zip(by_code) {
            if !rows.is_empty() {
                // Cells are sorted by their dimensions, so that most rows of a code are one run.
                rows.optimize();
                index_codes.push(code);
                index_rows.push(rows);
            }
        }
        Self { codes, index_codes, index_rows }
    }

    /// Translates every code.
    pub(crate) fn recode(&mut self, to: &[u32]) {
        for code in &mut self.codes {
            *code = to[*code as usize];
        }
        let rows = std::mem::take(&mut self.index_rows);
        let mut index: Vec<_> =
            self.index_codes.iter().map(|code| to[*code as usize]).zip(rows).collect();
        index.sort_unstable_by_key(|(code, _)| *code);
        (self.index_codes, self.index_rows) = index.into_iter().unzip();
    }

    /// The rows of a code.
    pub(crate) fn rows(&self, code: u32) -> Option<&RoaringBitmap> {
        self.index_codes.binary_search(&code).ok().map(|at| &self.index_rows[at])
    }

    /// Every code that occurs, in order, with its rows.
    pub(crate) fn index(&self) -> impl ExactSizeIterator<Item = (u32, &RoaringBitmap)> {
        self.index_codes.iter().copied().zip(&self.index_rows)
    }

    /// Adds all that queries read to a sum.
    pub(super) fn add_to(&self, sum: &mut impl Hasher) {
        let Self { codes, index_codes, index_rows } = self;
        codes.hash(sum);
        index_codes.hash(sum);
        index_rows.iter().for_each(|rows| add_bitmap(rows, sum));
    }

    pub(crate) fn size_bytes(&self) -> usize {
        // A bitmap's own fields, its container and their allocations.
        const BITMAP_OVERHEAD: usize = 96;
        let bitmaps: usize =
            self.index_rows.iter().map(|rows| rows.serialized_size() + BITMAP_OVERHEAD).sum();
        (self.codes.capacity() + self.index_codes.capacity()) * size_of::<u32>() + bitmaps
    }
}

/// A chunk with codes of its own vocabularies, so that files are decoded in parallel.
#[derive(Debug)]
pub(crate) struct LocalChunk {
    pub(crate) chunk: Chunk,
    /// One for each dimension.
    pub(crate) vocabularies: Vec<Vocabulary>,
}

impl LocalChunk {
    /// Translates the chunk to shared vocabularies, which grow by what is new in it.
    pub(crate) fn join(mut self, vocabularies: &mut [Vocabulary]) -> Chunk {
        let joined = self.chunk.keys.iter_mut().zip(&self.vocabularies).zip(vocabularies);
        for (dimension, ((keys, local), vocabulary)) in joined.enumerate() {
            let mut to = join_members(&local.members, &mut vocabulary.members);
            if let (Some(local), Some(sets)) = (&local.sets, &mut vocabulary.sets) {
                to = join_sets(local, &to, sets);
            }
            keys.recode(&to);
            for marginal in &mut self.chunk.marginals {
                marginal.chunk.keys[dimension].recode(&to);
            }
        }
        self.chunk
    }
}

/// The code in `all` of each code in `local`.
fn join_members(local: &Dictionary, all: &mut Dictionary) -> Vec<u32> {
    let mut to = vec![NULL; local.n_codes()];
    for (code, text) in local.iter() {
        to[code as usize] = all.intern(text);
    }
    to
}

/// The code in `all` of each set in `local`, whose members are translated by `members`.
fn join_sets(local: &SetDictionary, members: &[u32], all: &mut SetDictionary) -> Vec<u32> {
    let mut translated = Vec::new();
    let codes = 0..u32::try_from(local.n_codes()).expect("a set's code is of 32 bits");
    codes
        .map(|code| {
            translated.clear();
            translated.extend(local.members(code).iter().map(|member| members[*member as usize]));
            translated.sort_unstable();
            all.intern(&translated)
        })
        .collect()
}
