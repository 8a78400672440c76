import { createRequire } from 'node:module';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { avvio } from '../../../../instrument/libraries/avvio.ts';
import { NodeStage } from './node-stage.ts';

interface App {
  readonly server: { readonly listening: boolean; closeAllConnections(): void };
  post(path: string, handler: () => unknown): void;
  listen(options: object): Promise<string>;
  close(): Promise<void>;
  addHook(name: 'onClose', handler: () => unknown): void;
}

const root = createRequire(import.meta.url);
const previous = createRequire(root.resolve('../../../previous-majors/package.json'));

describe.each([
  ['fastify 5 with avvio 9', root],
  ['fastify 4 with avvio 8', previous],
])('%s', (_name, require) => {
  let stage: NodeStage;
  let restore: (() => void) | null;
  let app: App;

  beforeEach(() => {
    stage = new NodeStage();
    const inFastify = createRequire(require.resolve('fastify'));
    restore = avvio.patch(inFastify('avvio') as Record<string, unknown>, () => false, '');
    app = (require('fastify') as () => App)();
  });

  afterEach(() => {
    restore?.();
    stage.end();
  });

  async function post(): Promise<Response> {
    const base = await app.listen({ port: 0, host: '127.0.0.1' });
    return fetch(`${base}/shutdown`, { method: 'POST' });
  }

  test('a handler that awaits close() hangs', async () => {
    app.post('/shutdown', async () => {
      await app.close();
      return {};
    });
    const answer = post();
    while (!app.server.listening) await turn();
    while (app.server.listening) await turn();
    stage.confirm();
    expect(stage.messages).toEqual([
      expect.stringMatching(/^DEPT002 .* waits for the close of the server whose request it has not answered/),
    ]);
    app.server.closeAllConnections();
    await expect(answer).rejects.toThrow();
  });

  test('a handler of onClose that awaits close() of its application hangs', async () => {
    app.addHook('onClose', async function stopBus() {
      await turn();
      await app.close();
    });
    void app.close();
    for (let turns = 0; turns < 10; turns++) await turn();
    stage.confirm();
    expect(stage.messages).toEqual([
      'DEPT002 Object.stopBus waits for ever: it waits for the end of all that onClose of the application has under way, which is itself part of that.',
    ]);
  });

  test('one that closes another application, or does not wait, does not', async () => {
    const inner = (require('fastify') as () => App)();
    let closed = 0;
    inner.addHook('onClose', () => turn());
    app.addHook('onClose', async () => {
      await inner.close();
      void app.close().then(() => closed++);
      await turn();
    });
    await Promise.all([app.close(), app.close()]);
    await turn();
    stage.confirm();
    expect([stage.messages, closed]).toEqual([[], 1]);
  });

  test('one that answers first does not', async () => {
    app.post('/shutdown', async () => {
      setImmediate(() => void app.close());
      return {};
    });
    expect((await post()).status).toBe(200);
    while (app.server.listening) await turn();
    stage.confirm();
    expect(stage.messages).toEqual([]);
  });
});
