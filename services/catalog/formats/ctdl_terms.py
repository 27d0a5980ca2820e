"""CTDL's vocabulary and ours, for both directions. Source: credreg.net/ctdl/terms and its concept schemes."""

import re

from libs.common.contracts.catalog import CredentialStatus, CredentialType
from libs.common.contracts.types import LevelName

CONTEXT = "https://credreg.net/ctdl/schema/context/json"

TYPES: dict[CredentialType, tuple[str, ...]] = {
    "Badge": ("Badge", "OpenBadge", "DigitalBadge"),
    "Certificate": (
        "Certificate",
        "AcademicCertificate",
        "ApprenticeshipCertificate",
        "BasicTechnicalCertificate",
        "CertificateOfCompletion",
        "CertificateOfParticipation",
        "GeneralEducationLevel1Certificate",
        "GeneralEducationLevel2Certificate",
        "HigherEducationLevel1Certificate",
        "HigherEducationLevel2Certificate",
        "JourneymanCertificate",
        "MasterCertificate",
        "PostBaccalaureateCertificate",
        "PostMasterCertificate",
        "PreApprenticeshipCertificate",
        "ProfessionalCertificate",
        "ProficiencyCertificate",
        "SecondaryEducationCertificate",
        "TechnicalLevel1Certificate",
        "TechnicalLevel2Certificate",
        "TechnicalLevel3Certificate",
        "WorkbasedLearningCertificate",
        "WorkBasedLearningCertificate",
    ),
    "Certification": ("Certification",),
    "MicroCredential": ("MicroCredential",),
    "License": ("License",),
    "Degree": (
        "Degree",
        "AssociateDegree",
        "AssociateOfAppliedArtsDegree",
        "AssociateOfAppliedScienceDegree",
        "AssociateOfArtsDegree",
        "AssociateOfScienceDegree",
        "BachelorDegree",
        "BachelorOfArtsDegree",
        "BachelorOfScienceDegree",
        "DoctoralDegree",
        "MasterDegree",
        "MasterOfArtsDegree",
        "MasterOfScienceDegree",
        "ProfessionalDoctorate",
        "ResearchDoctorate",
        "SpecialistDegree",
    ),
    "Diploma": ("Diploma", "SecondarySchoolDiploma", "GeneralEducationDevelopment"),
}
"""Our type and CTDL's classes of it, the one that export writes first."""

CLASSES = {f"ceterms:{name}": type for type, names in TYPES.items() for name in names}
FOR_ORGANISATIONS = "ceterms:QualityAssuranceCredential"
UNSPECIFIC = "ceterms:Credential"

STATUSES: dict[str, CredentialStatus] = {
    "credentialStat:Active": "active",
    "credentialStat:TeachOut": "ceasing",
    "credentialStat:Ceasing": "ceasing",
    "credentialStat:Deprecated": "deprecated",
    "credentialStat:Ceased": "deprecated",
    "credentialStat:Suspended": "suspended",
}
STATUS_TERMS: dict[CredentialStatus, str] = {
    "active": "credentialStat:Active",
    "ceasing": "credentialStat:TeachOut",
    "deprecated": "credentialStat:Deprecated",
    "suspended": "credentialStat:Suspended",
}

AGGREGATE_COST = "costType:AggregateCost"
COST_KINDS = {
    "costType:Tuition": "tuition",
    "costType:EnrollmentFee": "enrollment",
    "costType:Application": "enrollment",
    "costType:StandaloneAssessment": "assessment",
    "costType:ScoringFee": "assessment",
    "costType:LearningResource": "materials",
}
"""Every other concept of costType is `other`: a sum to pay whose kind we do not tell apart."""
COST_TERMS = {
    "tuition": "costType:Tuition",
    "enrollment": "costType:EnrollmentFee",
    "assessment": "costType:StandaloneAssessment",
    "materials": "costType:LearningResource",
    "other": "costType:MixedFees",
}

DELIVERIES = {
    "deliveryType:OnlineOnly": "online",
    "deliveryType:InPerson": "in_person",
    "deliveryType:BlendedDelivery": "blended",
    "deliveryType:BlendedLearning": "blended",
}
DELIVERY_TERMS = {
    "online": "deliveryType:OnlineOnly",
    "in_person": "deliveryType:InPerson",
    "blended": "deliveryType:BlendedDelivery",
}
SECTORS = {
    "agentSector:Public": "public",
    "agentSector:PrivateNonProfit": "nonprofit",
    "agentSector:PrivateForProfit": "for_profit",
}
LEVELS: dict[str, LevelName] = {
    "audLevel:BeginnerLevel": "beginner",
    "audLevel:IntermediateLevel": "intermediate",
    "audLevel:AdvancedLevel": "advanced",
}
EQF = "http://data.europa.eu/snb/eqf/"

# What an agent says of a credential, its reciprocal, the same with a place, and as an action.
ASSERTIONS = {
    "accredits": ("ceterms:accreditedBy", "ceterms:accreditedIn", "ceterms:AccreditAction"),
    "recognizes": ("ceterms:recognizedBy", "ceterms:recognizedIn", "ceterms:RecognizeAction"),
    "approves": ("ceterms:approvedBy", "ceterms:approvedIn", "ceterms:ApproveAction"),
    "endorses": ("ceterms:endorsedBy", "ceterms:endorsedIn", "ceterms:EndorseAction"),
}
ACTIONS = {action: kind for kind, (_, _, action) in ASSERTIONS.items()}

REQUIRED = {
    "ceterms:ctid": ("ceterms:ctid",),
    "ceterms:name": ("ceterms:name",),
    "ceterms:description": ("ceterms:description",),
    "ceterms:subjectWebpage": ("ceterms:subjectWebpage",),
    "ceterms:inLanguage": ("ceterms:inLanguage",),
    "ceterms:credentialStatusType": ("ceterms:credentialStatusType",),
    "ceterms:ownedBy": ("ceterms:ownedBy", "ceterms:offeredBy"),
}
"""The Credential Registry's minimum data policy for credentials: a term, and what stands for it."""

ONET_SUMMARY = "https://www.onetonline.org/link/summary/"
_SOC = re.compile(r"\d{2}-\d{4}\.\d{2}")


def occupation_id(node: str | None, notation: str | None, framework: str | None) -> str | None:
    """Our id of an aligned occupation: `onet:` and the code where O*NET is the framework, else the URI."""
    if "onet" in f"{framework} {node}".lower() and notation and _SOC.fullmatch(notation):
        return f"onet:{notation}"
    if node and node.startswith(ONET_SUMMARY) and _SOC.fullmatch(node.removeprefix(ONET_SUMMARY)):
        return f"onet:{node.removeprefix(ONET_SUMMARY)}"
    return node or None


def occupation_uri(id: str) -> str:
    """The other way: the address of an O*NET occupation, or the id as it is."""
    code = id.removeprefix("onet:")
    return f"{ONET_SUMMARY}{code}" if code != id and _SOC.fullmatch(code) else id
