"""Small folders in the published formats of O*NET and ESCO: ours from the first word to the last."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from services.catalog.domain.kinds import SKILL
from services.catalog.domain.records import LeftOut, Record, Rejected, Working
from services.catalog.importers import Format, reading

ONET = {
    "Occupation Data.txt": (
        "O*NET-SOC Code\tTitle\tDescription",
        '11-1011.00\tKite "makers"\tMake kites.',
        "11-1011.01\tKite testers\tTest kites.",
        "55-1011.00\tKite marshals\t",
    ),
    "Content Model Reference.txt": (
        "Element ID\tElement Name\tDescription",
        "2.A.1.a\tKnotting\tTying knots.",
        "2.A.1.b\tGluing\tWith glue.",
        "2.C.1.a\tWinds\tKnowledge of winds.",
    ),
    "Skills.txt": (
        "O*NET-SOC Code\tElement ID\tScale ID\tData Value\tN\tStandard Error\tLower CI Bound\t"
        "Upper CI Bound\tRecommend Suppress\tNot Relevant\tDate\tDomain Source",
        "11-1011.00\t2.A.1.a\tIM\t4.00\t8\t0.1\t3.8\t4.2\tN\t\t08/2023\tAnalyst",
        "11-1011.00\t2.A.1.a\tLV\t3.50\t8\t0.1\t3.4\t3.6\tN\tN\t08/2023\tAnalyst",
        "11-1011.01\t2.A.1.b\tIM\t5.00\t8\t0.1\t4.8\t5.0\tN\t\t08/2023\tAnalyst",
    ),
    "Knowledge.txt": (
        "O*NET-SOC Code\tElement ID\tScale ID\tData Value\tN\tStandard Error\tLower CI Bound\t"
        "Upper CI Bound\tRecommend Suppress\tNot Relevant\tDate\tDomain Source",
        "11-1011.00\t2.C.1.a\tIM\t3.00\t8\t0.1\t2.8\t3.2\tN\t\t08/2023\tIncumbent",
        "11-1011.00\t2.C.1.a\tLV\t7.00\t8\t0.1\t6.8\t7.0\tN\tN\t08/2023\tIncumbent",
    ),
    "Technology Skills.txt": (
        "O*NET-SOC Code\tExample\tCommodity Code\tCommodity Title\tHot Technology\tIn Demand",
        "11-1011.00\tKiteCAD\t43232604\tDrawing software\tN\tN",
        "11-1011.00\tWindSheet\t43232110\tSheet software\tY\tN",
        "11-1011.01\tWindSheet\t43232604\tDrawing software\tN\tN",
        "55-1011.00\tWindSheet\t43232110\tSheet software\tN\tN",
    ),
    "Job Zones.txt": (
        "O*NET-SOC Code\tJob Zone\tDate\tDomain Source",
        "11-1011.00\t3\t08/2023\tAnalyst",
    ),
}
_URI = "http://data.europa.eu/esco"
ESCO = {
    "skills_en.csv": (
        "conceptType,conceptUri,skillType,reuseLevel,preferredLabel,altLabels,hiddenLabels,status,"
        "modifiedDate,scopeNote,definition,inScheme,description",
        f'KnowledgeSkillCompetence,{_URI}/skill/s1,skill/competence,cross-sector,tie knots,"tie knots\n'
        'make  knots\nmake knots",,released,,,,,"Tie, and untie."',
        f"KnowledgeSkillCompetence,{_URI}/skill/s2,knowledge,sector-specific,winds,,,released,,,,,",
        f"KnowledgeSkillCompetence,{_URI}/skill/s3,,,sail,,,released,,,,,",
    ),
    "occupations_en.csv": (
        "conceptType,conceptUri,iscoGroup,preferredLabel,altLabels,hiddenLabels,status,modifiedDate,"
        "regulatedProfessionNote,scopeNote,definition,inScheme,description,code",
        f'Occupation,{_URI}/occupation/o1,7319,kite maker,"maker of kites",,released,,,,,,"Makes ""kites"".",7319.1',
        f"Occupation,{_URI}/occupation/o2,7319,kite tester,,,released,,,,,,,7319.2",
    ),
    "occupationSkillRelations_en.csv": (
        "occupationUri,relationType,skillType,skillUri",
        f"{_URI}/occupation/o1,optional,knowledge,{_URI}/skill/s2",
        f"{_URI}/occupation/o2,essential,knowledge,{_URI}/skill/s2",
        f"{_URI}/occupation/o1,essential,skill/competence,{_URI}/skill/s1",
    ),
}


def folder(
    path: Path, files: dict[str, tuple[str, ...]], end: str = "\n", **more: Iterable[str]
) -> Path:
    """Writes the files; `more` has further lines for a file, by its name's first word."""
    path.mkdir(exist_ok=True)
    for name, lines in files.items():
        added = next((each for word, each in more.items() if name.lower().startswith(word)), ())
        text = end.join((*lines, *added)) + end
        (path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    return path


def read(path: Path, format: Format) -> list[Record | Rejected | LeftOut | Any]:
    """All items of a source."""
    with reading(path, format, SKILL) as source:
        return [item for item in source.items if not isinstance(item, Working)]


def by_key(items: list[Any]) -> dict[str, Any]:
    """The bodies of the records."""
    return {item.key: item.body for item in items if isinstance(item, Record)}


def faults(items: list[Any]) -> list[tuple[str, int, str]]:
    """(file, line, pointer) of what was rejected."""
    return [
        (item.file, item.line, fault.pointer)
        for item in items
        if isinstance(item, Rejected)
        for fault in item.faults
    ]


def left_out(items: list[Any]) -> list[int]:
    """How many rows were left out, reason by reason."""
    return [item.rows for item in items if isinstance(item, LeftOut)]
