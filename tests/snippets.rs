//! Every snippet of every page is run: commands in order with the real binary, settings by it, queries by what they
//! address. Models are parsed by `proto/tests/model_reference`. What a test cannot run is listed in [`LEFT_OUT`], with
//! the reason.

mod grpc;
mod page;
mod session;

use std::collections::BTreeSet;

use clio_tests::{Sandbox, repository};
use page::{Page, pages};
use session::Session;

/// Commands that no test runs, by page and text (or its beginning, with `…`), and why.
const LEFT_OUT: [(&str, &str, &str); 2] = [
    (
        "docs/api-policy.md",
        "CLIO_BLESS=1 cargo test -p clio-tests --test system releases",
        "it would write the files that tests compare with",
    ),
    (
        "tests/peers/README.md",
        "PYTHONPATH=tests …",
        "the packages of other engines are in nobody's build",
    ),
];
/// The tables of a model.
const MODEL_TABLES: [&str; 8] =
    ["dataset", "source", "lookup", "dimension", "measure", "outliers", "check", "test"];
/// The tables of settings.
const SETTINGS_TABLES: [&str; 6] = ["serving", "gateway", "access", "sign_in", "client", "log"];
/// The tables of roles.
const ROLES_TABLES: [&str; 1] = ["role"];
/// Variables in the text of pages that belong to tests and the dashboard's development server, not to a command.
const OTHERS: [&str; 3] = ["CLIO_BLESS", "CLIO_CONTROL", "CLIO_URL"];

/// What a page takes for granted.
fn prepare(page: &str, sandbox: &Sandbox) {
    if ["docs/operating.md", "docs/running-the-etl.md"].contains(&page) {
        crate::releases::make_lake(sandbox);
    }
}

#[test]
fn every_snippet_runs() {
    let mut left_out: BTreeSet<usize> = BTreeSet::new();
    for page in pages() {
        if page.blocks.is_empty() {
            continue;
        }
        let sandbox = Sandbox::new();
        prepare(&page.name, &sandbox);
        let mut session = Session::new(sandbox);
        for block in &page.blocks {
            let place = format!("{}:{}", page.name, block.line);
            if let Some(file) = &block.file {
                session.write(file, &block.text);
            }
            match block.language.as_str() {
                "console" | "sh" => {
                    for command in block.commands() {
                        let listed = LEFT_OUT.iter().position(|(name, text, _)| {
                            let is_it = text.strip_suffix('…').map_or_else(
                                || command == *text,
                                |start| command.starts_with(start),
                            );
                            *name == page.name && is_it
                        });
                        match listed {
                            Some(index) => {
                                left_out.insert(index);
                            }
                            None => session.run(&place, &command),
                        }
                    }
                }
                "toml" => toml_block(&mut session, &place, &block.text),
                "sql" => session.sql(&place, &block.text),
                "graphql" => session.graphql(&place, &block.text),
                "json" if block.text.contains("\"measures\":") => session.grpc(&place, &block.text),
                "json" => {
                    let read = serde_json::from_str::<serde_json::Value>(&block.text);
                    read.unwrap_or_else(|error| panic!("{place}: {error}"));
                }
                "text" => session.shows(&place, &block.text),
                // What a page calls a file exists for the commands below it.
                "csv" | "ndjson" if block.file.is_some() => {}
                other => panic!(
                    "{place}: nothing says how a block of `{other}` is run; `text` is for what is none, and \
                     tests/snippets.rs for the rest"
                ),
            }
        }
    }
    for (index, (page, start, _)) in LEFT_OUT.iter().enumerate() {
        assert!(
            left_out.contains(&index),
            "{page} has no `{start}` any more: take it off the list"
        );
    }
}

/// A file of settings, or a model, which is checked elsewhere.
fn toml_block(session: &mut Session, place: &str, text: &str) {
    let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{place}: {error}"));
    let is_of = |names: &[&str]| table.keys().all(|key| names.contains(&key.as_str()));
    let name = text.lines().next().and_then(|line| line.strip_prefix("# ")).filter(|name| {
        let is_file = name.ends_with(".toml");
        is_file && !name.contains([' ', '/'])
    });
    if let Some(name) = name {
        session.write(name, text);
    }
    if is_of(&SETTINGS_TABLES) {
        session.write("snippet.toml", text);
        session.run(place, "clio config show --config snippet.toml");
    } else if is_of(&ROLES_TABLES) {
        session.write("snippet.toml", text);
        session.run(place, "clio roles check snippet.toml");
    } else {
        assert!(is_of(&MODEL_TABLES), "{place}: this is neither a model nor settings");
    }
}

/// Commands in the middle of a sentence: they are not run, but parsed by the binary.
#[test]
fn every_command_in_the_text_is_understood() {
    let session = Session::new(Sandbox::new());
    let mut n_commands = 0;
    for page in pages() {
        for (line, span) in &page.spans {
            let place = format!("{}:{line}", page.name);
            // Dots stand for anything that may follow.
            let words = span.trim_end_matches('…').trim_end();
            match words.split_once(' ') {
                Some(("clio", _)) => session.understands(&place, words),
                Some(("make", _)) => session::is_target(&place, words),
                _ => continue,
            }
            n_commands += 1;
        }
    }
    assert!(n_commands > 20, "only {n_commands} commands were found");
}

#[test]
fn every_flag_and_variable_in_the_text_is_one_of_some_command() {
    let names = Session::new(Sandbox::new()).flags_and_variables();
    let mut unknown = Vec::new();
    for page in pages() {
        for (line, span) in &page.spans {
            let is_name = |word: &&str| word.starts_with("--") || word.starts_with("CLIO_");
            let is_about_flags = span.starts_with("--") || span.starts_with("CLIO_");
            for name in span.split([' ', '=']).filter(|word| is_about_flags && is_name(word)) {
                let is_one = names.contains(name) || OTHERS.contains(&name) || name == "CLIO_…";
                if !is_one {
                    unknown.push(format!("{}:{line}: no command has `{name}`", page.name));
                }
            }
        }
    }
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
}

/// The unit and the job beside the pages, which must call the binary correctly.
#[test]
fn the_unit_and_the_job_call_what_there_is() {
    let session = Session::new(Sandbox::new());
    let read = |name: &str| std::fs::read_to_string(repository().join(name)).unwrap();
    let unit = read("docs/clio-etl.service").replace("\\\n", " ");
    let starts = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    session.understands("docs/clio-etl.service", starts);
    let job = read("docs/clio-etl-cronjob.yaml");
    let args = job.lines().find_map(|line| line.trim().strip_prefix("args: [")).unwrap();
    let args = args.trim_end_matches(']').replace(',', " ");
    session.understands("docs/clio-etl-cronjob.yaml", &format!("clio {args}"));
    let names = session.flags_and_variables();
    for name in job.split([' ', ',', '\n']).filter(|word| word.starts_with("CLIO_")) {
        assert!(names.contains(name), "docs/clio-etl-cronjob.yaml: no command has `{name}`");
    }
}

/// Files that pages name, and tests that they cite for what they say.
#[test]
fn every_file_and_every_test_that_a_page_names_is_there() {
    let files = crate::tidy::files();
    let rust = files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "rs"));
    let code: String =
        rust.map(|file| std::fs::read_to_string(repository().join(file)).unwrap()).collect();
    let (mut n_files, mut n_tests, mut gone) = (0, 0, Vec::new());
    for page in pages() {
        let folder = page.name.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (line, span) in &page.spans {
            let place = format!("{}:{line}", page.name);
            let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            // Metrics have such names too; `operators.rs` compares them.
            let is_metric = span.starts_with("clio_");
            if span.matches('_').count() > 3 && span.chars().all(is_plain) && !is_metric {
                if !code.contains(&format!("fn {span}(")) {
                    gone.push(format!("{place}: no test is called `{span}`"));
                }
                n_tests += 1;
            }
            let top = span.split('/').next().unwrap_or_default();
            let is_path = span.contains('/')
                && !top.is_empty()
                && span.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
                && files.iter().any(|file| file.starts_with(top) && file.as_os_str() != top);
            // `etl/tests`, and `tests` on a package's own page.
            let own = repository().join(folder).join(span);
            if is_path {
                let is_there =
                    own.try_exists().unwrap() || repository().join(span).try_exists().unwrap();
                if !is_there {
                    gone.push(format!("{place}: `{span}` is not there"));
                }
                n_files += 1;
            }
        }
    }
    assert!(gone.is_empty(), "{}", gone.join("\n"));
    assert!(n_files > 50 && n_tests > 20, "{n_files} files and {n_tests} tests were found");
}

#[test]
fn the_index_names_every_page() {
    let pages = pages();
    let index = pages.iter().find(|page| page.name == "docs/README.md").unwrap();
    for file in crate::tidy::files().iter().filter(|file| file.starts_with("docs")) {
        let path = file.strip_prefix("docs").expect("it is below docs").to_string_lossy();
        let is_named = |page: &Page| page.links.iter().any(|(_, target)| *target == path);
        // A page, or what runs a command, is in the index; a picture is on the page that shows it.
        let is_picture = path.contains('/');
        let is_there = if is_picture { pages.iter().any(is_named) } else { is_named(index) };
        assert!(is_there || path == "README.md", "no page names {}", file.display());
    }
}

#[test]
fn every_link_leads_somewhere() {
    let pages = pages();
    let anchors = |name: &str| {
        pages.iter().find(|page| page.name == name).map(|page: &Page| page.anchors.clone())
    };
    let mut n_links = 0;
    for page in &pages {
        let folder = page.name.rsplit_once('/').map(|(folder, _)| format!("{folder}/"));
        for (line, target) in page.links.iter().filter(|(_, target)| !target.contains("://")) {
            let (path, anchor) =
                target.split_once('#').map_or((target.as_str(), None), |(p, a)| (p, Some(a)));
            let name = if path.is_empty() {
                page.name.clone()
            } else {
                page::normal(&format!("{}{path}", folder.as_deref().unwrap_or_default()))
            };
            let place = format!("{}:{line}", page.name);
            assert!(
                repository().join(&name).try_exists().unwrap(),
                "{place}: `{target}` is not there"
            );
            if let Some(anchor) = anchor {
                let there = anchors(&name).unwrap_or_default();
                assert!(
                    there.contains(anchor),
                    "{place}: `{target}` has no such heading: {there:?}"
                );
            }
            n_links += 1;
        }
    }
    assert!(n_links > 20, "only {n_links} links were found");
}
