//! What people do about outliers, as clients of GraphQL meet it.

use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use clio_proto::Roles;
use serde_json::{Value, json};

use super::{Kept, server};
use crate::access::{AccessConfig, ProxyConfig};
use crate::config::GatewayConfig;
use crate::testing::provider::now;
use crate::testing::{TestServer, dashboard, serving};

const ADD: &str =
    "mutation($it: AcknowledgementInput!) { addAcknowledgement(acknowledgement: $it) {
    id field value kind since through note isMine createdBy revision } }";

fn seen(value: &str, note: Option<&str>) -> Value {
    json!({ "it": {
        "field": "ASSET", "value": value, "kind": "MISLEADING", "since": "2026-01-20", "through": "2026-01-31", "note": note,
    } })
}

#[tokio::test]
async fn an_acknowledgement_lives_through_graphql() {
    let Kept { server, _folder } = server().await;
    let added = server.ask(ADD, seen("a1", Some(" asked the team "))).await;
    let expected = json!({
        "id": "1", "field": "asset", "value": "a1", "kind": "MISLEADING", "since": "2026-01-20", "through": "2026-01-31",
        "note": "asked the team", "isMine": true, "createdBy": "local", "revision": 1,
    });
    assert_eq!(added["data"]["addAcknowledgement"], expected, "{added}");
    // Another window has not heard of it.
    let again = server.ask(ADD, seen("a1", None)).await;
    let extensions = &again["errors"][0]["extensions"];
    assert_eq!(
        (&extensions["code"], &extensions["changedBy"]),
        (&json!("CONFLICT"), &json!("local"))
    );

    let change = "mutation($n: Int!) { changeAcknowledgement(id: 1, revision: $n, note: \"taken down\") { note revision } }";
    let changed = server.ask(change, json!({ "n": 1 })).await;
    assert_eq!(
        changed["data"]["changeAcknowledgement"],
        json!({ "note": "taken down", "revision": 2 })
    );
    let refused = server.ask(change, json!({ "n": 1 })).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "CONFLICT");
    let page = "query($first: Int! = 200) { acknowledgements(first: $first) { hasMore acknowledgements { value note } } }";
    let one =
        json!({ "hasMore": false, "acknowledgements": [{ "value": "a1", "note": "taken down" }] });
    assert_eq!(server.ask(page, json!({})).await["data"]["acknowledgements"], one);
    server.ask(ADD, seen("a2", None)).await;
    let newest = json!({ "hasMore": true, "acknowledgements": [{ "value": "a2", "note": null }] });
    assert_eq!(server.ask(page, json!({ "first": 1 })).await["data"]["acknowledgements"], newest);
    let many = server.ask(page, json!({ "first": 5_000 })).await;
    assert_eq!(many["errors"][0]["message"], "`first`: 5000; at most 1000 are allowed");

    let remove = "mutation { removeAcknowledgement(id: 1, revision: 2) { revision } }";
    let removed = server.ask(remove, json!({})).await;
    assert_eq!(removed["data"]["removeAcknowledgement"]["revision"], 3);
    let restore = "mutation { restoreAcknowledgement(id: 1, revision: 3) { note revision } }";
    let back = server.ask(restore, json!({})).await;
    assert_eq!(
        back["data"]["restoreAcknowledgement"],
        json!({ "note": "taken down", "revision": 4 })
    );
    // Nobody signs in, so nobody can be kept from seeing a member, and serving is not asked.
    assert!(server.cubes.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_mute_and_a_visit_live_through_graphql() {
    let Kept { server, _folder } = server().await;
    let add =
        "mutation($it: MuteInput!) { addMute(mute: $it) { id field value kind until revision } }";
    let week =
        json!({ "it": { "field": "ASSET", "value": "a1", "kind": "STAR", "until": "2026-02-07" } });
    let mut expected = json!({ "id": "1", "field": "asset", "value": "a1", "kind": "STAR", "until": "2026-02-07", "revision": 1 });
    assert_eq!(server.ask(add, week).await["data"]["addMute"], expected);
    let ever = json!({ "it": { "field": "ASSET", "value": "a1", "kind": "STAR" } });
    expected["until"] = json!(null);
    expected["revision"] = json!(2);
    assert_eq!(server.ask(add, ever).await["data"]["addMute"], expected);
    let every = json!({ "it": { "field": "ASSET", "value": "a1" } });
    assert_eq!(server.ask(add, every).await["data"]["addMute"]["kind"], json!(null));
    let all = "{ mutes { id kind } }";
    let both = json!([{ "id": "2", "kind": null }, { "id": "1", "kind": "STAR" }]);
    assert_eq!(server.ask(all, json!({})).await["data"]["mutes"], both);
    let removed = server.ask("mutation { removeMute(id: 2, revision: 1) { revision } }", json!({}));
    assert_eq!(removed.await["data"]["removeMute"]["revision"], 2);
    let back = server.ask("mutation { restoreMute(id: 2, revision: 2) { revision } }", json!({}));
    assert_eq!(back.await["data"]["restoreMute"]["revision"], 3);
    let wrong = json!({ "it": { "field": "ASSET", "value": "a1", "kind": "GOOD" } });
    assert!(server.ask(add, wrong).await["errors"][0]["message"].is_string());

    let last = "{ lastOutlierVisit { at through listed { value kind } } }";
    assert_eq!(server.ask(last, json!({})).await["data"]["lastOutlierVisit"], json!(null));
    let visit = "mutation { visitOutliers(snapshot: 41) { through listed { value kind } } }";
    let listed =
        json!({ "through": "2026-01-31", "listed": [{ "value": "a1", "kind": "MISLEADING" }] });
    assert_eq!(server.ask(visit, json!({})).await["data"]["visitOutliers"], listed);
    let found = server.ask(last, json!({})).await;
    assert_eq!(found["data"]["lastOutlierVisit"]["listed"], listed["listed"]);
}

/// The service of tests has one asset, `a asset`, whatever was asked for: of another one nothing is told, whoever acknowledged it.
#[tokio::test]
async fn nobody_is_told_of_members_that_serving_hides_from_them() {
    let text = "[role.editors]\nwho = [\"user:ann\"]\nrights = [\"annotate\"]\n[role.readers]\nwho = [\"user:bob\"]";
    let roles = Arc::new(ArcSwap::from_pointee(Roles::parse("roles.toml", text).unwrap()));
    let network: IpAddr = "127.0.0.1".parse().unwrap();
    let access = AccessConfig {
        keys: None,
        tokens: None,
        proxies: Some(ProxyConfig::new(vec![format!("{network}/32").parse().unwrap()])),
        roles: Some(roles),
        queries: None,
        audit: None,
        now,
    };
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("store.sqlite");
    let store =
        clio_store::SqliteStore::open(&file, clio_store::StoreLimits::default(), now).unwrap();
    let hidden = clio_store::AcknowledgementDraft {
        member: clio_store::Member { field: "asset".to_owned(), value: "secret".to_owned() },
        kind: "star".to_owned(),
        since: "2026-01-20".parse().unwrap(),
        through: "2026-01-31".parse().unwrap(),
        note: Some("of another team".to_owned()),
    };
    let other = clio_store::Scope { dataset: "media".to_owned(), person: "user:eve".to_owned() };
    clio_store::Store::add_acknowledgement(&store, &other, hidden).await.unwrap();
    let config = GatewayConfig {
        store: Some(Arc::new(store)),
        access: Some(access),
        ..GatewayConfig::default()
    };
    let server = TestServer::start_with(Ok(serving(41)), config, dashboard()).await;
    server.wait_for(|status| status.snapshot.is_some()).await;
    let ask = async |person: &str, query: &str, variables: Value| {
        let headers = [("x-forwarded-user", person), ("content-type", "application/json")];
        let body = json!({ "query": query, "variables": variables }).to_string();
        server.send("POST", "/graphql", &headers, body.as_bytes()).await.json()
    };
    let refused = ask("ann", ADD, seen("secret", None)).await;
    assert_eq!(
        refused["errors"][0]["message"], "there is no member `secret` of `asset`",
        "{refused}"
    );
    assert_eq!(refused["errors"][0]["extensions"]["code"], "NOT_FOUND");
    let added = ask("ann", ADD, seen("a asset", None)).await;
    assert_eq!(added["data"]["addAcknowledgement"]["createdBy"], "user:ann", "{added}");
    let page = "{ acknowledgements { acknowledgements { value isMine } } }";
    for (person, is_mine) in [("ann", true), ("bob", false)] {
        let found = ask(person, page, json!({})).await;
        let expected = json!([{ "value": "a asset", "isMine": is_mine }]);
        assert_eq!(found["data"]["acknowledgements"]["acknowledgements"], expected, "{found}");
    }
    // Others see it, so it takes the right to annotate; a mute is one's own.
    let refused = ask("bob", ADD, seen("a asset", None)).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "PERMISSION_DENIED", "{refused}");
    let mute = "mutation { addMute(mute: { field: ASSET, value: \"a asset\" }) { createdBy } }";
    let muted = ask("bob", mute, json!({})).await;
    assert_eq!(muted["data"]["addMute"]["createdBy"], "user:bob", "{muted}");
    assert_eq!(ask("ann", "{ mutes { id } }", json!({})).await["data"]["mutes"], json!([]));
}
