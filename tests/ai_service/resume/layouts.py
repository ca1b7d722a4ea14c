"""Resumes in the layouts that people use, with what has to be found in each. Names and addresses are made up."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    name: str
    text: str
    skills: frozenset[str]
    lacking: frozenset[str] = frozenset()
    years: float | None = None
    roles: tuple[tuple[str, str], ...] = ()
    degrees: tuple[tuple[str, str, int | None], ...] = ()
    projects: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        return self.text.strip().splitlines()


def names(text: str) -> frozenset[str]:
    return frozenset(text.split(", "))


LAYOUTS = (
    Layout(
        "title-above-bullets",
        """
MARIA KOVALENKO
Senior Backend Engineer
Berlin | maria.kovalenko@example.com | +49 170 1234567 | linkedin.com/in/mkovalenko
12 Linden Street, 10115 Berlin

PROFESSIONAL SUMMARY
Backend engineer with 12+ years of experience. Eager to learn Rust. Maria likes clear interfaces.

WORK EXPERIENCE
Acme Corp - Berlin, Germany
Senior Backend Engineer                Jan 2020 - Present
- Built event pipelines on Apache Kafka and Kubernetes
- Led the migration to AWS (EKS, RDS)
Backend Engineer   03/2018 - 12/2019
- Wrote Django services

Software Developer, Initech GmbH (2015 - 2018)
- Java 8, Spring Boot, Oracle 12c

EDUCATION
B.Sc. Computer Science, Technical University of Munich, 2011 - 2015

SKILLS
Languages: Python, Go, C, C++, C#, R, SQL
Tools: Docker, Terraform, Node.js, React/Redux, .NET, ASP.NET Core
""",
        skills=names(
            "Python, Go, C, C++, C#, R, SQL, Docker, Terraform, Node.js, React, Redux, .NET, ASP.NET, "
            "Apache Kafka, Kubernetes, AWS, Amazon EKS, Django, Java, Spring Boot, Oracle Database"
        ),
        lacking=frozenset({"Rust", "Objective-C"}),
        years=10.9,  # 2015 to 2017, and March 2018 to January 2026
        roles=(
            ("Senior Backend Engineer", "Acme Corp"),
            ("Backend Engineer", "Acme Corp"),
            ("Software Developer", "Initech GmbH"),
        ),
        degrees=(("B.Sc. Computer Science", "Technical University of Munich", 2015),),
        personal=("Maria", "KOVALENKO", "kovalenko", "example.com", "1234567", "Linden", "linkedin"),
    ),
    Layout(
        "company-below-title",
        """
John Q. Public
Phone: (415) 555-0132
Email: john.public@example.org
Address: 1600 Market Street, San Francisco, CA 94103

Experience
Data Engineer, June 2021 - August 2023
Globex Corporation, Springfield
- Built Airflow pipelines with Spark and dbt into Snowflake

Data Analyst, January 2019 - May 2021
Hooli Inc.
- SQL, Tableau, A/B testing

Education
Master of Science in Statistics, Stanford University, 2018

Projects
Weather Lake: a data lake on S3 and Delta Lake
Bird counter - computer vision with PyTorch

References
Dr. Alice Smith, Director, +1 415 555 0199
""",
        skills=names("Apache Airflow, Apache Spark, dbt, Snowflake, SQL, Tableau, A/B testing, PyTorch, Delta Lake"),
        years=4.7,  # January 2019 to August 2023
        roles=(("Data Engineer", "Globex Corporation"), ("Data Analyst", "Hooli Inc.")),
        degrees=(("Master of Science in Statistics", "Stanford University", 2018),),
        projects=("Weather Lake", "Bird counter"),
        personal=("John", "Public", "555", "Market Street", "Alice", "example.org"),
    ),
    Layout(
        "overlapping-roles",
        """
Amara Okafor
Employment History
Frontend Developer at Umbrella Labs, 2018-03 to 2021-02
- TypeScript, React, Redux, Webpack
Freelance Web Developer | Self-employed | Mar 2020 - Feb 2022
- Vue.js and Tailwind CSS
Core Skills
JavaScript, TypeScript, React, HTML5, CSS3, Jest, Cypress, Figma
""",
        skills=names("JavaScript, TypeScript, React, HTML, CSS, Jest, Cypress, Figma, Vue.js, Tailwind CSS, Webpack"),
        years=4.0,  # March 2018 to February 2022, the overlap counted once
        roles=(("Freelance Web Developer", "Self-employed"), ("Frontend Developer", "Umbrella Labs")),
        personal=("Amara", "Okafor"),
    ),
    Layout(
        "stated-years-only",
        """
Name: Li Wei
Profile
Site reliability engineer with 7 years of experience in Linux, Prometheus and Grafana. No experience with Azure.
Skills
Kubernetes; Helm; Terraform; Ansible; Bash; Go; Incident management
""",
        skills=names("Linux, Prometheus, Grafana, Kubernetes, Helm, Terraform, Ansible, Bash, Go, Incident management"),
        lacking=frozenset({"Azure"}),
        years=7.0,
        personal=("Li Wei",),
    ),
    Layout(
        "everyday-words",
        """
Priya Natarajan
Summary
I go to great lengths, react calmly, excel at planning, make things swift and express myself clearly; rest is rare.
A solid team player, I spring into action, spark ideas and take the helm. Joined in Spring 2019.
Experience
Project Manager, Stark Industries, 2019 - 2022
- Agile delivery with Jira and Confluence
""",
        skills=frozenset({"Jira", "Confluence", "Agile"}),
        lacking=names(
            "Go, React, Microsoft Excel, Make, Swift, Express, REST APIs, SOLID principles, Spring, "
            "Apache Spark, Helm, R, C"
        ),
        years=3.0,
        roles=(("Project Manager", "Stark Industries"),),
        personal=("Priya", "Natarajan"),
    ),
    Layout(
        "spaced-headings-and-seasons",
        """
E L E N A   R U S S O
elena.russo@example.net
E X P E R I E N C E
Machine Learning Engineer - Wayne Enterprises - Fall 2020 - Summer 2022
- PyTorch, Hugging Face, LLMs and retrieval augmented generation
T E C H N I C A L   S K I L L S
Python, NumPy, pandas, scikit-learn, MLflow, Kubernetes, C++
E D U C A T I O N
Ph.D. Machine Learning, University of Bologna, 2020
""",
        skills=names(
            "Python, NumPy, pandas, scikit-learn, MLflow, Kubernetes, C++, PyTorch, Hugging Face, "
            "Large language models, Retrieval-augmented generation"
        ),
        years=1.8,  # September 2020 to June 2022
        roles=(("Machine Learning Engineer", "Wayne Enterprises"),),
        degrees=(("Ph.D. Machine Learning", "University of Bologna", 2020),),
        personal=("elena", "example.net"),
    ),
    Layout(
        "mobile-with-links",
        """
Tomas Novak, M.Sc.
github.com/tnovak | www.tnovak.dev | @tnovak_dev | tomas (at) example.com
Work History
Android Developer, Cyberdyne, since 2022
- Kotlin, Jetpack Compose, Retrofit, Dagger Hilt
iOS Developer, Tyrell Corp, 2019 - 2021
- Swift, SwiftUI, Core Data, XCTest
""",
        skills=names("Kotlin, Jetpack Compose, Retrofit, Dagger, Swift, SwiftUI, Core Data, XCTest, Android, iOS"),
        years=6.1,  # 2019 and 2020, and January 2022 to January 2026
        roles=(("Android Developer", "Cyberdyne"), ("iOS Developer", "Tyrell Corp")),
        personal=("Tomas", "Novak", "tnovak", "example.com"),
    ),
    Layout(
        "student",
        """
Sofia Lindqvist
Education
Bachelor of Engineering in Software Engineering
KTH Royal Institute of Technology
2021 - 2025
Academic Projects
Compiler for a toy language
- Written in OCaml with LLVM
Distributed key-value store
- Raft in Go with gRPC
Coursework: data structures, operating systems, computer networks
""",
        skills=names("OCaml, gRPC, Compilers, Data structures, Operating systems, Computer networks"),
        years=None,
        degrees=(("Bachelor of Engineering in Software Engineering", "KTH Royal Institute of Technology", 2025),),
        projects=("Compiler for a toy language", "Distributed key-value store"),
        personal=("Sofia", "Lindqvist"),
    ),
    Layout(
        "personal-details",
        """
CURRICULUM VITAE
Rahul Mehta
Professional Experience
QA Engineer, Soylent Systems Pvt Ltd (Apr 2017 - Mar 2020)
- Selenium, TestNG, Postman, JMeter, Jenkins
SDET, Oceanic Airlines | Apr 2020 - Sep 2022
- Playwright, Cucumber, REST Assured, CI/CD with GitHub Actions
Education
B.Tech Computer Science - Anna University - 2016
Personal Details
Date of Birth: 01/02/1994
Father's Name: Suresh Mehta
Languages known are English and Tamil
""",
        skills=names(
            "Selenium, TestNG, Postman, JMeter, Jenkins, Playwright, Cucumber, REST Assured, CI/CD, GitHub Actions"
        ),
        years=5.5,
        roles=(("SDET", "Oceanic Airlines"), ("QA Engineer", "Soylent Systems Pvt Ltd")),
        degrees=(("B.Tech Computer Science", "Anna University", 2016),),
        personal=("Rahul", "Mehta", "1994", "Suresh", "Tamil"),
    ),
    Layout(
        "dates-in-the-future-and-reversed",
        """
Noah Fischer
Experience
DevOps Engineer, Initrode, 2023 - 2099
- AWS, CloudFormation, Argo CD, Istio
System Administrator, Vandelay, 2012 - 2010
- Windows Server, VMware, PowerShell
Version 2.0 - 3.5 of the handbook, ISO 27001 audits
""",
        skills=names("AWS, CloudFormation, Argo CD, Istio, Windows Server, VMware, PowerShell"),
        years=3.1,  # January 2023 to January 2026
        roles=(("DevOps Engineer", "Initrode"),),
        personal=("Noah", "Fischer"),
    ),
)
