//! Letters that Unicode does not decompose, and what people write for them who lack them on their keyboards.

/// The spelling of each lower-case letter, sorted by letter: after the transform `Latin-ASCII` of CLDR
/// (<https://github.com/unicode-org/cldr/blob/main/common/transforms/Latin-ASCII.xml>), its letters of alphabets in
/// use, its quotes and its dashes. Letters that NFKD decomposes, and upper-case letters, are not included.
const WRITTEN: [(char, &str); 65] = [
    ('ß', "ss"),
    ('æ', "ae"),
    ('ð', "d"),
    ('ø', "o"),
    ('þ', "th"),
    ('đ', "d"),
    ('ħ', "h"),
    ('ı', "i"),
    ('ĸ', "q"),
    ('ł', "l"),
    ('ŋ', "n"),
    ('œ', "oe"),
    ('ŧ', "t"),
    ('ƀ', "b"),
    ('ƃ', "b"),
    ('ƈ', "c"),
    ('ƌ', "d"),
    ('ƒ', "f"),
    ('ƙ', "k"),
    ('ƚ', "l"),
    ('ƞ', "n"),
    ('ƣ', "oi"),
    ('ƥ', "p"),
    ('ƫ', "t"),
    ('ƭ', "t"),
    ('ƴ', "y"),
    ('ƶ', "z"),
    ('ǥ', "g"),
    ('ȡ', "d"),
    ('ȥ', "z"),
    ('ȴ', "l"),
    ('ȵ', "n"),
    ('ȶ', "t"),
    ('ȷ', "j"),
    ('ȼ', "c"),
    ('ȿ', "s"),
    ('ɀ', "z"),
    ('ɇ', "e"),
    ('ɉ', "j"),
    ('ɋ', "q"),
    ('ɍ', "r"),
    ('ɏ', "y"),
    ('ɓ', "b"),
    ('ɖ', "d"),
    ('ɗ', "d"),
    ('ɛ', "e"),
    ('ɠ', "g"),
    ('ɨ', "i"),
    ('ɲ', "n"),
    ('ʈ', "t"),
    ('ʉ', "u"),
    ('ʋ', "v"),
    ('‐', "-"),
    ('‒', "-"),
    ('–', "-"),
    ('—', "-"),
    ('‘', "'"),
    ('’', "'"),
    ('‚', ","),
    ('‛', "'"),
    ('“', "\""),
    ('”', "\""),
    ('„', "\""),
    ('‟', "\""),
    ('ⱥ', "a"),
];

/// The spelling of a letter; `None` if it stands for itself.
pub(super) fn written(letter: char) -> Option<&'static str> {
    // Most letters are in other ranges.
    if !('ß'..='ⱥ').contains(&letter) {
        return None;
    }
    WRITTEN.binary_search_by_key(&letter, |(own, _)| *own).ok().map(|at| WRITTEN[at].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_sorted_and_small_and_written_in_ascii() {
        assert!(WRITTEN.is_sorted_by(|one, next| one.0 < next.0));
        for (letter, text) in WRITTEN {
            assert!(text.is_ascii() && !text.is_empty(), "{letter}");
            assert!(letter.to_lowercase().eq([letter]), "{letter}");
            assert_eq!(written(letter), Some(text));
        }
        assert_eq!([written('a'), written('é'), written('я'), written('한')], [None; 4]);
    }
}
