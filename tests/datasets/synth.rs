//! Synthetic media events at medium scale against the exact answers written beside them.

use std::collections::BTreeMap;

use clio_proto::{
    Answer, CubeService, GroupKey, Key, MeasureClass, RemoteConfig, RemoteCubes, Row, Value,
};
use clio_tests::{Sandbox, Truth, truths};

/// How the estimates of many cells compare with the exact numbers.
#[derive(Debug, Default)]
struct Tally {
    n_additive: usize,
    n_estimates: usize,
    n_within_bounds: usize,
}

impl Tally {
    /// Compares one number. `standard_error` is the sketch's stated relative one; `None` for counts and sums, which
    /// must be equal.
    fn compare(
        &mut self,
        place: &str,
        value: &Value,
        exact: Option<f64>,
        standard_error: Option<f64>,
    ) {
        let Some(exact) = exact else {
            assert_eq!(value.value, None, "{place}");
            return;
        };
        let number = value.value.unwrap_or_else(|| panic!("{place}: undefined"));
        let Some(standard_error) = standard_error else {
            self.n_additive += 1;
            assert!(
                value.exact && number.to_bits() == exact.to_bits(),
                "{place}: {number} for {exact}"
            );
            return;
        };
        let (lower, upper) = (value.lower.expect("has bounds"), value.upper.expect("has bounds"));
        self.n_estimates += 1;
        self.n_within_bounds += usize::from(lower <= exact && exact <= upper);
        let error = (number - exact).abs();
        assert!(
            error <= 5.0 * standard_error * exact,
            "{place}: {number} for {exact} is {:.1} standard errors off",
            error / (standard_error * exact)
        );
        if value.exact {
            assert!(error < 0.5, "{place}: said to be exact, {number} for {exact}");
        }
    }
}

type Errors = BTreeMap<String, Option<f64>>;

fn compare(tally: &mut Tally, truth: &Truth, answer: &Answer, errors: &Errors) {
    // The exact answers have a group for each value; serving also has one for the empty set.
    let overlapping = |key: &GroupKey| matches!(key, GroupKey::Field(field) if answer.overlapping.contains(field));
    let of_empty_set = |row: &Row| {
        let mut keys = answer.group_by.iter().zip(&row.keys);
        keys.any(|(key, value)| overlapping(key) && value.value.is_none())
    };
    let found: BTreeMap<Vec<Option<&str>>, &[Value]> = answer
        .rows
        .iter()
        .filter(|row| !of_empty_set(row))
        .map(|row| {
            (row.keys.iter().map(|key: &Key| key.value.as_deref()).collect(), &row.values[..])
        })
        .collect();
    assert_eq!(found.len(), truth.rows.len(), "{}: number of groups", truth.id);
    for row in &truth.rows {
        let keys: Vec<_> = row.keys.iter().map(Option::as_deref).collect();
        let values = found.get(&keys).unwrap_or_else(|| panic!("{}: no group {keys:?}", truth.id));
        for (measure, value) in answer.measures.iter().zip(*values) {
            let place = format!("{} {keys:?} {measure}", truth.id);
            tally.compare(&place, value, row.values[measure], errors[measure]);
        }
    }
    for (measure, value) in answer.measures.iter().zip(&answer.total.values) {
        let place = format!("{} total {measure}", truth.id);
        tally.compare(&place, value, truth.total[measure], errors[measure]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn additive_measures_are_exact_and_estimates_keep_their_bounds() {
    let sandbox = Sandbox::new();
    let events = sandbox.text("events");
    sandbox.ok(["synth", "--out", &events, "--scale", "medium"]);
    sandbox.etl(&sandbox.path("events/media.toml"), "lake", &[]);
    let server =
        sandbox.serve(&["serve", "--lake", &sandbox.text("lake"), "--grpc", "127.0.0.1:0"]);
    let remote = RemoteConfig { endpoints: vec![server.url.clone()], ..RemoteConfig::default() };
    let cubes = RemoteCubes::new(&remote).unwrap();
    let description = cubes.describe().await.unwrap();
    let errors: Errors = description
        .measures
        .iter()
        .map(|measure| {
            let error = match measure.class {
                MeasureClass::Distinct { relative_error, .. } => Some(relative_error),
                _ => None,
            };
            (measure.name.clone(), error)
        })
        .collect();

    let mut tally = Tally::default();
    let truths = truths(&sandbox.path("events"));
    for truth in &truths {
        let answer = cubes.query(truth.query.clone(), None).await.unwrap();
        compare(&mut tally, truth, &answer, &errors);
    }
    assert!(tally.n_estimates >= 2_000 && tally.n_additive >= 2_000, "{tally:?}");
    assert!(
        tally.n_within_bounds * 100 >= tally.n_estimates * 95,
        "fewer than 95 % of estimates keep their bounds: {tally:?}"
    );
}
