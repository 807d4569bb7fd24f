"""A Dockerfile acted out where no engine is at hand: its own steps, in roots made of Debian's packages."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SLIM = " ".join(f"'--dpkgopt=path-exclude=/usr/share/{part}/*'" for part in ("doc", "info", "locale", "man"))
DEBIAN = f"mmdebstrap --quiet --variant=minbase {SLIM} {{suite}} $W/debian"
"""What debian:SUITE-slim is made of, from the same packages."""
LAYERS = "lowerdir={lower},upperdir={root}.up,workdir={root}.work"
VIEW = f"mkdir {{root}}.up {{root}}.work {{root}}; mount -t overlay overlay -o {LAYERS} {{root}}"
OWN = (("/etc/resolv.conf", "/etc/resolv.conf"), ("${{SSL_CERT_FILE:-/dev/null}}", "/run/own.pem"))
"""What of this machine leads to the registries, and where it is in a root."""
ENTER = "mount --rbind /dev {root}/dev; mount -t proc proc {root}/proc; " + "; ".join(
    f"touch {{root}}{there}; mount --bind {here} {{root}}{there}" for here, there in OWN
)
CHROOT = "env ${SSL_CERT_FILE:+SSL_CERT_FILE=/run/own.pem PIP_CERT=/run/own.pem} chroot"


@dataclass(frozen=True)
class Image:
    """What a Dockerfile says, instruction by instruction."""

    instructions: tuple[tuple[str, str], ...]

    def last(self, name: str) -> str:
        """What the last instruction of that name says."""
        return next(said for kind, said in reversed(self.instructions) if kind == name)

    @property
    def entrypoint(self) -> list[str]:
        """What runs as process 1, before the command that compose gives it."""
        return json.loads(self.last("ENTRYPOINT"))

    @property
    def health(self) -> list[str]:
        """The health check."""
        return json.loads(self.last("HEALTHCHECK").partition("CMD ")[2])

    @property
    def environment(self) -> list[str]:
        """NAME=VALUE, as `env` takes them."""
        usual = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return [pair.replace("$PATH", usual) for pair in shlex.split(self.last("ENV"))]

    def build(self, context: Path) -> Iterator[str]:
        """Lines of a shell script that follow every step; the stage without a name ends up in $W/final.

        What the steps of a stage wrote is its layer, beside it in $W/NAME.up.
        """
        below, root, work = {}, "", "/"
        for kind, said in self.instructions:
            if kind == "FROM":
                base, _, name = said.partition(" AS ")
                if base not in below:
                    yield DEBIAN.format(suite=base.removeprefix("debian:").removesuffix("-slim"))
                root, work, lower = f"$W/{name or 'final'}", "/", below.get(base, "$W/debian")
                below[name] = f"{root}.up:{lower}"
                yield VIEW.format(root=root, lower=lower)
                yield ENTER.format(root=root)
            elif kind == "WORKDIR":
                work = said
                yield f"mkdir -p {root}{work}"
            elif kind == "RUN":
                yield f"{CHROOT} {root} sh -euc {shlex.quote(f'cd {work}; {said}')}"
            elif kind == "COPY":
                yield _copy(shlex.split(said), context, root, work)


def read(dockerfile: Path) -> Image:
    """A Dockerfile of the plain kind: no heredocs, no build arguments."""
    lines = [line for line in dockerfile.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    whole = "\n".join(lines).replace("\\\n", " ")
    pairs = (line.split(maxsplit=1) for line in whole.splitlines() if line.strip())
    return Image(tuple((kind, said) for kind, said in pairs))


def _copy(words: list[str], context: Path, root: str, work: str) -> str:
    base = shlex.quote(str(context))
    if words[0].startswith("--from="):
        base = f"$W/{words.pop(0).partition('=')[2]}"
        sources = " ".join(f"{base}{one}" for one in words[:-1])
    else:
        sources = " ".join(f"{base}/{one}" for one in words[:-1])
    target = words[-1] if words[-1].startswith("/") else f"{work}/{words[-1]}"
    parent = target if words[-1].endswith("/") else target.rpartition("/")[0] or "/"
    return f"mkdir -p {root}{parent}; cp -a {sources} {root}{target}"
