//! Changes to a lake that are not made by runs: recounts, other engines, and people who change or remove files.

use std::fs;

use clio_lake::{SNAPSHOT_KEY, VERIFICATION_VERSION, VERIFICATIONS_FOLDER, Verification};
use clio_proto::{RunId, SnapshotId};
use serde_json::{Value, json};

use super::TestLake;

impl TestLake {
    /// Adds the file of an exact recount of the newest snapshot.
    pub(in crate::tests) fn verify(&self, run: &str, n_mismatches: u64) {
        let snapshot = SnapshotId(self.next_version - 1);
        let verification = Verification {
            format_version: VERIFICATION_VERSION,
            snapshot,
            run: RunId::new(run),
            verified_at: "2026-02-01T00:00:00Z".parse().unwrap(),
            days: vec!["2026-01-03".parse().unwrap()],
            seed: 1,
            n_cells: 10,
            n_additive: 40,
            n_distinct: 20,
            max_error: 2.5,
            rms_error: 0.75,
            share_within_bounds: 1.0,
            reference: None,
            n_mismatches,
            mismatches: Vec::new(),
            not_compared: Vec::new(),
        };
        let folder = self.path(VERIFICATIONS_FOLDER);
        fs::create_dir_all(&folder).unwrap();
        let text = serde_json::to_string(&verification).unwrap();
        fs::write(folder.join(verification.file_name()), text).unwrap();
    }

    /// A commit of another engine: it changes nothing and has no metadata of ours.
    pub(in crate::tests) fn commit_maintenance(&mut self) {
        self.write_commit(Vec::new(), json!({"operation": "VACUUM END"}));
    }

    /// A commit with this metadata, which adds no file.
    pub(in crate::tests) fn commit_text(&mut self, text: &str) {
        self.write_commit(Vec::new(), json!({ SNAPSHOT_KEY: text }));
    }

    /// Changes the text of a commit of a table.
    pub(in crate::tests) fn edit_log(
        &self,
        table: &str,
        version: u64,
        edit: impl Fn(&str) -> String,
    ) {
        let path = self.path(table).join(format!("_delta_log/{version:020}.json"));
        let text = edit(&fs::read_to_string(&path).unwrap());
        fs::write(path, text).unwrap();
    }

    /// Removes the checksums from a version of a table, since format version 1 had none.
    pub(in crate::tests) fn forget_checksums(&self, table: &str, version: u64) {
        self.edit_log(table, version, |text| {
            let lines = text.lines().map(|line| {
                let mut action: Value = serde_json::from_str(line).unwrap();
                if let Some(add) = action.get_mut("add").and_then(Value::as_object_mut) {
                    add.remove("tags");
                }
                action.to_string() + "\n"
            });
            lines.collect()
        });
    }

    /// Removes the table of cells.
    pub(in crate::tests) fn destroy(&self) {
        fs::remove_dir_all(self.path("cells")).unwrap();
    }
}
