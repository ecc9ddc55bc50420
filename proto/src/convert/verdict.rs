//! Verdicts, to the wire and back.

use super::answer::{value_from_wire, value_to_wire};
use super::{field_from_text, invalid, required};
use crate::error::ServiceError;
use crate::query::{Arm, DeclaredTest, Exposure, Mix, Verdict, VerdictWord};
use crate::wire;

pub(super) fn verdict_to_wire(verdict: Option<Verdict>) -> wire::Verdict {
    let Some(verdict) = verdict else { return wire::Verdict::default() };
    let Verdict { word, own, other, difference, n_days, smallest_lift, more_days, exposure, mix } =
        verdict;
    let word = match word {
        VerdictWord::Better => wire::VerdictWord::Better,
        VerdictWord::Worse => wire::VerdictWord::Worse,
        VerdictWord::ProbablyBetter => wire::VerdictWord::ProbablyBetter,
        VerdictWord::ProbablyWorse => wire::VerdictWord::ProbablyWorse,
        VerdictWord::Higher => wire::VerdictWord::Higher,
        VerdictWord::Lower => wire::VerdictWord::Lower,
        VerdictWord::ProbablyHigher => wire::VerdictWord::ProbablyHigher,
        VerdictWord::ProbablyLower => wire::VerdictWord::ProbablyLower,
        VerdictWord::NoDifference => wire::VerdictWord::NoDifference,
        VerdictWord::WithinCountingError => wire::VerdictWord::WithinCountingError,
        VerdictWord::TooLittleData => wire::VerdictWord::TooLittleData,
    };
    wire::Verdict {
        word: word.into(),
        own,
        other,
        difference: Some(value_to_wire(difference)),
        days: n_days,
        smallest_lift,
        more_days,
        exposure: exposure.map(exposure_to_wire),
        mix: mix.map(mix_to_wire),
    }
}

pub(super) fn verdict_from_wire(verdict: wire::Verdict) -> Result<Option<Verdict>, ServiceError> {
    let wire::Verdict {
        word,
        own,
        other,
        difference,
        days: n_days,
        smallest_lift,
        more_days,
        exposure,
        mix,
    } = verdict;
    let mix = mix.map(mix_from_wire).transpose()?;
    let exposure = exposure.map(exposure_from_wire);
    let word = match wire::VerdictWord::try_from(word) {
        Ok(wire::VerdictWord::Unspecified) => return Ok(None),
        Ok(wire::VerdictWord::Better) => VerdictWord::Better,
        Ok(wire::VerdictWord::Worse) => VerdictWord::Worse,
        Ok(wire::VerdictWord::ProbablyBetter) => VerdictWord::ProbablyBetter,
        Ok(wire::VerdictWord::ProbablyWorse) => VerdictWord::ProbablyWorse,
        Ok(wire::VerdictWord::Higher) => VerdictWord::Higher,
        Ok(wire::VerdictWord::Lower) => VerdictWord::Lower,
        Ok(wire::VerdictWord::ProbablyHigher) => VerdictWord::ProbablyHigher,
        Ok(wire::VerdictWord::ProbablyLower) => VerdictWord::ProbablyLower,
        Ok(wire::VerdictWord::NoDifference) => VerdictWord::NoDifference,
        Ok(wire::VerdictWord::WithinCountingError) => VerdictWord::WithinCountingError,
        Ok(wire::VerdictWord::TooLittleData) => VerdictWord::TooLittleData,
        Err(_) => {
            return Err(invalid("verdicts.word", format_args!("{word} is unknown")));
        }
    };
    let difference = value_from_wire(required("verdicts.difference", difference)?)?;
    Ok(Some(Verdict {
        word,
        own,
        other,
        difference,
        n_days,
        smallest_lift,
        more_days,
        exposure,
        mix,
    }))
}

pub(super) fn test_to_wire(test: DeclaredTest) -> wire::DeclaredTest {
    let DeclaredTest { name, arms, chance, is_as_assigned } = test;
    let arm = |Arm { value, share, people }| wire::Arm {
        value,
        share,
        people: Some(value_to_wire(people)),
    };
    wire::DeclaredTest { name, arms: arms.into_iter().map(arm).collect(), chance, is_as_assigned }
}

pub(super) fn test_from_wire(test: wire::DeclaredTest) -> Result<DeclaredTest, ServiceError> {
    let wire::DeclaredTest { name, arms, chance, is_as_assigned } = test;
    let arm = |wire::Arm { value, share, people }| {
        let people = value_from_wire(required("test.arms.people", people)?)?;
        Ok(Arm { value, share, people })
    };
    let arms = arms.into_iter().map(arm).collect::<Result<_, ServiceError>>()?;
    Ok(DeclaredTest { name, arms, chance, is_as_assigned })
}

fn mix_to_wire(mix: Mix) -> wire::Mix {
    let Mix { field, raw, difference, without_counterpart, explains, is_reversed } = mix;
    let (field, difference) = (field.to_string(), Some(value_to_wire(difference)));
    wire::Mix { field, raw, difference, without_counterpart, explains, is_reversed }
}

fn mix_from_wire(mix: wire::Mix) -> Result<Mix, ServiceError> {
    let wire::Mix { field, raw, difference, without_counterpart, explains, is_reversed } = mix;
    let field = field_from_text("verdicts.mix.field", &field)?;
    let difference = value_from_wire(required("verdicts.mix.difference", difference)?)?;
    Ok(Mix { field, raw, difference, without_counterpart, explains, is_reversed })
}

fn exposure_to_wire(exposure: Exposure) -> wire::Exposure {
    let Exposure { own, other, own_by_event, other_by_event, explains } = exposure;
    wire::Exposure { own, other, own_by_event, other_by_event, explains }
}

fn exposure_from_wire(exposure: wire::Exposure) -> Exposure {
    let wire::Exposure { own, other, own_by_event, other_by_event, explains } = exposure;
    Exposure { own, other, own_by_event, other_by_event, explains }
}
