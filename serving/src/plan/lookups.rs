//! The lookups whose states an answer depends on.

use std::collections::BTreeSet;

use clio_proto::{AskedMeasure, DimensionColumn, FieldRef, Filter, GroupKey, Query};

use crate::snapshot::Snapshot;

/// The lookups, of those for which days took different states, that matter: those that give their values to a dimension
/// which the query groups or filters by, and those that are keys of an attribution, if the query asks for credited
/// events.
pub(super) fn lookups(snapshot: &Snapshot, query: &Query) -> BTreeSet<String> {
    let states = &snapshot.lookup_states;
    if states.lookups().next().is_none() {
        return BTreeSet::new();
    }
    let mut fields = Vec::new();
    if let Some(filter) = &query.filter {
        of_filter(filter, &mut fields);
    }
    if let Some(rows) = snapshot.seen_rows() {
        of_filter(rows, &mut fields);
    }
    fields.extend(query.group_by.iter().filter_map(|key| match key {
        GroupKey::Field(field) => Some(field),
        GroupKey::Time(_) => None,
    }));
    let dimensions = snapshot.model.dimensions();
    let lookup_of = |column: &DimensionColumn| match column {
        DimensionColumn::Lookup { lookup, .. } => Some(lookup.clone()),
        DimensionColumn::Event(_) => None,
    };
    let of_field = |field: &FieldRef| {
        let field = &snapshot.fields[snapshot.field(field).ok()?];
        lookup_of(&dimensions[field.dimension].column)
    };
    let mut used: BTreeSet<String> = fields.into_iter().filter_map(of_field).collect();
    if asks_for_credited(snapshot, query) {
        // A lookup that gives no dimension its values is used for the recipe's keys.
        let given: BTreeSet<String> =
            dimensions.iter().filter_map(|dimension| lookup_of(&dimension.column)).collect();
        used.extend(states.lookups().filter(|lookup| !given.contains(*lookup)).cloned());
    }
    used
}

fn of_filter<'a>(filter: &'a Filter, fields: &mut Vec<&'a FieldRef>) {
    match filter {
        Filter::And(nodes) | Filter::Or(nodes) => {
            nodes.iter().for_each(|node| of_filter(node, fields));
        }
        Filter::Not(node) => of_filter(node, fields),
        Filter::Field { field, .. } => fields.push(field),
    }
}

fn asks_for_credited(snapshot: &Snapshot, query: &Query) -> bool {
    let model = &snapshot.model;
    let is_credited = |measure: &str| {
        let source = model.measure(measure).and_then(|measure| measure.kind.source());
        let source = source.and_then(|source| model.source(source));
        source.is_some_and(|source| source.attribution.is_some())
    };
    let tested = query.having.iter().flat_map(clio_proto::Having::measures);
    let mut names = query.measures.iter().map(String::as_str).chain(tested);
    names.any(|name| {
        let Ok(measure) = model.asked(name).map(AskedMeasure::measure) else { return false };
        match measure.kind.expression() {
            Some(expression) => expression.names().into_iter().any(is_credited),
            None => is_credited(&measure.name),
        }
    })
}
