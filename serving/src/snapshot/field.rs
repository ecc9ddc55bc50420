//! Fields (dimensions and attributes) in terms of the codes of cells.
//!
//! A cell holds one code per dimension: that of a member, or of a set if the dimension is multi-valued. A field turns
//! that code into a *set of values*: with one value, with many, or empty if it is null. Filters and groups are
//! evaluated over cell codes once per query, then applied to rows by code.

use std::hash::{Hash as _, Hasher};
use std::sync::Arc;

use clio_proto::{Dimension, FieldRef};

use super::dictionary::{Dictionary, NULL, Vocabulary};
use super::lookup::{LookupTable, dedup_sorted};

/// A dimension or an attribute of one snapshot.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) reference: FieldRef,
    /// The dimension's position in the model.
    pub(crate) dimension: usize,
    /// A cell may have more than one value.
    pub(crate) multi: bool,
    mapping: Mapping,
}

/// How cell codes become values.
#[derive(Debug)]
enum Mapping {
    /// The field is the dimension: a member's code is its own value, a set's are its members.
    Own(Arc<Vocabulary>),
    /// At most one value per cell code: `by_code[code]`, or [`NULL`].
    Single { texts: Arc<Dictionary>, by_code: Vec<u32> },
    /// The values of a cell code are `values[offsets[code]..offsets[code + 1]]`, sorted.
    Multi { texts: Arc<Dictionary>, offsets: Vec<usize>, values: Vec<u32> },
}

impl Field {
    /// The field of a dimension itself.
    pub(crate) fn own(dimension: &Dimension, at: usize, vocabulary: &Arc<Vocabulary>) -> Self {
        Self {
            reference: FieldRef { dimension: dimension.name.clone(), attribute: None },
            dimension: at,
            multi: dimension.multi,
            mapping: Mapping::Own(Arc::clone(vocabulary)),
        }
    }

    /// The field of an attribute; `None` if the lookup lacks its column.
    ///
    /// `rows` are the lookup's rows by member.
    pub(crate) fn attribute(
        dimension: &Dimension,
        at: usize,
        attribute: &str,
        vocabulary: &Vocabulary,
        lookup: &LookupTable,
        rows: &[Option<u32>],
    ) -> Option<Self> {
        let column = lookup.column(attribute)?;
        let multi = dimension.multi || column.is_multi();
        let values_of =
            |member: u32| rows[member as usize].map_or(&[][..], |row| column.codes(row));
        let texts = Arc::clone(&column.texts);
        let mapping = if multi {
            let (mut offsets, mut values) = (vec![0], Vec::new());
            let n_codes = vocabulary.n_cell_codes();
            offsets.reserve(n_codes);
            for code in (0_u32..).take(n_codes) {
                let start = values.len();
                match &vocabulary.sets {
                    None => values.extend_from_slice(values_of(code)),
                    Some(sets) => {
                        let members = sets.members(code).iter();
                        values.extend(members.flat_map(|member| values_of(*member)));
                        values[start..].sort_unstable();
                        let kept = start + dedup_sorted(&mut values[start..]);
                        values.truncate(kept);
                    }
                }
                offsets.push(values.len());
            }
            Mapping::Multi { texts, offsets, values }
        } else {
            let codes = (0_u32..).take(vocabulary.n_cell_codes());
            let by_code = codes.map(|code| values_of(code).first().copied().unwrap_or(NULL));
            Mapping::Single { texts, by_code: by_code.collect() }
        };
        let attribute = Some(attribute.to_owned());
        let reference = FieldRef { dimension: dimension.name.clone(), attribute };
        Some(Self { reference, dimension: at, multi, mapping })
    }

    /// The strings of the field's values.
    pub(crate) fn texts(&self) -> &Dictionary {
        match &self.mapping {
            Mapping::Own(vocabulary) => &vocabulary.members,
            Mapping::Single { texts, .. } | Mapping::Multi { texts, .. } => texts,
        }
    }

    /// The number of cell codes: each is below this.
    pub(crate) fn n_cell_codes(&self) -> usize {
        match &self.mapping {
            Mapping::Own(vocabulary) => vocabulary.n_cell_codes(),
            Mapping::Single { by_code, .. } => by_code.len(),
            Mapping::Multi { offsets, .. } => offsets.len() - 1,
        }
    }

    /// Whether a cell's code is the field's value.
    pub(crate) fn is_own_single(&self) -> bool {
        matches!(self.mapping, Mapping::Own(_)) && !self.multi
    }

    /// The values of a cell code, sorted by code; `own` is a buffer for one.
    #[inline]
    pub(crate) fn values<'a>(&'a self, code: u32, own: &'a mut [u32; 1]) -> &'a [u32] {
        let single = match &self.mapping {
            Mapping::Own(vocabulary) => match &vocabulary.sets {
                Some(sets) => return sets.members(code),
                None => code,
            },
            Mapping::Single { by_code, .. } => by_code[code as usize],
            Mapping::Multi { offsets, values, .. } => {
                let code = code as usize;
                return &values[offsets[code]..offsets[code + 1]];
            }
        };
        if single == NULL {
            return &[];
        }
        own[0] = single;
        own
    }

    /// Adds what the field holds beside what it shares with others to a sum.
    pub(super) fn add_to(&self, sum: &mut impl Hasher) {
        match &self.mapping {
            Mapping::Own(_) => {}
            Mapping::Single { texts: _, by_code } => by_code.hash(sum),
            Mapping::Multi { texts: _, offsets, values } => {
                offsets.hash(sum);
                values.hash(sum);
            }
        }
    }

    /// The bytes that the field takes besides what it shares with others.
    pub(crate) fn size_bytes(&self) -> usize {
        match &self.mapping {
            Mapping::Own(_) => 0,
            Mapping::Single { by_code, .. } => by_code.capacity() * size_of::<u32>(),
            Mapping::Multi { offsets, values, .. } => {
                offsets.capacity() * size_of::<usize>() + values.capacity() * size_of::<u32>()
            }
        }
    }
}

/// The display texts of a dimension's members.
#[derive(Debug)]
pub(crate) struct Labels {
    lookup: Arc<LookupTable>,
    /// The lookup's rows by member.
    rows: Vec<Option<u32>>,
    label: Option<String>,
    media: Option<String>,
}

impl Labels {
    pub(crate) fn new(
        dimension: &Dimension,
        lookup: Arc<LookupTable>,
        rows: Vec<Option<u32>>,
    ) -> Self {
        Self { lookup, rows, label: dimension.label.clone(), media: dimension.media.clone() }
    }

    /// The member's label.
    pub(crate) fn label(&self, member: u32) -> Option<&str> {
        self.text(self.label.as_deref(), member)
    }

    /// The address of the member's preview.
    pub(crate) fn media(&self, member: u32) -> Option<&str> {
        self.text(self.media.as_deref(), member)
    }

    /// Whether the lookup has this address of a preview, even of a member that does not occur.
    pub(crate) fn names_media(&self, address: &str) -> bool {
        let column = self.media.as_deref().and_then(|media| self.lookup.column(media));
        column.is_some_and(|column| column.texts.code(address).is_some())
    }

    fn text(&self, column: Option<&str>, member: u32) -> Option<&str> {
        let row = self.rows.get(member as usize).copied().flatten()?;
        self.lookup.column(column?)?.text(row)
    }

    /// Adds where members are in the lookup to a sum.
    pub(super) fn add_to(&self, sum: &mut impl Hasher) {
        self.rows.hash(sum);
    }

    pub(crate) fn size_bytes(&self) -> usize {
        self.rows.capacity() * size_of::<Option<u32>>()
    }
}

/// The row of each member in a lookup, by code.
pub(crate) fn member_rows(members: &Dictionary, lookup: &LookupTable) -> Vec<Option<u32>> {
    let mut rows = vec![None; members.n_codes()];
    for (code, text) in members.iter() {
        rows[code as usize] = lookup.row(text);
    }
    rows
}
