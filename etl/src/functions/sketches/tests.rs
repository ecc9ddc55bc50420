//! Sketches as aggregates of the engine, whole and in parts.

use super::*;
use clio_sketch::Sketch;
use datafusion::arrow::array::LargeBinaryArray;

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
