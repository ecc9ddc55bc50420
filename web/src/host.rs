//! Which hosts a request may name. A page of another site reaches a gateway on the reader's own machine
//! by resolving its own name to it (DNS rebinding); such a request names that site as its host.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::Response;
use clio_proto::{Code, ServiceError};

use crate::clients::Ends;
use crate::error::refusal;
use crate::gateway::Gateway;

/// Answers 421 to a request that names no host, several, or one that is not ours.
pub(crate) async fn check(
    State(gateway): State<Arc<Gateway>>,
    request: Request,
    next: Next,
) -> Response {
    let local = request.extensions().get::<Ends>().map(|ends| ends.local);
    let host = named_host(request.headers(), request.uri());
    if host.is_some_and(|host| is_ours(&host, local, &gateway.config.allowed_hosts)) {
        return next.run(request).await;
    }
    let message = "the request must name this gateway as its host, once; whoever runs it allows a \
                   name with `--allow-host NAME`";
    let error = ServiceError::new(Code::InvalidArgument, message);
    refusal(StatusCode::MISDIRECTED_REQUEST, &error)
}

/// The single host that a request names, without its port: in lower case, and for IPv6 without
/// brackets.
fn named_host(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let mut named = None;
    for host in headers.get_all(HOST) {
        let authority: Authority = host.to_str().ok()?.parse().ok()?;
        if named.replace(authority).is_some() {
            return None;
        }
    }
    // HTTP/2 has the host in the address, as a request to a proxy does; both must agree.
    let named = match (named, uri.authority()) {
        (Some(header), Some(address)) if header != *address => return None,
        (Some(one), _) => one,
        (None, one) => one?.clone(),
    };
    if named.as_str().contains('@') {
        return None;
    }
    Some(bare(named.host()))
}

fn bare(host: &str) -> String {
    host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase()
}

fn is_ours(host: &str, local: Option<IpAddr>, allowed: &[String]) -> bool {
    let address = host.parse::<IpAddr>().ok().map(|address| address.to_canonical());
    let is_local = address.is_some_and(|address| {
        address.is_loopback() || local.is_some_and(|local| local.to_canonical() == address)
    });
    is_local
        || host == "localhost"
        || allowed.iter().any(|name| host == bare(name) || same_address(name, address))
}

/// Whether a configured name is the given address, perhaps written differently.
fn same_address(name: &str, address: Option<IpAddr>) -> bool {
    address.is_some() && bare(name).parse().ok().map(|it: IpAddr| it.to_canonical()) == address
}

#[cfg(test)]
mod tests {
    use crate::config::GatewayConfig;
    use crate::testing::{TestServer, away, dashboard};

    async fn server() -> TestServer {
        let config = GatewayConfig {
            allowed_hosts: vec!["Clio.Example.com".to_owned(), "2001:db8::1".to_owned()],
            ..GatewayConfig::default()
        };
        TestServer::start_with(Err(away()), config, dashboard()).await
    }

    #[tokio::test]
    async fn no_foreign_page_reads_the_gateway_by_another_name() {
        let server = server().await;
        let port = server.address.port();
        for path in ["/", "/graphql", "/graphql/ws", "/healthz", "/graphiql", "/media/x", "/nope"] {
            for hosts in [
                "host: evil.example.com\r\n",
                "host: evil.example.com:8080\r\norigin: http://evil.example.com:8080\r\n",
                "",
                "host: localhost\r\nhost: evil.example.com\r\n",
                "host: localhost\r\nhost: localhost\r\n",
                "host: \r\n",
                "host: 192.0.2.1\r\n",
                "host: localhost.evil.example.com\r\n",
                "host: evil@localhost\r\n",
                "host: localhost:8080:9\r\n",
                "host: clio.example.com.evil.com\r\n",
            ] {
                let head = format!("GET {path} HTTP/1.1\r\n{hosts}connection: close\r\n\r\n");
                let reply = server.raw(head.as_bytes()).await;
                // What is no host at all, hyper refuses before us.
                assert!([421, 400].contains(&reply.status), "{path} {hosts}: {}", reply.status);
            }
        }
        let absolute = "GET http://evil.example.com/healthz HTTP/1.1\r\nhost: localhost\r\n\
                        connection: close\r\n\r\n";
        assert_eq!(server.raw(absolute.as_bytes()).await.status, 421);
        for host in [
            format!("127.0.0.1:{port}"),
            "localhost".to_owned(),
            "LOCALHOST:1".to_owned(),
            "[::1]:80".to_owned(),
            "clio.example.com:443".to_owned(),
            "[2001:db8:0::1]".to_owned(),
        ] {
            let head =
                format!("GET /healthz HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
            assert_eq!(server.raw(head.as_bytes()).await.status, 200, "{host}");
        }
    }

    /// HTTP/2 names the host as `:authority`, which must not pass where a header would not.
    #[tokio::test]
    async fn no_foreign_page_reads_it_over_http_2() {
        let server = server().await;
        let port = server.address.port();
        let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
        let (mut sender, connection) = h2::client::handshake(stream).await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(connection);
        let own = format!("127.0.0.1:{port}");
        for (authority, host, expected) in [
            (own.as_str(), None, 200),
            (own.as_str(), Some(own.as_str()), 200),
            ("clio.example.com", None, 200),
            ("evil.example.com", None, 421),
            ("evil.example.com", Some("localhost"), 421),
            (own.as_str(), Some("evil.example.com"), 421),
        ] {
            let mut request = axum::http::Request::get(format!("http://{authority}/healthz"));
            if let Some(host) = host {
                request = request.header("host", host);
            }
            sender = sender.ready().await.unwrap();
            let (answer, _) = sender.send_request(request.body(()).unwrap(), true).unwrap();
            assert_eq!(answer.await.unwrap().status(), expected, "{authority} {host:?}");
        }
    }
}
