//! The members of an earlier list, and what they are now. Of the earlier days only the list is shown: their numbers would
//! have to be withheld by other people than those of the newest days.

use clio_proto::{EarlierOutlier, EarlierOutliers, FieldRef, OutlierKind, ServiceError};

use super::replay::{Earlier, Listed, Replay, Today};
use super::shown::contrast;

impl Replay<'_> {
    /// What became of the members of an earlier list, by kind, then by value.
    pub(super) fn became(
        &self,
        today: &Today,
        found: &Listed,
        earlier: &Earlier,
    ) -> Result<EarlierOutliers, ServiceError> {
        let (snapshot, rules) = (self.asking.snapshot, self.asking.rules);
        let own = FieldRef { dimension: rules.dimension.clone(), attribute: None };
        let field = &snapshot.fields[snapshot.field(&own)?];
        let labels = snapshot.labels_of(field);
        let became = |(key, through): (&(OutlierKind, usize), &usize)| {
            let (kind, member) = *key;
            let code = self.sighted[member].code;
            let judged = match kind {
                OutlierKind::Misleading | OutlierKind::Star | OutlierKind::Weak => &today.rates,
                OutlierKind::Fatigue => &today.changes,
            };
            let watching = match kind {
                OutlierKind::Misleading => today.watching.get(&member),
                OutlierKind::Fatigue | OutlierKind::Star | OutlierKind::Weak => None,
            };
            let is_now = |kind: &OutlierKind| found.contains_key(&(*kind, member));
            EarlierOutlier {
                kind,
                value: field.texts().text(code).unwrap_or_default().to_owned(),
                label: labels.and_then(|own| own.label(code)).map(str::to_owned),
                media: labels.and_then(|own| own.media(code)).map(str::to_owned),
                now: OutlierKind::ALL.into_iter().filter(is_now).collect(),
                listed_through: self.days[*through],
                rate: judged.get(&member).map(|own| contrast(rules.rate.to_string(), own)),
                watching: watching.map(|own| contrast(self.watching(), own)),
            }
        };
        let mut outliers: Vec<EarlierOutlier> = earlier.through.iter().map(became).collect();
        outliers.sort_by(|a, b| (a.kind, &a.value).cmp(&(b.kind, &b.value)));
        Ok(EarlierOutliers { day: self.days[earlier.day], outliers })
    }
}
