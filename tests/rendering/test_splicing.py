"""Lines with values in them are encoded as if they had been written so."""

from hypothesis import example, given
from hypothesis import strategies as st

from outreach.rendering.encoding import quoted_inside, quoted_printable
from outreach.rendering.splicing import Line, SplicedPart, Tokens

LETTERS = st.sampled_from("aB .=é日 F\tx<")
TEXTS = st.text(LETTERS, max_size=300) | st.just("From ") | st.just("." * 80) | st.just("=" * 70)
VALUES = st.text(st.sampled_from("aB.=é日Fx"), min_size=1, max_size=90)
MARKERS = {0: "m" * 24, 1: "n" * 40}


@given(TEXTS, VALUES, TEXTS, VALUES, TEXTS)
@example("x" * 75, ".", "." * 90, "=", "")
@example("Fro", "m", " here", "a", " ")
def test_a_line_is_encoded_as_a_whole(first, one, middle, other, last):
    pieces = [first, (0, str), middle, (1, str), last]
    line = Line([piece for piece in pieces if piece != ""])
    tokens = Tokens([b"", b""])
    text = line.text([one, other], tokens)
    assert text == first + one + middle + other + last
    assert line.quoted([one, other], tokens) == quoted_printable(text)


@given(st.text(LETTERS, min_size=1, max_size=30) | st.text(min_size=1, max_size=8))
@example("é ")
@example("é\x7f")
def test_a_piece_of_a_line_is_encoded_as_in_the_line(piece):
    if not set(piece) & set("\r\n") and len(quoted_inside(piece)) <= 73:
        assert quoted_printable(f"a{piece}b") == b"a%bb\r\n" % quoted_inside(piece)


@given(
    st.text(st.sampled_from("ab .=é\n"), max_size=150),
    st.text(st.sampled_from("ab .=é\n"), max_size=150),
    st.text(st.sampled_from("abcdef234567"), min_size=24, max_size=24),
)
def test_tokens_take_the_place_of_markers_also_over_soft_breaks(before, behind, token):
    text = f"{before}{MARKERS[0]}{behind}\n"
    part = SplicedPart("text/plain", [text], MARKERS)
    tokens = Tokens([token.encode(), b"z" * 40])
    assert part.tokens == {0}
    assert part.text((), tokens) == text.replace(MARKERS[0], token)
    whole = SplicedPart("text/plain", [text.replace(MARKERS[0], token)], {})
    assert b"".join(part.fill((), tokens)) == b"".join(whole.fill((), Tokens([])))
