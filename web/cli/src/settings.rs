//! Every setting of serving, gateway, their clients and the log, in one list: its name in a file, its variable, its
//! flag, its allowed values and its effect. Flags, their help, the reader of files, `clio config show` and the table in
//! `docs/settings.md` are derived from it.
//!
//! ```text
//! defaults ──▶ file (--config) ──▶ environment ──▶ flag ──▶ Settings, each with where it comes from
//! ```
//!
//! A new setting takes one entry in the list of its table, and a field of the `Config` that it fills.

mod access;
mod client;
mod file;
mod flags;
mod gateway;
mod in_force;
mod kind;
mod log;
mod serving;
mod sign_in;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clio_proto::{KeptValues, RemoteConfig, Since};
use clio_serving::ServingConfig;
use clio_store::StoreLimits;
use clio_web::{GatewayConfig, ProxyConfig, TokenConfig};
use url::Url;

use crate::usage::Usage;
pub(crate) use flags::{add_flags, given};
pub(crate) use in_force::{InForce, Origin, WrongSettings, resolve};
use kind::Kind;
pub(crate) use kind::{in_file, network};

/// Everything that the list fills.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The log filter; see the flag `--log`.
    pub(crate) log_filter: String,
    /// `text` or `json`.
    pub(crate) log_format: String,
    /// The lake to serve, as given.
    pub(crate) lake: Option<String>,
    /// The address of gRPC.
    pub(crate) grpc: SocketAddr,
    /// Whether gRPC may listen on an address that others can reach.
    pub(crate) is_grpc_insecure: bool,
    serving: ServingConfig,
    /// The address of dashboard and GraphQL.
    pub(crate) http: SocketAddr,
    /// The gateway's own settings.
    pub(crate) gateway: GatewayConfig,
    /// The store of what people keep.
    pub(crate) store: StoreSettings,
    /// The files that say who may see what.
    pub(crate) access: AccessSettings,
    /// How people and programs show the gateway who they are.
    pub(crate) sign_in: SignInSettings,
    /// The certificates of gateway, serving and their clients.
    pub(crate) tls: TlsSettings,
    /// A file with what serving knows `clio query` by.
    pub(crate) key_file: Option<PathBuf>,
    /// How serving is called; has no addresses if none are given.
    pub(crate) remote: RemoteConfig,
    /// How often a gateway asks each replica for its status.
    pub(crate) probe_interval: Duration,
    /// Where operators find metrics, health and readiness of serving and of a gateway; nowhere by default.
    pub(crate) operators: OperatorSettings,
}

/// Where operators find metrics, health and readiness.
#[derive(Debug, Default)]
pub(crate) struct OperatorSettings {
    pub(crate) serving: Option<SocketAddr>,
    pub(crate) gateway: Option<SocketAddr>,
}

/// The store of what people keep: its file, and its limits.
#[derive(Debug, Default)]
pub(crate) struct StoreSettings {
    /// The file; without one nothing is kept.
    pub(crate) file: Option<PathBuf>,
    pub(crate) limits: StoreLimits,
}

/// The files that say who may see what.
#[derive(Debug)]
pub(crate) struct AccessSettings {
    /// The API keys.
    pub(crate) keys: Option<PathBuf>,
    /// What each may see.
    pub(crate) roles: Option<PathBuf>,
    /// The secret that gateway and serving share.
    pub(crate) gateway_token_file: Option<PathBuf>,
    /// What was asked, by whom.
    pub(crate) audit_log: Option<PathBuf>,
    pub(crate) audit_log_bytes: u64,
    pub(crate) n_audit_log_files: usize,
}

impl Default for AccessSettings {
    fn default() -> Self {
        Self {
            keys: None,
            roles: None,
            gateway_token_file: None,
            audit_log: None,
            audit_log_bytes: 64 << 20,
            n_audit_log_files: 8,
        }
    }
}

/// PEM files: certificates, their private keys, and the authorities that are believed.
#[derive(Debug, Default)]
pub(crate) struct TlsSettings {
    /// What serving shows; without it, gRPC is in clear text.
    pub(crate) grpc_certificate: Option<PathBuf>,
    pub(crate) grpc_key: Option<PathBuf>,
    /// Whose certificates clients of serving have to show; without it, none.
    pub(crate) client_ca: Option<PathBuf>,
    /// What the gateway shows to browsers; without it, HTTP is in clear text.
    pub(crate) http_certificate: Option<PathBuf>,
    pub(crate) http_key: Option<PathBuf>,
    /// Whose certificates replicas may show; without it, those that the system believes.
    pub(crate) serving_ca: Option<PathBuf>,
    /// What is shown to replicas that ask for it.
    pub(crate) client_certificate: Option<PathBuf>,
    pub(crate) client_key: Option<PathBuf>,
}

/// How people and programs show the gateway who they are.
#[derive(Debug)]
pub(crate) struct SignInSettings {
    pub(crate) issuer: Option<String>,
    pub(crate) audience: Option<String>,
    pub(crate) jwks_url: Option<String>,
    pub(crate) name_claim: String,
    pub(crate) groups_claim: String,
    pub(crate) leeway: Duration,
    /// Addresses and networks, as given.
    pub(crate) trusted_proxies: Vec<String>,
    pub(crate) proxy_secret_file: Option<PathBuf>,
    pub(crate) user_header: String,
    pub(crate) groups_header: String,
    /// 0 for as many as they like.
    pub(crate) queries_per_second: u32,
    pub(crate) queries_at_once: u32,
}

impl Default for SignInSettings {
    fn default() -> Self {
        let tokens = TokenConfig::new("", "");
        let proxies = ProxyConfig::new(Vec::new());
        Self {
            issuer: None,
            audience: None,
            jwks_url: None,
            name_claim: tokens.name_claim,
            groups_claim: tokens.groups_claim,
            leeway: tokens.leeway,
            trusted_proxies: Vec::new(),
            proxy_secret_file: None,
            user_header: proxies.user_header.to_string(),
            groups_header: proxies.groups_header.to_string(),
            queries_per_second: 0,
            queries_at_once: 100,
        }
    }
}

impl Settings {
    /// The settings of serving for a lake.
    pub(crate) fn serving(&self, lake: Url) -> ServingConfig {
        ServingConfig { lake, ..self.serving.clone() }
    }

    /// The lake given by a file, the environment or a flag.
    ///
    /// # Errors
    ///
    /// None is given.
    pub(crate) fn named_lake(&self) -> Result<&str, Usage> {
        self.lake.as_deref().ok_or_else(|| missing("lake", "serving.lake"))
    }

    /// The settings of a client of the given replicas.
    ///
    /// # Errors
    ///
    /// None is given.
    pub(crate) fn named_replicas(&self) -> Result<&RemoteConfig, Usage> {
        let is_named = !self.remote.endpoints.is_empty();
        is_named.then_some(&self.remote).ok_or_else(|| missing("replica", "gateway.serving"))
    }
}

/// What to do if a setting without a default is missing.
fn missing(what: &str, name: &str) -> Usage {
    let setting = all().find(|setting| setting.name == name).expect("the list has it");
    let (table, key) = setting.table_and_key();
    Usage(format!(
        "no {what} is given; use `--{}`, the variable `{}`, or the key `{key}` of `[{table}]` in a file (`--config`)",
        setting.flag, setting.env
    ))
}

impl Default for Settings {
    fn default() -> Self {
        let nowhere = Url::parse("file:///").expect("it is an address");
        Self {
            log_filter: "warn".to_owned(),
            log_format: "text".to_owned(),
            lake: None,
            grpc: (Ipv4Addr::LOCALHOST, 50051).into(),
            is_grpc_insecure: false,
            serving: ServingConfig::new(nowhere),
            http: (Ipv4Addr::LOCALHOST, 8080).into(),
            gateway: GatewayConfig::default(),
            store: StoreSettings::default(),
            access: AccessSettings::default(),
            sign_in: SignInSettings::default(),
            tls: TlsSettings::default(),
            key_file: None,
            remote: RemoteConfig { endpoints: Vec::new(), ..RemoteConfig::default() },
            // One that froze is left after a second and a half at most.
            probe_interval: Duration::from_millis(500),
            operators: OperatorSettings::default(),
        }
    }
}

/// One setting. It does not state its type, which follows from the place that it fills.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Table and key in a file: `gateway.max_sockets`.
    pub(crate) name: &'static str,
    /// The environment variable.
    pub(crate) env: &'static str,
    /// The flag, without its dashes. Two settings may share one, which then sets both.
    pub(crate) flag: &'static str,
    /// Its allowed values.
    kind: Kind,
    /// Its effect, for help and documentation.
    pub(crate) help: &'static str,
    /// Whether `-h` omits it, so that the others are easier to find.
    is_rare: bool,
    /// How the documentation describes a default that differs between machines.
    usual: Option<&'static str>,
    place: fn(&mut Settings) -> Place<'_>,
}

impl Setting {
    /// A commonly used setting.
    const fn new(
        [name, env, flag]: [&'static str; 3],
        kind: Kind,
        help: &'static str,
        place: fn(&mut Settings) -> Place<'_>,
    ) -> Self {
        Self { name, env, flag, kind, help, is_rare: false, usual: None, place }
    }

    /// A rarely changed setting.
    const fn rare(
        names: [&'static str; 3],
        kind: Kind,
        help: &'static str,
        place: fn(&mut Settings) -> Place<'_>,
    ) -> Self {
        Self { is_rare: true, ..Self::new(names, kind, help, place) }
    }

    /// Describes a default that differs between machines.
    const fn usually(self, words: &'static str) -> Self {
        Self { usual: Some(words), ..self }
    }

    /// The table in a file, and the key in it.
    pub(crate) fn table_and_key(&self) -> (&'static str, &'static str) {
        self.name.split_once('.').expect("every name has a table")
    }
}

/// The place that a setting fills. Each type has one form in a file, and one for display.
#[derive(Debug)]
enum Place<'a> {
    Count(&'a mut usize),
    Count32(&'a mut u32),
    Milliseconds(&'a mut Duration),
    Time(&'a mut Duration),
    Size(&'a mut usize),
    Size64(&'a mut u64),
    MaybeSize(&'a mut Option<u64>),
    Switch(&'a mut bool),
    Text(&'a mut String),
    MaybeText(&'a mut Option<String>),
    MaybePath(&'a mut Option<PathBuf>),
    Texts(&'a mut Vec<String>),
    Only(&'a mut Vec<KeptValues>),
    Since(&'a mut Option<Since>),
    Address(&'a mut SocketAddr),
    MaybeAddress(&'a mut Option<SocketAddr>),
}

/// Every setting, table by table.
pub(crate) fn all() -> impl Iterator<Item = &'static Setting> {
    let tables = [
        serving::SETTINGS,
        gateway::SETTINGS,
        access::SETTINGS,
        sign_in::SETTINGS,
        client::SETTINGS,
        log::SETTINGS,
    ];
    tables.into_iter().flatten()
}

#[cfg(test)]
mod tests;
