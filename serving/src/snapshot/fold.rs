//! Texts as they are searched: without what people leave out or write in several ways.

mod letters;

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;

/// A text without case, accents and forms of one letter: `Große`, `GROSSE` and `grosse` are one, and so are `Café` with a letter
/// and an accent, `ﬁn` with a ligature and `ＣＡＦＥ` in full width; `Łódź` is `lodz`, and `Ærø` is `aero`.
///
/// Compatibility decomposition (NFKD), without combining marks (all characters of a combining class), each letter by way of its
/// capital to its small one, which makes ß two letters and the σ at the end of a word one as any other. Letters that nothing
/// decomposes, quotes and dashes are what people write for them (`letters`). In scripts whose
/// marks make other letters, such as the dakuten of kana, these are one, too: a search finds more than was meant rather than less.
pub(super) fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let (normalizer, classes) =
        (DecomposingNormalizerBorrowed::new_nfkd(), CanonicalCombiningClassMapBorrowed::new());
    // A capital may have a mark that its small letter has not, and the other way round.
    let decomposed = |text: &str| -> String {
        let letters = normalizer.normalize_iter(text.chars());
        letters.filter(|letter| classes.get_u8(*letter) == 0).collect()
    };
    let small = |letter: char| {
        letter.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
    };
    let folded: String = decomposed(text).chars().flat_map(small).collect();
    let mut written = String::with_capacity(folded.len());
    for letter in decomposed(&folded).chars() {
        match letters::written(letter) {
            Some(text) => written.push_str(text),
            None => written.push(letter),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_in_several_ways_is_one() {
        for (texts, expected) in [
            (&["Große", "GROSSE", "große", "GROẞE"][..], "grosse"),
            (&["Café", "Cafe\u{301}", "CAFÉ", "ＣＡＦＥ"], "cafe"),
            (&["ﬁn", "FIN"], "fin"),
            (&["Ångström", "\u{212b}ngstro\u{308}m", "angstrom"], "angstrom"),
            (&["ΣΊΣΥΦΟΣ", "Σίσυφος", "σισυφοσ"], "σισυφοσ"),
            (&["İstanbul", "istanbul", "ISTANBUL"], "istanbul"),
            (&["Łódź", "ŁÓDŹ", "lodz"], "lodz"),
            (&["Ærø", "ÆRØ", "ǣrø\u{301}", "aero"], "aero"),
            (&["Đorđe", "ÐORÐE", "dorde"], "dorde"),
            (&["ısı", "ISI", "isi"], "isi"),
            (&["Œuvre", "oeuvre"], "oeuvre"),
            (&["Þór", "thor"], "thor"),
            (&["L’été – “nuit”", "l'ete - \"nuit\""], "l'ete - \"nuit\""),
            (&["Ёлка", "елка"], "елка"),
            (&["한국"], "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}"),
            (&["№ 1"], "no 1"),
            (&["½"], "1\u{2044}2"),
            (&["\u{301}"], ""),
            (&[""], ""),
        ] {
            for text in texts {
                assert_eq!(folded(text), expected, "{text}");
                assert_eq!(folded(&folded(text)), expected, "{text}");
            }
        }
    }
}
