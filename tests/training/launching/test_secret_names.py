"""Mirrors training/launching/secret_names.py."""

from pathlib import PurePath

import pytest

from ratecraft.training.launching.secret_names import is_secret


@pytest.mark.parametrize(
    "name",
    [
        *(".env", ".env.local", "prod.env", ".ENV", ".envrc", "server.pem", "Server.KEY", "cert.p12", "cert.pfx"),
        *(
            "id_rsa",
            "id_rsa.pub",
            "id_ed25519",
            ".netrc",
            ".pypirc",
            ".git-credentials",
            "credentials",
            "credentials.json",
        ),
        *(".aws/config", "a/.ssh/known_hosts", ".gnupg/x", "kaggle.json", "wandb/settings", ".huggingface/token"),
        *(
            "cache/huggingface/token",
            "secrets.toml",
            "secrets.yaml",
            "service-account-prod.json",
            ".docker/config.json",
        ),
        *("gcloud/x", ".kaggle/kaggle.json", ".config/gcloud/application_default_credentials.json"),
    ],
)
def test_keys_passwords_and_tokens_are_known_by_their_names(name: str) -> None:
    assert is_secret(PurePath(name))


@pytest.mark.parametrize(
    "name",
    [
        *("train.py", "environment.yml", "env.py", "keys.txt", "monkey.png", "tokenizer.json", "token", "settings"),
        *("wandb/run-1/files/config.yaml", "data/secretary.csv", ".env.example", "huggingface/hub/model.bin"),
        *("key/train.csv", "kaggle/train.csv", "config.json", "envs/cartpole.py", "public_credential_test.py"),
    ],
)
def test_what_training_needs_is_none(name: str) -> None:
    assert not is_secret(PurePath(name))
