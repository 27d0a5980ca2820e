"""Job postings as occupations or skills, by the names and aliases in their text."""

from libs.common.contracts.calls import Job
from libs.common.contracts.career import MatchedSkill
from services.recommender.domain.catalog_index import CatalogIndex


def occupation_of_job(job: Job, catalog: CatalogIndex) -> str | None:
    """The occupation named in the title, of which the skills are known; the surest and longest name wins."""
    found = catalog.occupation_names.find(job.title)
    return next((each.id for each in found if catalog.occupations[each.id].skills), None)


def skills_of_job(job: Job, catalog: CatalogIndex) -> list[MatchedSkill]:
    """The skills named in the title or the description, the surest first."""
    found = catalog.skill_names.find(f"{job.title}\n{job.description or ''}")
    return [
        MatchedSkill(text=each.text, skill_id=each.id, confidence=each.confidence) for each in found
    ]
