//! Exact counts over the Open Bandit sample, directly from its files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// One impression with everything that one can group by.
#[derive(Debug, Clone)]
pub struct BanditEvent {
    /// The values of every field, including the day as `day`.
    pub fields: BTreeMap<&'static str, String>,
    /// The four user features.
    pub viewer: [String; 4],
    /// Whether it was clicked.
    pub click: bool,
}

/// The sample in memory.
#[derive(Debug)]
pub struct Bandit {
    /// Its impressions.
    pub events: Vec<BanditEvent>,
}

/// Counts of one group: impressions, viewers, clicks, clickers.
pub type BanditCounts = [u64; 4];

impl Bandit {
    /// Reads the sample's files.
    ///
    /// # Panics
    ///
    /// A file is not as the sample's description says.
    pub fn read(folder: &Path) -> Self {
        const FEATURES: [&str; 4] = [
            "item.item_feature_0",
            "item.item_feature_1",
            "item.item_feature_2",
            "item.item_feature_3",
        ];
        let mut events = Vec::new();
        for campaign in ["men", "women"] {
            let mut items = BTreeMap::new();
            for record in records(&folder.join(format!("items-{campaign}.csv"))) {
                let features: Vec<_> = (2..6).map(|index| record[index].to_owned()).collect();
                items.insert(record[1].to_owned(), features);
            }
            for policy in ["bts", "random"] {
                for record in records(&folder.join(format!("{policy}-{campaign}.csv"))) {
                    let mut fields = BTreeMap::from([
                        ("day", record[0][..10].to_owned()),
                        ("item", format!("{campaign}-{}", &record[1])),
                        ("position", record[2].to_owned()),
                        ("policy", policy.to_owned()),
                        ("campaign", campaign.to_owned()),
                    ]);
                    for (name, value) in FEATURES.into_iter().zip(&items[&record[1]]) {
                        fields.insert(name, value.clone());
                    }
                    events.push(BanditEvent {
                        fields,
                        viewer: std::array::from_fn(|index| record[5 + index].to_owned()),
                        click: &record[3] == "1",
                    });
                }
            }
        }
        Self { events }
    }

    /// Exact counts by some fields.
    pub fn count(&self, fields: &[&str]) -> BTreeMap<Vec<String>, BanditCounts> {
        type Viewers<'a> = BTreeSet<&'a [String; 4]>;
        let mut groups: BTreeMap<Vec<String>, (u64, Viewers<'_>, u64, Viewers<'_>)> =
            BTreeMap::new();
        for event in &self.events {
            let key = fields.iter().map(|field| event.fields[field].clone()).collect();
            let group = groups.entry(key).or_default();
            group.0 += 1;
            group.1.insert(&event.viewer);
            if event.click {
                group.2 += 1;
                group.3.insert(&event.viewer);
            }
        }
        let counts = |group: (u64, Viewers<'_>, u64, Viewers<'_>)| {
            [group.0, group.1.len() as u64, group.2, group.3.len() as u64]
        };
        groups.into_iter().map(|(key, group)| (key, counts(group))).collect()
    }
}

fn records(file: &Path) -> Vec<csv::StringRecord> {
    let mut reader = csv::Reader::from_path(file)
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", file.display()));
    reader.records().map(|record| record.expect("the sample is well formed")).collect()
}
