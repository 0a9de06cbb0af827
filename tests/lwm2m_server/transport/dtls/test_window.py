"""A sequence number is taken once, in whatever order numbers come (RFC 6347 §4.1.2.6)."""

from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.transport.dtls.window import SIZE, ReplayWindow

near = st.integers(0, 200)
far = st.integers(0, 2**48 - 1)


@given(st.lists(near | far, max_size=300))
def test_a_number_is_replayed_if_it_came_or_is_older_than_the_window(numbers):
    window, came = ReplayWindow(), set[int]()
    for number in numbers:
        too_old = bool(came) and number <= max(came) - SIZE
        assert window.replayed(number) is (number in came or too_old)
        if not window.replayed(number):
            window.came(number)
            came.add(number)
