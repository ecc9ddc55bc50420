//! The form of files: heads, names, lengths, and that the files named in the documentation exist.

use std::path::{Path, PathBuf};
use std::process::Command;

use clio_tests::repository;

/// The files of the repository that git tracks or would track.
pub(crate) fn files() -> Vec<PathBuf> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(repository())
        .output()
        .expect("git lists the files");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let listed = String::from_utf8(output.stdout).unwrap();
    listed.lines().map(PathBuf::from).filter(|file| repository().join(file).is_file()).collect()
}

fn text(file: &Path) -> String {
    std::fs::read_to_string(repository().join(file)).unwrap()
}

fn is_rust(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "rs")
}

fn is_generated(file: &Path) -> bool {
    file.starts_with("proto/src/wire")
}

#[test]
fn every_rust_file_opens_with_what_it_is() {
    for file in files().iter().filter(|file| is_rust(file) && !is_generated(file)) {
        assert!(text(file).starts_with("//! "), "{} does not open with `//!`", file.display());
    }
}

#[test]
fn no_file_has_a_name_that_says_nothing() {
    for file in files() {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let says_nothing = ["utils", "util", "common", "helpers", "helper", "misc", "mod"];
        assert!(!says_nothing.contains(&&*stem), "{} needs a name of its own", file.display());
    }
}

/// The rows of "To change X, go to Y": at least twelve changes, each with a place to go to.
#[test]
fn the_table_of_changes_says_where_to_go() {
    let architecture = text(Path::new("ARCHITECTURE.md"));
    let section = architecture.split("## To change X, go to Y").nth(1).expect("the section");
    let section = section.split("\n## ").next().expect("a text has a first part");
    let rows: Vec<&str> = section.lines().filter(|line| line.starts_with("| ")).skip(2).collect();
    assert!(rows.len() >= 12, "only {} changes", rows.len());
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 5, "a change, where to go, and what then: {row}");
        let goes_to = cells[2].split('`').skip(1).step_by(2).any(|quoted| quoted.contains('/'));
        assert!(goes_to, "no path in the second cell: {row}");
    }
}

#[test]
fn every_path_in_the_architecture_is_there() {
    let architecture = text(Path::new("ARCHITECTURE.md"));
    let mut n_paths = 0;
    for quoted in architecture.split('`').skip(1).step_by(2) {
        let is_path = quoted.contains('/')
            && !quoted.contains([' ', '*', '{', '<', ':', '='])
            && !quoted.starts_with("LAKE");
        if is_path {
            n_paths += 1;
            assert!(
                repository().join(quoted).try_exists().unwrap(),
                "ARCHITECTURE.md names `{quoted}`, which is not there"
            );
        }
    }
    assert!(n_paths > 10, "ARCHITECTURE.md names only {n_paths} paths");
}

/// The largest number of lines of half of the files, of nine in ten, and of any.
const MOST_LINES: [usize; 3] = [130, 330, 500];

/// Code that people write: Rust, and the sources of the dashboard. Generated files may have any length.
fn is_code(file: &Path) -> bool {
    let is_written_by_programs =
        is_generated(file) || file == Path::new("web/dashboard/src/api/generated.ts");
    let ending = file.extension().and_then(|ending| ending.to_str());
    matches!(ending, Some("rs" | "ts" | "tsx" | "css" | "mjs")) && !is_written_by_programs
}

/// The longest files are printed: `cargo test -p clio-tests --test system files_are_short -- --nocapture`.
#[test]
#[expect(clippy::print_stdout, reason = "the list helps whoever has to find the seam")]
fn files_are_short() {
    let mut lengths: Vec<_> = files()
        .into_iter()
        .filter(|file| is_code(file))
        .map(|file| (text(&file).lines().count(), file))
        .collect();
    lengths.sort();
    assert!(lengths.len() > 500, "only {} files were read", lengths.len());
    for (n_lines, file) in lengths.iter().rev().take(10) {
        println!("{n_lines:6} {}", file.display());
    }
    let [of_half, of_most, of_any] = MOST_LINES;
    let median = lengths[lengths.len() / 2].0;
    let ninth_decile = lengths[lengths.len() * 9 / 10].0;
    assert!(median <= of_half, "half of the files have more than {of_half} lines: {median}");
    assert!(ninth_decile <= of_most, "a tenth has more than {of_most} lines: {ninth_decile}");
    let (n_lines, file) = lengths.last().expect("there are files");
    assert!(*n_lines <= of_any, "{} has {n_lines} lines: find the seam", file.display());
}

#[test]
fn npm_lock_files_hold_no_download_addresses() {
    for file in files().iter().filter(|file| file.ends_with("package-lock.json")) {
        assert!(!text(file).contains("\"resolved\""), "{} names a registry", file.display());
    }
}
