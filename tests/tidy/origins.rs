//! Only the room of files knows that rows are in files: no other room of the etl asks it for anything.

use clio_tests::repository;

use super::files;

/// The exceptions in the etl: the room of files itself, the seam that makes it one origin, and the one that proposes
/// models for files.
const KNOW_FILES: [&str; 4] = [
    "etl/src/input/source.rs",
    "etl/src/input/source/files.rs",
    "etl/src/input/source/files/",
    "etl/src/propose/",
];

/// Words that reveal that rows are in files, and days in their folders.
const MARKS: [&str; 4] = ["source::files", "SourceFile", "FOLDER_COLUMN", "\"dt=\""];

#[test]
fn only_the_room_of_files_knows_that_rows_are_in_files() {
    let (mut wrong, mut n_know) = (Vec::new(), 0);
    for file in files() {
        let name = file.display().to_string();
        if !name.starts_with("etl/src/") || !name.ends_with(".rs") {
            continue;
        }
        let text = std::fs::read_to_string(repository().join(&file)).unwrap();
        let found = MARKS.iter().filter(|mark| text.contains(**mark));
        if KNOW_FILES.iter().any(|room| name.starts_with(room)) {
            n_know += found.count();
        } else {
            wrong.extend(found.map(|mark| format!("{name}: {mark}")));
        }
    }
    assert!(n_know > 10, "only {n_know} marks were found where they may be");
    assert!(wrong.is_empty(), "what knows that rows are in files:\n{}", wrong.join("\n"));
}
