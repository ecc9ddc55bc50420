//! What every kind of stored measure owes roll-up and fold.

use clio_proto::{Model, SqlColumn};
use clio_sketch::{Buckets, Family, Precision, QuantileSketch, Scale, Sketch};
use datafusion::arrow::array::{Array as _, AsArray, Float64Array, Int64Array, LargeBinaryArray};
use datafusion::arrow::datatypes::Int64Type;

use super::*;

fn sketches() -> StoredType {
    let precision = Precision::try_new(10).unwrap();
    StoredType::Sketch { family: Family::HllPlusPlus, precision }
}

fn rules_of(stored: StoredType) -> Arc<dyn MeasureRules> {
    rules(&MeasureKind::Count { source: "events".to_owned() }, stored)
}

fn whole(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

/// Sketches of the numbers from one to below another, a pair each.
fn sketches_of(ranges: &[(u64, u64)]) -> ArrayRef {
    let StoredType::Sketch { family, precision } = sketches() else { unreachable!() };
    let bytes = ranges.iter().map(|(from, to)| {
        let mut sketch = Sketch::new(family, precision);
        (*from..*to).for_each(|value| sketch.insert_hash(family.hash_u64(value)));
        sketch.encode()
    });
    Arc::new(LargeBinaryArray::from_iter_values(bytes))
}

fn spreads() -> StoredType {
    StoredType::Quantiles { buckets: Buckets::try_new(0.02, &[30.0]).unwrap() }
}

/// Sketches of quantiles of the whole numbers from one to below another, a pair each.
fn spreads_of(ranges: &[(u32, u32)]) -> ArrayRef {
    let StoredType::Quantiles { buckets } = spreads() else { unreachable!() };
    let scale = Scale::new(buckets);
    let bytes = ranges.iter().map(|(from, to)| {
        let mut sketch = QuantileSketch::new(&scale);
        (*from..*to).for_each(|value| sketch.insert(f64::from(value)).unwrap());
        sketch.encode()
    });
    Arc::new(LargeBinaryArray::from_iter_values(bytes))
}

/// A parent that is what it was, and what one of its parts grew by, is what a union of all its parts gives.
#[test]
fn what_was_and_what_it_grew_by_is_what_is() {
    let check = |stored: StoredType, old: ArrayRef, new: ArrayRef| {
        let rules = rules_of(stored);
        let places: Vec<_> = (0..new.len()).map(|row| Some((&old, row))).collect();
        let growth = rules.growth("m", &new, &places).unwrap();
        let parts: Vec<_> = (0..new.len()).map(|row| vec![(0, row), (1, row)]).collect();
        let grown = rules.grown("m", &[&old, &growth], &parts).unwrap();
        assert_eq!(grown.to_data(), new.to_data(), "{stored:?}");
    };
    check(StoredType::Count, whole(&[5, 0, 9]), whole(&[7, 3, 9]));
    check(StoredType::WholeSum, whole(&[5, -2, 9]), whole(&[3, 3, i64::MAX]));
    let old = sketches_of(&[(0, 3), (0, 0), (0, 2_000)]);
    check(sketches(), old, sketches_of(&[(0, 5), (0, 1), (0, 2_500)]));
    let old = spreads_of(&[(0, 3), (0, 0), (0, 2_000)]);
    check(spreads(), old, spreads_of(&[(0, 5), (0, 1), (0, 2_500)]));
}

#[test]
fn a_cell_that_was_not_there_grew_by_all_that_it_is() {
    for stored in [StoredType::Count, StoredType::WholeSum] {
        let growth = rules_of(stored).growth("m", &whole(&[4]), &[None]).unwrap();
        assert_eq!(growth.as_primitive::<Int64Type>().value(0), 4);
    }
    for (stored, new) in [(sketches(), sketches_of(&[(0, 4)])), (spreads(), spreads_of(&[(0, 4)]))]
    {
        let growth = rules_of(stored).growth("m", &new, &[None]).unwrap();
        assert_eq!(growth.to_data(), new.to_data());
    }
}

/// A number that shrank can be taken off a parent; a sketch that lost a value cannot.
#[test]
fn only_what_cannot_be_told_from_before_is_lost() {
    let check = |stored: StoredType, old: ArrayRef, new: ArrayRef, expected: Changed| {
        let mut comparison = rules_of(stored).comparison();
        assert_eq!(comparison.compare((&old, 0), (&new, 0), false).unwrap(), expected);
        // Where something is lost already it is enough to say whether it changed.
        let changed = comparison.compare((&old, 0), (&new, 0), true).unwrap();
        assert_eq!(changed == Changed::Not, expected == Changed::Not);
    };
    check(StoredType::Count, whole(&[5]), whole(&[5]), Changed::Not);
    check(StoredType::WholeSum, whole(&[5]), whole(&[3]), Changed::Grown);
    check(sketches(), sketches_of(&[(0, 9)]), sketches_of(&[(0, 9)]), Changed::Not);
    check(sketches(), sketches_of(&[(0, 9)]), sketches_of(&[(0, 12)]), Changed::Grown);
    check(sketches(), sketches_of(&[(0, 9)]), sketches_of(&[(3, 12)]), Changed::Lost);
    check(spreads(), spreads_of(&[(0, 9)]), spreads_of(&[(0, 9)]), Changed::Not);
    check(spreads(), spreads_of(&[(0, 9)]), spreads_of(&[(0, 12)]), Changed::Grown);
    check(spreads(), spreads_of(&[(0, 9)]), spreads_of(&[(3, 12)]), Changed::Lost);
}

/// The number of values of a parent is held against that of its parts, counted another way.
#[test]
fn a_spread_counts_its_values() {
    let rules = rules_of(spreads());
    assert!(rules.is_whole() && rules.adds_exactly());
    assert_eq!(rules.whole(&spreads_of(&[(0, 40)])).unwrap(), 40);
    let none: ArrayRef = Arc::new(LargeBinaryArray::from_iter([None::<&[u8]>]));
    assert_eq!(rules.whole(&none).unwrap(), 0);
}

#[test]
fn sums_that_do_not_fit_are_refused() {
    let error = rules_of(StoredType::Count)
        .grown("plays", &[&whole(&[i64::MAX]), &whole(&[1])], &[vec![(0, 0), (1, 0)]])
        .unwrap_err();
    assert!(error.to_string().contains("plays"), "{error}");
}

/// What an aggregate gives is stored as the lake's column has it; sketches in the wider type that a batch needs.
#[test]
fn what_is_stored_is_of_the_type_of_its_column() {
    let none: ArrayRef = Arc::new(Float64Array::from(vec![None, Some(2.0)]));
    for stored in [StoredType::Count, StoredType::WholeSum, StoredType::FloatSum] {
        let values = rules_of(stored).stored(&none, "m").unwrap();
        assert_eq!(*values.data_type(), stored.data_type());
        assert_eq!(values.null_count(), 0, "none is 0");
    }
}

/// A kind is held in one way, whatever a model says of it.
#[test]
fn every_stored_measure_of_a_model_has_rules() {
    let model = r#"
        [dataset]
        name = "test"
        [source.events]
        url = "events/"
        format = "csv"
        time = "at"
        [dimension.country]
        column = "country"
        [measure.events]
        source = "events"
        kind = "count"
        [measure.seconds]
        source = "events"
        kind = "sum"
        of = "seconds"
        [measure.people]
        source = "events"
        kind = "distinct"
        of = "id"
        [measure.spread]
        source = "events"
        kind = "quantile"
        of = "seconds"
        error = "2%"
        [measure.each]
        kind = "derived"
        expr = "events / people"
    "#;
    let model = Model::parse("test.toml", model).unwrap();
    let stored: Vec<_> = model
        .measures()
        .iter()
        .map(|measure| Some((&measure.kind, StoredType::of(measure, &[])?)))
        .collect();
    assert_eq!(stored.iter().flatten().count(), model.stored_measures().count());
    for (kind, stored) in stored.into_iter().flatten() {
        let takes_columns = kind.columns() != <&[SqlColumn]>::default();
        assert_eq!(rules(kind, stored).input_type().is_some(), takes_columns, "{kind:?}");
    }
}
