# The sentences of Stackwise's answers, in Project Fluent's syntax (https://projectfluent.org).
#
# A language is one file: this one translated, named by its tag (`es.ftl`, `pt-BR.ftl`). Ids, attributes
# and variables stay; what a message may use is listed in libs/common/rules/reasons.py, and a test
# compares. An attribute such as `.occupation` is said instead of the message where that variable is known.
#
# $skills, $credentials, $occupation, $agent, $regulator: names, joined by "and"
# $licences, $delivery, $languages: names, joined by "or"
# $money, $earnings: amounts with their currency    $hours, $weeks, $n, $admits: numbers    $share: 0 to 1
# $kind, $component, $strength: words of the contracts, to choose by

## Why a credential is listed

because_completed = Because you completed { $credentials }
because_viewed = Because you looked at { $credentials }
similar_learners = Learners with a history like yours went on to it
trending = Many learners are taking it now
closes_skill_gap = Teaches { $skills }, which you are looking for
    .occupation = Teaches { $skills }, which { $occupation } asks for
teaches_related_skills = Builds on your skills: { $skills }
builds_on = Builds on { $credentials }, which you hold or take before
fits_history = Fits what you have done so far
high_value = Its value is well attested
    .agent = { $kind ->
        [accredits] Accredited by { $agent }
        [approves] Approved by { $agent }
        [endorses] Endorsed by { $agent }
        [recognizes] Recognised by { $agent }
       *[other] Attested by { $agent }
    }
ranked_by_value = Placed here by what is known of its value
free_for_you = Costs you nothing after aid
leads_to_occupation = Leads to { $occupation }
new_credential = Newly published
successor_of = Takes the place of { $credentials }, which is no longer offered
discovery = Something different from the rest of your list

## What to know before taking it

regulated_occupation = { $occupation } is regulated: a licence is needed first, micro-credentials are complementary
    .regulator = { $occupation } is regulated: a licence is needed first (ask { $regulator }), micro-credentials are complementary
check_regulator = { $occupation } is usually regulated and we have no record: check with the regulator
no_regulation_record = We have no record of whether { $occupation } is regulated where you are
no_skill_data = We have no data on the skills that { $occupation } asks for
no_outcome_data = No outcome data
unknown_cost = Its cost is not known
ceasing = It will soon be withdrawn

## What its value rests on

value_accredits = { $strength ->
    [expired] The accreditation by { $agent } is not current
    [self_claimed] Says that it is accredited by { $agent }
   *[other] Accredited by { $agent }
}
value_approves = { $strength ->
    [expired] The approval by { $agent } is not current
    [self_claimed] Says that it is approved by { $agent }
   *[other] Approved by { $agent }
}
value_recognizes = { $strength ->
    [expired] The recognition by { $agent } is not current
    [self_claimed] Says that it is recognised by { $agent }
   *[other] Recognised by { $agent }
}
value_endorses = { $strength ->
    [expired] The endorsement by { $agent } is not current
    [self_claimed] Says that it is endorsed by { $agent }
   *[other] Endorsed by { $agent }
}
value_assessed = Assessed
    .type = Assessed: { $type }
value_employment = { NUMBER($share, style: "percent") } in employment (n = { $n })
value_completion = { NUMBER($share, style: "percent") } complete it (n = { $n })
value_earnings = Earnings { $earnings } a year above the baseline (n = { $n })
value_earnings_lower = Earnings { $earnings } a year below the baseline (n = { $n })
value_earnings_level = Earnings { $earnings } a year; no baseline to compare with (n = { $n })
value_outcome_suppressed = { $kind ->
    [completion] Too few people to show how many complete it
    [earnings] Too few graduates to show what they earn
   *[employment] Too few graduates to show how many are in employment
}
value_no_outcome_data = No outcome data

## Why a path stops

stopped_covered = The path covers what the goal asks for
stopped_diminishing_returns = More credentials of this kind would add breadth, not depth
stopped_budget = What is left of the budget is not enough for another step
stopped_time = What is left of the time is not enough for another step
stopped_max_steps = The path has as many steps as you asked for
stopped_nothing_feasible = No credential that fits teaches what is missing
stopped_licence_first = A licence is needed first; these steps are complementary
traditional_route = { $occupation } is regulated: a licence is needed first, micro-credentials are complementary
    .licences = { $occupation } is regulated: first comes { $licences }, micro-credentials are complementary

## The smallest change that would make something fit

would_fit = { $admits ->
    [one] one credential would fit
   *[other] { $admits } credentials would fit
}
relax_max_cost = If any cost were possible, { would_fit }
    .money = With { $money } to spend, { would_fit }
relax_max_hours = If any workload were possible, { would_fit }
    .hours = With { $hours ->
        [one] { $hours } hour
       *[other] { $hours } hours
    } in all, { would_fit }
relax_time = With more time, { would_fit }
    .weeks = With { $weeks ->
        [one] { $weeks } week
       *[other] { $weeks } weeks
    } to do it in, { would_fit }
relax_delivery = If any way of delivery were possible, { would_fit }
    .delivery = Taken { $delivery }, { would_fit }
relax_languages = If any language were possible, { would_fit }
    .languages = In { $languages }, { would_fit }
relax_region = In other regions, { would_fit }
delivery_online = online
delivery_in_person = in person
delivery_blended = blended
