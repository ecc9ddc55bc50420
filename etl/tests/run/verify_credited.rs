//! Recounts of credited events: equal to what a run credits, ties and edges of windows among them.

use std::fmt::Write as _;
use std::sync::Arc;

use clio_etl::{Days, Sample, Silent, verify};
use clio_lake::Verification;
use clio_proto::Model;
use datafusion::arrow::array::{AsArray, Int64Array};
use datafusion::arrow::datatypes::Int64Type;

use crate::attribution::{ASSETS, TYPED_IMPRESSION, TYPED_PLAY, model, write_rows};
use crate::sandbox::{Sandbox, days};

/// A generator without state elsewhere.
fn next(state: &mut u64, n: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % n
}

fn one_of(all: [&'static str; 4], state: &mut u64) -> &'static str {
    all[usize::try_from(next(state, 4)).unwrap()]
}

/// Few people, few titles and times on the hour, so that many events are at one instant and many windows end
/// on a play.
fn fill(sandbox: &Sandbox, seed: u64) {
    let mut state = seed;
    let at = |state: &mut u64| {
        let (day, hour) = (28 + next(state, 4), next(state, 24));
        let day = if day > 31 { "2026-02-01".to_owned() } else { format!("2026-01-{day}") };
        (format!("{day}T{hour:02}:00:00Z"), day)
    };
    let mut impressions = Vec::new();
    for _ in 0..1_500 {
        let (at, day) = at(&mut state);
        let asset = one_of(["\"a1\"", "\"a2\"", "\"b1\"", "null"], &mut state);
        let country = one_of(["\"US\"", "\"DE\"", "\"\"", "null"], &mut state);
        let tags = one_of(["[]", "[\"x\"]", "[\"y\",\"x\"]", "null"], &mut state);
        let mut row = String::new();
        let id = next(&mut state, 40);
        writeln!(
            row,
            "{{\"at\":{at:?},\"id\":{id},\"asset\":{asset},\"country\":{country},\"tags\":{tags}}}"
        )
        .unwrap();
        // Some lie in the folder of another day, where nobody counts them.
        let folder = if next(&mut state, 20) == 0 { "2026-01-29".to_owned() } else { day };
        impressions.push((folder, row));
    }
    let mut plays = Vec::new();
    for _ in 0..1_000 {
        let (at, day) = at(&mut state);
        let title = one_of(["\"t1\"", "\"t2\"", "\"t3\"", "null"], &mut state);
        let (id, seconds) = (next(&mut state, 45), next(&mut state, 60));
        let row =
            format!("{{\"at\":{at:?},\"id\":{id},\"title\":{title},\"seconds\":{seconds}}}\n");
        plays.push((day, row));
    }
    write_rows(sandbox, "impressions", TYPED_IMPRESSION, impressions.into_iter());
    write_rows(sandbox, "plays", TYPED_PLAY, plays.into_iter());
    sandbox.write("assets.json", ASSETS);
}

async fn verified(sandbox: &mut Sandbox, text: &str) -> Verification {
    let mut config = sandbox.config();
    config.model = Model::parse("model.toml", text).unwrap();
    let Days::Range(range) = days("2026-01-28", "2026-01-31") else { unreachable!() };
    let sample = Sample { days: Some(range), n_cells: 30, seed: 5 };
    verify(&config, sample, &Silent).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn credited_events_are_recounted_by_a_second_way() {
    for (seed, zone, window) in
        [(1, "UTC", "24h"), (2, "America/New_York", "36h"), (3, "UTC", "2h")]
    {
        let text = model(zone, window);
        let mut sandbox = Sandbox::new(&text);
        fill(&sandbox, seed);
        let report = sandbox.run(Days::All).await;
        assert!(report.rows_in["qualified_plays"] > 100, "{report:?}");
        let found = verified(&mut sandbox, &text).await;
        assert!(found.is_ok(), "seed {seed}: {:#?}", found.mismatches);
        assert!(found.not_compared.is_empty(), "{:?}", found.not_compared);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_play_too_many_is_found() {
    let text = model("UTC", "24h");
    let mut sandbox = Sandbox::new(&text);
    fill(&sandbox, 4);
    sandbox.run(Days::All).await;
    sandbox.tamper("2026-01-30", |field, values| match field.name().as_str() {
        "plays" => {
            let mut plays = values.as_primitive::<Int64Type>().values().to_vec();
            plays[0] += 1;
            Arc::new(Int64Array::from(plays))
        }
        _ => Arc::clone(values),
    });
    let found = verified(&mut sandbox, &text).await;
    assert!(!found.is_ok());
    assert!(found.mismatches.iter().all(|mismatch| mismatch.measure == "plays"));
}
