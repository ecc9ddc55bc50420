//! The values of a field by frequency, for pickers: computed once per snapshot and field.

use clio_proto::Period;

use super::dictionary::NULL;
use super::fold::{self, folded};
use super::{Field, Snapshot};

/// The values of a field that occur, most frequent first, prepared for searching.
#[derive(Debug)]
pub(crate) struct MemberIndex {
    /// Code and number of all-time cells; [`NULL`] for the null member.
    ranked: Vec<(u32, u64)>,
    /// The folded value and label of each, in the same order.
    folded: String,
    /// Where each entry of `folded` ends.
    ends: Vec<usize>,
}

/// Separates value and label in the searched text: nobody types it.
const SEPARATOR: char = '\0';

impl MemberIndex {
    fn new(snapshot: &Snapshot, at: usize) -> Self {
        let field = &snapshot.fields[at];
        let n_cells = match snapshot.seen_cells(at) {
            Some(n_cells) => n_cells.to_vec(),
            None => n_cells(snapshot, field),
        };
        let texts = field.texts();
        let is_kept = |code: u32| snapshot.keeps_value(&field.reference, texts.text(code));
        let mut ranked: Vec<(u32, u64)> = (0_u32..)
            .zip(n_cells)
            .filter(|(code, n_cells)| *n_cells > 0 && is_kept(*code))
            .collect();
        ranked.sort_unstable_by(|(a, n_a), (b, n_b)| {
            n_b.cmp(n_a).then_with(|| texts.text(*a).cmp(&texts.text(*b)))
        });

        let labels = snapshot.labels_of(field);
        let (mut folded, mut ends) = (String::new(), Vec::with_capacity(ranked.len()));
        for (code, _) in &ranked {
            if let Some(text) = texts.text(*code) {
                folded.push_str(&fold::folded(text));
            }
            if let Some(label) = labels.and_then(|labels| labels.label(*code)) {
                folded.push(SEPARATOR);
                folded.push_str(&fold::folded(label));
            }
            ends.push(folded.len());
        }
        Self { ranked, folded, ends }
    }

    /// The members that contain a text, or all if there is none: position, code and number of all-time cells, and
    /// whether value or label starts with it.
    pub(crate) fn find(&self, text: Option<&str>) -> Vec<FoundMember> {
        let text = text.map(folded).unwrap_or_default();
        let mut found = Vec::new();
        let mut start = 0;
        for ((code, n_cells), end) in self.ranked.iter().zip(&self.ends) {
            let folded = &self.folded[start..*end];
            start = *end;
            let starts = text.is_empty();
            if !starts && (*code == NULL || !folded.contains(&text)) {
                continue;
            }
            let starts = starts || folded.split(SEPARATOR).any(|part| part.starts_with(&text));
            found.push(FoundMember { code: *code, n_cells: *n_cells, starts });
        }
        found
    }
}

/// The all-time cells that hold each value of a field.
fn n_cells(snapshot: &Snapshot, field: &Field) -> Vec<u64> {
    let mut n_cells = vec![0_u64; field.texts().n_codes()];
    let mut own = [NULL];
    for chunk in snapshot.chunks.get(&Period::All).into_iter().flatten() {
        for (code, rows) in chunk.keys[field.dimension].index() {
            match field.values(code, &mut own) {
                [] => n_cells[NULL as usize] += rows.len(),
                values => {
                    values.iter().for_each(|value| n_cells[*value as usize] += rows.len());
                }
            }
        }
    }
    n_cells
}

/// A member that a search found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FoundMember {
    pub(crate) code: u32,
    /// The number of all-time cells.
    pub(crate) n_cells: u64,
    /// Whether value or label starts with the searched text.
    pub(crate) starts: bool,
}

impl Snapshot {
    /// The members of a field that occur, most frequent first; computed on first use.
    pub(crate) fn member_index(&self, field: usize) -> &MemberIndex {
        self.members[field].get_or_init(|| MemberIndex::new(self, field))
    }
}
