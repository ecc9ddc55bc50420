//! Multi-valued dimensions, lookups, and members.

use std::collections::BTreeMap;

use clio_etl::Days;

use crate::formats::model;
use crate::sandbox::Sandbox;

const NDJSON: &str = "url = \"events/\"\nformat = \"ndjson\"\ntime = \"at\"";

const AUDIENCES: &str = r#"
[lookup.audiences]
url = "audiences/"
format = "csv"
key = "id"
[dimension.audience]
lookup = "audiences"
on = "id"
column = "audience"
multi = true
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_audiences_are_one_set_whatever_their_order() {
    let mut sandbox = Sandbox::new(&model(NDJSON, AUDIENCES));
    let mut events = String::new();
    for id in [1, 2, 3, 4, 4] {
        events.push_str(&format!("{{\"at\":\"2026-01-31\",\"id\":{id},\"country\":\"US\"}}\n"));
    }
    sandbox.write("events/a.json", &events);
    sandbox.write(
        "audiences/a.csv",
        "id,audience\n1,news\n2,sports\n2,news\n1,sports\n1,news\n3,\n9,other\n",
    );
    sandbox.run(Days::All).await;
    let cells = sandbox.cells().await;
    assert_eq!(cells.lines("all"), ["US [] 3 2", "US [news,sports] 2 2"]);
    assert!(sandbox.table("lookups/audiences").await.is_none(), "it names people");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_events_own_list_is_a_set_and_folds_like_one() {
    let tags = "[dimension.tag]\ncolumn = \"tags\"\nmulti = true";
    let mut sandbox = Sandbox::new(&model(NDJSON, tags));
    let day = |day: &str| {
        let event = |id: u32, tags: &str| {
            format!("{{\"at\":\"{day}\",\"id\":{id},\"country\":\"US\",\"tags\":{tags}}}\n")
        };
        event(1, "[\"b\",\"a\"]")
            + &event(2, "[\"a\",null,\"b\",\"a\"]")
            + &event(3, "[]")
            + &event(4, "null")
            + &event(5, "[\"B\"]")
    };
    sandbox.write("events/a.json", &(day("2026-01-31") + &day("2026-02-01")));
    sandbox.run(Days::All).await;
    let cells = sandbox.cells().await;
    assert_eq!(cells.lines("2026-02-01"), ["US [] 2 2", "US [B] 1 1", "US [a,b] 2 2"]);
    assert_eq!(cells.lines("all"), ["US [] 4 2", "US [B] 2 1", "US [a,b] 4 2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lookups_value_is_a_dimension_and_its_members_are_stored_once() {
    let more = r#"
[lookup.assets]
url = "assets.json"
format = "ndjson"
key = "asset"
[dimension.asset]
column = "id"
lookup = "assets"
attributes = ["kind", "tags"]
label = "title"
[dimension.kind]
lookup = "assets"
on = "id"
column = "kind"
"#;
    let mut sandbox = Sandbox::new(&model(NDJSON, more));
    let event =
        |id: &str| format!("{{\"at\":\"2026-01-31\",\"id\":\"{id}\",\"country\":\"US\"}}\n");
    sandbox.write("events/a.json", &(event("1") + &event("2") + &event("3")));
    let assets = "{\"asset\":2,\"kind\":\"still\",\"title\":\"Two\",\"tags\":[\"x\",\"y\"]}\n\
                  {\"asset\":1,\"kind\":null,\"title\":\"One\"}\n";
    sandbox.write("assets.json", assets);
    let report = sandbox.run(Days::All).await;
    assert_eq!(report.lookups, BTreeMap::from([("assets".to_owned(), 0)]));
    let cells = sandbox.cells().await;
    assert_eq!(cells.lines("all"), ["US 1 null 1 1", "US 2 still 1 1", "US 3 null 1 1"]);
    let members = sandbox.table("lookups/assets").await.unwrap();
    assert_eq!(members.lines(""), ["1 null null One", "2 still [x,y] Two"]);

    // Another title: a new version of the lookup, and a snapshot that names it, with the same cells.
    sandbox.write("assets.json", &assets.replace("One", "First"));
    let report = sandbox.run(Days::All).await;
    assert_eq!((report.snapshot.0, report.n_periods_changed, report.unchanged), (1, 0, false));
    assert_eq!(report.lookups["assets"], 1);
    assert_eq!(sandbox.cells().await.files, cells.files);
    assert_eq!(sandbox.cells().await.metadata.unwrap().lookups["assets"], 1);
    assert!(sandbox.run(Days::All).await.unchanged);
}
