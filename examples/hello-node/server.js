'use strict';

const http = require('node:http');

// Node says x64 where Go, Docker and the OCI specifications say amd64.
const arch = process.arch === 'x64' ? 'amd64' : process.arch;
const port = Number(process.env.PORT ?? 8080);

const server = http.createServer((request, response) => {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`Hello, ${arch}!\n`);
});

server.listen(port, () => console.log(`listening on port ${port}`));

// As process 1 in a container there is no default action for a signal: without
// this, every stop would wait for the runtime's time limit and then be a kill.
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    console.log(`${signal}: stopping`);
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}
