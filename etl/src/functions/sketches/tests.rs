//! Sketches as aggregates of the engine, whole and in parts.

use super::*;
use clio_sketch::{Buckets, QuantileSketch, Sketch};
use datafusion::arrow::array::{Float64Array, LargeBinaryArray, UInt64Array};

fn precision() -> Precision {
    Precision::try_new(10).unwrap()
}

fn aggregate(input: Input) -> SketchGroups {
    SketchGroups::new(input, Family::HllPlusPlus, precision())
}

fn hashes(range: std::ops::Range<u64>) -> ArrayRef {
    Arc::new(UInt64Array::from_iter_values(range.map(|n| Family::HllPlusPlus.hash_u64(n))))
}

fn single(range: std::ops::Range<u64>) -> Vec<u8> {
    let mut sketch = Sketch::new(Family::HllPlusPlus, precision());
    range.for_each(|value| sketch.insert_hash(Family::HllPlusPlus.hash_u64(value)));
    sketch.encode()
}

#[test]
fn groups_states_and_rows_turned_to_states_give_the_bytes_of_single_sketches() {
    let values = [hashes(0..3000)];
    let groups: Vec<usize> = (0..3000).map(|row| usize::from(row >= 1000)).collect();
    let mut direct = aggregate(Input::Hashes);
    direct.update_batch(&values, &groups, None, 3).unwrap();

    let rows = direct.convert_to_state(&values, None).unwrap();
    let mut merged = aggregate(Input::Hashes);
    merged.merge_batch(&rows, &groups, 3).unwrap();
    let states = merged.state(EmitTo::All).unwrap();
    let mut folded = aggregate(Input::Sketches);
    folded.update_batch(&states, &[0, 1, 2], None, 3).unwrap();

    let expected = [single(0..1000), single(1000..3000), single(0..0)];
    for groups in [&mut direct, &mut folded] {
        let first = groups.evaluate(EmitTo::First(1)).unwrap();
        let rest = groups.evaluate(EmitTo::All).unwrap();
        let rows = [&first, &rest].map(|array| array.as_binary::<i64>().clone());
        let bytes: Vec<&[u8]> =
            rows.iter().flat_map(LargeBinaryArray::iter).map(Option::unwrap).collect();
        assert_eq!(bytes, expected.each_ref().map(Vec::as_slice));
    }
}

#[test]
fn nulls_and_filtered_rows_do_not_count() {
    let values: ArrayRef = Arc::new(UInt64Array::from(vec![Some(1), None, Some(3)]));
    let filter = BooleanArray::from(vec![Some(true), Some(true), None]);
    let mut groups = aggregate(Input::Hashes);
    groups.update_batch(&[values], &[0, 0, 0], Some(&filter), 1).unwrap();
    assert_eq!(groups.sketches.estimate(0).value.to_bits(), 1.0_f64.to_bits());
}

#[test]
fn bytes_that_are_no_sketch_are_refused() {
    let values: ArrayRef = Arc::new(LargeBinaryArray::from_vec(vec![b"nonsense"]));
    let mut groups = aggregate(Input::Sketches);
    let error = groups.merge_batch(&[values], &[0], 1).unwrap_err();
    assert!(error.to_string().contains("sketch bytes"), "{error}");
}

/// The same of quantiles: nulls and rows that the filter leaves out do not count, and parts add up to the whole.
#[test]
fn spreads_are_those_of_single_sketches() {
    let scale = Scale::new(Buckets::try_new(0.02, &[30.0]).unwrap());
    let single = |values: &[f64]| {
        let mut sketch = QuantileSketch::new(&scale);
        values.iter().for_each(|value| sketch.insert(*value).unwrap());
        sketch.encode()
    };
    let values: ArrayRef =
        Arc::new(Float64Array::from(vec![Some(1.0), None, Some(29.0), Some(30.0), Some(7.5)]));
    let filter = BooleanArray::from(vec![Some(true), Some(true), Some(true), Some(true), None]);
    let mut groups = QuantileGroups::new(Input::Values, &scale);
    let values = [values];
    groups.update_batch(&values, &[0, 0, 1, 0, 1], Some(&filter), 3).unwrap();
    let rows = groups.convert_to_state(&values, Some(&filter)).unwrap();
    groups.merge_batch(&rows, &[2, 2, 2, 2, 2], 3).unwrap();
    let states = groups.state(EmitTo::All).unwrap();
    let mut folded = QuantileGroups::new(Input::Sketches, &scale);
    folded.update_batch(&states, &[0, 1, 2], None, 3).unwrap();
    let found = folded.evaluate(EmitTo::All).unwrap();
    let found: Vec<&[u8]> = found.as_binary::<i64>().iter().map(Option::unwrap).collect();
    let expected = [single(&[1.0, 30.0]), single(&[29.0]), single(&[1.0, 29.0, 30.0])];
    assert_eq!(found, expected.each_ref().map(Vec::as_slice));
    let none: ArrayRef = Arc::new(Float64Array::new_null(2));
    folded = QuantileGroups::new(Input::Values, &scale);
    folded.update_batch(&[none], &[0, 0], None, 1).unwrap();
    assert_eq!(folded.evaluate(EmitTo::All).unwrap().as_binary::<i64>().value(0), single(&[]));
}
