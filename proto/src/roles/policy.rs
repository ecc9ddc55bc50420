//! What all roles of one principal come to.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{MeasureRule, Right, Role, RoleLimits};
use crate::digest::stable_digest;
use crate::filter::Filter;
use crate::model::Model;

/// What a principal may see of a dataset, and do: all that any of its roles may.
///
/// Rows are those that any role's filter leaves, measures those that any role sees, so that two roles together may show a measure of rows
/// of which neither alone does. Of each limit the largest holds, and none where a role has none.
///
/// Always true: it is of one role at least, and two policies that mean the same have the same [`canonical`](Self::canonical) text, as
/// far as they are written the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    roles: Vec<String>,
    rows: Option<Filter>,
    measures: BTreeSet<MeasureRule>,
    rights: BTreeSet<Right>,
    limits: RoleLimits,
    canonical: Arc<str>,
}

impl Policy {
    /// That of some roles; `None` of none.
    pub(super) fn of<'r>(roles: impl Iterator<Item = &'r Role>) -> Option<Self> {
        let roles: Vec<&Role> = roles.collect();
        let (first, others) = roles.split_first()?;
        let mut filters: Option<Vec<&Filter>> = Some(Vec::new());
        for role in &roles {
            match (&role.rows, &mut filters) {
                (Some(rows), Some(filters)) if !filters.contains(&rows) => filters.push(rows),
                (Some(_), _) => {}
                (None, filters) => *filters = None,
            }
        }
        let rows = filters.map(|mut filters| {
            filters.sort_by_cached_key(|filter| filter.to_string());
            match &filters[..] {
                [only] => Filter::clone(only),
                several => Filter::Or(several.iter().copied().cloned().collect()),
            }
        });
        let mut measures: BTreeSet<MeasureRule> =
            roles.iter().map(|role| role.measures.clone()).collect();
        if measures.contains(&MeasureRule::All) {
            measures.retain(|rule| *rule == MeasureRule::All);
        }
        let rights = roles.iter().flat_map(|role| role.rights.iter().copied()).collect();
        let limits = others.iter().fold(first.limits, |limits, role| limits.or(&role.limits));
        let canonical = canonical(rows.as_ref(), &measures, &rights, &limits);
        let roles = roles.into_iter().map(|role| role.name.clone()).collect();
        Some(Self { roles, rows, measures, rights, limits, canonical: canonical.into() })
    }

    /// The names of the roles, in the file's order.
    pub fn roles(&self) -> &[String] {
        &self.roles
    }

    /// Which rows are seen; `None` for all.
    pub fn rows(&self) -> Option<&Filter> {
        self.rows.as_ref()
    }

    /// Whether a measure of a model is seen; of one that the model does not have, no.
    pub fn sees(&self, model: &Model, measure: &str) -> bool {
        let Some(own) = model.measure(measure) else { return false };
        self.measures.iter().any(|rule| match rule {
            MeasureRule::All => true,
            MeasureRule::Only(seen) => seen.contains(measure),
            MeasureRule::AllBut(hidden) => {
                let made_of = own.kind.expression().map(|expression| expression.names());
                !hidden.contains(measure)
                    && !made_of.into_iter().flatten().any(|name| hidden.contains(name))
            }
        })
    }

    /// Whether it hides nothing of a dataset: neither rows nor measures.
    pub fn sees_all(&self) -> bool {
        self.rows.is_none() && self.measures.contains(&MeasureRule::All)
    }

    /// Whether it has a right.
    pub fn may(&self, right: Right) -> bool {
        self.rights.contains(&right)
    }

    /// What questions may cost.
    pub fn limits(&self) -> &RoleLimits {
        &self.limits
    }

    /// All that it says, as one text: what answers are the same to one and to another, whatever their roles are called.
    pub fn canonical(&self) -> &Arc<str> {
        &self.canonical
    }

    /// The canonical text in 64 bits, for logs. What must not be mixed up is told apart by the text.
    pub fn digest(&self) -> u64 {
        stable_digest(self.canonical.as_bytes())
    }
}

fn canonical(
    rows: Option<&Filter>,
    measures: &BTreeSet<MeasureRule>,
    rights: &BTreeSet<Right>,
    limits: &RoleLimits,
) -> String {
    let rows = rows.map_or_else(|| "all".to_owned(), ToString::to_string);
    let rights: Vec<_> = rights.iter().map(|right| right.as_str()).collect();
    format!("rows {rows}\nmeasures {measures:?}\nrights {rights:?}\nlimits {limits:?}")
}

impl RoleLimits {
    /// The larger of each; none where either has none.
    fn or(self, other: &Self) -> Self {
        let larger = |own: Option<u32>, other: Option<u32>| Some(own?.max(other?));
        let burst = |limits: &Self| limits.burst.or(limits.queries_per_second);
        Self {
            queries_per_second: larger(self.queries_per_second, other.queries_per_second),
            burst: larger(burst(&self), burst(other)),
            max_groups: larger(self.max_groups, other.max_groups),
            max_seconds: larger(self.max_seconds, other.max_seconds),
        }
    }
}
