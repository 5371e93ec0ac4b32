"""The clients that people have, against the real server: boto3, the AWS command line, obstore, rclone and s3cmd.

Each does what its manual shows for an S3-compatible service and nothing else.
"""

import io
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import httpx
import obstore
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError
from obstore.store import S3Store

from tests.server.drop_box.served import BUCKET, REGION, Agent, Served

LARGE = os.urandom(11 * 1024 * 1024 + 3)
"""Enough for every client to send it in parts of five megabytes."""
IN_PARTS = TransferConfig(multipart_threshold=5 * 1024 * 1024, multipart_chunksize=5 * 1024 * 1024)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "fmuta6.csv").write_bytes(b"0;001\r\n")
    (folder / "café 2026 (1).csv").write_bytes(b"0;002\r\n")
    (folder / "large.csv").write_bytes(LARGE)
    return folder


def whole(agent: Agent, files: Path) -> dict[str, int]:
    return {agent.inbox(path.name): path.stat().st_size for path in files.iterdir()}


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_boto3(server: Served, tls_agent: Agent, files: Path, secure: bool):
    agent = tls_agent if secure else server.agent
    client = agent.boto3()
    for path in files.iterdir():
        client.upload_file(str(path), BUCKET, agent.inbox(path.name), Config=IN_PARTS)
    assert server.files() == whole(agent, files)
    listed = client.list_objects_v2(Bucket=BUCKET, Prefix=agent.inbox())["Contents"]
    assert {each["Key"]: each["Size"] for each in listed} == whole(agent, files)

    back = io.BytesIO()
    client.download_fileobj(BUCKET, agent.inbox("large.csv"), back, Config=IN_PARTS)
    assert back.getvalue() == LARGE
    assert client.head_object(Bucket=BUCKET, Key=agent.inbox("large.csv"))["ETag"].endswith('-3"')
    keys = [{"Key": each["Key"]} for each in listed]
    assert len(client.delete_objects(Bucket=BUCKET, Delete={"Objects": keys})["Deleted"]) == 3
    assert server.files() == {}


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
@pytest.mark.parametrize("secure", [False, True], ids=["before", "behind"])
def test_boto3_sends_every_checksum_before_or_behind_the_body(
    server: Served, tls_agent: Agent, algorithm: str, secure: bool
):
    """Over TLS it sends an unsigned body in chunks with the checksum as a trailer."""
    client = (tls_agent if secure else server.agent).boto3()
    forms = []
    client.meta.events.register(
        "before-send.s3.PutObject", lambda request, **_: forms.append(request.headers["X-Amz-Content-SHA256"])
    )
    key = server.agent.inbox("a.csv")
    put = client.put_object(Bucket=BUCKET, Key=key, Body=b"0;001\r\n", ChecksumAlgorithm=algorithm)
    head = client.head_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")
    assert (forms == [b"STREAMING-UNSIGNED-PAYLOAD-TRAILER"]) == secure, forms
    assert put[f"Checksum{algorithm}"] == head[f"Checksum{algorithm}"]
    assert client.get_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")["Body"].read() == b"0;001\r\n"


def test_boto3_signs_addresses_for_others(server: Served):
    client = server.agent.boto3(signature_version="s3v4")
    place = {"Bucket": BUCKET, "Key": server.agent.inbox("a.csv")}
    assert httpx.put(client.generate_presigned_url("put_object", place), content=b"0;001\r\n").status_code == 200
    assert httpx.get(client.generate_presigned_url("get_object", place)).content == b"0;001\r\n"
    assert httpx.delete(client.generate_presigned_url("delete_object", place)).status_code == 204


def test_boto3_learns_the_region_by_itself(server: Served, monkeypatch: pytest.MonkeyPatch):
    import boto3

    agent = server.agent
    elsewhere = boto3.client(
        "s3",
        endpoint_url=agent.address,
        region_name="eu-west-3",
        aws_access_key_id=agent.key,
        aws_secret_access_key=agent.secret,
    )
    assert elsewhere.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


def test_boto3_is_told_in_s3s_own_words(server: Served):
    agent, stranger = server.agent, server.neighbour
    client = agent.boto3()
    server_key = agent.inbox("a.csv")

    def code(call: str, using: object = client, **arguments: object) -> str:
        with pytest.raises(ClientError) as told:
            getattr(using, call)(Bucket=arguments.pop("Bucket", BUCKET), **arguments)
        return str(told.value.response["Error"]["Code"])

    assert code("get_object", Key=server_key) == "NoSuchKey"
    assert code("head_object", Key=server_key) == "404"
    assert code("get_object", Key=stranger.inbox("a.csv")) == "AccessDenied"
    assert code("put_object", Key=stranger.inbox("a.csv"), Body=b"x") == "AccessDenied"
    assert code("get_object", Key="x", Bucket="another-bucket") == "NoSuchBucket"
    wrong = Agent(agent.address, agent.home, agent.key, "wrong").boto3()
    assert code("list_objects_v2", using=wrong) == "SignatureDoesNotMatch"
    unknown = Agent(agent.address, agent.home, "BBUNKNOWN", "wrong").boto3()
    assert code("list_objects_v2", using=unknown) == "InvalidAccessKeyId"


def run(agent: Agent, *command: str | Path, home: Path) -> str:
    environment = {**agent.environment(), "HOME": str(home)}
    done = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_aws_command_line(server: Served, files: Path, tmp_path: Path):
    agent = server.agent
    aws = [sys.executable, "-m", "awscli", "--endpoint-url", agent.address, "s3"]
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(
        "[default]\ns3 =\n  multipart_threshold = 5MB\n  multipart_chunksize = 5MB\n"
    )
    run(agent, *aws, "cp", "--recursive", "--no-progress", files, f"s3://{BUCKET}/{agent.inbox()}", home=tmp_path)
    assert server.files() == whole(agent, files)
    assert "café 2026 (1).csv" in run(agent, *aws, "ls", f"s3://{BUCKET}/{agent.inbox()}", home=tmp_path)
    run(agent, *aws, "sync", "--no-progress", f"s3://{BUCKET}/{agent.inbox()}", "back", home=tmp_path)
    assert (tmp_path / "back" / "large.csv").read_bytes() == LARGE
    run(agent, *aws, "rm", "--recursive", f"s3://{BUCKET}/{agent.inbox()}", home=tmp_path)
    assert server.files() == {}


def test_obstore(server: Served, files: Path):
    agent = server.agent
    store = S3Store(
        BUCKET,
        config={
            "endpoint": agent.address,
            "region": REGION,
            "access_key_id": agent.key,
            "secret_access_key": agent.secret,
        },
        client_options={"allow_http": True},
    )
    for path in files.iterdir():
        obstore.put(store, agent.inbox(path.name), path)
    assert server.files() == whole(agent, files)
    listed = {found["path"]: found["size"] for chunk in obstore.list(store) for found in chunk}
    assert listed == whole(agent, files)
    assert bytes(obstore.get(store, agent.inbox("large.csv")).bytes()) == LARGE
    assert bytes(obstore.get_range(store, agent.inbox("large.csv"), start=5, end=9)) == LARGE[5:9]
    with pytest.raises(obstore.exceptions.AlreadyExistsError):
        obstore.put(store, agent.inbox("fmuta6.csv"), b"x", mode="create")
    signed = obstore.sign(store, "GET", agent.inbox("fmuta6.csv"), timedelta(minutes=1))
    assert httpx.get(signed).content == b"0;001\r\n"
    with pytest.raises(FileNotFoundError):
        obstore.get(store, agent.inbox("absent.csv"))
    with pytest.raises(obstore.exceptions.PermissionDeniedError):
        obstore.get(store, server.neighbour.inbox("a.csv"))
    obstore.delete(store, list(listed))
    assert server.files() == {}


def installed(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        missing = f"{program} is not installed; `make test` does it as root on Debian, or: apt-get install {program}"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    return found


def test_rclone(server: Served, files: Path, tmp_path: Path):
    agent = server.agent
    (tmp_path / "rclone.conf").write_text(
        f"[box]\ntype = s3\nprovider = Other\nendpoint = {agent.address}\n"
        f"access_key_id = {agent.key}\nsecret_access_key = {agent.secret}\n"
        "upload_cutoff = 5M\nchunk_size = 5M\n"
    )
    rclone = [installed("rclone"), "--config", "rclone.conf", "--retries", "1"]
    inbox = f"box:{BUCKET}/{agent.inbox()}"
    run(agent, *rclone, "copy", files, inbox, home=tmp_path)
    assert server.files() == whole(agent, files)
    run(agent, *rclone, "check", files, inbox, home=tmp_path)
    run(agent, *rclone, "copy", inbox, "back", home=tmp_path)
    assert (tmp_path / "back" / "large.csv").read_bytes() == LARGE
    assert run(agent, *rclone, "lsf", f"box:{BUCKET}/{agent.home}", home=tmp_path).split() == ["inbox/", "outbox/"]
    run(agent, *rclone, "delete", inbox, home=tmp_path)
    assert server.files() == {}


def test_s3cmd(server: Served, files: Path, tmp_path: Path):
    agent = server.agent
    host = agent.address.removeprefix("http://")
    (tmp_path / ".s3cfg").write_text(
        f"[default]\naccess_key = {agent.key}\nsecret_key = {agent.secret}\nhost_base = {host}\nhost_bucket = {host}\n"
        "use_https = False\nmultipart_chunk_size_mb = 5\n"
    )
    s3cmd = [installed("s3cmd"), "--no-progress"]
    inbox = f"s3://{BUCKET}/{agent.inbox()}"
    run(agent, *s3cmd, "put", "--recursive", f"{files}/", inbox, home=tmp_path)
    assert server.files() == whole(agent, files)
    assert run(agent, *s3cmd, "ls", inbox, home=tmp_path).count(".csv") == 3
    (tmp_path / "back").mkdir()
    run(agent, *s3cmd, "get", "--recursive", inbox, "back/", home=tmp_path)
    assert (tmp_path / "back" / "large.csv").read_bytes() == LARGE
    run(agent, *s3cmd, "del", "--recursive", "--force", inbox, home=tmp_path)
    assert server.files() == {}
