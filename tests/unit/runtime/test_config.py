import re
from pathlib import Path

import pytest

from chalicelib.config import SettingsInvalid, load_settings, settings_page
from chalicelib.config_rules import file_system_of

GOOD = {"FUMIBAKO_BASE_URL": "https://files.example.com", "FUMIBAKO_SMTP_HOST": "relay.example.com"}
EVALUATION = {"FUMIBAKO_MODE": "evaluation", "FUMIBAKO_MAIL": "maildir", "FUMIBAKO_SCANNER": "none"}


def faults(environ: dict[str, str]) -> dict[str, str]:
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(environ)
    return {problem.pointer: problem.detail for problem in caught.value.errors}


def test_defaults_with_an_address_and_a_relay_are_fit_for_production() -> None:
    settings = load_settings(GOOD)
    assert (settings.mode, settings.store, settings.bus, settings.blobs) == (
        "production",
        "sqlite",
        "sql",
        "filesystem",
    )
    assert settings.roles == ("api", "bytes", "worker")


def test_every_type_is_read_from_the_environment() -> None:
    settings = load_settings(
        GOOD
        | {
            "FUMIBAKO_DATA_DIR": "/srv/box",
            "FUMIBAKO_LISTEN_PORT": "0",
            "FUMIBAKO_ROLES": "api, worker",
            "FUMIBAKO_TRUSTED_PROXIES": "10.0.0.0/8,::1",
            "PATH": "/bin",
        }
    )
    assert settings.data_dir == Path("/srv/box")
    assert settings.listen_port == 0
    assert settings.roles == ("api", "worker")
    assert settings.trusted_proxies == ("10.0.0.0/8", "::1")


def test_the_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    file = tmp_path / "fumibako.toml"
    file.write_text(
        'base_url = "https://a.example"\nsmtp_host = "relay"\nlisten_port = 1000\nroles = ["api"]\nthreads = 3\n'
    )
    settings = load_settings({"FUMIBAKO_CONFIG": str(file), "FUMIBAKO_LISTEN_PORT": "2000"})
    assert (settings.base_url, settings.listen_port, settings.roles, settings.threads) == (
        "https://a.example",
        2000,
        ("api",),
        3,
    )


@pytest.mark.parametrize("content", ["not toml", None])
def test_a_file_that_is_absent_or_no_toml_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "fumibako.toml"
    if content is not None:
        file.write_text(content)
    assert list(faults(GOOD | {"FUMIBAKO_CONFIG": str(file)})) == ["/config"]


def test_unknown_names_are_refused_in_both_places(tmp_path: Path) -> None:
    file = tmp_path / "fumibako.toml"
    file.write_text("prot = 1\n")
    assert set(faults(GOOD | {"FUMIBAKO_CONFIG": str(file), "FUMIBAKO_PRT": "1"})) == {"/prot", "/prt"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mode", "test"),
        ("listen_port", "x"),
        ("listen_port", "-1"),
        ("listen_port", "1.5"),
        ("listen_port", "70000"),
        ("roles", "api,cook"),
        ("roles", ""),
        ("trusted_proxies", "everybody"),
        ("base_url", "ftp://x"),
        ("base_url", "https://x/path"),
        ("tls_certificate", "/x.pem"),
        ("processes", "0"),
        ("workers", "0"),
        ("threads", "0"),
        ("bytes_port", "9000"),
        ("master_passphrase_file", "/x"),
        ("schedule_seconds", "nan"),
    ],
)
def test_wrong_values_are_refused(name: str, value: str) -> None:
    extra = {"FUMIBAKO_MASTER_KEY_FILE": "/y"} if name == "master_passphrase_file" else {}
    pointer = "/tls_key" if name == "tls_certificate" else f"/{name}"
    assert pointer in faults(GOOD | extra | {f"FUMIBAKO_{name.upper()}": value})


def test_the_client_s_own_variables_are_left_alone() -> None:
    assert load_settings(GOOD | {"FUMIBAKO_URL": "https://x", "FUMIBAKO_TOKEN": "t"}).mode == "production"


def test_every_fault_is_named_at_once_and_no_value_is_quoted() -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load_settings({"FUMIBAKO_LISTEN_PORT": "s3cret", "FUMIBAKO_MODE": "s3cret"})
    assert len(caught.value.errors) == 2
    assert "s3cret" not in str(caught.value)


def test_production_refuses_what_is_for_evaluation() -> None:
    found = faults({**EVALUATION, "FUMIBAKO_MODE": "production", "FUMIBAKO_SCHEDULE_SECONDS": "1"})
    assert set(found) == {"/mail", "/scanner_reason", "/base_url", "/schedule_seconds"}
    assert load_settings(EVALUATION).mail == "maildir"


def test_production_without_a_scanner_needs_a_reason_on_record() -> None:
    settings = load_settings(GOOD | {"FUMIBAKO_SCANNER": "none", "FUMIBAKO_SCANNER_REASON": "The gateway scans."})
    assert settings.scanner == "none"


def test_production_refuses_a_password_that_everybody_tries_first() -> None:
    url = "postgresql+psycopg://fumibako:{}@db/{}"
    chosen = {"FUMIBAKO_STORE": "postgresql", "FUMIBAKO_WRAPPED_KEYS_URL": url.format("Zq8", "keys")}
    assert list(faults(GOOD | chosen | {"FUMIBAKO_DATABASE_URL": url.format("postgres", "records")})) == [
        "/database_url"
    ]
    assert load_settings(GOOD | chosen | {"FUMIBAKO_DATABASE_URL": url.format("Zq8", "records")}).store == "postgresql"


@pytest.mark.parametrize(
    ("chosen", "pointers"),
    [
        ({"STORE": "postgresql"}, {"/database_url", "/wrapped_keys_url"}),
        ({"DATABASE_URL": "postgresql://x/y"}, {"/database_url"}),
        ({"DATABASE_URL": "sqlite:////x", "WRAPPED_KEYS_URL": "sqlite:////x"}, {"/wrapped_keys_url"}),
        ({"STORE": "dynamodb"}, {"/bus"}),
        ({"BUS": "sns"}, {"/bus", "/sns_topic_arn"}),
        ({"BLOBS": "s3"}, {"/s3_bucket"}),
        ({"KEYS": "kms"}, {"/kms_seal_key", "/kms_mac_key", "/kms_access_key", "/kms_proof_key", "/kms_root_key"}),
        ({"SMTP_USER": "x"}, {"/smtp_password_file"}),
        ({"SMTP_SECURITY": "none"}, {"/smtp_security"}),
    ],
)
def test_settings_that_don_t_go_together_are_refused(chosen: dict[str, str], pointers: set[str]) -> None:
    assert set(faults(GOOD | {f"FUMIBAKO_{name}": value for name, value in chosen.items()})) == pointers


def test_the_file_system_of_a_path_is_the_one_mounted_nearest() -> None:
    mounts = "/dev/a / ext4 rw 0 0\nserver:/x /mnt nfs4 rw 0 0\ntmpfs /mnt/fast tmpfs rw 0 0\n"
    assert [file_system_of(Path(path), mounts) for path in ("/var/x", "/mnt/x", "/mnt/fast/x", "/mntx")] == [
        "ext4",
        "nfs4",
        "tmpfs",
        "ext4",
    ]


def test_the_page_of_settings_is_up_to_date() -> None:
    page = Path(__file__).resolve().parents[3] / "docs/operations/settings.md"
    assert page.read_text("utf-8") == settings_page()


def test_every_setting_is_read_somewhere() -> None:
    root = Path(__file__).resolve().parents[3]
    sources = [
        *root.glob("chalicelib/boot*.py"),
        *root.glob("chalicelib/config_rules.py"),
        *root.glob("onprem/runtime/*.py"),
    ]
    text = "\n".join(path.read_text("utf-8") for path in sources)
    names = re.findall(r"^## FUMIBAKO_(\w+)", settings_page(), re.MULTILINE)
    by_use = {"kms_seal_key", "kms_mac_key", "address_requests_per_minute"}
    assert [name for name in map(str.lower, names) if f"settings.{name}" not in text and name not in by_use] == []
