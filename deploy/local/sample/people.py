"""The four people whom the demo and the acceptance tests follow, and how a stranger's profile is drawn."""

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from deploy.local.sample.credentials import REGIONS
from deploy.local.sample.fields import Fields, SampleOccupation
from libs.common.contracts.profile import Budget, HeldSkill, LearnerProfile

TEACHER = "teacher-maria"
NURSE = "nurse-amara"
WAREHOUSE_WORKER = "warehouse-joe"
DATA_ENTRY_CLERK = "clerk-linh"


@dataclass(frozen=True)
class SampleLearner:
    """A learner: what the partner knows of them, and the fields that they have a taste for."""

    id: str
    profile: LearnerProfile | None
    domains: tuple[str, ...]
    activity: float


def named() -> list[SampleLearner]:
    """A teacher, a nurse, a warehouse worker without a budget, a laid-off data-entry clerk."""
    return [
        SampleLearner(
            TEACHER,
            LearnerProfile(
                skills=_skills(
                    lesson_planning=0.8, presenting=0.8, classroom_management=0.9, typing=0.5
                ),
                target_occupation="occupation/instructional-designer",
                region="US-CA",
                languages=["en"],
                budget=Budget(amount=Decimal(600)),
                hours_per_week=6,
                deadline_weeks=26,
            ),
            ("education", "design"),
            0.6,
        ),
        SampleLearner(
            NURSE,
            LearnerProfile(
                skills=_skills(patient_care=0.9, vital_signs=0.9, medication_administration=0.8),
                target_occupation="occupation/registered-nurse",
                region="US-NY",
                languages=["en"],
            ),
            ("health",),
            0.8,
        ),
        SampleLearner(
            WAREHOUSE_WORKER,
            LearnerProfile(
                skills=_skills(order_picking=0.7, warehouse_safety=0.7),
                target_occupation="occupation/inventory-controller",
                region="US-TX",
                languages=["en", "es"],
                budget=Budget(amount=Decimal(0)),
                hours_per_week=5,
                deadline_weeks=20,
                delivery=["online"],
                income_band="low",
            ),
            ("logistics", "office"),
            0.3,
        ),
        SampleLearner(
            DATA_ENTRY_CLERK,
            LearnerProfile(
                skills=_skills(data_entry=0.9, typing=0.9, spreadsheets=0.5),
                target_occupation="occupation/data-analyst",
                region="US-OH",
                languages=["en"],
                budget=Budget(amount=Decimal(250)),
                hours_per_week=15,
                income_band="low",
            ),
            ("data", "office"),
            0.6,
        ),
    ]


def strangers(random: Random, fields: Fields, count: int) -> list[SampleLearner]:
    """Learners with a field they come from and perhaps one they go to; a fifth have told a goal."""
    return [_stranger(random, fields, number) for number in range(count)]


def _stranger(random: Random, fields: Fields, number: int) -> SampleLearner:
    home = random.choice(fields.domains)
    away = random.choice(fields.domains)
    tastes = (home,) if random.random() < 0.55 else (home, away)
    goals = [o for o in fields.occupations if o.domain == tastes[-1]]
    told = random.random() < 0.2
    profile = _profile(random, random.choice(goals), number) if told else None
    return SampleLearner(f"learner-{number:04}", profile, tastes, random.random())


def _profile(random: Random, goal: SampleOccupation, number: int) -> LearnerProfile:
    held = random.sample(goal.essential, random.randint(0, 2))
    rich = random.random() < 0.5
    return LearnerProfile(
        skills=[HeldSkill(id=id, level=random.choice((0.33, 0.66))) for id in held],
        target_occupation=goal.id,
        region=random.choice(REGIONS),
        languages=["en"],
        budget=None if rich else Budget(amount=Decimal(random.choice((0, 100, 300, 1000)))),
        hours_per_week=random.choice((3, 5, 8, 15, 30)),
        income_band=random.choice(("low", "middle", "high")),
        groups=_groups(Random(number)),
    )


def _groups(random: Random) -> dict[str, str]:
    """What a learner chose to tell for the fairness report; six in ten tell something."""
    if random.random() < 0.4:
        return {}
    gender = random.choices(("woman", "man", "non-binary"), (52, 46, 2))[0]
    return {"gender": gender, "caring": "yes" if random.random() < 0.3 else "no"}


def _skills(**levels: float) -> list[HeldSkill]:
    return [
        HeldSkill(id=f"skill/{name.replace('_', '-')}", level=level)
        for name, level in levels.items()
    ]
