//! What the documentation says to be held by a test is: the test is there, by that name.

use std::collections::BTreeSet;
use std::path::Path;

use clio_tests::repository;

use super::files::files;

/// The names in quotes of a page that are those of tests: of three words or more.
fn named(page: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(repository().join(page)).unwrap();
    let is_name = |quoted: &&str| {
        let is_letter =
            |letter: char| letter.is_ascii_lowercase() || "_0123456789".contains(letter);
        quoted.matches('_').count() >= 3 && quoted.chars().all(is_letter)
    };
    text.split('`').skip(1).step_by(2).filter(is_name).map(str::to_owned).collect()
}

#[test]
fn every_test_that_a_page_names_is_there() {
    let is_rust = |file: &&std::path::PathBuf| file.extension().is_some_and(|end| end == "rs");
    let code: Vec<String> = files()
        .iter()
        .filter(is_rust)
        .map(|file| std::fs::read_to_string(repository().join(file)).unwrap())
        .collect();
    let pages = files().into_iter().filter(|file| {
        file.starts_with("docs") && file.extension().is_some_and(|ending| ending == "md")
    });
    let mut n_named = 0;
    for page in pages {
        for name in named(&page.to_string_lossy()) {
            let function = format!("fn {name}(");
            let is_there = code.iter().any(|text| text.contains(&function));
            assert!(is_there, "{} names the test `{name}`, which is not there", page.display());
            n_named += 1;
        }
    }
    assert!(n_named > 40, "the names are found: {n_named}");
    assert!(named(&Path::new("docs").join("sources.md").to_string_lossy()).len() > 40);
}
