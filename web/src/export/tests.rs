//! Files through the whole gateway, with a service that makes them.

use std::sync::Arc;
use std::time::Duration;

use clio_proto::{FieldRef, GroupKey, Query};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;
use crate::config::{GatewayConfig, GatewayLimits};
use crate::testing::{TestServer, dashboard, serving};

fn address(format: &str, query: &str, more: &str) -> String {
    let query = utf8_percent_encode(query, NON_ALPHANUMERIC);
    format!("/export.{format}?query={query}{more}")
}

/// A body in chunks, and whether its last chunk came.
fn joined(mut body: &[u8]) -> (Vec<u8>, bool) {
    let mut all = Vec::new();
    while let Some(at) = body.windows(2).position(|two| two == b"\r\n") {
        let n_bytes = usize::from_str_radix(std::str::from_utf8(&body[..at]).unwrap(), 16).unwrap();
        if n_bytes == 0 {
            return (all, true);
        }
        all.extend_from_slice(&body[at + 2..at + 2 + n_bytes]);
        body = &body[at + 4 + n_bytes..];
    }
    (all, false)
}

/// Waits until the server has seen that a connection is gone.
async fn no_file_is_under_way(server: &TestServer) {
    while Arc::strong_count(&server.cubes.file) > 1 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_file_is_passed_on_as_serving_makes_it() {
    let server = TestServer::start().await;
    let query = r#"{ "groupBy": ["ASSET"], "measures": ["PLAYS"], "where": { "country": { "anyOf": ["U S"] } } }"#;
    for (format, media_type) in [
        ("csv", "text/csv; charset=utf-8; header=present"),
        ("parquet", "application/vnd.apache.parquet"),
        ("arrow", "application/vnd.apache.arrow.stream"),
    ] {
        let reply = server.get(&address(format, query, "&snapshot=40&comments=true"), &[]).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(joined(&reply.body), (b"one,two\n".to_vec(), true));
        assert_eq!(reply.header("content-type"), media_type);
        let name = format!("attachment; filename=\"media-40.{format}\"");
        assert_eq!(reply.header("content-disposition"), name);
        assert_eq!((reply.header("clio-snapshot"), reply.header("clio-rows")), ("40", "2"));
        let (export, snapshot) = server.cubes.exported.lock().unwrap().pop().unwrap();
        assert_eq!(snapshot, Some(SnapshotId(40)));
        assert_eq!(
            (export.format.as_str(), export.is_raw, export.has_comments),
            (format, false, true)
        );
        let expected = Query {
            group_by: vec![GroupKey::Field(FieldRef::parse("asset"))],
            limit: usize::MAX,
            ..Query::total(["plays"])
        };
        assert_eq!(Query { filter: None, ..export.query.clone() }, expected);
        assert_eq!(export.query.filter.unwrap().to_string(), r#"country anyOf ("U S")"#);
    }
    let first = r#"{ "measures": ["PLAYS"], "first": 100000 }"#;
    server.get(&address("csv", first, "&raw=true"), &[]).await;
    let (export, snapshot) = server.cubes.exported.lock().unwrap().pop().unwrap();
    assert_eq!((export.query.limit, export.is_raw, snapshot), (100_000, true, None));
}

#[tokio::test]
#[expect(
    clippy::too_many_lines,
    reason = "one wrong question after the other, each with what is said of it"
)]
async fn what_makes_no_file_is_told_why() {
    let server = TestServer::start().await;
    let plays = r#"{"measures": ["PLAYS"]}"#;
    for (address, status, message) in [
        ("/export.csv".to_owned(), 400, "`query`: is missing; it is a question as JSON"),
        (address("csv", "{", ""), 400, "`query`: is not JSON: EOF"),
        (address("csv", "null", ""), 400, "`query`: is null"),
        (address("csv", "[]", ""), 400, "`query`: [] is not an object"),
        (
            address("csv", r#"{"measure": []}"#, ""),
            400,
            "`query`: has no entry `measure`; there are: `from`",
        ),
        (
            address("csv", r#"{"measures": ["PLAIS"]}"#, ""),
            400,
            "`query.measures[0]`: \"PLAIS\" is not a measure",
        ),
        // A slip of the pen in a condition must not hold for every cell.
        (
            address(
                "csv",
                r#"{"measures": ["PLAYS"], "where": {"country": {"anyof": ["US"]}}}"#,
                "",
            ),
            400,
            "`query.where.country`: has no entry `anyof`; there are: `anyOf`, `allOf`",
        ),
        (
            address(
                "csv",
                r#"{"measures": ["PLAYS"], "where": {"not": {"assetAgeDay": {"under": 7}}}}"#,
                "",
            ),
            400,
            "`query.where.not.assetAgeDay`: has no entry `under`; there are: `anyOf`",
        ),
        (
            address("csv", r#"{"measures": ["PLAYS"], "having": {"plays": {"atLest": 7}}}"#, ""),
            400,
            "`query.having.plays`: has no entry `atLest`; there are: `atLeast`",
        ),
        (
            address(
                "csv",
                r#"{"measures": ["PLAYS"], "having": {"plays": {"ratio": {"min": 7}}}}"#,
                "",
            ),
            400,
            "`query.having.plays.ratio`: has no entry `min`; there are: `atLeast`",
        ),
        (
            address(
                "csv",
                r#"{"measures": ["PLAYS"], "orderBy": [{"measure": "PLAYS", "dir": "ASC"}]}"#,
                "",
            ),
            400,
            "`query.orderBy[0]`: has no entry `dir`; there are: `measure`",
        ),
        (
            address(
                "csv",
                r#"{"measures": ["PLAYS"], "window": {"cumulative": true, "days": 3}}"#,
                "",
            ),
            400,
            "`query.window`: has no entry `days`; there are: `trailingDays`",
        ),
        (
            address(
                "csv",
                r#"{"measures": ["PLAYS"], "compare": {"member": {"field": "COUNTRY", "valeu": "US"}}}"#,
                "",
            ),
            400,
            "`query.compare.member`: has no entry `valeu`; there are: `field`",
        ),
        (
            address(
                "csv",
                r#"{"measures": ["PLAYS"], "quantiles": [{"measure": "WATCH", "percent": 9, "p": 1}]}"#,
                "",
            ),
            400,
            "`query.quantiles[0]`: has no entry `p`; there are: `measure`",
        ),
        (
            address("csv", plays, "&snapshot=x"),
            400,
            "`snapshot`: `x` is not the version of a snapshot",
        ),
        (address("csv", plays, "&raw=1"), 400, "`raw`: `1` is not `true` or `false`"),
        (address("csv", plays, "&raw=true&raw=true"), 400, "`raw`: is given twice"),
        (
            address("csv", plays, "&page=2"),
            400,
            "`page`: there is no such parameter; there are `query`",
        ),
        ("/export.csv?query=%ff".to_owned(), 400, "the address is not UTF-8"),
    ] {
        let reply = server.get(&address, &[]).await;
        let error = reply.json()["errors"][0]["message"].as_str().unwrap().to_owned();
        assert_eq!(reply.status, status, "{address}: {error}");
        assert!(error.starts_with(message), "{address}: {error}");
    }
    let other_site = [("sec-fetch-site", "cross-site")];
    assert_eq!(server.get(&address("csv", plays, ""), &other_site).await.status, 400);
    assert_eq!(server.send("POST", &address("csv", plays, ""), &[], b"").await.status, 405);
    let error = ServiceError::new(Code::NotFound, "snapshot `7` is not held; there are: `41`");
    server.cubes.fail_with(Some(error));
    let reply = server.get(&address("csv", plays, "&snapshot=7"), &[]).await;
    assert_eq!(reply.status, 404);
    assert!(reply.text().contains("snapshot `7` is not held"), "{}", reply.text());
    assert!(server.cubes.exported.lock().unwrap().is_empty());
}

/// Half a file must not pass for a whole one: neither where serving fails, nor where it falls silent.
#[tokio::test]
async fn a_file_that_is_not_whole_breaks_off() {
    let limits =
        GatewayLimits { service_timeout: Duration::from_millis(200), ..GatewayLimits::default() };
    let config = GatewayConfig { limits, ..GatewayConfig::default() };
    let server = TestServer::start_with(Ok(serving(41)), config, dashboard()).await;
    server.wait_for(|status| status.state == clio_proto::ServingState::Serving).await;
    for measure in ["PLAYERS", "VIEWERS"] {
        let target = address("csv", &format!(r#"{{"measures": ["{measure}"]}}"#), "");
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let request = format!("GET {target} HTTP/1.1\r\nhost: {}\r\n\r\n", server.address);
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut found = Vec::new();
        // The connection is closed, and the last chunk, which is empty, never comes.
        let _ = stream.read_to_end(&mut found).await;
        assert!(!found.ends_with(b"0\r\n\r\n"), "{measure}: {}", String::from_utf8_lossy(&found));
        // The work behind it ends.
        no_file_is_under_way(&server).await;
    }
}

/// Whoever leaves ends the work behind the file, and gives back the place and the turn.
#[tokio::test]
async fn a_reader_that_leaves_ends_the_file() {
    let limits = GatewayLimits { max_requests_per_client: 1, ..GatewayLimits::default() };
    let config = GatewayConfig { limits, ..GatewayConfig::default() };
    let server = TestServer::start_with(Ok(serving(41)), config, dashboard()).await;
    server.wait_for(|status| status.state == clio_proto::ServingState::Serving).await;
    let target = address("csv", r#"{"measures": ["VIEWERS"]}"#, "");
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nhost: {}\r\n\r\n", server.address);
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    assert_eq!(Arc::strong_count(&server.cubes.file), 2);
    let plays = address("csv", r#"{"measures": ["PLAYS"]}"#, "");
    let refused = server.get(&plays, &[]).await;
    assert_eq!(refused.status, 503);
    drop(stream);
    no_file_is_under_way(&server).await;
    assert_eq!(server.get(&plays, &[]).await.status, 200);
}
