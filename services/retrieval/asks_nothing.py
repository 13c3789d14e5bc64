"""Whether a message asks for nothing that documents could hold."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.text.chat import is_small_talk, may_agree

# The end of a question, and not of the path in an address.
_QUESTION = re.compile(r"\?(?![\w=&%])")


def asks_nothing(message: str, history: Sequence[str] = (), last_answer: str = "") -> bool:
    """Whether nobody would look anything up for a message after what was said.

    ``history`` is what the contact wrote before. A yes to the question that ``last_answer`` asks is about what they
    wrote before it; where that asked nothing either, there is nothing to look for.
    """
    if not is_small_talk(message):
        return False
    agrees = may_agree(message) and _QUESTION.search(last_answer) is not None
    return not agrees or all(is_small_talk(one) or not one.strip() for one in history)
