//! Lowers what rows are compared with.

use clio_proto::{Comparison, DayRange, ServiceError, SnapshotId};

use super::required_entry;
use crate::argument::Argument;
use crate::names::Names;

/// The argument `compare`: exactly one of its entries.
pub(super) fn comparison(
    names: &Names,
    argument: &Argument<'_>,
) -> Result<Comparison, ServiceError> {
    let entries = argument.conditions()?;
    let [(name, entry)] = entries.as_slice() else {
        let message = "give exactly one of `previousPeriod`, `days`, `member`, `rest`, `whole` and `snapshot`";
        return Err(argument.error(message));
    };
    let said = |comparison: Comparison| match entry.flag()? {
        true => Ok(comparison),
        false => Err(entry.error("is false; leave it out, or write true")),
    };
    match *name {
        "previousPeriod" => said(Comparison::PreviousPeriod),
        "rest" => said(Comparison::Rest),
        "whole" => said(Comparison::Whole),
        "days" => days(entry),
        "member" => member(names, entry),
        "snapshot" => entry.count().map(|id| Comparison::Snapshot(SnapshotId(id))),
        _ => Err(argument.is_not("a comparison")),
    }
}

fn days(days: &Argument<'_>) -> Result<Comparison, ServiceError> {
    days.only(["from", "to"])?;
    let (from, to) = (required_entry(days, "from")?.date()?, required_entry(days, "to")?.date()?);
    let range = DayRange::try_new(from, to);
    range
        .map(Comparison::Days)
        .ok_or_else(|| days.error(&format!("ends before it starts: from={from} to={to}")))
}

fn member(names: &Names, member: &Argument<'_>) -> Result<Comparison, ServiceError> {
    member.only(["field", "value", "isNull"])?;
    let field = required_entry(member, "field")?;
    let field = names.field(field.name()?).cloned().ok_or_else(|| field.is_not("a field"))?;
    member.conditions()?;
    let is_null = member.entry("isNull")?.map(|own| own.flag()).transpose()?;
    let value = member.entry("value")?.map(|own| own.text().map(str::to_owned)).transpose()?;
    match (value, is_null.unwrap_or(false)) {
        (Some(value), false) => Ok(Comparison::Member { field, value: Some(value) }),
        (None, true) => Ok(Comparison::Member { field, value: None }),
        _ => Err(member.error("give exactly one of `value` and `isNull: true`")),
    }
}
