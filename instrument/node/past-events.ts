import type { ChildProcess } from 'node:child_process';
import Stream from 'node:stream';
import { isObject } from '../../src/core/thenable.ts';
import { loadNet } from './net.ts';

/** How one sees on an object of Node's own that an event which comes once has come, in words; null while it has not. */
type Past = (emitter: object) => string | null;

const PAST: Readonly<Record<string, Past>> = Object.freeze({
  listening,
  connect: connected,
  ready: (emitter) => connected(emitter) ?? opened(emitter),
  open: opened,
  end: (stream) => (stream instanceof Stream.Readable && stream.readableEnded ? 'stream.readableEnded is true' : null),
  finish: (stream) =>
    stream instanceof Stream.Writable && stream.writableFinished ? 'stream.writableFinished is true' : null,
  close: (stream) =>
    (stream instanceof Stream.Readable || stream instanceof Stream.Writable) && stream.closed
      ? 'stream.closed is true'
      : null,
  exit: (emitter) => exited(emitter),
  response: (request) => (isAnswered(request) ? 'request.res is set' : null),
  spawn: (child) => (isChild(child) && child.pid !== undefined ? 'child.pid is set' : null),
});

/** Why an event that comes once cannot come any more, or null where that is not known. Only Node's own objects are asked. */
export function pastEvent(emitter: object, event: string | symbol): string | null {
  return typeof event === 'string' && Object.hasOwn(PAST, event) ? (PAST[event]?.(emitter) ?? null) : null;
}

function listening(server: object): string | null {
  return server instanceof loadNet().Server && server.listening ? 'server.listening is true' : null;
}

function connected(socket: object): string | null {
  return socket instanceof loadNet().Socket && !socket.connecting && !socket.pending
    ? 'socket.connecting is false'
    : null;
}

function opened(stream: object): string | null {
  const { pending, fd } = stream as { pending?: unknown; fd?: unknown };
  return stream instanceof Stream && pending === false && typeof fd === 'number' ? 'stream.pending is false' : null;
}

function exited(emitter: object): string | null {
  if (isChild(emitter)) {
    if (emitter.exitCode !== null) return `child.exitCode is ${emitter.exitCode}`;
    return emitter.signalCode === null ? null : `child.signalCode is ${emitter.signalCode}`;
  }
  const isWorker = emitter.constructor.name === 'Worker' && 'threadId' in emitter && 'resourceLimits' in emitter;
  return isWorker && emitter.threadId === -1 ? 'worker.threadId is -1' : null;
}

/** A request of `node:http`. Node drops the answer when nobody listens for it. */
function isAnswered(emitter: object): boolean {
  return 'res' in emitter && isObject(emitter.res) && emitter.constructor.name === 'ClientRequest';
}

function isChild(emitter: object): emitter is ChildProcess {
  return emitter.constructor.name === 'ChildProcess' && 'exitCode' in emitter && 'signalCode' in emitter;
}
