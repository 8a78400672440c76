// A handler asks for what cannot come before its answer is read. They differ in whether that is what it waits for.
import { once } from 'node:events';
import { Agent, createServer, get } from 'node:http';
import { nothing, service } from './service.mjs';

/** A server of this process, asked through an agent that has one socket for it. */
async function asking(handle) {
  const agent = new Agent({ maxSockets: 1 });
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  const asked = new Promise((begun) => {
    server.on('request', (_request, response) => {
      const ask = (path, done) => {
        setImmediate(begun);
        return get({ port, host: '127.0.0.1', path, agent }, done);
      };
      void handle(response, ask);
    });
  });
  get({ port, host: '127.0.0.1', path: '/', agent }, nothing);
  await asked;
}

export function askedAside() {
  return asking(async function handle(response, ask) {
    ask('/log', (answer) => answer.resume());
    await once(service, 'exit');
    response.end();
  });
}

export function askedAsideOfACallback() {
  return asking((response, ask) => {
    ask('/log', (answer) => answer.resume());
    service.once('exit', () => response.end());
  });
}

export function askedToAnswer() {
  return asking((response, ask) => {
    ask('/log', () => response.end());
  });
}

export function askedAndAwaited() {
  return asking(async function handle(response, ask) {
    await new Promise((answered) => ask('/log', answered));
    response.end();
  });
}

export function askedBesideAListener() {
  return asking(async function handle(response, ask) {
    service.once('exit', nothing);
    await new Promise((answered) => ask('/log', answered));
    response.end();
  });
}

/** A server whose handler asks another one, which closes the first. */
async function closing(handle) {
  const front = createServer((_request, response) => {
    get({ port: back.address().port, host: '127.0.0.1', agent: false }, (answer) => answer.pipe(response));
  });
  const closed = new Promise((begun) => {
    front.once('closing', begun);
  });
  const back = createServer((_request, response) => {
    void handle(response, (done) => {
      setImmediate(() => front.emit('closing'));
      front.close(done);
    });
  });
  for (const server of [front, back]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  get({ port: front.address().port, host: '127.0.0.1', agent: false }, nothing);
  await closed;
}

export function closedAside() {
  return closing((response, close) => {
    close(nothing);
    service.once('exit', () => response.end());
  });
}

export function closedToAnswer() {
  return closing((response, close) => {
    close(() => response.end());
  });
}
