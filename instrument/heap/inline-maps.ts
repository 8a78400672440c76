import { SourceMap, type SourceMapPayload } from 'node:module';
import { dirname, resolve } from 'node:path';
import { toPath } from '../paths.ts';

/** A place in a source. Lines and columns count from 1. */
export interface Origin {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/**
 * Source maps that scripts carry in themselves: those of test runners, which compile in memory what lies on the disk as it was
 * written.
 */
export class InlineMaps {
  readonly #addresses = new Map<string, string>();
  readonly #maps = new Map<string, SourceMap | null>();

  /** A script names its map. The newest of one address counts. */
  add(url: string, mapUrl: string): void {
    if (mapUrl.startsWith('data:')) this.#addresses.set(url, mapUrl);
  }

  /** Null where the script has no such map, or the map knows no source of the place. */
  originOf(url: string, line: number, column: number): Origin | null {
    const entry = this.#mapOf(url)?.findEntry(line - 1, column - 1);
    if (entry === undefined || !('originalSource' in entry)) return null;
    const path = resolve(dirname(toPath(url)), toPath(entry.originalSource));
    return { path, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
  }

  #mapOf(url: string): SourceMap | null {
    let map = this.#maps.get(url);
    if (map === undefined) {
      map = parsed(this.#addresses.get(url));
      this.#maps.set(url, map);
    }
    return map;
  }
}

function parsed(address: string | undefined): SourceMap | null {
  if (address === undefined) return null;
  const comma = address.indexOf(',');
  const data = address.slice(comma + 1);
  const isBase64 = address.slice(0, comma).endsWith(';base64');
  try {
    const text = isBase64 ? Buffer.from(data, 'base64').toString() : decodeURIComponent(data);
    return new SourceMap(JSON.parse(text) as SourceMapPayload);
  } catch {
    return null;
  }
}
