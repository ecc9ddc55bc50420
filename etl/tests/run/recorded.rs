//! Cell files keep their bytes: small lakes of every kind of measure and dimension, beside what they were when last recorded.
//!
//! `etl/testdata/cells.txt` has a line for each file, and one for each of its columns. `CLIO_BLESS=1` rewrites it.

mod lakes;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use bytes::Bytes;
use clio_etl::Days;
use clio_lake::{Checksum, StoredType};
use clio_proto::{MeasureClassName, Model};
use clio_sketch::Family;
use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::sandbox::{Sandbox, Stored, read};
use lakes::{MEDIA, media, ready_made};

/// The sum of a column's values, apart from how a file holds them.
fn sum_of_column(batches: &[RecordBatch], column: &str) -> Checksum {
    let mut bytes = Vec::new();
    for batch in batches {
        let values = batch.column_by_name(column).unwrap();
        for row in 0..values.len() {
            let value = match values.data_type() {
                _ if values.is_null(row) => None,
                DataType::Binary => Some(values.as_binary::<i32>().value(row).to_vec()),
                _ => Some(array_value_to_string(values, row).unwrap().into_bytes()),
            };
            let length = value.as_ref().map_or(u64::MAX, |value| value.len() as u64);
            bytes.extend(length.to_le_bytes());
            bytes.extend(value.unwrap_or_default());
        }
    }
    Checksum::of(&bytes)
}

/// A line for each file of a table, and one for each of its columns.
fn describe(text: &mut String, table: &str, stored: &Stored) {
    for (period, files) in &stored.files {
        let mut sums: Vec<_> = files.iter().map(|bytes| (Checksum::of(bytes), bytes)).collect();
        sums.sort_unstable();
        for (sum, bytes) in sums {
            writeln!(text, "{table} {period}: {} bytes, {sum}", bytes.len()).unwrap();
            let batches = read(bytes);
            for field in batches[0].schema().fields() {
                let name = field.name();
                let sum = sum_of_column(&batches, name);
                writeln!(text, "{table} {period} {name}: {sum}").unwrap();
            }
        }
    }
}

async fn described(mut sandbox: Sandbox, name: &str, lookups: &[&str]) -> (String, Stored) {
    sandbox.run(Days::All).await;
    let mut text = String::new();
    let cells = sandbox.cells().await;
    describe(&mut text, &format!("{name} cells"), &cells);
    for lookup in lookups {
        let table = format!("lookups/{lookup}");
        let stored = sandbox.table(&table).await.expect("the lookup describes members");
        describe(&mut text, &format!("{name} {table}"), &stored);
    }
    (text, cells)
}

#[expect(clippy::disallowed_methods, reason = "a test has no Config, and a person runs it")]
fn must_bless() -> bool {
    std::env::var("CLIO_BLESS").is_ok()
}

/// Lines that are not on both sides.
fn difference(recorded: &str, found: &str) -> String {
    let [before, after] = [recorded, found].map(|text| text.lines().collect::<BTreeSet<_>>());
    let gone = before.difference(&after).map(|line| format!("- {line}\n"));
    let come = after.difference(&before).map(|line| format!("+ {line}\n"));
    gone.chain(come).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn cell_files_keep_the_bytes_that_are_recorded() {
    let (mut found, mut others) = (String::new(), String::new());
    for (text, n_threads) in [(&mut found, 1), (&mut others, 3)] {
        let (of_media, cells) = described(media(n_threads), "media", &["assets"]).await;
        assert_media_has_everything(&cells);
        let (of_ready_made, cells) = described(ready_made(n_threads), "ready_made", &[]).await;
        let n_groups = cells.files["all"].iter().map(|bytes| n_row_groups(bytes)).max();
        assert!(n_groups > Some(1), "a file of several row groups");
        *text = of_media + &of_ready_made;
    }
    assert_eq!(difference(&found, &others), "", "the number of threads tells in the cells");

    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cells.txt");
    if must_bless() {
        std::fs::write(&file, &found).unwrap();
    }
    let recorded = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = difference(&recorded, &found);
    assert!(
        differs.is_empty(),
        "cells are not what etl/testdata/cells.txt has recorded:\n{differs}\
         A line with a column is about its values, one without about the bytes of a file. Where a column differs, the same \
         events make other cells than in the lakes that exist: that is a defect, or a change that needs a new format version \
         and a line in CHANGELOG.md. Where only files differ, another version of the Parquet writer or of Zstandard \
         writes the same cells in another way, and runs replace files that did not change. If that is meant, rewrite the file \
         with `CLIO_BLESS=1 cargo test -p clio-etl --test run recorded`, and say why in the commit."
    );
}

fn n_row_groups(bytes: &[u8]) -> usize {
    let bytes = Bytes::copy_from_slice(bytes);
    ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap().metadata().num_row_groups()
}

/// Of what is not in the lake, nothing would be held.
fn assert_media_has_everything(cells: &Stored) {
    let expected = "2025 2025-12 2025-12-31 2026 2026-01 2026-01-30 2026-01-31 2026-02 2026-02-01 2026-02-02 all";
    assert_eq!(cells.periods().join(" "), expected);
    for kind in MeasureClassName::ALL {
        assert!(MEDIA.contains(&format!("kind = {:?}", kind.as_str())), "{kind:?}");
    }
    let model = Model::parse("media.toml", MEDIA).unwrap();
    for family in Family::ALL {
        let is_of =
            |stored| matches!(stored, StoredType::Sketch { family: own, .. } if own == *family);
        let mut stored = model.stored_measures().filter_map(|own| StoredType::of(own, &[]));
        assert!(stored.any(is_of), "{family:?}");
    }
    let all = read(&cells.files["all"][0]);
    let types: BTreeSet<String> =
        all[0].schema().fields().iter().map(|field| field.data_type().to_string()).collect();
    assert_eq!(types.len(), 5, "texts, sets, whole numbers, others, and sketches: {types:?}");
    // Sketches of coupons, and of registers.
    for (column, least, most) in
        [("viewers", 64, 12_000), ("viewers_by_country", 64, 2_000), ("players", 16, 1_000)]
    {
        let values = all.iter().map(|batch| batch.column_by_name(column).unwrap());
        let sizes: BTreeSet<usize> = values
            .flat_map(|values| values.as_binary::<i32>().iter().flatten().map(<[u8]>::len))
            .collect();
        let (first, last) = (sizes.first().unwrap(), sizes.last().unwrap());
        assert!(*first < least && *last > most, "{column}: {first} to {last} bytes");
    }
}
