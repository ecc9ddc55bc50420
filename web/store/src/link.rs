//! Short links: for addresses that are too long, or that are sent with the numbers that were seen.

use jiff::Timestamp;
use xxhash_rust::xxh3::Xxh3;

use crate::error::StoreError;
use crate::limits::{
    MAX_ANSWER_BYTES, MAX_ANSWERS, MAX_NAME_BYTES, check_address, check_bytes, check_count,
    check_size,
};

/// A state of a page under a short id. Always true: the id is derived from the contents, which never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Thirteen letters and digits.
    pub id: String,
    /// The page and its state.
    pub address: String,
    /// The snapshot that the numbers are from.
    pub snapshot: Option<i64>,
    /// The numbers that were seen; none for a link that only shortens an address.
    pub answers: Vec<LinkAnswer>,
    /// Who made it.
    pub owner: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An answer as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkAnswer {
    /// The page's name for it.
    pub name: String,
    /// How many of its measures were requested by name.
    pub n_named: u32,
    /// The answer, in the gateway's encoding.
    pub body: Vec<u8>,
}

/// The contents of a link to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkDraft {
    /// The page and its state.
    pub address: String,
    /// The snapshot that the numbers are from.
    pub snapshot: Option<i64>,
    /// The numbers that were seen.
    pub answers: Vec<LinkAnswer>,
}

impl LinkDraft {
    pub(crate) fn checked(self) -> Result<Self, StoreError> {
        check_address(&self.address)?;
        check_count("answers", self.answers.len(), MAX_ANSWERS)?;
        for answer in &self.answers {
            check_bytes("name", &answer.name, MAX_NAME_BYTES)?;
        }
        let n_bytes = self.answers.iter().map(|answer| answer.body.len()).sum();
        check_size("answers", n_bytes, MAX_ANSWER_BYTES)?;
        Ok(self)
    }

    /// Whether it only shortens an address.
    pub(crate) fn is_automatic(&self) -> bool {
        self.answers.is_empty()
    }

    /// The id of these contents. If two different links collide, another attempt gives another id.
    pub(crate) fn id(&self, dataset: &str, owner: &str, attempt: u32) -> String {
        let mut hash = Xxh3::new();
        let mut part = |bytes: &[u8]| {
            hash.update(&(bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        part(dataset.as_bytes());
        part(owner.as_bytes());
        part(self.address.as_bytes());
        part(&self.snapshot.unwrap_or(-1).to_le_bytes());
        for answer in &self.answers {
            part(answer.name.as_bytes());
            part(&answer.n_named.to_le_bytes());
            part(&answer.body);
        }
        part(&attempt.to_le_bytes());
        letters(hash.digest())
    }
}

/// A number in Crockford's base 32, in which no two letters look alike: five bits per letter.
fn letters(number: u64) -> String {
    const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let letter = |place: u32| char::from(LETTERS[((number >> (5 * place)) & 31) as usize]);
    (0..13).rev().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_thirteen_letters_and_differ_with_what_is_said() {
        assert_eq!(letters(0), "0000000000000");
        assert_eq!(letters(u64::MAX), "fzzzzzzzzzzzz");
        let draft = LinkDraft { address: "/".to_owned(), snapshot: Some(41), answers: Vec::new() };
        let own = draft.id("media", "local", 0);
        assert_eq!(own, draft.clone().id("media", "local", 0));
        let answer = LinkAnswer { name: "table".to_owned(), n_named: 1, body: vec![1] };
        for other in [
            draft.id("media", "local", 1),
            draft.id("media", "ada", 0),
            draft.id("medial", "ocal", 0),
            LinkDraft { snapshot: None, ..draft.clone() }.id("media", "local", 0),
            LinkDraft { address: "/compare".to_owned(), ..draft.clone() }.id("media", "local", 0),
            LinkDraft { answers: vec![answer], ..draft.clone() }.id("media", "local", 0),
        ] {
            assert_ne!(other, own);
        }
    }
}
