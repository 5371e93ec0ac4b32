"""Traces reach a receiver that speaks OTLP over HTTP, and carry ids and codes only."""

from collections.abc import Iterator

import pytest
import structlog
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from bookbridge.kit import watching
from bookbridge.server import telemetry
from tests.kit.small_server import Reply, SmallServer


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallServer]:
    with SmallServer(
        lambda _call: Reply(body=b"", headers={"Content-Type": "application/x-protobuf"})
    ).running() as own:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", own.url)
        yield own


def spans(receiver: SmallServer) -> dict[str, Span]:
    found: dict[str, Span] = {}
    for seen in receiver.seen:
        assert seen.path == "/v1/traces"
        asked = ExportTraceServiceRequest.FromString(seen.body)
        for resource in asked.resource_spans:
            assert "bookbridge" in str(resource.resource)
            found |= {span.name: span for scope in resource.scope_spans for span in scope.spans}
    return found


def attributes(span: Span) -> dict[str, object]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes}


def test_parts_become_spans_within_each_other(receiver: SmallServer) -> None:
    stop = telemetry.start("test")
    with (
        structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as lines,
        watching.part("run", run=7, organisation="o-1"),
        watching.part("package_call", package="toy", status=0) as facts,
    ):
        facts["status"] = 201
        structlog.get_logger().info("inside")
    stop()
    found = spans(receiver)
    assert set(found) == {"run", "package_call"}
    assert found["package_call"].parent_span_id == found["run"].span_id
    assert attributes(found["run"]) == {"bookbridge.run": 7, "bookbridge.organisation": "o-1"}
    assert attributes(found["package_call"])["bookbridge.status"] == 201
    assert lines[0]["trace"] == found["run"].trace_id.hex()


def test_an_error_is_named_by_its_type_alone(receiver: SmallServer) -> None:
    stop = telemetry.start("test")
    with pytest.raises(ValueError, match="Jansen"), watching.part("run"):
        raise ValueError("customer Jansen")
    stop()
    span = spans(receiver)["run"]
    assert span.status.message == "ValueError"
    assert "Jansen" not in str(span)


def test_nobody_is_told_unless_it_is_wished(receiver: SmallServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT")
    stop = telemetry.start("test")
    with watching.part("run"):
        pass
    stop()
    assert not receiver.seen


def test_after_the_end_nobody_is_told(receiver: SmallServer) -> None:
    telemetry.start("test")()
    with watching.part("run"):
        pass
    assert not receiver.seen
