//! The values of a field by frequency, for pickers: worked out once a snapshot and field.

use clio_proto::{Code, Member, MemberPage, Period, ServiceError};

use super::dictionary::NULL;
use super::{Field, Snapshot};

/// The values of a field that occur, most frequent first, ready to be searched.
#[derive(Debug)]
pub(crate) struct MemberIndex {
    /// Code and all-time cells; [`NULL`] for the null member.
    ranked: Vec<(u32, u64)>,
    /// Value and label of each in lower case, a line each, in the same order.
    folded: String,
    /// Where each entry of `folded` ends.
    ends: Vec<usize>,
}

/// Between value and label in what is searched: nobody types it.
const SEPARATOR: char = '\0';

impl MemberIndex {
    fn new(snapshot: &Snapshot, field: &Field) -> Self {
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
        let texts = field.texts();
        let mut ranked: Vec<(u32, u64)> =
            (0_u32..).zip(n_cells).filter(|(_, n_cells)| *n_cells > 0).collect();
        ranked.sort_unstable_by(|(a, n_a), (b, n_b)| {
            n_b.cmp(n_a).then_with(|| texts.text(*a).cmp(&texts.text(*b)))
        });

        let labels = snapshot.labels_of(field);
        let (mut folded, mut ends) = (String::new(), Vec::with_capacity(ranked.len()));
        for (code, _) in &ranked {
            if let Some(text) = texts.text(*code) {
                folded.push_str(&text.to_lowercase());
            }
            if let Some(label) = labels.and_then(|labels| labels.label(*code)) {
                folded.push(SEPARATOR);
                folded.push_str(&label.to_lowercase());
            }
            ends.push(folded.len());
        }
        Self { ranked, folded, ends }
    }

    /// The positions of the members that hold a text: those that start with it, then the others.
    fn search(&self, text: &str) -> Vec<usize> {
        let text = text.to_lowercase();
        let (mut starting, mut holding) = (Vec::new(), Vec::new());
        let mut start = 0;
        for (at, end) in self.ends.iter().enumerate() {
            let folded = &self.folded[start..*end];
            start = *end;
            if self.ranked[at].0 == NULL || !folded.contains(&text) {
                continue;
            }
            let starts = folded.split(SEPARATOR).any(|part| part.starts_with(&text));
            if starts { starting.push(at) } else { holding.push(at) }
        }
        starting.append(&mut holding);
        starting
    }
}

impl Snapshot {
    /// A page of a field's members, if it takes no more than so many bytes.
    pub(crate) fn members(
        &self,
        field: usize,
        search: Option<&str>,
        limit: usize,
        offset: usize,
        most_bytes: u64,
    ) -> Result<MemberPage, ServiceError> {
        let own = &self.fields[field];
        let index = self.members[field].get_or_init(|| MemberIndex::new(self, own));
        let labels = self.labels_of(own);
        let member = |at: usize| {
            let (code, n_cells) = index.ranked[at];
            Member {
                value: own.texts().text(code).map(str::to_owned),
                label: labels.and_then(|labels| labels.label(code)).map(str::to_owned),
                media: labels.and_then(|labels| labels.media(code)).map(str::to_owned),
                n_cells,
            }
        };
        let (page, n_total): (Vec<usize>, _) = match search.filter(|text| !text.is_empty()) {
            None => {
                let n_all = index.ranked.len();
                ((0..n_all).skip(offset).take(limit).collect(), n_all)
            }
            Some(text) => {
                let found = index.search(text);
                let n_found = found.len();
                (found.into_iter().skip(offset).take(limit).collect(), n_found)
            }
        };
        let n_bytes: usize = page
            .iter()
            .map(|at| {
                let code = index.ranked[*at].0;
                let label = labels.and_then(|labels| labels.label(code));
                let media = labels.and_then(|labels| labels.media(code));
                let texts = [own.texts().text(code), label, media];
                size_of::<Member>() + texts.into_iter().flatten().map(str::len).sum::<usize>()
            })
            .sum();
        if n_bytes as u64 > most_bytes {
            let message = format!(
                "{} values take {n_bytes} bytes, the limit is {most_bytes}; ask for fewer a page",
                page.len()
            );
            return Err(ServiceError::new(Code::ResourceExhausted, message));
        }
        let members = page.into_iter().map(member).collect();
        Ok(MemberPage { members, n_total: n_total as u64 })
    }
}
