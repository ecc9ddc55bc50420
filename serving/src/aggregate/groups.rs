//! Dense numbers for groups.
//!
//! ```text
//! root ─(step of time)─▶ id ─(value of the first field)─▶ id ─(value of the second)─▶ id = group
//! ```
//!
//! Each level numbers the pairs (id above, value) that occur, so that any number of keys of any size works without a
//! wide key. A row with several values of a field is processed once for each.

use clio_proto::{Code, Key, ServiceError};
use rustc_hash::FxHashMap;

use super::batch::Batch;
use crate::config::Limits;
use crate::plan::{Ages, N_AGE_CODES, Plan, PlanKey, day_of};
use crate::snapshot::{Field, NULL, Snapshot};

/// The largest number of entries of a table that is indexed instead of hashed: 4 MiB.
const MAX_DIRECT: usize = 1 << 20;

/// The bytes of one entry of the rows by group: a row and its group, twice because of sorting.
const BYTES_PER_ENTRY: u64 = 16;

/// The groups of one query, as far as its rows have been seen.
#[derive(Debug)]
pub(super) struct Groups<'p> {
    plan: &'p Plan,
    n_groups_limit: usize,
    entries_limit: u64,
    n_entries: u64,
    levels: Vec<Level<'p>>,
    /// The rows of each batch with their groups; without fields among the keys, one group per batch.
    batches: Vec<BatchGroups>,
}

/// One key.
#[derive(Debug)]
struct Level<'p> {
    /// Its position among the plan's keys.
    key: usize,
    /// The position of the dimension, and the values of its codes; `None` for time.
    field: Option<(usize, CodeValues<'p>)>,
    pairs: Pairs,
    /// The id above and the value for each id.
    parents: Vec<(u32, u32)>,
}

/// The groups of one batch.
#[derive(Debug)]
pub(super) enum BatchGroups {
    /// The whole batch belongs to one group, or to none if nothing is grouped.
    Whole(Option<u32>),
    /// Row `rows[i]` belongs to group `ids[i]`.
    Rows { rows: Vec<u32>, ids: Vec<u32> },
}

impl BatchGroups {
    /// The group of each row; empty if the whole batch belongs to one group.
    pub(super) fn ids(&self) -> &[u32] {
        match self {
            Self::Whole(_) => &[],
            Self::Rows { ids, .. } => ids,
        }
    }
}

/// The values of each cell code that make groups.
#[derive(Debug)]
enum CodeValues<'p> {
    /// The code is the value.
    Own,
    /// One value per code.
    One(Vec<u32>),
    /// The values of a code are `values[offsets[code]..offsets[code + 1]]`.
    Many { offsets: Vec<usize>, values: Vec<u32> },
    /// One value per code, which differs from day to day.
    Age(&'p Ages),
}

/// The number of each pair (id above, value).
#[derive(Debug)]
enum Pairs {
    /// At `above * n_values + value`, one more than the number; 0 for none.
    Direct { n_values: usize, numbers: Vec<u32> },
    /// Outsiders do not choose the ids and codes that are hashed, so that there is nothing to defend against.
    Hashed(FxHashMap<u64, u32>),
}

impl<'p> Groups<'p> {
    pub(super) fn new(plan: &'p Plan, limits: &Limits) -> Self {
        let mut levels: Vec<Level<'p>> = Vec::with_capacity(plan.keys.len());
        // The largest possible number of ids on the level above.
        let mut n_above = 1_usize;
        for (key, plan_key) in plan.keys.iter().enumerate() {
            if let PlanKey::Time = plan_key {
                let pairs = Pairs::new(1, plan.steps.len());
                levels.push(Level { key, field: None, pairs, parents: Vec::new() });
                n_above = plan.steps.len();
            }
        }
        for (key, plan_key) in plan.keys.iter().enumerate() {
            let (field, n_values) = match plan_key {
                PlanKey::Time => continue,
                PlanKey::Field { field, only } => {
                    let values = CodeValues::new(field, only.as_deref());
                    ((field.dimension, values), field.texts().n_codes())
                }
                PlanKey::Age(ages) => ((ages.dimension, CodeValues::Age(ages)), N_AGE_CODES),
            };
            let pairs = Pairs::new(n_above, n_values);
            n_above = n_above.saturating_mul(n_values);
            levels.push(Level { key, field: Some(field), pairs, parents: Vec::new() });
        }
        Self {
            plan,
            n_groups_limit: limits.n_groups,
            entries_limit: limits.query_bytes / BYTES_PER_ENTRY,
            n_entries: 0,
            levels,
            batches: Vec::new(),
        }
    }

    /// The number of groups.
    pub(super) fn n_groups(&self) -> usize {
        self.levels.last().map_or(0, |level| level.parents.len())
    }

    /// All groups, in ascending order.
    pub(super) fn all(&self) -> impl Iterator<Item = u32> + use<> {
        0..u32::try_from(self.n_groups()).unwrap_or(u32::MAX)
    }

    /// The groups of each batch, in the order in which they were added.
    pub(super) fn batches(&self) -> &[BatchGroups] {
        &self.batches
    }

    /// Numbers the groups of a batch.
    pub(super) fn add(&mut self, step: u32, batch: &Batch<'_>) -> Result<(), ServiceError> {
        let limit = self.n_groups_limit;
        let mut above = None;
        let mut levels = self.levels.iter_mut().peekable();
        if let Some(level) = levels.next_if(|level| level.field.is_none()) {
            above = Some(level.number(0, step));
        }
        let groups = if levels.peek().is_none() {
            BatchGroups::Whole(above)
        } else {
            let mut rows = batch.row_list();
            let mut ids = vec![above.unwrap_or(0); rows.len()];
            for level in levels {
                level.descend(batch, &mut rows, &mut ids, limit)?;
            }
            self.n_entries += rows.len() as u64;
            BatchGroups::Rows { rows, ids }
        };
        if self.n_entries > self.entries_limit {
            return Err(ServiceError::new(
                Code::ResourceExhausted,
                format!(
                    "the query needs {} bytes for the cells of its groups, but the limit is {}; filter \
                     more, or group by less",
                    self.n_entries * BYTES_PER_ENTRY,
                    self.entries_limit * BYTES_PER_ENTRY
                ),
            ));
        }
        self.batches.push(groups);
        Ok(())
    }

    /// The values of a group by position among the plan's keys: codes, or the step of time.
    pub(super) fn codes(&self, group: u32) -> Vec<u32> {
        let mut codes = vec![NULL; self.plan.keys.len()];
        let mut id = group;
        for level in self.levels.iter().rev() {
            let (above, value) = level.parents[id as usize];
            codes[level.key] = value;
            id = above;
        }
        codes
    }

    /// The value of one of a group's keys, by its position among the plan's keys: a code, or the step of time.
    pub(super) fn code(&self, group: u32, key: usize) -> u32 {
        let mut id = group;
        for level in self.levels.iter().rev() {
            let (above, value) = level.parents[id as usize];
            if level.key == key {
                return value;
            }
            id = above;
        }
        NULL
    }

    /// The group of some values in the form of [`codes`](Self::codes); `None` if it has no cells.
    pub(super) fn find(&self, codes: &[u32]) -> Option<u32> {
        let mut id = None;
        for level in &self.levels {
            id = Some(level.pairs.get(id.unwrap_or(0), codes[level.key])?);
        }
        id
    }

    /// The bytes of the strings of a group's keys.
    pub(super) fn text_bytes(&self, snapshot: &Snapshot, group: u32) -> usize {
        let codes = self.codes(group);
        let keys = self.plan.keys.iter().zip(&codes).enumerate();
        keys.map(|(at, (key, code))| {
            let labels = match key {
                PlanKey::Time | PlanKey::Age(_) => None,
                PlanKey::Field { field, .. } => snapshot.labels_of(field),
            };
            let label = labels.and_then(|labels| labels.label(*code));
            let media = labels.and_then(|labels| labels.media(*code));
            [self.text(at, *code), label, media].into_iter().flatten().map(str::len).sum::<usize>()
        })
        .sum()
    }

    /// The string of one key's value.
    pub(super) fn text(&self, key: usize, value: u32) -> Option<&'p str> {
        match &self.plan.keys[key] {
            PlanKey::Time => Some(&self.plan.steps[value as usize].name),
            PlanKey::Field { field, .. } => field.texts().text(value),
            PlanKey::Age(ages) => ages.text(value),
        }
    }

    /// The keys of a group as in the answer.
    pub(super) fn keys(&self, snapshot: &Snapshot, group: u32) -> Vec<Key> {
        let codes = self.codes(group);
        let keys = self.plan.keys.iter().zip(&codes).enumerate();
        keys.map(|(at, (key, code))| {
            let labels = match key {
                PlanKey::Time | PlanKey::Age(_) => None,
                PlanKey::Field { field, .. } => snapshot.labels_of(field),
            };
            Key {
                value: self.text(at, *code).map(str::to_owned),
                label: labels.and_then(|labels| labels.label(*code)).map(str::to_owned),
                media: labels.and_then(|labels| labels.media(*code)).map(str::to_owned),
            }
        })
        .collect()
    }
}

impl Level<'_> {
    /// The number of a pair, a new one if it has none.
    #[inline]
    fn number(&mut self, above: u32, value: u32) -> u32 {
        let next = u32::try_from(self.parents.len()).unwrap_or(u32::MAX);
        let number = self.pairs.number(above, value, next);
        if number == next {
            self.parents.push((above, value));
        }
        number
    }

    /// Numbers every row, each of whose codes has one value.
    fn number_each(&mut self, by_code: &[u32], codes: &[u32], rows: &[u32], ids: &mut [u32]) {
        for (row, id) in rows.iter().zip(ids) {
            *id = self.number(*id, by_code[codes[*row as usize] as usize]);
        }
    }

    /// Moves every row one level down: `rows[i]` has the id `ids[i]`, of the level above before and of this level
    /// after.
    fn descend(
        &mut self,
        batch: &Batch<'_>,
        rows: &mut Vec<u32>,
        ids: &mut Vec<u32>,
        n_groups_limit: usize,
    ) -> Result<(), ServiceError> {
        // Moved out, so that numbering can change the rest.
        let Some((dimension, values)) = self.field.take() else { return Ok(()) };
        let codes = &batch.chunk.keys[dimension].codes;
        match &values {
            CodeValues::Own => {
                for (row, id) in rows.iter().zip(ids.iter_mut()) {
                    *id = self.number(*id, codes[*row as usize]);
                }
            }
            CodeValues::One(by_code) => self.number_each(by_code, codes, rows, ids),
            CodeValues::Age(ages) => {
                self.number_each(&ages.codes(day_of(batch.period)), codes, rows, ids);
            }
            CodeValues::Many { offsets, values } => {
                let (mut more_rows, mut more_ids) = (Vec::new(), Vec::new());
                for (row, id) in rows.iter().zip(ids.iter()) {
                    let code = codes[*row as usize] as usize;
                    for value in &values[offsets[code]..offsets[code + 1]] {
                        more_rows.push(*row);
                        more_ids.push(self.number(*id, *value));
                    }
                }
                (*rows, *ids) = (more_rows, more_ids);
            }
        }
        self.field = Some((dimension, values));
        if self.parents.len() > n_groups_limit {
            return Err(ServiceError::new(
                Code::ResourceExhausted,
                format!(
                    "the query makes more than {n_groups_limit} groups, which is the limit; filter \
                     more, or group by less"
                ),
            ));
        }
        Ok(())
    }
}

impl CodeValues<'_> {
    fn new(field: &Field, only: Option<&[bool]>) -> Self {
        if field.is_own_single() {
            return Self::Own;
        }
        let codes = (0_u32..).take(field.n_cell_codes());
        let mut own = [NULL];
        if !field.multi {
            let one = codes.map(|code| field.values(code, &mut own).first().copied());
            return Self::One(one.map(|value| value.unwrap_or(NULL)).collect());
        }
        let (mut offsets, mut values) = (vec![0], Vec::new());
        for code in codes {
            match (field.values(code, &mut own), only) {
                // Only for cells that pass the filter anyhow.
                ([], _) => values.push(NULL),
                (all, None) => values.extend_from_slice(all),
                (all, Some(only)) => {
                    values.extend(all.iter().filter(|value| only[**value as usize]));
                }
            }
            offsets.push(values.len());
        }
        Self::Many { offsets, values }
    }
}

impl Pairs {
    fn new(n_above: usize, n_values: usize) -> Self {
        match n_above.saturating_mul(n_values) {
            n_pairs if n_pairs <= MAX_DIRECT => {
                Self::Direct { n_values, numbers: vec![0; n_pairs] }
            }
            _ => Self::Hashed(FxHashMap::default()),
        }
    }

    /// The number of a pair; `None` if it has none.
    fn get(&self, above: u32, value: u32) -> Option<u32> {
        match self {
            Self::Direct { n_values, numbers } => {
                let at = above as usize * *n_values + value as usize;
                numbers.get(at)?.checked_sub(1)
            }
            Self::Hashed(numbers) => numbers.get(&pair(above, value)).copied(),
        }
    }

    /// The number of a pair, which becomes `next` if it has none.
    #[inline]
    fn number(&mut self, above: u32, value: u32, next: u32) -> u32 {
        match self {
            Self::Direct { n_values, numbers } => {
                let number = &mut numbers[above as usize * *n_values + value as usize];
                if *number == 0 {
                    *number = next + 1;
                }
                *number - 1
            }
            Self::Hashed(numbers) => *numbers.entry(pair(above, value)).or_insert(next),
        }
    }
}

/// An id above and a value, combined into one number.
fn pair(above: u32, value: u32) -> u64 {
    u64::from(above) << 32 | u64::from(value)
}
