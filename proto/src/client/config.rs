//! Where serving is, and how long to wait for it.

use std::time::Duration;

use crate::secret::Secret;
use crate::tls::ClientTls;

/// Where serving is, and how long to wait for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteConfig {
    /// Addresses of replicas (`http://127.0.0.1:50051`, or `https://…` for TLS), at least one. As long as nothing is known of them, they are
    /// tried in this order.
    pub endpoints: Vec<String>,
    /// How long a connection may take to open. Default: 3 seconds.
    pub connect_timeout: Duration,
    /// How long serving may take to answer, connections and further tries included. A stream of statuses may go on
    /// forever; this counts until it begins. Default: 30 seconds.
    pub request_timeout: Duration,
    /// How often each replica is probed in the background, by a request for its status: for a process that lives on,
    /// such as a gateway. A replica that answers no probe within twice this time is left alone, and calls that wait for
    /// it are sent elsewhere. Without it, a replica is known by its answers to calls alone. Default: none.
    pub probe_interval: Option<Duration>,
    /// The largest answer that is accepted. Default: 64 MiB. A full page ([`MAX_LIMIT`](crate::MAX_LIMIT) rows) with a
    /// dozen measures and long labels is about 5 MB, over tonic's own limit of 4 MiB.
    pub answer_bytes: usize,
    /// What makes serving believe who asks, as a gateway says it. Without one nothing is said of who asks. Default: none.
    pub gateway_token: Option<Secret>,
    /// How replicas at `https://` addresses are called. Without it, the authorities of the system are believed and nothing is
    /// shown to them. Default: none.
    pub tls: Option<ClientTls>,
    /// What serving knows a caller by that is no gateway: an API key, or a token of the provider of identities. Default: none.
    pub bearer: Option<Secret>,
}

impl Default for RemoteConfig {
    /// One replica on this machine, at the port where `clio serve` listens.
    fn default() -> Self {
        Self {
            endpoints: vec!["http://127.0.0.1:50051".to_owned()],
            connect_timeout: Duration::from_secs(3),
            request_timeout: Duration::from_secs(30),
            probe_interval: None,
            answer_bytes: 64 << 20,
            gateway_token: None,
            tls: None,
            bearer: None,
        }
    }
}
