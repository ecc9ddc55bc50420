//! Any order of files, any split into runs and any late arrival give the same cells, to the byte.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clio_etl::Days;

use crate::attribution::{ASSETS, TYPED_IMPRESSION, TYPED_PLAY, model};
use crate::random::{index, next};
use crate::sandbox::Sandbox;

/// A row and the folder that it belongs to.
type Row = (String, String);

/// Impressions and plays of five days around the end of a month and a year.
fn rows(state: &mut u64) -> Vec<Row> {
    let days = ["2025-12-30", "2025-12-31", "2026-01-01", "2026-01-02", "2026-02-01"];
    let mut rows = Vec::new();
    for _ in 0..400 {
        let day = days[index(state, days.len())];
        let (hour, minute, id) = (next(state, 24), next(state, 4) * 15, next(state, 25));
        let at = format!("\"at\":\"{day}T{hour:02}:{minute:02}:00Z\",\"id\":{id}");
        let (source, mut row) = if next(state, 5) < 3 {
            let asset = ["a1", "a2", "b1"][index(state, 3)];
            let country = ["US", "DE", "FR"][index(state, 3)];
            let tags = ["[]", "[\"x\"]", "[\"x\",\"y\"]"][index(state, 3)];
            let row =
                format!("{{{at},\"asset\":{asset:?},\"country\":{country:?},\"tags\":{tags}}}");
            ("impressions", row)
        } else {
            let title = ["t1", "t2"][index(state, 2)];
            ("plays", format!("{{{at},\"title\":{title:?},\"seconds\":{}}}", next(state, 60)))
        };
        row.push('\n');
        rows.push((format!("{source}/dt={day}"), row));
    }
    rows
}

fn shuffle<T>(items: &mut [T], state: &mut u64) {
    for at in (1..items.len()).rev() {
        items.swap(at, index(state, at + 1));
    }
}

/// The rows of each folder in so many files, in any order within and among them.
fn files(rows: &[Row], n_files: usize, state: &mut u64) -> Vec<(String, String)> {
    let mut rows = rows.to_vec();
    shuffle(&mut rows, state);
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for (folder, row) in rows {
        let name = format!("{folder}/{}.json", next(state, n_files as u64));
        write!(files.entry(name).or_default(), "{row}").unwrap();
    }
    let mut files: Vec<(String, String)> = files.into_iter().collect();
    shuffle(&mut files, state);
    files
}

fn sandbox() -> Sandbox {
    // Every column of both sources has its type from the first run on.
    let sandbox = Sandbox::new(&model("UTC", "36h"));
    sandbox.write("assets.json", ASSETS);
    sandbox.write("impressions/dt=2025-01-01/a.json", TYPED_IMPRESSION);
    sandbox.write("plays/dt=2025-01-01/a.json", TYPED_PLAY);
    sandbox
}

#[tokio::test(flavor = "multi_thread")]
async fn any_order_of_files_and_any_arrival_give_the_same_cells() {
    for seed in 1..=3 {
        let mut state = seed;
        let rows = rows(&mut state);
        let mut at_once = sandbox();
        for (path, text) in files(&rows, 1, &mut state) {
            at_once.write(&path, &text);
        }
        at_once.run(Days::All).await;

        let mut by_and_by = sandbox();
        let n_files = 1 + index(&mut state, 3);
        for (path, text) in files(&rows, n_files, &mut state) {
            by_and_by.write(&path, &text);
            if next(&mut state, 8) == 0 {
                by_and_by.run(Days::OutOfDate).await;
            }
        }
        by_and_by.run(Days::OutOfDate).await;
        let (expected, found) = (at_once.cells().await, by_and_by.cells().await);
        assert_eq!(found.periods(), expected.periods(), "seed {seed}");
        for period in expected.periods() {
            let same = found.files[period] == expected.files[period];
            assert!(same, "seed {seed}: {period}\n{:#?}", found.lines(period));
        }
        // And nothing is left to do.
        assert!(by_and_by.run(Days::OutOfDate).await.unchanged, "seed {seed}");
    }
}
