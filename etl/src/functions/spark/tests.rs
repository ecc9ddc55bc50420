//! The functions through SQL, against sketches made by hand.

use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::prelude::SessionContext;

use super::*;
use crate::engine::root_message;

async fn try_sql(query: &str) -> Result<String> {
    let mut ctx = SessionContext::new();
    register(&mut ctx)?;
    let batches = ctx.sql(query).await?.collect().await?;
    let text = pretty_format_batches(&batches)?.to_string();
    // What stands in the first column of the first row.
    let row = text.lines().nth(3).unwrap_or_default();
    Ok(row.trim_matches(['|', ' ']).to_owned())
}

async fn sql(query: &str) -> String {
    try_sql(query).await.unwrap_or_else(|error| panic!("{query}: {error}"))
}

async fn refusal(query: &str) -> String {
    root_message(&try_sql(query).await.unwrap_err())
}

#[tokio::test]
async fn a_column_is_counted_as_spark_counts_it() {
    let of = |values: &str| {
        format!("SELECT hll_sketch_estimate(hll_sketch_agg(v)) FROM (VALUES {values}) AS t(v)")
    };
    assert_eq!(sql(&of("(1), (2), (2), (NULL)")).await, "2");
    assert_eq!(sql(&of("('ada'), ('grace'), (''), ('ada')")).await, "2");
    assert_eq!(sql(&of("(arrow_cast('x', 'Binary')), (arrow_cast('', 'Binary'))")).await, "1");
    assert_eq!(sql("SELECT hll_sketch_estimate(hll_sketch_agg(1)) WHERE false").await, "0");
    let groups =
        "SELECT sum(n) FROM (SELECT value % 7, hll_sketch_estimate(hll_sketch_agg(value, 14)) AS n
                  FROM generate_series(1, 700) GROUP BY 1)";
    assert_eq!(sql(groups).await, "700");
}

#[tokio::test]
async fn the_bytes_are_those_of_the_family() {
    let mut expected = Sketch::new(Family::DataSketches, Precision::try_new(10).unwrap());
    (0..5000).for_each(|value| expected.insert_hash(Family::DataSketches.hash_i64(value)));
    let hex: String = expected.encode().iter().map(|byte| format!("{byte:02x}")).collect();
    let query = "SELECT hll_sketch_agg(value, 10) FROM generate_series(0, 4999)";
    assert_eq!(sql(query).await, hex);
}

#[tokio::test]
async fn unions_estimates_and_bounds() {
    let parts = "(SELECT hll_sketch_agg(value) AS s FROM generate_series(1, 1000)
                  UNION ALL SELECT hll_sketch_agg(value) FROM generate_series(501, 1500)
                  UNION ALL SELECT NULL)";
    let whole = "(SELECT hll_sketch_agg(value) AS s FROM generate_series(1, 1500))";
    let union = sql(&format!("SELECT hll_sketch_bounds(hll_union_agg(s)) FROM {parts}")).await;
    assert_eq!(union, sql(&format!("SELECT hll_sketch_bounds(s) FROM {whole}")).await);
    assert!(union.starts_with("{value: 1"), "{union}");
    let two = "SELECT hll_sketch_estimate(hll_union(a.s, b.s)) FROM
               (SELECT hll_sketch_agg(value) AS s FROM generate_series(1, 5)) a,
               (SELECT hll_sketch_agg(value) AS s FROM generate_series(4, 9)) b";
    assert_eq!(sql(two).await, "9");
    assert_eq!(sql("SELECT hll_union(NULL, hll_sketch_agg(1)) IS NULL").await, "true");
    assert_eq!(sql("SELECT hll_sketch_estimate(hll_union_agg(NULL))").await, "0");
    let bounds = sql("SELECT hll_sketch_bounds(hll_sketch_agg(1))").await;
    assert_eq!(bounds, "{value: 1.0, lower: 1.0, upper: 1.0, exact: true}");
}

#[tokio::test]
async fn precisions_mix_only_when_told_to() {
    let mixed = "(SELECT hll_sketch_agg(value, 12) AS s FROM generate_series(1, 3)
                  UNION ALL SELECT hll_sketch_agg(value, 10) FROM generate_series(2, 6))";
    let said = refusal(&format!("SELECT hll_union_agg(s) FROM {mixed}")).await;
    assert!(said.contains("precision 1") && said.contains("pass `true` to unite"), "{said}");
    let query = format!("SELECT hll_sketch_estimate(hll_union_agg(s, true)) FROM {mixed}");
    assert_eq!(sql(&query).await, "6");
}

#[tokio::test]
async fn refusals() {
    let said = refusal("SELECT hll_sketch_agg(1, 22)").await;
    assert_eq!(said, "the lgK of hll_sketch_agg has to be within 4 to 21, found 22");
    let said = refusal("SELECT hll_sketch_agg(1.5)").await;
    assert!(said.contains("takes whole numbers, texts or bytes, found"), "{said}");
    let said = refusal("SELECT hll_sketch_estimate(arrow_cast('no', 'Binary'))").await;
    assert_eq!(said, "sketch bytes at offset 2: expected a preamble of 8 bytes, found the end");
    let said = refusal("SELECT hll_sketch_agg(value, value) FROM generate_series(4, 5)").await;
    assert!(said.contains("has to be a constant"), "{said}");
}
