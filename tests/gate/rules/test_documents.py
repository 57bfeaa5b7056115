"""Model cards and datasheets: complete, about the right digest, and true."""

import pytest

from probative.kernel.outcome import Outcome
from tests.gate.evidence import CARD, SHEET, changed, result, without


def card(dossier, **fields):
    """Return the dossier with other claims on the card."""
    return changed(dossier, "record.document-recorded", 0, fields={**CARD, **fields})


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"metric.accuracy": 0.82}, Outcome.PASS),
        ({"metric.accuracy": 0.8174, "metric.auc": 0.76}, Outcome.PASS),
        ({"metric.accuracy": "0.82"}, Outcome.PASS),
        ({"metric.accuracy": 0.91}, Outcome.FAIL),
        ({"metric.accuracy": 0.82, "auc": 0.9}, Outcome.FAIL),
        ({"metric.accuracy": "very high"}, Outcome.NOT_ASSESSABLE),
        ({"metric.f1": 0.5}, Outcome.NOT_ASSESSABLE),
        ({"limitations": ""}, Outcome.NOT_ASSESSABLE),
    ],
)
def test_claims_are_compared_with_what_was_measured(frozen, fields, outcome):
    """Rounding is allowed, overstating is not, and what was never measured cannot be told."""
    assert result(card(frozen.dossier, **fields), "PB-DOC-01").outcome is outcome


def test_a_card_without_numbers_claims_nothing(frozen):
    """A card that cannot be compared is not assessable."""
    fields = {name: value for name, value in CARD.items() if not name.startswith("metric.")}
    bare = changed(frozen.dossier, "record.document-recorded", 0, fields=fields)
    assert result(bare, "PB-DOC-01").outcome is Outcome.NOT_ASSESSABLE


def test_fields_that_the_template_misses_are_named(frozen):
    """What the record found missing is shown."""
    found = result(
        changed(frozen.dossier, "record.document-recorded", 0, missing=["ethical_considerations"]),
        "PB-DOC-01",
    )
    assert (found.outcome, "ethical_considerations" in found.reason) == (Outcome.NOT_ASSESSABLE, True)


def test_a_card_of_another_model_does_not_count(frozen):
    """Documents belong to digests, not to names."""
    found = result(changed(frozen.dossier, "record.document-recorded", 0, about="ab" * 32), "PB-DOC-01")
    assert (found.outcome, "no model card describes" in found.reason) == (Outcome.NOT_ASSESSABLE, True)


@pytest.mark.parametrize("field", sorted(SHEET))
def test_a_datasheet_needs_source_licence_purpose_and_basis(frozen, field):
    """Each of the four is asked for, and named when it is empty."""
    bare = changed(frozen.dossier, "record.document-recorded", 1, fields={**SHEET, field: ""})
    found = result(bare, "PB-DOC-02")
    assert (found.outcome, field in found.reason) == (Outcome.NOT_ASSESSABLE, True)


def test_a_dataset_without_a_sheet_is_named_by_digest(frozen, complete):
    """The missing datasheet is named by the dataset's digest."""
    found = result(
        without(frozen.dossier, "record.document-recorded", document_kind="datasheet"), "PB-DOC-02"
    )
    assert (found.outcome, complete.digests["raw"][:12] in found.reason) == (Outcome.NOT_ASSESSABLE, True)
