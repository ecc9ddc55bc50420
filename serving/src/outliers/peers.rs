//! Groups of peers, and their pools.

use std::collections::HashMap;

use clio_proto::{Code, FieldRef, OutlierRules, ServiceError};

use crate::snapshot::{NULL, Snapshot};

/// The groups of peers among the members of one dimension.
pub(super) struct Peers {
    /// Its position in the model.
    pub(super) dimension: usize,
    /// The attributes that define peers, by position among the snapshot's fields.
    fields: Vec<usize>,
    /// By code: the group.
    groups: Vec<usize>,
    /// By group: the values of the attributes, and the pool.
    of_group: Vec<(Vec<u32>, usize)>,
    n_pools: usize,
}

impl Peers {
    /// According to the current lookups.
    pub(super) fn new(snapshot: &Snapshot, rules: &OutlierRules) -> Result<Self, ServiceError> {
        let reference = |attribute: Option<&String>| FieldRef {
            dimension: rules.dimension.clone(),
            attribute: attribute.cloned(),
        };
        let dimension = snapshot.field(&reference(None))?;
        let fields = rules.peers.iter().map(|own| snapshot.field(&reference(Some(own))));
        let fields = fields.collect::<Result<Vec<usize>, _>>()?;
        if let Some(many) = fields.iter().find(|at| snapshot.fields[**at].multi) {
            let message = format!(
                "`outliers.peers`: `{}` has several values a member, so that nobody can say who is a peer; name attributes with one value",
                snapshot.fields[*many].reference
            );
            return Err(ServiceError::new(Code::InvalidArgument, message));
        }
        let n_codes = snapshot.fields[dimension].n_cell_codes();
        let pool_at =
            rules.pool.as_ref().and_then(|pool| rules.peers.iter().position(|own| own == pool));
        let (mut known, mut pools) = (HashMap::new(), HashMap::new());
        let (mut of_group, mut groups) = (Vec::new(), Vec::with_capacity(n_codes));
        for code in (0_u32..).take(n_codes) {
            let value = |at: &usize| {
                let mut own = [NULL];
                snapshot.fields[*at].values(code, &mut own).first().copied().unwrap_or(NULL)
            };
            let values: Vec<u32> = fields.iter().map(value).collect();
            let n_pools = pools.len();
            let pool = *pools.entry(pool_at.map(|at| values[at])).or_insert(n_pools);
            let group = *known.entry(values.clone()).or_insert_with(|| {
                of_group.push((values, pool));
                of_group.len() - 1
            });
            groups.push(group);
        }
        let dimension = snapshot.fields[dimension].dimension;
        Ok(Self { dimension, fields, groups, of_group, n_pools: pools.len() })
    }

    /// The upper bound of a dimension's codes in cells: each is below it.
    pub(super) fn n_codes(&self, snapshot: &Snapshot, dimension: usize) -> usize {
        let is_it = |field: &&std::sync::Arc<crate::snapshot::Field>| {
            field.dimension == dimension && field.reference.attribute.is_none()
        };
        snapshot.fields.iter().find(is_it).map_or(0, |field| field.n_cell_codes())
    }

    /// The group of a code.
    pub(super) fn group(&self, code: u32) -> usize {
        self.groups[code as usize]
    }

    pub(super) fn n_groups(&self) -> usize {
        self.of_group.len()
    }

    /// The pool of a code.
    pub(super) fn pool(&self, code: u32) -> usize {
        self.of_group[self.group(code)].1
    }

    pub(super) fn n_pools(&self) -> usize {
        self.n_pools
    }

    /// The attribute values that a code's group shares.
    pub(super) fn in_common(
        &self,
        snapshot: &Snapshot,
        code: u32,
    ) -> Vec<(FieldRef, Option<String>)> {
        let values = self.of_group[self.group(code)].0.iter();
        let named = self.fields.iter().zip(values).map(|(at, value)| {
            let field = &snapshot.fields[*at];
            (field.reference.clone(), field.texts().text(*value).map(str::to_owned))
        });
        named.collect()
    }
}
