//! People authenticated by a proxy, which names them in headers.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName};
use clio_proto::{Code, Principal, PrincipalKind, ServiceError};

use super::config::ProxyConfig;

/// The maximum size of a name.
const MAX_NAME_BYTES: usize = 256;
/// The header with a proxy's secret.
const PROXY_SECRET: &str = "clio-proxy-secret";

impl ProxyConfig {
    /// The principal in the proxy's headers; `None` without them.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthenticated`] if the header does not come from a trusted proxy, or does not hold a valid name.
    pub(super) fn named(
        &self,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
    ) -> Result<Option<Principal>, ServiceError> {
        if !headers.contains_key(&self.user_header) {
            return Ok(None);
        }
        let refused = |what: &str| {
            let message = format!("`{}` {what}", self.user_header);
            Err(ServiceError::new(Code::Unauthenticated, message))
        };
        let is_trusted = peer.is_some_and(|peer| {
            let peer = peer.to_canonical();
            self.trusted.iter().any(|network| network.contains(&peer))
        });
        if !is_trusted {
            return refused("is believed only of the proxies that are listed as trusted");
        }
        if let Some(secret) = &self.secret {
            let shown = single(headers, &HeaderName::from_static(PROXY_SECRET));
            if !shown.is_some_and(|shown| secret.matches(shown)) {
                return refused("is believed only of a proxy that shows its secret");
            }
        }
        let name = single(headers, &self.user_header).map(str::trim);
        let Some(name) = name.filter(|name| (1..=MAX_NAME_BYTES).contains(&name.len())) else {
            return refused("must name one person, in at most 256 letters of ASCII");
        };
        let mut principal = Principal::new(PrincipalKind::User, name);
        for groups in headers.get_all(&self.groups_header) {
            let Ok(groups) = groups.to_str() else {
                return refused("comes with groups that cannot be read");
            };
            let groups = groups.split(',').map(str::trim).filter(|group| !group.is_empty());
            principal.groups.extend(groups.map(str::to_owned));
        }
        Ok(Some(principal))
    }
}

/// The value of a header that occurs once.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clio_proto::Secret;

    use super::*;

    fn proxies() -> ProxyConfig {
        ProxyConfig::new(vec!["10.1.0.0/16".parse().unwrap(), "::1/128".parse().unwrap()])
    }

    fn headers(all: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in all {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, value.parse().unwrap());
        }
        headers
    }

    fn peer(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_listed_proxy_names_a_person_and_their_groups() {
        let all = headers(&[
            ("x-forwarded-user", "ann@example.com"),
            ("x-forwarded-groups", "analysts, ops,"),
            ("x-forwarded-groups", "kr"),
        ]);
        for from in ["10.1.2.3", "::ffff:10.1.2.3", "::1"] {
            let ann = proxies().named(&all, peer(from)).unwrap().unwrap();
            assert_eq!((ann.kind, ann.name.as_str()), (PrincipalKind::User, "ann@example.com"));
            assert_eq!(ann.groups, ["analysts", "ops", "kr"], "{from}");
        }
        assert_eq!(proxies().named(&headers(&[]), peer("10.1.2.3")), Ok(None));
    }

    #[test]
    fn others_name_nobody() {
        let ann = headers(&[("x-forwarded-user", "ann@example.com")]);
        for from in ["10.2.0.1", "192.0.2.1", "::ffff:10.2.0.1", "127.0.0.1"] {
            let error = proxies().named(&ann, peer(from)).unwrap_err();
            assert_eq!(error.code, Code::Unauthenticated);
            assert!(error.message.contains("listed as trusted"), "{error}");
        }
        assert!(proxies().named(&ann, None).is_err());
    }

    #[test]
    fn what_names_nobody_in_particular_is_refused() {
        let long = "a".repeat(257);
        for all in [
            &[("x-forwarded-user", "")][..],
            &[("x-forwarded-user", "  ")],
            &[("x-forwarded-user", &long)],
            &[("x-forwarded-user", "ann"), ("x-forwarded-user", "bob")],
        ] {
            assert!(proxies().named(&headers(all), peer("10.1.2.3")).is_err(), "{all:?}");
        }
    }

    #[test]
    fn a_secret_tells_the_proxy_from_its_neighbours() {
        let proxies = ProxyConfig { secret: Some(Secret::new("open sesame")), ..proxies() };
        let ann = ("x-forwarded-user", "ann");
        let named = |all: &[(&str, &str)]| proxies.named(&headers(all), peer("10.1.2.3"));
        assert!(named(&[ann]).is_err());
        assert!(named(&[ann, (PROXY_SECRET, "open sesam")]).is_err());
        assert!(named(&[ann, (PROXY_SECRET, "open sesame")]).unwrap().is_some());
    }
}
