"""Learning resources: the curated list in `resources.yaml`, and what of it an interview calls for."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml

from ai_service.errors import ResourceError
from ai_service.interviewing.averages import WEAK_TOPIC, weak_topics
from ai_service.interviewing.interview import Domain, Priority, Recommendation, ResourceType, TopicSummary

RESOURCES_FILE = Path(__file__).parent / "resources.yaml"
_HIGH_BELOW = 50.0
_MOST = 8
_MOST_A_TOPIC = 2
# How many are named to go further with when no topic is weak.
_MOST_TO_GO_FURTHER = 2


@dataclass(frozen=True, slots=True)
class Resource:
    """A book, course, document, standard, article or exercise, with what it is for."""

    title: str
    type: ResourceType
    description: str
    url: str
    authors: str
    topics: frozenset[tuple[Domain, str]]
    domains: frozenset[Domain]


@dataclass(frozen=True)
class Shelf:
    """All resources."""

    resources: tuple[Resource, ...]

    @cached_property
    def _by_topic(self) -> dict[tuple[Domain, str], list[Resource]]:
        found: dict[tuple[Domain, str], list[Resource]] = {}
        for resource in sorted(self.resources, key=lambda one: len(one.topics)):
            for topic in resource.topics:
                found.setdefault(topic, []).append(resource)
        return found

    def for_domain(self, domain: Domain) -> Sequence[Resource]:
        """What is for a whole domain, in the order of the file."""
        return [resource for resource in self.resources if domain in resource.domains]

    def for_topic(self, domain: Domain, topic: str) -> Sequence[Resource]:
        """What is for a topic, the most specific first; then what is for its domain."""
        own = self._by_topic.get((domain, topic), [])
        return [*own, *(resource for resource in self.for_domain(domain) if resource not in own)]

    def recommended(self, topics: Sequence[TopicSummary], domain: Domain) -> tuple[Recommendation, ...]:
        """What an interview in `domain` calls for, by its topics (weakest first): for each weak one up to two.

        Without a weak topic the lowest ones get one each, to go further; without any topic the domain's own are named.
        """
        if not topics:
            general = self.for_domain(domain)[:_MOST_A_TOPIC]
            return tuple(_recommendation(resource, Priority.MEDIUM, ()) for resource in general)
        wanted: dict[str, tuple[Resource, list[TopicSummary]]] = {}
        weak = weak_topics(topics)
        for topic in weak or topics[:_MOST_TO_GO_FURTHER]:
            for resource in self.for_topic(topic.domain, topic.topic)[: _MOST_A_TOPIC if weak else 1]:
                if resource.title in wanted or len(wanted) < _MOST:
                    wanted.setdefault(resource.title, (resource, []))[1].append(topic)
        recommendations = [
            _recommendation(
                resource, min(map(_priority, served), key=_ORDER.index), tuple(topic.topic for topic in served)
            )
            for resource, served in wanted.values()
        ]
        return tuple(sorted(recommendations, key=lambda one: _ORDER.index(one.priority)))


_ORDER = tuple(Priority)


def _priority(topic: TopicSummary) -> Priority:
    if topic.score is None or topic.score < _HIGH_BELOW:
        return Priority.HIGH
    return Priority.MEDIUM if topic.score < WEAK_TOPIC else Priority.LOW


def _recommendation(resource: Resource, priority: Priority, topics: tuple[str, ...]) -> Recommendation:
    return Recommendation(resource.title, resource.type, resource.description, resource.url, priority, topics)


@lru_cache(maxsize=1)
def load_shelf(path: Path = RESOURCES_FILE) -> Shelf:
    """Read the file. Raises `ResourceError` when it is not as `resources.schema.json` says."""
    try:
        data: dict[str, Any] = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
        return Shelf(tuple(_resource(record) for record in data["resources"]))
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise ResourceError(f"{path} cannot be read: {error!r}") from error


def _resource(record: dict[str, Any]) -> Resource:
    topics: set[tuple[Domain, str]] = set()
    domains: set[Domain] = set()
    for name in record["topics"]:
        domain, _, topic = name.partition("/")
        if topic == "*":
            domains.add(Domain(domain))
        else:
            topics.add((Domain(domain), topic))
    return Resource(
        title=record["title"],
        type=ResourceType(record["type"]),
        description=_description(record),
        url=record["url"],
        authors=record.get("authors", ""),
        topics=frozenset(topics),
        domains=frozenset(domains),
    )


def _description(record: dict[str, Any]) -> str:
    sentences = [record["about"]]
    if "authors" in record:
        sentences.append(f"By {record['authors']}.")
    if "isbn" in record:
        sentences.append(f"ISBN {record['isbn']}.")
    return " ".join(sentences)
