//! The rules of `graphql-transport-ws` that async-graphql does not enforce: the codes with which a socket is closed,
//! that legacy messages are invalid, and that operations have unique ids
//! (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>).

use std::collections::HashSet;

use serde_json::Value;

/// A message that the protocol does not have.
pub(super) const INVALID: u16 = 4400;
/// An operation before the connection was initialised.
pub(super) const UNAUTHORIZED: u16 = 4401;
/// The connection was not initialised in time.
pub(super) const TOO_LATE: u16 = 4408;
/// An operation with this id is running.
pub(super) const EXISTS: u16 = 4409;

/// The most bytes of a reason that fit in a close frame.
const MAX_REASON_BYTES: usize = 120;

/// Why a socket is closed: a code, and an explanation for whoever debugs the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Closing {
    pub(super) code: u16,
    pub(super) reason: String,
}

impl Closing {
    pub(super) fn new(code: u16, reason: impl Into<String>) -> Self {
        let mut reason = reason.into();
        reason.truncate(reason.floor_char_boundary(MAX_REASON_BYTES));
        Self { code, reason }
    }

    /// The protocol's code for async-graphql's own.
    pub(super) fn of_library(code: u16, reason: &str) -> Self {
        match code {
            1002 => Self::new(INVALID, format!("invalid message: {reason}")),
            1011 => Self::new(UNAUTHORIZED, "unauthorized: initialise the connection first"),
            other => Self::new(other, reason),
        }
    }
}

/// The state of the conversation on one socket.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    is_initialised: bool,
    /// The ids of running operations.
    running: HashSet<String>,
}

impl Conversation {
    /// Whether the client has initialised the connection.
    pub(super) fn is_initialised(&self) -> bool {
        self.is_initialised
    }

    /// Processes a message of the client. What is not JSON is left to async-graphql to refuse.
    ///
    /// # Errors
    ///
    /// Why the protocol requires the socket to be closed.
    pub(super) fn hear(&mut self, message: &[u8]) -> Result<(), Closing> {
        let Ok(message) = serde_json::from_slice::<Value>(message) else { return Ok(()) };
        let id = message["id"].as_str();
        match message["type"].as_str() {
            Some("connection_init") => self.is_initialised = true,
            Some("subscribe") => {
                if !self.is_initialised {
                    return Err(Closing::of_library(1011, ""));
                }
                let Some(id) = id.filter(|id| !id.is_empty()) else {
                    return Err(Closing::new(INVALID, "invalid message: `id` is missing"));
                };
                if !self.running.insert(id.to_owned()) {
                    let reason = format!("subscriber for {id} already exists");
                    return Err(Closing::new(EXISTS, reason));
                }
            }
            Some("complete") => {
                if let Some(id) = id {
                    self.running.remove(id);
                }
            }
            Some("ping" | "pong") => {}
            // `start` and similar types belong to an older protocol, which async-graphql would mistake for this one.
            Some(other) => {
                let reason = format!("invalid message: `{other}` is not a type of message");
                return Err(Closing::new(INVALID, reason));
            }
            None => {
                return Err(Closing::new(INVALID, "invalid message: `type` is missing"));
            }
        }
        Ok(())
    }

    /// Processes a message to the client.
    pub(super) fn say(&mut self, message: &str) {
        // Its type comes first, so that no large answer is read again.
        if !message.starts_with(r#"{"type":"complete""#) {
            return;
        }
        if let Ok(message) = serde_json::from_str::<Value>(message)
            && let Some(id) = message["id"].as_str()
        {
            self.running.remove(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_have_ids_of_their_own_while_they_run() {
        let mut talk = Conversation::default();
        let subscribe = |id: &str| format!(r#"{{"id":"{id}","type":"subscribe","payload":{{}}}}"#);
        let early = talk.hear(subscribe("1").as_bytes()).unwrap_err();
        assert_eq!(early.code, UNAUTHORIZED);
        assert_eq!(talk.hear(br#"{"type":"connection_init"}"#), Ok(()));
        assert!(talk.is_initialised());
        for id in ["1", "2"] {
            assert_eq!(talk.hear(subscribe(id).as_bytes()), Ok(()));
        }
        let twice = talk.hear(subscribe("1").as_bytes()).unwrap_err();
        assert_eq!(twice, Closing::new(EXISTS, "subscriber for 1 already exists"));
        talk.say(r#"{"type":"next","id":"2","payload":{}}"#);
        talk.say(r#"{"type":"complete","id":"1"}"#);
        assert_eq!(talk.hear(subscribe("1").as_bytes()), Ok(()));
        assert_eq!(talk.hear(br#"{"type":"complete","id":"2"}"#), Ok(()));
        assert_eq!(talk.hear(subscribe("2").as_bytes()), Ok(()));
    }

    #[test]
    fn what_is_no_message_is_invalid_and_reasons_fit_into_a_frame() {
        let mut talk = Conversation::default();
        talk.hear(br#"{"type":"connection_init"}"#).unwrap();
        for message in [
            &br#"{"type":"start","id":"1"}"#[..],
            br#"{"type":"connection_terminate"}"#,
            br#"{"type":7}"#,
            br#"{}"#,
            br#"[]"#,
            br#"{"type":"subscribe"}"#,
            br#"{"type":"subscribe","id":""}"#,
            br#"{"type":"subscribe","id":7}"#,
        ] {
            assert_eq!(talk.hear(message).unwrap_err().code, INVALID);
        }
        let long = format!(r#"{{"type":"{}"}}"#, "ü".repeat(1_000));
        assert!(talk.hear(long.as_bytes()).unwrap_err().reason.len() <= MAX_REASON_BYTES);
        for (own, code) in [(1002, INVALID), (1011, UNAUTHORIZED), (4429, 4429)] {
            assert_eq!(Closing::of_library(own, "why").code, code);
        }
    }
}
