//! The gateway's settings. Only the binary reads files, flags and environment; it fills these in.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clio_proto::{Replicated, ServerTls};
use clio_store::Store;

use crate::access::AccessConfig;
use crate::requests::RequestSink;

/// The gateway's settings.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// A folder of previews; without it nothing is served below `/media/`. Of its files, only images and videos are
    /// served that lookups of the current snapshot name in an attribute `media`.
    pub media_dir: Option<PathBuf>,
    /// Other origins that pages may load images and videos from (`https://cdn.example.com`), if previews are absolute
    /// addresses. None by default.
    pub media_origins: Vec<String>,
    /// Other origins whose pages may open the WebSocket. A browser always sends the origin of the page with such a
    /// request, and the page's own is always allowed.
    pub allowed_origins: Vec<String>,
    /// Names and addresses, without ports, that requests may name as their host, in addition to `localhost`, loopback
    /// addresses, and the address that they came to. This keeps out pages of other sites whose names resolve to the
    /// gateway. None by default; a gateway behind a name or a proxy needs it.
    pub allowed_hosts: Vec<String>,
    /// Where views, annotations and short links are stored. Without it nothing is stored, and pages say how to enable
    /// it. None by default.
    pub store: Option<Arc<dyn Store>>,
    /// Who is let in, and how they show who they are. Without it, everyone who reaches the address. Default: none.
    pub access: Option<AccessConfig>,
    /// Serves browsers by HTTPS alone. Without it, by HTTP alone. Default: none.
    pub tls: Option<ServerTls>,
    /// Whether it is accepted that everyone who reaches the address can read everything: pages say so. Without it, an
    /// address that other machines can reach is refused. Default: no.
    pub is_insecure: bool,
    /// Whether `/graphiql` serves a page for trying queries. Default: yes.
    pub allow_graphiql: bool,
    /// The replicas behind the service, if it has some, which the status names. None by default.
    pub replicas: Option<Arc<dyn Replicated>>,
    /// Where requests are counted for operators. None by default.
    pub requests: Option<Arc<dyn RequestSink>>,
    /// What one request, and all of them together, may cost.
    pub limits: GatewayLimits,
    /// The seed for random waits before serving is called again. Each process needs its own, so that gateways that lost
    /// serving together do not reconnect together. Default: 0.
    pub seed: u64,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            media_dir: None,
            media_origins: Vec::new(),
            allowed_origins: Vec::new(),
            allowed_hosts: Vec::new(),
            store: None,
            access: None,
            tls: None,
            is_insecure: false,
            allow_graphiql: true,
            replicas: None,
            requests: None,
            limits: GatewayLimits::default(),
            seed: 0,
        }
    }
}

/// What one request, and all of them together, may cost.
#[derive(Debug, Clone)]
pub struct GatewayLimits {
    /// The largest body of a request and the largest message of a WebSocket. Default: 1 MiB, which
    /// holds a filter of some 50,000 short values.
    pub body_bytes: usize,
    /// How long a body may take to arrive. Default: 10 s.
    pub body_timeout: Duration,
    /// How long serving may take to answer one field. Default: 30 s.
    pub service_timeout: Duration,
    /// How long the head of a request may take to arrive, counted from the opening of the connection. Default: 10 s.
    pub header_timeout: Duration,
    /// How long a connection may be open without a request. Default: 75 s, longer than proxies keep one.
    pub idle_timeout: Duration,
    /// How long an answer may wait for its client to read more of it; then the connection is closed. Must be above
    /// `service_timeout`, during which there is nothing to read. Default: 60 s.
    pub answer_timeout: Duration,
    /// How many connections may be open at once; one more replaces the one that has been idle for longest, and is
    /// closed if all of them are being answered. Default: 1,024.
    pub max_connections: usize,
    /// How many of them one client, which is an address, may have. Default: 256; a browser has 6.
    pub max_connections_per_client: usize,
    /// How many requests one HTTP/2 connection may have open. Default: 64.
    pub max_streams: u32,
    /// How many names, numbers, texts and signs a query's text may have. Default: 20,000, which holds
    /// a filter of some 19,000 values; in variables there is room for more.
    pub max_tokens: usize,
    /// How many values the variables of a request may have. Default: 60,000.
    pub max_variable_values: usize,
    /// How many variables a query may declare. Default: 100.
    pub max_variables: usize,
    /// How many arguments the fields and directives of a query may have in all. Default: 1,000.
    pub max_arguments: usize,
    /// How many directives a query may have. Default: 100.
    pub max_directives: usize,
    /// How many fragments a query may define. Default: 100; the introspection query has 3.
    pub max_fragments: usize,
    /// How often a query may name a fragment. Default: 500.
    pub max_spreads: usize,
    /// How many bytes a name in a query may have. Default: 256.
    pub max_name_bytes: usize,
    /// How many values an introspection query may give, by an estimate from its fields. Default:
    /// 500,000; the one of the usual tools is estimated at some 120,000.
    pub max_introspection: usize,
    /// How many values an answer may have: fields times rows. Default: 1,000,000; the largest page of
    /// 5,000 rows with ten groups and measures has 500,000.
    pub max_answer_values: usize,
    /// How many bytes all answers together may hold that have not been read yet; more are refused. Default: 512 MiB.
    pub max_answer_bytes: usize,
    /// How deep the fields of a query may be nested. Default: 24; the introspection query of the
    /// usual tools has about 15, the deepest useful query of a dataset 5.
    pub max_depth: usize,
    /// How many fields a query may have with its fragments expanded. Default: 2,000; the introspection query has about
    /// 300.
    pub max_fields: usize,
    /// How many top-level fields a query may have: each may be one question to serving. Default: 32.
    pub max_root_fields: usize,
    /// How many bytes of incomplete bodies all clients together may have under way; more are refused. One client may
    /// have at most a quarter of them. Default: 256 MiB.
    pub max_arriving_bytes: usize,
    /// How many `POST /graphql` and questions over WebSockets are answered at once, from the end of
    /// their bodies to that of their answers; more are refused. Default: 256.
    pub max_requests: usize,
    /// How many of them one client may have. Default: 64.
    pub max_requests_per_client: usize,
    /// How many questions may be put to serving at once; more wait, and the waiting clients take turns. Must be below
    /// the number that serving allows per connection, which is 256. Default: 64.
    pub max_calls: usize,
    /// How many of them one client may have, so that the questions of other clients never wait for more than these.
    /// Default: 8.
    pub max_calls_per_client: usize,
    /// How many questions of one client may wait; more are refused. Default: 2,048, which is all fields of all requests
    /// that it may have open.
    pub max_waiting_per_client: usize,
    /// How many WebSockets may be open at once; more are refused. Default: 1,024.
    pub max_sockets: usize,
    /// How many of them one client may have. Default: 256.
    pub max_sockets_per_client: usize,
    /// How many operations one WebSocket may have open. Default: 64.
    pub max_operations: usize,
    /// How often a WebSocket is pinged; one that stays silent for two intervals is closed. Default: 30 s.
    pub ping_interval: Duration,
    /// How long open requests may take to complete when the gateway stops. Default: 5 s.
    pub drain_timeout: Duration,
}

impl Default for GatewayLimits {
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            body_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            answer_timeout: Duration::from_secs(60),
            max_connections: 1_024,
            max_connections_per_client: 256,
            max_streams: 64,
            max_tokens: 20_000,
            max_variable_values: 60_000,
            max_variables: 100,
            max_arguments: 1_000,
            max_directives: 100,
            max_fragments: 100,
            max_spreads: 500,
            max_name_bytes: 256,
            max_introspection: 500_000,
            max_answer_values: 1_000_000,
            max_answer_bytes: 512 << 20,
            service_timeout: Duration::from_secs(30),
            max_depth: 24,
            max_fields: 2_000,
            max_root_fields: 32,
            max_arriving_bytes: 256 << 20,
            max_requests: 256,
            max_requests_per_client: 64,
            max_calls: 64,
            max_calls_per_client: 8,
            max_waiting_per_client: 2_048,
            max_sockets: 1_024,
            max_sockets_per_client: 256,
            max_operations: 64,
            ping_interval: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(5),
        }
    }
}
