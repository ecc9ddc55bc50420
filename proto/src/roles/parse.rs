//! Parses a file of roles, reporting all problems at once.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::who::FORMS;
use super::{Lines, MeasureRule, Right, Role, RoleLimits, Who};
use crate::filter::{Filter, MAX_FILTER_DEPTH, Test};
use crate::toml_file::{TomlProblem, line_at, nearest, parse_toml, quoted};

/// The keys of a role.
const KEYS: [&str; 7] =
    ["who", "datasets", "rows", "measures", "hidden_measures", "rights", "limits"];
const LIMITS: [&str; 4] = ["queries_per_second", "burst", "max_groups", "max_seconds"];

/// Parses the roles of a file, in the file's order.
pub(super) fn parse(text: &str) -> Result<Vec<Role>, Vec<TomlProblem>> {
    let root = parse_toml(text)?;
    let mut reader = Reader { text, problems: Vec::new() };
    let roles = reader.roles(root.get_ref());
    if reader.problems.is_empty() {
        return Ok(roles);
    }
    reader.problems.sort_by_key(|problem| problem.line);
    Err(reader.problems)
}

struct Reader<'t> {
    text: &'t str,
    problems: Vec<TomlProblem>,
}

/// A value with its key's path and line.
struct At<'v> {
    path: String,
    line: usize,
    value: &'v DeValue<'v>,
}

impl Reader<'_> {
    fn report(&mut self, at: (usize, &str), what: impl Into<String>, mend: impl Into<String>) {
        let (line, key) = (at.0, at.1.to_owned());
        self.problems.push(TomlProblem { line, key, what: what.into(), mend: mend.into() });
    }

    fn wrong_type(&mut self, at: &At<'_>, expected: &str) {
        let what = match at.value {
            DeValue::Array(array) if array.is_empty() => "is empty".to_owned(),
            DeValue::Array(_) => "has the type array".to_owned(),
            DeValue::String(text) if text.trim().is_empty() => "is empty".to_owned(),
            other => format!("has the type {}", other.type_str()),
        };
        self.report((at.line, &at.path), what, format!("write {expected}"));
    }

    /// The entries of a table in the file's order; unknown keys are reported.
    fn entries<'v>(
        &mut self,
        path: &str,
        table: &'v DeTable<'v>,
        known: Option<&[&'static str]>,
    ) -> Vec<(&'v str, At<'v>)> {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let mut found = Vec::new();
        for (key, value) in entries {
            let line = line_at(self.text, key.span().start);
            let name: &'v str = key.get_ref().as_ref();
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            match known {
                Some(known) if !known.contains(&name) => {
                    let mend = match nearest(name, known.iter().copied()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("there are: {}", quoted(known.iter().copied())),
                    };
                    self.report((line, &path), "unknown key", mend);
                }
                Some(_) | None => found.push((name, At { path, line, value: value.get_ref() })),
            }
        }
        found
    }

    fn roles(&mut self, root: &DeTable<'_>) -> Vec<Role> {
        let mut found = Vec::new();
        let mut is_there = false;
        for (_, table) in self.entries("", root, Some(&["role"])) {
            is_there = true;
            let Some(roles) = table.value.as_table() else {
                self.wrong_type(&table, "each role as a table, `[role.NAME]`");
                continue;
            };
            for (name, role) in self.entries("role", roles, None) {
                match role.value.as_table() {
                    Some(keys) => found.extend(self.role(name, role.line, keys)),
                    None => self.wrong_type(&role, "each role as a table, `[role.NAME]`"),
                }
            }
        }
        if !is_there && self.problems.is_empty() {
            let mend = "begin one with `[role.NAME]` and `who = [\"everyone\"]`";
            self.report((1, "role"), "there is no role, so that nobody may see anything", mend);
        }
        found
    }

    /// One role; `None` if it is invalid, which is reported.
    fn role(&mut self, name: &str, line: usize, keys: &DeTable<'_>) -> Option<Role> {
        let n_problems = self.problems.len();
        let path = format!("role.{name}");
        let mut role = Role {
            name: name.to_owned(),
            who: Vec::new(),
            datasets: None,
            rows: None,
            measures: MeasureRule::All,
            rights: BTreeSet::new(),
            limits: RoleLimits::default(),
            lines: Lines::default(),
        };
        let entries = self.entries(&path, keys, Some(&KEYS));
        if entries.iter().all(|(key, _)| *key != "who") {
            let mend = format!("say who has the role, in a list of {FORMS}");
            self.report((line, &format!("{path}.who")), "is missing", mend);
        }
        let has_both = |key: &str| entries.iter().any(|(own, _)| *own == key);
        if has_both("measures") && has_both("hidden_measures") {
            let mend = "keep one of them";
            let what = "is given beside `measures`, which names all that are seen";
            self.report((line, &format!("{path}.hidden_measures")), what, mend);
        }
        for (key, at) in &entries {
            match *key {
                "who" => role.who = self.who(at),
                "datasets" => role.datasets = self.names(at, "datasets"),
                "rows" => {
                    role.lines.rows = at.line;
                    role.rows = self.rows(at);
                }
                "measures" | "hidden_measures" => {
                    role.lines.measures = at.line;
                    let rule =
                        if *key == "measures" { MeasureRule::Only } else { MeasureRule::AllBut };
                    role.measures = self.names(at, "measures").map_or(MeasureRule::All, rule);
                }
                "rights" => role.rights = self.rights(at),
                _ => role.limits = self.limits(at),
            }
        }
        (self.problems.len() == n_problems).then_some(role)
    }

    fn who(&mut self, at: &At<'_>) -> Vec<Who> {
        let expected = format!("a list of {FORMS}");
        let Some(texts) = texts(at.value) else {
            self.wrong_type(at, &expected);
            return Vec::new();
        };
        let mut who = Vec::new();
        for text in texts {
            match text.parse() {
                Ok(one) => who.push(one),
                Err(()) => {
                    self.report(
                        (at.line, &at.path),
                        format!("`{text}` is nobody"),
                        format!("write {FORMS}"),
                    );
                }
            }
        }
        who
    }

    fn names(&mut self, at: &At<'_>, what: &str) -> Option<BTreeSet<String>> {
        let names = texts(at.value);
        if names.is_none() {
            self.wrong_type(at, &format!("a list of names of {what}, such as `[\"a\", \"b\"]`"));
        }
        Some(names?.into_iter().map(str::to_owned).collect())
    }

    fn rows(&mut self, at: &At<'_>) -> Option<Filter> {
        let given = text(at.value).map(|one| vec![one]).or_else(|| texts(at.value));
        let Some(given) = given else {
            let expected = "a filter in quotes, such as `\"country anyOf (KR)\"`, or a list of filters that all hold";
            self.wrong_type(at, expected);
            return None;
        };
        let mut filters = Vec::new();
        for text in given {
            match text.parse::<Filter>() {
                Ok(filter) => filters.push(filter),
                Err(error) => {
                    let mend = "write it as behind `clio query --where`, see docs/asking.md";
                    self.report((at.line, &at.path), error.to_string(), mend);
                }
            }
        }
        let filter = if filters.len() == 1 { filters.remove(0) } else { Filter::And(filters) };
        if tests_age(&filter) {
            let mend = "name members or attributes, which do not";
            let what = "tests an age, which changes from day to day";
            self.report((at.line, &at.path), what, mend);
        }
        if filter.depth() >= MAX_FILTER_DEPTH {
            let what =
                format!("nests {} deep, the limit is {}", filter.depth(), MAX_FILTER_DEPTH - 1);
            self.report((at.line, &at.path), what, "write it flatter");
        }
        Some(filter)
    }

    fn rights(&mut self, at: &At<'_>) -> BTreeSet<Right> {
        let words = Right::ALL.map(Right::as_str);
        let Some(given) = texts(at.value) else {
            self.wrong_type(at, &format!("a list of {}", quoted(words)));
            return BTreeSet::new();
        };
        let mut rights = BTreeSet::new();
        for text in given {
            match Right::ALL.into_iter().find(|right| right.as_str() == text) {
                Some(right) => {
                    rights.insert(right);
                }
                None => {
                    let mend = match nearest(text, words) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("there are: {}", quoted(words)),
                    };
                    self.report((at.line, &at.path), format!("`{text}` is no right"), mend);
                }
            }
        }
        rights
    }

    fn limits(&mut self, at: &At<'_>) -> RoleLimits {
        let mut limits = RoleLimits::default();
        let Some(table) = at.value.as_table() else {
            self.wrong_type(at, "it as a table, such as `{ queries_per_second = 5 }`");
            return limits;
        };
        let mut has_rate = false;
        for (key, at) in self.entries(&at.path, table, Some(&LIMITS)) {
            let number = whole(at.value);
            if number.is_none() {
                self.report((at.line, &at.path), "is no whole number from 1 on", "write one");
            }
            match key {
                "queries_per_second" => (limits.queries_per_second, has_rate) = (number, true),
                "burst" => limits.burst = number,
                "max_groups" => limits.max_groups = number,
                _ => limits.max_seconds = number,
            }
        }
        if limits.burst.is_some() && !has_rate {
            let mend = "give `queries_per_second` beside it";
            let what = "says how many questions may come at once, and nothing how many a second";
            self.report((at.line, &format!("{}.burst", at.path)), what, mend);
        }
        limits
    }
}

fn tests_age(filter: &Filter) -> bool {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().any(tests_age),
        Filter::Not(part) => tests_age(part),
        Filter::Field { test, .. } => matches!(test, Test::Between(_)),
    }
}

/// A non-empty text.
fn text<'v>(value: &'v DeValue<'_>) -> Option<&'v str> {
    value.as_str().filter(|text| !text.trim().is_empty())
}

/// A non-empty list of non-empty texts.
fn texts<'v>(value: &'v DeValue<'_>) -> Option<Vec<&'v str>> {
    let array = value.as_array().filter(|array| !array.is_empty())?;
    array.iter().map(Spanned::get_ref).map(text).collect()
}

fn whole(value: &DeValue<'_>) -> Option<u32> {
    let integer = value.as_integer()?;
    let number = u32::from_str_radix(integer.as_str(), integer.radix()).ok()?;
    (number > 0).then_some(number)
}
