"""Chunks of any size become blocks of whole lines, overlong lines cut."""

from hypothesis import given
from hypothesis import strategies as st

from agentctl.analysis.logs.blocks import Blocks

pieces = st.lists(
    st.lists(st.sampled_from([b"a", b"bb", b"\n", b"cccccccccc"]), max_size=12).map(b"".join), max_size=12
)


@given(pieces, st.integers(1, 30), st.integers(1, 25))
def test_blocks_hold_every_line_cut_to_the_limit(chunks, size, limit):
    blocks = Blocks(chunks, size, limit)
    found = list(blocks)
    lines = b"".join(chunks).split(b"\n")
    # A cut line at the very end may get a newline.
    assert b"".join(found).removesuffix(b"\n") == b"\n".join(line[:limit] for line in lines).removesuffix(b"\n")
    assert blocks.cut == sum(len(line) > limit for line in lines)
    assert all(b.endswith(b"\n") for b in found[:-1])


def test_a_line_without_end_takes_no_memory():
    def endless():
        for _ in range(2000):
            yield b"x" * 100_000

    blocks = Blocks(endless())
    assert sum(map(len, blocks)) <= (1 << 20) + 1
    assert blocks.cut == 1


def test_what_came_before_a_failure_is_handed_out():
    def failing():
        yield b"one\ntwo\nthr"
        raise ValueError("gone")

    found = []
    try:
        for block in Blocks(failing()):
            found.append(block)
    except ValueError:
        found.append(b"!")
    assert b"".join(found) == b"one\ntwo\nthr!"
