//! `[client]`: how gateway and `clio query` call serving.

use super::kind::{Kind, TIMES};
use super::{Place, Setting};

pub(super) const SETTINGS: &[Setting] = &[
    Setting::rare(
        ["client.key_file", "CLIO_CLIENT_KEY_FILE", "key-file"],
        Kind::File,
        "A file with the API key by which serving knows who asks, where it asks for one; a gateway shows its own token",
        |it| Place::MaybePath(&mut it.key_file),
    ),
    Setting::rare(
        ["client.connect_timeout", "CLIO_CLIENT_CONNECT_TIMEOUT", "connect-timeout"],
        TIMES,
        "How long a connection to a replica may take to open",
        |it| Place::Time(&mut it.remote.connect_timeout),
    ),
    Setting::rare(
        ["client.request_timeout", "CLIO_CLIENT_REQUEST_TIMEOUT", "request-timeout"],
        TIMES,
        "How long one replica may take to answer, connecting included",
        |it| Place::Time(&mut it.remote.request_timeout),
    ),
    Setting::rare(
        ["client.max_received", "CLIO_CLIENT_MAX_RECEIVED", "max-received"],
        Kind::Size(1 << 20, 2 << 30),
        "The largest answer that is read from serving: keep it above `serving.max_answer_size`",
        |it| Place::Size(&mut it.remote.answer_bytes),
    ),
];
