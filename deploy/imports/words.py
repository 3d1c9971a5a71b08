"""The words that people use for columns and values, in Dutch, French, English and German. Data, not rules."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

from shared.policy import Policy


@lru_cache(maxsize=10_000)
def key(text: str) -> str:
    """A word without accents, capitals, punctuation and doubled spaces: what is looked up."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return " ".join(
        re.sub(r"[^\w]+", " ", plain.casefold().replace("'", " ").replace("’", " ")).replace("_", " ").split()
    )


def indexed(table: Mapping[str, str]) -> dict[str, str]:
    """By each word, as it is looked up, what it means."""
    return {key(word): meaning for meaning, words in table.items() for word in (meaning, *words.split("|"))}


COLUMNS = indexed(
    {
        "name": "naam|volledige naam|naam en voornaam|naam deelnemer|deelnemer|nom|nom complet|nom et prénom|full name"
        "|participant",
        "first_name": "voornaam|prénom|first name|given name|vorname",
        "last_name": "achternaam|familienaam|nom de famille|last name|surname|family name|nachname",
        "neighbourhood": "buurt|wijk|buurt id|quartier|voisinage|neighborhood|neighbourhood id|nachbarschaft",
        "reference": "referentie|ref|uw referentie|klantnummer|référence|id|external id",
        "number": "nummer|nr|numéro|n°",
        "languages": "taal|talen|voertaal|spreektaal|langue|langues|language|sprache|sprachen",
        "email": "e-mail|mail|e-mailadres|emailadres|mailadres|adresse e-mail|adresse mail|courriel"
        "|email address|e-mail address",
        "phone": "telefoon|tel|telefoonnummer|telefoonnr|gsm|gsm-nummer|gsm nr|mobiel|téléphone|tél|numéro de téléphone"
        "|portable|phone number|telephone|mobile|mobile phone|telefon|handy",
        "reach_by": "bereiken via|te bereiken via|hoe bereiken|bereikbaar via|contact via|voorkeur contact|joindre par"
        "|contacter par|contact préféré|moyen de contact|reach|contact by|preferred contact",
        "organisation": "via organisatie|organisatie|organisation|via l'organisation|organization|organisation id",
        "address": "adres|postadres|adresse|adresse postale|postal address|anschrift",
        "street": "straat|straatnaam|straat en nummer|rue|street|straße",
        "house_number": "huisnummer|huisnr|numéro de maison|n° de maison|house number|hausnummer",
        "box": "bus|busnummer|boîte|bte|box",
        "postcode": "postnummer|code postal|cp|post code|postal code|zip|zip code|plz",
        "town": "gemeente|stad|plaats|woonplaats|commune|ville|localité|city|municipality|ort",
        "lat": "breedtegraad|latitude",
        "lon": "lengtegraad|longitude|lng|long",
        "talents": "talent|talenten|doet graag|geeft graag|wat ik graag doe|aime offrir|aime faire|enjoys giving",
        "wishes": "wens|wensen|zou graag|wat ik graag zou willen|souhait|souhaits|envies|wish|would enjoy",
        "availability": "beschikbaar|beschikbaarheid|wanneer|disponibilité|disponibilités|disponible|available",
        "ceiling": "maximum|max|maximum per maand|hoogstens|plafond|maximum par mois|uitnodigingen per maand"
        "|invitations",
        "quiet_hours": "stille uren|rusturen|niet storen|heures calmes|heures de silence|quiet|do not disturb",
        "on_word_of": "op woord van|op wiens woord|aangebracht door|aangemeld door|sur parole de|signalé par"
        "|on whose word",
    }
)
"""Headers of participants, by what they mean. `number` is a house number beside a street; else nobody knows of what."""

PLACE_COLUMNS = indexed(
    {
        "id": "neighbourhood id|neighbourhood_id|buurt id|code|wijkcode|buurtcode|sleutel|clé",
        "name": "naam|buurt|wijk|nom|quartier|neighbourhood|neighborhood",
        "name_nl": "naam nl|naam nederlands|nom nl",
        "name_fr": "naam fr|naam frans|nom fr|nom français",
        "name_de": "naam de|naam duits|nom de",
        "name_en": "naam en|naam engels|nom en|english name",
        "organisation": "organisatie|organisatie id|organization|organisation id|organisation_id",
        "timezone": "tijdzone|fuseau horaire|time zone|tz",
        "policy": "beleid|politique",
    }
)
"""Headers, or properties, of neighbourhoods."""

ORGANISATION_COLUMNS = indexed(
    {
        "id": "organisation id|organisation_id|organisatie id|code|sleutel|clé",
        "name": "naam|organisatie|organisation|nom|organization",
        "name_nl": "naam nl|naam nederlands|nom nl",
        "name_fr": "naam fr|naam frans|nom fr|nom français",
        "name_de": "naam de|naam duits|nom de",
        "name_en": "naam en|naam engels|nom en|english name",
        "kind": "soort|type|genre|sorte",
        "email": "e-mail|mail|e-mailadres|emailadres|adresse e-mail|courriel|email address",
        "phone": "telefoon|tel|telefoonnummer|téléphone|tél|phone number|telephone",
    }
)
"""Headers of organisations."""

ORGANISATION_KINDS = indexed(
    {
        "local-service-centre": "lokaal dienstencentrum|dienstencentrum|ldc|centre de services local",
        "municipality": "gemeente|stad|lokaal bestuur|ocmw|commune|ville|cpas",
        "care-provider": "zorgaanbieder|zorgorganisatie|thuiszorg|woonzorgcentrum|prestataire de soins",
        "association": "vereniging|vzw|association|asbl",
        "other": "andere|ander|autre",
    }
)

LANGUAGES = indexed(
    {
        "nl": "nederlands|vlaams|néerlandais|dutch|niederländisch|ned|nld",
        "fr": "frans|français|french|französisch|fra",
        "de": "duits|allemand|german|deutsch|deu",
        "en": "engels|anglais|english|englisch|eng",
        "tr": "turks|turc|turkish|türkçe",
        "ar": "arabisch|arabe|arabic",
        "bg": "bulgaars|bulgare|bulgarian",
        "es": "spaans|espagnol|spanish",
        "it": "italiaans|italien|italian",
        "pl": "pools|polonais|polish",
        "pt": "portugees|portugais|portuguese",
        "ro": "roemeens|roumain|romanian",
        "ru": "russisch|russe|russian",
        "sk": "slovaaks|slovaque|slovak",
        "uk": "oekraïens|ukrainien|ukrainian",
        "ur": "urdu|ourdou",
        "ps": "pasjtoe|pachto|pashto",
        "fa": "perzisch|farsi|dari|persan|persian",
        "so": "somalisch|somali",
        "vgt": "gebarentaal|vlaamse gebarentaal",
    }
)

WAYS = indexed(
    {
        "email": "e-mail|mail|courriel|per mail",
        "phone": "telefoon|tel|gsm|bellen|telefonisch|téléphone|par téléphone|call|mobile|sms",
        "letter": "brief|post|aan de deur|thuis|deur|lettre|courrier|à la porte|door|mail box",
        "organisation": "organisatie|via organisatie|organization|via l'organisation",
    }
)

WORDS_OF = indexed(
    {
        "participant": "deelnemer|zelf|hijzelf|zijzelf|lui même|elle même|la personne|self",
        "relative": "familie|familielid|mantelzorger|kind|dochter|zoon|proche|famille|aidant proche|family",
        "worker": "praktijkwerker|buurtwerker|werker|travailleur|professionnel|professional",
        "organisation": "organisatie|dienst|lokaal dienstencentrum|organization|service",
    }
)

WEEKDAYS = indexed(
    {
        "monday": "maandag|ma|maa|lundi|lun|mon|montag",
        "tuesday": "dinsdag|di|din|mardi|mar|tue|tues|dienstag",
        "wednesday": "woensdag|wo|woe|mercredi|mer|wed|mittwoch",
        "thursday": "donderdag|do|don|jeudi|jeu|thu|thurs|donnerstag",
        "friday": "vrijdag|vr|vrij|vendredi|ven|fri|freitag",
        "saturday": "zaterdag|za|zat|samedi|sam|sat|samstag",
        "sunday": "zondag|zo|zon|dimanche|dim|sun|sonntag",
    }
)
PARTS = indexed(
    {
        "morning": "voormiddag|vm|ochtend|ochtends|morgen|matin|matinée|am|vormittag",
        "afternoon": "namiddag|nm|middag|middags|après midi|aprem|pm|nachmittag",
        "evening": "avond|avonds|soir|soirée|abend",
    }
)
_ALWAYS = {key(word) for word in ("altijd", "steeds", "toujours", "always", "alle dagen", "elke dag", "tous les jours")}
_FILLERS = {
    "s",
    "de",
    "het",
    "op",
    "en",
    "et",
    "le",
    "la",
    "l",
    "in",
    "the",
    "on",
    "and",
    "of",
    "elke",
    "chaque",
    "every",
}


class Unclear(ValueError):
    """A value that means nothing to us; the text is the rest of a sentence."""


def several(text: str, separators: str = r"[,;|\n/]") -> list[str]:
    """The parts of a cell that holds more than one thing."""
    return [part.strip() for part in re.split(separators, text) if part.strip()]


def languages(text: str) -> list[str]:
    """`Nederlands, Turks` → nl, tr; a code that is not in the table stands for itself."""
    found = []
    for word in several(text, r"[,;|\n/+&]|\s+(?:en|et|and|und)\s+"):
        code = LANGUAGES.get(key(word)) or (key(word) if re.fullmatch(r"[a-z]{2,3}", key(word)) else "")
        if not code:
            raise Unclear(f"'{word}' is no language that is known here: write its code, such as nl, fr or tr")
        found.append(code)
    return list(dict.fromkeys(found))


def one_of(table: Mapping[str, str], text: str) -> str:
    found = table.get(key(text))
    if found is None:
        choices = ", ".join(dict.fromkeys(table.values()))
        raise Unclear(f"'{text}' is none of {choices}")
    return found


def availability(text: str) -> list[dict[str, str]]:
    """`ma voormiddag, dinsdag` → slots; a day alone is the whole day, a part of the day alone is every day."""
    if key(text) in _ALWAYS:
        return [{"weekday": day, "part": part} for day in _each(WEEKDAYS) for part in _each(PARTS)]
    slots = []
    for phrase in several(text):
        days, parts = [], []
        for word in key(phrase).replace("apres midi", "aprem").split():
            if word in WEEKDAYS:
                days.append(WEEKDAYS[word])
            elif word in PARTS:
                parts.append(PARTS[word])
            elif word not in _FILLERS:
                raise Unclear(f"'{phrase}' is no part of a week: write it like 'dinsdag namiddag'")
        if not days and not parts:
            raise Unclear(f"'{phrase}' is no part of a week: write it like 'dinsdag namiddag'")
        slots += [{"weekday": day, "part": part} for day in days or _each(WEEKDAYS) for part in parts or _each(PARTS)]
    return [dict(slot) for slot in dict.fromkeys(tuple(sorted(slot.items(), reverse=True)) for slot in slots)]


def quiet_hours(text: str) -> dict[str, str]:
    """`20:00-9:00`, `20u30 tot 8u`, `21h à 8h`."""
    times = re.findall(r"(\d{1,2})\s*(?:[:.uh]\s*(\d{2})?)?", text)
    if len(times) != 2 or not all(int(hour) < 24 and int(minute or 0) < 60 for hour, minute in times):
        raise Unclear("is no stretch of a day: write it like 20:00-09:00")
    start, end = (f"{int(hour):02}:{minute or '00'}" for hour, minute in times)
    return {"start": start, "end": end}


def enjoyments(text: str, policy: Policy) -> list[dict[str, str]]:
    """Talents or wishes: a kind of the policy's list, in any of its languages, or else in their own words.

    `koken: soep op zondag` is both.
    """
    kinds = {key(word): kind.id for kind in policy.kinds for word in (kind.id, *kind.labels.values())}
    found = []
    for phrase in several(text, r"[,;|\n]"):
        name, colon, words = phrase.partition(":")
        if key(phrase) in kinds:
            found.append({"kind": kinds[key(phrase)]})
        elif colon and words.strip() and key(name) in kinds:
            found.append({"kind": kinds[key(name)], "words": words.strip()})
        else:
            found.append({"words": phrase})
    return found


def number(text: str) -> str:
    """A number as spreadsheets write them: `51,0586`, `4.0`."""
    return text.replace(" ", "").replace(",", ".")


def _each(table: Mapping[str, str]) -> Iterable[str]:
    return list(dict.fromkeys(table.values()))
