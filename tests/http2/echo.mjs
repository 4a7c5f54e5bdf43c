// Node's http2: the server and the client that main.go has.
//
//   node echo.mjs server PORT
//   node echo.mjs client PORT REQUESTS SECONDS CONCURRENCY [CONTEXT]
import http2 from "node:http2";

const [role, port, requests, seconds, concurrency, context] = process.argv.slice(2);

function answer(stream, headers) {
  const path = headers[":path"];
  const reply = (status, body) => {
    stream.respond({ ":status": status });
    stream.end(headers[":method"] === "HEAD" ? undefined : body);
  };
  if (path === "/echo") {
    stream.respond({ ":status": 200 });
    stream.pipe(stream);
  } else if (path === "/small") {
    reply(200, "seventeen letters");
  } else if (path === "/gone") {
    stream.respond({ ":status": 204 }, { endStream: true });
  } else if (path === "/fail") {
    reply(500, "no");
  } else if (path === "/slow") {
    setTimeout(() => reply(200, "slow"), 20);
  } else {
    reply(404, "not here");
  }
}

const kinds = [["GET", "/small", ""], ["POST", "/echo", "y".repeat(40_000)], ["GET", "/missing", ""], ["HEAD", "/small", ""],
  ["DELETE", "/gone", ""], ["GET", "/fail", ""], ["GET", "/slow", ""]];

function ask(session, number) {
  const [method, path, body] = kinds[number % kinds.length];
  const hex = (number + 1).toString(16).padStart(16, "0");
  const headers = { ":method": method, ":path": path };
  if (context) headers.traceparent = `00-${context}${hex}-${hex}-01`;
  const start = process.hrtime.bigint(), wall = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6));
  return new Promise((resolve, reject) => {
    const stream = session.request(headers, { endStream: body === "" });
    let status = 0, received = 0;
    stream.on("response", (h) => { status = h[":status"]; });
    stream.on("data", (chunk) => { received += chunk.length; });
    stream.on("error", reject);
    stream.on("end", () => {
      const ms = Number(process.hrtime.bigint() - start) / 1e6;
      console.log(`{"id":"${context ?? ""}${hex}","name":"${method} ${path}","status":"${status}","sent":${body.length},` +
        `"received":${received},"start":${wall},"ms":${ms}}`);
      resolve();
    });
    if (body) stream.end(body);
  });
}

if (role === "server") {
  http2.createServer().on("stream", answer).listen(Number(port), "127.0.0.1");
} else {
  await new Promise((resolve) => process.stdin.once("data", resolve)); // the test says when
  process.stdin.destroy();
  const session = http2.connect(`http://127.0.0.1:${port}`);
  const end = Date.now() + 1000 * Number(seconds);
  let next = 0;
  const more = () => Number(seconds) ? Date.now() < end : next < Number(requests);
  await Promise.all(Array.from({ length: Number(concurrency) }, async () => {
    while (more()) await ask(session, next++);
  }));
  session.close();
}
