//! Plays credited to impressions, through the binary: events in no cell are reported.

use clio_tests::{Sandbox, until};
use serde_json::json;

const MODEL: &str = r#"
[dataset]
name = "shop"
timezone = "Europe/Berlin"

[source.views]
url = "views.csv"
format = "csv"
time = "at"

[source.orders]
url = "orders.csv"
format = "csv"
time = "at"

[source.credited_orders]
attribute = { event = "orders", to = "views", by = ["visitor"], within = "2h", credit = "last" }

[dimension.banner]
column = "banner"

[measure.viewers]
source = "views"
kind = "distinct"
of = "visitor"

[measure.orders]
source = "credited_orders"
kind = "count"

[measure.buyers]
source = "credited_orders"
kind = "distinct"
of = "visitor"

[measure.revenue]
source = "credited_orders"
kind = "sum"
of = "price"

[measure.rate]
kind = "derived"
expr = "buyers / viewers"
format = "percent"
"#;

/// Ann sees two banners around midnight in Berlin, which is 23:00 UTC.
const VIEWS: &str = "\
at,visitor,banner
2026-01-05 22:30:00,ann,spring
2026-01-05 23:30:00,ann,summer
2026-01-06 12:00:00,bob,spring
";

/// Two of Ann's, one by Bob that is too late, and one by Cem, who saw nothing.
const ORDERS: &str = "\
at,visitor,price
2026-01-05 23:10:00,ann,10
2026-01-06 01:30:00,ann,7
2026-01-06 14:00:01,bob,5
2026-01-07 10:00:00,cem,3
";

fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    for (name, text) in [("shop.toml", MODEL), ("views.csv", VIEWS), ("orders.csv", ORDERS)] {
        std::fs::write(sandbox.path(name), text).unwrap();
    }
    sandbox
}

#[test]
fn orders_without_a_view_are_counted_by_day_wherever_numbers_are_shown() {
    let sandbox = shop();
    let report = sandbox.etl(&sandbox.path("shop.toml"), "lake", &[]);
    assert_eq!(report["rows_in"], json!({ "views": 3, "credited_orders": 2 }));
    let unattributed = json!({ "credited_orders": { "2026-01-06": 1, "2026-01-07": 1 } });
    assert_eq!(report["rows_unattributed"], unattributed);
    assert_eq!(report["provisional_days"], json!([]));

    let query =
        ["query", "--lake", "lake", "--group-by", "banner,day", "--measures", "orders,revenue"];
    let answer = sandbox.json(&query);
    let rows: Vec<_> = answer["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let value = |measure: &str| row["values"][measure]["value"].as_f64().unwrap();
            (row["keys"].clone(), value("orders"), value("revenue"))
        })
        .collect();
    assert_eq!(rows.len(), 3, "{answer}");
    let of = |banner: &str, day: &str| {
        let found = rows.iter().find(|(keys, ..)| {
            let text = keys.to_string();
            text.contains(banner) && text.contains(day)
        });
        found.map(|(_, orders, revenue)| (*orders, *revenue)).unwrap()
    };
    assert_eq!(of("spring", "2026-01-05"), (1.0, 10.0));
    assert_eq!(of("summer", "2026-01-06"), (1.0, 7.0));
    assert_eq!(of("spring", "2026-01-06"), (0.0, 0.0));
    let of_days = json!([
        { "source": "credited_orders", "day": "2026-01-06", "rows": 1 },
        { "source": "credited_orders", "day": "2026-01-07", "rows": 1 },
    ]);
    // Cem's day has no cell, and so is not a day of the snapshot.
    assert_eq!(answer["coverage"]["unattributed"], json!([of_days[0]]));

    let server = sandbox.serve(&["serve", "--lake", "lake", "--grpc", "127.0.0.1:0"]);
    let gateway = sandbox.serve(&["gateway", "--serving", &server.url, "--http", "127.0.0.1:0"]);
    let query = "{ snapshots(first: 1) { unattributed { source day rows } } }";
    let body = until("the gateway to hear from serving", || {
        let (status, body) = gateway.graphql(query, &json!({}));
        (status == 200).then_some(body)
    });
    assert_eq!(body["data"]["snapshots"][0]["unattributed"], of_days, "{body}");
}

#[test]
fn the_report_and_the_table_say_it_in_words() {
    let sandbox = shop();
    let said = sandbox.ok(["etl", "run", "--model", "shop.toml", "--lake", "lake"]);
    let line = "unattributed   2 of credited_orders: 2026-01-06 1, 2026-01-07 1";
    assert!(said.contains(line), "{said}");
    let said = sandbox.ok(["query", "--lake", "lake", "--measures", "orders,rate"]);
    let line =
        "1 events of credited_orders could not be credited to any other: not in any number here";
    assert!(said.contains(line), "{said}");
    let said = sandbox.ok(["model", "check", "shop.toml", "--no-sources"]);
    let line = "orders.csv (csv), time at, each credited to the last of views by visitor within 2h";
    assert!(said.contains(line), "{said}");
}
