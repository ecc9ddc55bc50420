//! What TOML files written by people have in common: lines, syntax, and suggestions for misspelled names.

use toml::Spanned;
use toml::de::DeTable;

/// One problem of such a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TomlProblem {
    /// The line, counted from 1.
    pub line: usize,
    /// The key, as a dotted path (`measure.viewers.of`); empty if the text is not TOML.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// How to fix it.
    pub mend: String,
}

/// Parses a text into values that know their position.
///
/// # Errors
///
/// All syntax errors, one problem per line.
pub fn parse_toml(text: &str) -> Result<Spanned<DeTable<'_>>, Vec<TomlProblem>> {
    let (root, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(root);
    }
    let mut problems: Vec<TomlProblem> = Vec::new();
    for error in &errors {
        let line = line_at(text, error.span().map_or(0, |span| span.start));
        // Further errors on the same line mostly follow from the first one.
        if problems.last().is_some_and(|last| line <= last.line) {
            continue;
        }
        let mend = if error.message() == "duplicate key" {
            "keep one of them"
        } else {
            "correct it; texts need quotes, and lists and names of tables need brackets"
        };
        problems.push(TomlProblem {
            line,
            key: String::new(),
            what: format!("this is not TOML: {}", error.message()),
            mend: mend.to_owned(),
        });
    }
    Err(problems)
}

/// The line of a position in a text, counted from 1.
pub fn line_at(text: &str, offset: usize) -> usize {
    let before = &text.as_bytes()[..offset.min(text.len())];
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

/// Names in backticks, separated by commas.
pub fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// The existing name that `name` is most likely a misspelling of.
pub fn nearest<'a>(name: &str, existing: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Up to a third of the letters may be wrong: `plys` is close to `plays`, `url` is not close to `csv`.
    let most = (name.chars().count() / 3).max(1);
    existing
        .into_iter()
        .map(|candidate| (edit_distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The number of letters that must be added, removed, replaced or swapped with their neighbour to turn one text into
/// the other, ignoring case (optimal string alignment distance).
fn edit_distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.to_lowercase().chars().collect();
    let to: Vec<char> = to.to_lowercase().chars().collect();
    let mut before_last = vec![0; to.len() + 1];
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for i in 0..from.len() {
        let mut row = vec![i + 1];
        for j in 0..to.len() {
            let replaced = last[j] + usize::from(from[i] != to[j]);
            let mut best = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && from[i] == to[j - 1] && from[i - 1] == to[j] {
                best = best.min(before_last[j - 1] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_toml_is_told_with_its_line_once() {
        let problems = parse_toml("a = 1\nb = ]\n").unwrap_err();
        let lines: Vec<_> = problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [2]);
        assert!(parse_toml("a = 1\n").is_ok());
    }

    #[test]
    fn distances_count_typing_errors() {
        for (from, to, distance) in [
            ("", "", 0),
            ("abc", "", 3),
            ("plys", "plays", 1),
            ("palys", "plays", 1),
            ("Plays", "plays", 0),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(edit_distance(from, to), distance, "{from} {to}");
            assert_eq!(edit_distance(to, from), distance, "{to} {from}");
        }
    }

    #[test]
    fn only_near_names_are_suggested() {
        assert_eq!(nearest("colum", ["url", "column", "columns"]), Some("column"));
        assert_eq!(nearest("url", ["csv", "key"]), None);
        assert_eq!(nearest("x", []), None);
    }
}
