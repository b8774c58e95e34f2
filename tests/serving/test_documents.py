"""What many ask for is written once, and forgotten in the order of asking."""

from serving.api.documents import Rendered


def test_a_document_is_written_once_while_it_is_kept() -> None:
    made: list[str] = []
    rendered = Rendered(most=2)

    def ask(tag: str) -> bytes:
        def write() -> dict[str, str]:
            made.append(tag)
            return {"tag": tag}

        return rendered.get(tag, write)

    assert ask("a") == ask("a") == b'{"tag":"a"}'
    assert made == ["a"]

    ask("b")
    ask("a")
    ask("c")  # b was asked for longest ago
    ask("a")
    assert made == ["a", "b", "c"]
    ask("b")
    assert made == ["a", "b", "c", "b"]
