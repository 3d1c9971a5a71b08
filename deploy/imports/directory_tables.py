"""The tables of Open Referral HSDS 3.0 in their tabular form: files, columns, what each holds. Data, not rules.

`name!`: a row can't do without it. `name=shape`: what it has to look like; else it is text. `name>table`: names a row
of that table. Where a row names several and must keep one of them, the table stands with a `+`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from shared.contracts.signals import Resource

_WRITTEN = """
organization organizations.csv
    name! alternate_name description email=email website=uri tax_status tax_id year_incorporated=number legal_status
    logo=uri uri=uri parent_organization_id>organization
organization_identifier organization_identifiers.csv
    organization_id>organization! identifier_scheme identifier_type identifier!
program programs.csv
    organization_id>organization! name! alternate_name description
taxonomy taxonomies.csv
    name! description uri=uri version
taxonomy_term taxonomy_terms.csv
    code name! description parent_id>taxonomy_term taxonomy language taxonomy_id>taxonomy term_uri=uri
service services.csv
    organization_id>organization! program_id>program name! alternate_name description url=uri email=email
    status=status! interpretation_services application_process fees_description wait_time fees accreditations
    eligibility_description minimum_age=years maximum_age=years assured_date=date assurer_email=email licenses alert
    last_modified=moment
location locations.csv
    location_type=place! url=uri organization_id>organization name alternate_name description transportation
    latitude=latitude longitude=longitude external_identifier external_identifier_type
service_at_location service_at_location.csv
    service_id>service! location_id>location! description
contact+ contacts.csv
    organization_id>organization service_id>service service_at_location_id>service_at_location location_id>location
    name title department email=email
phone+ phones.csv
    location_id>location service_id>service organization_id>organization contact_id>contact
    service_at_location_id>service_at_location number! extension=number type description
address+ addresses.csv
    location_id>location attention address_1! address_2 city! region state_province postal_code country
    address_type=place
accessibility+ accessibility.csv
    location_id>location description details url=uri
schedule+ schedules.csv
    service_id>service location_id>location service_at_location_id>service_at_location valid_from=date valid_to=date
    dtstart=date timezone until=date count=count wkst=weekday freq=frequency interval=count byday=days byweekno=numbers
    bymonthday=numbers byyearday=numbers description opens_at=time closes_at=time schedule_link=uri attending_type notes
language+ languages.csv
    service_id>service location_id>location phone_id>phone name code=language note
service_area+ service_areas.csv
    service_id>service name description extent extent_type uri
required_document+ required_documents.csv
    service_id>service document uri=uri
cost_option cost_options.csv
    service_id>service! valid_from=date valid_to=date option currency amount=number amount_description
funding+ funding.csv
    organization_id>organization service_id>service source
service_capacity service_capacities.csv
    service_id>service! unit_id available=number! maximum=number description updated=moment
attribute attributes.csv
    link_id! taxonomy_term_id>taxonomy_term! link_type link_entity! value
"""
"""In an order in which what is named comes before what names it."""
LEFT_OUT = {"metadata.csv", "meta_table_descriptions.csv"}
"""Tables of HSDS that say something of the data, and nothing of a service."""
FOLDED = {"minimum_age", "maximum_age"}
"""Columns for which there is no field: they are told in the words of who it is for."""
TYPES = {
    "number": "number", "count": "number", "latitude": "number", "longitude": "number", "years": "number",
    "date": "date", "moment": "datetime", "time": "time",
}  # fmt: skip
FORMATS = {"email": "email", "uri": "uri"}
CHOICES = {
    "status": ("active", "inactive", "defunct", "temporarily closed"),
    "place": ("physical", "postal", "virtual"),
    "frequency": ("WEEKLY", "MONTHLY"),
    "weekday": ("MO", "TU", "WE", "TH", "FR", "SA", "SU"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    name: str
    shape: str
    """What it looks like: `text`, `email`, `date`, …"""
    names: Resource | None
    """The table of which it names a row."""
    required: bool


@dataclass(frozen=True, slots=True)
class Table:
    """One table of HSDS."""

    resource: Resource
    file: str
    columns: tuple[Column, ...]
    belongs: bool
    """Whether a row must belong to something."""

    def column_names(self) -> list[str]:
        """As they are exported."""
        return [each.name for each in self.columns if each.name not in FOLDED]


def _read(text: str) -> Iterator[Table]:
    lines = re.split(r"^(?=\w)", text.strip(), flags=re.M)
    for part in filter(None, lines):
        head, *body = part.splitlines()
        resource, file = head.split()
        columns = [Column("id", "id", None, required=True), *map(_column, " ".join(body).split())]
        name = cast("Resource", resource.rstrip("+"))
        assert name in get_args(Resource), name
        yield Table(name, file, tuple(columns), belongs=resource.endswith("+"))


def _column(text: str) -> Column:
    found = re.fullmatch(r"(\w+)(?:=(\w+))?(?:>(\w+))?(!?)", text)
    assert found, text
    name, shape, names, required = found.groups()
    return Column(name, shape or ("id" if names or name == "link_id" else "text"), names, bool(required))  # type: ignore[arg-type]


TABLES: Mapping[Resource, Table] = {each.resource: each for each in _read(_WRITTEN)}
ENTITIES = frozenset(TABLES)


def datapackage(name: str, title: str, held: list[Resource]) -> dict[str, Any]:
    """What describes the files: a tabular data package."""
    return {
        "name": name,
        "title": title,
        "profile": "tabular-data-package",
        "version": "3.0.0",
        "homepage": "http://docs.openreferral.org",
        "resources": [_described(TABLES[resource]) for resource in held],
    }


def _described(table: Table) -> dict[str, Any]:
    return {
        "name": table.resource,
        "path": table.file,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "profile": "tabular-data-resource",
        "schema": {
            "primaryKey": "id",
            "fields": [_field(each) for each in table.columns if each.name not in FOLDED],
            "foreignKeys": [
                {"fields": each.name, "reference": {"resource": each.names, "fields": "id"}}
                for each in table.columns
                if each.names and each.names != table.resource
            ],
        },
    }


def _field(column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {"name": column.name, "type": TYPES.get(column.shape, "string")}
    if column.shape in FORMATS:
        field["format"] = FORMATS[column.shape]
    if column.shape in CHOICES:
        field["constraints"] = {"enum": list(CHOICES[column.shape])}
    if column.required:
        field["constraints"] = {**field.get("constraints", {}), "required": True}
    return field
