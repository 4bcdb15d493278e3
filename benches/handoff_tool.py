"""A hand-off tool for an OpenCode that theAgency does not drive: it is offered, and nobody calls it. Its schema is one field, where theAgency's has many."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOOL = {
    "name": "submit_handoff",
    "description": "Hands the work to the next step.",
    "inputSchema": {"type": "object", "properties": {"summary": {"type": "string"}}, "required": ["summary"]},
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.answer(405)

    def do_POST(self):
        call = json.loads(self.rfile.read(int(self.headers["content-length"])))
        results = {
            "initialize": lambda: {
                "protocolVersion": call["params"]["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "bench", "version": "1"},
            },
            "tools/list": lambda: {"tools": [TOOL]},
        }
        if "id" not in call:
            return self.answer(202)
        self.answer(200, {"jsonrpc": "2.0", "id": call["id"], "result": results.get(call["method"], dict)()})

    def answer(self, status: int, body: dict | None = None):
        content = json.dumps(body).encode() if body else b""
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class HandoffTool:
    """The MCP server of the tool, while it is needed."""

    def __enter__(self) -> str:
        """Its URL."""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_address[1]}/"

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
