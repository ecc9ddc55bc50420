//! Tokens: signed JSON (RFC 7519, compact serialization of RFC 7515), parsed without trusting anything before the
//! signature is verified.
//!
//! Only `alg` and `kid` of the header are used, to find the key among the provider's own: keys and addresses of keys in
//! the token itself (`jwk`, `jku`, `x5u`) are ignored.
//!
//! Signatures are verified by `aws-lc-rs`, the cryptography provider that rustls uses as well. The crate `jsonwebtoken`
//! would do the same as this file and `jwk.rs`, with the same provider, but enables features of `aws-lc-rs` and
//! `zeroize` that change the build of everything above rustls, including the engine. To adopt it, replace these two
//! files and keep their tests.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::jwk::{Algorithm, PublicKey};

/// The maximum size of a token: connections allow not much more for all headers.
const MAX_BYTES: usize = 32 << 10;

/// Why a token is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum TokenError {
    #[error("it is no signed token of three parts")]
    Shape,
    #[error("it is signed by another algorithm than RS256 or ES256, or not at all")]
    Algorithm,
    #[error("its header asks for what is not supported")]
    Critical,
    #[error("no key of the provider has signed it")]
    Signature,
}

/// A token whose signature has not been verified yet.
#[derive(Debug)]
pub(super) struct Unverified<'a> {
    algorithm: Algorithm,
    key_id: Option<String>,
    /// The signed part.
    message: &'a str,
    signature: Vec<u8>,
}

#[derive(Deserialize)]
struct RawHeader {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

impl<'a> Unverified<'a> {
    /// Parses a token.
    pub(super) fn parse(token: &'a str) -> Result<Self, TokenError> {
        if token.len() > MAX_BYTES {
            return Err(TokenError::Shape);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Shape)?;
        let (header, payload) = message.split_once('.').ok_or(TokenError::Shape)?;
        if payload.contains('.') {
            return Err(TokenError::Shape);
        }
        let header = decoded(header)?;
        let header: RawHeader = serde_json::from_slice(&header).map_err(|_| TokenError::Shape)?;
        let algorithm = Algorithm::of_name(&header.alg).ok_or(TokenError::Algorithm)?;
        // No critical extensions are supported.
        if header.crit.is_some() {
            return Err(TokenError::Critical);
        }
        Ok(Self { algorithm, key_id: header.kid, message, signature: decoded(signature)? })
    }

    /// Whether the token's header and the key allow that the key signed it.
    pub(super) fn may_be_of(&self, key: &PublicKey) -> bool {
        let is_named = match (&self.key_id, &key.id) {
            (Some(own), Some(other)) => own == other,
            // A provider with one key need not name it.
            _ => true,
        };
        is_named && key.algorithm() == self.algorithm
    }

    /// The token's claims, if one of these keys signed it.
    pub(super) fn verify(self, keys: &[PublicKey]) -> Result<Map<String, Value>, TokenError> {
        let mut keys = keys.iter().filter(|key| self.may_be_of(key));
        if !keys.any(|key| key.has_signed(self.message.as_bytes(), &self.signature)) {
            return Err(TokenError::Signature);
        }
        let (_, payload) = self.message.split_once('.').ok_or(TokenError::Shape)?;
        serde_json::from_slice(&decoded(payload)?).map_err(|_| TokenError::Shape)
    }
}

fn decoded(part: &str) -> Result<Vec<u8>, TokenError> {
    BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Shape)
}

#[cfg(test)]
mod tests;
