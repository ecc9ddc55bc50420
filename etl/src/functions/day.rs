//! The calendar day of an event in the dataset's time zone.

#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;
use std::sync::Arc;

use clio_proto::{DayRange, FIRST_DAY, LAST_DAY, Model, TimesAre};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Date32Array, TimestampMicrosecondArray};
use datafusion::arrow::compute::{CastOptions, cast, cast_with_options};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Date64Type, Int64Type, TimeUnit, TimestampMicrosecondType,
};
use datafusion::common::{DataFusionError, Result, exec_datafusion_err, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::epoch::{date_of, number_of};

const SECONDS_PER_DAY: i64 = 86_400;
const MILLIS_PER_DAY: i64 = 1000 * SECONDS_PER_DAY;

/// When days begin, which days events may have, and which zone a time without a zone is in.
#[derive(Debug, Clone)]
pub(crate) struct Calendar {
    pub(super) zone: TimeZone,
    zone_name: String,
    pub(super) times_are: TimesAre,
    days: DayRange,
    /// The same days as numbers: every event is checked against them.
    numbers: RangeInclusive<i32>,
}

impl PartialEq for Calendar {
    fn eq(&self, other: &Self) -> bool {
        let key = |own: &Self| (own.zone_name.clone(), own.times_are, own.days);
        key(self) == key(other)
    }
}

impl Eq for Calendar {}

impl std::hash::Hash for Calendar {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (&self.zone_name, self.times_are, self.days).hash(state);
    }
}

impl Calendar {
    pub(crate) fn new(model: &Model, times_are: TimesAre) -> Self {
        Self::of_days(model, times_are, model.days())
    }

    /// The calendar for rows of lookups, which may begin and end on days that events may not have. Their times
    /// without a zone are in UTC.
    pub(crate) fn of_lookups(model: &Model) -> Self {
        let days =
            DayRange::try_new(FIRST_DAY, LAST_DAY).expect("the first day is before the last");
        Self::of_days(model, TimesAre::Utc, days)
    }

    fn of_days(model: &Model, times_are: TimesAre, days: DayRange) -> Self {
        Self {
            zone: model.timezone().clone(),
            zone_name: model.timezone_name().to_owned(),
            times_are,
            days,
            numbers: number_of(days.first())..=number_of(days.last()),
        }
    }

    /// Whether times of this type are local times of the dataset's time zone.
    pub(super) fn is_local(&self, times: &DataType) -> bool {
        self.times_are == TimesAre::Local && matches!(times, DataType::Timestamp(_, None))
    }

    /// Checks that a day is one that events may have.
    pub(super) fn checked(&self, day: i64) -> Result<i32> {
        match i32::try_from(day) {
            Ok(day) if self.numbers.contains(&day) => Ok(day),
            _ => Err(self.out_of_bounds(day)),
        }
    }

    fn out_of_bounds(&self, day: i64) -> DataFusionError {
        let (first, last) = (self.days.first(), self.days.last());
        let number = i32::try_from(day).ok();
        let text = match number.filter(|number| number_of(date_of(*number)) == *number) {
            Some(number) => format!("the day {}", date_of(number)),
            None => format!("a time {day} days from 1970"),
        };
        // What a day of our times becomes if its unit is a thousand times finer.
        let is_finer = (10_000..60_000).contains(&(day / 1000));
        let hint =
            if is_finer { " (is the time in milliseconds, and taken for seconds?)" } else { "" };
        let whose = if (first, last) == (FIRST_DAY, LAST_DAY) {
            "the days that a lake can hold"
        } else {
            "the days that the model lets events have"
        };
        exec_datafusion_err!("{text} is not from {first} to {last}, {whose}{hint}")
    }
}

/// The day of a timestamp, of a date (the date itself), or of text in either form. An event without a time, or
/// on a day that events may not have, is an error.
pub(crate) fn day_of(calendar: &Calendar) -> ScalarUDF {
    ScalarUDF::new_from_impl(DayOf::new(calendar))
}

/// Whether the dataset's days are days of UTC, so that each is filed under exactly one day.
pub(crate) fn is_utc(zone_name: &str) -> bool {
    matches!(zone_name, "UTC" | "Etc/UTC" | "Z")
}

#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct DayOf {
    calendar: Calendar,
    /// Finding a day is then a division.
    is_utc: bool,
    signature: Signature,
}

impl ScalarUDFImpl for DayOf {
    fn name(&self) -> &'static str {
        "clio_day"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Date32)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let days = self.days(&arrays[0])?;
        if days.null_count() > 0 {
            return exec_err!(
                "an event without a time; leave such rows out with `where = \"… IS NOT NULL\"`"
            );
        }
        Ok(ColumnarValue::Array(Arc::new(days)))
    }
}

impl DayOf {
    pub(super) fn new(calendar: &Calendar) -> Self {
        let is_utc = is_utc(&calendar.zone_name);
        // Declared volatile, so that no filter on the day is moved before the source's own condition, which may
        // exclude the rows without a time.
        let signature = Signature::any(1, Volatility::Volatile);
        Self { calendar: calendar.clone(), is_utc, signature }
    }

    /// The day of each time; null for null.
    pub(super) fn days(&self, times: &ArrayRef) -> Result<Date32Array> {
        match times.data_type() {
            DataType::Date32 => {
                let days = times.as_primitive::<Date32Type>();
                days.try_unary(|day| self.calendar.checked(day.into()))
            }
            DataType::Date64 => {
                let millis = times.as_primitive::<Date64Type>();
                millis.try_unary(|millis| self.calendar.checked(millis.div_euclid(MILLIS_PER_DAY)))
            }
            DataType::Timestamp(unit, _) => self.days_of_timestamps(times, *unit),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => self.days_of_texts(times),
            DataType::Dictionary(_, value) => self.days(&cast(times, value)?),
            DataType::Null => Ok(Date32Array::new_null(times.len())),
            other => exec_err!(
                "`time` has the type {other}, which is not a timestamp; convert it, for instance \
                 with `to_timestamp_seconds(…)`"
            ),
        }
    }

    fn days_of_timestamps(&self, times: &ArrayRef, unit: TimeUnit) -> Result<Date32Array> {
        let per_second = per_second(unit);
        let values = cast(times, &DataType::Int64)?;
        let values = values.as_primitive::<Int64Type>();
        if self.is_utc || self.calendar.is_local(times.data_type()) {
            let per_day = per_second * SECONDS_PER_DAY;
            return values.try_unary(|value| self.calendar.checked(value.div_euclid(per_day)));
        }
        let mut offsets = Offsets::new(self.calendar.zone.clone());
        let mut day = |value: i64| {
            let second = value.div_euclid(per_second);
            let local = second.saturating_add(offsets.at(second));
            self.calendar.checked(local.div_euclid(SECONDS_PER_DAY))
        };
        values.iter().map(|value| value.map(&mut day).transpose()).collect()
    }

    /// Text of ten characters is a date, any other text a timestamp; null for null.
    fn days_of_texts(&self, times: &ArrayRef) -> Result<Date32Array> {
        let texts = cast(times, &DataType::Utf8View)?;
        let texts = texts.as_string_view();
        let is_date = |text: Option<&str>| text.is_none_or(|text| text.len() == 10);
        if texts.iter().all(is_date) {
            let strict = CastOptions { safe: false, ..CastOptions::default() };
            return self.days(&cast_with_options(texts, &DataType::Date32, &strict)?);
        }
        if !texts.iter().any(|text| text.is_some_and(|text| text.len() == 10)) {
            let [local, instants] = local_and_instants(texts, self.calendar.times_are)?;
            if local.null_count() == local.len() {
                return self.days(&instants);
            }
            let (local, instants) = (self.days(&local)?, self.days(&instants)?);
            return Ok(local.iter().zip(&instants).map(|(one, other)| one.or(other)).collect());
        }
        let mut days = Vec::with_capacity(texts.len());
        for row in 0..texts.len() {
            let one: ArrayRef = Arc::new(texts.slice(row, 1));
            days.extend(self.days_of_texts(&one)?.iter());
        }
        Ok(Date32Array::from(days))
    }
}

/// Text as timestamps in microseconds, in two columns: local times, and instants; each is null where the other
/// one applies.
pub(super) fn local_and_instants(texts: &dyn Array, times_are: TimesAre) -> Result<[ArrayRef; 2]> {
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    let as_zone = |zone: Option<&str>| {
        let zone = zone.map(Arc::from);
        let times = DataType::Timestamp(TimeUnit::Microsecond, zone);
        let times = cast_with_options(texts, &times, &strict)?;
        Ok::<_, DataFusionError>(times.as_primitive::<TimestampMicrosecondType>().clone())
    };
    let of_utc = as_zone(None)?;
    let utc = |times: Vec<Option<i64>>, zone: Option<&str>| -> ArrayRef {
        let times = TimestampMicrosecondArray::from(times);
        Arc::new(times.with_timezone_opt(zone.map(Arc::<str>::from)))
    };
    if times_are == TimesAre::Utc {
        let none = utc(vec![None; of_utc.len()], None);
        return Ok([none, utc(of_utc.iter().collect(), Some("UTC"))]);
    }
    // Text without a zone is another instant when parsed in another zone.
    let elsewhere = as_zone(Some("+01:00"))?;
    let rows = || of_utc.iter().zip(&elsewhere);
    let local = rows().map(|(one, other)| one.filter(|_| one != other)).collect();
    let instants = rows().map(|(one, other)| one.filter(|_| one == other)).collect();
    Ok([utc(local, None), utc(instants, Some("UTC"))])
}

/// How many of a unit make a second.
pub(super) fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

/// The zone's offsets, cached between two transitions, since neighbouring events share them.
pub(super) struct Offsets {
    zone: TimeZone,
    valid: std::ops::Range<i64>,
    seconds: i64,
}

impl Offsets {
    pub(super) fn new(zone: TimeZone) -> Self {
        Self { zone, valid: 0..0, seconds: 0 }
    }

    /// The seconds by which clocks are ahead of UTC; beyond the ends of the calendar, the offset there.
    pub(super) fn at(&mut self, second: i64) -> i64 {
        let ends = Timestamp::MIN.as_second()..=Timestamp::MAX.as_second();
        let second = second.clamp(*ends.start(), *ends.end());
        if !self.valid.contains(&second) {
            let instant = Timestamp::from_second(second).unwrap_or(Timestamp::MAX);
            let last = self.zone.preceding(instant).next();
            let next = self.zone.following(instant).next();
            // The instant of a transition belongs to what follows it; `preceding` excludes it.
            let start = last.map_or(i64::MIN, |last| last.timestamp().as_second());
            let end = next.map_or(i64::MAX, |next| next.timestamp().as_second());
            self.seconds = i64::from(self.zone.to_offset(instant).seconds());
            let start = if self.zone.to_offset(Timestamp::from_second(start).unwrap_or(instant))
                == self.zone.to_offset(instant)
            {
                start
            } else {
                second
            };
            self.valid = start..end;
        }
        self.seconds
    }
}
