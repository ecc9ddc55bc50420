//! Listed members, as shown.

use clio_proto::{
    FieldRef, Filter, Outlier, OutlierContrast, OutlierKind, Query, QueryRange, ServiceError, Test,
    Value, Watching,
};

use super::first_looked_at;
use super::judged::Judged;
use super::listed::Chance;
use super::replay::{Listed, Replay, Today};
use crate::answer::answer;

impl Replay<'_> {
    /// By kind, the most certain first.
    pub(super) fn shown(
        &self,
        today: &Today,
        found: &Listed,
    ) -> Result<Vec<Outlier>, ServiceError> {
        let mut outliers = Vec::new();
        for (kind, chances) in &today.chances {
            let is_listed = |own: &&Chance| found.contains_key(&(*kind, own.member));
            let mut chances: Vec<&Chance> = chances.iter().filter(is_listed).collect();
            chances.sort_by(|a, b| a.error.total_cmp(&b.error).then(a.member.cmp(&b.member)));
            for chance in chances {
                let since = found[&(*kind, chance.member)];
                outliers.extend(self.outlier(*kind, chance, since, today)?);
            }
        }
        Ok(outliers)
    }

    /// One member, listed since a day, by position.
    fn outlier(
        &self,
        kind: OutlierKind,
        chance: &Chance,
        since: usize,
        today: &Today,
    ) -> Result<Option<Outlier>, ServiceError> {
        let (snapshot, rules, member) = (self.asking.snapshot, self.asking.rules, chance.member);
        let judged = match kind {
            OutlierKind::Misleading | OutlierKind::Star | OutlierKind::Weak => &today.rates,
            OutlierKind::Fatigue => &today.changes,
        };
        let Some(judged) = judged.get(&member) else { return Ok(None) };
        let code = self.sighted[member].code;
        let own = FieldRef { dimension: rules.dimension.clone(), attribute: None };
        let field = &snapshot.fields[snapshot.field(&own)?];
        let labels = snapshot.labels_of(field);
        let (mut watching, mut median, mut frequency) = (None, None, None);
        match kind {
            OutlierKind::Misleading => {
                watching = today.watching.get(&member).map(|own| contrast(self.watching(), own));
                median = self.median(member, today)?;
            }
            OutlierKind::Fatigue => {
                let called = self.asking.frequency();
                frequency = called.zip(today.more.get(&member)).map(|(of, more)| OutlierContrast {
                    of,
                    own: more.after.a_person(),
                    peers: more.before.a_person(),
                    ratio: more.ratio(),
                });
            }
            OutlierKind::Star | OutlierKind::Weak => {}
        }
        let mut peers = self.peers.in_common(snapshot, code);
        if kind == OutlierKind::Fatigue {
            peers.retain(|(field, _)| field.attribute == rules.pool);
        }
        Ok(Some(Outlier {
            kind,
            value: field.texts().text(code).unwrap_or_default().to_owned(),
            label: labels.and_then(|own| own.label(code)).map(str::to_owned),
            media: labels.and_then(|own| own.media(code)).map(str::to_owned),
            peers,
            n_peers: u32::try_from(judged.n_peers).unwrap_or(u32::MAX),
            since: self.days[since],
            or_before: since == first_looked_at(self.days.len()),
            error: chance.error,
            rate: contrast(rules.rate.to_string(), judged),
            watching,
            median,
            frequency,
        }))
    }

    /// The name of watching: always the share of those who stay, whichever side the model names.
    pub(super) fn watching(&self) -> String {
        match &self.asking.rules.watching {
            Some(Watching::Share(share)) => {
                format!("share_above({}, {})", share.measure(), share.threshold())
            }
            Some(Watching::Rate(rate)) => rate.to_string(),
            None => String::new(),
        }
    }

    /// The median of a member's watching, and the joint one of those peers whose watching is compared.
    fn median(
        &self,
        member: usize,
        today: &Today,
    ) -> Result<Option<OutlierContrast>, ServiceError> {
        let Some(of) = self.asking.median() else { return Ok(None) };
        let (snapshot, peers) = (self.asking.snapshot, self.peers);
        let dimension =
            FieldRef { dimension: self.asking.rules.dimension.clone(), attribute: None };
        let texts = snapshot.fields[snapshot.field(&dimension)?].texts();
        let group = peers.group(self.sighted[member].code);
        let is_peer =
            |own: &&usize| **own != member && peers.group(self.sighted[**own].code) == group;
        let mut others: Vec<usize> = today.watching.keys().filter(is_peer).copied().collect();
        others.sort_unstable();
        let newest = &self.days[self.days.len().saturating_sub(super::N_DAYS)..];
        let median = |members: &[usize]| {
            let value = |at: &usize| texts.text(self.sighted[*at].code).map(str::to_owned);
            let test = Test::AnyOf(members.iter().filter_map(value).collect());
            let query = Query {
                range: QueryRange::Days {
                    from: newest.first().copied(),
                    to: newest.last().copied(),
                },
                filter: Some(Filter::Field { field: dimension.clone(), test }),
                ..Query::total([of.as_str()])
            };
            let answer = answer(snapshot, None, query, self.asking.limits, self.asking.cancel)?;
            Ok::<Value, ServiceError>(answer.total.values[0])
        };
        let (own, theirs) = (median(&[member])?, median(&others)?);
        let quotient = |above: Option<f64>, below: Option<f64>| {
            above.zip(below.filter(|below| *below > 0.0)).map(|(above, below)| above / below)
        };
        let ratio = quotient(own.value, theirs.value)
            .zip(quotient(own.lower, theirs.upper))
            .zip(quotient(own.upper, theirs.lower));
        let both = own.value.zip(theirs.value).zip(ratio);
        Ok(both.map(|((own, peers), ((ratio, lower), upper))| OutlierContrast {
            of,
            own,
            peers,
            ratio: Value::estimate(ratio, lower, upper, false),
        }))
    }
}

pub(super) fn contrast(of: String, judged: &Judged) -> OutlierContrast {
    let Judged { place, own, peers, n_peers: _ } = judged;
    let [lower, upper] = [0.975, 0.025].map(|chance| place.exceeded(chance).exp());
    let ratio = Value::estimate(place.mean().exp(), lower, upper, false);
    OutlierContrast { of, own: *own, peers: *peers, ratio }
}
