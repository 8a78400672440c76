import * as stream from 'node:stream';
import { expect, test } from 'vitest';
import { StreamLinks } from '../../../../instrument/node/stream-links.ts';
import { Session } from '../../../../src/core/session.ts';

test('of what is piped into one stream all the time the newest are remembered', () => {
  const links = new StreamLinks(new Session(), () => undefined);
  const unwatch = links.watch(stream);
  try {
    const sink = new stream.PassThrough();
    sink.setMaxListeners(0);
    const sources = Array.from({ length: 100 }, () => new stream.PassThrough());
    for (const source of sources) source.pipe(sink);
    const known = links.pipesInto(sink as never).map(({ source }) => source.deref());
    expect(known).toHaveLength(16);
    expect(known.at(-1)).toBe(sources.at(-1));
  } finally {
    unwatch();
  }
});
