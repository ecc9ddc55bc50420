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
    Setting::new(
        ["client.serving_ca", "CLIO_CLIENT_SERVING_CA", "serving-ca"],
        Kind::File,
        "A PEM file with the authorities whose certificates replicas at `https://` may show; those of the system if none is named",
        |it| Place::MaybePath(&mut it.tls.serving_ca),
    ),
    Setting::new(
        ["client.certificate", "CLIO_CLIENT_CERTIFICATE", "client-certificate"],
        Kind::File,
        "A PEM file with the certificate that is shown to replicas that ask for one (`--client-ca`)",
        |it| Place::MaybePath(&mut it.tls.client_certificate),
    ),
    Setting::new(
        ["client.certificate_key", "CLIO_CLIENT_CERTIFICATE_KEY", "client-certificate-key"],
        Kind::File,
        "A PEM file with the private key of that certificate; the certificate's own file if none is named",
        |it| Place::MaybePath(&mut it.tls.client_key),
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
        "How long serving may take to answer, connections and further tries at other replicas included",
        |it| Place::Time(&mut it.remote.request_timeout),
    ),
    Setting::rare(
        ["client.max_received", "CLIO_CLIENT_MAX_RECEIVED", "max-received"],
        Kind::Size(1 << 20, 2 << 30),
        "The largest answer that is read from serving: keep it above `serving.max_answer_size`",
        |it| Place::Size(&mut it.remote.answer_bytes),
    ),
];
