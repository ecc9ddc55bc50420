//! Collects the problems of a model file, and words the mends that problems have in common.

use crate::toml_file::{TomlProblem, nearest, quoted};

/// The problems found so far.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<TomlProblem>);

impl Problems {
    /// Adds one problem.
    pub(super) fn report(
        &mut self,
        line: usize,
        key: impl Into<String>,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) {
        let problem = TomlProblem { line, key: key.into(), what: what.into(), mend: mend.into() };
        self.0.push(problem);
    }

    /// Adds problems that were found elsewhere.
    pub(super) fn extend(&mut self, problems: Vec<TomlProblem>) {
        self.0.extend(problems);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is a problem with a table or one of its direct keys as a whole, so that their contents are
    /// unknown.
    pub(super) fn mention(&self, table: &str) -> bool {
        self.0.iter().any(|problem| {
            problem.key.strip_prefix(table).is_some_and(|rest| {
                rest.is_empty() || rest.strip_prefix('.').is_some_and(|key| !key.contains('.'))
            })
        })
    }

    /// The problems in the file's order; those of one line in the order in which they were found.
    pub(super) fn in_order(mut self) -> Vec<TomlProblem> {
        self.0.sort_by_key(|problem| problem.line);
        self.0
    }
}

/// The mend for an unknown name: the closest existing one if any is close, then all that exist.
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
