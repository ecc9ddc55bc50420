//! The proposal as a TOML file that a person goes on with.

use std::fmt::Write as _;

use clio_proto::Format;

use super::proposal::{DayEstimate, Proposal, ProposedDimension, ProposedLookup, ProposedSource};
use super::sample::bound_of_looking;
use super::words;

/// 2^14 registers are a standard error of 0.8 %, in 16 KiB at most: the common choice.
const PRECISION: u8 = 14;

impl Proposal {
    /// The model as a TOML file with comments.
    pub fn to_toml(&self, estimate: Option<&DayEstimate>) -> String {
        write(self, estimate)
    }
}

/// A number of things, in words.
fn counted(n: u64, one: &str) -> String {
    let many = if n == 1 { "" } else { "s" };
    format!("{n} {one}{many}")
}

fn write(proposal: &Proposal, estimate: Option<&DayEstimate>) -> String {
    let mut out = Out(String::new());
    out.head(proposal, estimate);
    out.sources(proposal);
    for lookup in &proposal.lookups {
        out.lookup(lookup);
    }
    out.line("\n# What one filters and groups by.");
    for choice in &proposal.dimensions {
        out.dimension(&choice.it, choice.is_taken);
    }
    out.measures(proposal);
    if !proposal.left_out.is_empty() {
        out.line("# Left out:");
        for line in &proposal.left_out {
            out.line(&format!("#   {}", one_line(line)));
        }
    }
    out.0
}

/// A text as TOML has it.
fn text(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn texts<T: AsRef<str>>(all: &[T]) -> String {
    let quoted: Vec<_> = all.iter().map(|one| text(one.as_ref())).collect();
    format!("[{}]", quoted.join(", "))
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

struct Out(String);

impl Out {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn key(&mut self, key: &str, value: &str) {
        let _ = writeln!(self.0, "{key} = {value}");
    }

    /// A key with a comment behind it.
    fn noted(&mut self, key: &str, value: &str, comment: &str) {
        let _ = writeln!(self.0, "{:<39} # {}", format!("{key} = {value}"), one_line(comment));
    }

    fn head(&mut self, proposal: &Proposal, estimate: Option<&DayEstimate>) {
        self.line("# A dataset model as `clio model init` proposes it: which columns mean what. Correct it, then look at what");
        self.line(
            "# it comes to with `clio model check`, and make cells of it with `clio etl run`.",
        );
        self.line("#");
        let _ = writeln!(self.0, "# Looked at: {}.", bound_of_looking());
        for table in &proposal.tables {
            let rows = if table.is_whole { "all" } else { "the first" };
            let _ = writeln!(
                self.0,
                "#   {:<20} {} ({}, {}), {rows} {}: {}",
                table.name,
                one_line(&table.url),
                table.format,
                counted(table.n_files as u64, "file"),
                counted(table.n_rows as u64, "row"),
                one_line(&table.role)
            );
        }
        if let Some(day) = estimate {
            let _ = writeln!(
                self.0,
                "#\n# A day such as {} has {} in {}, {} KiB in the lake.",
                day.day,
                counted(day.n_rows, "event"),
                counted(day.n_cells, "cell"),
                day.size_bytes.div_ceil(1024)
            );
        }
        self.line("\n[dataset]");
        self.key("name", &text(&proposal.name));
        self.noted("timezone", &text(&proposal.timezone), "where a day begins");
    }

    fn sources(&mut self, proposal: &Proposal) {
        let time = &proposal.times[proposal.time];
        let is_local = !time.has_zone && !time.is_date && proposal.timezone != "UTC";
        self.line("\n# One row for each event.");
        self.source("source", &proposal.events, Some(&time.sql), is_local);
        let others = proposal.times.iter().enumerate().filter(|(index, _)| *index != proposal.time);
        for (_, other) in others {
            let _ = writeln!(self.0, "# time = {}", text(&other.sql));
        }
        if !time.has_zone && !time.is_date && !is_local {
            self.line("# Its times have no zone, and are taken for those of UTC. If clocks of another zone wrote them, name it as");
            self.line("# `timezone` above, and add here: times_are = \"local\"");
        }
        for flag in proposal.flags.iter().filter(|choice| choice.is_taken).map(|choice| &choice.it)
        {
            let _ = writeln!(self.0, "\n[source.{}]", flag.name);
            self.key("from", &text(&proposal.events.name));
            self.key("where", &text(&flag.condition));
        }
        let Some(actions) = proposal.actions.as_ref().filter(|choice| choice.is_taken) else {
            return;
        };
        let actions = &actions.it;
        self.line("\n# One row for each time that somebody acted.");
        self.source("source", &actions.source, actions.source.time.as_deref(), is_local);
        let keys: Vec<String> = actions.keys.iter().map(|key| text(key)).collect();
        self.line("\n# Each is credited to the last event before it that has the same keys, within a window: it takes that");
        self.line("# event's dimensions and day.");
        let _ = writeln!(self.0, "[source.credited_{}]", actions.source.name);
        let _ = writeln!(
            self.0,
            "attribute = {{ event = {}, to = {}, by = [{}], within = {}, credit = \"last\" }}",
            text(&actions.source.name),
            text(&proposal.events.name),
            keys.join(", "),
            text(&actions.within)
        );
        self.line("# where = \"…\"                           # which of them count, such as those of two minutes or more");
    }

    fn source(&mut self, table: &str, source: &ProposedSource, time: Option<&str>, is_local: bool) {
        let _ = writeln!(self.0, "[{table}.{}]", source.name);
        self.key("url", &text(&source.url));
        if !source.patterns.is_empty() {
            self.key("files", &texts(&source.patterns));
        }
        self.key("format", &text(source.format.as_str()));
        if let Some(time) = time {
            self.key("time", &text(time));
        }
        if is_local {
            self.noted("times_are", "\"local\"", "what clocks of `timezone` showed");
        }
        let Format::Csv(options) = &source.format else { return };
        let mut csv = Vec::new();
        if options.delimiter != b',' {
            let sign = char::from(options.delimiter);
            csv.push(format!("delimiter = \"{}\"", sign.escape_default()));
        }
        if !source.nothing.is_empty() {
            let nothing: Vec<_> =
                std::iter::once("").chain(source.nothing.iter().copied()).collect();
            csv.push(format!("null = {}", texts(&nothing)));
        }
        if !csv.is_empty() {
            let _ = writeln!(self.0, "csv = {{ {} }}", csv.join(", "));
        }
    }

    fn lookup(&mut self, lookup: &ProposedLookup) {
        let _ = writeln!(self.0, "\n# {}.", one_line(&upper_first(&lookup.comment)));
        self.source("lookup", &lookup.files, None, false);
        self.key("key", &text(&lookup.key));
        if lookup.files.has_folders {
            self.noted(
                "as_of",
                "\"day\"",
                "a state in each `dt=` folder: an event takes that of its day",
            );
        }
        if !lookup.columns.is_empty() {
            let _ = writeln!(self.0, "[lookup.{}.columns]", lookup.files.name);
            for (name, expression) in &lookup.columns {
                self.key(name, &text(expression));
            }
        }
    }

    fn dimension(&mut self, dimension: &ProposedDimension, is_taken: bool) {
        let mut own = Out(String::new());
        let _ = writeln!(own.0, "[dimension.{}]", dimension.name);
        let members = match dimension.comment.as_str() {
            "" => counted(dimension.n_members as u64, "member"),
            comment => format!("{}, {comment}", counted(dimension.n_members as u64, "member")),
        };
        if let Some((lookup, on)) = &dimension.from {
            own.key("lookup", &text(lookup));
            own.key("on", &text(on));
        }
        own.noted("column", &text(&dimension.column), &members);
        if let Some(lookup) = &dimension.described_by {
            own.key("lookup", &text(lookup));
        }
        if dimension.is_multi {
            own.noted("multi", "true", "each event has a set of them");
        }
        if !dimension.attributes.is_empty() {
            own.key("attributes", &texts(&dimension.attributes));
        }
        for (key, value) in [("label", &dimension.label), ("media", &dimension.media)] {
            if let Some(value) = value {
                own.key(key, &text(value));
            }
        }
        if !self.0.ends_with("by.\n") {
            self.line("");
        }
        for line in own.0.lines() {
            let line = if is_taken { line.to_owned() } else { format!("# {line}") };
            self.line(&line);
        }
    }

    fn measures(&mut self, proposal: &Proposal) {
        self.line("\n# The numbers.");
        let person = proposal.person.map(|index| &proposal.people[index]);
        let events = &proposal.events.name;
        let is_shown = events == "impressions";
        let people = match person.and_then(|names| names.first()) {
            Some(name) if !words::is_person(name) => format!("different_{}", words::name_of(name)),
            _ if is_shown => "viewers".to_owned(),
            _ if words::action(events).is_some_and(|(name, _)| name == events) => {
                words::action(events).map_or("", |(_, people)| people).to_owned()
            }
            _ => format!("{events}_people"),
        };
        self.count(events, events);
        self.distinct(&people, events, person);
        let mut rates = Vec::new();
        for flag in proposal.flags.iter().filter(|choice| choice.is_taken).map(|choice| &choice.it)
        {
            self.count(&flag.name, &flag.name);
            self.distinct(&flag.people, &flag.name, person);
            rates.push((flag.name.clone(), flag.name.clone(), events.clone()));
        }
        if let Some(actions) = proposal.actions.as_ref().filter(|choice| choice.is_taken) {
            let actions = &actions.it;
            let source = format!("credited_{}", actions.source.name);
            self.count(&actions.source.name, &source);
            self.distinct(&actions.people, &source, person);
            rates.push(match person {
                Some(_) => (actions.source.name.clone(), actions.people.clone(), people),
                None => (actions.source.name.clone(), actions.source.name.clone(), events.clone()),
            });
        }
        let has_actions = proposal.actions.as_ref().is_some_and(|choice| choice.is_taken);
        for choice in &proposal.sums {
            let sum = &choice.it;
            let is_there = has_actions || sum.source == *events;
            let mark = if choice.is_taken && is_there { "" } else { "# " };
            let _ = write!(
                self.0,
                "\n{mark}[measure.{}]\n{mark}source = {}\n{mark}kind = \"sum\"\n{mark}of = {}\n",
                sum.name,
                text(&sum.source),
                text(&sum.of)
            );
            if words::is_duration(&sum.of) && is_there {
                self.spread(&sum.name, &sum.source, &sum.of);
            }
        }
        for (name, above, below) in rates {
            let name = name.strip_suffix('s').unwrap_or(&name);
            let _ = writeln!(self.0, "\n[measure.{name}_rate]");
            self.key("kind", "\"derived\"");
            self.key("expr", &text(&format!("{above} / {below}")));
            self.key("format", "\"percent\"");
        }
        self.line("");
    }

    /// How long things last, for those who uncomment it: it is another sketch in every cell.
    fn spread(&mut self, sum: &str, source: &str, of: &str) {
        let (source, of) = (text(source), text(of));
        let _ = write!(
            self.0,
            "\n# Any quantile of it: {sum}_spread.p50 is the median.\n# [measure.{sum}_spread]\n# source = {source}\n\
             # kind = \"quantile\"\n# of = {of}\n# error = \"2%\"\n"
        );
    }

    fn count(&mut self, name: &str, source: &str) {
        let _ = writeln!(self.0, "\n[measure.{name}]");
        self.key("source", &text(source));
        self.key("kind", "\"count\"");
    }

    fn distinct(&mut self, name: &str, source: &str, person: Option<&Vec<String>>) {
        let Some(person) = person else { return };
        let _ = writeln!(self.0, "\n[measure.{name}]");
        self.key("source", &text(source));
        self.key("kind", "\"distinct\"");
        let of = match person.as_slice() {
            [one] => text(one),
            several => texts(several),
        };
        let is_person = person.first().is_some_and(|name| words::is_person(name));
        let comment = match is_person {
            true => "who it was",
            false => "no name says who it was: of the keys, this one has most values",
        };
        self.noted("of", &of, comment);
        self.noted(
            "precision",
            &PRECISION.to_string(),
            "an error of 0.8 %; 12: 1.6 %, in a quarter of the bytes",
        );
    }
}

fn upper_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}
