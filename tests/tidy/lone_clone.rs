//! A clone of this repository is complete: no file refers to one outside of the checkout, and what tests download is
//! pinned by version and hash.

use std::path::{Component, Path, PathBuf};

use clio_tests::repository;

use super::files::files;

/// Files whose `..` are addresses that a reader must refuse, not paths.
const ATTACKS: [&str; 2] = ["web/src/assets/tests.rs", "tests/tidy/lone_clone.rs"];
/// Where people have their own files: a path below one of these exists on one machine only.
const OF_ONE_MACHINE: [&str; 3] = ["/home/", "/root/", "/Users/"];

/// The paths in a text that begin with `../`, as written.
fn upward(text: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_alphanumeric() || "./_-@".contains(c);
    let mut found = Vec::new();
    for (at, _) in text.match_indices("../") {
        let is_first = !text[..at].ends_with(is_part);
        if is_first {
            let rest = &text[at..];
            found.push(&rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())]);
        }
    }
    found
}

/// Whether a path in a file leaves the repository, relative to the file's folder; or to the root, which is what Rust's
/// `repository()` names.
fn leaves(file: &Path, line: &str, path: &str) -> bool {
    let from_root = line.contains("repository()");
    let folder = if from_root { Path::new("") } else { file.parent().unwrap_or(Path::new("")) };
    let mut depth = 0_i32;
    for part in folder.components().chain(Path::new(path).components()) {
        match part {
            Component::ParentDir => depth -= 1,
            Component::Normal(_) => depth += 1,
            _ => {}
        }
        if depth < 0 {
            return true;
        }
    }
    false
}

/// The files of text, with their texts.
fn texts() -> Vec<(PathBuf, String)> {
    let read = |file: PathBuf| {
        let text = std::fs::read_to_string(repository().join(&file)).ok()?;
        Some((file, text))
    };
    files().into_iter().filter_map(read).collect()
}

#[test]
fn no_file_names_a_path_outside_of_the_repository() {
    let mut outside = Vec::new();
    let mut n_paths = 0;
    for (file, text) in texts() {
        if ATTACKS.iter().any(|attack| file == Path::new(attack)) {
            continue;
        }
        for (index, line) in text.lines().enumerate() {
            let paths = upward(line);
            n_paths += paths.len();
            let leaving = paths.iter().any(|path| leaves(&file, line, path));
            if leaving || OF_ONE_MACHINE.iter().any(|folder| line.contains(folder)) {
                outside.push(format!("{}:{}: {}", file.display(), index + 1, line.trim()));
            }
        }
    }
    assert!(n_paths > 20, "only {n_paths} paths were looked at");
    assert!(outside.is_empty(), "outside of the repository:\n{}", outside.join("\n"));
}

/// The sample was in a folder beside the checkout, named by a model and by the tests' own code.
#[test]
fn a_path_beside_the_checkout_is_seen() {
    let model = Path::new("tests/datasets/open-bandit/open-bandit.toml");
    for (line, is_outside) in [
        (r#"url = "../../../../shared/data/""#, true),
        (r#"url = "../../../target/data/""#, false),
        (r#"repository().join("../shared/data")"#, true),
        ("[a](../../docs/../README.md)", false),
    ] {
        let found = upward(line).iter().any(|path| leaves(model, line, path));
        assert_eq!(found, is_outside, "{line}");
    }
}

#[test]
fn what_tests_install_from_python_is_named_by_version_and_hash() {
    for file in ["tests/compat/requirements.txt", "tests/datasets/open-bandit/requirements.txt"] {
        let text = std::fs::read_to_string(repository().join(file)).unwrap();
        let joined = text.replace("\\\n", " ");
        for line in joined.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let is_exact = line.contains("==") && line.contains("--hash=sha256:");
            assert!(is_exact, "{file}: `{line}` needs a version and a hash");
        }
    }
}

/// `requirements.in` is what people ask for; the installed versions are resolved from it.
#[test]
fn the_resolved_python_packages_are_those_asked_for() {
    let read = |file: &str| std::fs::read_to_string(repository().join(file)).unwrap();
    let resolved = read("tests/compat/requirements.txt");
    for line in read("tests/compat/requirements.in").lines() {
        let (name, version) = line.split_once("==").unwrap();
        let name = name.split('[').next().unwrap();
        assert!(resolved.contains(&format!("\n{name}=={version} ")), "resolve {line} again");
    }
}
