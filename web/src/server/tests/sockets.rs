//! WebSockets: what is told over them, who may open them, how many, and their end.

use std::collections::HashMap;

use futures::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::*;

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Opens a WebSocket with the given headers beside the usual ones.
pub(super) async fn open(
    server: &TestServer,
    headers: &[(&'static str, &str)],
) -> Result<Socket, tokio_tungstenite::tungstenite::Error> {
    let mut request = format!("ws://{}/graphql/ws", server.address).into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    connect_async(request).await.map(|(socket, _)| socket)
}

pub(super) const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

/// What a WebSocket that is not opened is told.
pub(super) async fn upgrade_reply(server: &TestServer, headers: &[(&'static str, &str)]) -> Reply {
    match open(server, headers).await {
        Err(tokio_tungstenite::tungstenite::Error::Http(response)) => Reply {
            status: response.status().as_u16(),
            headers: HashMap::new(),
            body: response.body().clone().unwrap_or_default(),
        },
        other => panic!("no refusal: {other:?}"),
    }
}

pub(super) async fn send(socket: &mut Socket, message: Value) {
    socket.send(Message::text(message.to_string())).await.unwrap();
}

/// The next message that is no ping of the transport.
pub(super) async fn next(socket: &mut Socket) -> Value {
    loop {
        match socket.next().await.expect("a message").unwrap() {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Close(Some(frame)) => return json!({ "close": u16::from(frame.code) }),
            _ => {}
        }
    }
}

async fn subscribe(server: &TestServer) -> Socket {
    let mut socket = open(server, &[PROTOCOL]).await.unwrap();
    send(&mut socket, json!({ "type": "connection_init" })).await;
    assert_eq!(next(&mut socket).await, json!({ "type": "connection_ack" }));
    let query = "subscription { serving { state message snapshot { version } } }";
    send(&mut socket, json!({ "id": "1", "type": "subscribe", "payload": { "query": query } }))
        .await;
    socket
}

#[tokio::test]
async fn a_subscription_tells_the_status_now_and_every_change() {
    let server = TestServer::start().await;
    let mut socket = subscribe(&server).await;
    let state = |state, message: Option<&str>, version: Option<u64>| {
        let snapshot = version.map(|version| json!({ "version": version }));
        let serving = json!({ "state": state, "message": message, "snapshot": snapshot });
        json!({ "id": "1", "type": "next", "payload": { "data": { "serving": serving } } })
    };
    assert_eq!(next(&mut socket).await, state("SERVING", None, Some(41)));

    server.cubes.tell(Ok(serving(42)));
    assert_eq!(next(&mut socket).await, state("SERVING", None, Some(42)));

    let mut stale = serving(42);
    (stale.state, stale.message) = (ServingState::Stale, Some("refused 43".to_owned()));
    server.cubes.tell(Ok(stale));
    let stale = next(&mut socket).await;
    let said = &stale["payload"]["data"]["serving"];
    is_general(&said["message"]);
    assert_eq!((&said["state"], &said["snapshot"]["version"]), (&json!("STALE"), &json!(42)));

    server.cubes.tell(Err(away()));
    let down = next(&mut socket).await;
    let said = &down["payload"]["data"]["serving"];
    is_general(&said["message"]);
    assert_eq!((&said["state"], &said["snapshot"]), (&json!("DOWN"), &json!(null)));

    server.cubes.tell(Ok(serving(44)));
    assert_eq!(next(&mut socket).await, state("SERVING", None, Some(44)));

    // Queries run over the same socket, and pings of the protocol are answered.
    send(&mut socket, json!({ "type": "ping" })).await;
    assert_eq!(next(&mut socket).await["type"], "pong");
    let payload = json!({ "query": "{ dataset { name } }" });
    send(&mut socket, json!({ "id": "2", "type": "subscribe", "payload": payload })).await;
    let data = json!({ "data": { "dataset": { "name": "media" } } });
    assert_eq!(next(&mut socket).await, json!({ "id": "2", "type": "next", "payload": data }));
    assert_eq!(next(&mut socket).await, json!({ "id": "2", "type": "complete" }));
    let payload = json!({ "query": "subscription { nope }" });
    send(&mut socket, json!({ "id": "3", "type": "subscribe", "payload": payload })).await;
    let code = &next(&mut socket).await["payload"]["errors"][0]["extensions"]["code"];
    assert_eq!(code, "INVALID_ARGUMENT");
}

/// Clients of the protocol tell by the code whether to try again: 1002 and 1011, which are of the transport, said nothing, and the same
/// id twice ended the first operation without a word.
#[tokio::test]
async fn what_breaks_the_protocol_is_told_by_its_codes() {
    let server = TestServer::start().await;
    server.wait_for(|status| status.state == ServingState::Serving).await;
    let query = json!({ "query": "subscription { serving { state } }" });
    let subscribe = json!({ "id": "1", "type": "subscribe", "payload": query });
    let mut early = open(&server, &[PROTOCOL]).await.unwrap();
    send(&mut early, subscribe.clone()).await;
    assert_eq!(next(&mut early).await, json!({ "close": 4401 }));
    let mut twice = subscribed(&server).await;
    send(&mut twice, subscribe.clone()).await;
    assert_eq!(next(&mut twice).await, json!({ "close": 4409 }));
    let mut again = subscribed(&server).await;
    send(&mut again, json!({ "type": "connection_init" })).await;
    assert_eq!(next(&mut again).await, json!({ "close": 4429 }));
    for message in [
        json!({ "type": "start", "id": "2", "payload": query }),
        json!({ "type": "subscribe", "id": "2" }),
        json!(["subscribe"]),
    ] {
        let mut wrong = subscribed(&server).await;
        send(&mut wrong, message.clone()).await;
        assert_eq!(next(&mut wrong).await, json!({ "close": 4400 }), "{message}");
    }
    let mut garbled = subscribed(&server).await;
    garbled.send(Message::text("{")).await.unwrap();
    assert_eq!(next(&mut garbled).await, json!({ "close": 4400 }));
}

/// One that has subscribed, and heard the status.
async fn subscribed(server: &TestServer) -> Socket {
    let mut socket = subscribe(server).await;
    assert_eq!(next(&mut socket).await["type"], "next");
    socket
}

#[tokio::test]
async fn a_socket_that_nobody_initialises_is_closed() {
    let limits = GatewayLimits {
        body_timeout: std::time::Duration::from_millis(100),
        ..GatewayLimits::default()
    };
    let config = GatewayConfig { limits, ..GatewayConfig::default() };
    let server = TestServer::start_with(Ok(serving(41)), config, dashboard()).await;
    server.wait_for(|status| status.state == ServingState::Serving).await;
    let mut mute = open(&server, &[PROTOCOL]).await.unwrap();
    assert_eq!(next(&mut mute).await, json!({ "close": 4408 }));
}

#[tokio::test]
async fn a_stopping_gateway_says_goodbye() {
    let mut server = TestServer::start().await;
    let mut socket = subscribe(&server).await;
    assert_eq!(next(&mut socket).await["type"], "next");
    server.gateway.stop.cancel();
    assert_eq!(next(&mut socket).await, json!({ "close": u16::from(CloseCode::Away) }));
    assert!(server.tasks.join_next().await.unwrap().unwrap().is_ok());
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn a_silent_socket_is_closed() {
    let limits = GatewayLimits {
        ping_interval: std::time::Duration::from_millis(200),
        ..Default::default()
    };
    let config = GatewayConfig { limits, ..GatewayConfig::default() };
    let server = TestServer::start_with(Ok(serving(41)), config, dashboard()).await;
    server.wait_for(|status| status.state == ServingState::Serving).await;
    // This one is never read from, and so answers no ping.
    let silent = open(&server, &[PROTOCOL]).await.unwrap();
    // This one answers by being read.
    let mut alive = subscribe(&server).await;
    let all = server.gateway.config.limits.max_sockets;
    let one_left = u32::try_from(all - 1).unwrap();
    tokio::select! {
        permits = server.gateway.sockets.acquire_many(one_left) => drop(permits.unwrap()),
        _ = async { loop { next(&mut alive).await; } } => {}
    }
    drop(silent);
}

#[tokio::test]
async fn foreign_pages_and_protocols_are_refused() {
    let config = GatewayConfig {
        allowed_origins: vec!["https://portal.example.com".to_owned()],
        ..GatewayConfig::default()
    };
    let server = TestServer::start_with(Ok(serving(41)), config, dashboard()).await;
    server.wait_for(|status| status.state == ServingState::Serving).await;
    let own = format!("http://{}", server.address);
    for origin in [own.as_str(), "https://portal.example.com"] {
        assert!(open(&server, &[PROTOCOL, ("origin", origin)]).await.is_ok(), "{origin}");
    }
    for origin in ["https://evil.example.com", "null", "http://127.0.0.1:1"] {
        let reply = upgrade_reply(&server, &[PROTOCOL, ("origin", origin)]).await;
        assert_eq!(reply.status, 403, "{origin}");
    }
    assert_eq!(upgrade_reply(&server, &[(PROTOCOL.0, "graphql-ws")]).await.status, 400);
    let reply = server.get("/graphql/ws", &[]).await;
    assert_eq!(
        (reply.status, &reply.json()["errors"][0]["extensions"]["retryable"]),
        (400, &json!(false))
    );
}

#[tokio::test]
async fn one_socket_has_so_many_operations() {
    let limits = GatewayLimits { max_operations: 1, max_sockets: 1, ..GatewayLimits::default() };
    let config = GatewayConfig { limits, ..GatewayConfig::default() };
    let server = TestServer::start_with(Ok(serving(41)), config, dashboard()).await;
    server.wait_for(|status| status.state == ServingState::Serving).await;
    let mut socket = subscribe(&server).await;
    assert_eq!(next(&mut socket).await["id"], "1");
    let payload = json!({ "query": "subscription { serving { state } }" });
    let again = json!({ "id": "2", "type": "subscribe", "payload": payload });
    send(&mut socket, again.clone()).await;
    let code = &next(&mut socket).await["payload"]["errors"][0]["extensions"]["code"];
    assert_eq!(code, "RESOURCE_EXHAUSTED");
    assert_eq!(next(&mut socket).await, json!({ "id": "2", "type": "complete" }));
    // An operation that ends makes room.
    send(&mut socket, json!({ "id": "1", "type": "complete" })).await;
    assert_eq!(next(&mut socket).await, json!({ "id": "1", "type": "complete" }));
    send(&mut socket, again).await;
    assert_eq!(next(&mut socket).await["payload"]["data"]["serving"]["state"], "SERVING");
    assert_eq!(upgrade_reply(&server, &[PROTOCOL]).await.status, 503);
}

/// Questions over WebSockets count as requests of their client, which are bounded over all of them.
#[tokio::test]
async fn a_question_over_a_socket_has_a_place_among_the_requests() {
    let limits = GatewayLimits { max_requests_per_client: 1, ..GatewayLimits::default() };
    let config = GatewayConfig { limits, ..GatewayConfig::default() };
    let server = TestServer::start_with(Ok(serving(41)), config, dashboard()).await;
    server.wait_for(|status| status.state == ServingState::Serving).await;
    server.cubes.hang_on("viewers");
    let mut first = subscribe(&server).await;
    assert_eq!(next(&mut first).await["id"], "1");
    let hanging = json!({ "query": "{ cube(query: { measures: [VIEWERS] }) { elapsedMs } }" });
    send(&mut first, json!({ "id": "2", "type": "subscribe", "payload": hanging })).await;
    while server.cubes.n_hanging() == 0 {
        tokio::task::yield_now().await;
    }
    let mut second = subscribe(&server).await;
    assert_eq!(next(&mut second).await["id"], "1");
    let cheap = json!({ "id": "2", "type": "subscribe", "payload": { "query": CUBE } });
    send(&mut second, cheap.clone()).await;
    let error = next(&mut second).await["payload"]["errors"][0].clone();
    assert_eq!(error["extensions"]["code"], "UNAVAILABLE", "{error}");
    assert_eq!(next(&mut second).await, json!({ "id": "2", "type": "complete" }));
    assert_eq!(server.post(CUBE, json!({})).await.status, 503);

    send(&mut first, json!({ "id": "2", "type": "complete" })).await;
    assert_eq!(next(&mut first).await, json!({ "id": "2", "type": "complete" }));
    send(&mut second, cheap).await;
    let answer = next(&mut second).await;
    assert!(answer["payload"]["data"]["cube"].is_object(), "{answer}");
}

/// What waits for sockets that do not read counts among the answers that were not taken.
#[tokio::test]
async fn an_answer_over_a_socket_needs_room() {
    let limits = GatewayLimits { max_answer_bytes: 1 << 10, ..GatewayLimits::default() };
    let config = GatewayConfig { limits, ..GatewayConfig::default() };
    let server = TestServer::start_with(Ok(serving(41)), config, dashboard()).await;
    server.wait_for(|status| status.state == ServingState::Serving).await;
    let mut socket = subscribe(&server).await;
    assert_eq!(next(&mut socket).await["id"], "1");
    let payload = json!({ "query": "{ __schema { types { name description } } }" });
    send(&mut socket, json!({ "id": "2", "type": "subscribe", "payload": payload })).await;
    assert_eq!(next(&mut socket).await, json!({ "close": u16::from(CloseCode::Again) }));
}

/// The socket is open to pages of allowed origins, who were let in to listen.
#[tokio::test]
async fn nothing_is_changed_over_a_websocket() {
    let server = TestServer::start().await;
    let mut socket = subscribe(&server).await;
    next(&mut socket).await;
    let query = "mutation { removeView(id: 1, revision: 1) { id } }";
    send(&mut socket, json!({ "id": "2", "type": "subscribe", "payload": { "query": query } }))
        .await;
    let answer = next(&mut socket).await;
    let message = "mutations are sent as POST to /graphql, not over a WebSocket";
    assert!(answer.to_string().contains(message), "{answer}");
}
