"""Which occupations an OEWS code stands for.

Sources: BLS, OEWS technical notes (hybrid structure on the 2018 SOC); O*NET-SOC taxonomy: an O*NET
occupation is an SOC code with two more digits.
"""

from collections.abc import Iterator, Mapping, Sequence

# Codes that OEWS made for several SOC occupations which it does not tell apart.
HYBRIDS = {
    "21-1018": ("21-1011", "21-1014"),
    "25-2052": ("25-2055", "25-2056"),
    "25-9045": ("25-9042", "25-9043", "25-9049"),
    "51-2028": ("51-2022", "51-2023"),
    "53-1047": ("53-1042", "53-1043", "53-1044", "53-1049"),
}
SOC_DIGITS = len("11-1011")


def paid_by(code: str, occupations: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The keys of the occupations that a detailed OEWS row is about.

    occupations: SOC code of six digits → keys. A detailed row whose code ends in 0 is the whole broad
    occupation, not told apart further.
    """
    if code.endswith("0"):
        group = code[: SOC_DIGITS - 1]
        socs = [soc for soc in occupations if soc.startswith(group)]
    else:
        socs = [code, *HYBRIDS.get(code, ())]
    for soc in socs:
        yield from occupations.get(soc, ())
