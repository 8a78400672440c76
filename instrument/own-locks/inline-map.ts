import { createRequire } from 'node:module';
import type * as Codec from '@jridgewell/sourcemap-codec';

const INLINE = /(\/\/# sourceMappingURL=data:application\/json;(?:charset=utf-8;)?base64,)([\w+/=]+)\s*$/;
const BEGIN = '\n//# sourceMappingURL=data:';
const require = createRequire(import.meta.url);

/** Loaded where there is a map to be changed. */
function codec(): typeof Codec {
  return require('@jridgewell/sourcemap-codec') as typeof Codec;
}

function mapOf(body: string): { readonly mappings: string } {
  return JSON.parse(Buffer.from(body, 'base64').toString('utf8')) as { mappings: string };
}

/** A text that a compiler made, with the source map that it ends with; null where it ends with none. */
export interface MappedText {
  readonly text: string;
  /** The end of the text again, for a text in which pieces of these lengths were put at these places. */
  endFor(pieces: readonly { readonly at: number; readonly length: number }[]): string;
}

/**
 * Such a text may be one line, and all that stands behind a piece which is put into it stands elsewhere than its map says.
 * @throws SyntaxError for a map that is none
 */
export function mappedText(whole: string): MappedText | null {
  // The line is long: it is looked for from its end.
  const begin = whole.lastIndexOf(BEGIN);
  const found = begin < 0 ? null : INLINE.exec(whole.slice(begin));
  if (found === null) return null;
  const text = whole.slice(0, begin);
  const [, head = '', body = ''] = found;
  return {
    text,
    endFor: (pieces) => {
      const map = mapOf(body);
      const mappings = shifted(map.mappings, text, pieces);
      return `\n${head}${Buffer.from(JSON.stringify({ ...map, mappings })).toString('base64')}\n`;
    },
  };
}

/**
 * True where the map of a text leads from behind a piece, which was put into it, to the line that it led to before: for who has read that map
 * and does not read another one. It need not be the column.
 */
export function leadsToSameLines(text: string, changed: string): boolean {
  const before = mappingsOf(text);
  const after = mappingsOf(changed);
  if (before === null || after === null) return true;
  return before.every((segments, line) => {
    const [first, ...others] = segments.filter(([column], index) => after[line]?.[index]?.[0] !== column);
    return others.every((segment) => segment[1] === first?.[1] && segment[2] === first?.[2]);
  });
}

function mappingsOf(text: string): Codec.SourceMapMappings | null {
  const body = INLINE.exec(text.slice(Math.max(0, text.lastIndexOf(BEGIN))))?.[2];
  return body === undefined ? null : codec().decode(mapOf(body).mappings);
}

function shifted(mappings: string, text: string, pieces: readonly { at: number; length: number }[]): string {
  const { decode, encode } = codec();
  const lines = decode(mappings);
  const sorted = pieces.toSorted((one, other) => other.at - one.at);
  for (const { at, length } of sorted) {
    const before = text.slice(0, at);
    const column = at - (before.lastIndexOf('\n') + 1);
    for (const segment of lines[before.split('\n').length - 1] ?? []) if (segment[0] >= column) segment[0] += length;
  }
  return encode(lines);
}
