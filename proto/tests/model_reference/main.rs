//! The model reference, `docs/model.md`, against the code: every table with every key, every choice, every default,
//! which keys exclude each other; and every snippet of a model on any page.
//!
//! The code is examined from outside: by models with one error, whose problems list what exists.
#![expect(clippy::unwrap_used, reason = "in a test a failure is a panic")]

mod page;

use std::collections::BTreeSet;

use clio_proto::{Model, TomlProblem};
use page::{Form, Key, Section, blocks, pages, quoted, sections};
use toml::{Table, Value};

const MEDIA: &str = include_str!("../models/media.toml");
/// The name that replaces `NAME`.
const PROBE: &str = "probe";
/// A key and a value that resemble no others, so that no single name is suggested instead of all.
const UNKNOWN: &str = "zzqq";

/// Values of keys without a list of choices, and what a key needs beside it.
const SAMPLES: [(&str, &str, &str); 51] = [
    ("dataset.name", "", "name = 'd'"),
    ("dataset.timezone", "", "timezone = 'Asia/Tokyo'"),
    ("dataset.worthwhile", "", "worthwhile = '2%'"),
    ("dataset.min_people", "", "min_people = 10"),
    ("dataset.people", "min_people = 10", "people = ['viewers', 'players']"),
    ("dataset.first_day", "", "first_day = 2020-01-01"),
    ("dataset.last_day", "", "last_day = '2020-01-01'"),
    ("source.url", "", "url = 'probe/'"),
    ("source.files", "", "files = ['a-*.csv']"),
    ("source.columns", "", "columns = { a = 'b' }"),
    ("source.types", "", "types = { a = 'text' }"),
    ("source.csv", "format = 'csv'", "csv = { header = false }"),
    ("source.time", "", "time = 'at'"),
    ("source.late", "days = 'arrival'", "late = '2d'"),
    ("source.where", "", "where = 'a > 0'"),
    ("source.max_bad_rows", "on_bad_rows = 'quarantine'", "max_bad_rows = 0.02"),
    ("source.from", "", "from = 'plays'"),
    (
        "source.attribute",
        "",
        "attribute = { event = 'plays', to = 'impressions', by = ['a'], within = '1h', credit = 'last' }",
    ),
    ("csv.delimiter", "", "delimiter = ';'"),
    ("csv.quote", "", "quote = \"'\""),
    ("csv.null", "", "null = ['NA']"),
    ("attribute.event", "", "event = 'plays'"),
    ("attribute.to", "", "to = 'impressions'"),
    ("attribute.by", "", "by = ['profile_id']"),
    ("attribute.within", "", "within = '24h'"),
    ("lookup.key", "", "key = 'id'"),
    ("lookup.valid_from", "", "valid_from = 'since'"),
    ("lookup.valid_to", "", "valid_to = 'until'"),
    ("dimension.column", "", "column = 'a'"),
    ("dimension.lookup", "", "lookup = 'assets'"),
    ("dimension.on", "", "on = 'b'"),
    ("dimension.attributes", "", "attributes = ['c']"),
    ("dimension.age", "", "age = 'first_day'"),
    ("measure.of", "", "of = 'a'"),
    ("measure.precision", "", "precision = 12"),
    ("measure.error", "", "error = '2%'"),
    ("measure.edges", "", "edges = [30, 120]"),
    ("measure.from_sketch", "family = 'datasketches'", "from_sketch = true"),
    ("measure.expr", "", "expr = 'plays * 2'"),
    ("test.dimension", "", "dimension = 'country'"),
    ("test.arms", "", "arms = ['US', 'DE']"),
    ("test.shares", "arms = ['US', 'DE']", "shares = ['25%', 0.75]"),
    ("test.assigned", "", "assigned = 'viewers'"),
    ("test.first_day", "", "first_day = 2026-01-05"),
    ("test.last_day", "", "last_day = 2026-02-01"),
    ("outliers.dimension", "", "dimension = 'asset'"),
    ("outliers.peers", "", "peers = ['title', 'media_type']"),
    ("outliers.pool", "", "pool = 'media_type'"),
    ("outliers.rate", "", "rate = 'plays / impressions'"),
    ("outliers.watching", "", "watching = 'watch_seconds / plays'"),
    ("outliers.beyond", "", "beyond = '20%'"),
];

/// The same for keys that several tables have, or that are like others.
const SHARED_SAMPLES: [(&str, &str); 12] = [
    ("source", "source = 'qualified_plays'"),
    ("display", "display = 'Probe'"),
    ("label", "label = 'd'"),
    ("media", "media = 'e'"),
    ("trailing_days", "trailing_days = 14"),
    ("at_least", "at_least = '40%'"),
    ("at_most", "at_most = 0.9"),
    ("dimension", "dimension = 'country'"),
    ("measure", "measure = 'players'"),
    ("within", "within = 'viewers'"),
    ("kind", "kind = 'count'"),
    ("files", "files = ['a-*']"),
];

fn toml(text: &str) -> Table {
    text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// What a key needs beside it, and a value of it.
fn sample(section: &Section, key: &Key) -> (Table, Table) {
    let own = section.path.last().unwrap();
    let table = if own == "NAME" { &section.path[0] } else { own };
    let name = format!("{table}.{}", key.name);
    let of_sources = format!("source.{}", key.name);
    let found = SAMPLES.iter().find(|(own, ..)| *own == name);
    let found = found.or_else(|| {
        // Lookups have what sources have of files.
        SAMPLES.iter().find(|(own, ..)| table == "lookup" && *own == of_sources)
    });
    if let Some((_, beside, value)) = found {
        return (toml(beside), toml(value));
    }
    if let Some((_, value)) = SHARED_SAMPLES.iter().find(|(own, _)| *own == key.name) {
        return (Table::new(), toml(value));
    }
    let choices = key.choices().unwrap_or_else(|| panic!("`{name}` needs a sample in this test"));
    (Table::new(), of_choice(&key.name, choices[0]))
}

/// A key with one of its choices.
fn of_choice(key: &str, choice: &str) -> Table {
    let value = choice.parse::<bool>().map_or_else(|_| Value::from(choice), Value::from);
    Table::from_iter([(key.to_owned(), value)])
}

/// The minimum that a kind of a table needs.
fn least(section: &Section, form: &Form) -> Table {
    let mut table = Table::new();
    for name in &form.has {
        let key = section.key(name).unwrap_or_else(|| panic!("`{name}` is no key of {section:?}"));
        let (beside, value) = sample(section, key);
        table.extend(beside);
        table.extend(value);
    }
    if let Some(kind) = &form.kind {
        table.insert("kind".to_owned(), Value::from(kind.as_str()));
    }
    table
}

/// The example with a table in place of its own, or beside its others.
fn with_table(path: &[String], table: Table) -> Table {
    let mut model = toml(MEDIA);
    let mut at = &mut model;
    for step in &path[..path.len() - 1] {
        let step = if step == "NAME" { PROBE } else { step };
        let beside = match path.last().map(String::as_str) {
            Some("NAME" | "attribute") => Table::new(),
            _ => toml("url = 'probe/'\nformat = 'csv'\ntime = 'at'\nkey = 'id'"),
        };
        let entry = at.entry(step).or_insert(Value::Table(beside));
        at = entry.as_table_mut().unwrap();
    }
    if path.len() == 3 {
        // Keys that the table needs: a source has no key, and a lookup no time.
        at.remove(if path[0] == "source" { "key" } else { "time" });
    }
    let last = path.last().unwrap();
    at.insert(if last == "NAME" { PROBE } else { last }.to_owned(), Value::Table(table));
    model
}

fn problems(model: &Table) -> Vec<TomlProblem> {
    let text = toml::to_string(model).unwrap();
    Model::parse("model.toml", &text).map_or_else(|error| error.problems, |_| Vec::new())
}

/// The dotted path of a key of a table.
fn key_path(path: &[String], key: &str) -> String {
    let steps = path.iter().map(|step| if step == "NAME" { PROBE } else { step });
    steps.chain([key]).collect::<Vec<_>>().join(".")
}

/// The names that a message offers after `there are: `, or that it says to write.
fn offered(problem: &TomlProblem) -> Option<Vec<&str>> {
    if let Some((_, list)) = problem.mend.split_once("there are: ") {
        return Some(quoted(list.split(';').next().unwrap()));
    }
    let written = problem.mend.strip_prefix("write ").map(quoted)?;
    Some(
        written
            .into_iter()
            .map(|one| one.rsplit(" = ").next().unwrap().trim_matches('"'))
            .collect(),
    )
}

fn set<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    names.into_iter().collect()
}

/// The keys of a table, from the message about an unknown one.
fn keys_there_are(path: &[String], mut table: Table) -> Vec<String> {
    table.insert(UNKNOWN.to_owned(), Value::from(1));
    let problems = problems(&with_table(path, table));
    let at = key_path(path, UNKNOWN);
    let problem = problems.iter().find(|problem| problem.key == at).unwrap_or_else(|| {
        panic!("`{at}` is no unknown key: {problems:?}");
    });
    assert!(problem.mend.starts_with("there are: "), "{problem:?}");
    quoted(&problem.mend).into_iter().map(str::to_owned).collect()
}

fn path(dotted: &str) -> Vec<String> {
    dotted.split('.').map(str::to_owned).collect()
}

#[test]
fn the_page_has_every_table_with_every_key() {
    let sections = sections();
    let mut model = toml(MEDIA);
    model.insert(UNKNOWN.to_owned(), Value::from(1));
    let said = problems(&model);
    let roots = sections.iter().map(|section| section.path[0].as_str());
    assert_eq!(set(quoted(&said[0].mend)), set(roots), "the tables of a model");
    for section in sections.iter().filter(|section| !section.keys.is_empty()) {
        let there_are = keys_there_are(&section.path, least(section, &section.forms_or_one()[0]));
        let documented = set(section.keys.iter().map(|key| key.name.as_str()));
        let there_are = set(there_are.iter().map(String::as_str));
        assert_eq!(documented, there_are, "`[{}]`", section.path.join("."));
    }
    let csv = sections.iter().find(|section| section.path.ends_with(&path("csv"))).unwrap();
    let of_lookups = keys_there_are(&path("lookup.NAME.csv"), Table::new());
    assert_eq!(
        set(of_lookups.iter().map(String::as_str)),
        set(csv.keys.iter().map(|key| key.name.as_str())),
        "the page says that lookups are written as sources are"
    );
}

#[test]
fn tables_inside_of_tables_have_sections_of_their_own() {
    let sections = sections();
    let has = |dotted: &str| sections.iter().any(|section| section.path == path(dotted));
    for section in &sections {
        for key in section.keys.iter().filter(|key| key.value == "table") {
            let of_sources = format!("source.NAME.{}", key.name);
            let own = format!("{}.{}", section.path.join("."), key.name);
            assert!(has(&own) || has(&of_sources), "`[{own}]` has no section");
        }
    }
    for dotted in ["source.NAME.columns", "lookup.NAME.columns"] {
        let model = with_table(&path(dotted), toml("anything = 'a + b'"));
        assert_eq!(problems(&model), [], "`[{dotted}]` has keys of any name");
    }
}

#[test]
fn the_page_has_every_type_of_a_column() {
    let sections = sections();
    let types = &sections.iter().find(|section| !section.types.is_empty()).unwrap().types;
    for dotted in ["source.NAME.types", "lookup.NAME.types"] {
        let said = problems(&with_table(&path(dotted), toml("a = 'zzqq'")));
        let there_are = set(offered(&said[0]).unwrap());
        assert_eq!(there_are, set(types.iter().map(String::as_str)), "`[{dotted}]`");
        for name in types.iter().flat_map(|name| [name.clone(), format!("list<{name}>")]) {
            let table = Table::from_iter([("a".to_owned(), Value::from(name.as_str()))]);
            assert_eq!(problems(&with_table(&path(dotted), table)), [], "`{name}`");
        }
    }
}

/// The first kind of a table that may have a key.
fn form_with(section: &Section, key: &Key) -> Form {
    let forms = section.forms_or_one();
    let has = |form: &&Form| form.has.contains(&key.name) || form.may_have.contains_key(&key.name);
    let found = forms.iter().find(has);
    found.unwrap_or_else(|| panic!("no kind of table has `{}`", key.name)).clone()
}

#[test]
fn the_page_has_every_choice_of_every_key() {
    for section in &sections() {
        for key in &section.keys {
            let form = form_with(section, key);
            let (beside, _) = sample(section, key);
            let mut table = least(section, &form);
            table.extend(beside);
            table.insert(key.name.clone(), Value::from(UNKNOWN));
            let at = key_path(&section.path, &key.name);
            let said = problems(&with_table(&section.path, table.clone()));
            let problem = said.iter().find(|problem| problem.key == at);
            match key.choices() {
                Some(choices) => {
                    let problem = problem.unwrap_or_else(|| panic!("`{at}` takes anything"));
                    let there_are = offered(problem).unwrap_or_default();
                    assert_eq!(set(choices), set(there_are), "`{at}`: {problem:?}");
                }
                None => {
                    let lists = problem.is_some_and(|own| own.mend.contains("there are: "));
                    let is_documented = !lists || key.value.contains("name");
                    assert!(is_documented, "`{at}` has choices: {problem:?}");
                }
            }
        }
    }
}

#[test]
fn a_key_is_refused_where_the_page_gives_it_no_meaning() {
    for section in &sections() {
        let forms = section.forms_or_one();
        for form in &forms {
            let least = least(section, form);
            let of = format!("`[{}]` with {:?} {:?}", section.path.join("."), form.kind, form.has);
            assert_eq!(problems(&with_table(&section.path, least.clone())), [], "{of}");
            for key in section.keys.iter().filter(|key| !form.has.contains(&key.name)) {
                let mut with_key: Vec<&String> = form.has.iter().chain([&key.name]).collect();
                with_key.sort();
                let is_another = forms.iter().any(|other| {
                    let mut has: Vec<&String> = other.has.iter().collect();
                    has.sort();
                    form.kind.is_none() && has == with_key
                });
                let (beside, value) = sample(section, key);
                let mut table = least.clone();
                table.extend(beside);
                table.extend(value);
                let said = problems(&with_table(&section.path, table));
                let is_allowed = form.may_have.contains_key(&key.name) || is_another;
                assert_eq!(said.is_empty(), is_allowed, "{of}: `{}`: {said:?}", key.name);
            }
            for key in section.keys.iter().filter(|key| form.has.contains(&key.name)) {
                let mut table = least.clone();
                table.remove(&key.name);
                let said = problems(&with_table(&section.path, table));
                let at = key_path(&section.path, &key.name);
                let is_missing = said.iter().any(|own| own.key == at && own.what == "is missing");
                assert!(is_missing || !key.is_required(), "{of}: without `{at}`: {said:?}");
            }
        }
    }
}

/// The meaning of a model, without its text.
fn meaning(model: &Table) -> String {
    let model = Model::parse("model.toml", &toml::to_string(model).unwrap()).unwrap();
    let checks: Vec<_> = model.checks().iter().filter(|check| !check.is_default).collect();
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {checks:?}",
        model.timezone_name(),
        model.week_starts(),
        model.worthwhile(),
        model.small_groups(),
        model.day_bounds(),
        model.sources(),
        model.lookups(),
        model.dimensions(),
        model.measures(),
        model.experiments(),
        model.outliers(),
    )
}

#[test]
fn a_default_written_out_changes_nothing() {
    let mut n_compared = 0;
    for section in &sections() {
        for form in section.forms_or_one() {
            for key in &section.keys {
                let by_kind = form.may_have.get(&key.name).cloned().flatten();
                let is_allowed = form.may_have.contains_key(&key.name);
                let default = by_kind.as_deref().or(key.default_value());
                let Some(default) = default.filter(|_| is_allowed) else { continue };
                let mut without = least(section, &form);
                if default != "false" {
                    without.extend(sample(section, key).0);
                }
                let mut with = without.clone();
                with.extend(toml(&format!("{} = {default}", key.name)));
                let at = key_path(&section.path, &key.name);
                let [without, with] =
                    [without, with].map(|table| meaning(&with_table(&section.path, table)));
                assert_eq!(without, with, "`{at} = {default}` is no default");
                n_compared += 1;
            }
        }
    }
    assert!(n_compared > 25, "only {n_compared} defaults were compared");
}

/// Adds a fragment's tables and keys to a model, in place of its own.
fn join(model: &mut Table, fragment: Table) {
    for (key, value) in fragment {
        match (model.get_mut(&key), value) {
            (Some(Value::Table(own)), Value::Table(more)) => join(own, more),
            (_, value) => {
                model.insert(key, value);
            }
        }
    }
}

/// A snippet that begins with `[dataset]` and is complete is a model; any other is a part of the example, in which it
/// replaces what has the same name.
#[test]
fn every_snippet_of_a_model_is_one() {
    let sections = sections();
    let tables = set(sections.iter().map(|section| section.path[0].as_str()));
    let (mut n_whole, mut n_fragments) = (0, 0);
    for (name, text) in pages() {
        for (line, block) in blocks(&text, "toml") {
            let fragment: Table =
                block.parse().unwrap_or_else(|error| panic!("{name}:{line}: {error}"));
            if !fragment.keys().any(|key| tables.contains(key.as_str())) {
                continue;
            }
            let is_whole = ["dataset", "source", "dimension", "measure"]
                .iter()
                .all(|table| fragment.contains_key(*table));
            let read = if is_whole {
                n_whole += 1;
                Model::parse(&name, &block)
            } else {
                n_fragments += 1;
                let mut model = toml(MEDIA);
                join(&mut model, fragment);
                Model::parse(&name, &toml::to_string(&model).unwrap())
            };
            if let Err(error) = read {
                panic!("{name}:{line}: {error}\n{block}");
            }
        }
    }
    assert!(n_whole >= 2 && n_fragments >= 10, "{n_whole} whole ones, {n_fragments} fragments");
}
