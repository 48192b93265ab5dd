"""Names that look like secrets (keys, passwords, tokens), which are not sent to other machines unasked.

Path:   a path within the working folder -> whether it stays at home.
Source: the names that searchers for leaked secrets look for (the signatures of gitrob), those that an upload to Vercel
        leaves out by itself (`.env.local`), and where tools of training keep their keys. Ray itself, which sends a
        working folder too, leaves out repositories and environments only.

Only names are looked at: to read every file of a data set would take too long, and to guess from contents errs more.
"""

import os
import re
from collections.abc import Collection
from fnmatch import translate
from pathlib import Path, PurePath

_NAMES = (
    *(".env", ".env.*", "*.env", ".envrc"),
    *("*.pem", "*.key", "*.p8", "*.p12", "*.pfx", "*.pkcs12", "*.ppk", "*.jks", "*.keystore", "*.kdbx", "*.ovpn"),
    *("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*"),
    *(".netrc", "_netrc", ".git-credentials", ".pypirc", ".npmrc", ".pgpass", ".htpasswd", ".vault-token"),
    *(".dockercfg", ".s3cfg", ".boto", ".modal.toml", ".comet.config", "kaggle.json"),
    *("credentials*", ".credentials*", "*credentials.json", "secret.*", "secrets.*", ".secret*"),
    *("service-account*.json", "service_account*.json", "client_secret*.json"),
)
_FOLDERS = (".aws", ".ssh", ".gnupg", ".azure", ".kube", ".kaggle", "gcloud", ".gcloud")
_TAILS = (
    *(("huggingface", "token"), (".huggingface", "token"), ("huggingface", "stored_tokens")),
    *(("wandb", "settings"), (".docker", "config.json")),
)
_HARMLESS = (".env.example", ".env.sample", ".env.template")  # written to be shown
_SECRET = re.compile("|".join(translate(pattern) for pattern in (*_NAMES, *_FOLDERS)))


def is_secret(path: PurePath) -> bool:
    """Whether a file or folder looks like a secret, or is inside one that does.

    Example:
        >>> [is_secret(PurePath(each)) for each in (".env", "keys/id_rsa.pub", ".aws/config", "wandb/settings")]
        [True, True, True, True]
        >>> [is_secret(PurePath(each)) for each in ("train.py", "data/tokens.txt", "settings", ".env.example")]
        [False, False, False, False]
    """
    parts = [part.lower() for part in path.parts]
    if tuple(parts[-2:]) in _TAILS:
        return True
    return any(part not in _HARMLESS and _SECRET.match(part) for part in parts)


def is_held_back(path: Path, folder: Path, sent: Collection[Path] = ()) -> bool:
    """Whether a file is not sent, by its own name or by that of a link's target.

    Args:
        path: Its path in the folder.
        folder: The folder.
        sent: Paths in the folder that the user sends all the same.
    """
    within = path.relative_to(folder)
    if any(within.is_relative_to(file) or file.is_relative_to(within) for file in sent):
        return False
    if is_secret(within):
        return True
    return path.is_symlink() and is_secret(Path(os.path.realpath(path)))
