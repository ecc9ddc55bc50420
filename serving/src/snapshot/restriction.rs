//! A snapshot restricted by a policy: as if it had only the visible rows, members and measures.
//!
//! ```text
//! policy ─▶ rows        added to every filter                                     plan/seen.rs
//!         ─▶ values      fields without those that no visible row holds           field.rs
//!         ─▶ measures    names without the hidden measures                        here
//! ```
//!
//! Everything that answers requests takes a snapshot, restricted or whole, so that no path bypasses the policy.

use std::sync::{Arc, OnceLock};

use clio_proto::{
    AskedMeasure, Filter, OutlierRules, Policy, ServiceError, SnapshotInfo, Watching,
};

use tokio::sync::OnceCell;

use super::{Field, Snapshot};

/// The restriction of a snapshot.
#[derive(Debug)]
pub(crate) struct Restriction {
    policy: Arc<Policy>,
    /// The fields of the whole snapshot, by which rows are filtered.
    whole: Vec<Arc<Field>>,
    /// Per field, the all-time cells that hold each value; `None` if all rows are visible.
    n_cells: Option<Vec<Vec<u64>>>,
}

/// The visible part of each field, with the all-time cells that hold each value; for policies that restrict rows.
pub(crate) type Seen = Vec<(Field, Vec<u64>)>;

impl Restriction {
    /// The visible rows; `None` for all.
    pub(crate) fn rows(&self) -> Option<&Filter> {
        self.policy.rows()
    }

    /// The fields by which rows are filtered.
    pub(crate) fn whole(&self) -> &[Arc<Field>] {
        &self.whole
    }
}

impl Snapshot {
    /// The snapshot restricted by a policy; `seen` is the visible part of its fields if rows are restricted, and `info`
    /// its visible description.
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
            projected: self.projected.clone(),
            restriction: Some(restriction),
            outliers: OnceCell::new(),
            size_bytes: self.size_bytes,
        }
    }

    /// The visible part of a field: from the number of visible all-time cells per cell code of its dimension, and the
    /// visible members of the dimension and values of a list; `None` for all that such cells hold.
    pub(crate) fn seen_of(
        &self,
        field: &Field,
        n_cells_of: &[u64],
        members: Option<&[bool]>,
        list: Option<&[bool]>,
    ) -> (Field, Vec<u64>) {
        field.seen_in(&self.vocabularies[field.dimension], n_cells_of, members, list)
    }

    /// The visible rows; `None` for all.
    pub(crate) fn seen_rows(&self) -> Option<&Filter> {
        self.restriction.as_ref().and_then(Restriction::rows)
    }

    /// The all-time cells that hold each value of a field, if rows are restricted.
    pub(super) fn seen_cells(&self, field: usize) -> Option<&[u64]> {
        let n_cells = self.restriction.as_ref()?.n_cells.as_ref()?;
        Some(&n_cells[field])
    }

    /// Whether a measure of the model is visible.
    pub(crate) fn sees_measure(&self, name: &str) -> bool {
        let sees = |own: &Restriction| own.policy.sees(&self.model, name);
        self.restriction.as_ref().is_none_or(sees)
    }

    /// Why outliers are not shown: with hidden rows or measures, the numbers of peers, and who stands out among them,
    /// would reveal something about the hidden rows.
    pub(crate) fn outliers_withheld(&self, rules: &OutlierRules) -> Option<&'static str> {
        if self.seen_rows().is_some() {
            return Some(
                "outliers are told of all rows, and your roles show some; ask somebody who sees all",
            );
        }
        let watching = match &rules.watching {
            Some(Watching::Rate(rate)) => [Some(rate.above.as_str()), Some(rate.below.as_str())],
            Some(Watching::Share(share)) => [Some(share.measure()), None],
            None => [None, None],
        };
        let of_rate = [rules.rate.above.as_str(), rules.rate.below.as_str()];
        let mut names = of_rate.into_iter().chain(watching.into_iter().flatten());
        let is_hidden = names.any(|name| !self.sees_measure(name));
        is_hidden.then_some("outliers are told by measures that your roles hide")
    }

    /// The measure that a query requests by name.
    ///
    /// # Errors
    ///
    /// As for [`Model::asked`](clio_proto::Model::asked); hidden measures do not exist.
    pub(crate) fn asked(&self, name: &str) -> Result<AskedMeasure<'_>, ServiceError> {
        let own = name.split_once('.').map_or(name, |(own, _)| own);
        if self.sees_measure(own) {
            return self.model.asked(name);
        }
        let existing = self.asked_names();
        Err(ServiceError::unknown("measure", name, existing.iter().map(String::as_str)))
    }

    /// The visible names by which queries request measures, in the model's order.
    pub(crate) fn asked_names(&self) -> Vec<String> {
        let seen = self.model.measures().iter().filter(|own| self.sees_measure(&own.name));
        seen.flat_map(clio_proto::Measure::asked_names).collect()
    }
}
