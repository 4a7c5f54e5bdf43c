// GET /echo/{id}: asks DOWNSTREAM + id first when that is set, then answers with both.
const http = require("http");

const downstream = process.env.DOWNSTREAM || "";
const agent = new http.Agent({ keepAlive: true });

function ask(id) {
  return new Promise((resolve, reject) => {
    http
      .get(downstream + id, { agent }, (response) => {
        let body = "";
        response.on("data", (chunk) => (body += chunk));
        response.on("end", () => resolve(JSON.parse(body)));
        response.on("error", reject);
      })
      .on("error", reject);
  });
}

async function answer(request, response) {
  const id = request.url.startsWith("/echo/") ? request.url.slice(6) : "";
  let status = id ? 200 : 404;
  const out = { service: "echo_node", id };
  if (id && downstream) {
    try {
      out.downstream = await ask(id);
    } catch (error) {
      status = 502;
      out.error = String(error);
    }
  }
  const body = JSON.stringify(out);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": body.length });
  response.end(body);
}

http.createServer(answer).listen(Number(process.env.PORT), "127.0.0.1");
