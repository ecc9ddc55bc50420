//! Columns with two spellings.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::arrow::datatypes::SchemaRef;

use super::Piece;

/// Two columns whose names differ only in case, with a piece for each.
///
/// Two such columns within one columnar piece are not reported: they are intentional.
#[derive(Debug)]
pub(super) struct Spelling {
    pub(super) names: [String; 2],
    /// A piece with each spelling.
    pub(super) pieces: [String; 2],
}

/// Columns whose names differ between pieces only in case.
pub(super) fn spellings(
    schemas: &[SchemaRef],
    has_free_keys: bool,
    pieces: &[Piece],
) -> Vec<Spelling> {
    let mut known: BTreeMap<String, (&str, usize)> = BTreeMap::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut all = Vec::new();
    for (piece, schema) in schemas.iter().enumerate() {
        for field in schema.fields() {
            if !seen.insert(field.name()) {
                continue;
            }
            let Some((first, first_piece)) = known.get(&field.name().to_lowercase()) else {
                known.insert(field.name().to_lowercase(), (field.name(), piece));
                continue;
            };
            let has_both = |schema: &SchemaRef| {
                schema.column_with_name(first).is_some()
                    && schema.column_with_name(field.name()).is_some()
            };
            // The keys of such a piece are not necessarily those of a single row.
            if has_free_keys || !schemas.iter().any(has_both) {
                all.push(Spelling {
                    names: [(*first).to_owned(), field.name().clone()],
                    pieces: [*first_piece, piece].map(|at| pieces[at].name().to_owned()),
                });
            }
        }
    }
    all
}
