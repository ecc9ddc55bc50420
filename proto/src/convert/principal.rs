//! Principals as metadata of calls.

use std::collections::BTreeMap;

use prost::Message as _;

use crate::error::{Code, ServiceError};
use crate::principal::{Principal, PrincipalKind};
use crate::wire;

/// The largest size of a principal in bytes: thousands of groups. Connections mostly allow less for the headers of a
/// call.
const MAX_BYTES: usize = 64 << 10;

/// The bytes for [`PRINCIPAL_METADATA`](crate::PRINCIPAL_METADATA).
pub fn principal_to_bytes(principal: &Principal) -> Vec<u8> {
    let claims = principal.claims.iter();
    let claims =
        claims.map(|(name, values)| wire::Claim { name: name.clone(), values: values.clone() });
    let message = wire::Principal {
        name: principal.name.clone(),
        kind: match principal.kind {
            PrincipalKind::User => wire::PrincipalKind::User,
            PrincipalKind::Key => wire::PrincipalKind::Key,
            PrincipalKind::Service => wire::PrincipalKind::Service,
            PrincipalKind::Gateway => wire::PrincipalKind::Gateway,
        }
        .into(),
        groups: principal.groups.clone(),
        claims: claims.collect(),
    };
    message.encode_to_vec()
}

/// The principal in those bytes.
///
/// # Errors
///
/// [`Code::Unauthenticated`] for bytes that are not a principal: no message, no name, an unknown kind, a claim twice.
pub fn principal_from_bytes(bytes: &[u8]) -> Result<Principal, ServiceError> {
    let wrong = |what: &str| {
        let message = format!("the principal cannot be read: {what}");
        ServiceError::new(Code::Unauthenticated, message)
    };
    if bytes.len() > MAX_BYTES {
        return Err(wrong("it is too long"));
    }
    let message = wire::Principal::decode(bytes).map_err(|_| wrong("it is not a message"))?;
    let kind = match message.kind() {
        wire::PrincipalKind::User => PrincipalKind::User,
        wire::PrincipalKind::Key => PrincipalKind::Key,
        wire::PrincipalKind::Service => PrincipalKind::Service,
        wire::PrincipalKind::Gateway => PrincipalKind::Gateway,
        wire::PrincipalKind::Unspecified => return Err(wrong("its kind is unknown")),
    };
    if message.name.is_empty() {
        return Err(wrong("it has no name"));
    }
    let mut claims = BTreeMap::new();
    for wire::Claim { name, values } in message.claims {
        if claims.insert(name, values).is_some() {
            return Err(wrong("a claim occurs twice"));
        }
    }
    Ok(Principal { name: message.name, kind, groups: message.groups, claims })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_survive_the_wire() {
        for kind in PrincipalKind::ALL {
            let principal = Principal {
                groups: vec!["analysts".to_owned(), String::new()],
                claims: BTreeMap::from([
                    ("department".to_owned(), vec!["media".to_owned(), "kr".to_owned()]),
                    ("empty".to_owned(), Vec::new()),
                ]),
                ..Principal::new(kind, "ann@example.com")
            };
            assert_eq!(principal_from_bytes(&principal_to_bytes(&principal)).unwrap(), principal);
        }
    }

    #[test]
    fn what_is_no_principal_is_nobody() {
        let nameless = principal_to_bytes(&Principal::new(PrincipalKind::User, ""));
        let unknown = wire::Principal { name: "a".to_owned(), kind: 9, ..Default::default() };
        let claim = wire::Claim { name: "a".to_owned(), values: Vec::new() };
        let twice = wire::Principal {
            name: "a".to_owned(),
            kind: wire::PrincipalKind::User.into(),
            claims: vec![claim.clone(), claim],
            ..Default::default()
        };
        for bytes in [
            Vec::new(),
            vec![0xff; 8],
            vec![0; MAX_BYTES + 1],
            nameless,
            unknown.encode_to_vec(),
            twice.encode_to_vec(),
        ] {
            let error = principal_from_bytes(&bytes).unwrap_err();
            assert_eq!(error.code, Code::Unauthenticated, "{error}");
        }
    }
}
