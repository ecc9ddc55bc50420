//! Settings in a TOML file, with their lines.

use clio_proto::{TomlProblem, line_at, nearest, parse_toml, quoted};
use toml::de::{DeTable, DeValue};

use super::{Setting, all};

/// One key of a file.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) setting: &'static Setting,
    pub(super) line: usize,
    pub(super) texts: Vec<String>,
}

/// Reads all keys: those that are settings, and problems with unknown ones or wrong types, in the file's order.
pub(super) fn read(text: &str) -> (Vec<Entry>, Vec<TomlProblem>) {
    let (mut entries, mut problems) = (Vec::new(), Vec::new());
    let root = match parse_toml(text) {
        Ok(root) => root,
        Err(problems) => return (entries, problems),
    };
    for (table, line, value) in in_order(root.get_ref(), text) {
        let known = all().filter(|setting| setting.table_and_key().0 == table);
        let known: Vec<_> = known.collect();
        if known.is_empty() {
            problems.push(no_table(table, line));
            continue;
        }
        let Some(keys) = value.as_table() else {
            let what = format!("has the type {}", value.type_str());
            problems.push(problem(line, table, what, format!("write it as a table, `[{table}]`")));
            continue;
        };
        for (key, line, value) in in_order(keys, text) {
            let setting = known.iter().find(|setting| setting.table_and_key().1 == key);
            let name = format!("{table}.{key}");
            let Some(setting) = setting else {
                problems.push(problem(line, &name, "unknown key".to_owned(), no_key(key, &known)));
                continue;
            };
            match setting.kind.texts_of(value) {
                Some(texts) => entries.push(Entry { setting, line, texts }),
                None => {
                    let what = format!("has the type {}", value.type_str());
                    problems.push(problem(line, &name, what, setting.kind.mend()));
                }
            }
        }
    }
    (entries, problems)
}

/// Keys with lines and values, in the order of the file.
fn in_order<'a>(table: &'a DeTable<'a>, text: &str) -> Vec<(&'a str, usize, &'a DeValue<'a>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let entry = |(key, value): (&'a toml::Spanned<_>, &'a toml::Spanned<DeValue<'a>>)| {
        let name: &std::borrow::Cow<'a, str> = key.get_ref();
        (name.as_ref(), line_at(text, key.span().start), value.get_ref())
    };
    entries.into_iter().map(entry).collect()
}

fn no_table(name: &str, line: usize) -> TomlProblem {
    let mut tables: Vec<_> = all().map(|setting| setting.table_and_key().0).collect();
    tables.dedup();
    // People most often forget a key's table.
    let mend = match all().find(|setting| setting.table_and_key().1 == name) {
        Some(setting) => format!("write it below `[{}]`", setting.table_and_key().0),
        None => match nearest(name, tables.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are: {}", quoted(tables.iter().copied())),
        },
    };
    problem(line, name, "unknown key".to_owned(), mend)
}

fn no_key(key: &str, known: &[&'static Setting]) -> String {
    let keys: Vec<_> = known.iter().map(|setting| setting.table_and_key().1).collect();
    if let Some(near) = nearest(key, keys.iter().copied()) {
        return format!("did you mean `{near}`?");
    }
    match all().find(|setting| setting.table_and_key().1 == key) {
        Some(elsewhere) => format!("it belongs below `[{}]`", elsewhere.table_and_key().0),
        None => format!("there are: {}", quoted(keys.iter().copied())),
    }
}

fn problem(line: usize, key: &str, what: String, mend: String) -> TomlProblem {
    TomlProblem { line, key: key.to_owned(), what, mend }
}
