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
    /// A member may have more than one value: of an attribute that is a list.
    is_list: bool,
    mapping: Mapping,
    /// The values of each member of a multi-valued dimension, where the field is an attribute of it.
    of_members: Option<Arc<Lists>>,
    /// Where some of the dataset is not seen, the values that are, by code.
    seen: Option<Vec<bool>>,
}

/// Lists of values, by number: list `i` is `values[offsets[i]..offsets[i + 1]]`, sorted.
#[derive(Debug)]
struct Lists {
    offsets: Vec<usize>,
    values: Vec<u32>,
}

impl Lists {
    fn new(lists: impl Iterator<Item = Vec<u32>>) -> Self {
        let (mut offsets, mut values) = (vec![0], Vec::new());
        for mut list in lists {
            list.sort_unstable();
            let n_kept = dedup_sorted(&mut list);
            values.extend_from_slice(&list[..n_kept]);
            offsets.push(values.len());
        }
        Self { offsets, values }
    }

    fn get(&self, at: u32) -> &[u32] {
        let at = at as usize;
        &self.values[self.offsets[at]..self.offsets[at + 1]]
    }

    fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    fn add_to(&self, sum: &mut impl Hasher) {
        self.offsets.hash(sum);
        self.values.hash(sum);
    }

    fn size_bytes(&self) -> usize {
        self.offsets.capacity() * size_of::<usize>() + self.values.capacity() * size_of::<u32>()
    }
}

/// How cell codes become values.
#[derive(Debug)]
enum Mapping {
    /// The field is the dimension: a member's code is its own value, a set's are its members.
    Own(Arc<Vocabulary>),
    /// At most one value per cell code: `by_code[code]`, or [`NULL`].
    Single { texts: Arc<Dictionary>, by_code: Vec<u32> },
    /// The values of each cell code.
    Multi { texts: Arc<Dictionary>, by_code: Lists },
    /// The field is a multi-valued dimension, of which some members are not seen: those that are, by cell code.
    Some { vocabulary: Arc<Vocabulary>, by_code: Lists },
}

impl Field {
    /// The field of a dimension itself.
    pub(crate) fn own(dimension: &Dimension, at: usize, vocabulary: &Arc<Vocabulary>) -> Self {
        Self {
            reference: FieldRef { dimension: dimension.name.clone(), attribute: None },
            dimension: at,
            multi: dimension.multi,
            is_list: false,
            mapping: Mapping::Own(Arc::clone(vocabulary)),
            of_members: None,
            seen: None,
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
        let mut of_members = None;
        let codes = (0_u32..).take(vocabulary.n_cell_codes());
        let mapping = if multi {
            let by_code = match &vocabulary.sets {
                None => Lists::new(codes.map(|code| values_of(code).to_vec())),
                Some(sets) => {
                    let members = (0_u32..).take(vocabulary.members.n_codes());
                    let lists = Lists::new(members.map(|member| values_of(member).to_vec()));
                    of_members = Some(Arc::new(lists));
                    let of_set = |code: u32| {
                        let members = sets.members(code).iter();
                        members.flat_map(|member| values_of(*member)).copied().collect()
                    };
                    Lists::new(codes.map(of_set))
                }
            };
            Mapping::Multi { texts, by_code }
        } else {
            let by_code = codes.map(|code| values_of(code).first().copied().unwrap_or(NULL));
            Mapping::Single { texts, by_code: by_code.collect() }
        };
        let attribute = Some(attribute.to_owned());
        let reference = FieldRef { dimension: dimension.name.clone(), attribute };
        let is_list = column.is_multi();
        Some(Self { reference, dimension: at, multi, is_list, mapping, of_members, seen: None })
    }

    /// The field as it is to whoever does not see all of it, from the cells that they see of each cell code: of a multi-valued
    /// dimension with these members alone, of a list with these values alone. What no cell of theirs holds is no value to them. With it,
    /// the cells that hold each value, by code, and at [`NULL`] those that hold none.
    pub(crate) fn seen_in(
        &self,
        vocabulary: &Vocabulary,
        n_cells_of: &[u64],
        members: Option<&[bool]>,
        list: Option<&[bool]>,
    ) -> (Self, Vec<u64>) {
        let is_left = |value: u32| list.is_none_or(|list| list[value as usize]);
        let mut own = [NULL];
        let codes = (0_u32..).take(self.n_cell_codes());
        let mapping = match &self.mapping {
            Mapping::Own(vocabulary) => match (&vocabulary.sets, members) {
                (Some(sets), Some(seen)) => {
                    let of_set = |code: u32| {
                        let members = sets.members(code).iter().copied();
                        members.filter(|member| seen[*member as usize]).collect()
                    };
                    let vocabulary = Arc::clone(vocabulary);
                    Mapping::Some { by_code: Lists::new(codes.map(of_set)), vocabulary }
                }
                (Some(_), None) | (None, _) => Mapping::Own(Arc::clone(vocabulary)),
            },
            Mapping::Single { texts, by_code } => {
                Mapping::Single { texts: Arc::clone(texts), by_code: by_code.clone() }
            }
            Mapping::Multi { texts, by_code } => {
                let of_code = |code: u32| -> Vec<u32> {
                    let (Some(sets), Some(seen)) = (&vocabulary.sets, members) else {
                        return by_code.get(code).to_vec();
                    };
                    let members = sets.members(code).iter().copied();
                    let members = members.filter(|member| seen[*member as usize]);
                    members
                        .flat_map(|member| self.values_of_member(member, &mut [NULL]).to_vec())
                        .collect()
                };
                let left = |code| of_code(code).into_iter().filter(|value| is_left(*value));
                let by_code = Lists::new(codes.map(|code| left(code).collect()));
                Mapping::Multi { texts: Arc::clone(texts), by_code }
            }
            Mapping::Some { .. } => unreachable!("it is taken of whole fields alone"),
        };
        let field = Self {
            reference: self.reference.clone(),
            dimension: self.dimension,
            multi: self.multi,
            is_list: self.is_list,
            mapping,
            of_members: None,
            seen: None,
        };
        let mut n_cells = vec![0_u64; field.texts().n_codes()];
        for (code, n) in (0_u32..).zip(n_cells_of) {
            match field.values(code, &mut own) {
                [] => n_cells[NULL as usize] += n,
                values => values.iter().for_each(|value| n_cells[*value as usize] += n),
            }
        }
        let seen = n_cells.iter().map(|n| *n > 0).collect();
        (Self { seen: Some(seen), ..field }, n_cells)
    }

    /// The strings of the field's values.
    pub(crate) fn texts(&self) -> &Dictionary {
        match &self.mapping {
            Mapping::Own(vocabulary) | Mapping::Some { vocabulary, .. } => &vocabulary.members,
            Mapping::Single { texts, .. } | Mapping::Multi { texts, .. } => texts,
        }
    }

    /// The number of cell codes: each is below this.
    pub(crate) fn n_cell_codes(&self) -> usize {
        match &self.mapping {
            Mapping::Own(vocabulary) => vocabulary.n_cell_codes(),
            Mapping::Single { by_code, .. } => by_code.len(),
            Mapping::Multi { by_code, .. } | Mapping::Some { by_code, .. } => by_code.len(),
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
            Mapping::Multi { by_code, .. } | Mapping::Some { by_code, .. } => {
                return by_code.get(code);
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
            Mapping::Multi { texts: _, by_code } | Mapping::Some { vocabulary: _, by_code } => {
                by_code.add_to(sum);
            }
        }
        if let Some(lists) = &self.of_members {
            lists.add_to(sum);
        }
    }

    /// The code of a value that is seen, if the text is one.
    pub(crate) fn code(&self, text: &str) -> Option<u32> {
        self.texts().code(text).filter(|code| self.sees(*code))
    }

    /// Every value that is seen, by code, with its text.
    pub(crate) fn values_with_texts(&self) -> impl Iterator<Item = (u32, &str)> {
        self.texts().iter().filter(|(code, _)| self.sees(*code))
    }

    /// Whether a value is seen.
    pub(crate) fn sees(&self, code: u32) -> bool {
        self.seen.as_ref().is_none_or(|seen| seen[code as usize])
    }

    /// How many values are seen, and one more for none.
    pub(crate) fn n_values_seen(&self) -> usize {
        let seen = self.seen.as_ref().map(|seen| seen.iter().skip(1).filter(|own| **own).count());
        seen.map_or(self.texts().n_codes(), |n_seen| n_seen + 1)
    }

    /// Whether it is an attribute of which a member may have several values.
    pub(crate) fn is_list(&self) -> bool {
        self.is_list
    }

    /// The values of one member of a multi-valued dimension; `own` is room for one.
    pub(crate) fn values_of_member<'a>(&'a self, member: u32, own: &'a mut [u32; 1]) -> &'a [u32] {
        match &self.of_members {
            Some(lists) => lists.get(member),
            None => {
                own[0] = member;
                own
            }
        }
    }

    /// What the field holds beside what it shares with others.
    pub(crate) fn size_bytes(&self) -> usize {
        let by_code = match &self.mapping {
            Mapping::Own(_) => 0,
            Mapping::Single { by_code, .. } => by_code.capacity() * size_of::<u32>(),
            Mapping::Multi { by_code, .. } | Mapping::Some { by_code, .. } => by_code.size_bytes(),
        };
        by_code + self.of_members.as_ref().map_or(0, |lists| lists.size_bytes())
    }
}

/// The display texts of a dimension's members.
#[derive(Debug, Clone)]
pub(crate) struct Labels {
    lookup: Arc<LookupTable>,
    /// The lookup's rows by member.
    rows: Arc<[Option<u32>]>,
    label: Option<String>,
    media: Option<String>,
}

impl Labels {
    pub(crate) fn new(
        dimension: &Dimension,
        lookup: Arc<LookupTable>,
        rows: Vec<Option<u32>>,
    ) -> Self {
        let (label, media) = (dimension.label.clone(), dimension.media.clone());
        Self { lookup, rows: rows.into(), label, media }
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
        self.rows.len() * size_of::<Option<u32>>()
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
