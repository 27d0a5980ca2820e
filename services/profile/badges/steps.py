"""What a verification finds: steps in order, and what they add up to."""

from dataclasses import dataclass
from typing import Literal

StepName = Literal["shape", "proof", "dates", "status", "issuer", "subject"]
Status = Literal["verified", "expired", "revoked", "invalid", "unknown"]


class Refused(Exception):
    """A document is not what this step asks for; the message says why."""


class Undecided(Exception):
    """A step cannot be decided with what is at hand; the message says why."""


@dataclass(frozen=True)
class Step:
    """One step: passed, failed, or (None) not to be decided, and why."""

    step: StepName
    passed: bool | None
    detail: str
    becomes: Status = "invalid"


@dataclass(frozen=True)
class Verification:
    """The steps in the order in which they were taken."""

    steps: tuple[Step, ...]

    @property
    def status(self) -> Status:
        """The gravest of what the steps say: invalid, revoked, expired, unknown, and verified only if all passed."""
        failed = {step.becomes for step in self.steps if step.passed is False}
        order: tuple[Status, ...] = ("invalid", "revoked", "expired")
        for status in order:
            if status in failed:
                return status
        return "verified" if all(step.passed for step in self.steps) else "unknown"
