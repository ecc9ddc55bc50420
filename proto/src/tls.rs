//! TLS between browsers, gateway and serving: certificates as PEM texts, and configurations that can be replaced while in use.
//!
//! | side | shows | believes |
//! | --- | --- | --- |
//! | [`ServerTls`] | its certificate | everybody; with authorities for clients, only those who show a certificate of these (mutual TLS) |
//! | [`ClientTls`] | nothing, or its certificate | certificates of the given authorities, or of the system's, for the name that is called |
//!
//! A replaced configuration applies to connections that open from then on. Open ones stay as they are, so no request is
//! lost when certificates are rotated. TLS 1.2 and 1.3, with the same cryptography as everything else (`aws-lc-rs`).

use std::fmt;
use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

/// How long a handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// The protocols that a server offers, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offered {
    /// gRPC: HTTP/2 alone.
    Grpc,
    /// Browsers: HTTP/2 and HTTP/1.1, which WebSockets need.
    Web,
}

impl Offered {
    fn protocols(self) -> Vec<Vec<u8>> {
        match self {
            Self::Grpc => vec![b"h2".to_vec()],
            Self::Web => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        }
    }
}

/// The PEM texts of a certificate, with those between it and its authority, and of its private key.
#[derive(Clone, Copy)]
pub struct Identity<'a> {
    /// The certificate first, then those between it and its authority.
    pub certificate: &'a str,
    /// Its private key: PKCS #8, PKCS #1 or SEC 1.
    pub key: &'a str,
}

impl fmt::Debug for Identity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}

/// Why PEM texts cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum WrongTls {
    /// A text holds no certificate, or a damaged one.
    #[error("the {what} is no PEM text with certificates (`-----BEGIN CERTIFICATE-----`){}", said(.why))]
    Certificate {
        /// Which text.
        what: &'static str,
        /// What the parser says, if anything.
        why: String,
    },
    /// The text of the key holds none, an encrypted or a damaged one.
    #[error("the key is no PEM text with a private key that is not encrypted (`-----BEGIN PRIVATE KEY-----`){}", said(.0))]
    Key(String),
    /// Each is valid, but they do not go together.
    #[error("certificate and key do not go together: {0}")]
    Pair(String),
    /// The authorities cannot be used.
    #[error("the authorities cannot be used: {0}")]
    Authorities(String),
}

fn said(why: &str) -> String {
    if why.is_empty() { String::new() } else { format!(": {why}") }
}

/// The server's side of TLS. Clones share the configuration, so that [`replace`](Self::replace) applies to all of them.
#[derive(Clone)]
pub struct ServerTls {
    config: Arc<RwLock<Arc<ServerConfig>>>,
    offered: Offered,
    asks_clients: bool,
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls").field("offered", &self.offered).finish_non_exhaustive()
    }
}

impl ServerTls {
    /// A server that shows `identity`; with `client_authorities`, it only serves clients with certificates of these.
    ///
    /// # Errors
    ///
    /// [`WrongTls`] for texts that cannot be used.
    pub fn new(
        offered: Offered,
        identity: Identity<'_>,
        client_authorities: Option<&str>,
    ) -> Result<Self, WrongTls> {
        let config = server_config(offered, identity, client_authorities)?;
        let asks_clients = client_authorities.is_some();
        Ok(Self { config: Arc::new(RwLock::new(Arc::new(config))), offered, asks_clients })
    }

    /// Whether clients have to show a certificate.
    pub fn asks_clients(&self) -> bool {
        self.asks_clients
    }

    /// Shows and believes this from the next connection on.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and if there are authorities for clients where there were none, or none where there were some;
    /// then everything stays as it was.
    pub fn replace(
        &self,
        identity: Identity<'_>,
        client_authorities: Option<&str>,
    ) -> Result<(), WrongTls> {
        if client_authorities.is_some() != self.asks_clients {
            let why = "whether clients show certificates is settled when the server starts";
            return Err(WrongTls::Authorities(why.to_owned()));
        }
        let config = server_config(self.offered, identity, client_authorities)?;
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
        Ok(())
    }

    /// Agrees with a client on a connection.
    ///
    /// # Errors
    ///
    /// The client does not speak TLS, does not accept the certificate, shows none that is believed, or takes more than
    /// ten seconds.
    pub async fn accept(&self, stream: TcpStream) -> io::Result<server::TlsStream<TcpStream>> {
        let config = Arc::clone(&*self.config.read().unwrap_or_else(PoisonError::into_inner));
        within(TlsAcceptor::from(config).accept(stream)).await
    }
}

/// The client's side of TLS. Clones share the configuration, so that [`replace`](Self::replace) applies to all of them.
#[derive(Clone)]
pub struct ClientTls {
    config: Arc<RwLock<Arc<ClientConfig>>>,
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls").finish_non_exhaustive()
    }
}

impl PartialEq for ClientTls {
    /// Whether both are clones of one.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.config, &other.config)
    }
}

impl Eq for ClientTls {}

impl ClientTls {
    /// A client that believes certificates of `authorities`, or of those that the system trusts, and shows `identity` to
    /// servers that ask for one.
    ///
    /// # Errors
    ///
    /// [`WrongTls`] for texts that cannot be used, or a system without authorities.
    pub fn new(
        authorities: Option<&str>,
        identity: Option<Identity<'_>>,
    ) -> Result<Self, WrongTls> {
        let config = client_config(authorities, identity)?;
        Ok(Self { config: Arc::new(RwLock::new(Arc::new(config))) })
    }

    /// Believes and shows this from the next connection on.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new); then everything stays as it was.
    pub fn replace(
        &self,
        authorities: Option<&str>,
        identity: Option<Identity<'_>>,
    ) -> Result<(), WrongTls> {
        let config = client_config(authorities, identity)?;
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
        Ok(())
    }

    /// Agrees with the server of this name or address on a connection.
    ///
    /// # Errors
    ///
    /// The server does not speak TLS, is not the one that is called, does not accept the client, or takes more than ten
    /// seconds. The message says which.
    pub async fn connect(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> io::Result<client::TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.to_owned());
        let name = name.map_err(|_| refused(&format!("`{host}` is no name for a certificate")))?;
        let config = Arc::clone(&*self.config.read().unwrap_or_else(PoisonError::into_inner));
        let agreed = within(TlsConnector::from(config).connect(name, stream)).await;
        agreed.map_err(|error| refused(&in_words(host, &error)))
    }
}

/// What a failed handshake means to whoever set up the client.
fn in_words(host: &str, error: &io::Error) -> String {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    match cause {
        Some(rustls::Error::InvalidMessage(_)) => {
            format!("`{host}` does not speak TLS: write `http://`, or give it a certificate")
        }
        Some(rustls::Error::InvalidCertificate(why)) => format!(
            "the certificate that `{host}` shows is not believed ({why}): check its name and dates, and the authorities of the \
             client (`--serving-ca`)"
        ),
        Some(rustls::Error::AlertReceived(alert)) => format!(
            "`{host}` refused the connection ({alert:?}): check the client's certificate (`--client-certificate`)"
        ),
        _ => format!("TLS with `{host}` failed: {error}"),
    }
}

fn refused(message: &str) -> io::Error {
    io::Error::other(message)
}

async fn within<T>(handshake: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match timeout(HANDSHAKE_TIMEOUT, handshake).await {
        Ok(agreed) => agreed,
        Err(_) => Err(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("the TLS handshake took longer than {HANDSHAKE_TIMEOUT:?}"),
        )),
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn server_config(
    offered: Offered,
    identity: Identity<'_>,
    client_authorities: Option<&str>,
) -> Result<ServerConfig, WrongTls> {
    let builder = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(pair)?;
    let builder = match client_authorities {
        None => builder.with_no_client_auth(),
        Some(text) => {
            let roots = Arc::new(roots(text)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider());
            let verifier = verifier.build().map_err(wrong_authorities)?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let (chain, key) = parsed(identity)?;
    let mut config = builder.with_single_cert(chain, key).map_err(pair)?;
    config.alpn_protocols = offered.protocols();
    Ok(config)
}

fn client_config(
    authorities: Option<&str>,
    identity: Option<Identity<'_>>,
) -> Result<ClientConfig, WrongTls> {
    let roots = match authorities {
        Some(text) => roots(text)?,
        None => system_roots()?,
    };
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(pair)?
        .with_root_certificates(roots);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let (chain, key) = parsed(identity)?;
            builder.with_client_auth_cert(chain, key).map_err(pair)?
        }
    };
    config.alpn_protocols = Offered::Grpc.protocols();
    Ok(config)
}

#[expect(clippy::needless_pass_by_value, reason = "is given to `map_err`")]
fn pair(error: rustls::Error) -> WrongTls {
    WrongTls::Pair(error.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "is given to `map_err`")]
fn wrong_authorities(error: VerifierBuilderError) -> WrongTls {
    WrongTls::Authorities(error.to_string())
}

fn certificates(what: &'static str, text: &str) -> Result<Vec<CertificateDer<'static>>, WrongTls> {
    let wrong = |why: String| WrongTls::Certificate { what, why };
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    let found = found.map_err(|error| wrong(error.to_string()))?;
    if found.is_empty() { Err(wrong(String::new())) } else { Ok(found) }
}

fn parsed(
    identity: Identity<'_>,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), WrongTls> {
    let chain = certificates("certificate", identity.certificate)?;
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes());
    Ok((chain, key.map_err(|error| WrongTls::Key(error.to_string()))?))
}

fn roots(text: &str) -> Result<RootCertStore, WrongTls> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates("file of authorities", text)? {
        let added = roots.add(certificate);
        added.map_err(|error| WrongTls::Authorities(error.to_string()))?;
    }
    Ok(roots)
}

fn system_roots() -> Result<RootCertStore, WrongTls> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // Systems carry certificates that this library does not read; the others are enough.
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = "the system has none; name a file of them (`--serving-ca`)".to_owned();
        return Err(WrongTls::Authorities(why));
    }
    Ok(roots)
}

#[cfg(test)]
mod tests;
