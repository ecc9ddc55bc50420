//! Short links: an address that is too long to be one, or that is sent with the numbers that were seen.

use jiff::Timestamp;
use xxhash_rust::xxh3::Xxh3;

use crate::error::StoreError;
use crate::limits::{
    MAX_ANSWER_BYTES, MAX_ANSWERS, MAX_NAME_BYTES, check_address, check_bytes, check_count,
    check_size,
};

/// A state of a page under a short id. Always true: its id is made of all that it says, so that it never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Thirteen letters and digits.
    pub id: String,
    /// The page and its state.
    pub address: String,
    /// The snapshot whose numbers were seen.
    pub snapshot: Option<i64>,
    /// The numbers that were seen; none of a link that only makes an address short.
    pub answers: Vec<LinkAnswer>,
    /// Who made it.
    pub owner: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An answer as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkAnswer {
    /// What the page calls it.
    pub name: String,
    /// How many of its measures were asked for by their names.
    pub n_named: u32,
    /// The answer, in bytes that the gateway knows.
    pub body: Vec<u8>,
}

/// What a link is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkDraft {
    /// The page and its state.
    pub address: String,
    /// The snapshot whose numbers were seen.
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

    /// Whether it only makes an address short.
    pub(crate) fn is_automatic(&self) -> bool {
        self.answers.is_empty()
    }

    /// The id of what it says. Another attempt gives another id, for two that say different things by one.
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

/// A number in Crockford's letters, of which none looks like another: five bits each.
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
