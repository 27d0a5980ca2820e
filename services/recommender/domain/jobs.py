"""Job postings as occupations or skills, by the names and aliases in their text."""

from libs.common.contracts.calls import Job
from libs.common.contracts.career import MatchedSkill
from services.recommender.domain.catalog_index import CatalogIndex


def occupation_of_job(job: Job, catalog: CatalogIndex) -> str | None:
    """The occupation named in the title; the surest and longest name wins, of those whose skills are known if any are."""
    found = [each.id for each in catalog.occupation_names.find(job.title)]
    return next((id for id in found if catalog.occupations[id].skills), next(iter(found), None))


def skills_of_job(job: Job, catalog: CatalogIndex) -> list[MatchedSkill]:
    """The skills named in the title or the description, the surest first."""
    found = catalog.skill_names.find(f"{job.title}\n{job.description or ''}")
    return [
        MatchedSkill(text=each.text, skill_id=each.id, confidence=each.confidence) for each in found
    ]
