"""What kinds of rounds and questions there are, and which field of the engine each draws on."""

from enum import StrEnum

from chat_service.engine.models import Domain

_TECHNICAL_DOMAINS = frozenset({Domain.DSA, Domain.CS_FUNDAMENTALS, Domain.LLD, Domain.HLD, Domain.ROLE})


class QuestionCategory(StrEnum):
    """What a question is about, as candidates speak of it; the domains are categories as well."""

    BEHAVIORAL = "behavioral"
    TECHNICAL = "technical"
    SITUATIONAL = "situational"
    HR = "hr"
    CODING = "coding"
    SYSTEM_DESIGN = "system_design"
    MANAGERIAL = "managerial"
    DSA = "dsa"
    CS_FUNDAMENTALS = "cs_fundamentals"
    LLD = "lld"
    HLD = "hld"
    ROLE = "role"


class RoundType(StrEnum):
    """What a round is for; each is a category of questions too."""

    HR = "hr"
    TECHNICAL = "technical"
    CODING = "coding"
    SYSTEM_DESIGN = "system_design"
    BEHAVIORAL = "behavioral"
    SITUATIONAL = "situational"
    MANAGERIAL = "managerial"


class RoundState(StrEnum):
    """Where a round stands. A round that was not started when its interview ended is skipped."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    SKIPPED = "skipped"


def domain_of(category: QuestionCategory, interview: Domain) -> Domain:
    """The field that serves a category within an interview of the field `interview`."""
    match category:
        case QuestionCategory.TECHNICAL:
            return interview if is_technical(interview) else Domain.ROLE
        case QuestionCategory.CODING:
            return Domain.DSA
        case QuestionCategory.SYSTEM_DESIGN:
            return Domain.HLD
        case QuestionCategory.MANAGERIAL:
            return Domain.ROLE
        case _:
            return Domain(category.value)


def category_of(domain: Domain) -> QuestionCategory:
    """The category of a question that was asked for none: one of behavioral, situational, hr and technical."""
    return QuestionCategory.TECHNICAL if is_technical(domain) else QuestionCategory(domain.value)


def is_technical(domain: Domain) -> bool:
    """Whether a field is about knowledge and skill, not about stories, situations and motives."""
    return domain in _TECHNICAL_DOMAINS
