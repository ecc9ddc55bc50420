//! Cached answers: the most recently used ones that fit a budget of bytes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use clio_proto::{Answer, Coverage, Key as RowKey, Notice, Row};

use super::Key;

/// The bytes of an entry besides its key and its answer: its slots in both maps.
const ENTRY_BYTES: usize = 128;

/// The most recently used answers.
///
/// Always true: they take at most the budget, as counted by [`answer_bytes`]. A lookup takes O(log n).
#[derive(Debug)]
pub(super) struct Finished {
    budget_bytes: u64,
    size_bytes: u64,
    entries: HashMap<Arc<Key>, Entry>,
    /// The keys by time of last use.
    by_use: BTreeMap<u64, Arc<Key>>,
    n_uses: u64,
}

#[derive(Debug)]
struct Entry {
    answer: Arc<Answer>,
    size_bytes: u64,
    last_use: u64,
}

impl Finished {
    pub(super) fn new(budget_bytes: u64) -> Self {
        let (entries, by_use) = (HashMap::new(), BTreeMap::new());
        Self { budget_bytes, size_bytes: 0, entries, by_use, n_uses: 0 }
    }

    /// The answer to a query, which thereby becomes the most recently used one.
    pub(super) fn get(&mut self, key: &Key) -> Option<Arc<Answer>> {
        let entry = self.entries.get_mut(key)?;
        self.n_uses += 1;
        if let Some(key) = self.by_use.remove(&entry.last_use) {
            self.by_use.insert(self.n_uses, key);
        }
        entry.last_use = self.n_uses;
        Some(Arc::clone(&entry.answer))
    }

    /// Caches an answer, dropping the least recently used ones for it. An answer larger than the budget is not cached.
    pub(super) fn insert(&mut self, key: Key, answer: Arc<Answer>) {
        let size_bytes = (key.size_bytes() + answer_bytes(&answer) + ENTRY_BYTES) as u64;
        if size_bytes > self.budget_bytes {
            return;
        }
        self.remove(&key);
        while self.size_bytes + size_bytes > self.budget_bytes {
            let Some((_, oldest)) = self.by_use.pop_first() else { break };
            self.remove(&oldest);
        }
        self.n_uses += 1;
        self.size_bytes += size_bytes;
        let key = Arc::new(key);
        self.by_use.insert(self.n_uses, Arc::clone(&key));
        self.entries.insert(key, Entry { answer, size_bytes, last_use: self.n_uses });
    }

    fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.entries.remove(key) {
            self.by_use.remove(&entry.last_use);
            self.size_bytes -= entry.size_bytes;
        }
    }

    /// Drops all but those with such keys.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&Key) -> bool) {
        let gone: Vec<_> = self.by_use.values().filter(|key| !keep(key)).cloned().collect();
        gone.iter().for_each(|key| self.remove(key));
    }

    /// The bytes of all of them.
    pub(super) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }
}

/// The bytes of an answer in memory.
pub(super) fn answer_bytes(answer: &Answer) -> usize {
    let texts =
        |texts: &[String]| texts.iter().map(|text| size_of::<String>() + text.len()).sum::<usize>();
    let notice = |notice: &Notice| {
        size_of::<Notice>()
            + notice.field.to_string().len()
            + notice.value.len()
            + texts(&notice.nearest)
    };
    let reach = answer.reach.iter().map(|reach| {
        size_of_val(&reach.steps[..]) + size_of_val(&reach.overlaps[..]) + reach.measure.len()
    });
    let coverages =
        answer.compared_coverage.iter().chain(answer.look_back.iter().map(|own| &own.coverage));
    let arms = answer.test.iter().flat_map(|test| &test.arms);
    size_of::<Answer>()
        + answer.test.iter().map(|test| test.name.len()).sum::<usize>()
        + arms.map(|arm| size_of_val(arm) + arm.value.len()).sum::<usize>()
        + answer.group_by.iter().map(|key| size_of_val(key) + key.to_string().len()).sum::<usize>()
        + texts(&answer.measures)
        + answer
            .rows
            .iter()
            .chain(&answer.others)
            .chain([&answer.total])
            .map(row_bytes)
            .sum::<usize>()
        + reach.sum::<usize>()
        + coverages.chain([&answer.coverage]).map(coverage_bytes).sum::<usize>()
        + answer.notices.iter().map(notice).sum::<usize>()
        + answer.work.iter().map(|work| size_of_val(&work.steps[..])).sum::<usize>()
}

fn row_bytes(row: &Row) -> usize {
    let key = |key: &RowKey| {
        let texts = [&key.value, &key.label, &key.media];
        size_of::<RowKey>() + texts.into_iter().flatten().map(String::len).sum::<usize>()
    };
    let Row { keys, values, shares, rank: _, compared, newcomers: _, intervals, verdicts } = row;
    let mixes = verdicts.iter().flatten().filter_map(|verdict| verdict.mix.as_ref());
    size_of::<Row>()
        + keys.iter().map(key).sum::<usize>()
        + size_of_val(&values[..])
        + size_of_val(&shares[..])
        + size_of_val(&compared[..])
        + size_of_val(&intervals[..])
        + size_of_val(&verdicts[..])
        + mixes.map(|mix| mix.field.to_string().len()).sum::<usize>()
}

fn coverage_bytes(coverage: &Coverage) -> usize {
    let Coverage {
        range: _,
        n_days_present: _,
        missing,
        retired,
        provisional,
        periods,
        mixed,
        // Shared with the snapshot.
        projection: _,
    } = coverage;
    let mixed = mixed
        .iter()
        .map(|mixed| size_of_val(mixed) + mixed.lookup.len() + size_of_val(&mixed.others[..]));
    [missing, retired, provisional].into_iter().map(|days| size_of_val(&days[..])).sum::<usize>()
        + size_of_val(&periods[..])
        + mixed.sum::<usize>()
}
