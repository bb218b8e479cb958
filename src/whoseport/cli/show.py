"""`whoseport 971`: the whole answer."""

from __future__ import annotations

from whoseport.answering import Wish, answer
from whoseport.cli.terminal import colour, home, language, today, width, write
from whoseport.model import Answer, Misuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.cli.parsing import Request
    from whoseport.model import Answers

CANNOT_TELL = 3


def run(request: Request) -> int:
    found = answer(request.words, wish(request))
    if request.has("quiet"):
        return held_status(found)
    if request.has("json"):
        from whoseport.cli.documents import write_json

        write_json(found)
        return 0
    from whoseport.render import text

    write(
        text.told(
            found,
            language=language(request),
            width=width(),
            colour=colour(request),
            verbose=request.has("verbose"),
            today=today(),
            home=home(),
            saved=request.has("from"),
        )
    )
    return 0


def wish(request: Request) -> Wish:
    """How the request wants its answers: the options that `show`, `list` and `inspect` share."""
    from whoseport.cli.configuration import setting

    if request.has("no-live") and (request.has("quiet") or request.has("from")):
        raise Misuse("options-contradict", first="--no-live", second="--quiet" if request.has("quiet") else "--from")
    for option in ("bind", "probe"):
        for other in ("no-live", "from"):
            if request.has(option) and request.has(other):
                raise Misuse("options-contradict", first=f"--{option}", second=f"--{other}")
    saved = None
    if request.has("from"):
        from whoseport.host.saved import load

        saved = load(request.value("from") or "")
    live = not request.has("no-live")
    return Wish(
        live=live,
        saved=saved,
        peers=request.has("peers"),
        deep=request.has("verbose"),
        bind=request.has("bind"),
        probe=request.has("probe"),
        bpf=live and (request.has("bpf") or setting("bpf") is not None),
    )


def held_status(found: Answer | Answers) -> int:
    """0: something holds one of the ports in this network namespace; 1: nothing does; 3: cannot tell."""
    answers = (found,) if isinstance(found, Answer) else found.answers
    states = {one.host.port_state.state for one in answers if one.host and one.host.port_state}
    if "held" in states:
        return 0
    return CANNOT_TELL if "unknown" in states or not states else 1
