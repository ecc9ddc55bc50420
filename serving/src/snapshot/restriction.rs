//! A snapshot as it is to somebody who does not see all of it: as if only their rows, members and measures were there.
//!
//! ```text
//! policy ─▶ rows        beside every filter                                     plan/seen.rs
//!         ─▶ values      fields without those that no row of theirs holds         field.rs
//!         ─▶ measures    names without those that are hidden                      here
//! ```
//!
//! Whatever answers takes a snapshot and knows no other, so that no path leads beside it.

use std::sync::{Arc, OnceLock};

use clio_proto::{AskedMeasure, Filter, Policy, ServiceError, SnapshotInfo};

use tokio::sync::OnceCell;

use super::{Field, Snapshot};

/// What somebody sees of a snapshot.
#[derive(Debug)]
pub(crate) struct Restriction {
    policy: Arc<Policy>,
    /// The fields of the whole snapshot, which its rows are told by.
    whole: Vec<Arc<Field>>,
    /// By field, the all-time cells that hold each value; `None` where all rows are seen.
    n_cells: Option<Vec<Vec<u64>>>,
}

/// Each field as it is seen, where not all rows are, with the all-time cells that hold each value.
pub(crate) type Seen = Vec<(Field, Vec<u64>)>;

impl Restriction {
    /// Which rows are seen; `None` for all.
    pub(crate) fn rows(&self) -> Option<&Filter> {
        self.policy.rows()
    }

    /// The fields that its rows are told by.
    pub(crate) fn whole(&self) -> &[Arc<Field>] {
        &self.whole
    }
}

impl Snapshot {
    /// The snapshot as a policy shows it; `seen` says what of each field, where it does not show all rows. What is told of it beside
    /// its cells is `info`.
    pub(crate) fn restricted(
        &self,
        policy: Arc<Policy>,
        seen: Option<Seen>,
        info: SnapshotInfo,
    ) -> Self {
        let (fields, n_cells) = match seen {
            None => (self.fields.clone(), None),
            Some(seen) => {
                let parts = seen.into_iter().map(|(field, n_cells)| (Arc::new(field), n_cells));
                let (fields, n_cells) = parts.unzip();
                (fields, Some(n_cells))
            }
        };
        let restriction = Restriction { policy, whole: self.fields.clone(), n_cells };
        Self {
            info,
            model: Arc::clone(&self.model),
            layout: Arc::clone(&self.layout),
            days: self.days.clone(),
            retired: self.retired.clone(),
            provisional: self.provisional.clone(),
            lookup_states: self.lookup_states.clone(),
            chunks: self.chunks.clone(),
            vocabularies: self.vocabularies.clone(),
            lookups: self.lookups.clone(),
            members: fields.iter().map(|_| OnceLock::new()).collect(),
            fields,
            labels: self.labels.clone(),
            kept_first_days: self.kept_first_days.clone(),
            first_days: self.vocabularies.iter().map(|_| OnceLock::new()).collect(),
            restriction: Some(restriction),
            outliers: OnceCell::new(),
            size_bytes: self.size_bytes,
        }
    }

    /// What is seen of a field, from the all-time cells that are seen of each cell code of its dimension, by the members of the dimension
    /// and the values of a list that are; `None` for all of those that such cells hold.
    pub(crate) fn seen_of(
        &self,
        field: &Field,
        n_cells_of: &[u64],
        members: Option<&[bool]>,
        list: Option<&[bool]>,
    ) -> (Field, Vec<u64>) {
        field.seen_in(&self.vocabularies[field.dimension], n_cells_of, members, list)
    }

    /// Which rows are seen; `None` for all.
    pub(crate) fn seen_rows(&self) -> Option<&Filter> {
        self.restriction.as_ref().and_then(Restriction::rows)
    }

    /// The all-time cells that hold each value of a field, where not all rows are seen.
    pub(super) fn seen_cells(&self, field: usize) -> Option<&[u64]> {
        let n_cells = self.restriction.as_ref()?.n_cells.as_ref()?;
        Some(&n_cells[field])
    }

    /// Whether a measure of the model is seen.
    pub(crate) fn sees_measure(&self, name: &str) -> bool {
        let sees = |own: &Restriction| own.policy.sees(&self.model, name);
        self.restriction.as_ref().is_none_or(sees)
    }

    /// The measure that a query asks for by a name.
    ///
    /// # Errors
    ///
    /// As [`Model::asked`](clio_proto::Model::asked); a measure that is not seen is one that is not there.
    pub(crate) fn asked(&self, name: &str) -> Result<AskedMeasure<'_>, ServiceError> {
        let own = name.split_once('.').map_or(name, |(own, _)| own);
        if self.sees_measure(own) {
            return self.model.asked(name);
        }
        let existing = self.asked_names();
        Err(ServiceError::unknown("measure", name, existing.iter().map(String::as_str)))
    }

    /// The names that queries ask measures by that are seen, in the model's order.
    pub(crate) fn asked_names(&self) -> Vec<String> {
        let seen = self.model.measures().iter().filter(|own| self.sees_measure(&own.name));
        seen.flat_map(clio_proto::Measure::asked_names).collect()
    }
}
