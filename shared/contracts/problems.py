"""The codes with which a message can be refused, and what to do about each."""

CODES: dict[str, str] = {
    "missing": "A field or header that must be there isn't: send it.",
    "malformed": "A header has the wrong shape: send it as the sentence says.",
    "json_invalid": "The body is no JSON, is cut off, or nests too deep: send a JSON object.",
    "too_large": "The answer does not fit in one message: ask for a smaller page.",
    "unknown_type": "The service doesn't know this type: look at `ce-type`, and at the version.",
    "wrong_subject": "The type doesn't belong on this subject: send it to its own.",
    "not_durable": "A query was sent as a command: ask it by request/reply.",
    "from_the_future": "`ce-time` lies more than ten minutes ahead: set your clock.",
    "id_reused": "This `ce-id` was used for another command: make a new id for each.",
    "not_allowed": "You may not do this, or not set this field or header.",
    "outside_grant": "It lies outside the neighbourhoods that you were granted: ask the operator.",
    "no_consent": "No running consent names your organisation: ask the person, through their worker.",
    "no_mandate": "Nobody gave you a mandate to act for this person.",
    "unknown_id": "There is nothing with this id: it was mistyped, or it is gone.",
    "erased": "The participant's data was erased: forget this id.",
    "closed": "It was dealt with before.",
    "still_fails": "A dead letter failed again: it stays a dead letter.",
    "failed": "It could not be handled, through no fault of yours: the operator has it.",
    "try_again": "The service can't reach its database: send the same id again in a while.",
}
"""Beside these, a field that breaks its schema has pydantic's code for it (`string_too_long`, `literal_error`, …)."""
