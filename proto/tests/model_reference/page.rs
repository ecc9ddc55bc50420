//! Reads `docs/model.md`: its headings that name tables of the model, and the Markdown tables below them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What the page says about one table of the model.
#[derive(Debug)]
pub(crate) struct Section {
    /// Its path, such as `source`, `NAME`, `csv`.
    pub(crate) path: Vec<String>,
    /// The kinds that it has; empty if there is only one.
    pub(crate) forms: Vec<Form>,
    /// Its keys.
    pub(crate) keys: Vec<Key>,
    /// The types that it lists.
    pub(crate) types: Vec<String>,
}

/// One kind of a table: which keys identify it, and which it may have besides.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form {
    /// The value of the key `kind`, if that distinguishes kinds.
    pub(crate) kind: Option<String>,
    /// The keys that identify it.
    pub(crate) has: Vec<String>,
    /// The others, with a default if it depends on the kind.
    pub(crate) may_have: BTreeMap<String, Option<String>>,
}

/// One key.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: String,
    /// What the page says about its value.
    pub(crate) value: String,
    /// What the page says about its default.
    pub(crate) default: String,
}

impl Key {
    /// The values, if the page lists all of them and says nothing else.
    pub(crate) fn choices(&self) -> Option<Vec<&str>> {
        let rest: String = self.value.split('`').step_by(2).collect();
        let lists = rest.chars().all(|c| c == ',' || c == ' ');
        (lists && !self.value.is_empty()).then(|| quoted(&self.value))
    }

    /// The default, if it is a single value, as written in TOML.
    pub(crate) fn default_value(&self) -> Option<&str> {
        self.default.strip_prefix('`')?.strip_suffix('`')
    }

    pub(crate) fn is_required(&self) -> bool {
        self.default == "required"
    }
}

impl Section {
    pub(crate) fn key(&self, name: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// The kinds; a table without any has one with all its keys.
    pub(crate) fn forms_or_one(&self) -> Vec<Form> {
        if !self.forms.is_empty() {
            return self.forms.clone();
        }
        let (required, others): (Vec<_>, Vec<_>) =
            self.keys.iter().partition(|key| key.is_required());
        vec![Form {
            kind: None,
            has: required.iter().map(|key| key.name.clone()).collect(),
            may_have: others.iter().map(|key| (key.name.clone(), None)).collect(),
        }]
    }
}

/// The text between backticks.
pub(crate) fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The pages of the repository, with their names.
pub(crate) fn pages() -> Vec<(String, String)> {
    let docs = fs::read_dir(repository().join("docs")).unwrap();
    let mut paths: Vec<PathBuf> = docs.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
    paths.push(repository().join("README.md"));
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(path).unwrap())
    };
    paths.into_iter().map(read).collect()
}

/// The fenced blocks of a language, with the line on which each begins.
pub(crate) fn blocks(text: &str, language: &str) -> Vec<(usize, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, bool, String)> = None;
    for (index, line) in text.lines().enumerate() {
        match (line.trim_start().strip_prefix("```"), open.take()) {
            (Some(info), None) => open = Some((index + 2, info.trim() == language, String::new())),
            (Some(_), Some((line, true, block))) => blocks.push((line, block)),
            (Some(_), Some(_)) | (None, None) => {}
            (None, Some((at, is_it, mut block))) => {
                block.push_str(line);
                block.push('\n');
                open = Some((at, is_it, block));
            }
        }
    }
    blocks
}

/// The sections of the reference.
pub(crate) fn sections() -> Vec<Section> {
    let page = fs::read_to_string(repository().join("docs/model.md")).unwrap();
    let mut sections: Vec<Section> = Vec::new();
    let mut header: Vec<&str> = Vec::new();
    let mut is_code = false;
    for line in page.lines() {
        is_code ^= line.starts_with("```");
        if let (false, Some(title)) = (is_code, line.strip_prefix('#')) {
            let title = title.trim_start_matches('#').trim();
            if let Some(path) = title.strip_prefix("`[").and_then(|rest| rest.strip_suffix("]`")) {
                sections.push(Section {
                    path: path.split('.').map(str::to_owned).collect(),
                    forms: Vec::new(),
                    keys: Vec::new(),
                    types: Vec::new(),
                });
            }
        }
        let Some(row) = line.strip_prefix("| ").filter(|_| !is_code) else {
            header.clear();
            continue;
        };
        let cells: Vec<&str> = row.trim_end_matches('|').split('|').map(str::trim).collect();
        if header.is_empty() {
            header = cells;
        } else if let (Some(section), false) = (sections.last_mut(), row.starts_with("---")) {
            read_row(section, &header, &cells);
        }
    }
    sections
}

fn read_row(section: &mut Section, header: &[&str], cells: &[&str]) {
    assert_eq!(header.len(), cells.len(), "a row of `[{}]`: {cells:?}", section.path.join("."));
    let cell = |title: &str| header.iter().position(|own| *own == title).map(|at| cells[at]);
    if let (Some(has), Some(may_have)) = (cell("has"), cell("may have")) {
        let with_default = |item: &str| match item.split_once(" = ") {
            Some((key, default)) => (key.to_owned(), Some(default.to_owned())),
            None => (item.to_owned(), None),
        };
        section.forms.push(Form {
            kind: cell("kind").map(|kind| quoted(kind)[0].to_owned()),
            has: quoted(has).into_iter().map(str::to_owned).collect(),
            may_have: quoted(may_have).into_iter().map(with_default).collect(),
        });
    } else if let (Some(key), Some(value), Some(default)) =
        (cell("key"), cell("value"), cell("default"))
    {
        section.keys.push(Key {
            name: quoted(key)[0].to_owned(),
            value: value.to_owned(),
            default: default.to_owned(),
        });
    } else if header[0] == "type" {
        section.types.push(quoted(cells[0])[0].to_owned());
    } else {
        panic!("`[{}]` has a table with the unknown head {header:?}", section.path.join("."));
    }
}
