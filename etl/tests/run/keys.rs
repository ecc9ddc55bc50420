//! Keys and attributes that are no texts, or written in two ways: refused where they would be something else.

use std::sync::Arc;

use clio_etl::Days;
use datafusion::arrow::array::{ArrayRef, FixedSizeBinaryArray, RecordBatch, StringArray};

use crate::formats::model;
use crate::sandbox::Sandbox;

const EVENTS: &str = "url = \"events/\"\nformat = \"csv\"\ntime = \"at\"";
const PEOPLE: &str =
    "[lookup.people]\nurl = \"people.parquet\"\nformat = \"parquet\"\nkey = \"person\"\n";

fn uuids() -> ArrayRef {
    Arc::new(FixedSizeBinaryArray::try_from_iter(std::iter::once([0xab_u8; 16])).unwrap())
}

fn text(text: &str) -> ArrayRef {
    Arc::new(StringArray::from(vec![text]))
}

/// The lake had the bytes of an attribute for its text.
#[tokio::test(flavor = "multi_thread")]
async fn bytes_of_a_lookup_are_refused_with_the_mend() {
    let attribute =
        "[dimension.person]\ncolumn = \"id\"\nlookup = \"people\"\nattributes = [\"device\"]";
    let label = attribute.replace("attributes = [\"device\"]", "label = \"device\"");
    let value = "[dimension.device]\nlookup = \"people\"\non = \"id\"\ncolumn = \"device\"";
    let cases = [
        (attribute.to_owned(), "dimension.person.attributes", "device"),
        (label, "dimension.person.label", "device"),
        (value.to_owned(), "dimension.device.column", "device"),
        (attribute.replace("\"device\"", "\"plan\""), "lookup.people.key", "person"),
    ];
    for (dimension, key, column) in cases {
        let mut sandbox = Sandbox::new(&model(EVENTS, &format!("{PEOPLE}{dimension}")));
        sandbox.write("events/a.csv", "at,id,country\n2026-01-31,1,US\n");
        let person = if column == "person" { uuids() } else { text("1") };
        let columns = [("person", person), ("device", uuids()), ("plan", text("a"))];
        sandbox.write_parquet("people.parquet", &RecordBatch::try_from_iter(columns).unwrap());
        let message = sandbox.failure(Days::All).await;
        let expected = format!("`{key}`: `{column}` of lookup `people`");
        assert!(message.starts_with(&expected), "{message}");
        assert!(
            message.ends_with("convert them, for instance with `encode(…, 'hex')`"),
            "{message}"
        );
    }
}

/// Plays of files that write the key in another case were credited to nothing.
#[tokio::test(flavor = "multi_thread")]
async fn keys_of_attribution_that_files_write_in_another_case_are_refused_with_both_files() {
    let credited = "[source.plays]\nurl = \"plays/\"\nformat = \"csv\"\ntime = \"at\"\n\
                    [source.credited]\nattribute = { event = \"plays\", to = \"events\", by = [\"id\"], within = \
                    \"24h\", credit = \"last\" }\n\
                    [measure.plays]\nsource = \"credited\"\nkind = \"count\"\n";
    for (folder, other) in [("plays", "events"), ("events", "plays")] {
        let mut sandbox = Sandbox::new(&model(EVENTS, credited));
        let row = "2026-01-31,1,US\n";
        for path in ["events/a.csv", "plays/a.csv"] {
            sandbox.write(path, &format!("at,id,country\n{row}"));
        }
        sandbox.write(&format!("{folder}/b.csv"), &format!("at,ID,country\n{row}"));
        let message = sandbox.failure(Days::All).await;
        assert!(
            message.contains(&format!("the column is `id` in DIR/{folder}/a.csv and `ID`")),
            "{message}"
        );
        assert!(!message.contains(&format!("DIR/{other}/")), "{message}");
    }
}
