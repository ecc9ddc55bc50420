//! One connection to one replica: its address, its timeouts, and TLS if the address asks for it.

use std::fmt;
use std::io;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tonic::codegen::http::Uri;
use tonic::transport::{Channel, Endpoint};
use tower::service_fn;

use super::RemoteConfig;
use crate::error::{Code, ServiceError};
use crate::tls::ClientTls;

/// How often a connection is pinged. A replica whose machine vanished is noticed after this and [`KEEP_ALIVE_TIMEOUT`],
/// instead of after the system's TCP timeout of many minutes; at this rate pings cost nothing.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(10);
/// How long a peer may take to answer a ping.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(5);
/// The port of addresses that name none.
const HTTPS_PORT: u16 = 443;

/// A channel to an address, which connects at the first call.
///
/// # Errors
///
/// A text that is not an address of serving, or TLS that cannot be set up.
pub(super) fn open(address: &str, config: &RemoteConfig) -> Result<Channel, ServiceError> {
    let refused = |what: &dyn fmt::Display| {
        let message = format!(
            "`{address}` is not an address of serving: {what}; expected one like \
             `http://127.0.0.1:50051`"
        );
        ServiceError::new(Code::InvalidArgument, message)
    };
    let endpoint = Endpoint::from_shared(address.to_owned()).map_err(|error| refused(&error))?;
    let endpoint = endpoint
        .connect_timeout(config.connect_timeout)
        .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
        .keep_alive_while_idle(true);
    match endpoint.uri().scheme_str() {
        Some("http") => Ok(endpoint.connect_lazy()),
        Some("https") => {
            let tls = match &config.tls {
                Some(tls) => tls.clone(),
                None => ClientTls::new(None, None).map_err(|error| refused(&error))?,
            };
            Ok(endpoint
                .connect_with_connector_lazy(service_fn(move |uri| encrypted(tls.clone(), uri))))
        }
        Some(scheme) => Err(refused(&format_args!("`{scheme}` is not supported"))),
        None => Err(refused(&"it has no scheme")),
    }
}

/// A connection to the machine of an address, by TLS.
async fn encrypted(
    tls: ClientTls,
    uri: Uri,
) -> io::Result<TokioIo<tokio_rustls::client::TlsStream<TcpStream>>> {
    let host = uri.host().unwrap_or_default();
    // Addresses of version 6 have brackets in addresses of the web, and in no certificate.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = uri.port_u16().unwrap_or(HTTPS_PORT);
    let stream = TcpStream::connect((host, port)).await?;
    // Questions are small and awaited: they must not be delayed for more data to send.
    stream.set_nodelay(true)?;
    Ok(TokioIo::new(tls.connect(host, stream).await?))
}
