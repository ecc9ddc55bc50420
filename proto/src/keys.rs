//! API keys, by which programs prove who they are.
//!
//! ```text
//! clio_3f9a…    prefix and 256 random bits; shown once, when the key is made
//!    └─ SHA-256 ──▶ the file of keys: name, hash, created, expires, revoked
//! ```
//!
//! The hash needs neither salt nor many rounds: nobody can try 2²⁵⁶ values. Gateway and serving read the same file.

mod file;
mod ring;

use std::fmt::Write as _;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::error::{Code, ServiceError};
use crate::secret::Secret;

pub use file::{KeyFile, KeyFileError};
pub use ring::KeyRing;

/// The prefix of every key, by which people and scanners for leaked secrets recognise it.
pub const KEY_PREFIX: &str = "clio_";

/// A key as stored in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its name in roles: `key:NAME`.
    pub name: String,
    /// The SHA-256 of the whole key, including its prefix.
    pub sha256: [u8; 32],
    /// When it was made.
    pub created: Timestamp,
    /// When it expires; never if `None`.
    pub expires: Option<Timestamp>,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

impl ApiKey {
    /// A key made of 256 random bits, and the secret for its holder.
    pub fn new(
        name: &str,
        random: &[u8; 32],
        created: Timestamp,
        expires: Option<Timestamp>,
    ) -> (Self, Secret) {
        let text = format!("{KEY_PREFIX}{}", hex(random));
        let sha256 = Sha256::digest(&text).into();
        (Self { name: name.to_owned(), sha256, created, expires, revoked: None }, Secret::new(text))
    }

    /// Whether it is valid at a time.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|expires| now < expires)
    }
}

/// Whether a text can be the name of a key.
pub fn is_key_name(name: &str) -> bool {
    let is_plain = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.')
    };
    (1..=64).contains(&name.len())
        && name.bytes().all(is_plain)
        && name.as_bytes()[0].is_ascii_alphanumeric()
}

/// The valid key that matches a secret, among some. Takes the same time for every secret of the same length: the time
/// does not reveal which key it is, or whether it is one at all.
/// at all, does not show in the time.
pub(crate) fn key_of<'a>(
    keys: impl IntoIterator<Item = &'a ApiKey>,
    shown: &str,
    now: Timestamp,
) -> Result<&'a ApiKey, ServiceError> {
    let sha256: [u8; 32] = Sha256::digest(shown).into();
    let mut found = None;
    for key in keys {
        if bool::from(key.sha256.ct_eq(&sha256)) {
            found = Some(key);
        }
    }
    // One message for all cases: whether a key existed is nobody's business.
    found.filter(|key| key.is_valid(now)).ok_or_else(|| {
        let message = "the API key is unknown, expired or revoked; ask those who run Clio for one";
        ServiceError::new(Code::Unauthenticated, message)
    })
}

/// Bytes as lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bytes from hexadecimal digits.
fn of_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests;
