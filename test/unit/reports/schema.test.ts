import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatReportLine } from '../../../reports/ndjson.ts';
import { REPORT_SCHEMA } from '../../../reports/schema.ts';
import { arbitraryFinding } from './arbitrary-finding.ts';
import { abba, SHOP } from './finding-builder.ts';

const published = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve('dept/report.v1.schema.json'), 'utf8'),
) as object;
const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(published);

test('the published file is the schema of this version', () => {
  expect(published).toEqual(REPORT_SCHEMA);
});

test('every line that dept writes satisfies the schema', () => {
  fc.assert(
    fc.property(arbitraryFinding, fc.constantFrom(null, SHOP), (finding, environment) => {
      validate(JSON.parse(formatReportLine(finding, environment)));
      expect(validate.errors ?? []).toEqual([]);
    }),
    { numRuns: 300, seed: 20251205 },
  );
});

type Json = Record<string, unknown>;

/** Every field of a line, however deep, as a path. */
function paths(value: unknown, at: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [[...at, name], ...paths(inner, [...at, name])]);
}

function changed(path: readonly string[], change: (parent: Json, name: string) => void): unknown {
  const line = JSON.parse(formatReportLine(abba(), SHOP)) as Json;
  const parent = path.slice(0, -1).reduce<Json>((object, name) => object[name] as Json, line);
  change(parent, path[path.length - 1] as string);
  return line;
}

test('a line with any field of the wrong type, or without it, does not', () => {
  const all = paths(JSON.parse(formatReportLine(abba(), SHOP)));
  expect(all.length).toBeGreaterThan(100);
  for (const path of all) {
    const wrong = changed(path, (parent, name) => {
      parent[name] = [[true]];
    });
    expect([path, validate(wrong)]).toEqual([path, false]);
    if (/^\d+$/.test(path[path.length - 1] as string)) continue;
    const missing = changed(path, (parent, name) => {
      delete parent[name];
    });
    expect([path, validate(missing)]).toEqual([path, false]);
  }
});

test('fields that a later dept adds are allowed', () => {
  expect(validate({ ...(JSON.parse(formatReportLine(abba())) as Json), added: 1 })).toBe(true);
});
