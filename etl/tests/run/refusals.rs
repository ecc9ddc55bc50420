//! Every bad input has its own message, and leaves nothing behind.

use clio_etl::{Days, ErrorKind, Silent, run};

use crate::formats::model;
use crate::sandbox::{Sandbox, days};

const CSV: &str = "url = \"events/\"\nformat = \"csv\"\ntime = \"at\"";
const NDJSON: &str = "url = \"events/\"\nformat = \"ndjson\"\ntime = \"at\"";
const PARQUET: &str = "url = \"events/\"\nformat = \"parquet\"\ntime = \"at\"";
const GOOD: &str = "at,id,country\n2026-01-31,1,US\n";
const GOOD_FILE: &[(&str, &str)] = &[("events/a.csv", GOOD)];

/// A run over these files fails with this message.
async fn check(source: &str, more: &str, files: &[(&str, &str)], expected: &str) {
    let mut sandbox = Sandbox::new(&model(source, more));
    for (path, text) in files {
        sandbox.write(path, text);
    }
    assert_eq!(sandbox.failure(Days::All).await, expected);
}

/// A condition over good rows is refused with this message.
async fn check_condition(condition: &str, expected: &str) {
    check(&format!("{CSV}\nwhere = \"{condition}\""), "", GOOD_FILE, expected).await;
}

/// NDJSON rows are refused with this message.
async fn check_rows(rows: &str, expected: &str) {
    check(NDJSON, "", &[("events/a.json", rows)], expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_not_there() {
    let nothing = "source `events`: nothing found at file://DIR/events/; check `source.events.url`";
    check(CSV, "", &[], nothing).await;
    let other_names = "source `events`: none of the files at file://DIR/events/ is named `*.csv` \
                       (1 have other names); check `source.events.files`";
    check(CSV, "", &[("events/a.txt", GOOD)], other_names).await;

    let mut sandbox = Sandbox::new(&model(CSV, ""));
    sandbox.write("events/dt=2026-01-31/a.csv", GOOD);
    assert_eq!(
        sandbox.failure(days("2026-02-01", "2026-02-03")).await,
        "no events found for 2026-02-01 to 2026-02-03; looked at source `events` at \
         file://DIR/events/"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_a_delta_table() {
    let files = [("events/_delta_log/00000000000000000000.json", "{}"), ("events/a.csv", GOOD)];
    let message = "source `events`: file://DIR/events/ cannot be read: it is a Delta table, whose \
                   removed files would be counted too; write its rows as plain files";
    check(CSV, "", &files, message).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_that_are_not_there() {
    check(
        CSV,
        "",
        &[("events/a.csv", "at,id,land\n2026-01-31,1,US\n")],
        "`dimension.country.column`: source `events` has no column `country`; it has `at`, `id`, \
         `land`, `_file`, `dt` (in DIR/events/a.csv)",
    )
    .await;
    check_condition(
        "duration > 3",
        "`source.events.where`: source `events` has no column `duration`; it has `at`, `id`, \
         `country`, `_file`, `dt` (in DIR/events/a.csv)",
    )
    .await;
    let twice = [("events/a.csv", "at,id,id,country\n2026-01-31,1,1,US\n")];
    let message = "source `events`: DIR/events/a.csv is not valid csv: its header has two columns \
                   named `id`";
    check(CSV, "", &twice, message).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn expressions_that_do_not_hold() {
    check_condition(
        "id +",
        "`source.events.where`: `id +` is not an expression over the columns of source `events`: \
         Expected: an expression, found: EOF",
    )
    .await;
    check_condition(
        "nosuch(id)",
        "`source.events.where`: `nosuch(id)` is not an expression over the columns of source `events`: \
         Invalid function 'nosuch'. Did you mean 'cosh'?",
    )
    .await;
    check_condition(
        "count(id) > 1",
        "`source.events.where`: `count(id) > 1` is not an expression over the columns of source \
         `events`: a value of one row cannot look at others",
    )
    .await;
    check_condition(
        "to_timestamp(at) < now()",
        "`source.events.where`: `to_timestamp(at) < now()` is not an expression over the columns of source \
         `events`: `now` has a different value in every run",
    )
    .await;
    let cycle = format!("{CSV}\ncolumns = {{ a = \"b\", b = \"a\" }}");
    let message = "`source.events.columns.a`: source `events` has no column `b`; it has `at`, `id`, \
                   `country`, `_file`, `dt` (in DIR/events/a.csv)";
    check(&cycle, "", GOOD_FILE, message).await;
    let cycle = format!("{CSV}\ncolumns = {{ id = \"country\", country = \"id\" }}");
    let message = "`source.events.columns.id`: `country` is not an expression over the columns of source \
                   `events`: it is computed from itself";
    check(&cycle, "", GOOD_FILE, message).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_of_another_type() {
    check_condition(
        "id",
        "`source.events.where`: `id` of source `events` has the type text; a condition is true or \
         false",
    )
    .await;
    check(
        CSV,
        "[dimension.tag]\ncolumn = \"id\"\nmulti = true",
        GOOD_FILE,
        "`dimension.tag.column`: `id` of source `events` has the type text; a dimension with \
         `multi` takes a list; make one, for instance with `string_to_array(…, '|')`",
    )
    .await;
    check_rows(
        "{\"at\":\"2026-01-31\",\"id\":1,\"country\":[\"US\"]}",
        "`dimension.country.column`: `country` of source `events` has the type list of text; only a dimension \
         with `multi = true` takes a list",
    )
    .await;
    check_rows(
        "{\"at\":1769817600,\"id\":1,\"country\":\"US\"}",
        "`source.events.time`: `at` of source `events` has the type Int64; make it a timestamp, for \
         instance with `to_timestamp_seconds(…)`",
    )
    .await;
    check(
        CSV,
        "[measure.on]\nsource = \"events\"\nkind = \"sum\"\nof = \"to_timestamp(at)\"",
        GOOD_FILE,
        "`measure.on.of`: `to_timestamp(at)` of source `events` has the type Timestamp(ns); a sum \
         takes numbers",
    )
    .await;
    let number = "{\"at\":\"2026-01-31\",\"id\":1,\"country\":\"US\"}";
    let text = "{\"at\":\"2026-01-31\",\"id\":\"x\",\"country\":\"US\"}";
    let message = "source `events`: DIR/events/b.json:1: column `id` is \"x\" here, which is not a \
                   whole number in the range of int64, the type that it has had since a.json; correct the file, or declare the type \
                   that all files fit in the model, such as `[source.events.types] id = \"text\"`, \
                   and run `clio etl run --all`";
    check(NDJSON, "", &[("events/a.json", number), ("events/b.json", text)], message).await;
    let truth = "{\"at\":\"2026-01-31\",\"id\":true,\"country\":\"US\"}";
    let message = "source `events`: column `id` is Int64 in DIR/events/a.json but Boolean in \
                   DIR/events/b.json; write the files with one type";
    check(NDJSON, "", &[("events/a.json", number), ("events/b.json", truth)], message).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_cannot_be_read() {
    let many = format!("{GOOD}2026-01-31,2,US\n2026-01-31,3,US,more\n2026-01-31,4,US\n");
    let message = "source `events`: DIR/events/b.csv:4: expected 3 fields, found 4; correct the line, or \
                   quote fields that hold a delimiter";
    check(CSV, "", &[("events/a.csv", GOOD), ("events/b.csv", &many)], message).await;
    let few = format!("{GOOD}2026-01-31\n");
    let message = "source `events`: DIR/events/a.csv:3: expected 3 fields, found 1; correct the line, or \
                   quote fields that hold a delimiter";
    check(CSV, "", &[("events/a.csv", &few)], message).await;
    check_rows(
        "{\"at\":\"2026-01-31\",\"id\":1}\n\n{\"at\":\"2026-01-31\",\"id\":\n",
        "source `events`: DIR/events/a.json:3: not JSON: EOF while parsing a value (column 24)",
    )
    .await;
    check_rows(
        "{\"at\":\"2026-01-31\"}\n[1]\n",
        "source `events`: DIR/events/a.json:2: expected a JSON object",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parquet_files_that_are_damaged() {
    let no_parquet = [("events/a.parquet", "PAR1 no parquet")];
    let message = "source `events`: DIR/events/a.parquet is not valid parquet: Parquet error: Invalid \
                   Parquet file. Corrupt footer";
    check(PARQUET, "", &no_parquet, message).await;
    let empty = [("events/a.parquet", "")];
    let message = "source `events`: DIR/events/a.parquet is not valid parquet: Parquet error: Parquet \
                   files are at least 8 bytes long, but file length is 0";
    check(PARQUET, "", &empty, message).await;

    let mut sandbox = Sandbox::new(
        &model(PARQUET, "").replace("\"at\"", "\"event_time\"").replace("\"id\"", "\"profile_id\""),
    );
    let rows: Vec<_> = (0..5000).map(|id| ("2026-01-31", id, Some("US"), id)).collect();
    sandbox.write_parquet("events/a.parquet", &crate::rows::events(&rows));
    let path = sandbox.path("events/b.parquet");
    std::fs::copy(sandbox.path("events/a.parquet"), &path).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let whole = bytes.len();
    std::fs::write(&path, &bytes[..whole - 100]).unwrap();
    assert_eq!(
        sandbox.failure(Days::All).await,
        "source `events`: DIR/events/b.parquet is not valid parquet: Parquet error: Invalid \
         Parquet file. Corrupt footer"
    );
    // The footer is whole, a page's header is not: found when it is read, and again to name the file.
    bytes[4..40].fill(0xff);
    std::fs::write(&path, &bytes).unwrap();
    let message = sandbox.failure(Days::All).await;
    assert!(message.starts_with("source `events`: DIR/events/b.parquet: "), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_cannot_be_computed_with() {
    let time = format!("{GOOD}2026-01-31,\"2\n2\",US\nyesterday,3,US\n2026-01-31,4,US\n");
    let message = "source `events`: DIR/events/b.csv:5: `source.events.time`: Error parsing timestamp \
                   from 'yesterday': timestamp must contain at least 10 characters; correct it there, or change what \
             the model computes from it";
    check(CSV, "", &[("events/a.csv", GOOD), ("events/b.csv", &time)], message).await;
    check_rows(
        "{\"at\":\"2026-01-31\",\"id\":1,\"country\":\"US\"}\n\n{\"id\":2,\"country\":\"US\"}\n",
        "source `events`: DIR/events/a.json:3: an event without a time; leave such rows out with \
         `where = \"… IS NOT NULL\"`",
    )
    .await;

    let sum = "[measure.total]\nsource = \"events\"\nkind = \"sum\"\nof = \"id\"";
    let text = format!("{GOOD}2026-01-31,two,US\n");
    let message = |key: &str| {
        format!(
            "source `events`: DIR/events/a.csv:3: {key}Cannot cast string 'two' to value of Int64 \
             type; correct it there, or change what \
             the model computes from it"
        )
    };
    check(CSV, sum, &[("events/a.csv", &text)], &message("`measure.total.of`: ")).await;
    let compared = format!("{CSV}\nwhere = \"id > 5\"");
    check(&compared, "", &[("events/a.csv", &text)], &message("")).await;
    let large = i64::MAX;
    let sums = format!("{GOOD}2026-01-31,{large},US\n2026-01-31,{large},US\n");
    let message = "the sum `total` of a cell is too large: value of 18446744073709551615 is out of \
                   range Int64; sum a smaller unit, or a `double`";
    check(CSV, sum, &[("events/a.csv", &sums)], message).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lookups_with_doubtful_keys() {
    let lookup = |multi: &str| {
        format!(
            "[lookup.people]\nurl = \"people.csv\"\nformat = \"csv\"\nkey = \"id\"\n\
             [dimension.age]\nlookup = \"people\"\non = \"id\"\ncolumn = \"age\"\n{multi}"
        )
    };
    let events = ("events/a.csv", GOOD);
    let twice = ("people.csv", "id,age\n2,30\n1,30\n1,40\n2,30\n");
    let message = "lookup `people`: key `1` has 2 rows; a row's key must be unique";
    check(CSV, &lookup(""), &[events, twice], message).await;
    let without = ("people.csv", "id,age\n2,30\n,30\n");
    let message = "lookup `people`: rows without a key: `id` is null in 1 of them";
    check(CSV, &lookup("multi = true"), &[events, without], message).await;

    let members = "[lookup.assets]\nurl = \"assets.csv\"\nformat = \"csv\"\nkey = \"id\"\n\
                   [dimension.asset]\ncolumn = \"id\"\nlookup = \"assets\"\nlabel = \"name\"";
    let twice = ("assets.csv", "id,name\n2,x\n1,a\n1,a\n1,b\n");
    let message = "lookup `assets`: key `1` has 3 rows; a row's key must be unique";
    check(CSV, members, &[events, twice], message).await;
    let other = ("assets.csv", "id,title\n2,x\n");
    let message = "`dimension.asset.label`: lookup `assets` has no column `name`; it has `id`, \
                   `title`, `_file`, `dt` (in DIR/assets.csv)";
    check(CSV, members, &[events, other], message).await;
    let missing =
        "lookup `assets`: nothing found at file://DIR/assets.csv; check `lookup.assets.url`";
    check(CSV, members, &[events], missing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_cells_than_the_lakes() {
    let mut sandbox = Sandbox::new(&model(CSV, ""));
    sandbox.write("events/dt=2026-01-30/a.csv", &GOOD.replace("31", "30"));
    sandbox.write("events/dt=2026-01-31/a.csv", GOOD);
    sandbox.run(Days::All).await;
    let more = "[dimension.person]\ncolumn = \"id\"";
    sandbox.set_model(&model(CSV, more).replace("precision = 12", "precision = 14"));
    assert_eq!(
        sandbox.failure(days("2026-01-31", "2026-01-31")).await,
        "the model's cells differ from those in the lake: `person` is new; `people` had \
         clio.precision 12 and has 14; use a new lake, or rebuild all 2 days of this one in one run"
    );

    // All days in one run may have another shape.
    let report = sandbox.run(Days::All).await;
    assert_eq!(report.snapshot.0, 1);
    let cells = sandbox.cells().await;
    assert_eq!(cells.lines("2026-01-31"), ["US 1 1 1"]);
    assert_eq!(cells.lines("all"), ["US 1 2 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_that_cannot_be_written() {
    let mut sandbox = Sandbox::new(&model(CSV, ""));
    sandbox.write("events/a.csv", GOOD);
    sandbox.write("lake", "a file where a folder should be");
    let error = sandbox.try_run(Days::All).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Lake);
    let folder = sandbox.path("").to_str().unwrap().trim_end_matches('/').to_owned();
    assert_eq!(
        error.to_string().replace(&folder, "DIR"),
        "lake file://DIR/lake/cells/: it cannot be written to: Not a directory (os error 20)"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lookup_beyond_the_memory() {
    let lookup = "[lookup.people]\nurl = \"people.csv\"\nformat = \"csv\"\nkey = \"id\"\n\
                  [dimension.age]\nlookup = \"people\"\non = \"id\"\ncolumn = \"age\"";
    let mut sandbox = Sandbox::new(&model(CSV, lookup));
    sandbox.write("events/a.csv", GOOD);
    let people: String = (0..600_000).map(|id| format!("{id},{}\n", id % 90)).collect();
    sandbox.write("people.csv", &format!("id,age\n{people}"));
    let mut config = sandbox.config();
    config.memory_bytes = Some(48 << 20);
    let error = Box::pin(run(&config, Days::All, &Silent)).await.unwrap_err().to_string();
    let expected = "reading a lookup: the memory limit is too small: lookup `people` holds ";
    assert!(error.starts_with(expected), "{error}");
    assert!(error.ends_with("available to it; raise it (`--memory`)"), "{error}");
    assert!(sandbox.lake_files().is_empty(), "nothing was committed, nothing is left");
    config.memory_bytes = Some(512 << 20);
    Box::pin(run(&config, Days::All, &Silent)).await.unwrap();
}
