//! `/graphql/ws`: operations over a WebSocket, in the protocol `graphql-transport-ws`.
//!
//! Four things are done here that async-graphql's own integration does not do: a socket learns of
//! the gateway's stop (close 1001), a silent one is pinged, a foreign page cannot open one (a
//! browser does not ask permission for WebSockets, it only sends the page's origin), and violations
//! of the protocol get the protocol's own codes (`conversation.rs`).

mod conversation;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::http::{WebSocket as GraphQlSocket, WebSocketProtocols, WsMessage};
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use clio_proto::{Code, ServiceError, Shortened};
use futures::{SinkExt, StreamExt, future};
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};

use self::conversation::{Closing, Conversation, TOO_LATE, UNAUTHORIZED};
use crate::access::Caller;
use crate::error::refusal;
use crate::gateway::Gateway;
use crate::limits;
use crate::operations::Operations;
use crate::origin::foreign_origin;

/// The only supported protocol.
const PROTOCOL: &str = "graphql-transport-ws";

/// Upgrades a request to a WebSocket. Until there is a schema, it answers 503, and clients retry.
pub(crate) async fn upgrade(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let refuse = |status, message: String| {
        refusal(status, &ServiceError::new(Code::InvalidArgument, message))
    };
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade.protocols([PROTOCOL]),
        Err(error) => {
            return refuse(error.status(), format!("this is a WebSocket's address: {error}"));
        }
    };
    if upgrade.selected_protocol().is_none() {
        let message = format!("offer the WebSocket protocol `{PROTOCOL}`");
        return refuse(StatusCode::BAD_REQUEST, message);
    }
    if let Some(origin) = foreign_origin(&headers, &gateway.config.allowed_origins) {
        let origin = Shortened(&origin);
        let message = format!("pages of `{origin}` may not connect here");
        return refuse(StatusCode::FORBIDDEN, message);
    }
    if let Err(error) = gateway.whole() {
        return refusal(StatusCode::SERVICE_UNAVAILABLE, &error);
    }
    let Some(share) = gateway.socket_shares.take(caller.client) else {
        let limit = gateway.config.limits.max_sockets_per_client;
        let message = format!("you have {limit} connections already; close one first");
        let error = ServiceError::overloaded(message);
        return refusal(StatusCode::SERVICE_UNAVAILABLE, &error);
    };
    let Ok(permit) = Arc::clone(&gateway.sockets).try_acquire_owned() else {
        let limit = gateway.config.limits.max_sockets;
        let message = format!("the gateway has {limit} connections already; try again");
        let error = ServiceError::overloaded(message);
        return refusal(StatusCode::SERVICE_UNAVAILABLE, &error);
    };
    let limit = gateway.config.limits.body_bytes;
    upgrade.max_message_size(limit).max_frame_size(limit).on_upgrade(async move |socket| {
        talk(socket, &gateway, &caller).await;
        drop((permit, share));
    })
}

/// Serves one client until it leaves, falls silent, or the gateway stops.
async fn talk(socket: WebSocket, gateway: &Arc<Gateway>, caller: &Caller) {
    let ping_interval = gateway.config.limits.ping_interval;
    let (mut sink, stream) = socket.split();
    let heard = AtomicBool::new(true);
    let conversation = Mutex::new(Conversation::default());
    let conversation = || conversation.lock().unwrap_or_else(PoisonError::into_inner);
    // Why the socket is closed, if the client's last message is the reason.
    let (closing, is_closing) = (Mutex::new(None), Notify::new());
    let close_soon = |why: Closing| {
        *closing.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
        is_closing.notify_one();
    };
    let input = stream.take_while(|message| future::ready(message.is_ok())).filter_map(|message| {
        heard.store(true, Ordering::Relaxed);
        future::ready(match message {
            Ok(message @ (Message::Text(_) | Message::Binary(_))) => {
                let message = message.into_data();
                let heard = hear(&message, gateway, &mut conversation());
                heard.map_err(close_soon).ok().map(|()| message)
            }
            _ => None,
        })
    });
    let operations = Operations::new(Arc::clone(gateway), caller.clone());
    let output = GraphQlSocket::new(operations, input, WebSocketProtocols::GraphQLWS);
    futures::pin_mut!(output);
    let mut pings = interval_at(Instant::now() + ping_interval, ping_interval);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);

    // As long as the body of a request may take to arrive.
    let init_timeout = sleep(gateway.config.limits.body_timeout);
    futures::pin_mut!(init_timeout);
    let mut waits_for_init = true;

    loop {
        let mut room = None;
        let (message, last) = tokio::select! {
            () = gateway.stop.cancelled() => {
                (close(close_code::AWAY, "the gateway is stopping"), true)
            }
            () = is_closing.notified() => (close_for(&closing), true),
            () = &mut init_timeout, if waits_for_init => {
                waits_for_init = false;
                if conversation().is_initialised() {
                    continue;
                }
                (close(TOO_LATE, "connection initialisation timeout"), true)
            }
            _ = pings.tick() => {
                if !gateway.still_lets_in(caller) {
                    (close(UNAUTHORIZED, "the sign-in does not hold any more"), true)
                } else if heard.swap(false, Ordering::Relaxed) {
                    (Message::Ping(Bytes::new()), false)
                } else {
                    tracing::debug!("closed a silent websocket");
                    return;
                }
            }
            message = output.next() => match message {
                None => return,
                Some(WsMessage::Text(text)) => {
                    conversation().say(&text);
                    room = gateway.room(text.len());
                    if room.is_some() {
                        (Message::Text(text.into()), false)
                    } else {
                        let reason = "too many large answers are already under way; try again";
                        (close(close_code::AGAIN, reason), true)
                    }
                }
                Some(WsMessage::Close(code, reason)) => {
                    let why = Closing::of_library(code, &reason);
                    (close(why.code, &why.reason), true)
                }
            },
        };
        // A client that does not read must not keep the gateway from stopping.
        let sent = timeout(ping_interval, sink.send(message)).await;
        drop(room);
        if last || !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

/// Processes a message of the client, which may be a reason to close the socket.
fn hear(message: &[u8], gateway: &Gateway, conversation: &mut Conversation) -> Result<(), Closing> {
    // Before it is parsed: as values it takes many times the memory of its bytes.
    if limits::check_json(message, &gateway.config.limits).is_err() {
        return Err(Closing::new(close_code::POLICY, "the message has too many values"));
    }
    conversation.hear(message)
}

/// The frame for why the client's last message closes the socket.
fn close_for(closing: &Mutex<Option<Closing>>) -> Message {
    let why = closing.lock().unwrap_or_else(PoisonError::into_inner).take();
    let why = why.unwrap_or_else(|| Closing::new(close_code::POLICY, ""));
    close(why.code, &why.reason)
}

fn close(code: u16, reason: &str) -> Message {
    Message::Close(Some(CloseFrame { code, reason: reason.into() }))
}
