//! Which columns of which tables the model uses and for what, from its text, before any file is opened.

use std::collections::{BTreeMap, BTreeSet};

use clio_proto::{ColumnType, DimensionColumn, FileSet, MeasureKind, Model, Source};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

/// What a column is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Use {
    /// It is summed: numbers, integers or not.
    Number,
    /// It keys, filters, or counts people.
    Key,
    /// It is a dimension's list of values.
    List,
}

/// How the model uses a table.
#[derive(Debug, Clone, Default)]
pub(super) struct OfTable {
    /// By name; may include names of functions.
    pub(super) uses: BTreeMap<String, Use>,
    pub(super) declared: BTreeMap<String, ColumnType>,
    /// The keys of all tables over the same files; the lake knows their columns under the first of them.
    pub(super) same_files: Vec<String>,
}

/// The tables, by key.
pub(super) fn of_model(model: &Model) -> BTreeMap<String, OfTable> {
    let mut tables: BTreeMap<String, OfTable> = BTreeMap::new();
    for source in model.sources() {
        let is_same = |other: &&Source| {
            let key = |files: &FileSet| (files.url.clone(), files.patterns.clone());
            key(&other.files) == key(&source.files)
        };
        let same = model.sources().iter().filter(is_same);
        let same_files = same.map(|other| format!("source.{}", other.name)).collect();
        let declared = source.files.types.iter().cloned().collect();
        let of_table = OfTable { uses: BTreeMap::new(), declared, same_files };
        tables.insert(format!("source.{}", source.name), of_table);
    }
    for lookup in model.lookups() {
        let path = format!("lookup.{}", lookup.name);
        let declared = lookup.files.types.iter().cloned().collect();
        let of_table = OfTable { uses: BTreeMap::new(), declared, same_files: vec![path.clone()] };
        tables.insert(path.clone(), of_table);
        mark(&mut tables, &path, Use::Key, &lookup.key.0);
    }
    for source in model.sources().iter().filter(|source| model.is_read(&source.name)) {
        of_source(model, source, &mut tables);
    }
    of_measures(model, &mut tables);
    for dimension in model.dimensions() {
        if let DimensionColumn::Lookup { lookup, column, .. } = &dimension.column {
            mark(&mut tables, &format!("lookup.{lookup}"), Use::Key, &column.0);
        }
    }
    for source in model.sources() {
        through_computed(&mut tables, &format!("source.{}", source.name), &source.files);
    }
    for lookup in model.lookups() {
        through_computed(&mut tables, &format!("lookup.{}", lookup.name), &lookup.files);
    }
    united(&mut tables);
    tables
}

/// Marks a source's condition, and the columns that dimensions and keys of attribution take from it.
fn of_source(model: &Model, source: &Source, tables: &mut BTreeMap<String, OfTable>) {
    let path = format!("source.{}", source.name);
    if let Some(predicate) = &source.predicate {
        mark(tables, &path, Use::Key, predicate);
    }
    let described = match &source.attribution {
        None => path.clone(),
        Some(attribution) => {
            let to = format!("source.{}", attribution.to);
            for key in &attribution.by {
                let of_lookups = model.lookups().iter().map(|it| format!("lookup.{}", it.name));
                for table in [path.clone(), to.clone()].into_iter().chain(of_lookups) {
                    mark(tables, &table, Use::Key, &key.0);
                }
            }
            for dimension in model.dimensions() {
                let (DimensionColumn::Event(on) | DimensionColumn::Lookup { on, .. }) =
                    &dimension.column;
                if dimension.members.is_some()
                    || matches!(dimension.column, DimensionColumn::Lookup { .. })
                {
                    mark(tables, &path, Use::Key, &on.0);
                }
            }
            to
        }
    };
    for dimension in model.dimensions() {
        match &dimension.column {
            DimensionColumn::Event(column) if dimension.multi => {
                mark(tables, &described, Use::Key, &column.0);
                mark_one(tables, &described, Use::List, &column.0);
            }
            DimensionColumn::Event(column) => mark(tables, &described, Use::Key, &column.0),
            DimensionColumn::Lookup { on, .. } => mark(tables, &described, Use::Key, &on.0),
        }
    }
}

fn of_measures(model: &Model, tables: &mut BTreeMap<String, OfTable>) {
    for measure in model.stored_measures() {
        let own = match &measure.kind {
            MeasureKind::Sum { .. } | MeasureKind::Quantile { .. } => Use::Number,
            MeasureKind::Distinct { from_sketch: false, .. } => Use::Key,
            MeasureKind::Distinct { from_sketch: true, .. }
            | MeasureKind::Count { .. }
            | MeasureKind::Derived { .. } => continue,
        };
        let Some(source) = measure.kind.source().and_then(|name| model.source(name)) else {
            continue;
        };
        let to = source.attribution.as_ref().map(|attribution| attribution.to.as_str());
        for name in std::iter::once(source.name.as_str()).chain(to) {
            for column in measure.kind.columns() {
                mark(tables, &format!("source.{name}"), own, &column.0);
            }
        }
    }
}

/// Columns that a computed column is computed from are used for whatever it is used for.
fn through_computed(tables: &mut BTreeMap<String, OfTable>, path: &str, files: &FileSet) {
    // One may refer to another: as many rounds as there are columns.
    for _ in &files.columns {
        for (name, text) in &files.columns {
            let own = tables.get(path).and_then(|table| table.uses.get(name)).copied();
            if let Some(own) = own {
                mark(tables, path, own.min(Use::Key), text);
            }
        }
    }
}

/// Tables over the same files share their columns and the uses of these.
fn united(tables: &mut BTreeMap<String, OfTable>) {
    for (path, table) in tables.clone() {
        for other in table.same_files.iter().filter(|other| **other != path) {
            for (column, own) in &table.uses {
                mark_one(tables, other, *own, column);
            }
        }
    }
}

/// Marks the names in an expression, and a column named like the whole expression.
fn mark(tables: &mut BTreeMap<String, OfTable>, path: &str, own: Use, text: &str) {
    for name in names_in(text) {
        mark_one(tables, path, own, &name);
    }
}

fn mark_one(tables: &mut BTreeMap<String, OfTable>, path: &str, own: Use, column: &str) {
    let Some(table) = tables.get_mut(path) else { return };
    let known = table.uses.entry(column.to_owned()).or_insert(own);
    *known = (*known).max(own);
}

fn names_in(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::from([text.to_owned()]);
    let dialect = GenericDialect {};
    // Invalid SQL is reported where it is bound.
    for token in Tokenizer::new(&dialect, text).tokenize().unwrap_or_default() {
        if let Token::Word(word) = token {
            names.insert(word.value);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_expressions_and_not_in_texts() {
        let names = names_in("coalesce(user, \"Device Id\") || 'country'");
        let found: Vec<&str> = names.iter().map(String::as_str).collect();
        assert!(found.contains(&"user") && found.contains(&"Device Id"), "{found:?}");
        assert!(!found.contains(&"country"), "{found:?}");
    }

    #[test]
    fn uses_follow_computed_columns_and_sources_of_the_same_files() {
        let text = r#"
[dataset]
name = "test"
[source.all]
url = "a/"
format = "csv"
time = "at"
columns = { who = "coalesce(user, device)", paid = "price * 2" }
[source.some]
from = "all"
where = "kind = 1"
[dimension.country]
column = "country"
[measure.n]
source = "all"
kind = "distinct"
of = "who"
[measure.sum]
source = "some"
kind = "sum"
of = "paid"
"#;
        let tables = of_model(&Model::parse("a.toml", text).unwrap());
        for path in ["source.all", "source.some"] {
            let of = |column: &str| tables[path].uses.get(column).copied();
            assert_eq!(of("user"), Some(Use::Key), "{path}");
            assert_eq!(of("device"), Some(Use::Key));
            assert_eq!(of("kind"), Some(Use::Key));
            assert_eq!(of("price"), Some(Use::Number));
            assert_eq!(of("at"), None);
            assert_eq!(tables[path].same_files[0], "source.all");
        }
    }
}
