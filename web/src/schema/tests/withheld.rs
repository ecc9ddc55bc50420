//! Numbers of fewer people than the model tells of.

use serde_json::json;

use crate::testing::TestServer;

/// Each of them says that it is withheld, and not that it is undefined, or too small to be seen.
#[tokio::test]
async fn every_number_says_that_it_is_withheld() {
    let server = TestServer::start().await;
    let ask = |country: &str| {
        format!(
            "{{ cube(query: {{ groupBy: [ASSET] measures: [VIEWERS] extras: [REACH, SHARES] compare: {{ rest: true }}
                where: {{ country: {{ anyOf: [\"{country}\"] }} }} }}) {{
                rows {{ viewers {{ value withheld share {{ value }}
                    compared {{ other {{ value withheld }} difference {{ withheld }} ratio {{ value withheld }} }} }} }}
                reach {{ deduplicated {{ value withheld cannotTell }} steps {{ alone {{ withheld cannotTell }} }}
                    overlaps {{ jaccard {{ withheld }} }} }}
                withheld {{ minPeople rowCount }} }} }}"
        )
    };
    let body = server.ask(&ask(crate::testing::OF_FEW), json!({})).await;
    assert_eq!(
        body["data"]["cube"],
        json!({
            "rows": [{ "viewers": { "value": null, "withheld": true, "share": null, "compared": {
                "other": { "value": null, "withheld": true }, "difference": { "withheld": true },
                "ratio": { "value": null, "withheld": true },
            } } }],
            "reach": {
                "deduplicated": { "value": null, "withheld": true, "cannotTell": false },
                "steps": [{ "alone": { "withheld": true, "cannotTell": false } }],
                "overlaps": [{ "jaccard": { "withheld": true } }],
            },
            "withheld": { "minPeople": 10, "rowCount": 1 },
        }),
        "{body}"
    );
    let body = server.ask(&ask("US"), json!({})).await;
    let cube = &body["data"]["cube"];
    // Undefined, and not withheld.
    assert_eq!(
        cube["rows"][0]["viewers"]["compared"]["ratio"],
        json!({ "value": null, "withheld": false }),
        "{body}"
    );
    assert_eq!(
        cube["reach"]["steps"][0]["alone"],
        json!({ "withheld": false, "cannotTell": true })
    );
    assert_eq!(cube["withheld"], json!(null));
}
