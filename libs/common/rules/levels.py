"""Levels of skills on one scale from 0 to 1: EQF / 8, beginner 0.33, intermediate 0.66, advanced 1."""

from libs.common.contracts.catalog import CredentialBody, RequiredSkill, TaughtSkill
from libs.common.contracts.types import LEVELS

UNSTATED = 0.66
OPTIONAL_IMPORTANCE = 0.4


def of_credential(credential: CredentialBody) -> float:
    """The level of a credential; 0.66 when it states none."""
    if credential.level is not None:
        return LEVELS[credential.level]
    if credential.eqf_level is not None:
        return credential.eqf_level / 8
    return UNSTATED


def taught(credential: CredentialBody, skill: TaughtSkill) -> float:
    """The level at which a credential teaches a skill: the skill's own, else the credential's."""
    return of_credential(credential) if skill.level is None else skill.level


def required(skill: RequiredSkill) -> float:
    """The level that an occupation asks for; 1 when it states none."""
    return 1.0 if skill.level is None else skill.level


def importance(skill: RequiredSkill) -> float:
    """The weight of a required skill from 0 to 1; unstated: essential 1, optional 0.4."""
    if skill.importance is not None:
        return skill.importance
    return 1.0 if skill.relation == "essential" else OPTIONAL_IMPORTANCE
