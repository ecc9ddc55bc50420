//! `clio etl plan`: what a run would do, and why.

use clio_etl::{Effect, MonthEffect, Plan, Reason};

use crate::args::{EtlPlanArgs, ReportFormat};
use crate::terminal::{answer, say};
use crate::{etl_config, output, run_report};

/// How many days are listed one by one.
const MAX_LISTED: usize = 40;

/// Prints the plan; changes nothing.
pub(crate) async fn run(args: EtlPlanArgs) -> anyhow::Result<()> {
    let (config, days) = etl_config::target(&args.target)?;
    let plan = clio_etl::plan(&config, days).await?;
    match args.format {
        ReportFormat::Json => answer!("{}", serde_json::to_string_pretty(&plan)?),
        ReportFormat::Text => print(&plan),
    }
    Ok(())
}

fn print(plan: &Plan) {
    match plan.snapshot {
        Some(snapshot) => say!("the lake holds snapshot {snapshot}"),
        None => say!("there is no lake yet"),
    }
    say!("  model          {}", plan.model);
    if plan.model.effect == Effect::Refused {
        say!(
            "  a run would fail: give a new name to whatever changes its meaning, or use a new lake"
        );
        return;
    }
    for left_out in &plan.left_out {
        say!("  left out       {left_out}");
    }
    if plan.every_day.is_empty() && plan.days.is_empty() {
        say!("  days           none to rebuild");
    } else if plan.every_day.is_empty() {
        say!("  days           {} to rebuild", number(plan.days.len()));
        for planned in plan.days.iter().take(MAX_LISTED) {
            say!("    {}   {}", planned.day, reasons(&planned.reasons));
        }
        if let Some(more) = plan.days.len().checked_sub(MAX_LISTED).filter(|more| *more > 0) {
            say!("    and {} more (--format json lists them)", number(more));
        }
    } else {
        say!(
            "  days           all, in one pass over files without folders by day: {}",
            reasons(&plan.every_day)
        );
    }
    for lookup in &plan.changed_lookups {
        let lead = if lookup.is_costly() { "warning" } else { "lookup" };
        say!("  {lead:<14} {lookup}");
    }
    for month in plan.retired_months.iter().take(run_report::MAX_LISTED) {
        match month.effect {
            MonthEffect::Refused => say!("  a run would fail: {month}"),
            MonthEffect::Kept | MonthEffect::Rebuilt => say!("  retired        {month}"),
        }
    }
    if let Some(n_more @ 1..) = plan.retired_months.len().checked_sub(run_report::MAX_LISTED) {
        say!("                 and {n_more} more retired months (--format json lists them)");
    }
    run_report::print_damaged("damaged", &plan.damaged);
    if !plan.parents.is_empty() {
        say!("  then           {}", plan.parents.join(", "));
    }
    say!("  up to date     {}", number(plan.n_up_to_date));
    if let (Some(first), Some(last)) =
        (plan.days_without_files.first(), plan.days_without_files.last())
    {
        let n_days = number(plan.days_without_files.len());
        say!(
            "  without files  {n_days} of them ({first} to {last}): they stay as they are, unless \
             their dates are given"
        );
    }
    if !plan.far_days.is_empty() {
        say!("  warning        {}", run_report::far_days(&plan.far_days));
    }
}

fn reasons(reasons: &[Reason]) -> String {
    reasons.iter().map(|reason| reason.text()).collect::<Vec<_>>().join("; ")
}

fn number(n: usize) -> String {
    output::number(n as f64)
}
