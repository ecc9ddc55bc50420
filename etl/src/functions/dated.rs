//! What a lookup with a history has for a key on a day, as a small number.

use std::sync::Arc;

use datafusion::arrow::array::{AsArray, UInt32Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Date32Type};
use datafusion::common::Result;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::member::{Key, KeyMap};

/// Stands for no run before a key's first one.
const NONE: u32 = u32::MAX;

/// A lookup's keys, each with its numbers and the days from which they hold.
///
/// Only changes are stored: a key whose number stays the same over many states has one run. Costs the map of
/// keys, and 16 bytes per run.
#[derive(Debug)]
pub(crate) struct Dated {
    /// The last run of each key.
    last: KeyMap,
    runs: Vec<Run>,
    reservation: MemoryReservation,
}

#[derive(Debug, Clone, Copy)]
struct Run {
    /// In days since 1970, inclusive.
    from: i32,
    /// [`NONE`] if the lookup has no row for the key.
    number: u32,
    /// The previous run, or [`NONE`].
    before: u32,
    /// The last state in which the key was seen with this number.
    seen: u32,
}

impl Dated {
    pub(crate) fn new(pool: &Arc<dyn MemoryPool>, name: &str, has_int_keys: bool) -> Self {
        let reservation = MemoryConsumer::new(name).register(pool);
        Self { last: KeyMap::new(pool, name, has_int_keys), runs: Vec::new(), reservation }
    }

    /// Reserves memory for more keys and runs, before they are added.
    pub(crate) fn make_room(&mut self, n_more: usize) -> Result<()> {
        self.last.make_room(n_more)?;
        if self.runs.capacity() - self.runs.len() < n_more {
            let n_runs = (self.runs.len() + n_more).max(2 * self.runs.capacity());
            // The old ones stay allocated until they are copied.
            let n_bytes = (n_runs + self.runs.capacity()) * size_of::<Run>();
            self.reservation.try_resize(n_bytes)?;
            self.runs.reserve_exact(n_runs - self.runs.len());
            self.reservation.try_resize(self.runs.capacity() * size_of::<Run>())?;
        }
        Ok(())
    }

    /// Notes the number that a key has in state `state`, from a day on. Days must be in ascending order.
    pub(crate) fn note(&mut self, key: Key, from: i32, number: Option<u32>, state: u32) {
        let number = number.unwrap_or(NONE);
        let before = self.last.get(&key).unwrap_or(NONE);
        if let Some(run) = self.runs.get_mut(before as usize)
            && run.number == number
        {
            run.seen = state;
            return;
        }
        if before == NONE && number == NONE {
            return;
        }
        let at = position(self.runs.len());
        self.runs.push(Run { from, number, before, seen: state });
        self.last.insert(key, at);
    }

    /// Ends the keys that have no rows in state `state`.
    pub(crate) fn end_others(&mut self, from: i32, state: u32) -> Result<()> {
        let is_gone = |run: &Run| run.seen != state && run.number != NONE;
        let n_gone = {
            let runs = &self.runs;
            self.last.numbers_mut().filter(|at| is_gone(&runs[**at as usize])).count()
        };
        self.make_room(n_gone)?;
        let runs = &mut self.runs;
        for last in self.last.numbers_mut().filter(|_| n_gone > 0) {
            if is_gone(&runs[*last as usize]) {
                let at = position(runs.len());
                runs.push(Run { from, number: NONE, before: *last, seen: state });
                *last = at;
            }
        }
        Ok(())
    }

    /// The number on a day, for the key whose last run is given.
    fn on(&self, last: Option<u32>, day: i32) -> Option<u32> {
        let mut at = last?;
        while let Some(run) = self.runs.get(at as usize) {
            if run.from <= day {
                return (run.number != NONE).then_some(run.number);
            }
            at = run.before;
        }
        None
    }
}

fn position(index: usize) -> u32 {
    u32::try_from(index).ok().filter(|at| *at != NONE).expect("2^32 runs would not fit in memory")
}

/// The number of a key (first argument) on a day (second argument); `missing` where the lookup has no row for
/// it.
pub(crate) fn member_on(dimension: &str, keys: Arc<Dated>, missing: Option<u32>) -> ScalarUDF {
    ScalarUDF::new_from_impl(MemberOn {
        name: format!("clio_member_on_{dimension}"),
        keys,
        missing,
        signature: Signature::any(2, Volatility::Immutable),
    })
}

#[derive(Debug)]
struct MemberOn {
    name: String,
    keys: Arc<Dated>,
    missing: Option<u32>,
    signature: Signature,
}

impl PartialEq for MemberOn {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.keys, &other.keys)
    }
}

impl Eq for MemberOn {}

impl std::hash::Hash for MemberOn {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for MemberOn {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::UInt32)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let last = self.keys.last.get_all(&arrays[0], None)?;
        let days = cast(&arrays[1], &DataType::Date32)?;
        let days = days.as_primitive::<Date32Type>();
        let numbers: UInt32Array = last
            .iter()
            .zip(days)
            .map(|(last, day)| day.and_then(|day| self.keys.on(last, day)).or(self.missing))
            .collect();
        Ok(ColumnarValue::Array(Arc::new(numbers)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::execution::memory_pool::UnboundedMemoryPool;

    #[test]
    fn a_key_has_what_the_newest_state_at_or_before_the_day_says() {
        let pool: Arc<dyn MemoryPool> = Arc::new(UnboundedMemoryPool::default());
        let mut dated = Dated::new(&pool, "test", true);
        let states: [(i32, &[(i64, u32)]); 4] =
            [(10, &[(1, 7), (2, 8)]), (12, &[(1, 7)]), (15, &[(1, 9), (2, 8)]), (16, &[])];
        for (state, (from, rows)) in (0..).zip(states) {
            dated.make_room(rows.len()).unwrap();
            for (key, number) in rows {
                dated.note(Key::Int(*key), from, Some(*number), state);
            }
            dated.end_others(from, state).unwrap();
        }
        let on = |key: i64, day| dated.on(dated.last.get(&Key::Int(key)), day);
        for day in 5..20 {
            let state = states.iter().rev().find(|(from, _)| *from <= day);
            for key in 1..4 {
                let rows = state.map(|(_, rows)| *rows).unwrap_or_default();
                let expected = rows.iter().find(|row| row.0 == key).map(|row| row.1);
                assert_eq!(on(key, day), expected, "key {key}, day {day}");
            }
        }
        assert_eq!(dated.runs.len(), 7, "what stays the same is held once");
    }
}
