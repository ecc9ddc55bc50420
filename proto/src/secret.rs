//! A text that only its holders may know.

use std::fmt;

use subtle::ConstantTimeEq;

/// A secret: the token that gateway and serving share, an API key.
///
/// Always true: no log and no message shows it, since `Debug` hides it, and it has no `Display`.
///
/// ```
/// let secret = clio_proto::Secret::new("open sesame");
/// assert_eq!(format!("{secret:?}"), "Secret(…)");
/// assert!(secret.matches("open sesame") && !secret.matches("open sesam"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The smallest number of characters of a secret that people choose.
    pub const SHORTEST: usize = 32;

    /// From a text, unchanged.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// From a file's text, without the line break that editors leave at its end.
    ///
    /// # Errors
    ///
    /// It is shorter than [`Secret::SHORTEST`], or has characters that headers cannot have.
    pub fn of_file(text: &str) -> Result<Self, SecretError> {
        let text = text.trim();
        let n_chars = text.chars().count();
        if n_chars < Self::SHORTEST {
            return Err(SecretError::Short { n_chars });
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SecretError::Unprintable);
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether it is this text. Takes the same time whichever characters differ; only the length shows.
    pub fn matches(&self, shown: &str) -> bool {
        self.0.as_bytes().ct_eq(shown.as_bytes()).into()
    }

    /// The secret itself, for where it must be sent.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why a file does not hold a valid secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It could be guessed.
    #[error(
        "it has {n_chars} characters, and at least {} are needed; `openssl rand -hex 32` makes some",
        Secret::SHORTEST
    )]
    Short {
        /// The number of characters.
        n_chars: usize,
    },
    /// It contains blanks, line breaks or other special characters.
    #[error("it contains blanks or special characters; write one line of letters and digits")]
    Unprintable,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_text_matches() {
        let secret = Secret::of_file(&format!("{}\n", "a".repeat(40))).unwrap();
        assert!(secret.matches(&"a".repeat(40)));
        for other in [String::new(), "a".repeat(39), "a".repeat(41), format!("{}b", "a".repeat(39))]
        {
            assert!(!secret.matches(&other), "{other}");
        }
    }

    #[test]
    fn what_could_be_guessed_or_is_no_header_is_refused() {
        assert_eq!(Secret::of_file("short\n"), Err(SecretError::Short { n_chars: 5 }));
        for text in [format!("{} {}", "a".repeat(20), "b".repeat(20)), "ü".repeat(40)] {
            assert_eq!(Secret::of_file(&text), Err(SecretError::Unprintable));
        }
    }
}
