//! The union of all roles of one principal.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{MeasureRule, Right, Role, RoleLimits};
use crate::digest::stable_digest;
use crate::filter::Filter;
use crate::model::Model;

/// What a principal may see of a dataset and do with it: the union of its roles.
///
/// The visible rows are those that match any role's filter, the visible measures those of any role; so two roles
/// together may show a measure of rows for which neither shows it alone. For each limit the largest applies, and none
/// if any role has none.
///
/// Always true: it is made of at least one role, and policies with the same meaning have the same
/// [`canonical`](Self::canonical) text if they are written the same way.
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
    /// The policy of some roles; `None` without any.
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

    /// The visible rows; `None` for all.
    pub fn rows(&self) -> Option<&Filter> {
        self.rows.as_ref()
    }

    /// Whether a measure of a model is visible; `false` for measures that the model does not have.
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

    /// Limits on the cost of queries.
    pub fn limits(&self) -> &RoleLimits {
        &self.limits
    }

    /// Everything that it says, as one text: policies with equal texts get the same answers, whatever their roles are
    /// called.
    pub fn canonical(&self) -> &Arc<str> {
        &self.canonical
    }

    /// A 64-bit hash of the canonical text, for logs. Whatever must not be confused is distinguished by the text
    /// itself.
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
    /// The larger of each limit; none if either has none.
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
