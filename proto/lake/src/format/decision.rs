//! Decisions of people about which snapshot is served, as the lake keeps them beside its tables.

use jiff::Timestamp;

use clio_proto::SnapshotId;

/// The folder of decisions, below the lake: `NUMBER.json` in twenty digits, counted from 1 without a gap.
pub const DECISIONS_FOLDER: &str = "decisions";

/// The version of a decision's file.
pub const DECISION_VERSION: u32 = 1;

/// One decision: a JSON file that is written once. Later decisions override earlier ones.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Decision {
    /// [`DECISION_VERSION`] of the writer.
    pub format_version: u32,
    /// What was decided.
    #[serde(flatten)]
    pub what: Decided,
    /// When.
    pub made_at: Timestamp,
    /// By whom, as they call themselves.
    pub by: String,
    /// Why, in their words; empty where they did not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

impl Decision {
    /// The reason in parentheses, to end a sentence; empty where there is none.
    pub fn because(&self) -> String {
        match self.reason.as_str() {
            "" => String::new(),
            reason => format!(" ({reason})"),
        }
    }
}

/// What people can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "decision", rename_all = "kebab-case")]
pub enum Decided {
    /// This snapshot is served, even if there are newer ones.
    Pin {
        /// The snapshot.
        snapshot: SnapshotId,
    },
    /// The newest snapshot is served.
    Unpin,
    /// This snapshot is never served.
    MarkBad {
        /// The snapshot.
        snapshot: SnapshotId,
    },
    /// This snapshot may be served again.
    MarkGood {
        /// The snapshot.
        snapshot: SnapshotId,
    },
}

/// The name of a decision's file in its folder; names sort in the order of the decisions.
pub(crate) fn decision_file(number: u64) -> String {
    format!("{number:020}.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_a_file_that_people_can_read() {
        let decision = Decision {
            format_version: DECISION_VERSION,
            what: Decided::MarkBad { snapshot: SnapshotId(12) },
            made_at: "2026-05-01T06:00:00Z".parse().unwrap(),
            by: "ada".to_owned(),
            reason: "half of the plays are missing".to_owned(),
        };
        let text = serde_json::to_string(&decision).unwrap();
        assert_eq!(
            text,
            r#"{"format_version":1,"decision":"mark-bad","snapshot":12,"made_at":"2026-05-01T06:00:00Z","by":"ada","reason":"half of the plays are missing"}"#
        );
        assert_eq!(serde_json::from_str::<Decision>(&text).unwrap(), decision);
        let unpin = r#"{"format_version":1,"decision":"unpin","made_at":"2026-05-01T06:00:00Z","by":"ada"}"#;
        assert_eq!(serde_json::from_str::<Decision>(unpin).unwrap().what, Decided::Unpin);
    }
}
