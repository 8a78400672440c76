import { connect, type Socket } from 'node:net';

const CONNECTIONS = 16;
const REQUEST = Buffer.from('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
/** What the program answers with, after an empty line. */
const ANSWER = '\r\n\r\nok';

/**
 * The client of the program's server; it is not measured. It knows no more of HTTP than it has to: a client that is slower than
 * the server lets that sleep between two requests, and then it is measured what it costs to wake each other.
 */
export async function ask(port: number, requests: number): Promise<void> {
  let left = requests;
  const take = (): boolean => left-- > 0;
  await Promise.all(Array.from({ length: CONNECTIONS }, () => askInTurns(port, take)));
}

/** One request after the other over one connection, as long as there are any. */
function askInTurns(port: number, take: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let answer = '';
    const next = (): void => {
      answer = '';
      if (take()) socket.write(REQUEST);
      else socket.end(resolve);
    };
    socket.setEncoding('latin1');
    socket.on('connect', next);
    socket.on('data', (piece: string) => {
      answer += piece;
      if (answer.endsWith(ANSWER)) next();
    });
    socket.on('error', reject);
  });
}
