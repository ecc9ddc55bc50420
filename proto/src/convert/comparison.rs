//! What rows are compared with, and the results, to the wire and back.

use super::answer::{value_from_wire, value_to_wire};
use super::{date, field_from_text, invalid, required};
use crate::error::ServiceError;
use crate::id::SnapshotId;
use crate::period::DayRange;
use crate::query::{Compared, ComparedMeasure, ComparedPart, Comparison};
use crate::wire;

pub(super) fn comparison_to_wire(comparison: Comparison) -> wire::Comparison {
    use wire::comparison::With;
    let with = match comparison {
        Comparison::PreviousPeriod => With::PreviousPeriod(wire::PreviousPeriod {}),
        Comparison::Days(days) => {
            With::Days(wire::Days { from: days.first().to_string(), to: days.last().to_string() })
        }
        Comparison::Member { field, value } => {
            With::Member(wire::ComparedMember { field: field.to_string(), value })
        }
        Comparison::Rest => With::Rest(wire::Rest {}),
        Comparison::Whole => With::Whole(wire::Whole {}),
        Comparison::Snapshot(id) => With::Snapshot(id.0),
    };
    wire::Comparison { with: Some(with) }
}

pub(super) fn comparison_from_wire(
    comparison: wire::Comparison,
) -> Result<Comparison, ServiceError> {
    use wire::comparison::With;
    Ok(match comparison.with {
        Some(With::PreviousPeriod(wire::PreviousPeriod {})) => Comparison::PreviousPeriod,
        Some(With::Days(wire::Days { from, to })) => {
            let (first, last) = (date("compare.days.from", &from)?, date("compare.days.to", &to)?);
            Comparison::Days(DayRange::try_new(first, last).ok_or_else(|| {
                invalid("compare.days", format_args!("ends before it starts: from={from} to={to}"))
            })?)
        }
        Some(With::Member(wire::ComparedMember { field, value })) => {
            Comparison::Member { field: field_from_text("compare.member.field", &field)?, value }
        }
        Some(With::Rest(wire::Rest {})) => Comparison::Rest,
        Some(With::Whole(wire::Whole {})) => Comparison::Whole,
        Some(With::Snapshot(id)) => Comparison::Snapshot(SnapshotId(id)),
        None => {
            return Err(invalid(
                "compare",
                "is empty; expected one of `previous_period`, `days`, `member`, `rest`, `whole`, `snapshot`",
            ));
        }
    })
}

pub(super) fn compared_to_wire(compared: Compared) -> wire::Compared {
    let Compared { other, difference, ratio } = compared;
    wire::Compared {
        other: Some(value_to_wire(other)),
        difference: Some(value_to_wire(difference)),
        ratio: Some(value_to_wire(ratio)),
    }
}

pub(super) fn compared_from_wire(compared: wire::Compared) -> Result<Compared, ServiceError> {
    let value = |field: &str, value| value_from_wire(required(field, value)?);
    let wire::Compared { other, difference, ratio } = compared;
    Ok(Compared {
        other: value("compared.other", other)?,
        difference: value("compared.difference", difference)?,
        ratio: value("compared.ratio", ratio)?,
    })
}

pub(super) fn compared_measure_to_wire(of: ComparedMeasure) -> wire::ComparedMeasure {
    let ComparedMeasure { measure, part } = of;
    wire::ComparedMeasure { measure, part: part_to_wire(part).into() }
}

pub(super) fn compared_measure_from_wire(
    path: &str,
    of: wire::ComparedMeasure,
) -> Result<ComparedMeasure, ServiceError> {
    let wire::ComparedMeasure { measure, part } = of;
    if measure.is_empty() {
        return Err(invalid(&format!("{path}.measure"), "is missing"));
    }
    Ok(ComparedMeasure { measure, part: part_from_wire(path, part)? })
}

pub(super) fn part_to_wire(part: ComparedPart) -> wire::ComparedPart {
    match part {
        ComparedPart::Other => wire::ComparedPart::Other,
        ComparedPart::Difference => wire::ComparedPart::Difference,
        ComparedPart::Ratio => wire::ComparedPart::Ratio,
    }
}

pub(super) fn part_from_wire(path: &str, part: i32) -> Result<ComparedPart, ServiceError> {
    match wire::ComparedPart::try_from(part) {
        Ok(wire::ComparedPart::Other) => Ok(ComparedPart::Other),
        Ok(wire::ComparedPart::Difference) => Ok(ComparedPart::Difference),
        Ok(wire::ComparedPart::Ratio) => Ok(ComparedPart::Ratio),
        Ok(wire::ComparedPart::Unspecified) | Err(_) => Err(invalid(
            &format!("{path}.part"),
            "none given; expected COMPARED_PART_OTHER, COMPARED_PART_DIFFERENCE or COMPARED_PART_RATIO",
        )),
    }
}
