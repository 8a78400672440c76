// A server is closed while it answers a request. They differ in who closes it, and in what the answer waits for.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { service } from './service.mjs';

/** A server that has a request; what closes it has begun to by then. */
async function serving(handler, closing) {
  const server = createServer(handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const begun = closing(server);
  connect(server.address().port, '127.0.0.1').write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await begun;
}

const closed = (server) => new Promise((resolve) => server.close(resolve));

/** Closes it as soon as a request has come, which another one answers. */
async function closingOnRequest(server) {
  await once(server, 'request');
  void stop(server);
}

async function stop(server) {
  await closed(server);
}

export function besideHandler() {
  return serving(async function handle(_request, response) {
    await once(service, 'exit');
    response.end();
  }, closingOnRequest);
}

export function besideHandlerWithCallback() {
  return serving(function handle(_request, response) {
    service.once('exit', () => response.end());
  }, closingOnRequest);
}

export function inHandler() {
  let server;
  const handle = async function handle(_request, response) {
    await closed(server);
    response.end();
  };
  return serving(handle, async (made) => {
    server = made;
    await once(server, 'request');
  });
}

/** A helper that is no async function closes the server in the handler, which awaits it. */
export function inHelperOfHandler() {
  let server;
  const ended = () => new Promise((resolve) => server.close(() => resolve()));
  const handle = async function handle(_request, response) {
    await ended();
    response.end();
  };
  return serving(handle, async (made) => {
    server = made;
    await once(server, 'request');
  });
}

/** The handler closes the server, and answers when something else has come. */
export function besideItself() {
  let server;
  const handle = async function handle(_request, response) {
    server.close(() => undefined);
    await once(service, 'exit');
    response.end();
  };
  return serving(handle, async (made) => {
    server = made;
    await once(server, 'request');
  });
}

/** The same, and it would not wait for the end of that for longer. */
export function besideItselfForAWhile() {
  let server;
  const handle = async function handle(_request, response) {
    await Promise.race([closed(server), once(service, 'exit')]);
    response.end();
  };
  return serving(handle, async (made) => {
    server = made;
    await once(server, 'request');
  });
}
