// The front of tls_test.py in Node.
//
//   front.mjs PORT CERTIFICATE KEY TARGET_PORT
import fs from 'node:fs';
import https from 'node:https';

const [port, certificate, key, target] = process.argv.slice(2);
const agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false });

function call(path) {
  return new Promise((resolve, reject) => {
    https.get({ agent, host: '127.0.0.1', port: target, path }, (answer) => {
      answer.resume();
      answer.on('end', resolve);
    }).on('error', reject);
  });
}

https.createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) }, async (request, response) => {
  const url = new URL(request.url, 'https://localhost');
  let path = url.pathname;
  if (path.startsWith('/call')) {
    path = path.slice('/call'.length);
    await call(path + url.search);
  }
  const body = Buffer.alloc(Number(path.slice('/size/'.length)), '0');
  response.writeHead(Number(url.searchParams.get('status') ?? 200), { 'Content-Length': body.length });
  response.end(body);
}).listen(Number(port), '127.0.0.1');
