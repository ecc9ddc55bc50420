//! From the TOML tree to values with lines: takes the known keys, and reports the others.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{
    At, Entry, Place, RawAttribute, RawCheck, RawCsv, RawDataset, RawDimension, RawExperiment,
    RawFiles, RawLookup, RawMeasure, RawModel, RawOf, RawOutliers, RawShare, RawSource,
};
use crate::model::problems::Problems;
use crate::toml_file::{line_at, nearest, parse_toml, quoted};

/// Reads a file as far as it is valid TOML, and reports wrong types and unknown keys.
///
/// `None` if the text is not TOML: any other problem would be a guess.
pub(in crate::model) fn read(text: &str, problems: &mut Problems) -> Option<RawModel> {
    let root = match parse_toml(text) {
        Ok(root) => root,
        Err(found) => {
            problems.extend(found);
            return None;
        }
    };
    let mut reader = Reader { text, problems };
    let mut root = reader.table(root.get_ref(), String::new(), String::new(), 1);
    let dataset = reader.subtable(&mut root, "dataset").map(|mut table| RawDataset {
        name: reader.string(&mut table, "name"),
        timezone: reader.string(&mut table, "timezone"),
        week_starts: reader.string(&mut table, "week_starts"),
        worthwhile: reader.share(&mut table, "worthwhile"),
        min_people: reader.entry(&mut table, "min_people", "a whole number", whole),
        people: reader.strings(&mut table, "people"),
        first_day: reader.day(&mut table, "first_day"),
        last_day: reader.day(&mut table, "last_day"),
        place: reader.finish(table),
    });
    let sources = reader.subtables(&mut root, "source", Reader::source);
    let lookups = reader.subtables(&mut root, "lookup", Reader::lookup);
    let dimensions = reader.subtables(&mut root, "dimension", Reader::dimension);
    let measures = reader.subtables(&mut root, "measure", Reader::measure);
    let checks = reader.subtables(&mut root, "check", Reader::check);
    let experiments = reader.subtables(&mut root, "test", Reader::experiment);
    let outliers = reader.subtable(&mut root, "outliers").map(|mut table| RawOutliers {
        dimension: reader.string(&mut table, "dimension"),
        peers: reader.strings(&mut table, "peers"),
        pool: reader.string(&mut table, "pool"),
        rate: reader.string(&mut table, "rate"),
        watching: reader.string(&mut table, "watching"),
        beyond: reader.share(&mut table, "beyond"),
        place: reader.finish(table),
    });
    reader.finish(root);
    Some(RawModel {
        dataset,
        sources,
        lookups,
        dimensions,
        measures,
        checks,
        experiments,
        outliers,
    })
}

/// A TOML table whose keys are taken one by one.
struct Table<'a> {
    place: Place,
    /// Keys not yet taken, in the file's order.
    rest: Vec<(&'a str, usize, &'a DeValue<'a>)>,
    /// All keys that were looked up: the known ones.
    known: Vec<&'static str>,
}

impl Table<'_> {
    fn line_of(&self, key: &str) -> Option<usize> {
        self.rest.iter().find(|(name, _, _)| *name == key).map(|(_, line, _)| *line)
    }
}

struct Reader<'a, 'p> {
    text: &'a str,
    problems: &'p mut Problems,
}

impl<'a> Reader<'a, '_> {
    fn table(&self, table: &'a DeTable<'a>, name: String, path: String, line: usize) -> Table<'a> {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let rest = entries
            .into_iter()
            .map(|(key, value)| (key.get_ref().as_ref(), self.key_line(key), value.get_ref()))
            .collect();
        Table { place: Place { name, line, path }, rest, known: Vec::new() }
    }

    fn key_line(&self, key: &Spanned<std::borrow::Cow<'_, str>>) -> usize {
        line_at(self.text, key.span().start)
    }

    /// Reports the keys that were never looked up.
    fn finish(&mut self, table: Table<'_>) -> Place {
        for (key, line, _) in table.rest {
            let mend = match nearest(key, table.known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are: {}", quoted(table.known.iter().copied())),
            };
            self.problems.report(line, join(&table.place.path, key), "unknown key", mend);
        }
        table.place
    }

    fn take(&mut self, table: &mut Table<'a>, key: &'static str) -> Option<At<&'a DeValue<'a>>> {
        table.known.push(key);
        let index = table.rest.iter().position(|(name, _, _)| *name == key)?;
        let (_, line, value) = table.rest.remove(index);
        Some(At { value, line })
    }

    /// Takes a key and reads its value; `None` from `read` means a wrong type.
    fn entry<T>(
        &mut self,
        table: &mut Table<'a>,
        key: &'static str,
        expected: &str,
        read: impl FnOnce(&'a DeValue<'a>) -> Option<T>,
    ) -> Entry<T> {
        let Some(At { value, line }) = self.take(table, key) else {
            return Entry::Absent;
        };
        match read(value) {
            Some(value) => Entry::Given(At { value, line }),
            None => {
                let path = join(&table.place.path, key);
                self.wrong_type(line, path, value, expected);
                Entry::Bad
            }
        }
    }

    fn wrong_type(&mut self, line: usize, path: String, value: &DeValue<'_>, expected: &str) {
        let what = match value {
            DeValue::String(text) if text.trim().is_empty() => "is empty".to_owned(),
            DeValue::Array(array) if array.is_empty() => "is empty".to_owned(),
            DeValue::Array(_) => "has the type array".to_owned(),
            other => format!("has the type {}", other.type_str()),
        };
        self.problems.report(line, path, what, format!("write {expected}"));
    }

    fn string(&mut self, table: &mut Table<'a>, key: &'static str) -> Entry<String> {
        self.entry(table, key, "a text in quotes", text)
    }

    /// A day, in quotes or as a native TOML date.
    fn day(&mut self, table: &mut Table<'a>, key: &'static str) -> Entry<String> {
        self.entry(table, key, "a day such as `\"2020-01-01\"`", |value| {
            text(value).or_else(|| value.as_datetime().map(ToString::to_string))
        })
    }

    fn boolean(&mut self, table: &mut Table<'a>, key: &'static str) -> Entry<bool> {
        self.entry(table, key, "`true` or `false`", DeValue::as_bool)
    }

    fn strings(&mut self, table: &mut Table<'a>, key: &'static str) -> Entry<Vec<String>> {
        self.entry(table, key, "a list of texts, such as `[\"a\", \"b\"]`", texts)
    }

    fn share(&mut self, table: &mut Table<'a>, key: &'static str) -> Entry<RawShare> {
        self.entry(table, key, "a share such as `\"1%\"` or `0.01`", share)
    }

    fn subtable(&mut self, table: &mut Table<'a>, key: &'static str) -> Option<Table<'a>> {
        let expected = format!("it as a table, `[{}]`", join(&table.place.path, key));
        let entry = self.entry(table, key, &expected, DeValue::as_table);
        let at = entry.given()?;
        Some(self.table(at.value, key.to_owned(), join(&table.place.path, key), at.line))
    }

    /// Reads `[key.NAME]` for every name, in the file's order.
    fn subtables<T>(
        &mut self,
        root: &mut Table<'a>,
        key: &'static str,
        read: fn(&mut Self, Table<'a>) -> T,
    ) -> Vec<T> {
        let Some(tables) = self.subtable(root, key) else {
            return Vec::new();
        };
        let mut all = Vec::new();
        for (name, line, value) in tables.rest {
            let path = join(key, name);
            match value.as_table() {
                Some(table) => {
                    let table = self.table(table, name.to_owned(), path, line);
                    all.push(read(self, table));
                }
                None => {
                    let expected = format!("a table with a name, `[{key}.NAME]`");
                    self.wrong_type(line, path, value, &expected);
                }
            }
        }
        all
    }

    fn source(&mut self, mut table: Table<'a>) -> RawSource {
        let files = self.files(&mut table);
        let from = self.string(&mut table, "from");
        let time = self.string(&mut table, "time");
        let times_are = self.string(&mut table, "times_are");
        let days = self.string(&mut table, "days");
        let late = self.string(&mut table, "late");
        let predicate = self.string(&mut table, "where");
        let on_bad_rows = self.string(&mut table, "on_bad_rows");
        let max_bad_rows = self.share(&mut table, "max_bad_rows");
        let attribute = self.attribute(&mut table);
        let place = self.finish(table);
        RawSource {
            place,
            files,
            from,
            time,
            times_are,
            days,
            late,
            predicate,
            on_bad_rows,
            max_bad_rows,
            attribute,
        }
    }

    fn attribute(&mut self, table: &mut Table<'a>) -> Entry<RawAttribute> {
        let line = table.line_of("attribute");
        let Some(mut attribute) = self.subtable(table, "attribute") else {
            return if line.is_some() { Entry::Bad } else { Entry::Absent };
        };
        let line = attribute.place.line;
        let value = RawAttribute {
            event: self.string(&mut attribute, "event"),
            to: self.string(&mut attribute, "to"),
            by: self.strings(&mut attribute, "by"),
            within: self.entry(
                &mut attribute,
                "within",
                "a number and a unit in quotes, such as `\"24h\"`",
                text,
            ),
            credit: self.string(&mut attribute, "credit"),
            place: self.finish(attribute),
        };
        Entry::Given(At { value, line })
    }

    fn lookup(&mut self, mut table: Table<'a>) -> RawLookup {
        RawLookup {
            files: self.files(&mut table),
            key: self.string(&mut table, "key"),
            as_of: self.string(&mut table, "as_of"),
            valid_from: self.string(&mut table, "valid_from"),
            valid_to: self.string(&mut table, "valid_to"),
            on_change: self.string(&mut table, "on_change"),
            place: self.finish(table),
        }
    }

    fn files(&mut self, table: &mut Table<'a>) -> RawFiles {
        RawFiles {
            url: self.string(table, "url"),
            format: self.string(table, "format"),
            files: self.strings(table, "files"),
            columns: self.columns(table),
            types: self.types(table),
            csv: self.csv(table),
        }
    }

    fn columns(&mut self, table: &mut Table<'a>) -> Entry<Vec<(String, String)>> {
        let line = table.line_of("columns");
        let Some(columns) = self.subtable(table, "columns") else {
            return if line.is_some() { Entry::Bad } else { Entry::Absent };
        };
        let mut all = Vec::new();
        for (name, line, value) in columns.rest {
            match text(value) {
                Some(sql) => all.push((name.to_owned(), sql)),
                None => {
                    let path = join(&columns.place.path, name);
                    self.wrong_type(line, path, value, "an SQL expression in quotes");
                }
            }
        }
        Entry::Given(At { value: all, line: columns.place.line })
    }

    fn types(&mut self, table: &mut Table<'a>) -> Entry<Vec<(String, At<String>)>> {
        let line = table.line_of("types");
        let Some(types) = self.subtable(table, "types") else {
            return if line.is_some() { Entry::Bad } else { Entry::Absent };
        };
        let mut all = Vec::new();
        for (name, line, value) in types.rest {
            match text(value) {
                Some(value) => all.push((name.to_owned(), At { value, line })),
                None => {
                    let path = join(&types.place.path, name);
                    self.wrong_type(line, path, value, "a type in quotes, such as `\"int64\"`");
                }
            }
        }
        Entry::Given(At { value: all, line: types.place.line })
    }

    fn csv(&mut self, table: &mut Table<'a>) -> Entry<RawCsv> {
        let line = table.line_of("csv");
        let Some(mut csv) = self.subtable(table, "csv") else {
            return if line.is_some() { Entry::Bad } else { Entry::Absent };
        };
        let line = csv.place.line;
        let value = RawCsv {
            header: self.boolean(&mut csv, "header"),
            // A space and a tab are characters too, and an empty text means no quote at all.
            delimiter: self.entry(&mut csv, "delimiter", "one character in quotes", any_text),
            quote: self.entry(&mut csv, "quote", "one character in quotes, or `\"\"`", any_text),
            // Empty texts are allowed here: an empty field is null.
            null: self.entry(&mut csv, "null", "a text in quotes, or a list of texts", |value| {
                if let Some(text) = any_text(value) {
                    return Some(vec![text]);
                }
                let array = value.as_array().filter(|array| !array.is_empty())?;
                array.iter().map(|element| any_text(element.get_ref())).collect()
            }),
            place: self.finish(csv),
        };
        Entry::Given(At { value, line })
    }

    fn dimension(&mut self, mut table: Table<'a>) -> RawDimension {
        RawDimension {
            column: self.string(&mut table, "column"),
            lookup: self.string(&mut table, "lookup"),
            on: self.string(&mut table, "on"),
            multi: self.boolean(&mut table, "multi"),
            attributes: self.strings(&mut table, "attributes"),
            label: self.string(&mut table, "label"),
            media: self.string(&mut table, "media"),
            age: self.string(&mut table, "age"),
            display: self.string(&mut table, "display"),
            place: self.finish(table),
        }
    }

    fn measure(&mut self, mut table: Table<'a>) -> RawMeasure {
        RawMeasure {
            source: self.string(&mut table, "source"),
            kind: self.string(&mut table, "kind"),
            of: self.entry(&mut table, "of", "a column in quotes, or a list of columns", |value| {
                text(value).map(RawOf::One).or_else(|| texts(value).map(RawOf::Several))
            }),
            precision: self.entry(&mut table, "precision", "a whole number", whole),
            error: self.share(&mut table, "error"),
            edges: self.entry(
                &mut table,
                "edges",
                "a list of numbers, such as `[30, 120]`",
                numbers,
            ),
            family: self.string(&mut table, "family"),
            from_sketch: self.boolean(&mut table, "from_sketch"),
            expr: self.string(&mut table, "expr"),
            format: self.string(&mut table, "format"),
            display: self.string(&mut table, "display"),
            place: self.finish(table),
        }
    }

    fn experiment(&mut self, mut table: Table<'a>) -> RawExperiment {
        let expected = "a list of shares, such as `[\"50%\", \"50%\"]`";
        RawExperiment {
            dimension: self.string(&mut table, "dimension"),
            arms: self.strings(&mut table, "arms"),
            shares: self.entry(&mut table, "shares", expected, |value| {
                let array = value.as_array().filter(|array| !array.is_empty())?;
                array.iter().map(|element| share(element.get_ref())).collect()
            }),
            assigned: self.string(&mut table, "assigned"),
            first_day: self.day(&mut table, "first_day"),
            last_day: self.day(&mut table, "last_day"),
            place: self.finish(table),
        }
    }

    fn check(&mut self, mut table: Table<'a>) -> RawCheck {
        RawCheck {
            kind: self.string(&mut table, "kind"),
            source: self.string(&mut table, "source"),
            trailing_days: self.entry(&mut table, "trailing_days", "a whole number", whole),
            at_least: self.share(&mut table, "at_least"),
            at_most: self.share(&mut table, "at_most"),
            dimension: self.string(&mut table, "dimension"),
            measure: self.string(&mut table, "measure"),
            within: self.string(&mut table, "within"),
            per: self.string(&mut table, "per"),
            on_failure: self.string(&mut table, "on_failure"),
            place: self.finish(table),
        }
    }
}

/// A share, as text or number.
fn share(value: &DeValue<'_>) -> Option<RawShare> {
    text(value).map(RawShare::Text).or_else(|| number(value).map(RawShare::Number))
}

/// Any text.
fn any_text(value: &DeValue<'_>) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// A text that is not empty.
fn text(value: &DeValue<'_>) -> Option<String> {
    value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

/// A list of texts; neither it nor any of them is empty.
fn texts(value: &DeValue<'_>) -> Option<Vec<String>> {
    let array = value.as_array().filter(|array| !array.is_empty())?;
    array.iter().map(|element| text(element.get_ref())).collect()
}

/// A list of numbers; it is not empty.
fn numbers(value: &DeValue<'_>) -> Option<Vec<f64>> {
    let array = value.as_array().filter(|array| !array.is_empty())?;
    array.iter().map(|element| number(element.get_ref())).collect()
}

fn whole(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    value
        .as_float()
        .map(toml::de::DeFloat::as_str)
        .or_else(|| Some(value.as_integer()?.as_str()))?
        .parse()
        .ok()
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
