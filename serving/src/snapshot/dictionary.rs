//! Numbers for strings, and numbers for sets of such numbers.
//!
//! Both only ever grow, and a string or set keeps its number: so chunks loaded at different times share codes, and a
//! filter or a group is evaluated once for all of them. What no chunk uses any more stays until the next start.

use std::collections::HashMap;
use std::hash::{Hash as _, Hasher};
use std::sync::Arc;

/// The code of the null member, of a missing attribute, and of the empty set.
pub(crate) const NULL: u32 = 0;

/// Strings by code, and codes by string. Code 0 is [`NULL`].
///
/// Takes about 60 bytes per string besides its characters.
#[derive(Debug, Clone)]
pub(crate) struct Dictionary {
    texts: Vec<Arc<str>>,
    codes: HashMap<Arc<str>, u32>,
    text_bytes: usize,
}

impl Dictionary {
    pub(crate) fn new() -> Self {
        Self { texts: vec![Arc::from("")], codes: HashMap::new(), text_bytes: 0 }
    }

    /// The number of codes in use, including [`NULL`]: each is below this.
    pub(crate) fn n_codes(&self) -> usize {
        self.texts.len()
    }

    /// The code of a string, if it has one.
    pub(crate) fn code(&self, text: &str) -> Option<u32> {
        self.codes.get(text).copied()
    }

    /// The string of a code; `None` for [`NULL`].
    pub(crate) fn text(&self, code: u32) -> Option<&str> {
        if code == NULL { None } else { Some(&self.texts[code as usize]) }
    }

    /// The code of a string, a new one if it has none.
    pub(crate) fn intern(&mut self, text: &str) -> u32 {
        if let Some(code) = self.codes.get(text) {
            return *code;
        }
        let code = u32::try_from(self.texts.len()).expect("4 billion texts do not fit in memory");
        let text: Arc<str> = Arc::from(text);
        self.text_bytes += text.len();
        self.texts.push(Arc::clone(&text));
        self.codes.insert(text, code);
        code
    }

    /// Every code except [`NULL`] with its string.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &str)> {
        (0_u32..).zip(&self.texts).skip(1).map(|(code, text)| (code, &**text))
    }

    /// Adds every text to a sum.
    pub(super) fn add_to(&self, sum: &mut impl Hasher) {
        self.texts.hash(sum);
    }

    pub(crate) fn size_bytes(&self) -> usize {
        // A string's header in memory holds two counters; a slot of the map holds a code and one more byte.
        let per_text = 2 * size_of::<usize>();
        self.texts.capacity() * size_of::<Arc<str>>()
            + self.codes.capacity() * (size_of::<(Arc<str>, u32)>() + 1)
            + self.texts.len() * per_text
            + self.text_bytes
    }
}

/// Sets of codes by code, and codes by set. Code 0 is the empty set.
#[derive(Debug, Clone)]
pub(crate) struct SetDictionary {
    /// Set `i` is `members[offsets[i]..offsets[i + 1]]`, sorted.
    offsets: Vec<usize>,
    members: Vec<u32>,
    codes: HashMap<Box<[u32]>, u32>,
}

impl SetDictionary {
    pub(crate) fn new() -> Self {
        let codes = HashMap::from([(Box::from([]), NULL)]);
        Self { offsets: vec![0, 0], members: Vec::new(), codes }
    }

    /// The number of codes in use: each is below this.
    pub(crate) fn n_codes(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The members of a set, sorted by code.
    pub(crate) fn members(&self, code: u32) -> &[u32] {
        let code = code as usize;
        &self.members[self.offsets[code]..self.offsets[code + 1]]
    }

    /// The code of a set, a new one if it has none. The members must be sorted and distinct.
    pub(crate) fn intern(&mut self, members: &[u32]) -> u32 {
        debug_assert!(members.is_sorted_by(|a, b| a < b));
        if let Some(code) = self.codes.get(members) {
            return *code;
        }
        let code = u32::try_from(self.n_codes()).expect("4 billion sets do not fit in memory");
        self.members.extend_from_slice(members);
        self.offsets.push(self.members.len());
        self.codes.insert(Box::from(members), code);
        code
    }

    pub(crate) fn size_bytes(&self) -> usize {
        self.offsets.capacity() * size_of::<usize>()
            + self.members.capacity() * size_of::<u32>()
            + self.codes.capacity() * (size_of::<(Box<[u32]>, u32)>() + 1)
            + self.members.len() * size_of::<u32>()
    }
}

/// The meaning of the codes of one dimension's column.
#[derive(Debug, Clone)]
pub(crate) struct Vocabulary {
    /// The dimension's members.
    pub(crate) members: Dictionary,
    /// The sets of members, if a cell holds a set: then a cell's code is that of a set.
    pub(crate) sets: Option<SetDictionary>,
}

impl Vocabulary {
    pub(crate) fn new(multi: bool) -> Self {
        Self { members: Dictionary::new(), sets: multi.then(SetDictionary::new) }
    }

    /// The number of codes that a cell may have: each is below this.
    pub(crate) fn n_cell_codes(&self) -> usize {
        self.sets.as_ref().map_or(self.members.n_codes(), SetDictionary::n_codes)
    }

    /// Adds every text and set to a sum.
    pub(super) fn add_to(&self, sum: &mut impl Hasher) {
        self.members.add_to(sum);
        if let Some(SetDictionary { offsets, members, codes: _ }) = &self.sets {
            offsets.hash(sum);
            members.hash(sum);
        }
    }

    pub(crate) fn size_bytes(&self) -> usize {
        self.members.size_bytes() + self.sets.as_ref().map_or(0, SetDictionary::size_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_keep_their_codes() {
        let mut dictionary = Dictionary::new();
        let us = dictionary.intern("US");
        let empty = dictionary.intern("");
        assert_eq!((us, empty), (1, 2));
        assert_eq!(dictionary.intern("US"), us);
        assert_eq!(dictionary.code(""), Some(empty), "the empty text is a member, not null");
        assert_eq!(dictionary.text(empty), Some(""));
        assert_eq!(dictionary.text(NULL), None);
        assert_eq!(dictionary.code("DE"), None);
        assert_eq!(dictionary.iter().collect::<Vec<_>>(), [(1, "US"), (2, "")]);
        assert!(dictionary.size_bytes() > 100);
    }

    #[test]
    fn sets_keep_their_codes_and_the_empty_one_is_null() {
        let mut sets = SetDictionary::new();
        assert_eq!(sets.intern(&[]), NULL);
        let pair = sets.intern(&[1, 3]);
        let one = sets.intern(&[3]);
        assert_eq!(sets.intern(&[1, 3]), pair);
        assert_eq!(sets.members(pair), [1, 3]);
        assert_eq!(sets.members(one), [3]);
        assert!(sets.members(NULL).is_empty());
        assert_eq!(sets.n_codes(), 3);
    }
}
