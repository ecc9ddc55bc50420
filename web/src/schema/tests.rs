//! The schema as text, and answers as it shows them.

mod replicas;
mod withheld;

use std::path::Path;

use serde_json::json;

use super::*;
use crate::testing::{TestServer, media};

/// `web/schema.graphql` is the schema of the example dataset; with `CLIO_BLESS=1` the test writes it.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test has no Config, and a person runs it")]
fn the_committed_schema_is_fresh() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    let found = schema_sdl(&media());
    if std::env::var_os("CLIO_BLESS").is_some() {
        std::fs::write(&file, &found).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(found == committed, "web/schema.graphql is stale: run this test with CLIO_BLESS=1");
}

#[tokio::test]
async fn an_answer_has_lists_and_typed_fields() {
    let server = TestServer::start().await;
    let query = "{ cube(query: {
        groupBy: [ASSET, ASSET_MEDIA_TYPE, DAY], measures: [IMPRESSIONS, VIEWERS, TAKE_RATE]
    }) {
        snapshot { version }
        rows {
            keys { key value label media }
            values { measure value lower upper exact }
            asset { label } assetMediaType { value } day { key } country { value }
            impressions { value } takeRate { value exact } plays { value }
        }
        total { keys { key } values { value } viewers { value lower upper exact } }
        groupCount overlapping elapsedMs
        coverage { from to nDays nDaysPresent nMissing missingRanges { from to nDays }
            retiredRanges { from to } provisionalRanges { from to } missing retired provisional periods
            mixedLookups { lookup stateCount otherRanges { from to } message } }
        notices { field value isPrefix nearest message } noticeCount
        work { fileCount cellCount selectedCellCount groupCount estimateCount unionCount couponBytes registerBytes bucketBytes
            steps { step elapsedMs } isCached }
    } }";
    let body = server.ask(query, json!({})).await;
    assert_eq!(
        body,
        json!({ "data": { "cube": {
            "snapshot": { "version": 41 },
            "rows": [{
                "keys": [
                    { "key": "ASSET", "value": "a asset", "label": "Dune", "media": "/media/dune.mp4" },
                    { "key": "ASSET_MEDIA_TYPE", "value": "a asset.media_type",
                      "label": "a asset.media_type", "media": "/media/dune.mp4" },
                    { "key": "DAY", "value": "a day", "label": "a day", "media": "/media/dune.mp4" },
                ],
                "values": [
                    { "measure": "IMPRESSIONS", "value": 1000.0, "lower": 1000.0, "upper": 1000.0, "exact": true },
                    { "measure": "VIEWERS", "value": 100.5, "lower": 90.25, "upper": null, "exact": false },
                    { "measure": "TAKE_RATE", "value": null, "lower": null, "upper": null, "exact": false },
                ],
                "asset": { "label": "Dune" },
                "assetMediaType": { "value": "a asset.media_type" },
                "day": { "key": "DAY" },
                "country": null,
                "impressions": { "value": 1000.0 },
                "takeRate": { "value": null, "exact": false },
                "plays": null,
            }],
            "total": {
                "keys": [],
                "values": [{ "value": 1000.0 }, { "value": 100.5 }, { "value": null }],
                "viewers": { "value": 100.5, "lower": 90.25, "upper": null, "exact": false },
            },
            "groupCount": 9,
            "overlapping": ["ASSET_TAGS"],
            "elapsedMs": 2.5,
            "coverage": {
                "from": "2026-01-01", "to": "2026-02-02", "nDays": 33,
                "nDaysPresent": 31, "nMissing": 2,
                "missingRanges": [{ "from": "2026-02-01", "to": "2026-02-02", "nDays": 2 }],
                "retiredRanges": [{ "from": "2026-02-02", "to": "2026-02-02" }],
                "provisionalRanges": [{ "from": "2026-01-31", "to": "2026-01-31" }],
                "missing": ["2026-02-01", "2026-02-02"], "retired": ["2026-02-02"], "provisional": ["2026-01-31"],
                "periods": ["2026-01"],
                "mixedLookups": [{
                    "lookup": "audiences", "stateCount": 2,
                    "otherRanges": [{ "from": "2026-01-01", "to": "2026-01-10" }],
                    "message": "2 states of the lookup `audiences` are mixed here: 2026-01-01..2026-01-10 took another \
                        one than the last day; `clio etl run --all` makes all days with the newest one",
                }],
            },
            "notices": [{
                "field": "COUNTRY", "value": "UX", "isPrefix": false, "nearest": ["US", "UK"],
                "message": "`country` has no value `UX`; did you mean `US` or `UK`?",
            }],
            "noticeCount": 1,
            "work": {
                "fileCount": 2, "cellCount": 500, "selectedCellCount": 40, "groupCount": 9, "estimateCount": 7,
                "unionCount": 80, "couponBytes": 9_876_543_210_u64, "registerBytes": 16_384, "bucketBytes": 300,
                "steps": [{ "step": "bind", "elapsedMs": 0.25 }], "isCached": true,
            },
        } } })
    );
}

#[tokio::test]
async fn shares_ranks_and_others_are_shown_where_they_are_asked_for() {
    let server = TestServer::start().await;
    let ask = |extras: &str| {
        format!(
            "{{ cube(query: {{ groupBy: [ASSET] measures: [VIEWERS] extras: {extras} }}) {{
                rows {{ viewers {{ share {{ value lower upper exact }} }} }}
                reach {{ measure deduplicated {{ value lower upper exact cannotTell }}
                    steps {{ row incremental {{ value }} alone {{ value upper cannotTell }} cumulative {{ value }} }}
                    overlaps {{ left right both {{ cannotTell }} jaccard {{ value }} }} }}
                ranks {{ best worst }} others {{ keys {{ value }} viewers {{ value }} }} }} }}"
        )
    };
    let body = server.ask(&ask("[SHARES, OTHERS, RANKS, REACH]"), json!({})).await;
    let share = json!({ "value": 0.25, "lower": 0.2, "upper": 0.3, "exact": false });
    assert_eq!(
        body["data"]["cube"],
        json!({
            "rows": [{ "viewers": { "share": share } }],
            "reach": {
                "measure": "VIEWERS",
                "deduplicated":
                    { "value": 100.0, "lower": 90.0, "upper": 110.0, "exact": false, "cannotTell": false },
                "steps": [{
                    "row": 0, "incremental": { "value": 100.0 },
                    "alone": { "value": null, "upper": 110.0, "cannotTell": true },
                    "cumulative": { "value": 100.0 },
                }],
                "overlaps": [{
                    "left": 0, "right": 1, "both": { "cannotTell": true }, "jaccard": { "value": 100.0 },
                }],
            },
            "ranks": [{ "best": 1, "worst": 3 }],
            "others": { "keys": [], "viewers": { "value": 0.0 } },
        }),
        "{body}"
    );
    let body = server.ask(&ask("[]"), json!({})).await;
    assert_eq!(
        body["data"]["cube"],
        json!({
            "rows": [{ "viewers": { "share": null } }],
            "reach": null,
            "ranks": [{ "best": null, "worst": null }],
            "others": null,
        }),
        "{body}"
    );
}

#[tokio::test]
async fn intervals_and_verdicts_are_shown_where_they_are_asked_for() {
    let server = TestServer::start().await;
    let ask = |extras: &str| {
        format!(
            "{{ cube(query: {{ groupBy: [ASSET] measures: [VIEWERS] compare: {{ rest: true }} extras: {extras} }}) {{
                rows {{ viewers {{
                    intervals {{ basis whyNone sampling {{ lower upper }} combined {{ lower }} }}
                    verdict {{ word text own other difference {{ value lower upper }} days smallestLift moreDays
                        exposure {{ own other ownByEvent otherByEvent explains }}
                        mix {{ field raw difference {{ value }} withoutCounterpart explains isReversed }} }} }} }}
                test {{ name arms {{ value share people {{ value }} }} chance isAsAssigned }} }} }}"
        )
    };
    let body = server.ask(&ask("[INTERVALS, VERDICTS]"), json!({})).await;
    let intervals = json!({
        "basis": "PEOPLE", "whyNone": null, "sampling": { "lower": 0.125, "upper": 0.25 }, "combined": null,
    });
    let verdict = json!({
        "word": "TOO_LITTLE_DATA", "text": "too little data", "own": 0.25, "other": 0.125,
        "difference": { "value": 0.125, "lower": -0.5, "upper": 0.75 },
        "days": 12, "smallestLift": 5.0, "moreDays": 7,
        "exposure": { "own": 3.5, "other": 2.0, "ownByEvent": 0.5, "otherByEvent": 0.75, "explains": true },
        "mix": { "field": "COUNTRY", "raw": 0.125, "difference": { "value": -0.125 }, "withoutCounterpart": 0.0,
            "explains": true, "isReversed": true },
    });
    let rows = json!([{ "viewers": { "intervals": intervals, "verdict": verdict } }]);
    let arms = json!([{ "value": "a1", "share": 0.5, "people": { "value": 100.0 } }]);
    let test = json!({ "name": "artwork", "arms": arms, "chance": 0.25, "isAsAssigned": true });
    assert_eq!(body["data"]["cube"], json!({ "rows": rows, "test": test }), "{body}");
    let body = server.ask(&ask("[]"), json!({})).await;
    let rows = json!([{ "viewers": { "intervals": null, "verdict": null } }]);
    assert_eq!(body["data"]["cube"], json!({ "rows": rows, "test": null }), "{body}");
}

#[tokio::test]
async fn new_people_are_shown_beside_their_rows() {
    let server = TestServer::start().await;
    let ask = |look_back: &str| {
        format!(
            "{{ cube(query: {{ groupBy: [DAY] measures: [VIEWERS] {look_back} }}) {{
                newcomers {{ fresh {{ value }} returning {{ value lower cannotTell }} nDaysMissing }}
                lookBack {{ measure days coverage {{ from nDaysPresent }} }} }} }}"
        )
    };
    let body = server.ask(&ask("lookBackDays: 28"), json!({})).await;
    assert_eq!(
        body["data"]["cube"],
        json!({
            "newcomers": [{
                "fresh": { "value": 100.0 },
                "returning": { "value": null, "lower": 90.0, "cannotTell": true },
                "nDaysMissing": 2,
            }],
            "lookBack": { "measure": "VIEWERS", "days": 28,
                "coverage": { "from": "2025-12-01", "nDaysPresent": 30 } },
        }),
        "{body}"
    );
    let body = server.ask(&ask(""), json!({})).await;
    let nobody = json!([{ "fresh": null, "returning": null, "nDaysMissing": null }]);
    let nothing = json!({ "newcomers": nobody, "lookBack": null });
    assert_eq!(body["data"]["cube"], nothing, "{body}");
}

#[tokio::test]
async fn an_answer_is_a_connection() {
    let server = TestServer::start().await;
    let query = "{ cube(query: { groupBy: [ASSET] measures: [VIEWERS] first: 1 after: \"c1-41-3-000000000000000f\" }) {
        edges { cursor node { asset { label } } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
    let body = server.ask(query, json!({})).await;
    let cursor = "c1-41-4-000000000000000f";
    assert_eq!(
        body["data"]["cube"],
        json!({
            "edges": [{ "cursor": cursor, "node": { "asset": { "label": "Dune" } } }],
            "pageInfo": { "hasNextPage": true, "hasPreviousPage": true, "startCursor": cursor, "endCursor": cursor },
        }),
        "{body}"
    );
}

#[tokio::test]
async fn rows_and_the_total_are_shown_beside_the_other_side() {
    let server = TestServer::start().await;
    let ask = |compare: &str| {
        format!(
            "{{ cube(query: {{ groupBy: [ASSET] measures: [VIEWERS] {compare} }}) {{
                rows {{ viewers {{ compared {{
                    other {{ value exact exactText }} difference {{ value lower upper }} ratio {{ value }} }} }} }}
                total {{ viewers {{ compared {{ other {{ value }} }} }} }}
                comparedCoverage {{ from to nDaysPresent nMissing periods }} }} }}"
        )
    };
    let body = server.ask(&ask("compare: { rest: true }"), json!({})).await;
    assert_eq!(
        body["data"]["cube"],
        json!({
            "rows": [{ "viewers": { "compared": {
                "other": { "value": 0.0, "exact": true, "exactText": null },
                "difference": { "value": 100.0, "lower": 90.0, "upper": 110.0 },
                "ratio": { "value": null },
            } } }],
            "total": { "viewers": { "compared": { "other": { "value": 0.0 } } } },
            "comparedCoverage": { "from": "2025-12-01", "to": "2025-12-31", "nDaysPresent": 30,
                "nMissing": 1, "periods": ["2025-12"] },
        }),
        "{body}"
    );
    let body = server.ask(&ask(""), json!({})).await;
    assert_eq!(body["data"]["cube"]["rows"][0]["viewers"]["compared"], json!(null), "{body}");
    assert_eq!(body["data"]["cube"]["comparedCoverage"], json!(null), "{body}");
}

#[tokio::test]
async fn the_dataset_describes_itself() {
    let server = TestServer::start().await;
    let query = "{ dataset {
        name timezone fingerprint
        fields { name enumName fieldName dimension attribute label multi hasLabel hasMedia }
        measures { name enumName fieldName label kind format expr family precision relativeError
            quantileOf quantilePercent edges }
    } }";
    let body = server.ask(query, json!({})).await;
    let dataset = &body["data"]["dataset"];
    assert_eq!(dataset["name"], "media");
    assert_eq!(
        dataset["fields"][2],
        json!({
            "name": "asset.media_type", "enumName": "ASSET_MEDIA_TYPE",
            "fieldName": "assetMediaType", "dimension": "asset", "attribute": "media_type",
            "label": "Asset media type", "multi": false, "hasLabel": false, "hasMedia": false,
        })
    );
    assert_eq!(dataset["fields"][0]["attribute"], json!(null));
    assert_eq!(
        dataset["measures"][1],
        json!({
            "name": "viewers", "enumName": "VIEWERS", "fieldName": "viewers", "label": "Viewers",
            "kind": "DISTINCT", "format": "NUMBER", "expr": null, "family": "hll++",
            "precision": 14, "relativeError": 0.008_125, "quantileOf": null, "quantilePercent": null, "edges": [],
        })
    );
    assert_eq!(
        dataset["measures"][5],
        json!({
            "name": "watch.p50", "enumName": "WATCH_P50", "fieldName": "watchP50", "label": "Watch, median",
            "kind": "QUANTILE", "format": "SECONDS", "expr": null, "family": null, "precision": null,
            "relativeError": 0.02, "quantileOf": "watch", "quantilePercent": 50.0, "edges": [30.0, 120.0],
        })
    );
    assert_eq!(dataset["measures"][7]["expr"], "players / viewers");
    assert_eq!(dataset["measures"][7]["kind"], "DERIVED");
    assert_eq!(dataset["measures"][4]["format"], "SECONDS");
}

#[tokio::test]
async fn snapshots_and_members_are_shown() {
    let server = TestServer::start().await;
    let query = "{
        snapshots(first: 2) { version }
        refusedSnapshots(first: 2) { version committedAt reason }
        serving { state message refused { version } snapshot {
            version committedAt runId fingerprint firstDay lastDay nDays nCells rowsIn
            unattributed { source day rows }
            verification { verifiedAt firstDay lastDay ok nCompared nMismatches maxError rmsError
                shareWithinBounds } } }
        members(field: COUNTRY) { total pageInfo { hasNextPage endCursor } members { value label media nCells } }
        left: members(where: { country: { isNull: false } }) { members { field value nCellsLeft } }
    }";
    let body = server.ask(query, json!({})).await;
    assert_eq!(
        body,
        json!({ "data": {
            "snapshots": [{ "version": 43 }, { "version": 42 }],
            "refusedSnapshots": [{
                "version": 44,
                "committedAt": "2026-02-01T04:05:06Z",
                "reason": "what it says of itself, or what it holds, is damaged or of a newer version (error 1 in the gateway's log)",
            }],
            "serving": { "state": "SERVING", "message": null, "refused": null, "snapshot": {
                "version": 41, "committedAt": "2026-02-01T03:04:05Z", "runId": "run-7",
                "fingerprint": "00f1e2d3c4b5a697", "firstDay": "2026-01-01",
                "lastDay": "2026-01-31", "nDays": 31, "nCells": 12_345, "rowsIn": 9_876_543_210_u64,
                "unattributed": [
                    { "source": "qualified_plays", "day": "2026-01-31", "rows": 1_234 },
                ],
                "verification": {
                    "verifiedAt": "2026-02-01T05:06:07Z", "firstDay": "2026-01-31",
                    "lastDay": "2026-01-31", "ok": true, "nCompared": 1_234, "nMismatches": 0,
                    "maxError": 2.75, "rmsError": 0.5, "shareWithinBounds": 0.96875,
                },
            } },
            "members": { "total": 3, "pageInfo": {
                "hasNextPage": true, "endCursor": "c1-41-2-0000000000000005",
            }, "members": [
                { "value": "US", "label": "United States", "media": null, "nCells": 7 },
                { "value": null, "label": "(none)", "media": null, "nCells": 7 },
            ] },
            "left": { "members": [
                { "field": "COUNTRY", "value": "US", "nCellsLeft": 3 },
                { "field": "COUNTRY", "value": null, "nCellsLeft": 3 },
            ] },
        } })
    );
}

#[tokio::test]
async fn runs_are_shown_with_their_steps() {
    let server = TestServer::start().await;
    let query = "{ one: runs(limit: 1) { id } runs { id startedAt endedAt outcome error snapshot
        fingerprint days rowsIn { source nRows } rowsQuarantined { source nRows } leftOut { table nFiles files }
        steps { step startedAt endedAt nRows nAttempts error } } }";
    let body = server.ask(query, json!({})).await;
    let times = ("2026-02-01T03:04:05Z", "2026-02-01T03:04:09Z");
    let run = |outcome: &str, error: Option<&str>| {
        let is_over = error.is_none();
        json!({
            "id": "run-7", "startedAt": times.0, "endedAt": times.1, "outcome": outcome,
            "error": error, "snapshot": is_over.then_some(41), "fingerprint": "00f1e2d3c4b5a697",
            "days": ["2026-01-31"], "rowsIn": [{ "source": "plays", "nRows": 9_876_543_210_u64 }],
            "rowsQuarantined": [{ "source": "plays", "nRows": 2 }],
            "leftOut": [{ "table": "source `plays`", "nFiles": 1, "files": ["plays/notes.txt"] }],
            "steps": [{ "step": "open", "startedAt": times.0,
                "endedAt": is_over.then_some(times.1), "nRows": 3, "nAttempts": 2, "error": error }],
        })
    };
    assert_eq!(
        body,
        json!({ "data": {
            "one": [{ "id": "run-7" }],
            "runs": [run("FAILED", Some("no events found")), run("COMMITTED", None)],
        } })
    );
}

#[tokio::test]
async fn outliers_are_shown_with_their_words() {
    let server = TestServer::start().await;
    let query = "{ outliers(snapshot: 41) { snapshot dimension firstDay lastDay nDays nJudged nNotJudged outliers {
        kind value label media peers { field value } nPeers since orBefore error
        rate { of own peers ratio lower upper } watching { of } median { of } frequency { of } words }
        earlier { day outliers { kind value label media now listedThrough rate { own } watching { of } words } } } }";
    let body = server.ask(query, json!({})).await;
    let became = "listed through 2026-01-26, and now as weak; plays / impressions now 25 % (95 %: +12 % to +50 %) above its peers: 12.5 % \
                  beside 10.0 %";
    let words = "plays / impressions 25 % (95 %: +12 % to +50 %) above its 4 peers of title Dune: 12.5 % where they would have 10.0 % with its \
                 mix and age; but plays / impressions 25 % (95 %: +12 % to +50 %) above theirs: 12.5 % where they have 10.0 %; plays / impressions 0.12 \
                 after 0.10; since 2026-01-20 or before, wrong by a chance of 6 %";
    assert_eq!(
        body,
        json!({ "data": { "outliers": {
            "snapshot": 41, "dimension": "asset", "firstDay": "2026-01-01", "lastDay": "2026-01-31", "nDays": 30, "nJudged": 41,
            "nNotJudged": 7, "outliers": [{
                "kind": "MISLEADING", "value": "a1", "label": "One", "media": null,
                "peers": [{ "field": "asset.title", "value": "Dune" }], "nPeers": 4, "since": "2026-01-20", "orBefore": true,
                "error": 0.0625, "rate": { "of": "plays / impressions", "own": 0.125, "peers": 0.1, "ratio": 1.25, "lower": 1.125,
                    "upper": 1.5 },
                "watching": { "of": "plays / impressions" }, "median": null, "frequency": { "of": "plays / impressions" }, "words": words,
            }],
            "earlier": { "day": "2026-01-24", "outliers": [{
                "kind": "STAR", "value": "a2", "label": null, "media": null, "now": ["WEAK"], "listedThrough": "2026-01-26",
                "rate": { "own": 0.125 }, "watching": null, "words": became,
            }] },
        } } })
    );
}

/// Tools request the whole schema with its descriptions; the limits must allow that.
#[tokio::test]
async fn introspection_is_within_the_limits() {
    let server = TestServer::start().await;
    let of_type =
        (0..9).fold("kind name".to_owned(), |inner, _| format!("kind name ofType {{ {inner} }}"));
    let query = format!(
        "query IntrospectionQuery {{ __schema {{
            queryType {{ name }} mutationType {{ name }} subscriptionType {{ name }}
            types {{ ...FullType }}
            directives {{ name description locations args {{ ...InputValue }} }}
        }} }}
        fragment FullType on __Type {{
            kind name description
            fields(includeDeprecated: true) {{
                name description args {{ ...InputValue }} type {{ ...TypeRef }} isDeprecated
            }}
            inputFields {{ ...InputValue }} interfaces {{ ...TypeRef }}
            enumValues(includeDeprecated: true) {{ name description }}
            possibleTypes {{ ...TypeRef }}
        }}
        fragment InputValue on __InputValue {{ name description type {{ ...TypeRef }} defaultValue }}
        fragment TypeRef on __Type {{ {of_type} }}"
    );
    let body = server.ask(&query, json!({})).await;
    assert_eq!(body.get("errors"), None, "{body}");
    let types = body["data"]["__schema"]["types"].as_array().unwrap();
    let ours = types.iter().filter(|ty| {
        let name = ty["name"].as_str().unwrap();
        !name.starts_with("__") && !["ID", "Int", "Float", "String", "Boolean"].contains(&name)
    });
    for ty in ours {
        assert_ne!(ty["description"], json!(null), "{}", ty["name"]);
        let parts = ["fields", "inputFields", "enumValues"];
        for part in parts.iter().flat_map(|part| ty[part].as_array().into_iter().flatten()) {
            assert_ne!(part["description"], json!(null), "{}.{}", ty["name"], part["name"]);
            for argument in part["args"].as_array().into_iter().flatten() {
                assert_ne!(
                    argument["description"],
                    json!(null),
                    "{}({})",
                    part["name"],
                    argument["name"]
                );
            }
        }
    }
}

#[tokio::test]
async fn an_answer_says_which_part_of_the_lake_is_held() {
    let server = TestServer::start().await;
    let query = "{ cube(query: { measures: [IMPRESSIONS] }) {
        coverage { projection { only { field values } since firstDay without text } } } }";
    let body = server.ask(query, json!({})).await;
    assert_eq!(
        body["data"]["cube"]["coverage"]["projection"],
        json!({
            "only": [{ "field": "country", "values": ["UK", "US"] }],
            "since": "400d", "firstDay": "2025-12-01", "without": ["device"],
            "text": "only `country` of `UK`, `US`; days from 2025-12-01 on (the last 400); nothing by `device`",
        }),
        "{body}"
    );
}
