//! All rows as a file: the same bytes from the lake, over gRPC and through the gateway.

use clio_tests::until;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::json;

use super::Faces;

impl Faces {
    /// What `clio query` writes as a file: from the lake itself, and over gRPC.
    fn files(&self, args: &[&str]) -> [Vec<u8>; 2] {
        [["--lake", &self.lake], ["--serving", &self.serving.url]].map(|place| {
            let all = ["query"].iter().chain(&place).chain(args);
            let output = self.sandbox.command(all.copied()).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            output.stdout
        })
    }

    /// The gateway's answer.
    fn downloaded(&self, file: &str, query: &serde_json::Value) -> Vec<u8> {
        let url = format!("{}/{file}", self.gateway.url);
        until("the gateway's file", || {
            let mut answer = ureq::get(&url).query("query", query.to_string()).call().ok()?;
            answer.body_mut().read_to_vec().ok()
        })
    }
}

#[test]
fn files_are_the_same_from_every_face() {
    let faces = Faces::new();
    let args = ["--group-by", "day,country", "--measures", "views,people", "--where"];
    let args = [&args[..], &["country anyOf (DE, FR)", "--order-by", "views", "--format"]].concat();
    let query = json!({
        "groupBy": ["DAY", "COUNTRY"], "measures": ["VIEWS", "PEOPLE"], "orderBy": { "measure": "VIEWS" },
        "where": { "country": { "anyOf": ["DE", "FR"] } },
    });
    for format in ["parquet", "arrow"] {
        let [own, remote] = faces.files(&[&args[..], &[format]].concat());
        assert!(own == remote, "{format}");
        assert!(own == faces.downloaded(&format!("export.{format}"), &query), "{format}");
    }
    let [own, _] = faces.files(&[&args[..], &["parquet"]].concat());
    let path = faces.sandbox.path("views.parquet");
    std::fs::write(&path, own).unwrap();
    let file =
        ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path).unwrap()).unwrap();
    let said = file.metadata().file_metadata().key_value_metadata().unwrap().clone();
    let said = |key: &str| said.iter().find(|own| own.key == key).and_then(|own| own.value.clone());
    assert_eq!(said("clio.where").as_deref(), Some(r#"country anyOf ("DE", "FR")"#));
    assert_eq!(said("clio.missing_days").unwrap(), "2025-12-29..2025-12-30,2026-01-01..2026-01-02");
    let batches: Vec<_> = file.build().unwrap().map(Result::unwrap).collect();
    assert_eq!(batches.iter().map(arrow::array::RecordBatch::num_rows).sum::<usize>(), 5);
    // What programs print, and what the gateway streams, is the same text.
    let csv = faces.files(&[&args[..], &["csv", "--raw"]].concat());
    let downloaded = faces.downloaded("export.csv", &query);
    assert_eq!(String::from_utf8_lossy(&downloaded), String::from_utf8_lossy(&csv[0]));
    assert!(downloaded.starts_with(b"day,country,views,views_lower,views_upper,people,"));
}

#[test]
fn what_has_no_form_in_a_file_is_refused() {
    let faces = Faces::new();
    for (args, said) in [
        (
            ["--with", "others"],
            "--with others: has no form in parquet; ask for json, or for a table",
        ),
        (["--with", "reach"], "--with reach: has no form in parquet; ask for json, or for a table"),
        (["--explain", "--raw"], "--explain: has no form in parquet; ask for json, or for a table"),
        (["--measures", "likes"], "unknown measure `likes`; there are: `views`"),
    ] {
        let all = [&["--group-by", "country", "--format", "parquet"][..], &args].concat();
        let refused = faces.clio(&all);
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{}", refused.stderr);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
}
