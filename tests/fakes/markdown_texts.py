"""Random Markdown as models write it, and worse: every construct, nested, in many scripts, whole or broken off."""

import random

_SCRIPTS = (
    ["lorem", "ipsum", "dolor", "sit", "amet", "consetetur", "sadipscing", "elitr", "sed", "diam", "nonumy"],
    ["退款将在五到十个工作日内支付到原来的付款方式", "请联系我们的支持团队", "谢谢您的耐心等待\u3002"],
    ["ご利用の契約は毎月自動的に更新されます\u3002", "設定の画面で変更できます\u3002", "はい、可能です\uff01"],
    ["👩‍👩‍👧‍👦", "🇩🇪🇫🇷🇯🇵", "👍🏽", "e\u0301te\u0301", "각하", "नमस्ते", "✅", "🏴\U000e0067\U000e0062\U000e007f"],
    ["x" * 700, "无" * 300, "🙂" * 150, "https://docs.example/" + "a/" * 60],
)


def write_words(rng: random.Random, count: int) -> str:
    """Return words of one script, some with inline markup."""
    script = rng.choices(_SCRIPTS, weights=(70, 10, 8, 8, 4))[0]
    words = []
    for _ in range(count):
        word = rng.choice(script)
        words.append(_mark(rng, word))
        if rng.random() < 0.12:
            words[-1] += rng.choice([".", "!", "?", ":", ",", " [1]", " [2, 3]"])
    return " ".join(words)


def _mark(rng: random.Random, word: str) -> str:
    if rng.random() > 0.15 or len(word) > 100:
        return word
    return rng.choice(
        [
            f"**{word} {word}**",
            f"*{word}*",
            f"`{word} = {word}`",
            f"~~{word}~~",
            f"[{word} {word}](https://docs.example/{rng.randint(1, 99)}#part-{rng.randint(1, 9)})",
            f"**{word} `{word}` *{word}* {word}**",
            f"<https://docs.example/{rng.randint(1, 99)}>",
            f"\\*{word}",
            f"&amp;{word}",
            f"_{word}",
            f"*{word}",
            f"`{word}",
            f"[{word}",
        ]
    )


def _write_fence(rng: random.Random, indent: str = "") -> str:
    marker = rng.choice(["```", "~~~", "````"])
    lines = [f"line_{rng.randint(0, 9999)} = '{rng.choice(_SCRIPTS[0])}' * {n}" for n in range(rng.randint(0, 60))]
    lines = [line if rng.random() > 0.1 else "" for line in lines]
    inner = [marker + rng.choice(["py", "json", "", "bash"]), *lines, marker]
    return "\n".join(indent + line for line in inner)


def _write_table(rng: random.Random) -> str:
    columns = rng.randint(2, 6)
    rows = [" | ".join(rng.choice(_SCRIPTS[0]) for _ in range(columns)) for _ in range(rng.randint(0, 40))]
    head = " | ".join(f"head {n}" for n in range(columns))
    return "\n".join([f"| {head} |", "|" + "---|" * columns, *(f"| {row} |" for row in rows)])


def _write_list(rng: random.Random) -> str:
    marker = rng.choice(["- ", "* ", "1. "])
    lines = []
    for _ in range(rng.randint(1, 12)):
        lines.append(marker + write_words(rng, rng.randint(1, 30)))
        inner = " " * len(marker)
        kind = rng.random()
        if kind < 0.15:
            lines.append(inner + "- " + write_words(rng, 5))
        elif kind < 0.22:
            lines.append("\n" + _write_fence(rng, inner))
        elif kind < 0.27:
            lines.append("\n" + inner + write_words(rng, 20) + "\n")
    return "\n".join(lines)


def write_block(rng: random.Random) -> str:
    """Return one block."""
    kind = rng.random()
    if kind < 0.45:
        text = write_words(rng, rng.randint(1, 120))
        return text if rng.random() < 0.8 else text.replace(" ", "\n", rng.randint(1, 5))
    if kind < 0.55:
        return "#" * rng.randint(1, 4) + " " + write_words(rng, 4)
    if kind < 0.70:
        return _write_list(rng)
    if kind < 0.82:
        return _write_fence(rng)
    if kind < 0.91:
        return _write_table(rng)
    if kind < 0.96:
        return "> " + write_words(rng, 40).replace(" ", "\n> ", 3) + "\n>\n" + _write_fence(rng, "> ")
    return rng.choice(["---", "<b>html</b>", "    indented code\n    more of it", "Head\n===="])


def write_markdown(rng: random.Random, chars: int) -> str:
    """Return about this many characters of Markdown, possibly broken off in the middle."""
    blocks: list[str] = []
    while sum(map(len, blocks)) < chars:
        blocks.append(write_block(rng))
    text = "\n\n".join(blocks)[:chars]
    return text if rng.random() < 0.5 else text.rpartition("\n\n")[0] or text
