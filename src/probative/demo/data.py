"""The demo's people: 30,000 real card holders, split by a seed, and a month of applications among them.

**Promise**: real values; the only thing made up is the order in which people apply, and the one fault, which
is announced as injected.
**Not here**: the model (`demo.model`).
"""

from importlib import resources
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

AUDIT = ("SEX", "AGE", "EDUCATION", "MARRIAGE")
LABEL = "default"
REPAYMENT = ("PAY_0", "PAY_2", "PAY_3", "PAY_4", "PAY_5", "PAY_6")
BILLS = tuple(f"BILL_AMT{month}" for month in range(1, 7))
PAYMENTS = tuple(f"PAY_AMT{month}" for month in range(1, 7))
FEATURES = ("LIMIT_BAL", *REPAYMENT, *BILLS, *PAYMENTS)
# The fallback reads nothing from the billing feed: a known-good model should not share a failing input.
FALLBACK_FEATURES = (*REPAYMENT, *PAYMENTS)

FAULTY_FEATURE = "BILL_AMT1"
# From day 15 on the billing feed sends US dollars instead of New Taiwan dollars: about 33 to 1 in 2005.
FAULT_FACTOR = 1 / 33
FAULT_DAY = 15
REPAIRED_DAY = 24
DAYS = 30

_SEX = {1: "male", 2: "female"}
_EDUCATION = {1: "graduate school", 2: "university", 3: "high school"}
_MARRIAGE = {1: "married", 2: "single"}


class Split(NamedTuple):
    """Disjoint parts of the people: to train on, to evaluate on, and those who apply during the month."""

    training: pa.Table
    evaluation: pa.Table
    applicants: pa.Table


def load() -> pa.Table:
    """Return all people as recorded by the bank, one row each."""
    file = resources.files("probative.demo") / "data" / "credit_default.parquet"
    with file.open("rb") as source:
        return pq.read_table(source)


def split(people: pa.Table, seed: int) -> Split:
    """Deal the people into three parts with `seed`: 40 % training, 10 % evaluation, 50 % applicants."""
    order = np.random.default_rng(seed).permutation(people.num_rows)
    cuts = (int(people.num_rows * 0.4), int(people.num_rows * 0.5))
    training, evaluation, applicants = np.split(order, cuts)
    return Split(people.take(training), people.take(evaluation), people.take(applicants))


def groups(people: pa.Table) -> dict[str, list[str]]:
    """Return the audit attributes in words, by attribute; codes the source leaves open become "other"."""
    ages = people["AGE"].to_pylist()
    return {
        "sex": [_SEX.get(code, "other") for code in people["SEX"].to_pylist()],
        "education": [_EDUCATION.get(code, "other") for code in people["EDUCATION"].to_pylist()],
        "marriage": [_MARRIAGE.get(code, "other") for code in people["MARRIAGE"].to_pylist()],
        "age": [("under 30", "30 to 44", "45 and over")[(age >= 30) + (age >= 45)] for age in ages],
    }


def matrix(people: pa.Table, features: tuple[str, ...]) -> npt.NDArray[np.float64]:
    """Return the features as one float64 matrix, a row per person."""
    return np.column_stack([people[name].to_numpy().astype(np.float64) for name in features])


def days(applicants: pa.Table) -> list[pa.Table]:
    """Return the applicants of each of the month's days, equally many."""
    per_day = applicants.num_rows // DAYS
    return [applicants.slice(day * per_day, per_day) for day in range(DAYS)]


def inject_fault(applicants: pa.Table) -> pa.Table:
    """Return the applicants as the faulty feed sends them: one amount in another currency."""
    wrong = np.rint(applicants[FAULTY_FEATURE].to_numpy() * FAULT_FACTOR).astype(np.int32)
    return applicants.set_column(
        applicants.column_names.index(FAULTY_FEATURE), FAULTY_FEATURE, pa.array(wrong)
    )
