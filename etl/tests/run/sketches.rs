//! Sketches of either family in one lake, ready-made ones from elsewhere, and SQL over them.

use std::sync::Arc;

use clio_etl::{Days, EtlError, SqlAnswer, SqlConfig};
use clio_sketch::{Family, HllType, Precision, Sketch};
use datafusion::arrow::array::{ArrayRef, BinaryArray, RecordBatch, StringArray};
use datafusion::arrow::util::pretty::pretty_format_batches_with_schema;
use url::Url;

use crate::sandbox::{Sandbox, csv};

const EVENTS: &str = r#"
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
[measure.viewers]
source = "events"
kind = "distinct"
of = "id"
[measure.viewers_too]
source = "events"
kind = "distinct"
of = "id"
family = "datasketches"
precision = 12
"#;

const READY_MADE: &str = r#"
[dataset]
name = "test"
[source.daily]
url = "daily/"
format = "parquet"
time = "day"
[dimension.country]
column = "country"
[measure.rows]
source = "daily"
kind = "count"
[measure.viewers]
source = "daily"
kind = "distinct"
of = "viewers"
from_sketch = true
family = "datasketches"
precision = 12
"#;

/// A sketch of whole numbers, as another program would have made it.
pub(crate) fn sketch(family: Family, precision: u8, ids: std::ops::Range<i64>) -> Sketch {
    let mut sketch = Sketch::new(family, Precision::try_new(precision).unwrap());
    ids.for_each(|id| sketch.insert_hash(family.hash_i64(id)));
    sketch
}

async fn sql(sandbox: &Sandbox, query: &str) -> Result<SqlAnswer, EtlError> {
    let folder = |name| Url::from_directory_path(sandbox.path(name)).unwrap();
    let config = SqlConfig {
        lake: Some(folder("lake")),
        snapshot: None,
        tables: Vec::new(),
        n_threads: 2,
        memory_bytes: None,
    };
    clio_etl::sql(&config, query).await
}

async fn table(sandbox: &Sandbox, query: &str) -> String {
    let answer = sql(sandbox, query).await.unwrap();
    pretty_format_batches_with_schema(Arc::clone(answer.schema()), answer.batches())
        .unwrap()
        .to_string()
}

/// One row of ready-made sketches for each country and range of ids.
fn daily(day: &str, rows: &[(&str, Option<Vec<u8>>)]) -> RecordBatch {
    let days: ArrayRef = Arc::new(StringArray::from(vec![format!("{day}T00:00:00"); rows.len()]));
    let countries: ArrayRef = Arc::new(StringArray::from_iter_values(rows.iter().map(|r| r.0)));
    let sketches: ArrayRef = Arc::new(BinaryArray::from_iter(rows.iter().map(|r| r.1.as_deref())));
    let columns = [("day", days), ("country", countries), ("viewers", sketches)];
    RecordBatch::try_from_iter(columns).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_families_count_the_same_people() {
    let mut sandbox = Sandbox::new(EVENTS);
    for (day, ids) in [("2026-01-01", 0..3000), ("2026-01-02", 1500..4000)] {
        let mut text = "at,id,country\n".to_owned();
        ids.for_each(|id| text.push_str(&format!("{day}T10:00:00,{id},c\n")));
        sandbox.write(&format!("events/dt={day}/a.csv"), &text);
    }
    sandbox.run(Days::All).await;
    for (column, family, precision) in
        [("viewers", Family::HllPlusPlus, 14), ("viewers_too", Family::DataSketches, 12)]
    {
        // What a CSV file holds are texts.
        let mut expected = sketch(family, precision, 0..0);
        (0..4000).for_each(|id| expected.insert_hash(family.hash_str(&id.to_string())));
        let hex: String = expected.encode().iter().map(|byte| format!("{byte:02x}")).collect();
        let query = format!("SELECT {column} FROM cells WHERE grain = 'all'");
        assert!(table(&sandbox, &query).await.contains(&hex), "{column}");
        let query = format!(
            "SELECT hll_sketch_estimate(hll_union_agg({column})) FROM cells WHERE grain = 'day'"
        );
        let estimate = format!("{:.0}", expected.estimate().value);
        assert!(table(&sandbox, &query).await.contains(&estimate), "{column}");
    }
    let query =
        "SELECT period, sum(events) AS n FROM cells WHERE grain <> 'day' GROUP BY 1 ORDER BY 1";
    let expected = "\
+---------+------+
| period  | n    |
+---------+------+
| 2026    | 5500 |
| 2026-01 | 5500 |
| all     | 5500 |
+---------+------+";
    assert_eq!(table(&sandbox, query).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_takes_queries_alone() {
    let mut sandbox = Sandbox::new(EVENTS);
    sandbox.write("events/a.csv", "at,id,country\n2026-01-01T10:00:00,1,c\n");
    let early = sql(&sandbox, "SELECT 1").await.unwrap_err().to_string();
    assert!(early.contains("there is no snapshot yet; run `clio etl run` first"), "{early}");
    sandbox.run(Days::All).await;
    for (query, expected) in [
        ("DROP TABLE cells", "DDL not supported"),
        ("INSERT INTO cells SELECT * FROM cells", "DML not supported"),
        ("SELEC 1", "found: SELEC"),
        ("SELECT nothing FROM cells", "nothing"),
        ("SELECT hll_sketch_estimate(country) FROM cells", "takes the bytes of sketches"),
    ] {
        let said = sql(&sandbox, query).await.unwrap_err().to_string();
        assert!(said.contains(expected), "{query}: {said}");
    }
    let one_row = "country,events\nc,1\n";
    let rows = sql(&sandbox, "SELECT country, events FROM cells WHERE grain = 'all'").await;
    assert_eq!(csv(&rows.unwrap()), one_row);
    let none = sql(&sandbox, "SELECT country FROM cells WHERE false").await.unwrap();
    assert_eq!((none.n_rows(), none.schema().field(0).name().as_str()), (0, "country"));
    let lake = Url::from_directory_path(sandbox.path("lake")).unwrap();
    let mut config = SqlConfig {
        lake: Some(lake.clone()),
        snapshot: Some(7),
        tables: vec![("files".to_owned(), lake.join("cells/grain=all/").unwrap())],
        n_threads: 1,
        memory_bytes: None,
    };
    assert!(clio_etl::sql(&config, "SELECT 1").await.is_err(), "there is no version 7");
    config.lake = None;
    let rows = clio_etl::sql(&config, "SELECT country, events FROM files").await.unwrap();
    assert_eq!(csv(&rows), one_row);
}

#[tokio::test(flavor = "multi_thread")]
async fn ready_made_sketches_are_united() {
    let family = Family::DataSketches;
    let mut sandbox = Sandbox::new(READY_MADE);
    let bytes = |ids, target| Some(sketch(family, 12, ids).encode_as(target).unwrap());
    let first = [
        ("us", bytes(0..5000, HllType::Hll4)),
        ("us", bytes(4000..9000, HllType::Hll6)),
        ("ca", bytes(0..3, HllType::Hll8)),
        ("de", None),
    ];
    sandbox.write_parquet("daily/dt=2026-01-01/a.parquet", &daily("2026-01-01", &first));
    let second = [("us", bytes(8000..12_000, HllType::Hll8))];
    sandbox.write_parquet("daily/dt=2026-01-02/a.parquet", &daily("2026-01-02", &second));
    sandbox.run(Days::All).await;
    let expected = sketch(family, 12, 0..12_000);
    let hex: String = expected.encode().iter().map(|byte| format!("{byte:02x}")).collect();
    let query = "SELECT country, rows, viewers FROM cells WHERE grain = 'all' AND country = 'us'";
    assert!(table(&sandbox, query).await.contains(&format!("| us      | 3    | {hex} |")));
    let query = "SELECT country, hll_sketch_estimate(viewers) AS n FROM cells
                 WHERE period = '2026-01-01' AND country <> 'us' ORDER BY country";
    let small = table(&sandbox, query).await;
    assert!(small.contains("| ca      | 3 |") && small.contains("| de      | 0 |"), "{small}");
}

/// Each refusal names the file, the row, both sides and the mend; nothing is committed.
#[tokio::test(flavor = "multi_thread")]
async fn sketches_that_do_not_fit_are_refused() {
    let mut sandbox = Sandbox::new(READY_MADE);
    let good = ("us", Some(sketch(Family::DataSketches, 12, 0..10).encode()));
    for (bad, expected) in [
        (
            sketch(Family::DataSketches, 14, 0..10).encode(),
            "source `daily`: DIR/daily/dt=2026-01-01/a.parquet, row 2: holds a sketch of precision 14 \
             where measure `viewers` has 12; set `measure.viewers.precision = 14`, or give it sketches \
             of one precision",
        ),
        (
            sketch(Family::HllPlusPlus, 12, 0..10).encode(),
            "source `daily`: DIR/daily/dt=2026-01-01/a.parquet, row 2: holds a sketch of `hll++` where \
             measure `viewers` has `datasketches`; set `measure.viewers.family = \"hll++\"`, or give \
             it sketches of its own family",
        ),
        (
            b"nonsense".to_vec(),
            "source `daily`: DIR/daily/dt=2026-01-01/a.parquet, row 2: sketch bytes at offset 1: \
             expected serial version 1, found 111; give measure `viewers` the bytes of `datasketches` \
             sketches, or null",
        ),
    ] {
        let rows = [good.clone(), ("us", Some(bad)), good.clone()];
        sandbox.write_parquet("daily/dt=2026-01-01/a.parquet", &daily("2026-01-01", &rows));
        assert_eq!(sandbox.failure(Days::All).await, expected);
    }
}
