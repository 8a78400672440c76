import type { ScenarioCase } from './case.ts';
import { buildCase } from './parse-case.ts';
import { ScenarioError } from './scenario-error.ts';

/**
 * Reads a scenario file: a JSON array of cases, one case, or one case a line (NDJSON).
 * @param file its name, for messages
 * @throws ScenarioError that says where the file is wrong and what was expected
 */
export function parseScenarios(text: string, file: string): readonly ScenarioCase[] {
  return entriesOf(text, file).map((entry, index) => buildCase(entry, index, file));
}

function entriesOf(text: string, file: string): readonly unknown[] {
  if (text.trim() === '') throw new ScenarioError({ file }, 'the file is empty; expected a JSON array of cases');
  const whole = tryParse(text);
  if (!(whole instanceof Error)) return Array.isArray(whole) ? whole : [whole];
  const lines = text.split('\n').map((line, index) => ({ line: line.trim(), number: index + 1 }));
  const filled = lines.filter(({ line }) => line !== '');
  const first = filled[0];
  // One case a line only when the first line is complete on its own; otherwise the whole-file error tells more.
  if (first === undefined || filled.length < 2 || tryParse(first.line) instanceof Error) {
    throw new ScenarioError({ file }, `not valid JSON: ${whole.message}`);
  }
  return filled.map(({ line, number }) => {
    const entry = tryParse(line);
    if (entry instanceof Error) throw new ScenarioError({ file }, `line ${number} is not valid JSON: ${entry.message}`);
    return entry;
  });
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
