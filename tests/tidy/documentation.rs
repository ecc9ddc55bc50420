//! Tests that the documentation cites exist, by that name.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clio_tests::repository;

use super::files::files;

/// The page each of whose rules cites its test.
const PAGE: &str = "docs/sources.md";

/// The names in quotes that are those of tests: of at least four words.
fn named(text: &str) -> BTreeSet<&str> {
    let is_name = |quoted: &&str| {
        let is_letter =
            |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        quoted.matches('_').count() >= 3 && quoted.chars().all(is_letter)
    };
    text.split('`').skip(1).step_by(2).filter(is_name).collect()
}

#[test]
fn every_test_that_the_page_on_sources_names_is_there() {
    let text = |file: &str| std::fs::read_to_string(repository().join(file)).unwrap();
    let all = files();
    let is_rust = |file: &&PathBuf| file.extension().is_some_and(|end| end == "rs");
    let code: Vec<String> =
        all.iter().filter(is_rust).map(|file| text(&file.to_string_lossy())).collect();
    let page = text(PAGE);
    let names = named(&page);
    assert!(names.len() > 40, "the names are found: {names:?}");
    for name in names {
        let function = format!("fn {name}(");
        let is_there = code.iter().any(|text| text.contains(&function));
        assert!(is_there, "{PAGE} names the test `{name}`, which is not there");
    }
}
