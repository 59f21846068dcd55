"""uvicorn's responses have what slimhub needs of them beyond ASGI."""

import asyncio
import threading
import time
import urllib.request

import uvicorn

from slimhub.publish.hub import uvicorn_internals

MISSING = f"slimhub needs this of uvicorn, and {uvicorn.__version__} does not have it: "
BODY = b"a body"


async def application(scope, receive, send):
    seen["send"] = type(send)
    seen["owner"] = getattr(send, "__self__", None)
    seen["cycle"] = cycle = uvicorn_internals.response_cycle(send)
    headers = [(b"content-length", str(len(BODY)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if cycle is not None:
        seen["length"], seen["disconnected"] = cycle.expected_content_length, cycle.disconnected
        seen["transport"] = cycle.transport
        cycle.transport.write(BODY)
        cycle.expected_content_length = 0
    rest = b"" if cycle is not None else BODY
    await send({"type": "http.response.body", "body": rest})


seen = {}


def test_a_response_can_be_written_to_its_connection():
    config = uvicorn.Config(
        application, port=0, http="httptools", loop="asyncio", lifespan="off", log_level="error"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            received = answer.read()
    finally:
        server.should_exit = True
        thread.join(10)
    assert seen["owner"] is not None, f"{MISSING}send is a method of the response"
    for name in ("transport", "disconnected", "expected_content_length"):
        assert hasattr(seen["owner"], name), f"{MISSING}RequestResponseCycle.{name}"
    assert isinstance(seen["transport"], asyncio.WriteTransport), f"{MISSING}a transport of asyncio"
    assert seen["length"] == len(BODY), f"{MISSING}expected_content_length counts what is to come"
    assert seen["disconnected"] is False, f"{MISSING}disconnected is a bool"
    assert received == BODY, f"{MISSING}a body that was written to the transport is complete"


def test_another_servers_response_is_not_taken():
    async def send(message):
        """Belongs to no object."""

    assert uvicorn_internals.response_cycle(send) is None
