//! Clients that are slow, many or silent, beside one that only asks.

use std::net::SocketAddr;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

use super::*;
use crate::config::GatewayConfig;
use crate::testing::{TestServer, dashboard, serving};
use clio_proto::ServingState;

const CHEAP: &str = "{ cube(query: { measures: [PLAYS] }) { elapsedMs } }";

async fn server(limits: GatewayLimits) -> TestServer {
    let config = GatewayConfig { limits, ..GatewayConfig::default() };
    let server = TestServer::start_with(Ok(serving(41)), config, dashboard()).await;
    server.wait_for(|status| status.state == ServingState::Serving).await;
    server
}

/// A connection from another address of this machine, which is another client.
async fn connect(server: &TestServer, from: [u8; 4]) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((from, 0))).unwrap();
    socket.connect(server.address).await.unwrap()
}

/// A `POST /graphql` as it is sent, with its whole body or only the beginning of it.
fn post(server: &TestServer, query: &str, is_whole: bool) -> Vec<u8> {
    let body = json!({ "query": query }).to_string();
    let n_bytes = if is_whole { body.len() } else { body.len() / 2 };
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        server.address,
        body.len()
    );
    [head.as_bytes(), &body.as_bytes()[..n_bytes]].concat()
}

async fn answer(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// Partial heads, of either protocol, and silence: each ends by itself.
#[tokio::test]
async fn who_sends_no_whole_head_is_not_waited_for() {
    let header_timeout = Duration::from_millis(200);
    let server = server(GatewayLimits { header_timeout, ..GatewayLimits::default() }).await;
    for sent in [
        &b""[..],
        b"G",
        b"GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: ",
        b"PRI * HTTP/2.0\r\n\r\nSM",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    ] {
        let mut stream = connect(&server, [127, 0, 0, 1]).await;
        stream.write_all(sent).await.unwrap();
        // To its end, or the test never ends.
        answer(&mut stream).await;
    }
}

#[tokio::test]
async fn who_asks_nothing_more_is_not_kept() {
    let idle_timeout = Duration::from_millis(200);
    let server = server(GatewayLimits { idle_timeout, ..GatewayLimits::default() }).await;
    let mut stream = connect(&server, [127, 0, 0, 1]).await;
    let ask = format!("GET /healthz HTTP/1.1\r\nhost: {}\r\n\r\n", server.address);
    stream.write_all(ask.as_bytes()).await.unwrap();
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_slow_body_takes_no_place_of_those_that_are_answered() {
    let limits = GatewayLimits { max_requests: 1, ..GatewayLimits::default() };
    let server = server(limits).await;
    let mut slow = Vec::new();
    for _ in 0..20 {
        let mut stream = connect(&server, [127, 0, 0, 1]).await;
        stream.write_all(&post(&server, CHEAP, false)).await.unwrap();
        slow.push(stream);
    }
    for _ in 0..5 {
        let reply = server.post(CHEAP, json!({})).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
}

#[tokio::test]
async fn one_client_does_not_have_all_connections() {
    let limits = GatewayLimits {
        max_connections: 4,
        max_connections_per_client: 3,
        ..GatewayLimits::default()
    };
    let server = server(limits).await;
    server.cubes.hang_on("viewers");
    let hanging = "{ cube(query: { measures: [VIEWERS] }) { elapsedMs } }";
    let mut held = Vec::new();
    for n in 1..=3 {
        let mut stream = connect(&server, [127, 0, 0, 1]).await;
        stream.write_all(&post(&server, hanging, true)).await.unwrap();
        while server.cubes.n_hanging() < n {
            sleep(Duration::from_millis(5)).await;
        }
        held.push(stream);
    }
    // What is over the share is closed without an answer.
    let mut over = connect(&server, [127, 0, 0, 1]).await;
    assert_eq!(answer(&mut over).await, "");
    let mut other = connect(&server, [127, 0, 0, 2]).await;
    other.write_all(&post(&server, CHEAP, true)).await.unwrap();
    assert!(answer(&mut other).await.starts_with("HTTP/1.1 200"));
}

/// Half heads of many clients took all places for as long as a head may take.
#[tokio::test]
async fn who_asks_gets_the_place_of_who_was_silent_for_longest() {
    let limits = GatewayLimits { max_connections: 4, ..GatewayLimits::default() };
    let server = server(limits).await;
    server.cubes.hang_on("viewers");
    let mut answered = connect(&server, [127, 0, 0, 1]).await;
    let hanging = "{ cube(query: { measures: [VIEWERS] }) { elapsedMs } }";
    answered.write_all(&post(&server, hanging, true)).await.unwrap();
    while server.cubes.n_hanging() == 0 {
        sleep(Duration::from_millis(5)).await;
    }
    let mut silent = Vec::new();
    for last in 2..20 {
        let mut stream = connect(&server, [127, 0, 0, last]).await;
        stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: ").await.unwrap();
        silent.push(stream);
    }
    let mut cheap = connect(&server, [127, 0, 0, 20]).await;
    cheap.write_all(&post(&server, CHEAP, true)).await.unwrap();
    let reply = answer(&mut cheap).await;
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    // The first of them are closed; whoever is being answered is not.
    assert_eq!(answer(&mut silent[0]).await, "");
    assert_eq!(server.cubes.n_hanging(), 1);
    let mut byte = [0];
    let read = timeout(Duration::from_millis(50), answered.read(&mut byte)).await;
    assert!(read.is_err(), "{read:?}");
}

/// Bodies that never become whole kept their connections as answers do: four clients of them kept out everybody,
/// and one of them itself.
#[tokio::test]
async fn who_asks_gets_the_place_of_whose_body_does_not_come() {
    let limits = GatewayLimits {
        max_connections: 6,
        max_connections_per_client: 3,
        ..GatewayLimits::default()
    };
    let server = server(limits).await;
    let mut slow = Vec::new();
    for last in [1, 1, 1, 2, 2, 2] {
        let mut stream = connect(&server, [127, 0, 0, last]).await;
        stream.write_all(&post(&server, CHEAP, false)).await.unwrap();
        slow.push(stream);
    }
    for last in [1, 2, 3, 3, 1] {
        let mut cheap = connect(&server, [127, 0, 0, last]).await;
        cheap.write_all(&post(&server, CHEAP, true)).await.unwrap();
        let reply = answer(&mut cheap).await;
        assert!(reply.starts_with("HTTP/1.1 200"), "{last}: {reply}");
    }
}

/// Bodies under way were held without a bound: 64 of each HTTP/2 connection.
#[tokio::test]
async fn bodies_that_arrive_have_a_budget_of_which_one_client_has_a_part() {
    let limits = GatewayLimits { max_arriving_bytes: 64 << 10, ..GatewayLimits::default() };
    let server = server(limits).await;
    let large = "#".repeat(40 << 10);
    let begun = post(&server, &format!("{large}\n{CHEAP}"), false);
    let mut first = connect(&server, [127, 0, 0, 1]).await;
    first.write_all(&begun).await.unwrap();
    // Twenty KiB are over a quarter of all.
    let reply = answer(&mut first).await;
    assert!(reply.starts_with("HTTP/1.1 503"), "{reply}");
    assert!(reply.contains("too many bodies are arriving"), "{reply}");
    let mut cheap = connect(&server, [127, 0, 0, 1]).await;
    cheap.write_all(&post(&server, CHEAP, true)).await.unwrap();
    assert!(answer(&mut cheap).await.starts_with("HTTP/1.1 200"));
}

/// Where all places are those of requests that are being answered, there is none to give.
#[tokio::test]
async fn nobody_who_is_being_answered_makes_room() {
    let limits = GatewayLimits { max_connections: 2, ..GatewayLimits::default() };
    let server = server(limits).await;
    server.cubes.hang_on("viewers");
    let hanging = "{ cube(query: { measures: [VIEWERS] }) { elapsedMs } }";
    let mut held = Vec::new();
    for n in 1..=2 {
        let mut stream = connect(&server, [127, 0, 0, n]).await;
        stream.write_all(&post(&server, hanging, true)).await.unwrap();
        while server.cubes.n_hanging() < usize::from(n) {
            sleep(Duration::from_millis(5)).await;
        }
        held.push(stream);
    }
    let mut more = connect(&server, [127, 0, 0, 3]).await;
    assert_eq!(answer(&mut more).await, "");
    assert_eq!(server.cubes.n_hanging(), 2);
}

/// One client has as many questions open as it may, none of which ends; another's is answered.
#[tokio::test]
async fn a_cheap_question_does_not_wait_for_a_heavy_client() {
    let server = server(GatewayLimits::default()).await;
    server.cubes.hang_on("viewers");
    let fields: String = (0..32)
        .map(|n| format!("f{n}: cube(query: {{ measures: [VIEWERS] }}) {{ elapsedMs }} "))
        .collect();
    let mut heavy = Vec::new();
    let limits = &server.gateway.config.limits;
    for _ in 0..limits.max_requests_per_client {
        let mut stream = connect(&server, [127, 0, 0, 1]).await;
        stream.write_all(&post(&server, &format!("{{ {fields} }}"), true)).await.unwrap();
        heavy.push(stream);
    }
    // One more is told so, and not made to wait: then all of them are being answered.
    loop {
        let mut stream = connect(&server, [127, 0, 0, 1]).await;
        stream.write_all(&post(&server, "{ dataset { name } }", true)).await.unwrap();
        let answer = answer(&mut stream).await;
        if answer.starts_with("HTTP/1.1 503") {
            assert!(answer.contains("of your requests are already being answered"), "{answer}");
            break;
        }
    }
    assert!(server.cubes.n_hanging() <= limits.max_calls_per_client);
    let mut cheap = connect(&server, [127, 0, 0, 2]).await;
    cheap.write_all(&post(&server, CHEAP, true)).await.unwrap();
    let answer = answer(&mut cheap).await;
    assert!(answer.starts_with("HTTP/1.1 200") && !answer.contains("errors"), "{answer}");
}
