from dataclasses import replace

from adapters.policy import Candidate, Form, Pool, choose_form

AMPLE = Pool(
    edits=10,
    posts=50,
    edit_rate=50 / 60,
    post_rate=5,
    live=1,
    blank=1,
    edit_only=0,
    edit_capacity=10,
    edit_refill_seconds=1.2,
    is_windowed=False,
    min_seconds=0.4,
)
SCARCE = replace(AMPLE, live=10, blank=0)
BLANK = Candidate(
    unseen=120, to_break=0, waited=0.35, is_blank=True, may_continue=False, may_keep_breaks=True, is_last_post=False
)
LIVE = replace(BLANK, is_blank=False)


def test_a_lone_reply_shows_its_first_words_at_once_and_grows_by_edits() -> None:
    assert choose_form(BLANK, AMPLE) is Form.POST_ALL
    assert choose_form(replace(LIVE, waited=0.5), replace(AMPLE, blank=0, edit_only=1)) is Form.EDIT_ALL


def test_nothing_new_needs_no_call() -> None:
    assert choose_form(replace(LIVE, unseen=0, waited=99), AMPLE) is None


def test_where_edits_are_short_the_first_post_ends_with_a_paragraph() -> None:
    assert choose_form(replace(BLANK, waited=0.9, to_break=100), SCARCE) is Form.POST_TO_BREAK
    assert choose_form(replace(BLANK, waited=0.9), SCARCE) is None


def test_where_edits_are_short_a_reply_goes_on_in_a_further_message_at_a_paragraphs_end() -> None:
    ended = replace(LIVE, may_continue=True, to_break=100, waited=3)
    assert choose_form(ended, SCARCE) is Form.POST_TO_BREAK
    assert choose_form(replace(ended, to_break=0), SCARCE) is None


def test_a_message_after_which_only_an_edit_can_end_needs_an_edit_to_spare() -> None:
    last = replace(LIVE, may_continue=True, to_break=100, waited=3, is_last_post=True)
    assert choose_form(last, SCARCE) is Form.POST_TO_BREAK
    assert choose_form(last, replace(SCARCE, edit_only=12)) is None


def test_frames_leave_the_edits_that_ends_will_need() -> None:
    due = replace(LIVE, waited=60)
    assert choose_form(due, replace(SCARCE, edits=8, edit_only=10)) is None
    assert choose_form(due, replace(SCARCE, edits=8, edit_only=6)) is Form.EDIT_ALL


def test_a_full_bucket_is_spent_since_it_would_not_refill() -> None:
    assert choose_form(replace(LIVE, waited=60), replace(SCARCE, live=40, edit_only=40)) is Form.EDIT_ALL


def test_in_overload_a_reply_with_nothing_on_screen_waits_to_go_out_whole() -> None:
    crowd = replace(AMPLE, live=200, blank=200)
    assert choose_form(replace(BLANK, waited=5, to_break=100), crowd) is None


def test_a_reply_with_nothing_on_screen_goes_before_any_other() -> None:
    assert BLANK.worth > replace(LIVE, unseen=5000, waited=50).worth
    assert replace(LIVE, unseen=300).worth > replace(LIVE, unseen=100).worth


def test_a_window_is_spent_evenly() -> None:
    window = replace(AMPLE, edits=4, edit_rate=1, edit_capacity=5, edit_only=1, blank=0, is_windowed=True)
    assert choose_form(replace(LIVE, waited=0.5), window) is None
    assert choose_form(replace(LIVE, waited=1.0), window) is Form.EDIT_ALL
    assert choose_form(replace(LIVE, waited=1.0), replace(window, edits=1, edit_refill_seconds=4)) is None
    assert choose_form(replace(LIVE, waited=1.0), replace(window, edits=1, edit_refill_seconds=0.9)) is Form.EDIT_ALL


def test_a_window_that_has_not_begun_is_begun_early() -> None:
    window = replace(AMPLE, edits=5, edit_rate=1, edit_capacity=5, edit_only=1, blank=0, is_windowed=True)
    assert choose_form(replace(LIVE, waited=0.4), window) is Form.EDIT_ALL
    assert choose_form(replace(LIVE, waited=0.4), replace(window, min_seconds=1.1)) is None


def test_a_first_text_that_is_long_already_waits_for_no_more() -> None:
    window = replace(AMPLE, edits=5, edit_rate=1, edit_capacity=5, is_windowed=True)
    assert choose_form(replace(BLANK, waited=0.05), window) is Form.POST_ALL
    assert choose_form(replace(BLANK, waited=0.05, unseen=20), window) is None
