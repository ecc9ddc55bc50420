//! Collects what is wrong with a model file, and words the mends that problems have in common.

use crate::model::ModelProblem;

/// The problems found so far.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<ModelProblem>);

impl Problems {
    /// Notes one problem.
    pub(super) fn report(
        &mut self,
        line: usize,
        key: impl Into<String>,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) {
        let problem = ModelProblem { line, key: key.into(), what: what.into(), mend: mend.into() };
        self.0.push(problem);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether something is wrong with a table or one of its direct keys as a whole, so that what they
    /// hold is not known.
    pub(super) fn mention(&self, table: &str) -> bool {
        self.0.iter().any(|problem| {
            problem.key.strip_prefix(table).is_some_and(|rest| {
                rest.is_empty() || rest.strip_prefix('.').is_some_and(|key| !key.contains('.'))
            })
        })
    }

    /// The problems in the file's order; those of one line in the order in which they were found.
    pub(super) fn in_order(mut self) -> Vec<ModelProblem> {
        self.0.sort_by_key(|problem| problem.line);
        self.0
    }
}

/// The mend for a name that is not there: the nearest one if one is near, then all that exist.
pub(super) fn choose<'a>(name: &str, existing: impl IntoIterator<Item = &'a str>) -> String {
    let existing: Vec<&str> = existing.into_iter().collect();
    if existing.is_empty() {
        return "there are none".to_owned();
    }
    let list = format!("there are: {}", quoted(existing.iter().copied()));
    match nearest(name, existing) {
        Some(near) => format!("did you mean `{near}`? {list}"),
        None => list,
    }
}

/// Names in backticks, with commas between.
pub(super) fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// The existing name that a typing error of `name` most likely stands for.
pub(super) fn nearest<'a>(
    name: &str,
    existing: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // A third of the letters may be wrong: `plys` is near `plays`, `url` is not near `csv`.
    let most = (name.chars().count() / 3).max(1);
    existing
        .into_iter()
        .map(|candidate| (edit_distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be added, removed, replaced or swapped with their neighbour to turn one text
/// into the other, whatever the case (optimal string alignment distance).
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
