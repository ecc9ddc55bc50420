//! Quantiles and shares of the naive evaluation: from all values in order, compared with those of a sketch.

use std::sync::LazyLock;

use clio_proto::{CubeService as _, GroupKey, Percentile, Query, Share, Value};
use clio_sketch::{Bounded, Buckets, QuantileSketch, Scale};

use super::queries::{field, gapped_lake, open, test};

static SCALE: LazyLock<Scale> =
    LazyLock::new(|| Scale::new(Buckets::try_new(0.02, &[30.0]).unwrap()));

/// A sketch of some values, with the model's parameters.
pub(super) fn sketch(values: &[f64]) -> QuantileSketch {
    let mut sketch = QuantileSketch::new(&SCALE);
    values.iter().for_each(|value| sketch.insert(*value).unwrap());
    sketch
}

fn value_of(found: Option<Bounded>) -> Value {
    found.map_or_else(Value::undefined, |Bounded { value, lower, upper, exact }| {
        Value::estimate(value, lower, upper, exact)
    })
}

/// A quantile, which must be within the error of the value at its rank.
pub(super) fn quantile(values: &[f64], percentile: Percentile) -> Value {
    let found = value_of(sketch(values).quantile(percentile));
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    // Counted from 1, of whole hundredths of a per cent.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "small and positive"
    )]
    let hundredths = (percentile.percent() * 100.0).round() as usize;
    let place = (hundredths * sorted.len()).div_ceil(10_000).max(1);
    match sorted.get(place - 1) {
        None => assert_eq!(found, Value::undefined()),
        Some(exact) => {
            let (value, lower, upper) =
                (found.value.unwrap(), found.lower.unwrap(), found.upper.unwrap());
            assert!((lower..=upper).contains(exact), "{percentile} {exact} {found:?}");
            assert!((value - exact).abs() <= 0.02 * exact, "{percentile} {exact} {found:?}");
        }
    }
    found
}

/// A share, whose bounds must contain the counted one.
pub(super) fn share(values: &[f64], share: &Share) -> Value {
    let (sketch, threshold) = (sketch(values), share.threshold());
    let found = match share.is_below() {
        true => value_of(sketch.share_below(threshold)),
        false => value_of(sketch.share_above(threshold)),
    };
    let n_of = values.iter().filter(|value| (**value < threshold) == share.is_below()).count();
    if values.is_empty() {
        assert_eq!(found, Value::undefined());
        return found;
    }
    let exact = n_of as f64 / values.len() as f64;
    let (lower, upper) = (found.lower.unwrap(), found.upper.unwrap());
    assert!(lower <= exact && exact <= upper, "{} {exact} {found:?}", share.term());
    // At an edge there is no uncertainty.
    assert!(found.exact || (threshold - 30.0).abs() > 1e-9, "{found:?}");
    found
}

/// All readings of a spread take one union per group, and for all cells of a file only the stored union.
#[tokio::test]
async fn what_is_read_off_one_spread_unites_it_once() {
    let lake = gapped_lake();
    let cubes = open(&lake).await;
    let by_country = |measures: &[&str]| Query {
        group_by: vec![GroupKey::Field(field("country"))],
        ..Query::total(measures.iter().copied())
    };
    let work = async |query: Query| cubes.query(query, None).await.unwrap().work.unwrap();
    let one = work(by_country(&["watch.p50"])).await;
    let many = work(by_country(&["watch.p50", "watch.p1", "short", "long"])).await;
    assert!(one.n_unions > one.n_groups && one.bucket_bytes > 0, "{one:?}");
    assert_eq!((many.n_unions, many.n_estimates), (one.n_unions, one.n_estimates));
    assert_eq!((one.coupon_bytes, one.register_bytes), (0, 0));
    let total = work(Query::total(["watch.p50"])).await;
    assert_eq!((total.n_unions, total.n_estimates), (u64::from(total.n_files), 1));
}

#[tokio::test]
async fn a_filter_that_leaves_nothing_has_no_quantile() {
    let lake = gapped_lake();
    let cubes = open(&lake).await;
    let none = clio_proto::Test::AnyOf(vec!["nowhere".to_owned()]);
    let query = Query {
        filter: Some(test("country", none)),
        ..Query::total(["watch.p50", "short", "plays"])
    };
    let total = cubes.query(query, None).await.unwrap().total.values;
    assert_eq!(total, [Value::undefined(), Value::undefined(), Value::exact(0.0)]);
}
