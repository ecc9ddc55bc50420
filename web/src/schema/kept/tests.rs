//! What people keep, as clients of GraphQL meet it: over a socket, with the store in a file.

use std::sync::Arc;

use clio_store::{SqliteStore, StoreLimits};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::config::GatewayConfig;
use crate::testing::{TestServer, dashboard, serving};

mod outliers;

struct Kept {
    server: TestServer,
    _folder: TempDir,
}

async fn server() -> Kept {
    let folder = TempDir::new().unwrap();
    let clock = || Timestamp::from_second(1_770_000_000).unwrap();
    let file = folder.path().join("store.sqlite");
    let store = SqliteStore::open(&file, StoreLimits::default(), clock).unwrap();
    let config = GatewayConfig { store: Some(Arc::new(store)), ..GatewayConfig::default() };
    let server = TestServer::start_with(Ok(serving(41)), config, dashboard()).await;
    server.wait_for(|status| status.state == clio_proto::ServingState::Serving).await;
    Kept { server, _folder: folder }
}

const VIEW: &str = "id name address isShared isMine isDefault openedAt createdBy createdAt changedBy changedAt revision";

#[tokio::test]
async fn a_view_lives_through_graphql() {
    let Kept { server, _folder } = server().await;
    let keeping = "{ keeping { isOn hint person } views { id } }";
    let on = json!({ "isOn": true, "hint": null, "person": "local" });
    let empty = json!({ "data": { "keeping": on, "views": [] } });
    assert_eq!(server.ask(keeping, json!({})).await, empty);

    let add = format!("mutation($view: ViewInput!) {{ addView(view: $view) {{ {VIEW} }} }}");
    let view = json!({ "view": { "name": "Mornings", "address": "/?last=7" } });
    let time = "2026-02-02T02:40:00Z";
    let mut expected = json!({
        "id": "1", "name": "Mornings", "address": "/?last=7", "isShared": false, "isMine": true, "isDefault": false,
        "openedAt": null, "createdBy": "local", "createdAt": time, "changedBy": "local", "changedAt": time, "revision": 1,
    });
    assert_eq!(server.ask(&add, view.clone()).await["data"]["addView"], expected);
    let again = server.ask(&add, view).await;
    let message = "there is a view `Mornings` already; choose another name, or change that one";
    assert_eq!(again["errors"][0]["message"], message);
    assert_eq!(again["errors"][0]["path"], json!(["addView"]));
    assert_eq!(again["errors"][0]["extensions"]["code"], "INVALID_ARGUMENT");

    let both = "mutation { setDefaultView(id: 1) { id } openView(id: \"1\") { id } }";
    let done = json!({ "data": { "setDefaultView": { "id": "1" }, "openView": { "id": "1" } } });
    assert_eq!(server.ask(both, json!({})).await, done);
    expected["isDefault"] = json!(true);
    expected["openedAt"] = json!(time);
    let all = server.ask(&format!("{{ views {{ {VIEW} }} }}"), json!({})).await;
    assert_eq!(all["data"]["views"], json!([expected]));

    let change = "mutation($n: Int!) { changeView(id: 1, revision: $n, view: { name: \"Evenings\", address: \"/\", isShared: true }) { name revision } }";
    let changed = server.ask(change, json!({ "n": 1 })).await;
    let expected = json!({ "name": "Evenings", "revision": 2 });
    assert_eq!(changed["data"]["changeView"], expected);
    // Another window still has the first revision.
    let refused = server.ask(change, json!({ "n": 1 })).await;
    let message = format!(
        "the view was changed in the meantime by local at {time}; look at it again, or keep yours as another one"
    );
    assert_eq!(refused["errors"][0]["message"], message);
    let extensions = json!({
        "code": "CONFLICT", "retryable": false, "changedBy": "local", "changedAt": time, "revision": 2,
    });
    assert_eq!(refused["errors"][0]["extensions"], extensions);

    let removed =
        server.ask("mutation { removeView(id: 1, revision: 2) { revision } }", json!({})).await;
    assert_eq!(removed["data"]["removeView"]["revision"], 3);
    assert_eq!(server.ask("{ views { id } }", json!({})).await["data"]["views"], json!([]));
    let back = server.ask("mutation { restoreView(id: 1, revision: 3) { name } }", json!({})).await;
    assert_eq!(back["data"]["restoreView"]["name"], "Evenings");
    let none = server.ask("mutation { setDefaultView { id } }", json!({})).await;
    assert_eq!(none, json!({ "data": { "setDefaultView": null } }));
}

#[tokio::test]
async fn an_annotation_lives_through_graphql() {
    let Kept { server, _folder } = server().await;
    let add = "mutation($it: AnnotationInput!) { addAnnotation(annotation: $it) { id from to text member { field value } revision } }";
    let everything = json!({ "it": { "from": "2026-01-05", "text": "premiere" } });
    let expected = json!({
        "id": "1", "from": "2026-01-05", "to": "2026-01-05", "text": "premiere", "member": null, "revision": 1,
    });
    assert_eq!(server.ask(add, everything).await["data"]["addAnnotation"], expected);
    let of_dune = json!({ "it": {
        "from": "2026-01-06", "to": "2026-01-07", "text": "trailer", "member": { "field": "ASSET_TITLE", "value": "Dune" },
    } });
    let added = server.ask(add, of_dune).await;
    let member = json!({ "field": "asset.title", "value": "Dune" });
    assert_eq!(added["data"]["addAnnotation"]["member"], member);

    let page = "query($members: [AnnotatedMemberInput!], $from: Date, $to: Date, $first: Int! = 200) {
        annotations(members: $members, from: $from, to: $to, first: $first) { total annotations { text createdBy } } }";
    let texts = async |variables: Value| {
        let answer = server.ask(page, variables).await;
        let page = &answer["data"]["annotations"];
        let texts = page["annotations"].as_array().unwrap();
        let texts: Vec<_> =
            texts.iter().map(|it| it["text"].as_str().unwrap().to_owned()).collect();
        (texts.join(" "), page["total"].as_u64().unwrap())
    };
    let dune = json!([{ "field": "ASSET_TITLE", "value": "Dune" }]);
    assert_eq!(texts(json!({})).await, ("premiere".to_owned(), 1));
    assert_eq!(texts(json!({ "members": dune })).await, ("premiere trailer".to_owned(), 2));
    assert_eq!(texts(json!({ "members": dune, "first": 1 })).await, ("trailer".to_owned(), 2));
    let later = json!({ "members": dune, "from": "2026-01-06", "to": "2026-01-31" });
    assert_eq!(texts(later).await, ("trailer".to_owned(), 1));
    let many = server.ask(page, json!({ "first": 5_000 })).await;
    assert_eq!(many["errors"][0]["message"], "`first`: 5000; at most 1000 are allowed");

    let change = "mutation($n: Int!) { changeAnnotation(id: 2, revision: $n, annotation: { from: \"2026-01-08\", text: \"clip\" }) { from revision member { value } } }";
    let expected = json!({ "from": "2026-01-08", "revision": 2, "member": null });
    assert_eq!(server.ask(change, json!({ "n": 1 })).await["data"]["changeAnnotation"], expected);
    let refused = server.ask(change, json!({ "n": 1 })).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "CONFLICT");
    let remove = "mutation { removeAnnotation(id: 2, revision: 2) { revision } }";
    assert_eq!(server.ask(remove, json!({})).await["data"]["removeAnnotation"]["revision"], 3);
    let again = server.ask(remove, json!({})).await;
    assert_eq!(again["errors"][0]["extensions"]["code"], "NOT_FOUND");
    let restore = "mutation { restoreAnnotation(id: 2, revision: 3) { text } }";
    assert_eq!(server.ask(restore, json!({})).await["data"]["restoreAnnotation"]["text"], "clip");
}

/// The numbers of a link are serving's own: the page says what it asked, and the gateway asks that once more, of the snapshot that was
/// seen. A name that the model lost later leaves a word instead of them.
#[tokio::test]
async fn a_link_keeps_the_numbers_that_serving_gave() {
    let Kept { server, _folder } = server().await;
    let add =
        "mutation($link: LinkInput!) { addLink(link: $link) { id snapshot answers { name } } }";
    let query = json!({ "measures": ["VIEWERS", "PLAYS"], "groupBy": ["ASSET"] });
    let link = json!({ "link": {
        "address": "/?last=7", "snapshot": 40, "answers": [{ "name": "table", "query": query }],
    } });
    let added = server.ask(add, link.clone()).await;
    let id = added["data"]["addLink"]["id"].as_str().unwrap();
    assert_eq!(id.len(), 13);
    assert_eq!(server.ask(add, link).await, added);
    {
        let asked = server.cubes.asked.lock().unwrap();
        assert_eq!(asked.len(), 2);
        assert!(asked.iter().all(|(_, snapshot)| *snapshot == Some(clio_proto::SnapshotId(40))));
    }
    let find = "query($id: ID!) { link(id: $id) { address createdBy createdAt snapshot answers { name problem answer {
        snapshot { version } rows { keys { label } viewers { value lower upper exact } } } } } }";
    let found = server.ask(find, json!({ "id": id })).await;
    let cube = "{ cube(query: { measures: [VIEWERS, PLAYS], groupBy: [ASSET] }, snapshot: 40) {
        snapshot { version } rows { keys { label } viewers { value lower upper exact } } } }";
    let direct = server.ask(cube, json!({})).await;
    let link = &found["data"]["link"];
    assert_eq!(link["answers"][0]["answer"], direct["data"]["cube"]);
    assert_eq!(link["answers"][0]["problem"], json!(null));
    assert_eq!(
        (link["address"].as_str(), link["createdBy"].as_str()),
        (Some("/?last=7"), Some("local"))
    );

    let mut dataset = crate::testing::media();
    dataset.measures.retain(|measure| measure.name != "plays");
    server.gateway.set_dataset(&dataset).unwrap();
    let found = server.ask(find, json!({ "id": id })).await;
    let answer =
        json!({ "name": "table", "problem": "the model no longer has `plays`", "answer": null });
    assert_eq!(found["data"]["link"]["answers"], json!([answer]));

    let missing = server.ask(find, json!({ "id": "0000000000000" })).await;
    assert_eq!(missing["errors"][0]["message"], "there is no link `0000000000000`");
    assert_eq!(missing["errors"][0]["extensions"]["code"], "NOT_FOUND");
}

#[tokio::test]
async fn a_link_is_of_a_page_here_and_asks_no_more_than_a_page_does() {
    let Kept { server, _folder } = server().await;
    let add = "mutation($link: LinkInput!) { addLink(link: $link) { id } }";
    let question = json!({ "name": "table", "query": { "measures": ["PLAYS"] } });
    for (link, code, message) in [
        (
            json!({ "address": "//evil.example" }),
            "INVALID_ARGUMENT",
            "the address is not that of a page here",
        ),
        (json!({ "address": "javascript:alert(1)" }), "INVALID_ARGUMENT", "the address is not"),
        (
            json!({ "address": "/", "answers": vec![question; 9] }),
            "RESOURCE_EXHAUSTED",
            "`link.answers`: 9; at most 8 can be kept",
        ),
        (
            json!({ "address": "/", "answers": [{ "name": "t", "query": { "measures": ["PLAYS"], "from": "x" } }] }),
            "INVALID_ARGUMENT",
            "`link.answers[0].query.from`: \"x\" is not a date",
        ),
        (
            json!({ "address": format!("/{}", "x".repeat(600_000)) }),
            "RESOURCE_EXHAUSTED",
            "address: 600001 bytes; at most 524288 are kept",
        ),
    ] {
        let refused = server.ask(add, json!({ "link": link })).await;
        let error = &refused["errors"][0];
        assert!(error["message"].as_str().unwrap().starts_with(message), "{error}");
        assert_eq!(error["extensions"]["code"], code, "{error}");
    }
}

#[tokio::test]
async fn without_a_store_nothing_is_kept_and_the_answer_says_how_it_would_be() {
    let server = TestServer::start().await;
    let asked = "{ keeping { isOn hint } views { id } annotations { total annotations { id } }
        acknowledgements { hasMore acknowledgements { id } } mutes { id } lastOutlierVisit { at } }";
    let answer = server.ask(asked, json!({})).await;
    let hint = answer["data"]["keeping"]["hint"].as_str().unwrap();
    assert!(
        hint.contains("`--store FILE`") && hint.contains("`store` below `[gateway]`"),
        "{hint}"
    );
    assert_eq!(answer["data"]["keeping"]["isOn"], false);
    assert_eq!(answer["data"]["views"], json!([]));
    assert_eq!(answer["data"]["annotations"], json!({ "total": 0, "annotations": [] }));
    assert_eq!(
        answer["data"]["acknowledgements"],
        json!({ "hasMore": false, "acknowledgements": [] })
    );
    assert_eq!(answer["data"]["mutes"], json!([]));
    assert_eq!(answer["data"]["lastOutlierVisit"], json!(null));
    for asked in [
        "mutation { visitOutliers(snapshot: 41) { at } }",
        "mutation { addMute(mute: { field: ASSET, value: \"a1\" }) { id } }",
        "mutation { addView(view: { name: \"x\", address: \"/\" }) { id } }",
        "mutation { addAnnotation(annotation: { from: \"2026-01-01\", text: \"x\" }) { id } }",
        "mutation { addLink(link: { address: \"/\", answers: [{ name: \"t\", query: { measures: [PLAYS] } }] }) { id } }",
        "{ link(id: \"x\") { id } }",
    ] {
        let refused = server.ask(asked, json!({})).await;
        assert_eq!(refused["errors"][0]["message"], hint, "{asked}");
    }
    assert!(server.cubes.asked.lock().unwrap().is_empty());
}

/// A page of another site can send forms and open WebSockets, but neither JSON nor anything to a gateway that it names otherwise.
#[tokio::test]
async fn no_foreign_page_keeps_or_changes_anything() {
    let Kept { server, _folder } = server().await;
    let body =
        json!({ "query": "mutation { addView(view: { name: \"x\", address: \"/\" }) { id } }" });
    let body = body.to_string();
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let headers = [("content-type", content_type), ("origin", "https://evil.example.com")];
        let reply = server.send("POST", "/graphql", &headers, body.as_bytes()).await;
        assert_eq!(reply.status, 415, "{content_type}");
    }
    let get = format!(
        "/graphql?query={}",
        "mutation%7BaddView(view%3A%7Bname%3A%22x%22%2Caddress%3A%22%2F%22%7D)%7Bid%7D%7D"
    );
    assert_eq!(server.get(&get, &[]).await.status, 405);
    let headers = [("content-type", "application/json"), ("origin", "https://evil.example.com")];
    let asked_first = server.send("OPTIONS", "/graphql", &headers, b"").await;
    assert_eq!(asked_first.status, 405);
    assert_eq!(asked_first.header("access-control-allow-origin"), "");
    // A browser that does send JSON from elsewhere, such as one that was told to, names its origin.
    let reply = server.send("POST", "/graphql", &headers, body.as_bytes()).await.json();
    let message = "pages of `https://evil.example.com` may change nothing here";
    assert_eq!(reply["errors"][0]["message"], message);
    assert_eq!(server.ask("{ views { id } }", json!({})).await["data"]["views"], json!([]));
    let own = format!("http://{}", server.address);
    let headers = [("content-type", "application/json"), ("origin", own.as_str())];
    let reply = server.send("POST", "/graphql", &headers, body.as_bytes()).await.json();
    assert_eq!(reply["data"]["addView"]["id"], "1", "{reply}");
}
