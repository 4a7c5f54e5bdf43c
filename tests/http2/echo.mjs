// Node's http2: the server and the client that main.go has.
//
//   node echo.mjs server PORT
//   node echo.mjs client PORT REQUESTS CONCURRENCY [CONTEXT]        0 requests: until standard input ends
import http from "node:http";
import http2 from "node:http2";

const [role, port, requests, concurrency, context] = process.argv.slice(2);

// A handler's own call, which carries the trace id of its request where it can be seen.
const web = new http.Agent({ keepAlive: true });
async function answer(stream, headers) {
  const id = headers.traceparent?.split("-")[1];
  if (id && process.env.WEB) {
    await new Promise((resolve, reject) => {
      http.get(`http://${process.env.WEB}/small?request=${id}`, { agent: web }, (response) => {
        response.on("data", () => {}).on("end", resolve);
      }).on("error", reject);
    });
  }
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
  let stop = false;
  if (Number(requests)) process.stdin.destroy();
  else process.stdin.on("end", () => { stop = true; }).resume();
  const session = http2.connect(`http://127.0.0.1:${port}`);
  let next = 0;
  const more = () => !stop && (!Number(requests) || next < Number(requests));
  await Promise.all(Array.from({ length: Number(concurrency) }, async () => {
    while (more()) {
      await ask(session, next++);
      if (!Number(requests)) await new Promise((resolve) => { setTimeout(resolve, 2); });
    }
  }));
  session.close();
}
