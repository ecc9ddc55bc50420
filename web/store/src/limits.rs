//! How much may be stored. Anything over a limit is refused, naming its value.

use crate::error::StoreError;

/// The longest name of a view. Lists show some forty letters of it.
pub const MAX_NAME_BYTES: usize = 200;
/// The longest text of an annotation, or note of an acknowledgement: a paragraph.
pub const MAX_TEXT_BYTES: usize = 2_000;
/// The longest address: a filter of some 20,000 values.
pub const MAX_ADDRESS_BYTES: usize = 512 << 10;
/// The most answers of one link: those of a page.
pub const MAX_ANSWERS: usize = 8;
/// The most bytes of all answers of one link. A hundred rows of six measures take some 30 KiB.
pub const MAX_ANSWER_BYTES: usize = 1 << 20;

/// The most outliers of one visit: far more than a page of them, some 300 KiB.
pub const MAX_LISTED: usize = 5_000;

/// Limits of the whole store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreLimits {
    /// The largest file, in bytes; what does not fit is refused. Default: 1 GiB.
    pub file_bytes: u64,
    /// Views of one person in one dataset. Default: 1,000.
    pub max_views: usize,
    /// Annotations of one dataset. Default: 5,000.
    pub max_annotations: usize,
    /// Links of one dataset that were sent with their numbers; more are refused. Default: 10,000. The same number of
    /// links that only shorten an address is kept, the most recently used ones.
    pub max_links: usize,
    /// Acknowledgements of outliers of one dataset: twenty a day for more than a year. Default: 10,000.
    pub max_acknowledgements: usize,
    /// Mutes of one person in one dataset. Default: 1,000.
    pub max_mutes: usize,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self {
            file_bytes: 1 << 30,
            max_views: 1_000,
            max_annotations: 5_000,
            max_links: 10_000,
            max_acknowledgements: 10_000,
            max_mutes: 1_000,
        }
    }
}

/// Rejects text that is empty, too long, or contains characters that no line shows.
pub(crate) fn check_bytes(part: &'static str, text: &str, limit: usize) -> Result<(), StoreError> {
    if text.is_empty() {
        return Err(StoreError::Empty { part });
    }
    if text.chars().any(|letter| letter.is_control() && letter != '\n') {
        return Err(StoreError::Unreadable { part });
    }
    check_size(part, text.len(), limit)
}

pub(crate) fn check_size(part: &'static str, value: usize, limit: usize) -> Result<(), StoreError> {
    if value > limit { Err(StoreError::TooLarge { part, value, limit }) } else { Ok(()) }
}

pub(crate) fn check_count(
    part: &'static str,
    value: usize,
    limit: usize,
) -> Result<(), StoreError> {
    if value > limit { Err(StoreError::TooMany { part, value, limit }) } else { Ok(()) }
}

/// Rejects an address that is not one of a page here: it has to begin with exactly one slash, so that it cannot lead to
/// another site.
pub(crate) fn check_address(address: &str) -> Result<(), StoreError> {
    check_size("address", address.len(), MAX_ADDRESS_BYTES)?;
    let is_here = address.starts_with('/') && !address.starts_with("//");
    let is_plain = address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_here && is_plain { Ok(()) } else { Err(StoreError::NoAddress) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_of_a_page_here() {
        for address in ["/", "/?country.any=DE,US", "/titles/Dune%20%2F?last=7", "/a//b"] {
            assert!(check_address(address).is_ok(), "{address}");
        }
        for address in [
            "",
            "x",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a b",
            "/é",
            "/\n",
        ] {
            assert!(matches!(check_address(address), Err(StoreError::NoAddress)), "{address}");
        }
        let long = format!("/{}", "x".repeat(MAX_ADDRESS_BYTES));
        let error = check_address(&long).unwrap_err();
        assert_eq!(error.to_string(), "address: 524289 bytes; at most 524288 are kept");
    }
}
