//! The origin of requests according to their browsers, and the addresses of the local machine.

use std::net::IpAddr;

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Uri};

/// The origin of the page that sends the request, if it is neither our own nor an allowed one.
pub(crate) fn foreign_origin(headers: &HeaderMap, allowed: &[String]) -> Option<String> {
    let origin = headers.get(ORIGIN)?.to_str().unwrap_or("unreadable");
    let own = headers.get(HOST).and_then(|host| host.to_str().ok());
    let authority = origin.parse::<Uri>().ok().and_then(|uri| uri.authority().cloned());
    let is_own = authority.is_some_and(|authority| own == Some(authority.as_str()));
    (!is_own && !allowed.iter().any(|one| one == origin)).then(|| origin.to_owned())
}

/// Whether the browser reports that a page of another site sent the request, and its origin is not an allowed one.
pub(crate) fn is_cross_site(headers: &HeaderMap, allowed: &[String]) -> bool {
    let is_foreign = headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
    is_foreign && !origin.is_some_and(|origin| allowed.iter().any(|one| one == origin))
}

/// Whether an address is reachable only from the local machine.
pub fn is_loopback(address: IpAddr) -> bool {
    let address = address.to_canonical();
    address.is_loopback()
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_this_machine_is_loopback() {
        for (address, expected) in [
            ("127.0.0.1", true),
            ("127.8.9.1", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("0.0.0.0", false),
            ("::", false),
            ("192.168.1.2", false),
            ("::ffff:10.0.0.1", false),
        ] {
            assert_eq!(super::is_loopback(address.parse().unwrap()), expected, "{address}");
        }
    }
}
