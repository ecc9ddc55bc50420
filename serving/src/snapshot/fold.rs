//! Strings folded for searching: without what people omit or write in several ways.

mod letters;

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;

/// A string without case, accents and variants of letters: `Große`, `GROSSE` and `grosse` become equal, and so do
/// `Café` with one letter or with a combining accent, `ﬁn` with a ligature and `ＣＡＦＥ` in full width; `Łódź` becomes
/// `lodz`, and `Ærø` becomes `aero`.
///
/// Compatibility decomposition (NFKD), without combining marks (all characters of a combining class), each letter
/// converted to upper and then to lower case, which turns ß into two letters and a final σ into an ordinary one.
/// Letters that have no decomposition, quotes and dashes become what people write for them (`letters`). In scripts
/// whose marks make other letters, such as the dakuten of kana, these become equal, too: a search finds more than was
/// meant rather than less.
pub(super) fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let (normalizer, classes) =
        (DecomposingNormalizerBorrowed::new_nfkd(), CanonicalCombiningClassMapBorrowed::new());
    // An upper-case letter may have a mark that its lower-case letter lacks, and vice versa.
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
