//! The gateway's settings. Only the binary reads files, flags and environment; it fills these in.

use std::path::PathBuf;
use std::time::Duration;

/// The gateway's settings.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// A folder of previews, served below `/media/`; without it that address is empty.
    pub media_dir: Option<PathBuf>,
    /// Other origins that pages may load images and videos from (`https://cdn.example.com`), where
    /// previews are whole addresses. None by default.
    pub media_origins: Vec<String>,
    /// Other origins whose pages may open the WebSocket. A browser sends no such request of a
    /// foreign page without telling its origin, and the page's own is always allowed.
    pub allowed_origins: Vec<String>,
    /// Whether `/graphiql` answers with a page to try queries on. Default: yes.
    pub allow_graphiql: bool,
    /// What one request, and all of them together, may cost.
    pub limits: GatewayLimits,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            media_dir: None,
            media_origins: Vec::new(),
            allowed_origins: Vec::new(),
            allow_graphiql: true,
            limits: GatewayLimits::default(),
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
    /// How deep the fields of a query may be nested. Default: 24; the introspection query of the
    /// usual tools has about 15, the deepest useful query of a dataset 5.
    pub max_depth: usize,
    /// How many fields a query may have with its fragments written out. Default: 2,000; the
    /// introspection query has about 300.
    pub max_fields: usize,
    /// How many fields at its top a query may have: each may be one question to serving. Default:
    /// 32.
    pub max_root_fields: usize,
    /// How many `POST /graphql` are answered at once; more are refused. Default: 256.
    pub max_requests: usize,
    /// How many WebSockets are open at once; more are refused. Default: 1,024.
    pub max_sockets: usize,
    /// How many operations one WebSocket may have open. Default: 64.
    pub max_operations: usize,
    /// How often a WebSocket is asked whether it is still there; one that has said nothing for two
    /// such spans is closed. Default: 30 s.
    pub ping_interval: Duration,
    /// How long open requests may take to end when the gateway stops. Default: 5 s.
    pub drain_timeout: Duration,
}

impl Default for GatewayLimits {
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            body_timeout: Duration::from_secs(10),
            service_timeout: Duration::from_secs(30),
            max_depth: 24,
            max_fields: 2_000,
            max_root_fields: 32,
            max_requests: 256,
            max_sockets: 1_024,
            max_operations: 64,
            ping_interval: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(5),
        }
    }
}
