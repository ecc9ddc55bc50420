//! Keys of models and of settings, as listed in their references. Other tests check the references against the code.

use super::surface::{Entry, Rules, Surface, breaks};

/// Whether a key is required, or else its default.
const REQUIRED: &str = "required";

fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The rows of a page's tables, with the TOML table whose heading precedes them, and the table's head.
fn rows(page: &str) -> Vec<(String, Vec<String>, Vec<String>)> {
    let mut rows = Vec::new();
    let (mut table, mut head) = (String::new(), Vec::new());
    for line in page.lines() {
        if let Some(title) = line.strip_prefix('#') {
            table = quoted(title).first().map(|title| (*title).to_owned()).unwrap_or_default();
        }
        let Some(row) = line.strip_prefix("| ") else {
            head.clear();
            continue;
        };
        let cells: Vec<String> =
            row.trim_end_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        if head.is_empty() {
            head = cells;
        } else if !row.starts_with("---") && table.starts_with('[') {
            rows.push((table.clone(), head.clone(), cells));
        }
    }
    rows
}

/// The keys of models: which are required, their defaults, their choices, and which keys the kinds of tables accept.
pub(super) fn surface(page: &str) -> Surface {
    let mut surface = Surface::default();
    for (table, head, cells) in rows(page) {
        let cell = |title: &str| head.iter().position(|own| own == title).map(|at| &*cells[at]);
        surface.add(&table, "table");
        if let (Some(key), Some(value), Some(default)) =
            (cell("key"), cell("value"), cell("default"))
        {
            let name = format!("{table} {}", quoted(key)[0]);
            let is_literal = default.starts_with('`') && default.ends_with('`');
            let what = if default == REQUIRED || is_literal { default } else { "optional" };
            surface.add(&name, what);
            let rest: String = value.split('`').step_by(2).collect();
            if rest.chars().all(|c| c == ',' || c == ' ') {
                for choice in quoted(value) {
                    surface.add(format!("{name} = {choice}"), "choice");
                }
            }
        } else if let (Some(has), Some(may_have)) = (cell("has"), cell("may have")) {
            // Kinds are identified by their name, or otherwise by the keys that make them.
            let kind = cell("kind").unwrap_or(has);
            for key in quoted(may_have) {
                let (key, default) = key.split_once(" = ").unwrap_or((key, "none of its own"));
                surface.add(format!("{table} {kind} may have {key}"), default);
            }
        } else if head[0] == "type" {
            surface.add(format!("{table} = {}", quoted(&cells[0])[0]), "type");
        }
    }
    surface
}

/// The keys of settings, with flag and variable.
pub(super) fn settings(page: &str) -> Surface {
    let mut surface = Surface::default();
    for (table, head, cells) in rows(page) {
        if head[..3] == ["key", "flag", "variable"] {
            let what = format!("{} {}", cells[1], cells[2]);
            surface.add(format!("{table} {}", quoted(&cells[0])[0]), what);
        }
    }
    surface
}

/// Changes that files of the last release survive.
pub(super) struct Keys;

impl Rules for Keys {
    /// A required key may get a default, and a key without choices may get some.
    fn may_become(&self, before: &Entry, now: &Entry) -> bool {
        before.what == REQUIRED && now.what != REQUIRED
    }

    fn is_in_the_way(&self, name: &str, new: &Entry, before: &Surface) -> Option<String> {
        let (table, _) = name.split_once("] ")?;
        (new.what == REQUIRED && before.get(&format!("{table}]")).is_some())
            .then(|| "files without it are refused: give it a default".to_owned())
    }
}

#[test]
fn a_key_may_become_optional_and_a_new_one_may_not_be_required() {
    let page = "## `[a.NAME]`\n\n| key | value | default |\n| --- | --- | --- |\n\
                | `x` | text | required |\n| `y` | `one`, `two` | `\"one\"` |\n";
    let releases = [("0.1.0".to_owned(), surface(page))];
    assert_eq!(
        releases[0].1.to_text(),
        "[a.NAME]: table\n[a.NAME] x: required\n[a.NAME] y: `\"one\"`\n[a.NAME] y = one: choice\n\
         [a.NAME] y = two: choice\n"
    );
    let said =
        |from: &str, to: &str| breaks(&releases, &surface(&page.replace(from, to)), &Keys).len();
    assert_eq!(said("required", "none"), 0);
    assert_eq!(said("`one`, `two`", "`one`, `two`, `three`"), 0);
    assert_eq!(said("`\"one\"`", "`\"two\"`"), 1);
    assert_eq!(said("`one`, `two`", "`one`"), 1);
    let more = |row: &str| breaks(&releases, &surface(&format!("{page}{row}")), &Keys).len();
    assert_eq!((more("| `z` | text | none |\n"), more("| `z` | text | required |\n")), (0, 1));
}
