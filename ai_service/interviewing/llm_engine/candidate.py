"""What is known of a candidate and of the job that he prepares for, as data for prompts."""

from ai_service.interviewing.interview import InterviewContext
from ai_service.llm.prompts import as_list


def candidate_data(context: InterviewContext) -> dict[str, str]:
    """All that is known, the texts of job description and resume among it."""
    return {
        **role_data(context),
        "target_company": context.target_company,
        "focus_areas": as_list(list(context.focus_areas)) if context.focus_areas else "",
        "job_description": context.job_description,
        "resume": context.resume,
    }


def role_data(context: InterviewContext) -> dict[str, str]:
    """Role, experience and skills alone."""
    years = "" if context.years_experience is None else f"{context.years_experience:g} years"
    return {
        "job_role": context.job_role,
        "experience": ", ".join(part for part in (context.experience_level, years) if part),
        "skills": as_list(list(context.skills)) if context.skills else "",
    }
