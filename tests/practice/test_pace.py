"""The pace of keys: windows begin with a key's first request, and keys do not count for each other."""

from limits import parse

from app.practice import pace
from app.practice.pace import Pace


class Hand:
    """A clock moved by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_key_may_make_so_many_requests_in_its_window_and_no_more() -> None:
    hand = Hand()
    keys = Pace(parse("2/minute"), hand)

    seen = [keys.count("a") for _ in range(3)]

    assert [(s.fits, s.remaining) for s in seen] == [(True, 1), (True, 0), (False, 0)]
    assert seen[-1].wait == 61
    assert keys.count("b").fits


def test_a_new_window_begins_with_the_first_request_after_the_old_one() -> None:
    hand = Hand()
    keys = Pace(parse("1/minute"), hand)
    keys.count("a")
    hand.now += 59.9
    refused = keys.count("a")
    hand.now += 0.1

    assert (refused.fits, refused.wait) == (False, 1)
    assert keys.count("a").fits


def test_keys_that_stay_away_are_forgotten() -> None:
    hand = Hand()
    keys = Pace(parse("1/minute"), hand)
    for number in range(pace.MANY):
        keys.count(str(number))
    hand.now += 61

    keys.count("new")

    assert len(keys._windows) == 1
