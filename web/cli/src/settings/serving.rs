//! `[serving]`: the lake to serve, and what its answers may cost.

use super::kind::{COUNTS, Kind, SIZES, TIMES};
use super::{Place, Setting};

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        ["serving.lake", "CLIO_LAKE", "lake"],
        Kind::Text("URL"),
        "The lake to serve and to follow",
        |it| Place::MaybeText(&mut it.lake),
    ),
    Setting::new(
        ["serving.grpc", "CLIO_GRPC", "grpc"],
        Kind::Address,
        "Where gRPC listens",
        |it| Place::Address(&mut it.grpc),
    ),
    Setting::new(
        ["serving.insecure", "CLIO_INSECURE", "insecure"],
        Kind::Switch,
        "Listen on an address that others reach: whoever does can read everything",
        |it| Place::Switch(&mut it.is_grpc_insecure),
    ),
    Setting::new(
        ["serving.metrics", "CLIO_METRICS", "metrics"],
        Kind::Address,
        "Where /metrics, /healthz and /readyz listen, for operators (docs/operating.md); nobody signs in there, and no data is shown",
        |it| Place::MaybeAddress(&mut it.operators.serving),
    ),
    Setting::new(
        ["serving.roles", "CLIO_ROLES", "roles"],
        Kind::File,
        "The file of roles: who sees which rows and measures; read again when it changes",
        |it| Place::MaybePath(&mut it.access.roles),
    ),
    Setting::new(
        ["serving.gateway_token_file", "CLIO_GATEWAY_TOKEN_FILE", "gateway-token-file"],
        Kind::File,
        "A file with the secret that a gateway shows which is believed who asks: at least 32 characters",
        |it| Place::MaybePath(&mut it.access.gateway_token_file),
    ),
    Setting::new(
        ["serving.certificate", "CLIO_SERVING_CERTIFICATE", "grpc-certificate"],
        Kind::File,
        "A PEM file with the certificate of serving, and those between it and its authority: then gRPC speaks TLS alone. Read again when it changes",
        |it| Place::MaybePath(&mut it.tls.grpc_certificate),
    ),
    Setting::new(
        ["serving.certificate_key", "CLIO_SERVING_CERTIFICATE_KEY", "grpc-certificate-key"],
        Kind::File,
        "A PEM file with the private key of that certificate; the certificate's own file if none is named",
        |it| Place::MaybePath(&mut it.tls.grpc_key),
    ),
    Setting::new(
        ["serving.client_ca", "CLIO_SERVING_CLIENT_CA", "client-ca"],
        Kind::File,
        "A PEM file with the authorities of gateways and programs: then only those are served that show a certificate of these",
        |it| Place::MaybePath(&mut it.tls.client_ca),
    ),
    Setting::new(
        ["serving.only", "CLIO_SERVING_ONLY", "only"],
        Kind::Only,
        "Hold only cells with one of these values in each of these fields: country=US,CA; asset.media_type=video",
        |it| Place::Only(&mut it.serving.projection.only),
    ),
    Setting::new(
        ["serving.since", "CLIO_SERVING_SINCE", "since"],
        Kind::Since,
        "Hold only days from this one on, or the newest days of each snapshot: 400d",
        |it| Place::Since(&mut it.serving.projection.since),
    ),
    Setting::new(
        ["serving.without", "CLIO_SERVING_WITHOUT", "without"],
        Kind::Dimensions,
        "Leave out these dimensions: cells are united over them",
        |it| Place::Texts(&mut it.serving.projection.without),
    ),
    Setting::new(
        ["serving.poll_ms", "CLIO_SERVING_POLL_MS", "poll-ms"],
        Kind::Count(1, 3_600_000),
        "How often the lake is asked for a new snapshot, in milliseconds",
        |it| Place::Milliseconds(&mut it.serving.poll_interval),
    ),
    Setting::new(
        ["serving.stuck_after", "CLIO_SERVING_STUCK_AFTER", "stuck-after"],
        TIMES,
        "How long a newer snapshot may be refused, or the lake not answer, before the status says `is_stuck`",
        |it| Place::Time(&mut it.serving.stuck_after),
    ),
    Setting::new(
        ["serving.memory", "CLIO_MEMORY", "memory"],
        SIZES,
        "The most memory that snapshots may take; older ones go before a new one is refused",
        |it| Place::MaybeSize(&mut it.serving.memory_limit_bytes),
    ),
    Setting::new(
        ["serving.snapshots_held", "CLIO_SERVING_SNAPSHOTS_HELD", "snapshots-held"],
        Kind::Count(1, 1_000),
        "The most snapshots held, the current one included: pages whose panels must agree name older ones",
        |it| Place::Count(&mut it.serving.n_snapshots_held),
    ),
    Setting::new(
        ["serving.cache", "CLIO_SERVING_CACHE", "cache"],
        Kind::Size(0, 1 << 40),
        "The most memory of answers kept for equal questions; 0 keeps none",
        |it| Place::Size64(&mut it.serving.cache_bytes),
    ),
    Setting::rare(
        ["serving.marginals_percent", "CLIO_SERVING_MARGINALS_PERCENT", "marginals-percent"],
        Kind::Count(0, 1_000),
        "The most that groupings united in advance may take, in per cent of the memory of a file's sketches; 0 has none",
        |it| Place::Count32(&mut it.serving.marginals.percent),
    ),
    Setting::rare(
        ["serving.marginals_cells", "CLIO_SERVING_MARGINALS_CELLS", "marginals-cells"],
        Kind::Count(1, 1_000_000_000),
        "The fewest cells of a file for which groupings are united in advance",
        |it| Place::Count32(&mut it.serving.marginals.min_cells),
    ),
    Setting::rare(
        ["serving.memory_check", "CLIO_SERVING_MEMORY_CHECK", "memory-check"],
        Kind::Size(0, 1 << 40),
        "How much of what is held is read again per second and compared with its sum, to detect failing memory; 0 turns it off",
        |it| Place::Size64(&mut it.serving.memory_check_bytes),
    ),
    Setting::rare(
        ["serving.query_timeout", "CLIO_SERVING_QUERY_TIMEOUT", "query-timeout"],
        TIMES,
        "The longest that a query may wait and compute",
        |it| Place::Time(&mut it.serving.limits.query_timeout),
    ),
    Setting::rare(
        ["serving.max_groups", "CLIO_SERVING_MAX_GROUPS", "max-groups"],
        COUNTS,
        "The most groups that a query may form, before its limit and offset",
        |it| Place::Count(&mut it.serving.limits.n_groups),
    ),
    Setting::rare(
        ["serving.max_query_memory", "CLIO_SERVING_MAX_QUERY_MEMORY", "max-query-memory"],
        SIZES,
        "The most working memory of one query",
        |it| Place::Size64(&mut it.serving.limits.query_bytes),
    ),
    Setting::rare(
        ["serving.max_answer_size", "CLIO_SERVING_MAX_ANSWER_SIZE", "max-answer-size"],
        SIZES,
        "The most memory of one answer; what it takes on the wire is less",
        |it| Place::Size64(&mut it.serving.limits.answer_bytes),
    ),
    Setting::rare(
        ["serving.max_range_days", "CLIO_SERVING_MAX_RANGE_DAYS", "max-range-days"],
        Kind::Count(1, 3_652_059),
        "The most days between the ends of a range that a query names both of",
        |it| Place::Count32(&mut it.serving.limits.n_range_days),
    ),
    Setting::rare(
        ["serving.max_filter_values", "CLIO_SERVING_MAX_FILTER_VALUES", "max-filter-values"],
        COUNTS,
        "The most values that one query's filter may name",
        |it| Place::Count(&mut it.serving.limits.n_filter_values),
    ),
    Setting::rare(
        ["serving.max_running", "CLIO_SERVING_MAX_RUNNING", "max-running"],
        Kind::Count(1, 4_096),
        "The queries computed at the same time; each has at least one thread of its own",
        |it| Place::Count(&mut it.serving.limits.n_running),
    )
    .usually("one for each core"),
    Setting::rare(
        ["serving.threads_per_query", "CLIO_SERVING_THREADS_PER_QUERY", "threads-per-query"],
        Kind::Count(1, 4_096),
        "The threads that one large query may use",
        |it| Place::Count(&mut it.serving.limits.n_threads_per_query),
    )
    .usually("one for each core"),
    Setting::rare(
        ["serving.max_waiting", "CLIO_SERVING_MAX_WAITING", "max-waiting"],
        Kind::Count(0, 1_000_000),
        "The queries that may wait for a thread; one more is turned away at once",
        |it| Place::Count(&mut it.serving.limits.n_waiting),
    ),
    Setting::rare(
        [
            "serving.requests_per_connection",
            "CLIO_SERVING_REQUESTS_PER_CONNECTION",
            "requests-per-connection",
        ],
        Kind::Count(1, 1_000_000),
        "The requests that one gRPC connection may have in progress: keep it above `gateway.max_calls`",
        |it| Place::Count(&mut it.serving.limits.n_requests_per_connection),
    ),
];
